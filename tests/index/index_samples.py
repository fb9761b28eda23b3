"""Indexes for tests: hand-made ones that the golden bytes are held against, and a strategy for any."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from server.index.format import Axis, FrameIndex, Mark, MovieIdentity

BIG_SEED = 2**80 + 12345


def plain_index(count: int = 3, **changes: object) -> FrameIndex:
    """Frames of 100, 101, … bytes, one behind the other."""
    size = np.arange(100, 100 + count, dtype=np.uint32)
    offset = (np.cumsum(size) - size + 36).astype(np.uint64)
    fields: dict[str, object] = {
        "movie": MovieIdentity("clip.mov", 36 + int(size.sum()) + 500, 1_700_000_000_123_456_789, "00" * 20),
        "codec": "mjpeg", "width": 1280, "height": 720, "chroma": "420", "rate": Fraction(30000, 1001),
        "count": count, "offset": offset, "size": size}
    return FrameIndex(**{**fields, **changes})  # type: ignore[arg-type]


def golden_indexes() -> dict[str, FrameIndex]:
    return {
        "plain": plain_index(),
        "one-frame": plain_index(1, width=101, height=67, chroma="gray"),
        "varying": plain_index(4, pts=np.array([0, 20, 53, 153], dtype=np.int64), time_base=Fraction(1, 600)),
        "long-gop": plain_index(codec="h264", intra=False, chroma="unknown"),
        "everything": plain_index(
            6, movie=MovieIdentity("Bühne 🎬.mov", 5_000_000_000, -1, "ab" * 20),
            offset=np.array([4_900_000_000, 36, 500, 1000, 1500, 2000], dtype=np.uint64),
            crc32=np.array([0, 1, 0xFFFFFFFF, 3, 4, 5], dtype=np.uint32),
            difference=np.array([0, 1.5, 2.25, np.nan, 0.125, 255], dtype=np.float32),
            marks=(Mark(0, "start"), Mark(5, "tree", "0a1b", "an oak, \"old\"", BIG_SEED), Mark(5, "same place")),
            axes=(Axis("hue", (0.0, 0.5, 1.0)), Axis("zoom", (1.0, 2.0))), ends=("aaaa", "bbbb"),
            made={"generator": "morph", "settings": {"steps": 4, "seed": BIG_SEED}, "versions": ["1", "2"]}),
    }


def same(one: FrameIndex, other: FrameIndex) -> bool:
    """Whether two indexes say the same; a big integer in `made` may have become its decimal string."""
    names = ("movie", "codec", "width", "height", "chroma", "rate", "count", "time_base", "marks", "axes", "ends",
             "intra")
    arrays = ("offset", "size", "pts", "crc32", "difference")
    return (all(getattr(one, name) == getattr(other, name) for name in names)
            and all(_same_array(getattr(one, name), getattr(other, name)) for name in arrays))


def _same_array(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.dtype == other.dtype and one.tobytes() == other.tobytes()


texts = st.text(max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
rates = st.fractions(min_value=Fraction(1, 100), max_value=1000, max_denominator=1001)


@st.composite
def marks(draw: st.DrawFn, count: int) -> Mark:
    optional = st.none() | texts
    return Mark(draw(st.integers(0, count - 1)), draw(texts), draw(optional), draw(optional),
                draw(st.none() | st.integers(-(2**200), 2**200)))


@st.composite
def indexes(draw: st.DrawFn) -> FrameIndex:
    count = draw(st.integers(1, 40))
    size = np.array(draw(st.lists(st.integers(1, 0xFFFFFFFF), min_size=count, max_size=count)), dtype=np.uint32)
    offset = np.array(draw(st.lists(st.integers(0, 2**62), min_size=count, max_size=count)), dtype=np.uint64)
    times = draw(st.none() | st.lists(st.integers(-(2**40), 2**40), min_size=count, max_size=count).map(sorted))
    levels = st.lists(st.floats(0, 255, width=32) | st.just(float("nan")), min_size=count, max_size=count)
    apart = draw(st.none() | levels)
    end = int((offset + size).max())
    return FrameIndex(
        movie=MovieIdentity(draw(texts), draw(st.integers(end, 2**63 - 1)), draw(st.integers(-(2**62), 2**62)),
                            draw(texts)),
        codec=draw(texts), width=draw(st.integers(1, 65535)), height=draw(st.integers(1, 65535)),
        chroma=draw(texts), rate=draw(rates), count=count, offset=offset, size=size,
        pts=None if times is None else np.array(times, dtype=np.int64),
        time_base=None if times is None else draw(rates),
        crc32=draw(st.none() | st.just(size)), difference=None if apart is None else np.array(apart, np.float32),
        marks=tuple(draw(st.lists(marks(count), max_size=4))),
        axes=tuple(Axis(draw(texts), tuple(draw(st.lists(numbers, min_size=1, max_size=4))))
                   for _ in range(draw(st.integers(0, 2)))),
        ends=draw(st.none() | st.tuples(texts, texts)),
        made=draw(st.none() | st.dictionaries(texts, texts | st.integers(-(2**62), 2**62) | numbers, max_size=4)),
        intra=draw(st.booleans()))
