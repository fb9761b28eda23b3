"""Named sets of encoding options, best look first, as one table. It encodes nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Final

from server.errors import InputError
from server.media.decode_cost import REFERENCE_QUALITY, choose_preset
from server.media.encode import EncodeOptions
from server.media.encoders import Encoder, Target
from server.media.opening import open_sources
from server.media.placement import Size
from server.media.sources import DEFAULT_RATE, Findings, Source

AUTO: Final = "auto"
_SAMPLED: Final = 8


@dataclass(frozen=True, slots=True)
class Preset:
    """One row; `size` is a box (width, height) that pictures are shrunk into, None leaves them as they are."""

    name: str
    size: Size | None
    quality: int
    chroma: str
    effort: str
    doc: str


PRESETS: Final = (
    Preset("archive", None, 95, "444", "small", "everything kept: source size, full colour; not for 60 fps"),
    Preset("full", None, 85, "420", "small", "source size, whatever it is"),
    Preset("stage1080", (1920, 1080), 85, "420", "small", "a stage at 1080p"),
    Preset("live", (1920, 1080), 85, "420", "fast", "made during a show: a third of the time, more bytes"),
    Preset("stage1080-light", (1920, 1080), 75, "420", "small", "1080p for two decks, or 60 fps on a small machine"),
    Preset("stage720", (1280, 720), 85, "420", "small", "a stage at 720p; any machine, several decks"),
    Preset("noncommercial", (1280, 1280), 85, "420", "small", "the most that TouchDesigner Non-Commercial shows"),
    Preset("light", (1280, 720), 70, "420", "small", "the least that still looks like film"),
    Preset("proxy", (640, 640), 75, "420", "fast", "for looking at and for slow disks"),
)
_AUTOMATIC: Final = ("full", "stage1080", "stage1080-light", "stage720", "light")


def preset_named(name: str) -> Preset:
    """Return a preset. Raises InputError, naming the ones there are."""
    for preset in PRESETS:
        if preset.name == name:
            return preset
    names = [preset.name for preset in PRESETS]
    near = difflib.get_close_matches(name, [*names, AUTO], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise InputError(f"there is no preset {name!r}{hint} There are {', '.join(names)} and {AUTO}")


def preset_for(width: int, height: int, rate: Fraction, bytes_per_frame: float | None = None) -> Preset:
    """Return the best-looking preset that TouchDesigner decodes in time at a rate; `auto` on the command line.

    `bytes_per_frame` is the size of a typical frame at that size and at quality 85, None where nobody knows.
    """
    return choose_preset([preset_named(name) for name in _AUTOMATIC], width, height, rate, bytes_per_frame)


def with_preset(options: EncodeOptions, preset: Preset, given: Iterable[str]) -> EncodeOptions:
    """Fill in a preset's options; those `given` by name were chosen by the person and stay."""
    values = {"largest": preset.size, "quality": preset.quality, "chroma": preset.chroma, "effort": preset.effort}
    if "size" in given:
        values.pop("largest")
    return replace(options, **{name: value for name, value in values.items() if name not in set(given)})  # type: ignore[arg-type]


def automatic_preset(sources: Sequence[Path | Source], options: EncodeOptions) -> Preset:
    """Choose for sources by the size, rate and bytes of the first picture. Raises what opening them does."""
    findings = Findings(salvage=options.salvage)
    first = open_sources(sources, findings, rate=options.source_rate, hold=options.hold, dissolve=options.dissolve)[0]
    width, height = options.size or first.size
    rate = options.rate or first.rate or DEFAULT_RATE
    sample = Target(width, height, "420", REFERENCE_QUALITY, "fast", options.fit, keep=False)
    encoder = Encoder(sample)
    sizes = [len(shot.render(encoder).encoded.jpeg)
             for shot in islice(first.shots(first.rate or rate, findings), _SAMPLED)]
    return preset_for(width, height, rate, max(sizes, default=0) or None)
