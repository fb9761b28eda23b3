"""Both ways of encoding 1080p beside the ffmpeg command: from bare pictures to a movie on disk.

Ours come from memory, as from a program that makes them; the command's from a file in the page cache.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.bench import Bench
from benchmarks.figures import Figure, absent
from benchmarks.material import HEIGHT, RATE, WIDTH, Footage, raw_frames
from benchmarks.paired import median, middle_half, ratios, rounds_of
from server.errors import InputError
from server.index.opening import sidecar
from server.index.reader import FrameReader
from server.media.encode import EncodeOptions, encode
from server.media.encoders import Encoder
from server.media.indexing import index_of
from server.media.jpeg import decode_rgb
from server.media.parallel import ordered_map
from server.media.placement import Size
from server.media.shots import Rendered, Rgb, Shot, render_rgb
from server.media.sources import Findings

SUBJECT = "encoding"
FASTER = 3.5
LARGER = 12.0
QUALITY = 85
QUANTISER = 3
"""What FFmpeg calls the quality that a show is encoded with; its RGB PSNR is that of quality 85."""
MEASURES = {"fast": "RGB PSNR", "small": "PSNR-Y"}
SOURCE = f"mandelbrot=size={WIDTH}x{HEIGHT}:rate={RATE},noise=alls=6:allf=t:all_seed=1,hue=H=2*PI*t/10"
"""Made by ffmpeg, so that anybody can make the same."""
_LADDER = (74, 79, 85, 90, 94)
_SAMPLES = 10
_LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True, slots=True)
class Point:
    """One encoding of the samples: mean bytes a frame, and how close it is to the source."""

    size: float
    rgb: float
    luma: float

    def level(self, effort: str) -> float:
        """Decibels of the kind that a path is measured by."""
        return self.rgb if MEASURES[effort] == "RGB PSNR" else self.luma


@dataclass(frozen=True, slots=True)
class Equal:
    """One of our paths beside the command at the same level: bytes a frame, and our quality; None: out of reach."""

    level: float
    peer_size: float
    size: float | None
    quality: int | None


@dataclass(frozen=True, slots=True, eq=False)
class ArrayShot:
    """One picture that a program has in memory."""

    picture: Rgb
    name: str = "picture"
    repeat: int = 1
    mark: str | None = None

    def rgb(self, encoder: Encoder) -> Rgb:
        if self.picture.shape[1::-1] != encoder.target.size:
            raise InputError(f"a picture of {encoder.target.width}×{encoder.target.height} is wanted")
        return self.picture

    def render(self, encoder: Encoder) -> Rendered:
        return render_rgb(self.rgb(encoder), encoder)


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """Pictures in memory as a source to encode: what a program that makes frames has."""

    pictures: Sequence[Rgb]
    name: str = "pictures"
    size: Size = (WIDTH, HEIGHT)
    chroma: str | None = None
    rate: Fraction | None = RATE

    def frames(self, rate: Fraction) -> int:
        """All of them, at their own rate."""
        return len(self.pictures) if rate == self.rate else 0

    def shots(self, rate: Fraction, findings: Findings) -> Iterator[Shot]:
        """Each picture once."""
        if rate != self.rate:
            findings.warn(f"these pictures have the rate {self.rate} only")
        yield from map(ArrayShot, self.pictures)


def measure(bench: Bench) -> list[Figure]:
    """Fast: 3.5 times ffmpeg's speed at most 12 % more bytes; small: no slower and no larger."""
    if shutil.which("ffmpeg") is None:
        return [absent(SUBJECT, "speed beside the ffmpeg command", "ffmpeg is not on PATH")]
    raw, samples = bench.folder / "frames.rgb", bench.folder / "samples.rgb"
    write_test_source(samples, 90, every=90 // _SAMPLES)
    figures, qualities = [], {}
    for effort, must in (("fast", LARGER), ("small", 0.0)):
        equal = compare(bench.folder, samples, effort)
        figures.append(_larger(equal, effort, "", must))
        qualities[effort] = equal.quality or QUALITY
    write_footage(samples, range(0, 300, 300 // _SAMPLES))
    figures.append(_larger(compare(bench.folder, samples, "fast"), "fast", ", drawn pictures with film grain", None))
    samples.unlink()
    write_test_source(raw, bench.few(90, 30))
    figures = _speeds(bench, raw, qualities) + figures
    raw.unlink()
    return figures


def write_test_source(out: Path, count: int, every: int = 1) -> None:
    """Saturated colours, fine lines, a turning hue and noise that moves."""
    ffmpeg("-f", "lavfi", "-i", SOURCE, "-frames:v", str(count // every),
           *(("-vf", f"select=not(mod(n\\,{every}))", "-vsync", "0") if every > 1 else ()),
           "-pix_fmt", "rgb24", "-f", "rawvideo", str(out))


def write_footage(out: Path, numbers: Sequence[int]) -> None:
    """The generative pictures in motion, with film grain."""
    footage = Footage(grain=2.5, code=False)
    with out.open("wb") as file:
        for picture in ordered_map(footage.frame, numbers):
            file.write(picture.tobytes())


def _speeds(bench: Bench, raw: Path, qualities: Mapping[str, int]) -> list[Figure]:
    """Interleaved rounds at equal quality, each from the first picture to the published movie."""
    rounds = bench.few(9, 3)
    out = bench.folder / "out.mov"
    pictures = [np.array(picture) for picture in raw_frames(raw, WIDTH, HEIGHT)]

    def ours(effort: str) -> Callable[[], object]:
        options = EncodeOptions(quality=qualities[effort], effort=effort)
        return lambda: encode([Arrays(pictures)], out, options)

    def fresh(work: Callable[[], object]) -> Callable[[int], float]:
        def round_of(_: int) -> float:
            # What is there is thrown away first: freeing an old file is not encoding.
            for old in (out, sidecar(out)):
                old.unlink(missing_ok=True)
            return _timed(work)
        return round_of

    methods = {"fast": fresh(ours("fast")), "small": fresh(ours("small")),
               "ffmpeg": fresh(lambda: peer_encode(raw, out))}
    for method in methods.values():
        method(-1)
    taken = rounds_of(methods, rounds)
    figures = []
    for effort, must in (("fast", FASTER), ("small", 1.0)):
        quotient = ratios(taken["ffmpeg"], taken[effort])
        speeds = [len(pictures) / median(taken[name]) for name in (effort, "ffmpeg")]
        note = f"{speeds[0]:.0f} beside {speeds[1]:.0f} frames a second at equal {MEASURES[effort]}"
        figures.append(Figure(SUBJECT, f"speed of the {effort} path beside the ffmpeg command", median(quotient), "×",
                              must, spread=middle_half(quotient), rounds=rounds, note=note))
    return figures


def _timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def peer_encode(raw: Path, out: Path) -> None:
    """Encode bare frames with the ffmpeg command, as its users do."""
    ffmpeg("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", str(raw),
           "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", str(QUANTISER), str(out))


def ffmpeg(*arguments: str) -> None:
    """Run the ffmpeg command."""
    subprocess.run([shutil.which("ffmpeg") or "ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *arguments],
                   check=True)


def compare(folder: Path, samples: Path, effort: str) -> Equal:
    """What one of our paths needs to come as close to the source as the command does."""
    originals = list(raw_frames(samples, WIDTH, HEIGHT))
    out = folder / "sample.mov"
    peer_encode(samples, out)
    peer = _point(out, originals)
    level = peer.level(effort)
    ladder: list[tuple[float, float, int]] = []
    for quality in _LADDER:
        encode([Arrays(originals)], out, EncodeOptions(quality=quality, effort=effort, overwrite=True))
        point = _point(out, originals)
        ladder.append((point.level(effort), point.size, quality))
    levels = [step[0] for step in ladder]
    if not levels[0] <= level <= levels[-1]:
        return Equal(level, peer.size, None, None)
    quality = math.ceil(np.interp(level, levels, [float(step[2]) for step in ladder]) - 0.01)
    return Equal(level, peer.size, size_at(level, [step[:2] for step in ladder]), quality)


def _larger(equal: Equal, effort: str, footage: str, must: float | None) -> Figure:
    name = f"more bytes at equal {MEASURES[effort]}, {effort} path{footage}"
    if equal.size is None:
        return absent(SUBJECT, name, f"{equal.level:.1f} dB is off the ladder")
    # Half a percent is what the interpolation is good for.
    more = round((equal.size / equal.peer_size - 1) * 200) / 2
    note = f"{equal.size / 1000:.0f} beside {equal.peer_size / 1000:.0f} kB a frame at {equal.level:.2f} dB"
    return Figure(SUBJECT, name, more, "%", must, at_least=False, rounds=_SAMPLES, note=note)


def size_at(level: float, ladder: Sequence[tuple[float, float]]) -> float:
    """Bytes that a ladder of (dB, bytes) needs for a level: the logarithm of bytes, straight between two steps."""
    steps = sorted(ladder)
    levels = [step[0] for step in steps]
    if not levels[0] <= level <= levels[-1]:
        return math.nan
    return float(np.exp(np.interp(level, levels, np.log([step[1] for step in steps]))))


def _point(movie: Path, originals: Sequence[Rgb]) -> Point:
    index = index_of(movie)
    with FrameReader(movie, index) as reader:
        decoded = [decode_rgb(reader.read(number)) for number in range(index.count)]
    return Point(float(index.size.mean()), _psnr([_error(a, b) for a, b in zip(decoded, originals, strict=True)]),
                 _psnr([_error(_luma(a), _luma(b)) for a, b in zip(decoded, originals, strict=True)]))


def _error(first: NDArray[np.float64] | Rgb, second: NDArray[np.float64] | Rgb) -> float:
    return float(((first.astype(np.float32) - second.astype(np.float32)) ** 2).mean())


def _luma(picture: Rgb) -> NDArray[np.float64]:
    return np.asarray(picture @ _LUMA)


def _psnr(errors: Sequence[float]) -> float:
    """The mean of the frames' decibels."""
    return sum(10 * math.log10(255 ** 2 / max(error, 1e-9)) for error in errors) / len(errors)
