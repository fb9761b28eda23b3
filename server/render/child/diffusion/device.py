"""What the model runs on: graphics card, Apple's GPU or the processor, and in which numbers. It knows no model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import torch

from server.errors import DeviceLost, InputError, OutOfMemory

_DTYPES: Final = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
_AMPERE: Final = (8, 0)
"""The first CUDA generation that calculates in bf16 as fast as in fp16."""
_LOST: Final = ("CUDA error", "CUBLAS_STATUS", "CUDNN_STATUS", "device-side assert", "MPS backend",
                "unspecified launch")


@dataclass(frozen=True, slots=True)
class Device:
    """A place to calculate; `note` says what a person should know about it, if anything."""

    place: Any
    dtype: Any
    name: str
    note: str = ""

    @property
    def kind(self) -> str:
        """cuda, mps or cpu."""
        return str(self.place.type)

    @property
    def queues(self) -> bool:
        """Whether work is handed over and done meanwhile, so that other work may overlap it."""
        return self.kind == "cuda"

    def facts(self) -> dict[str, str]:
        """What provenance and statistics keep."""
        return {"device": self.name, "dtype": next(name for name, dtype in _DTYPES.items() if dtype == self.dtype)}

    def leave(self, reserve: int) -> None:
        """Never take the last `reserve` bytes of a card: what else draws on it must not run out."""
        if self.kind == "cuda" and reserve > 0:
            total = torch.cuda.get_device_properties(self.place).total_memory
            torch.cuda.set_per_process_memory_fraction(kept_share(total, reserve), self.place)

    def used(self) -> dict[str, int]:
        """The most memory (bytes) that was used at once since the program began, where that is known."""
        return {"device_memory": int(torch.cuda.max_memory_allocated(self.place))} if self.kind == "cuda" else {}

    def wait(self) -> None:
        """Return when everything handed over is done."""
        if self.kind == "cuda":
            torch.cuda.synchronize(self.place)
        elif self.kind == "mps":
            torch.mps.synchronize()


def choose_device(wanted: str = "auto", dtype: str = "auto") -> Device:
    """The device for `wanted` (auto, cpu, mps, cuda, cuda:1) and `dtype` (auto, bf16, fp16, fp32). Raises InputError.

    Nothing falls back in silence: a device that is named and missing is an error, and `auto` on the processor says so.
    """
    if dtype not in ("auto", *_DTYPES):
        raise InputError(f"numbers are one of auto, {', '.join(_DTYPES)}, not {dtype!r}")
    kind, _, number = wanted.partition(":")
    if kind not in ("auto", "cpu", "mps", "cuda") or (number and not (kind == "cuda" and number.isdigit())):
        raise InputError(f"a device is auto, cpu, mps, cuda or cuda:1, not {wanted!r}")
    if kind == "auto":
        kind = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    return {"cuda": _cuda, "mps": _mps, "cpu": _cpu}[kind](int(number or 0), dtype, wanted == "auto")


def kept_share(total: int, reserve: int) -> float:
    """The share of a card that may be taken; a tenth at least, else nothing could be made and nobody would see why."""
    return max(0.1, (total - reserve) / total)


@contextmanager
def device_errors(device: Device) -> Iterator[None]:
    """Turn what a graphics card throws into one line: full memory, or a card that is lost until a restart."""
    try:
        yield
    except torch.OutOfMemoryError as reason:
        raise OutOfMemory(f"the memory of {device.name} is full ({str(reason).splitlines()[0][:120]}); "
                          "make smaller pictures or smaller batches, or close what else uses the card") from reason
    except RuntimeError as reason:
        words = str(reason)
        if device.kind == "cpu" or not any(mark in words for mark in _LOST):
            raise
        raise DeviceLost(f"{device.name} was lost ({words.splitlines()[0][:120]}); "
                         "the worker has to be started again") from reason


def _cuda(number: int, dtype: str, _auto: bool) -> Device:
    if not torch.cuda.is_available():
        why = "this torch is built without CUDA" if torch.version.cuda is None else "the driver shows no card"
        raise InputError(f"there is no CUDA here: {why}; take the device auto, or install the NVIDIA driver and "
                         "start with: python3 start.py --with generate")
    if number >= torch.cuda.device_count():
        raise InputError(f"there is no cuda:{number}; there are {torch.cuda.device_count()} cards, from cuda:0 on")
    place = torch.device("cuda", number)
    able = torch.cuda.get_device_capability(place) >= _AMPERE
    chosen = _DTYPES[dtype] if dtype != "auto" else torch.bfloat16 if able else torch.float16
    return Device(place, chosen, torch.cuda.get_device_name(place))


def _mps(_number: int, dtype: str, _auto: bool) -> Device:
    if not torch.backends.mps.is_available():
        raise InputError("there is no Metal GPU here; take the device auto")
    return Device(torch.device("mps"), _DTYPES["fp16" if dtype == "auto" else dtype], "Apple GPU")


def _cpu(_number: int, dtype: str, auto: bool) -> Device:
    note = "no CUDA or Metal GPU was found: pictures are made on the processor, which is slow" if auto else ""
    return Device(torch.device("cpu"), _DTYPES["fp32" if dtype == "auto" else dtype], "processor", note)
