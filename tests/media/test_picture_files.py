"""Picture files of every kind: upright 8-bit RGB, and what was lost said."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_media import save

from server.errors import DamagedMovie, MediaError, MissingFile, NotAMovie
from server.media.jpeg import decode_rgb, decode_thumbnail, encode_rgb
from server.media.numbered import numbered_frame, read_number
from server.media.orientation import orientation_of, upright
from server.media.picture import ALPHA, DEEP, decode_picture, load_picture


def test_sixteen_bits_are_rounded_to_eight(tmp_path: Path) -> None:
    ramp = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)
    for picture in (ramp, np.repeat(ramp[..., None], 3, axis=2)):
        loaded = load_picture(save(tmp_path / "a.png", picture))
        assert loaded.rgb[..., 1].ravel().tolist() == list(range(256))
        assert loaded.losses == {DEEP}


def test_grey_becomes_three_equal_channels(tmp_path: Path) -> None:
    loaded = load_picture(save(tmp_path / "a.png", np.arange(64, dtype=np.uint8).reshape(8, 8)))

    assert loaded.rgb.shape == (8, 8, 3)
    assert (loaded.rgb == loaded.rgb[..., :1]).all()
    assert loaded.losses == frozenset()


def test_sixteen_bits_with_transparency(tmp_path: Path) -> None:
    picture = np.full((4, 4, 4), 65535, np.uint16)
    picture[..., 3] = 32896
    loaded = load_picture(save(tmp_path / "a.png", picture))

    assert loaded.losses == {ALPHA, DEEP}
    assert loaded.rgb[0, 0].tolist() == pytest.approx([128] * 3, abs=1)


@pytest.mark.parametrize(("colour_type", "bits", "palette", "transparent", "row", "shown"), [
    (3, 8, bytes([255, 0, 0, 0, 255, 0]), bytes([255, 100]), bytes([0, 1]), [(255, 0, 0), (0, 100, 0)]),
    (0, 8, None, bytes([0, 5]), bytes([5, 6]), [(0, 0, 0), (6, 6, 6)]),
    (0, 1, None, bytes([0, 1]), bytes([0b10000000]), [(0, 0, 0), (0, 0, 0)]),
    (4, 8, None, None, bytes([200, 255, 100, 51]), [(200,) * 3, (20,) * 3])])
def test_rare_kinds_of_png_transparency(colour_type: int, bits: int, palette: bytes | None, transparent: bytes | None,
                                        row: bytes, shown: list[tuple[int, int, int]]) -> None:
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", 2, 1, bits, colour_type, 0, 0, 0)]
    if palette:
        chunks.append(b"PLTE" + palette)
    if transparent:
        chunks.append(b"tRNS" + transparent)
    chunks += [b"IDAT" + zlib.compress(b"\0" + row), b"IEND"]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)

    loaded = decode_picture(data, Path("a.png"))

    assert [tuple(pixel) for pixel in loaded.rgb[0].tolist()] == shown
    assert loaded.losses == {ALPHA}


def exif(orientation: int, order: str = "<") -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    return head + struct.pack(order + "IHHHIHH", 8, 1, 0x0112, 3, 1, orientation, 0) + bytes(4)


def with_exif(data: bytes, tiff: bytes) -> bytes:
    if data[:2] == b"\xff\xd8":
        payload = b"Exif\0\0" + tiff
        return data[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + data[2:]
    chunk = b"eXIf" + tiff
    return data[:33] + struct.pack(">I", len(tiff)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("order", "<>")
def test_pictures_are_turned_upright(orientation: int, suffix: str, order: str) -> None:
    shown = numbered_frame(42, 128, 64)
    # What the camera stored: the inverse of how a viewer turns it; OpenCV, which obeys the tag itself, is the judge.
    stored = next(turned for turned in _eight_ways(shown) if np.array_equal(upright(turned, orientation), shown))
    done, data = cv2.imencode(suffix, cv2.cvtColor(np.ascontiguousarray(stored), cv2.COLOR_RGB2BGR))
    assert done
    tagged = with_exif(data.tobytes(), exif(orientation, order))

    loaded = decode_picture(tagged, Path(f"a{suffix}"))

    assert orientation_of(tagged) == orientation
    assert read_number(loaded.rgb) == 42
    if suffix == ".jpg":
        judge = cv2.cvtColor(cv2.imdecode(np.frombuffer(tagged, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        assert np.array_equal(loaded.rgb, judge)


def _eight_ways(picture: np.ndarray) -> list[np.ndarray]:
    return [np.rot90(each, turns) for each in (picture, picture[:, ::-1]) for turns in range(4)]


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff\xe1\x00\x40Exif\0\0II*\0", b"II*\0", b"MM\0*",
                                                b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPEXIF"]))
def test_orientation_of_anything_is_a_number(data: bytes, head: bytes) -> None:
    assert 1 <= orientation_of(head + data) <= 8


@given(st.sampled_from([".png", ".jpg", ".bmp", ".tiff", ".webp"]), st.data())
def test_damaged_pictures_are_refused_in_one_line(suffix: str, data: st.DataObject) -> None:
    done, encoded = cv2.imencode(suffix, numbered_frame(3, 64, 64))
    assert done
    whole = encoded.tobytes()
    cut = whole[:data.draw(st.integers(0, len(whole) - 3))]

    with pytest.raises(MediaError) as caught:
        decode_picture(cut, Path(f"a{suffix}"))
    assert str(caught.value).startswith(f"a{suffix}")
    assert "\n" not in str(caught.value)


@given(st.integers(20, 2000), st.integers(1, 255))
def test_a_flipped_byte_in_a_png_is_noticed(place: int, change: int) -> None:
    done, encoded = cv2.imencode(".png", np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8))
    assert done
    data = bytearray(encoded.tobytes())
    data[place] ^= change

    with pytest.raises(MediaError):
        decode_picture(bytes(data), Path("a.png"))


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(NotAMovie, match=r"empty\.png is empty"):
        load_picture(tmp_path / "empty.png")
    with pytest.raises(MissingFile):
        load_picture(tmp_path / "gone.png")
    with pytest.raises(NotAMovie, match="is a folder"):
        load_picture(tmp_path)


def test_a_jpeg_is_decoded_into_a_given_buffer() -> None:
    data = encode_rgb(numbered_frame(9, 64, 64), 90)
    out = np.empty((64, 64, 3), np.uint8)

    picture = decode_rgb(data, out)

    assert np.shares_memory(picture, out)
    assert read_number(out) == 9


def test_a_print_jpeg_with_four_inks_is_read_by_the_other_decoder(tmp_path: Path) -> None:
    import simplejpeg

    inks = np.zeros((16, 16, 4), np.uint8)
    inks[..., 1] = 255
    data: bytes = simplejpeg.encode_jpeg(inks, 95, "CMYK", "444")

    assert decode_rgb(data).shape == (16, 16, 3)
    assert decode_thumbnail(data).shape == (2, 2)
    with pytest.raises(DamagedMovie):
        decode_rgb(data[:-20])


@pytest.mark.parametrize("size", [(64, 64), (65, 63), (8, 8), (1, 1), (9, 17)])
def test_thumbnails_have_an_eighth_rounded_up(size: tuple[int, int]) -> None:
    from server.media.difference import thumbnail_of_jpeg, thumbnail_of_luma, thumbnail_of_rgb

    picture = np.full((size[1], size[0], 3), 77, np.uint8)
    expected = -(-size[1] // 8), -(-size[0] // 8)
    for thumbnail in (thumbnail_of_jpeg(encode_rgb(picture, 90)), thumbnail_of_rgb(picture),
                      thumbnail_of_luma(picture[..., 0])):
        assert thumbnail.shape == expected
        assert np.abs(thumbnail.astype(int) - 77).max() <= 1


def test_unsmoothed_chroma_differs_in_colour_only_and_reuses_the_buffer() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::3] = (255, 0, 0)
    data = encode_rgb(stripes, 90, "420")
    out = np.empty((64, 64, 3), np.uint8)
    plain = decode_rgb(data, out, smooth=False)

    assert plain is out or plain.base is out
    assert not np.array_equal(plain, decode_rgb(data))
    luma = np.array([0.299, 0.587, 0.114])
    assert abs(plain.mean(axis=(0, 1)) @ luma - decode_rgb(data).mean(axis=(0, 1)) @ luma) < 2
