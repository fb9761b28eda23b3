"""Pictures from the device to JPEG bytes: planes made on the device, encoded by threads while the next are painted."""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import torch
from torch.nn import functional

from server.index.jpeg import jpeg_header
from server.media.jpeg import encode_planes
from server.media.parallel import cores
from server.render.child.diffusion.device import Device, device_errors

Tensor = Any
DeviceEncoder = Callable[[Tensor, int], bytes]
"""A picture (3, h, w), uint8, on the device, and a quality, to JPEG bytes."""
_WORKERS_MOST: Final = 6
_LUMA: Final = (0.299, 0.587, 0.114)
_OF_BLUE: Final = 0.5 / (1 - 0.114)
_OF_RED: Final = 0.5 / (1 - 0.299)
"""ITU-R BT.601-7, 2.5: as JPEG has them, in full range."""


class Outgoing:
    """A context manager; batches of pictures go in, JPEGs come out in order. `encoder` replaces threads."""

    def __init__(self, device: Device, quality: int, encoder: DeviceEncoder | None = None) -> None:
        self._device, self._quality, self._encoder = device, quality, encoder
        self._pool = ThreadPoolExecutor(max(1, min(_WORKERS_MOST, cores() - 1)), thread_name_prefix="jpeg")
        self._waiting: deque[tuple[int, Future[bytes]]] = deque()

    def put(self, first: int, pictures: Tensor) -> None:
        """Take pictures (n, 3, h, w) from 0 to 1, whose numbers begin at `first`. Returns before they are done."""
        if self._encoder is not None:
            for number, picture in enumerate((pictures * 255).round().clamp(0, 255).to(torch.uint8)):
                done: Future[bytes] = Future()
                done.set_result(self._encoder(picture, self._quality))
                self._waiting.append((first + number, done))
            return
        height, width = pictures.shape[-2:]
        rows, ready = self._to_host(torch.cat([plane.flatten(1) for plane in planes(pictures)], dim=1))
        for number in range(rows.shape[0]):
            self._waiting.append((first + number, self._pool.submit(
                _encoded, rows, number, (height, width), self._quality, ready)))

    def take(self, *, keep: int = 0) -> Iterator[tuple[int, bytes]]:
        """(number, JPEG) in order, waiting for them, until at most `keep` are left."""
        while len(self._waiting) > keep:
            number, future = self._waiting.popleft()
            # What a card failed at is often told only to who waits for the result.
            with device_errors(self._device):
                jpeg = future.result()
            yield number, jpeg

    @property
    def waiting(self) -> int:
        """Pictures that were put in and not taken."""
        return len(self._waiting)

    def _to_host(self, data: Tensor) -> tuple[Tensor, Callable[[], None]]:
        """The bytes in memory of the processor, and a function that returns when they have arrived."""
        if self._device.kind != "cuda":
            return data.cpu(), lambda: None
        host = torch.empty(data.shape, dtype=data.dtype, pin_memory=True)
        host.copy_(data, non_blocking=True)
        arrived = torch.cuda.Event()
        arrived.record()
        return host, arrived.synchronize

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def planes(pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Y (n, h, w), Cb and Cr (n, half, half), uint8, of RGB (n, 3, h, w) from 0 to 1. Odd edges are repeated."""
    height, width = pictures.shape[-2:]
    red, green, blue = (pictures[:, number] * 255 for number in range(3))
    luma = _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue
    chroma = torch.stack([(blue - luma) * _OF_BLUE, (red - luma) * _OF_RED], dim=1)
    small = functional.avg_pool2d(functional.pad(chroma, (0, width % 2, 0, height % 2), mode="replicate"), 2) + 128
    y, cb, cr = (plane.round().clamp(0, 255).to(torch.uint8) for plane in (luma, small[:, 0], small[:, 1]))
    return y, cb, cr


def device_encoder(device: Device) -> tuple[DeviceEncoder | None, str]:
    """The card's own JPEG encoder where the installed torchvision has one that fits, and in words what was found.

    It must write 4:2:0 baseline like the ends of a transition: a movie has one chroma.
    """
    if device.kind != "cuda":
        return None, "threads"
    try:
        image = importlib.import_module("torchvision.io")
    except (ImportError, RuntimeError):
        return None, "threads"
    return fitting(lambda picture, quality: bytes(image.encode_jpeg(picture, quality).cpu().numpy().tobytes()),
                   torch.zeros((3, 16, 16), dtype=torch.uint8, device=device.place))


def fitting(encoder: DeviceEncoder, probe: Tensor) -> tuple[DeviceEncoder | None, str]:
    """The encoder, if what it makes of a probe may stand in a movie beside the ends."""
    try:
        header = jpeg_header(encoder(probe, 88))
    except Exception as reason:  # noqa: BLE001 - a foreign encoder; threads do the same work
        return None, f"threads (the card's encoder failed: {type(reason).__name__})"
    if (header.chroma, header.process) != ("420", "baseline"):
        return None, f"threads (the card's encoder writes {header.chroma} {header.process})"
    return encoder, "device"


def _encoded(rows: Tensor, number: int, size: tuple[int, int], quality: int, ready: Callable[[], None]) -> bytes:
    ready()
    height, width = size
    half = -(-height // 2), -(-width // 2)
    row = rows[number].numpy()
    luma, small = height * width, half[0] * half[1]
    y, cb, cr = (np.ascontiguousarray(part.reshape(shape)) for part, shape in (
        (row[:luma], size), (row[luma:luma + small], half), (row[luma + small:], half)))
    return encode_planes(y, cb, cr, quality)
