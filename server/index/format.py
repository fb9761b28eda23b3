"""The index of a movie and its bytes: one msgpack map beside the movie. Knows no files and no codecs."""

from __future__ import annotations

import contextlib
import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, TypeVar

import msgpack
import numpy as np
from numpy.typing import NDArray

from server.errors import FrameOutOfRange, IndexDamaged, IndexFromNewer, InputError, OutOfRange

FORMAT: Final = "interscene.frames"
VERSION: Final = 1
SUFFIX: Final = ".frames"
"""`clip.mov` has `clip.mov.frames` beside it."""

T = TypeVar("T")

MAX_BYTES: Final = 1 << 30
MAX_FRAMES: Final = 1 << 26
MAX_ITEMS: Final = 1 << 17
RECOVERED: Final = "recovered"
"""Key of `made` that says how the frames of an interrupted movie were found, and what was assumed."""
MAX_SIDE: Final = 65_535
"""The largest width or height that a JPEG can state."""
_MAX_INTEGER: Final = (1 << 63) - 1
# A 32-bit float, as OSC carries it, misses the start of a frame by less than this part of a frame for hours.
_FLOAT_SLACK: Final = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Mark:
    """A cue point, a picture or a scene inside a movie. A seed may have any size."""

    frame: int
    name: str
    picture: str | None = None
    prompt: str | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """One coordinate of a grid movie; the last axis runs fastest."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MovieIdentity:
    """What tells whether an index still belongs to its movie; the fingerprint is hexadecimal SHA-1."""

    name: str
    bytes: int
    mtime_ns: int
    fingerprint: str


@dataclass(frozen=True, slots=True, eq=False)
class FrameIndex:
    """Where every frame of a movie lies in its file, in presentation order."""

    movie: MovieIdentity
    codec: str
    width: int
    height: int
    chroma: str
    """`420`, `422`, `440`, `444`, `411` or `gray`; `unknown` where only decoding would tell."""
    rate: Fraction
    count: int
    offset: NDArray[np.uint64]
    size: NDArray[np.uint32]
    pts: NDArray[np.int64] | None = None
    """Only where the frame rate varies; not decreasing, in `time_base`."""
    time_base: Fraction | None = None
    crc32: NDArray[np.uint32] | None = None
    difference: NDArray[np.float32] | None = None
    """RMS luma distance to the previous frame in 8-bit levels; 0 for the first, NaN where unknown."""
    marks: tuple[Mark, ...] = ()
    axes: tuple[Axis, ...] = ()
    ends: tuple[str, str] | None = None
    made: Mapping[str, Any] | None = None
    intra: bool = True
    """False: long-GOP, so that no frame but a keyframe can be decoded alone."""
    unknown: Mapping[str, Any] = field(default_factory=dict)
    """Keys that another build of the same version wrote; they are written back untouched."""

    def seconds_of(self, frame: int) -> Fraction:
        """Return the exact time of a frame, counted from the first. Raises FrameOutOfRange."""
        if not 0 <= frame < self.count:
            raise FrameOutOfRange(f"{self.movie.name} has frames 0 to {self.count - 1}, not {frame}")
        if self.pts is None or self.time_base is None:
            return frame / self.rate
        return (int(self.pts[frame]) - int(self.pts[0])) * self.time_base

    def frame_at(self, seconds: Fraction | float) -> int:
        """Return the frame on screen at a time; outside the movie that is the first or the last.

        A rational is taken exactly. A float just before the start of a frame (1 % of it) counts as that
        frame, because most frame times have no exact float. Raises OutOfRange for NaN.
        """
        if isinstance(seconds, float) and not math.isfinite(seconds):
            if math.isnan(seconds):
                raise OutOfRange("a time in seconds is a number, not NaN")
            return 0 if seconds < 0 else self.count - 1
        slack = _FLOAT_SLACK / self.rate if isinstance(seconds, float) else Fraction(0)
        when = Fraction(seconds) + slack
        if self.pts is None or self.time_base is None:
            frame = math.floor(when * self.rate)
        else:
            frame = bisect_right(self.pts, math.floor(when / self.time_base) + int(self.pts[0])) - 1
        return min(max(frame, 0), self.count - 1)


@dataclass(frozen=True, slots=True)
class Annotations:
    """What a movie's own bytes cannot tell; it survives every rebuild of the rest."""

    marks: tuple[Mark, ...] = ()
    axes: tuple[Axis, ...] = ()
    ends: tuple[str, str] | None = None
    made: Mapping[str, Any] | None = None
    rate: Fraction | None = None


def annotations_of(index: FrameIndex) -> Annotations:
    """Return what a rebuild of this index has to keep."""
    return Annotations(index.marks, index.axes, index.ends, index.made, index.rate)


def salvage(data: bytes) -> Annotations:
    """Return what can still be read of a damaged index, or of one of a newer version. Total."""
    try:
        document = _unpack(data)
    except IndexDamaged:
        return Annotations()
    if document.get("format") != FORMAT:
        return Annotations()
    return Annotations(marks=tuple(_readable(document, "marks", lambda item: _mark(item, MAX_FRAMES))),
                       axes=tuple(_readable(document, "axes", _axis)),
                       ends=next(_readable({"ends": [document.get("ends")]}, "ends", _ends), None),
                       made=next(_readable({"made": [document.get("made")]}, "made", _made), None),
                       rate=next(_readable({"rate": [document]}, "rate", _rate), None))


def encode_index(index: FrameIndex) -> bytes:
    """Return the bytes of an index. Raises InputError where it would not read back."""
    document: dict[str, Any] = {**index.unknown, "format": FORMAT, "version": VERSION,
        "movie": {"name": index.movie.name, "bytes": index.movie.bytes, "mtime_ns": index.movie.mtime_ns,
                  "fingerprint": index.movie.fingerprint},
        "codec": index.codec, "width": index.width, "height": index.height, "chroma": index.chroma,
        "rate": [index.rate.numerator, index.rate.denominator], "count": index.count, "intra": index.intra}
    for name, layout in _ARRAYS.items():
        array = getattr(index, name)
        if array is not None:
            document[name] = np.ascontiguousarray(array, dtype=layout).tobytes()
    if index.time_base is not None:
        document["time_base"] = [index.time_base.numerator, index.time_base.denominator]
    document["marks"] = [_mark_to_map(mark) for mark in index.marks]
    document["axes"] = [{"name": axis.name, "values": [float(value) for value in axis.values]}
                        for axis in index.axes]
    if index.ends is not None:
        document["ends"] = list(index.ends)
    if index.made is not None:
        document["made"] = dict(index.made)
    try:
        data: bytes = msgpack.packb(document, default=_plain, use_bin_type=True)
        decode_index(data)
    except (TypeError, ValueError, OverflowError, IndexDamaged) as reason:
        raise InputError(f"the index of {index.movie.name!r} cannot be written: {reason}") from None
    return data


def decode_index(data: bytes) -> FrameIndex:
    """Read an index; arrays are views of what was read, and cannot be written to.

    Raises IndexDamaged for any bytes that are no index, IndexFromNewer for a version that is not known yet.
    """
    document = _unpack(data)
    if document.get("format") != FORMAT:
        raise IndexDamaged("this is no Interscene index; run: interscene index")
    version = _integer(document, "version", 1, _MAX_INTEGER)
    if version > VERSION:
        raise IndexFromNewer(f"index version {version} was made by a newer Interscene; run: interscene index")
    count = _integer(document, "count", 1, MAX_FRAMES)
    movie = _movie(document.get("movie"))
    arrays = {name: _array(document, name, count) for name in _ARRAYS}
    offset, size, pts = arrays["offset"], arrays["size"], arrays["pts"]
    if offset is None or size is None:
        raise IndexDamaged("the index has no offsets or no sizes")
    _check_offsets(offset, size, movie.bytes)
    time_base = None if pts is None else _ratio(document, "time_base")
    if pts is not None and bool(np.any(pts[1:] < pts[:-1])):
        raise IndexDamaged("the index counts time backwards")
    if arrays["difference"] is not None and bool(np.any(arrays["difference"] < 0)):
        raise IndexDamaged("the index has a negative difference")
    return FrameIndex(
        movie=movie, codec=_text(document, "codec"), width=_integer(document, "width", 1, MAX_SIDE),
        height=_integer(document, "height", 1, MAX_SIDE), chroma=_text(document, "chroma"),
        rate=_ratio(document, "rate"), count=count, offset=offset, size=size, pts=pts, time_base=time_base,
        crc32=arrays["crc32"], difference=arrays["difference"],
        marks=tuple(_mark(item, count) for item in _list(document, "marks")),
        axes=tuple(_axis(item) for item in _list(document, "axes")), ends=_ends(document.get("ends")),
        made=_made(document.get("made")), intra=_flag(document.get("intra", True)),
        unknown={key: value for key, value in document.items() if key not in _KNOWN})


_ARRAYS: Final[Mapping[str, str]] = {
    "offset": "<u8", "size": "<u4", "pts": "<i8", "crc32": "<u4", "difference": "<f4"}
_KNOWN: Final = frozenset({"format", "version", "movie", "codec", "width", "height", "chroma", "rate",
                           "count", "intra", "time_base", "marks", "axes", "ends", "made", *_ARRAYS})


def _plain(value: object) -> object:
    # Integers arrive here only when they are too big for msgpack: seeds travel as decimal strings.
    if isinstance(value, int | Fraction):
        return str(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in an index; use text, numbers, lists and maps")


def _mark_to_map(mark: Mark) -> dict[str, Any]:
    document: dict[str, Any] = {"frame": int(mark.frame), "name": mark.name}
    if mark.picture is not None:
        document["picture"] = mark.picture
    if mark.prompt is not None:
        document["prompt"] = mark.prompt
    if mark.seed is not None:
        document["seed"] = str(mark.seed)
    return document


def _unpack(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise IndexDamaged(f"the index is larger than {MAX_BYTES} bytes")
    try:
        document = msgpack.unpackb(data, raw=False, strict_map_key=True, max_bin_len=len(data),
                                   max_str_len=len(data), max_array_len=MAX_ITEMS, max_map_len=MAX_ITEMS)
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.exceptions.UnpackException):
        raise IndexDamaged("the index is damaged; run: interscene index") from None
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise IndexDamaged("the index is damaged; run: interscene index")
    return document


def _integer(document: Mapping[str, Any], name: str, low: int, high: int) -> int:
    value = document.get(name)
    if type(value) is not int or not low <= value <= high:
        raise IndexDamaged(f"the index has no usable {name}")
    return value


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise IndexDamaged(f"the index has no usable {name}")
    return value


def _optional_text(document: Mapping[str, Any], name: str) -> str | None:
    return None if document.get(name) is None else _text(document, name)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise IndexDamaged("the index does not say whether every frame stands alone")
    return value


def _list(document: Mapping[str, Any], name: str) -> Sequence[object]:
    value = document.get(name, [])
    if not isinstance(value, list):
        raise IndexDamaged(f"the index has no usable {name}")
    return value


def _ratio(document: Mapping[str, Any], name: str) -> Fraction:
    value = document.get(name)
    if not (isinstance(value, list) and len(value) == 2
            and all(type(part) is int and 0 < part <= _MAX_INTEGER for part in value)):
        raise IndexDamaged(f"the index has no usable {name}")
    return Fraction(value[0], value[1])


def _movie(value: object) -> MovieIdentity:
    if not isinstance(value, dict):
        raise IndexDamaged("the index does not say whose it is")
    return MovieIdentity(name=_text(value, "name"), bytes=_integer(value, "bytes", 0, _MAX_INTEGER),
                         mtime_ns=_integer(value, "mtime_ns", -_MAX_INTEGER, _MAX_INTEGER),
                         fingerprint=_text(value, "fingerprint"))


def _rate(value: object) -> Fraction:
    return _ratio(value if isinstance(value, dict) else {}, "rate")


def _readable(document: Mapping[str, Any], name: str, read: Callable[[object], T]) -> Iterator[T]:
    """Whatever of a list can be read."""
    items = document.get(name)
    for item in items if isinstance(items, list) else ():
        with contextlib.suppress(IndexDamaged):
            yield read(item)


def _array(document: Mapping[str, Any], name: str, count: int) -> NDArray[Any] | None:
    value = document.get(name)
    if value is None:
        return None
    layout = np.dtype(_ARRAYS[name])
    if not isinstance(value, bytes) or len(value) != count * layout.itemsize:
        raise IndexDamaged(f"the index has another number of {name} entries than frames")
    return np.frombuffer(value, dtype=layout)


def _check_offsets(offset: NDArray[np.uint64], size: NDArray[np.uint32], movie_bytes: int) -> None:
    end = np.uint64(movie_bytes)
    if bool(np.any(size == 0)) or bool(np.any(offset > end)) or bool(np.any(size > end - offset)):
        raise IndexDamaged("the index points outside its movie")


def _mark(value: object, count: int) -> Mark:
    if not isinstance(value, dict):
        raise IndexDamaged("the index has a mark that is none")
    seed = _optional_text(value, "seed")
    # int() would take minutes over millions of digits, and a seed has at most a few hundred.
    if seed is not None and not (len(seed) <= 1000 and seed.removeprefix("-").isdecimal() and seed.isascii()):
        raise IndexDamaged("the index has a seed that is no number")
    return Mark(frame=_integer(value, "frame", 0, count - 1), name=_text(value, "name"),
                picture=_optional_text(value, "picture"), prompt=_optional_text(value, "prompt"),
                seed=None if seed is None else int(seed))


def _axis(value: object) -> Axis:
    if not isinstance(value, dict):
        raise IndexDamaged("the index has an axis that is none")
    values = _list(value, "values")
    if not values or not all(isinstance(item, float) and math.isfinite(item) for item in values):
        raise IndexDamaged("the index has an axis without numbers")
    return Axis(_text(value, "name"), tuple(item for item in values if isinstance(item, float)))


def _ends(value: object) -> tuple[str, str] | None:
    if value is None:
        return None
    if not (isinstance(value, list) and len(value) == 2 and all(isinstance(end, str) for end in value)):
        raise IndexDamaged("the index has no usable ends")
    return value[0], value[1]


def _made(value: object) -> Mapping[str, Any] | None:
    if value is not None and not isinstance(value, dict):
        raise IndexDamaged("the index has no usable provenance")
    return value
