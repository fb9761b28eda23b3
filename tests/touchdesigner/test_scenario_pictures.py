"""Every picture that is seen is the one that was asked for, whatever is done with decks, over real UDP."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from fake_td import Quirks
from show_in_td import SIZE, TOLERANCE, Together, frames_of, together

MOVIES = ("a.mov", "b.mov", "c.mov")
UNSETTLED = {
    "as documented": Quirks(),
    "the other way": Quirks(black_while_opening=False, index_rounds=True, negative_index_wraps=True,
                            osc_before_frame_start=False, parameter_events_late=True, bundles_backwards=True,
                            extensions_start_by_themselves=True, interp_blends_in_specify=False)}


def ready_to_show(stage: Together) -> bool:
    """Whether everything that the stream lets be seen was opened long enough ago to be there."""
    return all(movie in MOVIES for movie, _, _ in stage.commanded())


def check(stage: Together) -> None:
    """The last cooked picture is the commanded one."""
    seen = stage.seen[-1]
    off = stage.difference(seen)
    assert off <= TOLERANCE, (f"at {seen.at:.4f} out1 shows {seen.number}, commanded was {stage.commanded()}; "
                              f"off by {off}; {stage.log()[-3:]}")


@pytest.mark.parametrize("quirks", UNSETTLED.values(), ids=UNSETTLED)
def test_a_seek_is_seen_in_the_next_frame(media: Path, quirks: Quirks) -> None:
    chance = random.Random(3)
    with together(media, quirks=quirks) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/pause")
        for _ in range(80):
            stage.run(chance.random() / 60)
            wanted = chance.randrange(120)
            assert stage.do("/deck/1/frame", wanted) == ()
            frame = stage.run_frames(1)[-1]
            assert frame.number == wanted
        assert stage.td.stalls == [] or max(stall.seconds for stall in stage.td.stalls) < 0.02


def anything(stage: Together, chance: random.Random) -> None:
    """One random thing that a performer does."""
    kind = chance.randrange(12)
    movie = chance.choice(MOVIES)
    if kind < 4:
        stage.do("/deck/1/frame", chance.randrange(60))
    elif kind < 6:
        stage.do("/deck/1/scrub", chance.uniform(-8, 8))
    elif kind == 6:
        stage.do("/deck/1/load", movie, 0.0)
    elif kind == 7:
        stage.do("/deck/1/load", movie, chance.uniform(0.05, 0.5))
    elif kind == 8:
        stage.do("/deck/1/prepare", movie)
    elif kind == 9:
        stage.do("/deck/1/take/over", chance.choice([0.0, 0.3]))
    elif kind == 10:
        stage.do(chance.choice(["/deck/1/play", "/deck/1/pause", "/deck/1/reverse"]))
    else:
        stage.do("/deck/1/speed", chance.choice([0.25, 1.0, -1.0, 3.0]))


def performed(media: Path, count: int, seed: int, quirks: Quirks) -> Together:
    """Do random things, and look at every frame; ticks and frames meet in any way, and frames are a little late."""
    chance = random.Random(seed)
    phase, cook_rate = chance.random() / 60, chance.choice([30.0, 50.0, 59.94, 60.0, 60.0])
    with together(media, quirks=quirks, seed=seed, phase=phase, cook_rate=cook_rate, jitter=0.001) as stage:
        stage.keep = 10
        stage.load("a.mov")
        for _ in range(count):
            anything(stage, chance)
            for _ in range(chance.randrange(1, 4)):
                stage.run_frames(1)
                check(stage)
        return stage


@pytest.mark.parametrize("quirks", UNSETTLED.values(), ids=UNSETTLED)
def test_whatever_is_done_every_frame_is_right(media: Path, quirks: Quirks) -> None:
    performed(media, 150, 2, quirks)


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("quirks", UNSETTLED.values(), ids=UNSETTLED)
def test_ten_thousand_things_and_every_frame_is_right(media: Path, seed: int, quirks: Quirks) -> None:
    performed(media, 1000, 100 + seed, quirks)


def test_no_frame_of_another_movie_flashes_at_a_cut(media: Path) -> None:
    with together(media) as stage:
        stage.load("a.mov")
        for turn in range(6):
            movie = MOVIES[(turn + 1) % 3]
            stage.do("/deck/1/load", movie, 0.0)
            before = len(stage.seen)
            stage.until(lambda movie=movie: stage.alone() == movie)
            stage.run(0.1)
            numbers = [seen.number for seen in stage.seen[before:]]
            assert None not in numbers, "never black, never a mixture"
            movies = [number // 1000 for number in numbers if number is not None]
            new = MOVIES.index(movie)
            assert movies == sorted(movies, key=new.__eq__), movies


def test_a_take_during_a_fade_starts_from_what_is_on_screen(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/pause")
        stage.do("/deck/1/load", "b.mov", 1.0)
        stage.until(lambda: len(stage.commanded()) == 2)
        stage.run(0.5)
        stage.do("/deck/1/prepare", "c.mov")
        stage.run(0.2)
        stage.do("/deck/1/take/over", 1.0)
        steps = []
        for _ in range(65):
            before = stage.seen[-1].picture.astype(int)
            seen = stage.run_frames(1)[-1]
            check(stage)
            steps.append(float(np.abs(seen.picture.astype(int) - before).mean()))
        assert max(steps) < 12, "no jump anywhere in it"
        stage.until(lambda: stage.alone() == "c.mov")
        assert stage.run_frames(1)[-1].number // 1000 == 2


def test_a_dissolve_is_the_sum_of_its_pictures(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/pause")
        stage.do("/deck/1/frame", 10)
        stage.do("/deck/1/load", "b.mov", 2.0)
        stage.until(lambda: len(stage.commanded()) == 2)
        levels = []
        for _ in range(100):
            stage.run_frames(1)
            check(stage)
            levels.append(stage.commanded()[-1][2])
        assert levels == sorted(levels)
        assert len({round(level, 3) for level in levels}) > 60


def test_black_and_the_master_level(media: Path) -> None:
    with together(media) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/pause")
        stage.do("/master/level", 0.5)
        stage.run_frames(2)
        check(stage)
        assert 0 < stage.seen[-1].picture.max() <= 130
        stage.do("/master/black", 1)
        assert stage.run_frames(2)[-1].picture.max() == 0
        stage.do("/master/black", 0)
        stage.do("/master/level", 1.0)
        stage.run_frames(2)
        check(stage)


def test_two_decks_are_independent(media: Path) -> None:
    with together(media, decks=2) as stage:
        stage.load("a.mov", 1)
        stage.load("b.mov", 2)
        stage.do("/deck/1/pause")
        stage.do("/deck/2/pause")
        stage.do("/deck/1/frame", 11)
        stage.do("/deck/2/frame", 22)
        stage.run_frames(2)
        from server.media.numbered import read_number

        for number, wanted in ((1, 11), (2, 1022)):
            picture = stage.comp.op(f"picture{number}")
            stage.td.view(picture)
            stage.run_frames(1)
            assert read_number(picture._picture[..., :3]) == wanted


def test_the_movies_are_small_and_of_one_size(media: Path) -> None:
    assert {frames_of(media / name)[0].shape for name in MOVIES} == {(SIZE[1], SIZE[0], 3)}
