"""What a frame costs TouchDesigner to decode, estimated from its size and bytes, and the preset that a budget allows.

An estimate made without TouchDesigner; its own `decode ms` on site is the truth. It knows no files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Final, Protocol, TypeVar

from server.units import format_rate

BUDGET_SHARE: Final = 0.8
"""Part of a frame's time that decoding may take; upload and the rest of the network take theirs."""
NON_COMMERCIAL_SIDE: Final = 1280
"""The largest texture of TouchDesigner Non-Commercial, in pixels a side."""
TYPICAL_BYTES_PER_PIXEL: Final = 0.2
"""At quality 85: 424 kB at 1080p (random-access measurements, section 1)."""
REFERENCE_QUALITY: Final = 85

# Bytes at a libjpeg quality as a multiple of those at 85, from one 1080p sequence (section 4 there).
_BYTES_AT_QUALITY: Final = ((1, 0.05), (50, 0.44), (75, 0.67), (80, 0.80), (85, 1.0), (88, 1.20), (90, 1.39),
                            (93, 1.85), (100, 4.6))
# 424 kB at 1080p and 202 kB at 720p of one source: bytes shrink a little less than pixels.
_BYTES_BY_PIXELS: Final = 0.91


def _measured_chroma() -> dict[str, float]:
    return {"420": 1.0, "422": 1.2, "440": 1.2, "444": 1.5, "gray": 0.8}


@dataclass(frozen=True, slots=True)
class CostModel:
    """Milliseconds = machine × chroma × (per_megapixel × megapixels + per_kilobyte × kilobytes).

    The two rates are a least-squares fit, within 0.5 ms, of 15 timings of libjpeg-turbo on one core (1080p at
    107 to 740 kB, 720p at 202 kB). `machine` is the middle one of three timings of FFmpeg's decoder, which
    TouchDesigner uses, over that fit (720p 2.6, 1080p 1.8, 2160p 1.5). 4:4:4 was measured at 1.4 to 1.6.
    """

    per_megapixel: float = 0.957
    per_kilobyte: float = 0.00818
    machine: float = 1.8
    chroma: Mapping[str, float] = field(default_factory=_measured_chroma)

    def milliseconds(self, width: int, height: int, frame_bytes: float, chroma: str = "420") -> float:
        """Estimate the time that one thread of TouchDesigner takes to decode one JPEG frame."""
        pixels, kilobytes = width * height / 1e6, frame_bytes / 1e3
        factor = self.machine * self.chroma.get(chroma, max(self.chroma.values()))
        return factor * (self.per_megapixel * pixels + self.per_kilobyte * kilobytes)


@dataclass(frozen=True, slots=True)
class DecodeCost:
    """The estimate for one movie at one rate, in milliseconds a frame."""

    typical: float
    """Of a frame of mean size."""
    peak: float
    """Of one that only 1 in 100 frames exceeds."""
    rate: Fraction
    width: int
    height: int

    @property
    def budget(self) -> float:
        """The time between two frames, in milliseconds."""
        return float(1000 / self.rate)

    @property
    def headroom(self) -> float:
        """How many times the peak fits into the part of a frame's time that decoding may take."""
        return self.budget * BUDGET_SHARE / self.peak

    @property
    def holds(self) -> bool:
        """Whether every frame but the odd one is decoded in time."""
        return self.headroom >= 1

    def lines(self) -> list[str]:
        """Say it in words; lines that begin with WARNING want something done."""
        said = [(f"about {self.typical:.1f} ms a frame in TouchDesigner, peaks {self.peak:.1f} ms; at "
                 f"{format_rate(self.rate)} fps there are {self.budget:.1f} ms: headroom {self.headroom:.2f}×")]
        if not self.holds:
            said.append(f"WARNING: it will not hold {format_rate(self.rate)} fps in TouchDesigner; encode it with a "
                        "smaller preset or a lower quality, or switch on Hardware Decode of its player")
        if max(self.width, self.height) > NON_COMMERCIAL_SIDE:
            said.append(f"NOTE: TouchDesigner Non-Commercial shows at most {NON_COMMERCIAL_SIDE} pixels a side; "
                        "for it, encode with a preset of that size")
        return said


class PresetLike(Protocol):
    """What choosing needs to know of a preset."""

    @property
    def size(self) -> tuple[int, int] | None: ...
    @property
    def quality(self) -> int: ...
    @property
    def chroma(self) -> str: ...


Chosen = TypeVar("Chosen", bound=PresetLike)


def choose_preset(presets: Sequence[Chosen], width: int, height: int, rate: Fraction,
                  bytes_per_frame: float | None = None, *, quality: int = REFERENCE_QUALITY,
                  model: CostModel | None = None) -> Chosen:
    """Return the first preset, best first, whose frames TouchDesigner decodes in time; else the cheapest.

    `bytes_per_frame` is the size of a JPEG frame at the source's size and at `quality`; None: a typical one.
    `size` of a preset is a box that the picture is scaled down into; None leaves it as it is.
    """
    costs = [estimated_cost(preset, width, height, rate, bytes_per_frame, quality=quality, model=model)
             for preset in presets]
    for preset, cost in zip(presets, costs, strict=True):
        if cost.holds:
            return preset
    return presets[min(range(len(presets)), key=lambda i: costs[i].peak)]


def estimated_cost(preset: PresetLike, width: int, height: int, rate: Fraction,
                   bytes_per_frame: float | None = None, *, quality: int = REFERENCE_QUALITY,
                   model: CostModel | None = None) -> DecodeCost:
    """Estimate what a picture of this size costs once it is encoded with a preset."""
    fitted_width, fitted_height = _fitted(width, height, preset.size)
    if bytes_per_frame is None:
        bytes_per_frame, quality = TYPICAL_BYTES_PER_PIXEL * width * height, REFERENCE_QUALITY
    scale = fitted_width * fitted_height / (width * height)
    frame_bytes = bytes_per_frame * scale**_BYTES_BY_PIXELS * _relative_bytes(preset.quality) / _relative_bytes(quality)
    cost = (model or CostModel()).milliseconds(fitted_width, fitted_height, frame_bytes, preset.chroma)
    return DecodeCost(cost, cost, rate, fitted_width, fitted_height)


def _fitted(width: int, height: int, box: tuple[int, int] | None) -> tuple[int, int]:
    if box is None:
        return width, height
    scale = min(1.0, box[0] / width, box[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _relative_bytes(quality: int) -> float:
    """Bytes at a quality, as a multiple of those at 85; between two measured ones, on a line."""
    wanted = min(max(quality, _BYTES_AT_QUALITY[0][0]), _BYTES_AT_QUALITY[-1][0])
    for (low, below), (high, above) in pairwise(_BYTES_AT_QUALITY):
        if wanted <= high:
            return below + (above - below) * (wanted - low) / (high - low)
    return _BYTES_AT_QUALITY[-1][1]
