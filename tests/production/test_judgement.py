"""Every measure of a transition catches the failure that it is for, and passes what is right."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cli
from server.errors import InputError
from server.media.flaws import colour_drift, crossfade, flicker, ghost, psnr, sharpness
from server.media.jpeg import encode_rgb
from server.media.steps import Picture, evenness, flip, peak
from server.media.warp import resize, sample
from server.media.writer import MovieWriter
from server.production.art import draw
from server.production.judgement import Judgement, judge

COUNT = 13
Sequences = dict[str, list[Picture]]


def shifted(picture: Picture, by: float) -> Picture:
    """The picture moved right, mirrored at its border."""
    columns, rows = np.meshgrid(np.arange(picture.shape[1], dtype=np.float32),
                                np.arange(picture.shape[0], dtype=np.float32))
    return np.asarray(sample(picture, columns - np.float32(by), rows, smooth=True), dtype=np.uint8)


@pytest.fixture(scope="module")
def sequences() -> Sequences:
    """Transitions with one failure each, and two without: a picture that moves, a wipe of stripes."""
    first, second = (resize(draw(kind, seed, 256, 144, palette), 128, 72)
                     for kind, seed, palette in (("silk", 12, "tide"), ("strata", 9, "dusk")))
    dissolve = crossfade(first, second, COUNT)
    noise = np.random.default_rng(3)
    moving = [shifted(first, 1.5 * step) for step in range(COUNT)]
    order = np.random.default_rng(5).permutation(np.linspace(0, 1, 36)).repeat(2)[:, None, None]
    return {
        "moving": moving,
        "wipe": [np.where(order <= step / (COUNT - 1), second, first) if step else first for step in range(COUNT)],
        "crossfade": dissolve,
        "jump": [first] * (COUNT // 2) + [second] * (COUNT - COUNT // 2),
        "held": [moving[step - step % 2] for step in range(COUNT)],
        "noise": [np.clip(picture + noise.normal(0, 8, picture.shape) * (0 < number < COUNT - 1), 0, 255)
                  .astype(np.uint8) for number, picture in enumerate(dissolve)],
        "flicker": [np.clip(picture.astype(int) + 8 * (number % 2), 0, 255).astype(np.uint8)
                    for number, picture in enumerate(moving)],
        "tint": [np.clip(picture.astype(int) + np.array([12, 0, 0]) * (0 < number < COUNT - 1), 0, 255)
                 .astype(np.uint8) for number, picture in enumerate(dissolve)],
    }


def steps(pictures: Sequence[Picture]) -> list[float]:
    return [flip(one, two) for one, two in pairwise(pictures)]


def beyond(pictures: Sequence[Picture]) -> float:
    return flicker(pictures) - flicker(crossfade(pictures[0], pictures[-1], len(pictures)))


@pytest.mark.parametrize(("measure", "good", "bad", "passes"), [
    (lambda p: evenness(steps(p)), "moving", "held", lambda value: value >= 0.93),
    (lambda p: evenness(steps(p)), "crossfade", "jump", lambda value: value >= 0.93),
    (lambda p: peak(steps(p)), "moving", "jump", lambda value: value <= 1.5),
    (beyond, "moving", "flicker", lambda value: value <= 0.10),
    (beyond, "crossfade", "noise", lambda value: value <= 0.10),
    (lambda p: ghost(p[0], p[-1], p[COUNT // 2]), "wipe", "crossfade", lambda value: value <= 0.9),
    (lambda p: sharpness(p)[1], "moving", "noise", lambda value: value <= 1.3),
    (colour_drift, "crossfade", "tint", lambda value: value <= 2.0),
])
def test_each_measure_catches_its_failure(sequences: Sequences, measure: Callable[[list[Picture]], float], good: str,
                                          bad: str, passes: Callable[[float], bool]) -> None:
    assert passes(measure(sequences[good]))
    assert not passes(measure(sequences[bad]))


def test_a_double_exposure_is_soft() -> None:
    lines = np.tile(np.array([0, 255], np.uint8).repeat(2), (64, 32))[..., None].repeat(3, axis=2)
    assert sharpness(crossfade(lines, np.roll(lines, 2, axis=1), 5))[0] < 0.1
    assert sharpness([lines, lines, lines]) == (1.0, 1.0)


@settings(max_examples=200)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=40), st.floats(0.1, 100))
def test_evenness_has_no_unit_and_stays_between_none_and_one(values: list[float], scale: float) -> None:
    even = evenness(values)
    assert 0 <= even <= 1 + 1e-9
    if sum(values) > 1e-3:
        assert evenness([value * scale for value in values]) == pytest.approx(even)
        assert evenness([sum(values)] * len(values)) == pytest.approx(1.0)


def write(path: Path, pictures: Sequence[Picture], ends: Sequence[bytes] = ()) -> Path:
    height, width = pictures[0].shape[:2]
    jpegs = [encode_rgb(picture, 92) for picture in pictures]
    if ends:
        jpegs[0], jpegs[-1] = ends
    with MovieWriter(path, width=width, height=height, rate=Fraction(30)) as movie:
        for jpeg in jpegs:
            movie.add(jpeg)
    return path


@pytest.fixture
def ends(tmp_path: Path, sequences: Sequences) -> list[Path]:
    """The two pictures of the moving transition as JPEG files."""
    paths = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    for path, picture in zip(paths, (sequences["moving"][0], sequences["moving"][-1]), strict=True):
        path.write_bytes(encode_rgb(picture, 88))
    return paths


def test_a_good_transition_passes(tmp_path: Path, sequences: Sequences, ends: list[Path]) -> None:
    movie = write(tmp_path / "good.mov", sequences["moving"], [path.read_bytes() for path in ends])

    verdict = judge(movie, ends[0], ends[1])

    assert verdict.identical == (True, True)
    assert verdict.ends == math.inf
    assert (verdict.frames, verdict.encoding) == (COUNT, "mjpeg 420 128×72")
    assert set(verdict.failures) <= {"drift", "ghost"}  # a picture that moves out of sight takes its colours along


def test_ends_that_were_encoded_again_are_caught(tmp_path: Path, sequences: Sequences, ends: list[Path]) -> None:
    verdict = judge(write(tmp_path / "again.mov", sequences["moving"]), ends[0], ends[1])

    assert verdict.identical == (False, False)
    assert 25 < verdict.ends < 60
    assert verdict.failures[0] == "ends"


def test_between_equal_pictures_only_the_ends_count(tmp_path: Path, sequences: Sequences, ends: list[Path]) -> None:
    jpeg = ends[0].read_bytes()
    verdict = judge(write(tmp_path / "still.mov", [sequences["moving"][0]] * 4, [jpeg, jpeg]), ends[0], ends[0])

    assert verdict.still
    assert verdict.failures == ()


def test_the_verb(tmp_path: Path, sequences: Sequences, ends: list[Path],
                  capsys: pytest.CaptureFixture[str]) -> None:
    dissolve = write(tmp_path / "dissolve.mov", crossfade(sequences["moving"][0], sequences["moving"][-1], COUNT),
                     [path.read_bytes() for path in ends])

    assert cli.main(["judge", str(dissolve), *map(str, ends)]) == 1
    text = capsys.readouterr().out
    assert "ghost" in text
    assert "MISSED" in text
    assert cli.main(["judge", str(dissolve), *map(str, ends), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["identical_ends"] == [True, True]
    assert document["ends_psnr"] is None
    assert document["ghost"] > 0.9
    assert "ghost" in document["failures"]


def test_what_is_no_transition_is_refused(tmp_path: Path, sequences: Sequences, ends: list[Path]) -> None:
    short = write(tmp_path / "short.mov", sequences["moving"][:2])
    with pytest.raises(InputError, match="at least 3"):
        judge(short, ends[0], ends[1])
    other = tmp_path / "other.png"
    other.write_bytes(encode_rgb(np.zeros((40, 40, 3), np.uint8), 80))
    with pytest.raises(InputError, match="40×40 pixels and the movie 128×72"):
        judge(write(tmp_path / "m.mov", sequences["moving"]), other, ends[1])


def test_figures_are_finite_where_they_are_stored() -> None:
    verdict = Judgement(5, 0.2, "mjpeg 420 64×64", (True, True), math.inf, 0.99, 1.1, 0.0, 0.5, 1.0, 1.0, 0.0)

    assert json.loads(json.dumps(verdict.document(), allow_nan=False))["failures"] == []
    assert psnr(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)) == math.inf
