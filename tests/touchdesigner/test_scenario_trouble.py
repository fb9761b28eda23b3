"""Lost packets, restarts on either side, and joints between movies, over real UDP."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from show_in_td import STALL, TOLERANCE, Together, restarted, together
from virtual_server import Network, Weather

from server.media.numbered import write_numbered
from td_extensions.answers import EVERY

BAD = Weather(lost=0.2, twice=0.1, late=0.2)
BAD_STREAM = Weather(lost=0.05, twice=0.05, late=0.05)


def settle(stage: Together, seconds: float = 1.0) -> None:
    """Give everything that is under way the time to arrive."""
    stage.run(seconds)
    assert stage.difference(stage.seen[-1]) <= TOLERANCE, (stage.commanded(), stage.seen[-1].number, stage.log()[-5:])


def through_a_bad_network(media: Path, seed: int, count: int) -> None:
    network = Network(random.Random(seed), BAD_STREAM, BAD)
    with together(media, network=network, seed=seed) as stage:
        stage.load("a.mov")
        chance = random.Random(seed)
        for _ in range(count):
            movie = chance.choice(["a.mov", "b.mov", "c.mov"])
            stage.do("/deck/1/load", movie, chance.choice([0.0, 0.2]))
            before = len(stage.seen)
            stage.until(lambda movie=movie: stage.alone() == movie, 8.0)
            assert not any(seen.picture.max() == 0 for seen in stage.seen[before:]), "never black"
            settle(stage, 0.5)
            stage.do("/deck/1/frame", chance.randrange(60))
            settle(stage, 0.3)
        assert not stage.td.stalls or max(stall.seconds for stall in stage.td.stalls) < STALL


def test_a_bad_network_shows_the_same_pictures(media: Path) -> None:
    through_a_bad_network(media, 1, 4)


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2, 10))
def test_a_bad_network_for_a_long_time(media: Path, seed: int) -> None:
    through_a_bad_network(media, seed, 40)


def longest_stand(stage: Together, since: int) -> float:
    """How long the picture stood still at most."""
    stood, longest = stage.seen[since].at, 0.0
    for before, seen in pairwise(stage.seen[since:]):
        if seen.number != before.number:
            stood = seen.at
        longest = max(longest, seen.at - stood)
    return longest


def test_a_movie_plays_on_through_a_bad_network(media: Path) -> None:
    network = Network(random.Random(5), BAD_STREAM, BAD)
    with together(media, network=network) as stage:
        stage.load("a.mov")
        begin = len(stage.seen)
        stage.run(3.0)
        numbers = [seen.number for seen in stage.seen[begin:]]
        assert None not in numbers
        assert longest_stand(stage, begin) < STALL
        jumps = [((b or 0) - (a or 0)) % 120 for a, b in pairwise(numbers)]
        assert max(jumps) <= 2, "no visible step"


@pytest.mark.parametrize("answer", ["ready", "failed"])
def test_an_answer_that_is_lost_twice_is_said_again_before_anybody_waits(media: Path, answer: str) -> None:
    with together(media, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        assert stage.server is not None
        lost: list[float] = []

        def deaf(data: bytes) -> bool:
            """To the first two copies of the answer."""
            if data.startswith(f"/td/deck/1/{answer}".encode()) and len(lost) < 2:
                lost.append(stage.clock.now)
                return True
            return False

        stage.server.deaf = deaf
        if answer == "failed":
            stage.comp.par.Mediafolder = str(media / "elsewhere")
            stage.run(0.1)
        stage.do("/deck/1/prepare", "b.mov")
        stage.until(lambda: len(lost) == 2, 2.0)
        stage.run(2 * EVERY)
        [renderer] = stage.server.show.renderers.present()
        assert [ask for ask in renderer.asks.values() if ask.kind == "open"] == [], "the server knows"



def test_a_server_that_is_back_within_two_seconds_is_not_seen(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.1) as stage:
        stage.load("a.mov")
        stage.run(0.5)
        begin = len(stage.seen)
        stage.server = restarted(stage, session=2)
        stage.run(0.4)
        assert stage.server.show.renderers.present(), "the component said hello by itself"
        # Whoever restores the show plays on from where it would be by now.
        position = ((stage.seen[-1].number or 0) + 2) % 120
        assert stage.do("/deck/1/clip", f"a.mov {position} 119", 0.0) == ()
        stage.until(lambda: stage.alone() == "a.mov")
        stage.run(1.0)
        numbers = [seen.number for seen in stage.seen[begin:]]
        assert None not in numbers, "never black"
        assert not any(seen.picture.max() == 0 for seen in stage.seen[begin:])
        steps = [((b or 0) - (a or 0) + 60) % 120 - 60 for a, b in pairwise(numbers)]
        assert set(steps) <= {0, 1, 2}, "no visible step"


def test_a_server_that_is_not_heard_for_a_moment_is_not_missed(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.1) as stage:
        stage.load("a.mov")
        stage.run(0.5)
        begin, sleeping = len(stage.seen), stage.server
        assert sleeping is not None
        stage.network.stream = Weather(lost=1.0)
        stage.run(1.5)
        stage.network.stream = Weather()
        stage.run(0.5)
        steps = [((b.number or 0) - (a.number or 0)) % 120 for a, b in pairwise(stage.seen[begin:])]
        assert set(steps) <= {0, 1}


def test_without_a_server_the_movie_goes_on_two_seconds_and_then_stands(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.1) as stage:
        stage.load("a.mov")
        stage.run(0.5)
        assert stage.server is not None
        stage.server.close()
        stage.server = None
        begin = len(stage.seen)
        stage.run(4.0)
        numbers = [seen.number or 0 for seen in stage.seen[begin:]]
        moving = [((b - a) % 120) for a, b in pairwise(numbers)]
        still = len(moving) - max(n for n, step in enumerate(moving) if step) - 1
        assert still / 60 == pytest.approx(2.0, abs=0.2)
        assert stage.run_frames(1)[-1].number == numbers[-1]


def test_a_component_that_is_built_again_is_in_sync_within_a_second(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.15) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/load", "b.mov", 0.0)
        stage.until(lambda: stage.alone() == "b.mov")
        stage.comp.par.reinitextensions.pulse()
        stage.run(1.0)
        settle(stage, 0.1)
        assert (stage.seen[-1].number or 0) // 1000 == 1


SPANS = {"forwards": "a.mov 100 119; b.mov 0 19; c.mov 0 19", "backwards": "c.mov 19 0; b.mov 19 0; a.mov 119 100"}


@pytest.mark.parametrize("way", [*SPANS, "bouncing"])
def test_a_walk_over_joints_never_stands_still(media: Path, way: str) -> None:
    with together(media, open_time=lambda path, chance: chance.uniform(0.2, 0.3)) as stage:
        stage.do("/deck/1/loop", "bounce" if way == "bouncing" else "loop")
        assert stage.do("/deck/1/clip", SPANS.get(way, SPANS["forwards"]), 0.0) == ()
        stage.until(lambda: bool(stage.server and stage.server.streamed.get(1) and stage.commanded()))
        stage.run(1.5)
        begin, opens = len(stage.seen), len(stage.td.disk.opens)
        stage.run(3.0)
        assert len(stage.td.disk.opens) == opens, "three movies on three players: nothing opens on the way"
        numbers = [seen.number for seen in stage.seen[begin:]]
        assert None not in numbers
        visits = [a for a, b in pairwise(number // 1000 for number in numbers if number is not None) if a != b]
        assert len(visits) >= 3, "it went over joints"
        assert longest_stand(stage, begin) < (0.085 if way == "bouncing" else 0.055), "a frame is two cooks long"
        assert all(seen.picture.max() > 0 for seen in stage.seen[begin:])


@pytest.mark.parametrize("way", ["forwards", *(pytest.param(way, marks=pytest.mark.full)
                                               for way in ("backwards", "bouncing"))])
def test_a_walk_over_more_movies_than_players_opens_them_ahead(tmp_path: Path, way: str) -> None:
    names = [f"{n}.mov" for n in range(6)]
    for n, name in enumerate(names):
        write_numbered(tmp_path / name, 30, 160, 96, Fraction(30), first=1000 * n)
    spans = [f"{name} 29 0" for name in reversed(names)] if way == "backwards" else [f"{name} 0 29" for name in names]
    with together(tmp_path, open_time=lambda path, chance: 0.3) as stage:
        stage.do("/deck/1/loop", "bounce" if way == "bouncing" else "loop")
        assert stage.do("/deck/1/clip", "; ".join(spans), 0.0) == ()
        stage.until(lambda: bool(stage.server and stage.server.streamed.get(1) and stage.commanded()))
        stage.run(1.5)
        begin = len(stage.seen)
        stage.run(12.0 if way == "bouncing" else 6.0)
        numbers = [seen.number for seen in stage.seen[begin:]]
        assert None not in numbers, "never black, never a mixture"
        assert {number // 1000 for number in numbers if number is not None} == set(range(6))
        assert longest_stand(stage, begin) < (0.085 if way == "bouncing" else 0.055), "a frame is two cooks long"


def test_jumps_inside_one_movie_open_nothing(media: Path) -> None:
    with together(media) as stage:
        assert stage.do("/deck/1/clip", "a.mov 0 9; a.mov 60 69; a.mov 119 110", 0.0) == ()
        stage.until(lambda: bool(stage.server and stage.server.streamed.get(1) and stage.commanded()))
        stage.run(1.0)
        opens, begin = len(stage.td.disk.opens), len(stage.seen)
        stage.run(2.5)
        assert len(stage.td.disk.opens) == opens
        numbers = {seen.number for seen in stage.seen[begin:]}
        assert numbers == {*range(10), *range(60, 70), *range(110, 120)}
