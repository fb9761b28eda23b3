"""The planner's keeper beside planners that die, hang, babble and speak another version: a show is told, never held."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from server.app import wire
from server.app.navigator import LOST, Navigator
from server.app.never import write_never
from server.app.song_maps import hops_of
from server.playback.clock import SystemClock
from server.playback.walk import Hop, Missing
from server.show.events import Loaded, Mapped, NeedMovie, NeedRoute, NeedTransition, NeverAgain, News, Routed

PATIENCE = 30.0
ASKED = NeedRoute(7, 1, "song", "a-1", ("c-3",))


class Kept:
    """A navigator over a scripted planner, and what it tells."""

    def __init__(self, script: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SCRIPTED_PLANNER", script)
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
        self.news: SimpleQueue[News] = SimpleQueue()
        self.navigator = Navigator(root, SystemClock(), self.news.put, module="scripted_planner")
        self.navigator.start()

    def next(self, kind: type[News]) -> News:
        while True:
            news = self.news.get(timeout=PATIENCE)
            if isinstance(news, kind):
                return news


@pytest.fixture
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    kept = Kept(request.param, tmp_path, monkeypatch)
    yield kept
    kept.navigator.stop()


@pytest.mark.parametrize("kept", ["well", "babbles"], indirect=True)
def test_a_song_is_opened_and_a_way_is_told(kept: Kept) -> None:
    kept.navigator.open(NeedMovie(3, "song", "song"), "song")
    mapped, loaded = kept.next(Mapped), kept.next(Loaded)
    assert isinstance(mapped, Mapped)
    assert mapped.song is not None
    assert isinstance(loaded, Loaded)
    assert (loaded.ticket, loaded.song.graph, loaded.clip and loaded.clip.name) == (3, mapped.song, "a-1")
    song = mapped.song
    assert (song.never, song.scenes, song.edges) == ({"b-2"}, {"s": ("a-1", "b-2")}, {"song/x.mov": ("a-1", "b-2")})
    assert song.spots["a-1"].scenes == ("s",)
    assert song.standing("b-2") is None

    kept.navigator.navigate(ASKED)
    routed = kept.next(Routed)
    assert isinstance(routed, Routed)
    assert routed.ticket == 7
    hop, missing = routed.hops
    assert isinstance(hop, Hop)
    assert (hop.start, hop.end, hop.first, hop.last, hop.movie.count) == ("a-1", "b-2", 0, 8, 9)
    assert missing == Missing("b-2", "c-3")


@pytest.mark.parametrize("kept", ["well"], indirect=True)
def test_what_was_open_is_opened_again_in_a_planner_started_anew(kept: Kept) -> None:
    kept.navigator.open(NeedMovie(3, "song", "song"), "song")
    kept.next(Mapped)
    assert kept.navigator.pid is not None
    os.kill(kept.navigator.pid, 9)
    while kept.navigator.starts < 2:
        kept.next(Mapped)
    kept.navigator.navigate(ASKED)
    assert isinstance(kept.next(Routed), Routed)


@pytest.mark.parametrize("kept", ["well"], indirect=True)
def test_who_waits_for_an_errand_is_told_that_the_planner_died_over_it(kept: Kept) -> None:
    told: SimpleQueue[wire.Said] = SimpleQueue()
    kept.navigator.ends("song", "a-1", "b-2", told.put)
    assert told.get(timeout=PATIENCE) == LOST


@pytest.mark.parametrize("kept", ["hangs"], indirect=True)
def test_one_that_hangs_is_ended_and_started_again(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.app.navigator.HUNG", 0.2)
    monkeypatch.setattr("server.app.navigator.LOOK", 0.1)
    kept.navigator.open(NeedMovie(3, "song", "song"), "song")
    kept.next(Mapped)
    kept.navigator.navigate(ASKED)
    kept.next(Mapped)
    assert kept.navigator.starts >= 2


@pytest.mark.parametrize("kept", ["hangs", "deaf"], indirect=True)
def test_one_that_hangs_is_found_out_while_goals_keep_coming(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.app.navigator.HUNG", 0.6)
    monkeypatch.setattr("server.app.navigator.LOOK", 0.1)
    kept.navigator.open(NeedMovie(3, "song", "song"), "song")
    kept.next(Mapped)
    many = replace(ASKED, goals=(), visited={f"picture-{i}": 1 for i in range(20_000)})
    first, tick = kept.navigator.pid, threading.Event()
    for ticket in range(600):
        kept.navigator.navigate(replace(many, ticket=ticket))
        if kept.navigator.starts > 1:
            break
        tick.wait(0.02)
    assert kept.navigator.starts > 1
    assert kept.navigator.pid != first


@pytest.mark.parametrize("kept", ["deaf"], indirect=True)
def test_one_that_reads_nothing_holds_up_no_end(kept: Kept) -> None:
    kept.navigator.open(NeedMovie(3, "song", "song"), "song")
    kept.next(Mapped)
    many = replace(ASKED, goals=(), visited={f"picture-{i}": 1 for i in range(20_000)})
    for deck in range(8):
        kept.navigator.navigate(replace(many, ticket=deck, deck=deck))
    end = threading.Thread(target=kept.navigator.stop, daemon=True)
    end.start()
    end.join(PATIENCE)
    assert not end.is_alive()


@pytest.mark.parametrize("kept", ["opening"], indirect=True)
def test_one_that_is_still_opening_the_song_does_not_hang(kept: Kept) -> None:
    kept.navigator.open(NeedMovie(3, "song", "song"), "song")
    kept.next(Mapped)
    kept.navigator.navigate(ASKED)
    kept.next(Loaded)
    pause, end = threading.Event(), time.monotonic() + PATIENCE
    while kept.navigator._unanswered:
        assert time.monotonic() < end, "it has said that it is opening the song, and is waited for all the same"
        pause.wait(0.01)
    assert kept.navigator.starts == 1


@pytest.mark.parametrize("kept", ["dies", "newer"], indirect=True)
def test_one_that_cannot_be_used_is_tried_ever_more_rarely(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.app.navigator.BACK_OFF", (0.01, 0.02, 600.0))
    kept.navigator.open(NeedMovie(3, "song", "song"), "song")
    kept.navigator.navigate(ASKED)
    with pytest.raises(Empty):
        kept.news.get(timeout=2.0)
    assert 1 <= kept.navigator.starts <= 3


@pytest.mark.parametrize("kept", ["lost"], indirect=True)
def test_a_song_that_cannot_be_opened_is_said_to_who_asked(kept: Kept) -> None:
    kept.navigator.open(NeedMovie(3, "song", "song"), "song")
    loaded = kept.next(Loaded)
    assert isinstance(loaded, Loaded)
    assert (loaded.ticket, loaded.clip, loaded.error) == (3, None, "there is no such song")


@pytest.mark.parametrize("kept", ["well"], indirect=True)
def test_missing_transitions_go_to_the_generator_if_there_is_one(kept: Kept) -> None:
    wanted: list[NeedTransition] = []

    class Generator:
        def want(self, event: NeedTransition) -> None:
            wanted.append(event)

    event = NeedTransition(1, "song", "a-1", "b-2")
    kept.navigator.navigate(event)
    kept.navigator.generator = Generator()
    kept.navigator.navigate(event)
    assert wanted == [event]


@pytest.mark.parametrize("kept", ["dies"], indirect=True)
def test_never_again_is_written_without_a_planner(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "song").mkdir()
    kept.navigator.navigate(NeverAgain("song", "a-1"))
    kept.navigator.navigate(NeverAgain("gone", "a-1"))
    told = kept.next(Mapped)
    assert isinstance(told, Mapped)
    assert "could not be written down" in told.error
    assert (tmp_path / "song" / "never_again.txt").read_text(encoding="utf-8") == "a_1\n"


@pytest.mark.parametrize("kept", ["well"], indirect=True)
def test_a_disk_that_takes_long_to_write_holds_up_no_way(kept: Kept, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "song").mkdir()
    begun, free = threading.Event(), threading.Event()

    def slow(folder: Path, node: str) -> None:
        begun.set()
        assert free.wait(PATIENCE)
        write_never(folder, node)

    monkeypatch.setattr("server.app.navigator.write_never", slow)
    kept.navigator.open(NeedMovie(3, "song", "song"), "song")
    kept.next(Mapped)
    for node in ("a-1", "b-2"):
        kept.navigator.navigate(NeverAgain("song", node))
    assert begun.wait(PATIENCE)
    kept.navigator.navigate(ASKED)
    assert isinstance(kept.next(Routed), Routed)
    free.set()
    kept.navigator.stop()
    assert (tmp_path / "song" / "never_again.txt").read_text(encoding="utf-8") == "a_1\nb_2\n"


def test_lines_that_say_nothing_are_nothing() -> None:
    for data in (b"", b"{}", b"[]", b"7", b'{"say":7}', b"\xff\xfe", b"[" * 100_000):
        assert wire.said(data) is None
    assert wire.said(wire.line("route", name="ü\udc80")) == {"say": "route", "name": "ü\udc80"}


def test_one_movie_is_one_in_all_hops_of_a_way() -> None:
    row = ["x.mov", 90, 30, 1]
    one, other = hops_of([["a-1", "b-2", row, 0, 29], ["b-2", "c-3", list(row), 60, 30]])
    assert isinstance(one, Hop)
    assert isinstance(other, Hop)
    assert one.movie is other.movie


