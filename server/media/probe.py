"""What a movie is, and what it costs to play: facts from its index and its headers. Decodes and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from server.errors import NotAMovie
from server.index.format import RECOVERED, FrameIndex
from server.index.identity import encode_command
from server.index.opening import sidecar_state
from server.index.sampletable import hidden_frames
from server.media.decode_cost import CostModel, DecodeCost, estimated_cost
from server.media.indexing import index_of
from server.units import format_bytes, format_rate, format_seconds

if TYPE_CHECKING:
    from av.container import InputContainer

_PEAK_PERCENTILE: Final = 99


@dataclass(frozen=True, slots=True)
class MovieFacts:
    """Facts of one movie; what only its container's header states says so in its name."""

    path: Path
    container: str
    codec: str
    width: int
    height: int
    chroma: str
    pixels_in_header: str
    rate: Fraction
    rate_varies: bool
    count: int
    duration: Fraction
    """Seconds from the first frame's begin to the last one's end."""
    movie_bytes: int
    frame_bytes: float
    """Mean."""
    largest_frame_bytes: int
    intra: bool
    hidden_frames: int
    """Stored, but never shown, because an edit list hides them."""
    sound: tuple[str, ...]
    alpha: bool
    index: str
    """`fresh`, `stale`, `missing`, `damaged` or `newer`: the sidecar as it was found."""
    recovered: str | None
    marks: int
    has_checksums: bool
    has_differences: bool
    cost: DecodeCost | None
    """None for codecs other than MJPEG: nothing was measured for them."""

    @property
    def bits_per_second(self) -> float:
        """Of the pictures alone."""
        return self.frame_bytes * 8 * float(self.rate)


def probe(movie: Path, rate: Fraction | None = None, *, model: CostModel | None = None) -> MovieFacts:
    """Gather the facts of a movie; the cost is judged at `rate`, or at its own.

    Raises MissingFile, NotAMovie, DamagedMovie, NotSeekable.
    """
    state = sidecar_state(movie)
    index = index_of(movie, remember=False)
    mean, largest = float(index.size.mean()), int(index.size.max())
    container, pixels, sound, alpha = _header_facts(movie)
    return MovieFacts(
        path=movie, container=container, codec=index.codec, width=index.width, height=index.height,
        chroma=index.chroma, pixels_in_header=pixels, rate=index.rate, rate_varies=index.pts is not None,
        count=index.count, duration=index.seconds_of(index.count - 1) + 1 / index.rate,
        movie_bytes=index.movie.bytes, frame_bytes=mean, largest_frame_bytes=largest, intra=index.intra,
        hidden_frames=hidden_frames(movie), sound=sound, alpha=alpha, index=state,
        recovered=None if index.made is None else index.made.get(RECOVERED), marks=len(index.marks),
        has_checksums=index.crc32 is not None, has_differences=index.difference is not None,
        cost=cost_of(index, rate, model=model))


def cost_of(index: FrameIndex, rate: Fraction | None = None, *, model: CostModel | None = None) -> DecodeCost | None:
    """Estimate what a movie costs TouchDesigner at a rate, its own unless given; None where nothing was measured."""
    if index.codec != "mjpeg":
        return None
    model = model or CostModel()
    shape = index.width, index.height
    peak = float(np.percentile(index.size, _PEAK_PERCENTILE))
    return DecodeCost(model.milliseconds(*shape, float(index.size.mean()), index.chroma),
                      model.milliseconds(*shape, peak, index.chroma), rate or index.rate, *shape)


def lines(facts: MovieFacts) -> list[str]:
    """Say the facts in words, the most important first; lines with WARNING want something done."""
    said_rate = ("about " if facts.rate_varies else "") + f"{format_rate(facts.rate)} fps"
    rows = [("picture", f"{facts.width}×{facts.height} {facts.codec} {facts.chroma} in {facts.container}"
                        + (f" ({facts.pixels_in_header})" if facts.pixels_in_header else "")),
            ("time", f"{facts.count} frames, {said_rate}, {format_seconds(float(facts.duration))}"
                     + (", varying" if facts.rate_varies else "")),
            ("bytes", (f"{format_bytes(facts.movie_bytes)}; a frame has {format_bytes(facts.frame_bytes)}, at most "
                       f"{format_bytes(facts.largest_frame_bytes)}; {facts.bits_per_second / 1e6:.1f} Mbit/s")),
            ("index", _index_line(facts))]
    if facts.cost is not None:
        rows.append(("decoding", facts.cost.lines()[0]))
    return [str(facts.path), *(f"  {name:<9}{text}" for name, text in rows),
            *(f"  {text}" for text in _all_warnings(facts))]


def as_json(facts: MovieFacts) -> dict[str, Any]:
    """Return the facts as plain values; rates and times as text where they are rationals, and as numbers."""
    document: dict[str, Any] = {name: getattr(facts, name) for name in facts.__slots__ if name != "cost"}
    document.update(path=str(facts.path), rate=str(facts.rate), duration=float(facts.duration),
                    sound=list(facts.sound), bits_per_second=facts.bits_per_second, warnings=_all_warnings(facts))
    if facts.cost is not None:
        document["cost"] = {"typical_ms": facts.cost.typical, "peak_ms": facts.cost.peak,
                            "rate": str(facts.cost.rate), "budget_ms": facts.cost.budget,
                            "headroom": facts.cost.headroom, "holds": facts.cost.holds}
    return document


def _all_warnings(facts: MovieFacts) -> list[str]:
    said = _warnings(facts)
    if facts.cost is not None:
        said += facts.cost.lines()[1:]
    if facts.cost is not None and not facts.cost.holds:
        said.append(_lighter(facts, facts.cost))
    return said


def _lighter(facts: MovieFacts, cost: DecodeCost) -> str:
    """The command that makes a movie that holds the rate, or comes nearest to it."""
    from server.media.presets import preset_for

    preset = preset_for(facts.width, facts.height, cost.rate, facts.frame_bytes)
    estimate = estimated_cost(preset, facts.width, facts.height, cost.rate, facts.frame_bytes)
    return ("this one would hold: " if estimate.holds else "the lightest one, which would not hold either: ") + (
        encode_command(facts.path, preset.name, f"--preset {preset.name}"))


def _index_line(facts: MovieFacts) -> str:
    parts = [facts.index]
    if facts.marks:
        parts.append(f"{facts.marks} marks")
    if facts.intra and not facts.has_checksums:
        parts.append("no checksums (interscene index --full adds them)")
    if facts.codec == "mjpeg" and not facts.has_differences:
        parts.append("no differences: constant speed is by time only")
    return ", ".join(parts)


def _warnings(facts: MovieFacts) -> list[str]:
    said = []
    if not facts.intra:
        said.append(f"WARNING: long-GOP, cannot be played by frame; run: {encode_command(facts.path)}")
    elif facts.codec != "mjpeg":
        said.append(f"NOTE: {facts.codec} plays in TouchDesigner, but the page and the stand-in deck show JPEG only")
    if facts.recovered is not None:
        said.append(f"WARNING: this movie was never finished; its frames were found {facts.recovered}; "
                    f"make a whole one with: {encode_command(facts.path, 'whole', '--salvage')}")
    if facts.hidden_frames:
        said.append(f"NOTE: an edit list hides {facts.hidden_frames} stored frames; frame numbers do not count them")
    if facts.sound:
        said.append(f"NOTE: it has sound ({', '.join(facts.sound)}), which Interscene does not play")
    if facts.alpha:
        said.append("NOTE: it has transparency, which JPEG cannot keep")
    if facts.chroma not in ("420", "422", "444", "gray", "unknown"):
        said.append(f"NOTE: chroma {facts.chroma} is rare; not every player shows it")
    return said


def _header_facts(movie: Path) -> tuple[str, str, tuple[str, ...], bool]:
    """Container, pixel format, sound streams and transparency, as far as PyAV opens the file."""
    import av

    from server.media.demux import opened

    try:
        with opened(movie) as container:
            sound = tuple(_sound(stream) for stream in container.streams.audio)
            pixels = _pixels(container)
            alpha = pixels is not None and any(component.is_alpha for component in pixels.components)
            return container.format.name.partition(",")[0], "" if pixels is None else pixels.name, sound, alpha
    except (av.FFmpegError, NotAMovie):
        return "an unfinished file", "", (), False


def _pixels(container: InputContainer) -> Any:
    for stream in container.streams.video:
        if stream.codec_context is not None:
            return stream.codec_context.format
    return None


def _sound(stream: Any) -> str:
    if stream.codec_context is None:
        return "unknown"
    return f"{stream.codec_context.name} {stream.codec_context.sample_rate} Hz {stream.codec_context.layout.name}"
