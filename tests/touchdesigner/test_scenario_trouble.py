"""Lost packets, restarts on either side, joints between movies, and bad input, over real UDP."""

from __future__ import annotations

import random
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from fake_td import NEVER
from show_in_td import TOLERANCE, Together, together
from virtual_server import Network, VirtualServer, Weather

STALL = 0.2
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


def restarted(stage: Together, session: int) -> VirtualServer:
    """The same server once more, on the same port."""
    old = stage.server
    assert old is not None
    port = old.port
    old.close()
    stage.server = None
    stage.run(1.0)
    return VirtualServer(stage.media, session=session, now=stage.clock.now, network=stage.network, port=port)


def test_a_server_that_is_back_within_two_seconds_is_not_seen(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.1) as stage:
        stage.load("a.mov")
        stage.run(0.5)
        begin = len(stage.seen)
        stage.server = restarted(stage, session=2)
        stage.run(0.4)
        assert stage.server.show.renderers.present(), "the component said hello by itself"
        # Whoever restores the show plays on from where it would be by now.
        position = ((stage.seen[-1].number or 0) + 5) % 120
        assert stage.do("/deck/1/clip", f"a.mov {position} 119", 0.0) == ()
        stage.until(lambda: stage.alone() == "a.mov")
        stage.run(1.0)
        numbers = [seen.number for seen in stage.seen[begin:]]
        assert None not in numbers, "never black"
        assert not any(seen.picture.max() == 0 for seen in stage.seen[begin:])
        steps = [((b or 0) - (a or 0) + 60) % 120 - 60 for a, b in pairwise(numbers)]
        assert sum(abs(step) > 12 for step in steps) == 0, "no visible step"


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
        begin = len(stage.seen)
        stage.run(3.0)
        numbers = [seen.number for seen in stage.seen[begin:]]
        assert None not in numbers
        visits = [a for a, b in pairwise(number // 1000 for number in numbers if number is not None) if a != b]
        assert len(visits) >= 3, "it went over joints"
        assert longest_stand(stage, begin) < (0.085 if way == "bouncing" else 0.055), "a frame is two cooks long"
        assert all(seen.picture.max() > 0 for seen in stage.seen[begin:])


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


# bad input


def says(stage: Together, word: str) -> bool:
    """Whether the component says it on itself or in its log."""
    return any(word in line for line in [*stage.log(), str(stage.comp.par.Status.eval()), stage.comp.errors(True),
                                         stage.comp.warnings(True)])


@pytest.mark.parametrize("name", ["no movie.mov", "gone.mov"])
def test_a_movie_that_touchdesigner_cannot_open(media: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "media"
    shutil.copytree(media, folder)
    shutil.copyfile(folder / "b.mov", folder / "gone.mov")
    with together(folder, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        assert stage.server is not None
        (folder / "gone.mov").unlink()
        (folder / "no movie.mov").write_bytes((folder / "b.mov").read_bytes())
        stage.do("/deck/1/prepare", "no movie.mov")
        stage.do("/deck/1/load", name, 0.0)
        stage.run(1.0)
        assert (stage.seen[-1].number or 0) // 1000 in (0, 1)
        assert stage.seen[-1].picture.max() > 0


def test_a_movie_that_vanishes_before_it_is_opened(media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    shutil.copytree(media, folder)
    with together(folder, open_time=lambda path, chance: 0.3) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/load", "b.mov", 0.0)
        (folder / "b.mov").unlink()
        stage.run(1.5)
        assert says(stage, "b.mov")
        assert (stage.seen[-1].number or 0) < 1000
        assert stage.seen[-1].number is not None
        stage.load("c.mov")
        assert (stage.seen[-1].number or 0) // 1000 == 2


def test_an_opening_that_never_ends(media: Path) -> None:
    with together(media, open_time=lambda path, chance: NEVER if path.endswith("b.mov") else 0.05) as stage:
        stage.comp.op("source/interscene_deck_ext").module.OPEN_LIMIT = 1.0  # half a minute otherwise
        stage.load("a.mov")
        stage.do("/deck/1/load", "b.mov", 0.0)
        stage.run(2.0)
        assert says(stage, "b.mov")
        assert stage.seen[-1].number is not None
        assert stage.seen[-1].number < 1000
        stage.load("c.mov")
        assert not stage.td.stalls or max(stall.seconds for stall in stage.td.stalls) < STALL


def test_a_wrong_media_folder(media: Path, tmp_path: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        stage.comp.par.Mediafolder = str(tmp_path / "elsewhere")
        stage.run(0.1)
        stage.do("/deck/1/load", "b.mov", 0.0)
        stage.run(1.0)
        assert says(stage, "Media Folder")
        assert stage.seen[-1].number is not None
        stage.comp.par.Mediafolder = ""
        stage.run(0.2)
        stage.load("c.mov")


def test_a_second_server_is_not_followed(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/pause")
        stage.do("/deck/1/frame", 33)
        stage.run(0.1)
        other = VirtualServer(media, session=9, now=stage.clock.now)
        try:
            from server.protocol.stream import StreamTemplate

            packet = StreamTemplate(1).pack(7, [(1, 77.0, 0.0, 1.0), (0, 0.0, 0.0, 0.0), (0, 0.0, 0.0, 0.0)])
            for _ in range(60):
                other.socket.sendto(packet, ("127.0.0.1", stage.ports[0]))
                stage.run(1 / 60)
        finally:
            other.close()
        stage.run(0.5)
        assert stage.seen[-1].number == 33
        assert says(stage, "another server")


def test_ports_that_another_program_has(media: Path) -> None:
    import socket

    with together(media) as stage, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        stage.load("a.mov")
        stage.comp.par.Eventport = taken.getsockname()[1]
        stage.run(2.0)
        assert says(stage, str(taken.getsockname()[1]))
        assert stage.seen[-1].number is not None
        stage.comp.par.Eventport = stage.ports[1]
        stage.run(2.0)
        stage.load("b.mov")


NONSENSE = [("Server", "nonsense"), ("Server", "no such host:99999"), ("Server", ""), ("Streamport", -5),
            ("Eventport", 999999), ("Sizew", -1), ("Sizeh", 10**9), ("Fit", "sideways"), ("Readprofile", "fast"),
            ("Lostserver", "panic"), ("Mediafolder", "\0"), ("Name", "")]


@pytest.mark.parametrize(("par", "value"), NONSENSE)
def test_parameters_set_to_nonsense(media: Path, par: str, value: object) -> None:
    from fake_td import tdError

    with together(media, commercial=False, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        target = getattr(stage.comp.par, par)
        before = target.eval()
        try:
            target.val = value
        except tdError:
            return  # TouchDesigner itself refuses it
        stage.run(0.6)
        assert stage.seen[-1].picture.max() > 0, "the last picture stays"
        target.val = before
        stage.run(1.0)
        stage.load("b.mov")
        assert stage.seen[-1].number is not None


def test_a_license_that_limits_pictures(media: Path) -> None:
    with together(media, commercial=False, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        stage.comp.par.Sizew, stage.comp.par.Sizeh = 1920, 1080
        stage.until(lambda: says(stage, "1280"))
        assert max(stage.out._picture.shape[:2]) <= 1280
        assert stage.seen[-1].picture.max() > 0


def test_a_hello_from_an_unknown_version_is_answered_in_words(media: Path) -> None:
    with together(media) as stage:
        assert stage.server is not None
        stage.load("a.mov")
        from server.protocol.encode import message

        welcome = message("/system/welcome", "tomorrow", 99, 60.0, 1, str(media), 77)
        stage.server.socket.sendto(welcome, ("127.0.0.1", stage.ports[1]))
        stage.run(0.5)
        assert says(stage, "protocol 99")
        assert stage.seen[-1].number is not None
