"""The movies that a story is put together from: every hop's frames with ends that are byte for byte its pictures'.

A transition that has them is used as it lies there. One whose ends or size differ gets a copy that fits, and one that
is missing gets a morph; both lie in the song's hidden folder and can always be made again, to the byte.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import DamagedMovie, MediaError
from server.index.format import FrameIndex
from server.index.reader import FrameReader
from server.library.graph.identity import Edge, PictureId
from server.library.songs.listing import HIDDEN
from server.media.difference import Thumbnail, difference, thumbnail_of_jpeg
from server.media.indexing import index_of
from server.media.jpeg import decode_rgb, encode_planes, encode_rgb, jpeg_damage
from server.media.parallel import ordered_map
from server.media.part_file import make_folders
from server.media.placement import place, place_rgb
from server.media.writer import MovieWriter
from server.render.morph import RECIPE, Morph

BRIDGES: Final = f"{HIDDEN}/bridges"
FITTED: Final = f"{HIDDEN}/fitted"
CHROMA: Final = "420"
_RECIPE: Final = 1
"""Counts up whenever fitted copies come out otherwise, so that old ones are not taken for new."""

Tick = Callable[[], None]
"""Is called once a frame."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What all frames of a story have in common; `quality` is for those that must be encoded."""

    size: tuple[int, int]
    quality: int
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Source:
    """The frames of an edge, forwards from `first`. `hash`: SHA-1 over their bytes, one after the other."""

    first: PictureId
    second: PictureId
    kind: str
    movie: str
    """Path in the song folder of the transition that it is, or was made from; empty for a bridge."""
    path: Path
    """Where its frames are read."""
    file: str
    """The same as a path in the song folder, with /."""
    index: FrameIndex
    hash: str

    @property
    def edge(self) -> Edge:
        return (self.first, self.second) if self.first <= self.second else (self.second, self.first)


@dataclass(frozen=True, slots=True)
class Ends:
    """First and last frame of a movie, as they are stored."""

    first: bytes
    last: bytes


def digest(jpeg: bytes) -> str:
    """What names a stage frame: SHA-1 of the JPEG."""
    return hashlib.sha1(jpeg, usedforsecurity=False).hexdigest()


def ends_of(path: Path, index: FrameIndex) -> Ends:
    """Read the two ends of a transition. Raises MediaError."""
    if index.count < 2:
        raise DamagedMovie(f"{path} has one frame, and a transition has two ends; make it again")
    with FrameReader(path, index) as reader:
        return Ends(reader.read(0), reader.read(index.count - 1))


def hash_frames(path: Path, index: FrameIndex, tick: Tick | None = None) -> str:
    """Read every frame; return SHA-1 over their bytes. Raises DamagedMovie where they are not what was indexed."""
    total = hashlib.sha1(usedforsecurity=False)
    with FrameReader(path, index) as reader:
        for frame in range(index.count):
            data = reader.read(frame)
            problem = _problem(index, frame, data)
            if problem:
                raise DamagedMovie(f"{path}, frame {frame}: {problem}; copy the movie again, or take it out of the "
                                   "way with: interscene song quarantine")
            total.update(data)
            if tick is not None:
                tick()
    return total.hexdigest()


def _problem(index: FrameIndex, frame: int, data: bytes) -> str:
    if index.crc32 is not None:
        return "" if zlib.crc32(data) == int(index.crc32[frame]) else "it is not the bytes that were indexed"
    damage = jpeg_damage(data)  # an index that was rebuilt knows no checksums
    return f"this picture {damage}" if damage else ""


def fitted(song: Path, source: Source, ends: Ends, shape: Shape, tick: Tick) -> Source:
    """A copy of a transition with these ends, at this size; one that was made before is kept. Raises MediaError."""
    index = source.index
    same_shape = (index.width, index.height, index.chroma) == (*shape.size, CHROMA)
    made = {"generator": "fitted", "recipe": _RECIPE, "source": source.hash, "ends": [digest(ends.first),
            digest(ends.last)], "size": list(shape.size), "quality": 0 if same_shape else shape.quality}
    out = song / FITTED / f"{_key(made)}.mov"

    def frames() -> Iterator[tuple[bytes, float]]:
        with FrameReader(source.path, index) as reader:
            def inside(number: int) -> bytes:
                jpeg = reader.read(number)
                return jpeg if same_shape else resized(jpeg, shape)

            yield from _between(ends, index.count, inside)

    return _made(song, out, source.first, source.second, "fitted", source.movie, frames, ends, made, shape, tick)


def bridged(song: Path, edge: Edge, ends: Ends, count: int, seed: int, shape: Shape, tick: Tick) -> Source:
    """A morph of so many frames between two stage frames; one that was made before is kept. Raises MediaError."""
    own = int.from_bytes(hashlib.sha1(f"{seed} {edge[0].node} {edge[1].node}".encode(),
                                      usedforsecurity=False).digest()[:4], "big")
    made = {"generator": "morph", "recipe": RECIPE, "seed": str(own), "frames": count,
            "ends": [digest(ends.first), digest(ends.last)], "size": list(shape.size), "quality": shape.quality}
    out = song / BRIDGES / f"{_key(made)}.mov"

    def frames() -> Iterator[tuple[bytes, float]]:
        morph = Morph(decode_rgb(ends.first), decode_rgb(ends.last), own, frames=count)
        yield from _between(ends, count,
                            lambda number: encode_planes(*morph.planes(number / (count - 1)), shape.quality))

    return _made(song, out, *edge, "bridge", "", frames, ends, made, shape, tick)


def _between(ends: Ends, count: int, inside: Callable[[int], bytes]) -> Iterator[tuple[bytes, float]]:
    """Yield the two ends and what is made between them, each with its distance to the one before; 0 for the first."""
    def frame(number: int) -> tuple[bytes, Thumbnail]:
        jpeg = ends.first if number == 0 else ends.last if number == count - 1 else inside(number)
        return jpeg, thumbnail_of_jpeg(jpeg)

    before: Thumbnail | None = None
    for jpeg, now in ordered_map(frame, range(count)):
        yield jpeg, 0.0 if before is None else difference(before, now)
        before = now


def _made(song: Path, out: Path, first: PictureId, second: PictureId, kind: str, movie: str,
          frames: Callable[[], Iterator[tuple[bytes, float]]], ends: Ends, made: Mapping[str, Any], shape: Shape,
          tick: Tick) -> Source:
    kept = _kept(out, made, tick)
    if kept is not None:
        return Source(first, second, kind, movie, out, out.relative_to(song).as_posix(), *kept)
    make_folders(out.parent)
    total = hashlib.sha1(usedforsecurity=False)
    # Its rate says nothing: stories of every rate count its frames.
    with MovieWriter(out, width=shape.size[0], height=shape.size[1], rate=shape.rate, chroma=CHROMA,
                     ends=(digest(ends.first), digest(ends.last)), made=made, overwrite=True) as writer:
        for jpeg, apart in frames():
            writer.add(jpeg, apart)
            total.update(jpeg)
            tick()
    return Source(first, second, kind, movie, out, out.relative_to(song).as_posix(), writer.index,
                  total.hexdigest())


def _kept(out: Path, made: Mapping[str, Any], tick: Tick) -> tuple[FrameIndex, str] | None:
    try:
        index = index_of(out)
        if index.made != made or index.crc32 is None:
            return None  # a movie that was changed has an index that was rebuilt, without checksums
        return index, hash_frames(out, index, tick)
    except MediaError:
        return None


def resized(jpeg: bytes, shape: Shape) -> bytes:
    """A picture at the size of a story, cut where it has another shape."""
    picture = decode_rgb(jpeg)
    placement = place((picture.shape[1], picture.shape[0]), shape.size, "cover")
    return encode_rgb(place_rgb(picture, placement), shape.quality)


def _key(made: Mapping[str, Any]) -> str:
    text = repr(sorted(made.items()))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:20]
