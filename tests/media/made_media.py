"""Sources to encode, made on the spot: numbered pictures of every kind, and movies written with PyAV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame, read_number

WIDTH, HEIGHT = 96, 64
Picture = NDArray[np.uint8]


def save(path: Path, picture: NDArray[np.generic]) -> Path:
    """Write pixels as RGB, RGBA or grey, in the format that the suffix says."""
    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    stored = picture if picture.ndim == 2 else cv2.cvtColor(picture, order[picture.shape[2]])
    done, data = cv2.imencode(path.suffix, stored)
    assert done
    path.write_bytes(data.tobytes())
    return path


def save_numbered(folder: Path, numbers: Iterable[int], suffix: str = ".png", width: int = WIDTH,
                  height: int = HEIGHT, stem: str = "frame{:06d}") -> list[Path]:
    folder.mkdir(exist_ok=True)
    return [save(folder / (stem.format(number) + suffix), numbered_frame(number, width, height))
            for number in numbers]


def save_jpegs(folder: Path, numbers: Iterable[int], chroma: str = "420", width: int = WIDTH,
               height: int = HEIGHT) -> list[bytes]:
    folder.mkdir(exist_ok=True)
    jpegs = []
    for number in numbers:
        jpegs.append(encode_rgb(numbered_frame(number, width, height), 90, chroma))
        (folder / f"{number}.jpg").write_bytes(jpegs[-1])
    return jpegs


def write_video(path: Path, codec: str, layout: str, times: Sequence[int], *, time_base: Fraction = Fraction(1, 30),
                rate: Fraction = Fraction(30), width: int = WIDTH, height: int = HEIGHT, sound: bool = False,
                pictures: Iterable[Picture] | None = None, options: dict[str, str] | None = None,
                aspect: Fraction | None = None, container_options: dict[str, str] | None = None) -> Path:
    """Encode a numbered frame for every time, in ticks of the time base."""
    drawn = pictures or (numbered_frame(number, width, height) for number in range(len(times)))
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, layout
        stream.time_base = stream.codec_context.time_base = time_base
        if codec == "mjpeg":
            stream.codec_context.qmin = stream.codec_context.qmax = 3
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if sound:
            add_silence(container)
        for time, picture in zip(times, drawn, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgba" if picture.shape[2] == 4 else "rgb24")
            frame = frame.reformat(format=layout)
            frame.pts, frame.time_base = time, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def add_silence(container: av.container.OutputContainer) -> None:
    stream = container.add_stream("pcm_s16le", rate=8000)
    stream.codec_context.layout = "mono"
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), format="s16", layout="mono")
    frame.rate, frame.pts = 8000, 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def shown_numbers(movie: Path) -> list[int | None]:
    """The number of every frame in the order in which a player shows them, by PyAV and not by our index."""
    with av.open(str(movie)) as container:
        return [read_number(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.name.endswith((".part", ".mov", ".frames")))
