"""Every kind of damage is found, named by its frames, and a sound movie is called sound."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from stamped_movies import STBL, box, long_gop_movie, replace_box, set_edits, stamped_jpeg, steady_movie

from server.index.format import FrameIndex
from server.index.opening import write_sidecar
from server.media.indexing import full_index, index_of, rebuilt
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame
from server.media.verify import Verdict, verify

COUNT = 12


def _verdict(movie: Path, *, full: bool = False) -> Verdict:
    verdict = verify(movie, full=full)
    assert verdict is not None
    return verdict


def _problems(movie: Path, *, full: bool = False) -> tuple[str, ...]:
    return _verdict(movie, full=full).problems


@pytest.fixture
def movie(tmp_media: Path) -> Path:
    path = tmp_media / "clip.mov"
    steady_movie(path, COUNT)
    full_index(path)
    return path


def _with_pictures(path: Path, **changed: bytes) -> Path:
    jpegs = [changed.get(f"f{i}", stamped_jpeg(i)) for i in range(COUNT)]
    steady_movie(path, COUNT, jpegs=jpegs)
    return path


def test_a_sound_movie_is_called_sound(movie: Path) -> None:
    told: list[tuple[int, int]] = []

    verdict = verify(movie, full=True, progress=lambda done, total: told.append((done, total)))

    assert verdict == Verdict(movie, COUNT, True, ())
    assert told[-1] == (COUNT, COUNT)


def test_verifying_can_be_cancelled(movie: Path) -> None:
    assert verify(movie, cancelled=lambda: True) is None


def test_nothing_is_written(tmp_media: Path) -> None:
    path = tmp_media / "clip.mov"
    steady_movie(path, 3)

    assert _problems(path) == ()
    assert list(tmp_media.iterdir()) == [path]


def _overwrite(movie: Path, frame: int, inside: int, data: bytes) -> None:
    """Change bytes without changing size or time, as a failing disk does."""
    index = index_of(movie)
    with movie.open("r+b") as file:
        file.seek(int(index.offset[frame]) + inside)
        file.write(data)
    facts = movie.stat()
    write_sidecar(movie, replace(index, movie=replace(index.movie, mtime_ns=facts.st_mtime_ns)))


def test_bytes_that_have_changed_are_found_by_their_checksum(movie: Path) -> None:
    _overwrite(movie, 4, 700, b"\x12\x34")

    problems = _problems(movie)

    assert "it has changed without its time changing; run: interscene index" in problems
    assert "frame 4: it is not the bytes that were indexed" in problems


def test_a_torn_picture_is_found_by_its_structure(movie: Path) -> None:
    _overwrite(movie, 7, 800, b"\xff\xd9")

    assert any("frame 7: the picture has" in problem and "bytes behind its end" in problem
               for problem in _problems(movie))


def test_damage_inside_a_picture_is_found_by_decoding(tmp_media: Path) -> None:
    jpeg = bytearray(stamped_jpeg(5))
    jpeg[800:860] = np.random.default_rng(1).integers(0, 255, 60, np.uint8).tobytes()
    path = _with_pictures(tmp_media / "inside.mov", f5=bytes(jpeg))

    assert _problems(path) == ()
    assert [problem.partition(" (")[0] for problem in _problems(path, full=True)] == [
        "frame 5: the picture is damaged inside"]


def _black() -> bytes:
    return encode_rgb(np.zeros((64, 64, 3), np.uint8), 85)


def _half_grey() -> bytes:
    picture = numbered_frame(3, 64, 64)
    picture[40:] = 128
    return encode_rgb(picture, 85)


def _progressive() -> bytes:
    data = cv2.imencode(".jpg", numbered_frame(3, 64, 64)[..., ::-1],
                        [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
                         cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420])[1]
    return bytes(data.tobytes())


PICTURES: dict[str, tuple[Callable[[], bytes], bool, str]] = {
    "black": (_black, True, "it is black"),
    "half grey": (_half_grey, True, "its lower part is plain grey"),
    "another size": (lambda: stamped_jpeg(3, 80, 64), False, "it is 80×64, the movie 64×64"),
    "another chroma": (lambda: stamped_jpeg(3, chroma="444"), False, "its chroma is 444, that of the movie 420"),
    "progressive": (_progressive, False, "it is a progressive JPEG of 8 bit; TouchDesigner wants baseline"),
    "no picture": (lambda: b"sound" * 50, False, "the picture is no JPEG"),
    "cut short": (lambda: stamped_jpeg(3)[:-40], False, "the picture is cut short"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_that_do_not_belong_are_named(tmp_media: Path, name: str) -> None:
    make, full, words = PICTURES[name]
    path = _with_pictures(tmp_media / "odd.mov", f3=make(), f4=make(), f9=make())

    problems = _problems(path, full=full)

    assert len(problems) == 1
    assert problems[0].startswith("frames 3–4, 9: " + words)


def test_many_damaged_frames_are_counted(tmp_media: Path) -> None:
    path = tmp_media / "many.mov"
    steady_movie(path, 60, jpegs=[stamped_jpeg(i) if i % 2 else _black() for i in range(60)])

    assert _problems(path, full=True) == ("frames 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22 and 18 more: it is black",)


def test_a_stale_or_damaged_index_is_told(movie: Path) -> None:
    steady_movie(movie, COUNT + 1)

    assert _problems(movie) == ("its index is stale: the movie has changed; run: interscene index",)


def _wrong(movie: Path, **changes: object) -> None:
    index: FrameIndex = index_of(movie)
    write_sidecar(movie, replace(index, **changes))


def test_an_index_that_says_otherwise_than_the_movie_is_told(movie: Path) -> None:
    index = index_of(movie)
    _wrong(movie, rate=Fraction(25))
    assert _problems(movie) == ("its index says 25 fps, the movie 30; run: interscene index",)

    offset = index.offset.copy()
    offset[[2, 3]] = offset[[3, 2]]
    size = index.size.copy()
    size[[2, 3]] = size[[3, 2]]
    _wrong(movie, rate=index.rate, offset=offset, size=size)
    assert "frames 2–3: not where the index says; run: interscene index" in _problems(movie)

    _wrong(movie, count=5, offset=index.offset[:5], size=index.size[:5], crc32=None, difference=None)
    assert _problems(movie) == ("its index has 5 frames, the movie 12; run: interscene index",)


def test_frames_that_share_bytes_are_told_but_not_those_shown_twice(tmp_media: Path) -> None:
    twice = tmp_media / "twice.mov"
    steady_movie(twice, COUNT)
    set_edits(twice, [(200, 0), (200, 0)])
    overlap = tmp_media / "overlap.mov"
    steady_movie(overlap, COUNT)
    places = [int(place) for place in rebuilt(overlap).offset]
    places[3] = places[2] + 9
    data = overlap.read_bytes()
    for kind, words in ((b"stsc", (1, 1, 1, 1)), (b"stco", (COUNT, *places))):
        data = replace_box(data, (*STBL, kind), box(kind, struct.pack(f">{len(words) + 1}I", 0, *words)))
    overlap.write_bytes(data)

    assert _problems(twice) == ()
    assert _problems(overlap) == ("1 of its frames overlap others in the file; make or copy it again",
                                  "frame 3: the picture is no JPEG")


def test_a_movie_cut_short_a_long_gop_one_and_none_at_all_are_told(tmp_media: Path) -> None:
    long = tmp_media / "long.mp4"
    long_gop_movie(long)
    killed = tmp_media / "killed.mov"
    steady_movie(killed, COUNT)
    killed.write_bytes(killed.read_bytes()[: int(index_of(killed).offset[8]) + 9])

    assert "long-GOP" in _problems(long)[0]
    assert _verdict(killed).count == 8
    assert any("it was never finished" in problem for problem in _problems(killed))
    assert _verdict(tmp_media / "gone.mov").count == 0
    assert "is not there" in _problems(tmp_media / "gone.mov")[0]
