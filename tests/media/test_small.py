"""Small pictures of large ones: their size, their look, and what is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from server.errors import DamagedMovie, NotAMovie
from server.media.jpeg import decode_rgb, encode_rgb
from server.media.small import small_jpeg, strip_jpeg

HERE = Path("there.png")


def gradient(width: int, height: int) -> NDArray[np.uint8]:
    across = np.linspace(0, 255, width)[None, :, None]
    down = np.linspace(0, 255, height)[:, None, None]
    return np.concatenate([np.broadcast_to(across, (height, width, 1)), np.broadcast_to(down, (height, width, 1)),
                           np.full((height, width, 1), 90.0)], axis=2).astype(np.uint8)


def png(rgb: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", rgb[..., ::-1])[1].tobytes())


@pytest.mark.parametrize("encode", [lambda rgb: encode_rgb(rgb, 95), png], ids=["jpeg", "png"])
@pytest.mark.parametrize(("size", "small"), [
    ((1280, 720), (192, 108)), ((333, 777), (192, 448)), ((100, 60), (100, 60))])
def test_a_small_picture_is_the_large_one_made_smaller(encode: object, size: tuple[int, int],
                                                       small: tuple[int, int]) -> None:
    rgb = gradient(*size)
    seen = decode_rgb(small_jpeg(encode(rgb), HERE, 192))  # type: ignore[operator]
    assert seen.shape[1] == small[0]
    assert abs(seen.shape[0] - small[1]) <= 2, "decoders round what they make smaller"
    expected = cv2.resize(rgb, (seen.shape[1], seen.shape[0]), interpolation=cv2.INTER_AREA)
    assert np.abs(seen.astype(int) - expected.astype(int)).mean() < 4


def test_a_strip_has_its_pictures_in_order() -> None:
    frames = [(encode_rgb(np.full((90, 160, 3), shade, dtype=np.uint8), 95), HERE) for shade in (20, 120, 220)]
    frames.append((png(np.full((300, 100, 3), 60, dtype=np.uint8)), HERE))
    strip = decode_rgb(strip_jpeg(frames, 96, 54))
    assert strip.shape == (54, 384, 3)
    assert [round(float(strip[10:44, 96 * n + 10:96 * n + 86].mean()), -1) for n in range(4)] == [20, 120, 220, 60]


@pytest.mark.parametrize("data", [b"no picture", b"\xff\xd8\xff\xe0 broken", encode_rgb(gradient(64, 64), 90)[:400]])
def test_what_is_no_picture_says_so(data: bytes) -> None:
    with pytest.raises((NotAMovie, DamagedMovie), match=r"there\.png"):
        small_jpeg(data, HERE, 192)
