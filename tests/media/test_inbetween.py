"""In-betweens: originals untouched at their places, movement between them where there is any."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_media import save, save_jpegs, save_numbered, shown_numbers, write_video

from server.errors import InputError
from server.index.opening import open_index
from server.index.reader import FrameReader
from server.media.encode import EncodeOptions, encode
from server.media.inbetween import inbetween, motion_between
from server.media.jpeg import decode_rgb

SIZE = 192


def scene(shift: float) -> np.ndarray:
    """A bright blob over soft clouds, moved to the right."""
    clouds = np.random.default_rng(3).integers(40, 120, (12, 12, 3), np.uint8)
    ground = cv2.GaussianBlur(cv2.resize(clouds, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC), (0, 0), 3)
    moved = cv2.warpAffine(ground, np.float32([[1, 0, shift], [0, 1, 0]]), (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT)
    cv2.circle(moved, (round(60 + shift), 96), 22, (250, 240, 200), -1, cv2.LINE_AA)
    return np.asarray(moved, np.uint8)


def blob_centre(picture: np.ndarray) -> float:
    columns = np.flatnonzero((picture[96] > 180).all(axis=1))
    return float(columns.mean())


def test_what_moves_is_moved_and_not_faded() -> None:
    first, second = scene(0), scene(16)
    motion = motion_between(first, second)
    assert motion.forwards is not None

    middle = inbetween(first, second, motion, 0.5)
    faded = cv2.addWeighted(first, 0.5, second, 0.5, 0)
    truth = scene(8)

    assert np.abs(middle.astype(int) - truth).mean() < 0.5 * np.abs(faded.astype(int) - truth).mean()
    assert blob_centre(middle) == pytest.approx(68, abs=2)
    assert blob_centre(inbetween(first, second, motion, 0.25)) == pytest.approx(64, abs=2)


def test_what_has_nothing_in_common_is_dissolved() -> None:
    noise = np.random.default_rng(5)
    first, second = (cv2.resize(noise.integers(0, 256, (24, 24, 3), np.uint8), (SIZE, SIZE)) for _ in range(2))
    motion = motion_between(first, second)

    assert motion.forwards is None
    assert np.array_equal(inbetween(first, second, motion, 0.25), cv2.addWeighted(first, 0.75, second, 0.25, 0))


def test_equal_pictures_stay_as_they_are() -> None:
    picture = scene(0)
    assert np.array_equal(inbetween(picture, picture, motion_between(picture, picture), 0.5), picture)


@pytest.mark.parametrize("size", [(8, 8), (17, 9), (1000, 40)])
def test_odd_sizes_have_motion_too(size: tuple[int, int]) -> None:
    first = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    second = np.roll(first, 1, axis=1)

    assert inbetween(first, second, motion_between(first, second), 0.3).shape == first.shape


@pytest.mark.parametrize(("base", "rate", "places"), [
    (10, 30, [0, 3, 6, 9, 12]), (5, 30, [0, 6, 12, 18, 24]), (8, 30, [0, 4, 8, 11, 15]), (10, 10, [0, 1, 2, 3, 4])])
def test_originals_are_byte_identical_at_their_places(tmp_path: Path, base: int, rate: int, places: list[int]) -> None:
    jpegs = save_jpegs(tmp_path / "pics", range(5))

    report = encode([tmp_path / "pics"], tmp_path / "out.mov",
                    EncodeOptions(inbetween=True, source_rate=Fraction(base), rate=Fraction(rate)))

    assert report.index.count == places[-1] + 1
    with FrameReader(report.out, report.index) as reader:
        assert [reader.read(place) for place in places] == jpegs
    assert report.copied == 5


@pytest.mark.parametrize("codec", ["mjpeg", "libx264"])
def test_slow_movies_are_filled_up(tmp_path: Path, codec: str) -> None:
    source = write_video(tmp_path / "a.mov", codec, "yuvj420p" if codec == "mjpeg" else "yuv420p", range(6),
                         time_base=Fraction(1, 10), rate=Fraction(10))

    report = encode([source], tmp_path / "out.mov", EncodeOptions(inbetween=True, rate=Fraction(60)))

    assert report.index.count == 31
    assert shown_numbers(report.out)[::6] == list(range(6))


def test_in_betweens_move_evenly(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / f"{number}.png", scene(12 * number))

    report = encode(sorted(tmp_path.glob("*.png")), tmp_path / "out.mov", EncodeOptions(inbetween=True, quality=95))

    with FrameReader(report.out, open_index(report.out)) as reader:
        centres = [blob_centre(decode_rgb(reader.read(frame))) for frame in range(report.index.count)]
    assert report.index.count == 7
    assert centres == pytest.approx([60, 64, 68, 72, 76, 80, 84], abs=2)


def test_one_picture_has_nothing_between(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", [4])
    report = encode([tmp_path / "pics"], tmp_path / "out.mov", EncodeOptions(inbetween=True))
    assert shown_numbers(report.out) == [4]


def test_faster_material_than_wanted_is_refused(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mov", "mjpeg", "yuvj420p", range(6))
    with pytest.raises(InputError, match="nothing to put in between"):
        encode([source], tmp_path / "out.mov", EncodeOptions(inbetween=True, rate=Fraction(20)))
