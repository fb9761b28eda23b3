"""Frames found by their markers: only whole ones, wherever the chunks of a read fall."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stamped_movies import stamped_jpeg

import server.index.scan as scan
from server.errors import MissingFile
from server.index.scan import ASSUMED_RATE, index_from_markers

HEAD = b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  \x00\x00\x00\x08wide\x00\x00\x00\x00mdat"
PICTURES = [stamped_jpeg(i) for i in range(4)]


def _places(path: Path) -> list[tuple[int, int]]:
    index = index_from_markers(path)
    return [] if index is None else list(zip(index.offset.tolist(), index.size.tolist(), strict=True))


@settings(max_examples=60)
@given(fill=st.lists(st.sampled_from([b"", b"\xff", b"\xff\xd8", b"\x00\xff\xd8\xff", b"\xff\xd9", b"sound" * 40,
                                      b"\xff\xd8\xff\xdb\x00\x43" + bytes(80)]), min_size=5, max_size=5),
       chunk=st.integers(1, 5000))
def test_whole_pictures_are_found_between_anything(tmp_path_factory: pytest.TempPathFactory, fill: list[bytes],
                                                   chunk: int) -> None:
    data, truth = HEAD, []
    for before, picture in zip(fill, PICTURES, strict=False):
        data += before
        truth.append((len(data), len(picture)))
        data += picture
    path = tmp_path_factory.mktemp("scan") / "killed.mov"
    path.write_bytes(data + fill[4])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "_CHUNK", chunk)

        assert _places(path) == truth


def test_a_last_picture_without_an_end_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "killed.mov"
    for cut in (1, 2, 3, 300, len(PICTURES[2]) - 2):
        path.write_bytes(HEAD + PICTURES[0] + PICTURES[1] + PICTURES[2][:-cut])
        assert [size for _, size in _places(path)] == [len(PICTURES[0]), len(PICTURES[1])]


def test_a_picture_that_breaks_off_in_the_middle_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "torn.mov"
    path.write_bytes(HEAD + PICTURES[0][:-500] + PICTURES[1] + PICTURES[2])

    assert [size for _, size in _places(path)] == [len(PICTURES[1]), len(PICTURES[2])]


def test_the_rate_is_that_of_the_old_index_or_assumed(tmp_path: Path) -> None:
    path = tmp_path / "killed.mov"
    path.write_bytes(HEAD + PICTURES[0] + PICTURES[1])

    assumed, known = index_from_markers(path), index_from_markers(path, Fraction(24))

    assert assumed is not None
    assert known is not None
    assert (assumed.rate, known.rate) == (ASSUMED_RATE, 24)
    assert "assumed" in str(assumed.made)
    assert "old index" in str(known.made)


@pytest.mark.parametrize("data", [b"%PDF-1.7 " + PICTURES[0] + PICTURES[1], b"PK\x03\x04" + PICTURES[0],
                                  PICTURES[0], HEAD, HEAD + b"\xff\xd8\xff" * 5000, b"hello"])
def test_documents_single_pictures_and_nothing_are_no_movies(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(data)

    assert index_from_markers(path) is None


def test_a_raw_stream_of_pictures_is_a_movie(tmp_path: Path) -> None:
    path = tmp_path / "raw.mjpeg"
    path.write_bytes(PICTURES[0] + PICTURES[1])

    assert len(_places(path)) == 2


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        index_from_markers(tmp_path / "not there.mov")
