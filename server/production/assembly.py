"""Parts put one behind another by packet copy: a joint frame is dropped only where its two sides are the same bytes.

What both sides were is kept in the index of the movie, so that every seam can be shown later. It plans nothing.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from server.errors import DamagedMovie
from server.index.format import FrameIndex, Mark
from server.index.reader import FrameReader
from server.media.writer import MovieWriter
from server.production.story_parts import Source


@dataclass(frozen=True, slots=True)
class Part:
    """A source in the direction in which it is gone. `mark` lies on its first frame, frame 0 of the part."""

    source: Source
    backwards: bool
    mark: Mark

    @property
    def span(self) -> tuple[int, int]:
        """First and last frame in the source, in the order in which they are shown."""
        last = self.source.index.count - 1
        return (last, 0) if self.backwards else (0, last)

    @property
    def made(self) -> dict[str, Any]:
        """What the index of a movie says about a part of it."""
        ends = (self.source.second, self.source.first) if self.backwards else (self.source.first, self.source.second)
        return {"from": ends[0].node, "to": ends[1].node, "kind": self.source.kind, "movie": self.source.movie,
                "file": self.source.file, "span": list(self.span), "frames": self.source.hash}


def frames_in(parts: Sequence[Part]) -> int:
    """How many frames the parts have together, every joint once."""
    return sum(part.source.index.count for part in parts) - len(parts) + 1


def joints_of(parts: Sequence[Part]) -> list[int]:
    """In which frame of the assembled movie each part begins, and where the last one ends."""
    places = [0]
    for part in parts:
        places.append(places[-1] + part.source.index.count - 1)
    return places


def marks_of(parts: Sequence[Part], last: Mark) -> tuple[Mark, ...]:
    """A mark at every joint, and at both ends."""
    marks = (*(part.mark for part in parts), last)
    return tuple(replace(mark, frame=frame) for mark, frame in zip(marks, joints_of(parts), strict=True))


def seams_of(parts: Sequence[Part]) -> list[list[int]]:
    """[frame, CRC-32 and bytes of the frame that ends a part, the same of the one that begins the next], each seam."""
    seams = []
    for frame, before, after in zip(joints_of(parts)[1:], parts, parts[1:], strict=False):
        seams.append([frame, *_side(before, before.span[1]), *_side(after, after.span[0])])
    return seams


def assemble(out: Path, parts: Sequence[Part], last: Mark, *, rate: Fraction, made: dict[str, Any],
             overwrite: bool = False, tick: Callable[[], None] = lambda: None) -> FrameIndex:
    """Write the parts as one movie, all or nothing. Raises DamagedMovie for a seam of two pictures, OutputError."""
    index = parts[0].source.index
    with MovieWriter(out, width=index.width, height=index.height, rate=rate, chroma=index.chroma,
                     marks=marks_of(parts, last), made=made, overwrite=overwrite) as movie:
        before: bytes | None = None
        for part in parts:
            for place, (jpeg, apart) in enumerate(_frames(part)):
                if place == 0 and before is not None:
                    if jpeg != before:
                        raise DamagedMovie(f"{out.name}: {part.made['from']} does not look alike in the transitions on "
                                           f"both sides of frame {movie.count - 1}; a file has changed meanwhile: "
                                           "build again")
                    continue
                movie.add(jpeg, apart)
                before = jpeg
                tick()
    return movie.index


def _frames(part: Part) -> Iterator[tuple[bytes, float]]:
    """Yield (JPEG, distance to the frame before it in this order, NaN where nobody has measured it)."""
    source = part.source
    apart = source.index.difference
    with FrameReader(source.path, source.index) as reader:
        for place in range(source.index.count):
            frame = source.index.count - 1 - place if part.backwards else place
            known = math.nan
            if place == 0:
                known = 0.0  # only the very first is kept, and nothing is before that
            elif apart is not None:
                known = float(apart[frame + 1 if part.backwards else frame])
            yield reader.read(frame), known


def _side(part: Part, frame: int) -> tuple[int, int]:
    index = part.source.index
    if index.crc32 is not None:
        return int(index.crc32[frame]), int(index.size[frame])
    with FrameReader(part.source.path, index) as reader:
        jpeg = reader.read(frame)
    return zlib.crc32(jpeg), len(jpeg)
