"""A show that is kept on disk, and what the next server makes of it: on, standing, afresh; and what may be wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import IO, ClassVar

import pytest

from server.app.keeper import Keeper
from server.app.resuming import Resumption
from server.app.serving import make_show
from server.app.slots import Slots
from server.app.state_files import alone
from server.index.opening import open_index
from server.media.numbered import write_numbered
from server.playback.clock import ManualClock, Metronome
from server.playback.timeline import Clip, Movie
from server.protocol.command import Source
from server.protocol.dispatch import Dispatcher
from server.protocol.osc import Message, messages
from server.settings.layers import load
from server.show.events import SendBytes
from server.show.state import SongPlace

RATE = Fraction(60)
DAY = 86400.0


@pytest.fixture
def media(tmp_media: Path) -> Path:
    for name in ("a.mov", "b.mov"):
        write_numbered(tmp_media / "set" / name, 40, 64, 64, Fraction(30))
    return tmp_media


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Whatever a test leaves open is closed."""
    yield
    while Run.all:
        Run.all.pop().kept.files.close()


class Run:
    """One life of a server without its threads and ports; `boot`: the start of the computer that it is in."""

    all: ClassVar[list[Run]] = []

    def __init__(self, media: Path, at: float = 100.0, *, boot: str = "this", songs: tuple[str, ...] = ("set",),
                 bare: bool = False, wall: float = 1e9, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        self.all.append(self)
        self.media, self.clock = media, ManualClock(at)
        given = load({"media_dir": str(media), **settings}, environ={})
        self.kept = Resumption(given, media, self.clock, tuple((song, False) for song in songs), bare=bare,
                               wall=lambda: wall + self.clock.now(), boot=boot)
        self.show = make_show(given, media, at)
        self.metronome = self.kept.revive(self.show, Metronome(at, RATE))
        assert self.kept.keeper is not None
        self.keeper: Keeper = self.kept.keeper
        self.dispatcher = Dispatcher(given.decks)

    def play(self, name: str, deck: int = 1) -> Run:
        """Have a movie on a deck."""
        clip = Clip.of_movie(Movie.of(name, open_index(self.media / name)))
        now = self.clock.now()
        self.show.put(self.show.state.deck(deck).prepare(clip, now).take_at(now, 0.0))
        self.show.state = self.show.state.with_song(deck, SongPlace("set", ("set/a.mov", "set/b.mov")))
        return self.wait(0.5)

    def do(self, address: str, *args: object) -> Run:
        for item in self.dispatcher.command(address, list(args), Source("10.0.0.9", 9000)):  # type: ignore[arg-type]
            self.show.apply(item, self.clock.now())
        return self

    def wait(self, seconds: float) -> Run:
        """Let time pass, in which the show ticks and is looked at by its keeper."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            number, deadline = self.metronome.next_tick(self.clock.now())
            self.clock.set(deadline)
            self.show.tick(number, deadline)
            self.keeper.turn(deadline)
        return self

    def dies(self) -> float:
        """It is killed; what is on disk stays. Returns when."""
        self.kept.files.close()
        return self.clock.now()

    def frame(self, deck: int = 1) -> tuple[str, int] | None:
        pictures = self.show.state.deck(deck).pictures(self.clock.now())
        return (pictures[-1].movie, pictures[-1].frame) if pictures else None

    def told(self) -> list[str]:
        return [one.text for one in self.show.complaints if one.code == "resumed"]


def test_the_next_one_goes_on_at_the_frame_that_it_would_be(media: Path) -> None:
    first = Run(media).play("set/a.mov").do("/deck/1/speed", 0.5).wait(1.0)
    session = first.show.about.session
    died = first.dies()
    second = Run(media, died + 0.4)
    first.wait(0.5)
    second.wait(first.clock.now() - second.clock.now())
    assert second.kept.manner == "on"
    assert second.frame() == first.frame()
    assert second.show.about.session == session
    assert second.metronome.start == first.metronome.start, "ticks are counted on"
    assert second.show.state.song(1).name == "set"
    assert not second.kept.begins(1)
    assert second.kept.begins(2)
    assert second.told() == ["the server died; this one goes on with the show where it is"]


def test_what_is_streamed_before_the_first_tick_has_the_number_of_the_one_before(media: Path) -> None:
    first = Run(media).play("set/a.mov").wait(1.0)
    second = Run(media, first.dies() + 0.4)

    second.do("/system/hello", "td", 7501, 7502, 1, "2025", 60.0, 1280, "all")
    second.do("/deck/1/pause").show.flush(second.clock.now())
    said = [each for event in second.show.take_events() if isinstance(event, SendBytes)
            for each in messages(event.packet) if isinstance(each, Message)]
    (tick, *_) = [each for each in said if each.address.endswith("/tick")]

    assert tick.args == (second.metronome.next_tick(second.clock.now())[0] - 1,)


def test_one_that_dies_again_at_once_is_gone_on_with_too(media: Path) -> None:
    at = Run(media).play("set/a.mov").do("/deck/1/loop", "loop").wait(0.3).dies()
    for _ in range(4):
        run = Run(media, at + 0.3)
        at = run.dies()
    last = Run(media, at + 0.3).wait(0.1)
    assert last.kept.manner == "on"
    assert last.frame() is not None


@pytest.mark.parametrize(("settings", "boot", "later"), [
    ({}, "this", 31.0), ({"resume_within": "5"}, "this", 6.0), ({"resume": "paused"}, "this", 0.2),
    ({}, "another", 0.2), ({}, "another", -60.0), ({}, "", 0.2)])
def test_in_another_time_the_decks_stand_where_they_were(media: Path, settings: dict[str, str], boot: str,
                                                         later: float) -> None:
    first = Run(media).play("set/a.mov").wait(0.2)
    where = first.frame()
    second = Run(media, first.dies() + later, boot=boot, settings=settings)
    second.wait(1.0)
    assert second.kept.manner == "standing"
    assert where is not None
    movie, frame = second.frame() or ("", -99)
    assert (movie, abs(frame - where[1]) <= 30) == (where[0], True), "at most a second before it died"
    assert second.show.state.deck(1).current is not None
    assert not second.show.state.deck(1).current.transport.playing
    assert "stand where they were" in second.told()[0]
    second.do("/deck/1/play").wait(0.5)
    assert second.frame() != (movie, frame)


def test_how_long_ago_it_was_is_said(media: Path) -> None:
    died = Run(media).play("set/a.mov").dies()
    later = Run(media, died + 3 * 3600)
    assert "ended 3 h ago" in later.told()[0]
    later.dies()
    assert "ended 24 h ago" in Run(media, 5.0, boot="another", wall=1e9 + died - 5.0 + DAY).told()[0]


def test_one_that_was_told_to_stop_leaves_nothing(media: Path) -> None:
    run = Run(media).play("set/a.mov")
    assert (media / ".interscene" / "live").is_dir()
    run.kept.finish()
    assert not (media / ".interscene").exists()
    assert Run(media, run.clock.now() + 0.1).kept.manner == "afresh"


def test_cue_points_outlive_a_stop_and_nothing_else_does(media: Path) -> None:
    run = Run(media).play("set/a.mov").do("/deck/1/mark/2/set").do("/clock/tempo", 99.0).wait(0.1)
    cues = run.show.state.hot_cues
    assert cues
    run.kept.finish()
    each: dict[str, str]
    for each in ({}, {"resume": "no"}):
        other = Run(media, run.clock.now() + 9.0, settings=each)
        assert other.show.state.hot_cues == cues
        assert other.show.state.beat.tempo.bpm == 120.0
        assert other.frame() is None
        assert other.kept.begins(1)
        other.kept.finish()


def test_nothing_is_gone_on_with_if_nobody_wants_it(media: Path) -> None:
    died = Run(media).play("set/a.mov").dies()
    assert Run(media, died + 0.2, settings={"resume": "no"}).frame() is None


def test_a_state_that_kills_is_left_alone(media: Path) -> None:
    died = Run(media).play("set/a.mov").dies()
    bare = Run(media, died + 0.2, bare=True)
    assert bare.kept.manner == "afresh"
    assert bare.kept.begins(1)


def test_who_names_another_song_gets_that(media: Path) -> None:
    run = Run(media, songs=("set", "set")).play("set/a.mov").play("set/b.mov", 2)
    other = Run(media, run.dies() + 0.2, songs=("else", "set"))
    assert other.kept.manner == "on"
    assert other.kept.begins(1)
    assert not other.kept.begins(2)


def test_a_movie_that_has_gone_leaves_its_deck_empty_and_the_other_playing(media: Path) -> None:
    run = Run(media).play("set/a.mov").play("set/b.mov", 2)
    died = run.dies()
    (media / "set" / "a.mov").unlink()
    other = Run(media, died + 0.2).wait(0.2)
    assert other.frame(1) is None
    assert other.frame(2) is not None
    assert any("deck 1 begins empty: set/a.mov is not there any more" in line for line in other.told())
    assert other.kept.begins(1)


def test_a_movie_that_became_another_one_is_not_stood_in(media: Path) -> None:
    died = Run(media).play("set/a.mov").dies()
    (media / "set" / "a.mov").unlink()
    write_numbered(media / "set" / "a.mov", 12, 64, 64, Fraction(30))
    other = Run(media, died + 100.0)
    assert any("has 12 frames now, not 40" in line for line in other.told())


@pytest.mark.parametrize("names", [("state.0", "state.1"), ("movies.0", "movies.1")])
@pytest.mark.parametrize("junk", [b"", b"no state at all" * 99])
def test_what_cannot_be_read_is_a_fresh_start(media: Path, names: tuple[str, ...], junk: bytes) -> None:
    died = Run(media).play("set/a.mov").dies()
    for name in names:
        (media / ".interscene" / "live" / name).write_bytes(junk)
    other = Run(media, died + 0.2)
    assert other.kept.manner == "afresh"
    assert other.play("set/a.mov").wait(0.1).frame() is not None


def test_half_a_write_costs_only_what_it_was_to_say(media: Path) -> None:
    run = Run(media).play("set/a.mov").do("/deck/1/speed", 2.0).wait(0.2).do("/deck/1/speed", 3.0).wait(0.2)
    died = run.dies()
    folder = media / ".interscene" / "live"
    newest = folder / f"state.{Slots(folder, 'state').read()[0].number % 2}"
    newest.write_bytes(newest.read_bytes()[:-7])
    current = Run(media, died + 0.1).show.state.deck(1).current
    assert current is not None
    assert current.transport.speed == 2.0


def test_another_server_in_the_same_folder_keeps_nothing_and_says_so_once(media: Path,
                                                                          caplog: pytest.LogCaptureFixture) -> None:
    run = Run(media).play("set/a.mov")
    other = Run(media, run.clock.now())
    assert other.kept.manner == "afresh"
    other.play("set/b.mov").wait(8.0)
    assert [one.getMessage() for one in caplog.records if "another server" in one.getMessage()] == [
        "another server keeps its show for this media folder; this one forgets its own when it dies"]
    other.kept.finish()
    assert Run(media, run.dies() + 0.1).wait(0.1).frame() is not None


def test_a_disk_that_cannot_be_written_is_said_once_and_the_show_goes_on(media: Path,
                                                                         monkeypatch: pytest.MonkeyPatch,
                                                                         caplog: pytest.LogCaptureFixture) -> None:
    run = Run(media)
    whole = os.write

    def full(_file: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    run.play("set/a.mov").wait(12.0)
    assert [one.getMessage() for one in caplog.records if "not kept" in one.getMessage()] == [
        "the show is not kept on disk, and cannot go on if the server dies: No space left on device"]
    monkeypatch.setattr(os, "write", whole)
    assert Run(media, run.wait(6.0).dies() + 0.1).wait(0.1).frame() == run.wait(0.2).frame()


def test_nothing_is_written_while_nothing_is_done(media: Path) -> None:
    run = Run(media).play("set/a.mov").wait(0.2)
    folder = media / ".interscene" / "live"
    before = [(folder / name).read_bytes() for name in ("state.0", "state.1") if (folder / name).exists()]
    run.wait(5.0)
    assert before == [(folder / name).read_bytes() for name in ("state.0", "state.1") if (folder / name).exists()]


class Windows:
    """msvcrt, as two processes on one computer see it."""

    LK_NBLCK = 2
    taken: ClassVar[set[int]] = set()

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def locking(self, _file: int, mode: int, count: int) -> None:
        assert (mode, count) == (self.LK_NBLCK, 1)
        if self.file.tell() in self.taken:
            raise PermissionError(13, "Permission denied")
        self.taken.add(self.file.tell())


def test_windows_locks_a_byte_that_nobody_reads(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("ab") as one, (tmp_path / "lock").open("ab") as other:
        assert alone(one, Windows(one))
        assert not alone(other, Windows(other))
        assert (one.tell(), min(Windows.taken) > 4096) == (0, True)
