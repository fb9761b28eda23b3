"""The movie's own table of frames: edit lists as FFmpeg reads them, odd tables, and any bytes at all."""

from __future__ import annotations

import contextlib
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stamped_movies import (
    STBL,
    TRAK,
    box,
    find_box,
    long_gop_movie,
    numbers_by_index,
    replace_box,
    set_edits,
    steady_movie,
    write_movie,
)

from server.errors import DamagedMovie, MediaError, NotAMovie
from server.index.boxes import MAX_MOOV
from server.index.format import FrameIndex, decode_index, encode_index
from server.index.sampletable import index_from_sample_table
from server.media.demux import demux_index

COUNT = 30
STEP = 512


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("movies") / "steady.mov"
    steady_movie(path, COUNT)
    return path


def _index(path: Path) -> FrameIndex:
    index = index_from_sample_table(path)
    assert index is not None
    return index


starts = st.one_of(st.just(-1), st.integers(0, COUNT + 2).map(lambda i: i * STEP), st.integers(0, COUNT * STEP))
edit = st.tuples(st.integers(0, 1200), starts)


@settings(max_examples=60)
@given(edits=st.lists(edit, min_size=1, max_size=3), wide=st.booleans())
def test_edit_lists_show_the_frames_that_ffmpeg_shows(steady: Path, edits: list[tuple[int, int]],
                                                      wide: bool) -> None:
    path = steady.with_name("edited.mov")
    path.write_bytes(steady.read_bytes())
    set_edits(path, edits, wide=wide)

    index = index_from_sample_table(path)

    try:
        truth = demux_index(path).offset.tolist()
    except NotAMovie:
        truth = []
    if index is None:
        assert not truth or -1 in [start for _, start in edits[1:]] or 0 in [length for length, _ in edits]
    else:
        assert index.offset.tolist() == truth


@pytest.mark.parametrize("edits", [[(1000, 0), (100, -1), (1000, 0)], [(0, 0)], [(1000, -1)], [(1000, -2)]])
def test_edit_lists_that_players_disagree_on_are_left_to_the_demuxer(
        steady: Path, tmp_path: Path, edits: list[tuple[int, int]]) -> None:
    path = tmp_path / "odd.mov"
    path.write_bytes(steady.read_bytes())
    set_edits(path, edits)

    assert index_from_sample_table(path) is None


def test_an_edit_at_another_speed_is_left_to_the_demuxer(steady: Path, tmp_path: Path) -> None:
    path = tmp_path / "slow.mov"
    path.write_bytes(steady.read_bytes())
    set_edits(path, [(1000, 0)], rate=1 << 15)

    assert index_from_sample_table(path) is None


def test_64_bit_offsets_and_sizes_are_read(steady: Path, tmp_path: Path) -> None:
    data = steady.read_bytes()
    start, stop = find_box(data, *STBL, b"stco")
    offsets = np.frombuffer(data[start + 16:stop], dtype=">u4").astype(">u8")
    wide = box(b"co64", struct.pack(">II", 0, len(offsets)) + offsets.tobytes())
    data = replace_box(data, (*STBL, b"stco"), wide)
    start, stop = find_box(data, b"mdat")
    # The 8 bytes of the `wide` box in front make room for a 64-bit size, as QuickTime meant them to.
    assert data[start - 4:start] == b"wide"
    data = data[: start - 8] + struct.pack(">I4sQ", 1, b"mdat", stop - start + 8) + data[start + 8:]
    path = tmp_path / "wide.mov"
    path.write_bytes(data)

    assert _index(path).offset.tolist() == _index(steady).offset.tolist()
    assert numbers_by_index(path, _index(path)) == list(range(COUNT))


@pytest.mark.parametrize(("width", "height", "chroma"), [(101, 67, "420"), (67, 101, "444"), (640, 65, "422")])
def test_size_and_chroma_are_those_of_the_pictures(tmp_path: Path, width: int, height: int, chroma: str) -> None:
    path = tmp_path / "odd size.mov"
    steady_movie(path, 5, width=width, height=height, chroma=chroma)

    index = _index(path)

    assert (index.width, index.height, index.chroma, index.codec) == (width, height, chroma, "mjpeg")
    assert numbers_by_index(path, index) == list(range(5))


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(60000, 1001), Fraction(5), Fraction(25, 2)])
def test_a_movie_of_one_frame_has_its_rate(tmp_path: Path, rate: Fraction) -> None:
    path = tmp_path / "one.mov"
    steady_movie(path, 1, rate)

    assert (_index(path).count, _index(path).rate) == (1, rate)


def test_a_long_gop_movie_says_so(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    long_gop_movie(path)

    index = _index(path)

    assert not index.intra
    assert (index.count, index.rate, index.codec) == (24, 25, "mpeg4")


def test_intra_only_frames_of_another_codec_are_seekable(tmp_path: Path) -> None:
    path = tmp_path / "intra.mp4"
    long_gop_movie(path, gop=1)

    assert _index(path).intra
    assert demux_index(path).offset.tolist() == _index(path).offset.tolist()


def test_a_movie_cut_short_says_how_much_is_there(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.mov", tmp_path / "cut.mov"
    write_movie(whole, [i * STEP for i in range(COUNT)], Fraction(1, 15360), options={"movflags": "faststart"})
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    with pytest.raises(DamagedMovie, match=r"cut short: 1\d of its 30 frames are there; copy it again"):
        index_from_sample_table(cut)


def test_frames_kept_in_other_files_are_refused(steady: Path, tmp_path: Path) -> None:
    data = bytearray(steady.read_bytes())
    start, _ = find_box(bytes(data), *TRAK, b"mdia", b"minf", b"dinf", b"dref")
    data[start + 16 + 8 + 3] = 0  # the flag that says: in this file
    path = tmp_path / "reference.mov"
    path.write_bytes(data)

    assert index_from_sample_table(path) is None


def _with_table(steady: Path, path: Path, kind: bytes, *words: int) -> Path:
    payload = struct.pack(f">{len(words) + 1}I", 0, *words)
    path.write_bytes(replace_box(steady.read_bytes(), (*STBL, kind), box(kind, payload)))
    return path


BOMBS: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "four billion frames of one byte": (b"stsz", (1, 0xFFFFFFFF)),
    "more sizes than bytes": (b"stsz", (0, 0x0FFFFFFF, 1)),
    "empty frames": (b"stsz", (0, COUNT, *([0] * COUNT))),
    "four billion durations": (b"stts", (1, 0xFFFFFFFF, 512)),
    "negative durations": (b"stts", (1, COUNT, 0xFFFFFE00)),
    "four billion frames in a chunk": (b"stsc", (1, 1, 0xFFFFFFFF, 1)),
    "chunks that run backwards": (b"stsc", (2, 1, 1, 1, 1, 1, 1)),
    "another description": (b"stsc", (1, 1, COUNT, 2)),
    "no chunks": (b"stco", (0,)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_tables_that_make_no_sense_are_left_to_the_demuxer(steady: Path, tmp_path: Path, name: str) -> None:
    kind, words = BOMBS[name]

    assert index_from_sample_table(_with_table(steady, tmp_path / "bomb.mov", kind, *words)) is None


def test_a_movie_box_larger_than_any_movie_needs_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.mov"
    with path.open("wb") as file:
        file.write(struct.pack(">I4sQ", 1, b"moov", MAX_MOOV + 100))
        file.truncate(MAX_MOOV + 100)

    assert index_from_sample_table(path) is None


@settings(max_examples=300)
@given(changes=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=12),
       cut=st.one_of(st.none(), st.integers(0, 1 << 20)))
def test_any_change_to_the_table_gives_an_index_that_holds_or_none(
        steady: Path, changes: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(steady.read_bytes())
    start, stop = find_box(bytes(data), b"moov")
    for place, value in changes:
        data[start + place % (stop - start)] = value
    path = steady.with_name("mutated.mov")
    path.write_bytes(data if cut is None else data[: start + cut % (stop - start)])

    with contextlib.suppress(MediaError):
        index = index_from_sample_table(path)
        if index is not None:
            assert decode_index(encode_index(index)).count == index.count


def test_numbers_agree_with_pyav_where_frames_are_stored_out_of_order(tmp_path: Path) -> None:
    path = tmp_path / "shuffled.mov"
    steady_movie(path, 4)
    data = path.read_bytes()
    # Presented as 2, 0, 3, 1: composition offsets that an editor may write even for single pictures.
    shifts = struct.pack(">II8I", 0, 4, *(part for shift in (1, 2, 0, 1) for part in (1, shift * STEP)))
    start, stop = find_box(data, *STBL, b"stts")
    path.write_bytes(replace_box(data, (*STBL, b"stts"), data[start:stop] + box(b"ctts", shifts)))

    index = _index(path)

    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size and not packet.is_discard]
    truth = [packet.pos for packet in sorted(packets, key=lambda packet: packet.pts)]
    assert index.offset.tolist() == truth
