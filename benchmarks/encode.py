"""Both ways of encoding 1080p beside the ffmpeg command, from one file of bare pictures to a movie on disk."""

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
SOURCE = (f"mandelbrot=size={WIDTH}x{HEIGHT}:rate={RATE},format=yuv420p,noise=alls=6:allf=t:all_seed=1,"
          "hue=H=2*PI*t/10")
"""Made by ffmpeg, so that anybody can make the same; 4:2:0 as movies are, then RGB as a program has it."""
_LADDER = (74, 79, 85, 90, 94)
_SAMPLES = 10
_LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True, slots=True)
class Point:
    """One encoding of the samples: mean bytes a frame, and how close it is to the source."""

    size: float
    rgb: float
    luma: float


@dataclass(frozen=True, slots=True)
class RawShot:
    """One picture of a file of bare frames, as it lies in memory."""

    path: Path
    number: int
    repeat: int = 1
    mark: str | None = None

    @property
    def name(self) -> str:
        return f"{self.path.name} {self.number}"

    def rgb(self, encoder: Encoder) -> Rgb:
        width, height = encoder.target.size
        return np.memmap(self.path, np.uint8, "r", self.number * width * height * 3, (height, width, 3))

    def render(self, encoder: Encoder) -> Rendered:
        return render_rgb(self.rgb(encoder), encoder)


@dataclass(frozen=True, slots=True)
class RawSource:
    """A file of bare rgb24 frames as a source to encode."""

    path: Path
    count: int
    size: Size = (WIDTH, HEIGHT)
    chroma: str | None = None
    rate: Fraction | None = RATE

    @property
    def name(self) -> str:
        return self.path.name

    def frames(self, rate: Fraction) -> int:
        """All of them, whatever the rate."""
        return self.count if rate == self.rate else 0

    def shots(self, rate: Fraction, findings: Findings) -> Iterator[Shot]:
        """Each picture once."""
        if rate != self.rate:
            findings.warn(f"bare frames have the rate {self.rate} only")
        yield from (RawShot(self.path, number) for number in range(self.count))


def measure(bench: Bench) -> list[Figure]:
    """Fast: 3.5 times ffmpeg's speed at most 12 % more bytes; small: no slower and no larger."""
    if shutil.which("ffmpeg") is None:
        return [absent(SUBJECT, "speed beside the ffmpeg command", "ffmpeg is not on PATH")]
    count = bench.few(90, 30)
    raw, samples = bench.folder / "frames.rgb", bench.folder / "samples.rgb"
    write_test_source(raw, count)
    figures = _speeds(bench, raw, count)
    raw.unlink()
    write_test_source(samples, 90, every=90 // _SAMPLES)
    figures += _sizes(bench.folder, samples, "", {"fast": LARGER, "small": 0.0})
    # Pictures that never were 4:2:0 lose most of their RGB PSNR to it, whatever the encoder.
    write_footage(samples, range(0, 300, 300 // _SAMPLES))
    figures += _sizes(bench.folder, samples, ", drawn pictures with film grain", {"fast": None})
    samples.unlink()
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


def _speeds(bench: Bench, raw: Path, count: int) -> list[Figure]:
    rounds = bench.few(7, 3)
    out = bench.folder / "out.mov"

    def ours(effort: str) -> Callable[[int], float]:
        options = EncodeOptions(quality=QUALITY, effort=effort, overwrite=True)
        return lambda _: _timed(lambda: encode([RawSource(raw, count)], out, options))

    methods: dict[str, Callable[[int], float]] = {
        "fast": ours("fast"), "small": ours("small"), "ffmpeg": lambda _: _timed(lambda: peer_encode(raw, out))}
    for method in methods.values():
        method(-1)
    taken = rounds_of(methods, rounds)
    figures = []
    for effort, must in (("fast", FASTER), ("small", 1.0)):
        quotient = ratios(taken["ffmpeg"], taken[effort])
        note = f"{count / median(taken[effort]):.0f} beside {count / median(taken['ffmpeg']):.0f} frames a second"
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


def _sizes(folder: Path, samples: Path, footage: str, efforts: Mapping[str, float | None]) -> list[Figure]:
    """Bytes at equal distance from the source, interpolated along each path's own ladder."""
    originals = list(raw_frames(samples, WIDTH, HEIGHT))
    out = folder / "sample.mov"
    peer_encode(samples, out)
    peer = _point(out, originals)
    figures = []
    for effort, must in efforts.items():
        measure_of = MEASURES[effort]
        ladder = []
        for quality in _LADDER:
            options = EncodeOptions(quality=quality, effort=effort, overwrite=True)
            encode([RawSource(samples, len(originals))], out, options)
            ladder.append(_point(out, originals))
        rgb = measure_of == "RGB PSNR"
        size = size_at(peer.rgb if rgb else peer.luma, [(p.rgb if rgb else p.luma, p.size) for p in ladder])
        name = f"more bytes at equal {measure_of}, {effort} path{footage}"
        if math.isnan(size):
            figures.append(absent(SUBJECT, name, f"{peer.rgb if rgb else peer.luma:.1f} dB is off the ladder"))
            continue
        # Half a percent is what the interpolation is good for.
        more = round((size / peer.size - 1) * 200) / 2
        figures.append(Figure(SUBJECT, name, more, "%", must, at_least=False, rounds=len(originals),
                              note=f"{size / 1000:.0f} beside {peer.size / 1000:.0f} kB a frame at "
                                   f"{peer.rgb if rgb else peer.luma:.2f} dB"))
    return figures


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
