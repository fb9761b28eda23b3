"""Transitions on their way to the disk: parts at once, the whole movie at last, and nothing half-made that counts."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from server.errors import InputError, MixedMovie, OutputError
from server.index.opening import open_index, sidecar, sidecar_state
from server.index.reader import FrameReader
from server.media.jpeg import encode_rgb
from server.production.art import draw
from server.production.transition import judged
from server.render.job import End, TransitionJob
from server.render.publish import Publication, making_folder, sweep

FRAMES = 9
REPO = Path(__file__).resolve().parents[2]


def picture(number: int) -> bytes:
    return encode_rgb(np.roll(draw("silk", 3, 96, 64), 5 * number, axis=1), 85)


JPEGS = [picture(number) for number in range(FRAMES)]
JOB = TransitionJob("t1", End(JPEGS[0], "h0", "lake", "a lake", seed=10 ** 30), End(JPEGS[-1], "h1", "sea"),
                    "bridge", FRAMES, (96, 64), seed=7, model="m")


def added(movie: Publication, begin: int = 0, end: int = FRAMES) -> Publication:
    for number in range(begin, end):
        movie.add(number, JPEGS[number])
    return movie


def frames_of(path: Path) -> list[bytes]:
    index = open_index(path)
    with FrameReader(path, index) as reader:
        return [reader.read(frame) for frame in range(index.count)]


def test_parts_can_be_played_while_the_rest_is_made(tmp_media: Path) -> None:
    movie = Publication(tmp_media / "a to b.mov", JOB)
    assert movie.cut() is None
    first = added(movie, 0, 4).cut()
    second = added(movie, 4, 6).cut()

    assert first is not None
    assert second is not None
    assert (first.begin, first.count, second.begin, second.count) == (0, 4, 4, 2)
    assert frames_of(first.path) == JPEGS[:4]
    assert frames_of(second.path) == JPEGS[4:6]
    assert sidecar_state(first.path) == "fresh"
    assert not movie.out.exists()
    movie.abandon()
    movie.abandon()
    assert list(tmp_media.iterdir()) == []


def test_whole_it_is_one_movie_with_all_that_is_known_of_it(tmp_media: Path) -> None:
    movie = Publication(tmp_media / "new" / "ab.mov", JOB, judge=lambda path, index: judged(path, index)[0])
    added(movie, 0, 4).cut()
    out = added(movie, 4).finish({"steps": 2, "curve": [[0.0, 0.0], [1.0, 1.0]]})
    index = open_index(out)

    assert frames_of(out) == JPEGS
    assert index.ends == ("h0", "h1")
    assert [(mark.frame, mark.name, mark.picture, mark.prompt, mark.seed) for mark in index.marks] == [
        (0, "lake", "h0", "a lake", 10 ** 30), (FRAMES - 1, "sea", "h1", None, None)]
    assert index.made is not None
    assert (index.made["generator"], index.made["seed"], index.made["steps"]) == ("bridge", "7", 2)
    assert index.made["settings"]["model"] == "m"
    assert index.made["judgement"]["frames"] == FRAMES
    assert index.difference is not None
    assert index.difference[0] == 0
    assert np.all(index.difference[1:] > 0)

    assert not movie.clear(lambda path: path.name.endswith("-000004.mov"))
    assert [path.suffix for path in making_folder(out).glob("*.mov")] == [".mov"]
    assert movie.clear()
    assert sorted(path.name for path in out.parent.iterdir()) == ["ab.mov", sidecar(out).name]


def test_a_frame_out_of_turn_or_a_changed_end_is_refused(tmp_path: Path) -> None:
    with Publication(tmp_path / "ab.mov", JOB) as movie:
        with pytest.raises(InputError, match="frame 0"):
            movie.add(1, JPEGS[1])
        with pytest.raises(InputError, match="lake"):
            movie.add(0, JPEGS[1])
        added(movie, 0, 8)
        with pytest.raises(InputError, match="8 of 9"):
            movie.finish({})
        with pytest.raises(InputError, match="sea"):
            movie.add(8, JPEGS[0])
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_another_size_leaves_the_rest_as_it_was(tmp_path: Path) -> None:
    with Publication(tmp_path / "ab.mov", JOB) as movie:
        added(movie, 0, 3)
        with pytest.raises(MixedMovie):
            movie.add(3, encode_rgb(draw("silk", 1, 64, 64), 80))
        movie.add(3, JPEGS[3])
        assert movie.count == 4


def test_what_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    out = tmp_path / "ab.mov"
    with added(Publication(out, JOB)) as movie:
        movie.finish({})
        movie.clear()
    with pytest.raises(OutputError, match="already there"):
        Publication(out, JOB)
    with added(Publication(out, replace(JOB, seed=8), overwrite=True)) as movie:
        movie.finish({})
        movie.clear()
    made = open_index(out).made
    assert made is not None
    assert made["seed"] == "8"


def test_parts_of_two_attempts_have_different_names(tmp_path: Path) -> None:
    names = set()
    for _ in range(2):
        movie = added(Publication(tmp_path / "ab.mov", JOB), 0, 3)
        closed = movie.cut()
        assert closed is not None
        names.add(closed.path.name)
        movie.abandon()
    assert len(names) == 2


def test_a_sweep_leaves_alone_what_is_being_made_and_what_is_held(tmp_path: Path) -> None:
    movie = added(Publication(tmp_path / "ab.mov", JOB), 0, 3)
    closed = movie.cut()
    assert closed is not None
    stale = making_folder(tmp_path / "old.mov")
    stale.mkdir()
    for name in ("aa-000000.mov", "aa-000000.mov.frames", "aa-000004.mov.part", "bb-000000.mov", "owner-aa"):
        (stale / name).write_bytes(b"left behind")

    assert [path.name for path in sweep(tmp_path, lambda path: path.name == "bb-000000.mov")] == [
        "aa-000000.mov", "aa-000000.mov.frames", "aa-000004.mov.part"]
    assert frames_of(closed.path) == JPEGS[:3]
    assert [path.name for path in stale.iterdir()] == ["bb-000000.mov"]
    assert len(sweep(tmp_path)) == 1
    assert not stale.exists()
    movie.abandon()


MAKER = """
import sys
from pathlib import Path
from test_publish import JOB, added, Publication
movie = Publication(Path(sys.argv[1]), JOB)
added(movie, 0, 4).cut()
added(movie, 4, 7)
print("there", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The movie that a program was making when it was killed."""
    out = tmp_path / "ab.mov"
    told = {**os.environ, "PYTHONPATH": os.pathsep.join((str(REPO), str(Path(__file__).parent)))}
    with subprocess.Popen([sys.executable, "-c", MAKER, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=told) as maker:
        assert maker.stdout is not None
        assert maker.stdout.readline().strip() == b"there"
        assert sweep(tmp_path) == []
        with Publication(out, JOB, resume=True) as meanwhile:
            assert meanwhile.count == 0
        psutil.Process(maker.pid).kill()
    assert not out.exists()
    return out


def test_killed_while_it_is_made_it_leaves_nothing_that_counts(killed: Path) -> None:
    assert sweep(killed.parent) != []
    assert list(killed.parent.iterdir()) == []


def test_killed_it_goes_on_from_the_last_part_that_was_closed(killed: Path) -> None:
    movie = Publication(killed, replace(JOB, id="again"), resume=True)

    assert movie.count == 4
    added(movie, 4).finish({})
    assert movie.clear()
    assert frames_of(killed) == JPEGS
    assert sweep(killed.parent) == []


def test_a_part_that_is_no_longer_as_it_was_closed_is_not_taken_over(killed: Path) -> None:
    (part,) = killed.parent.glob(".*/*.mov")
    with part.open("ab") as movie:
        movie.write(b"more")
    with Publication(killed, JOB, resume=True) as again:
        assert again.count == 0


def test_parts_of_another_transition_are_not_taken_over(killed: Path) -> None:
    with Publication(killed, replace(JOB, seed=8), resume=True) as other:
        assert other.count == 0
    assert list(killed.parent.iterdir()) == []
