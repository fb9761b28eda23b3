"""Two picture files, one line: exact ends, all that is known of them, judged figures, and bad input in words."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import cli
from media_tools import transition as verb
from server.errors import Cancelled, InputError, OutOfRange
from server.index.reader import FrameReader
from server.media.indexing import index_of
from server.media.jpeg import decode_rgb, encode_rgb
from server.production.art import draw
from server.production.judgement import judge
from server.production.stage_frames import StagePicture
from server.production.transition import TransitionOptions, judged, make_transition
from server.production.transition_ends import TransitionEnds, ends_from


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    """A JPEG that is a stage frame already, and a larger PNG of another shape with transparency."""
    first, second = tmp_path / "see é.jpg", tmp_path / "feuer.png"
    first.write_bytes(encode_rgb(draw("silk", 12, 192, 108, "tide"), 90))
    rgba = np.dstack((draw("cells", 7, 256, 256)[..., ::-1], np.full((256, 256), 200, np.uint8)))
    second.write_bytes(cv2.imencode(".png", rgba)[1].tobytes())
    return first, second


@pytest.fixture
def ends(pictures: tuple[Path, Path]) -> TransitionEnds:
    return ends_from(*pictures)


def run(*words: object) -> int:
    return cli.main(["transition", *map(str, words)])


def frames(movie: Path) -> list[bytes]:
    index = index_of(movie)
    with FrameReader(movie, index) as reader:
        return [reader.read(number) for number in range(index.count)]


def test_any_two_pictures_become_a_movie_with_exact_ends(tmp_path: Path, pictures: tuple[Path, Path],
                                                         capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.mov"

    assert run(*pictures, out, "--frames", 7, "--seed", 10 ** 30, "--rate", "24", "--judge") == 0

    index, jpegs = index_of(out), frames(out)
    assert jpegs[0] == pictures[0].read_bytes()
    assert (index.count, index.width, index.height, index.rate, index.chroma) == (7, 192, 108, Fraction(24), "420")
    assert [(mark.frame, mark.name) for mark in index.marks] == [(0, "see é"), (6, "feuer")]
    assert index.ends == tuple(mark.picture for mark in index.marks)
    made: dict[str, Any] = dict(index.made or {})
    assert (made["generator"], made["seed"], made["settings"]["frames"]) == ("morph", str(10 ** 30), 7)
    assert made["curve"][0] == [0, 0]
    assert made["judgement"]["identical_ends"] == [True, True]
    assert json.dumps(made, allow_nan=False)
    told = capsys.readouterr()
    assert "see é.jpg is the stage frame itself, byte for byte" in told.out
    assert "feuer.png has 256×256 pixels: scaled and cut to 192×108" in told.out
    assert "feuer.png has transparency" in told.err
    assert "judged: evenness" in told.out + told.err


def test_the_same_again_is_the_same_to_the_byte(tmp_path: Path, ends: TransitionEnds) -> None:
    def make(name: str, **changed: Any) -> list[bytes]:
        make_transition(ends.first, ends.second, tmp_path / name, TransitionOptions(frames=6, **changed))
        return frames(tmp_path / name)

    first = make("1.mov", seed=4)
    assert make("2.mov", seed=4) == first
    other, uneven = make("3.mov", seed=5), make("4.mov", seed=4, even=False)
    assert (other[0], other[-1], uneven[0], uneven[-1]) == (first[0], first[-1]) * 2
    assert other[3] != first[3] != uneven[3]


def test_its_figures_are_what_judge_says(tmp_path: Path, ends: TransitionEnds) -> None:
    movie = tmp_path / "a.mov"
    index = make_transition(ends.first, ends.second, movie, TransitionOptions(frames=5))
    told, verdict = judged(movie, index)
    for picture, name in ((ends.first, "a.jpg"), (ends.second, "b.jpg")):
        (tmp_path / name).write_bytes(picture.jpeg)

    assert judge(movie, tmp_path / "a.jpg", tmp_path / "b.jpg") == verdict
    assert dict(index_of(movie).made or {})["judgement"] == verdict.document() == dict(told.made or {})["judgement"]


def test_sizes_are_even_and_said(tmp_path: Path, pictures: tuple[Path, Path],
                                 capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*pictures, tmp_path / "a.mov", "--frames", 3, "--size", "101x75", "--fit", "contain") == 0

    index = index_of(tmp_path / "a.mov")
    assert (index.width, index.height) == (100, 74)
    assert "the size 101×75 became 100×74" in capsys.readouterr().out
    corner = decode_rgb(frames(tmp_path / "a.mov")[-1])[5, 3]
    assert corner.max() < 30  # black beside the square picture


def test_grey_and_equal_pictures_will_do(tmp_path: Path) -> None:
    grey = tmp_path / "grey.jpg"
    grey.write_bytes(encode_rgb(draw("silk", 1, 96, 64), 90, "gray"))

    assert run(grey, grey, tmp_path / "a.mov", "--frames", 5, "--judge") == 0
    assert len(set(frames(tmp_path / "a.mov"))) <= 5


@pytest.mark.parametrize(("words", "said"), [
    (["--mode", "morhp"], "there is no mode 'morhp', did you mean morph?; the modes are: morph"),
    (["--frames", "2"], "3 to 36000 frames, not 2"),
    (["--frames", "99999"], "3 to 36000 frames"),
    (["--size", "20x20"], "64×64 to 8192×8192"),
    (["--size", "9999x600"], "not 9999×600"),
    (["--seed", "-1"], "is no seed"),
    (["--quality", "0"], "is no quality"),
])
def test_bad_input_is_said_in_words(tmp_path: Path, pictures: tuple[Path, Path], words: list[str], said: str,
                                    capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(tmp_path.iterdir())

    assert run(*pictures, tmp_path / "a.mov", *words) in (1, 2)

    assert said in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_pictures_that_cannot_be_read_are_named(tmp_path: Path, pictures: tuple[Path, Path],
                                                capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(pictures[1].read_bytes()[:500])

    for bad, said in ((broken, "broken.png is cut short"), (tmp_path / "none.png", "none.png"),
                      (tmp_path, "is a folder")):
        assert run(pictures[0], bad, tmp_path / "a.mov") == 1
        assert said in capsys.readouterr().err
    assert not (tmp_path / "a.mov").exists()
    assert run(*pictures, tmp_path / "a.mp4") == 1
    assert "a.mov" in capsys.readouterr().err


def test_a_movie_that_is_there_is_not_replaced_unasked(tmp_path: Path, pictures: tuple[Path, Path],
                                                       capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.mov"
    assert run(*pictures, out, "--frames", 3) == 0
    assert run(*pictures, out, "--frames", 4) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert run(*pictures, out, "--frames", 4, "--overwrite") == 0
    assert index_of(out).count == 4


def test_cancelled_nothing_is_left(tmp_path: Path, pictures: tuple[Path, Path], ends: TransitionEnds,
                                   monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(tmp_path.iterdir())
    asked = iter([False, False, True])
    with pytest.raises(Cancelled, match="nothing of it was kept"):
        make_transition(ends.first, ends.second, tmp_path / "a.mov", TransitionOptions(frames=9),
                        cancelled=lambda: next(asked))
    assert sorted(tmp_path.iterdir()) == before

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verb.ProgressLine, "__call__", interrupted)
    assert run(*pictures, tmp_path / "a.mov", "--frames", 9) == 130
    assert "was cancelled; nothing of it was kept" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_ends_of_two_sizes_and_seeds_out_of_range_are_refused(tmp_path: Path, ends: TransitionEnds) -> None:
    small = StagePicture("s", encode_rgb(np.zeros((64, 64, 3), np.uint8), 80), (64, 64))
    with pytest.raises(InputError, match="192×108 and 64×64"):
        make_transition(ends.first, small, tmp_path / "a.mov", TransitionOptions())
    with pytest.raises(OutOfRange, match="seed"):
        TransitionOptions(seed=-3)


def test_what_means_nothing_to_a_morph_is_said(tmp_path: Path, pictures: tuple[Path, Path],
                                               capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*pictures, tmp_path / "a.mov", "--frames", 5, "--depth", 0.7, "--model", "some") == 0
    assert "--model, --depth: not used" in "".join(capsys.readouterr())
    assert run(*pictures, tmp_path / "b.mov", "--frames", 5) == 0
    assert "not used" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("rate", ["0.0000000001", "1/4294967297"])
def test_a_rate_that_no_movie_can_have_is_refused(tmp_path: Path, pictures: tuple[Path, Path], rate: str,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*pictures, tmp_path / "a.mov", "--frames", 5, "--rate", rate) == 1
    assert "too odd for a movie" in capsys.readouterr().err
    assert not list(tmp_path.glob("a.mov*"))
