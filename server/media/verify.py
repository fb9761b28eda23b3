"""A movie is verified, never trusted for existing: frames against index, structure and, in full, pictures."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.errors import MediaError
from server.index.format import RECOVERED, FrameIndex
from server.index.identity import encode_command, fingerprint_of
from server.index.jpeg import JpegHeader, jpeg_header, jpeg_problem
from server.index.opening import read_sidecar, sidecar_state
from server.index.reader import FrameReader
from server.media.indexing import index_of, rebuilt

# Video-range black is 16; JPEG's own is 0.
_BLACK: Final = 16
_GREY: Final = 128
_TAIL: Final = 1 / 16
"""Part of the height that a tail of plain mid-grey must have to be what a decoder puts for missing data."""
_MOST_NAMED: Final = 12
_STATES: Final = {
    "stale": "its index is stale: the movie has changed; run: interscene index",
    "damaged": "its index is damaged; run: interscene index",
    "newer": "its index was made by a newer Interscene; run: interscene index",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one movie; no problems means that every frame is what it should be."""

    path: Path
    count: int
    full: bool
    problems: tuple[str, ...]


def verify(movie: Path, *, full: bool = False, progress: Callable[[int, int], None] | None = None,
           cancelled: Callable[[], bool] | None = None) -> Verdict | None:
    """Read every frame of a movie and say in words what is wrong; `full` decodes them as well.

    `progress` is told frames done and in all, `cancelled` is asked once a frame; then None is returned.
    Writes nothing, and raises nothing about the movie: that it cannot be opened is a problem found.
    """
    try:
        state = sidecar_state(movie)
        truth = rebuilt(movie)
        # The frames are held against a sidecar that claims to be fresh, for that is what is played.
        index = index_of(movie, remember=False) if state == "fresh" else truth
    except MediaError as reason:
        return Verdict(movie, 0, full, (str(reason),))
    problems = list(_problems_of_index(movie, state, truth))
    if not index.intra:
        problems.append(f"it is long-GOP and cannot be played by frame; run: {encode_command(movie)}")
        return Verdict(movie, index.count, full, tuple(problems))
    found = _problems_of_frames(movie, index, full, progress, cancelled)
    return None if found is None else Verdict(movie, index.count, full, (*problems, *found))


def _problems_of_index(movie: Path, state: str, truth: FrameIndex) -> Iterator[str]:
    if state in _STATES:
        yield _STATES[state]
    if truth.made is not None and RECOVERED in truth.made:
        yield f"it was never finished; its frames were found {truth.made[RECOVERED]}"
    yield from _overlaps(truth)
    if state != "fresh" or (index := read_sidecar(movie)) is None:
        return
    if index.movie.fingerprint != fingerprint_of(movie):
        yield "it has changed without its time changing; run: interscene index"
    if index.count != truth.count:
        yield f"its index has {index.count} frames, the movie {truth.count}; run: interscene index"
        return
    moved = np.flatnonzero((index.offset != truth.offset) | (index.size != truth.size))
    if len(moved):
        yield f"{_named(moved.tolist())}: not where the index says; run: interscene index"
    if index.rate != truth.rate and (truth.made is None or RECOVERED not in truth.made):
        yield f"its index says {index.rate} fps, the movie {truth.rate}; run: interscene index"


def _overlaps(index: FrameIndex) -> Iterator[str]:
    """Frames that share bytes; an edit list may show one stored frame twice, which is no overlap."""
    places = np.unique(np.stack([index.offset, index.size.astype(np.uint64)], axis=1), axis=0)
    ends = places[:, 0] + places[:, 1]
    shared = int(np.count_nonzero(ends[:-1] > places[1:, 0]))
    if shared:
        yield f"{shared} of its frames overlap others in the file; make or copy it again"


def _problems_of_frames(movie: Path, index: FrameIndex, full: bool, progress: Callable[[int, int], None] | None,
                        cancelled: Callable[[], bool] | None) -> list[str] | None:
    from server.media.parallel import ordered_map

    by_text: dict[str, list[int]] = defaultdict(list)
    with FrameReader(movie, index) as reader:
        work = partial(_problems_of_frame, reader, index, full)
        for frame, texts in enumerate(ordered_map(work, range(index.count))):
            if cancelled is not None and cancelled():
                return None
            for text in texts:
                by_text[text].append(frame)
            if progress is not None:
                progress(frame + 1, index.count)
    return [f"{_named(frames)}: {text}" for text, frames in by_text.items()]


def _problems_of_frame(reader: FrameReader, index: FrameIndex, full: bool, frame: int) -> list[str]:
    try:
        data = reader.read(frame)
    except MediaError:
        return ["it cannot be read from the file any more"]
    found = []
    if index.crc32 is not None and zlib.crc32(data) != int(index.crc32[frame]):
        found.append("it is not the bytes that were indexed")
    if index.codec != "mjpeg":
        return found
    problem = jpeg_problem(data)
    if problem is not None:
        return [*found, f"the picture {problem}"]
    found += _differences(jpeg_header(data), index)
    return [*found, *_problems_of_picture(data)] if full else found


def _differences(header: JpegHeader, index: FrameIndex) -> Iterator[str]:
    """How a picture is not what its movie, or TouchDesigner, needs."""
    if (header.width, header.height) != (index.width, index.height):
        yield f"it is {header.width}×{header.height}, the movie {index.width}×{index.height}"
    if header.chroma != index.chroma:
        yield f"its chroma is {header.chroma}, that of the movie {index.chroma}"
    if header.process != "baseline" or header.bits != 8:
        yield f"it is a {header.process} JPEG of {header.bits} bit; TouchDesigner wants baseline of 8 bit"
    if header.orientation not in (None, 1):
        yield "it is tagged with an orientation, which players treat differently"


def _problems_of_picture(data: bytes) -> Iterator[str]:
    """What only decoding shows; 1/8 size is enough, for all of the data is still parsed."""
    import simplejpeg

    from server.media.jpeg import refuse_too_large

    try:
        # Strict: a decoder that goes on after an error hides it under grey or smeared blocks.
        refuse_too_large(data)
        luma = simplejpeg.decode_jpeg(data, "GRAY", min_height=1, min_width=1, min_factor=8)[..., 0]
    except (ValueError, MediaError) as reason:
        yield f"the picture is damaged inside ({reason})"
        return
    if int(luma.max()) <= _BLACK:
        yield "it is black"
    tail = _grey_tail(luma)
    if tail:
        yield "its lower part is plain grey, as of a picture that was cut short before it was encoded"


def _grey_tail(luma: NDArray[np.uint8]) -> bool:
    rows = np.all(luma == _GREY, axis=1)
    grey = len(rows) if rows.all() else int(np.argmin(rows[::-1]))
    return max(2, len(rows) * _TAIL) <= grey < len(rows)


def _named(frames: list[int]) -> str:
    """`frame 7`, or `frames 3, 7–9 and 41 more`."""
    runs: list[list[int]] = []
    for frame in frames:
        if runs and frame == runs[-1][1] + 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    named = [str(first) if first == last else f"{first}–{last}" for first, last in runs[:_MOST_NAMED]]
    rest = sum(last - first + 1 for first, last in runs[_MOST_NAMED:])
    return f"frame{'s' if len(frames) > 1 else ''} {', '.join(named)}" + (f" and {rest} more" if rest else "")
