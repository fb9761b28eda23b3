"""JPEG headers and ends by walking segments: right for every encoder at hand, total for any bytes."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from stamped_movies import stamped_jpeg

from server.errors import DamagedMovie, MediaError, NotAMovie
from server.index.jpeg import JpegHeader, jpeg_end, jpeg_header, jpeg_problem

JPEG = stamped_jpeg(7, 101, 67)


def _with_segment(marker: int, payload: bytes, jpeg: bytes = JPEG) -> bytes:
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload + jpeg[2:]


def _exif(order: str, orientation: int) -> bytes:
    head = b"II*\x00" if order == "<" else b"MM\x00*"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\x00\x00" + head + struct.pack(order + "IH", 8, 1) + entry + bytes(4)


@pytest.mark.parametrize("chroma", ["420", "422", "440", "444", "411", "Gray"])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (101, 67), (640, 480)])
def test_size_and_chroma_are_read(width: int, height: int, chroma: str) -> None:
    pixels = np.zeros((height, width, 3), np.uint8)
    header = jpeg_header(simplejpeg.encode_jpeg(pixels, 85, "RGB", chroma))

    assert (header.width, header.height, header.chroma) == (width, height, chroma.lower())
    assert (header.process, header.bits, header.components) == ("baseline", 8, 1 if chroma == "Gray" else 3)
    assert header.muxable


def test_a_progressive_picture_is_no_frame_of_a_movie() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()

    assert jpeg_header(data).process == "progressive"
    assert not jpeg_header(data).muxable
    assert jpeg_problem(data) is None
    assert jpeg_end(data, jpeg_header(data).scan) == len(data)


@pytest.mark.parametrize(("order", "orientation", "muxable"), [("<", 6, False), (">", 3, False), ("<", 1, True)])
def test_an_orientation_tag_is_seen(order: str, orientation: int, muxable: bool) -> None:
    header = jpeg_header(_with_segment(0xE1, _exif(order, orientation)))

    assert (header.orientation, header.muxable) == (orientation, muxable)


def test_a_thumbnail_in_the_header_is_not_the_picture() -> None:
    data = _with_segment(0xE1, b"Exif\x00\x00" + stamped_jpeg(1, 64, 64))

    assert (jpeg_header(data).width, jpeg_header(data).height) == (101, 67)
    assert jpeg_end(data, jpeg_header(data).scan) == len(data)
    assert jpeg_problem(data) is None


def test_rgb_in_a_jpeg_is_no_frame_of_a_movie() -> None:
    data = _with_segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, 0))

    assert jpeg_header(data).transform == 0
    assert not jpeg_header(data).muxable


def test_a_picture_without_huffman_tables_says_so() -> None:
    data = JPEG
    while (at := data.find(b"\xff\xc4")) >= 0:
        data = data[:at] + data[at + 2 + int.from_bytes(data[at + 2:at + 4], "big"):]

    assert not jpeg_header(data).huffman
    assert not jpeg_header(data).muxable


@pytest.mark.parametrize(("data", "problem"), [
    (b"", "is no JPEG"), (b"\x89PNG\r\n", "is no JPEG"), (b"\xff\xd8\xff", "is broken"),
    (JPEG[:100], "is broken"), (JPEG[:-2], "is cut short"), (JPEG[:-200], "is cut short"),
    (JPEG + JPEG, "bytes behind its end"), (JPEG[:-300] + JPEG, "breaks off"),
    (JPEG[: jpeg_header(JPEG).scan] + b"\xff\xd9", "holds no picture data"),
    (b"\xff\xd8\x00\x00" + JPEG, "is no JPEG"), (JPEG[:20] + bytes(8) + JPEG[28:], "is broken")])
def test_what_is_wrong_is_said_in_words(data: bytes, problem: str) -> None:
    found = jpeg_problem(data)

    assert found is not None
    assert problem in found


@pytest.mark.parametrize("padding", [b"", b"\x00", b"\x00" * 7, b"\xff"])
def test_padding_of_containers_is_no_problem(padding: bytes) -> None:
    assert jpeg_problem(JPEG + padding) is None


def test_headers_of_a_size_nobody_encodes_are_refused() -> None:
    frame = JPEG.find(b"\xff\xc0")
    with pytest.raises(DamagedMovie):
        jpeg_header(JPEG[:frame + 5] + bytes(4) + JPEG[frame + 9:])
    with pytest.raises(NotAMovie):
        jpeg_header(b"RIFF....AVI ")


@settings(max_examples=500)
@given(changes=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 255)), max_size=6),
       cut=st.none() | st.integers(0, len(JPEG)))
def test_any_bytes_have_a_header_or_an_error(changes: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(JPEG)
    for place, value in changes:
        data[place] = value
    data = data[:cut]

    problem = jpeg_problem(bytes(data))

    assert problem is None or "\n" not in problem
    try:
        header = jpeg_header(memoryview(data))
    except MediaError:
        assert problem is not None
    else:
        assert isinstance(header, JpegHeader)
        assert 0 < header.scan <= len(data)


@given(st.binary(max_size=200))
def test_any_segments_after_the_start_have_a_header_or_an_error(data: bytes) -> None:
    jpeg_problem(b"\xff\xd8\xff" + data)
