"""The show log of a real server: written, replayed byte for byte, bounded, and whole after any death."""

from __future__ import annotations

import itertools
import shutil
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from graph_song import make_song
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_message import OscMessage
from running import Client, running

import cli
from server.app.replaying import LoggedShow, Rehearsal
from server.app.show_log_folder import FOLDER, segments_of
from server.app.show_log_reading import ShowLogReader, parse_time, time_text
from server.errors import ArchiveDamaged, MissingFile, OutOfRange
from server.index.opening import open_index
from server.index.reader import FrameReader
from server.media.jpeg import decode_rgb
from server.media.numbered import read_number, write_numbered
from server.protocol.command import Source
from server.protocol.dispatch import Dispatcher
from server.show.events import Send, SendBytes
from server.show.log_format import Streamed
from server.show.renderers import Renderer as RendererEntry
from server.show.show import About


class Renderer(Client):
    """Says hello, and says of every movie that it can be shown."""

    def begin(self) -> Renderer:
        self.opened = threading.Semaphore(0)
        self.tell("/system/hello", "td", self.port, self.port, 1, "2025", 60.0, 1280, "all")
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()
        return self

    def _answer(self) -> None:
        known: set[tuple[str, Any]] = set()
        while True:
            try:
                heard = self.hear()
            except OSError:
                return
            if heard.address.endswith("/open"):
                deck = heard.address.rpartition("/")[0]
                self.tell(f"{deck}/ready", heard.args[0])
                if (deck, heard.args[0]) not in known:
                    known.add((deck, heard.args[0]))
                    self.opened.release()


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("material")
    write_numbered(folder / "one.mov", 90, 64, 64)
    write_numbered(folder / "two.mov", 60, 64, 64, first=1000)
    make_song(folder / "song")
    return folder


@pytest.fixture(scope="module")
def played(material: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A media folder in which a show was played: loads, fades, a walk, refusals, buttons, a renderer."""
    media = tmp_path_factory.mktemp("played") / "media (größe 2)"
    shutil.copytree(material, media)
    with running(media) as server, Client(server) as person, Renderer(server).begin() as renderer:
        assert person.ask("/deck/1/load", "one") == ()
        assert renderer.opened.acquire(timeout=20)
        while person.ask("/deck/1/frame", 30):
            pass  # not yet on screen
        assert person.ask("/deck/1/load", "two", 0.2) == ()
        assert renderer.opened.acquire(timeout=20)
        assert person.ask("/deck/1/frame", 999) != ()
        while person.value("/deck/1/state/movie") != "two.mov":
            pass
        assert person.ask("/deck/1/frame", 20) == ()
        while not 35 <= person.value("/deck/1/frame") < 55:
            pass
        assert person.ask("/deck/2/song", "song") == ()
        assert renderer.opened.acquire(timeout=20)
        while person.ask("/deck/2/go/picture", "c"):
            pass
        assert renderer.opened.acquire(timeout=20)
        assert person.ask("/clock/tap") == ()
        person.throw(b"/FX\0,f\0\0\0\0\0\0")
        assert person.ask("/deck/1/prepare", "one") == ()
        assert person.ask("/deck/1/take/over", 0.1) == ()
        ticks = server.loop.lateness.ticks
        while server.loop.lateness.ticks < ticks + 30:
            person.value("/deck/1/frame")
    return media


def test_a_show_is_reproduced_byte_for_byte(played: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", str(played), "--verify"]) == 0
    said = capsys.readouterr()
    assert "the same:" in said.out
    assert "byte for byte" in said.out
    assert said.err == ""
    reader = ShowLogReader(played)
    packets = sum(step.said.packets for step in reader.steps() if isinstance(step, Streamed))
    assert packets > 60


def test_it_says_what_came_in_and_what_was_answered(played: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", str(played), "--lines"]) == 0
    said = capsys.readouterr().out
    for words in ("/deck/1/load one", "/ack", "999", "/error", "/FX 0", "NeedRoute", "Loaded"):
        assert words in said
    assert cli.main(["replay", str(played), "--lines", "--until", "0.001"]) == 0
    assert len(capsys.readouterr().out.splitlines()) < len(said.splitlines()) / 2


def test_a_change_in_what_was_sent_is_found_and_said(played: Path, tmp_path: Path,
                                                     capsys: pytest.CaptureFixture[str],
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    from server.playback import fade

    monkeypatch.setattr(fade.Ramp, "level", lambda self, _t: self.high)
    assert cli.main(["replay", str(played), "--verify"]) == 1
    assert "packets have other bytes" in capsys.readouterr().out


def test_torn_at_any_byte_what_is_before_can_be_replayed(played: Path, tmp_path: Path,
                                                         capsys: pytest.CaptureFixture[str]) -> None:
    whole = segments_of(played)[0].read_bytes()
    steps = len(list(ShowLogReader(played).steps()))
    ends = [len(whole) - 1, len(whole) - 5, len(whole) * 2 // 3, len(whole) // 2]
    for end in ends:
        torn = tmp_path / "torn.showlog"
        torn.write_bytes(whole[:end])
        reader = ShowLogReader(torn)
        assert 0 < len(list(reader.steps())) < steps
        assert "torn" in reader.problems[0]
    assert cli.main(["replay", str(torn), "--verify"]) == 0
    assert "torn" in capsys.readouterr().err


def test_places_that_are_no_log_are_told_apart(played: Path, tmp_path: Path,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    for place in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(MissingFile):
            segments_of(place)
    other = tmp_path / "x.showlog"
    other.write_bytes(b"no log at all, but long enough to hold a head")
    with pytest.raises(ArchiveDamaged, match="no part of a show log"):
        ShowLogReader(other)
    run = segments_of(played)[0].parent
    assert segments_of(played) == segments_of(run) == segments_of(played / FOLDER)
    assert cli.main(["replay", str(tmp_path / "nowhere"), "--verify"]) == 1
    assert "is not there" in capsys.readouterr().err


def test_times_are_read_as_people_write_them() -> None:
    assert [parse_time(text) for text in ("90", "1:30", "1:02:03.5", " 0 ")] == [90.0, 90.0, 3723.5, 0.0]
    assert time_text(3723.5) == "1:02:03.500"
    for text in ("", "-1", "1:2:3:4", "soon", "1:"):
        with pytest.raises(OutOfRange):
            parse_time(text)


# what is made of a log ------------------------------------------------------------------------


def numbers_in(movie: Path) -> list[int | None]:
    index = open_index(movie)
    with FrameReader(movie, index) as reader:
        return [read_number(decode_rgb(reader.read(frame))) for frame in range(index.count)]


def test_what_was_played_is_a_movie_of_copied_frames(played: Path, tmp_path: Path,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "played.mov"
    assert cli.main(["record", str(played), str(out)]) == 0
    said = capsys.readouterr()
    assert "became cuts at the half" in said.err
    seen = [number for number in numbers_in(out) if number is not None]
    parts = [list(group) for _, group in itertools.groupby(seen, lambda number: number >= 1000)]
    assert [part[0] >= 1000 for part in parts] == [False, True, False]
    jumps = [(one, next_) for one, next_ in itertools.pairwise(parts[1]) if next_ - one not in (0, 1, 2, -58, -59)]
    assert len(jumps) <= 1, "there was one seek"
    index = open_index(out)
    names = [mark.name for mark in index.marks]
    assert [name for name in names if name in ("one", "two")] == ["one", "two", "one"]
    assert "half" in names
    assert index.made == {"generator": "record", "sources": ["one.mov", "two.mov"]}
    assert cli.main(["record", str(played), str(out), "--deck", "2", "--overwrite"]) == 0
    assert all(number is not None and number >= 1000 for number in numbers_in(out))


def test_a_part_of_it_can_be_taken(played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "part.mov"
    began = ShowLogReader(played)
    last = max(step.now for step in began.steps()) - began.began
    assert cli.main(["record", str(played), str(out), "--from", f"{last - 0.5:.3f}", "--to", f"{last - 0.1:.3f}",
                     "--rate", "20"]) == 0
    assert open_index(out).count in (8, 9)
    for words, *args in (("nothing was seen", "--to", "0.001"), ("decks 1 to 2", "--deck", "3"),
                         ("does not lie behind", "--from", "3", "--to", "2"), ("already", ),
                         ("no time in a log", "--to", "soon"), ("not in", "--media-dir", str(tmp_path), "--overwrite")):
        assert cli.main(["record", str(played), str(out), *args]) == 1
        assert words in capsys.readouterr().err
    assert cli.main(["record", str(played), str(tmp_path / "x.mp4")]) == 1
    assert "x.mov" in capsys.readouterr().err


def test_movies_of_two_sizes_are_refused_with_words(played: Path, tmp_path: Path,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    media = tmp_path / "media"
    shutil.copytree(played, media)
    write_numbered(media / "two.mov", 60, 128, 64, overwrite=True)
    out = tmp_path / "out.mov"
    assert cli.main(["record", str(played), str(out), "--media-dir", str(media)]) == 1
    assert "a movie has one size" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [media]


def test_a_renderer_is_shown_what_was_seen_then(played: Path) -> None:
    reader = ShowLogReader(played)
    log = LoggedShow(reader, 0.0)
    rehearsal = Rehearsal(log, About("replay", 60.0, "/media", 99))
    td = FakeRenderer(rehearsal)
    td.say("/system/hello", "td", 7501, 7502, 1, "2025", 60.0, 1280, "all")
    assert td.heard["/system/welcome"][:5] == ["replay", 1, 60.0, 2, "/media"]
    while not log.over:
        td.tick()
    seen = {movie for movie, level in td.shown if level > 0}
    assert {"one.mov", "two.mov"} <= seen
    assert any(movie.startswith("song/transitions/") for movie in seen)
    assert set(td.opened) >= seen
    assert td.unknown == 0


def test_a_second_pass_opens_everything_anew(played: Path) -> None:
    log = LoggedShow(ShowLogReader(played), 0.0)
    rehearsal = Rehearsal(log, About("replay", 60.0, "/media", 99), speed=4.0)
    rehearsal.add(RendererEntry("10.0.0.2", 7502, "td", 7501, 7502, None, 0.0), 0.0)
    td = FakeRenderer(rehearsal, speed=4.0)
    while not log.over:
        td.tick()
    first = set(td.ids)
    log = LoggedShow(ShowLogReader(played), 0.5)
    rehearsal.again(log)
    td.at = 0.5
    while not log.over:
        td.tick()
    again = set(td.ids) - first
    assert first
    assert min(again) > max(first)
    assert td.unknown == 0


def test_a_place_behind_the_end_is_refused_with_the_end(played: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", str(played), "--from", "5:00:00", "--loop", "--osc-port", "0"]) == 1
    assert "the log ends at 0:00:0" in capsys.readouterr().err


def test_a_replay_takes_no_orders(played: Path) -> None:
    td = FakeRenderer(Rehearsal(LoggedShow(ShowLogReader(played), 0.0), About("replay", 60.0, "/media", 99)))
    td.say("/deck/1/load", "one", "#7")
    assert td.heard["/error"][:2] == ["7", "replay"]
    td.say("/system/ping", "hi")
    assert td.heard["/system/pong"] == ["hi"]


def test_the_verb_sends_what_it_replays(played: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stream:
        stream.bind(("127.0.0.1", 0))
        stream.settimeout(20)
        port = stream.getsockname()[1]
        assert cli.main(["replay", str(played), "--osc-port", "0", "--speed", "8", "--to", f"127.0.0.1:{port + 1}",
                         "--until", "3"]) == 0
        heard = OscBundle(stream.recv(65536))
        assert heard.content(0).address.startswith("/td/deck/")
    assert "the log ends here" in capsys.readouterr().out


class FakeRenderer:
    """Hears what a rehearsal says. `unknown`: levels above nothing of opens that it was never asked for."""

    def __init__(self, rehearsal: Rehearsal, speed: float = 1.0) -> None:
        self.rehearsal, self.speed = rehearsal, speed
        self.dispatcher = Dispatcher(2)
        self.heard: dict[str, list[Any]] = {}
        self.opened: list[str] = []
        self.ids: dict[int, str] = {}
        self.shown: list[tuple[str, float]] = []
        self.unknown = 0
        self.number, self.at = 0, 0.0

    def say(self, address: str, *args: Any) -> None:
        for item in self.dispatcher.command(address, list(args), Source("10.0.0.2", 7502)):
            self._take(self.rehearsal.hear(item, self.number / 60))

    def tick(self) -> None:
        self.number += 1
        self.at += self.speed / 60
        self._take(self.rehearsal.tick(self.number, self.number / 60, self.at))

    def _take(self, events: list[Any]) -> None:
        for event in events:
            if isinstance(event, Send):
                self.heard[event.address] = list(event.args)
                continue
            assert isinstance(event, SendBytes)
            if event.port == 7502:
                self._asked(OscMessage(event.packet))
            elif OscBundle.dgram_is_bundle(event.packet):
                self._streamed(OscBundle(event.packet))

    def _asked(self, message: OscMessage) -> None:
        if message.address.endswith("/open"):
            id_, _, path, _ = message.params
            self.ids[id_] = path
            self.opened.append(path)
            self.say(message.address.replace("/open", "/ready"), id_)

    def _streamed(self, bundle: OscBundle) -> None:
        values = {one.address: one.params[0] for one in bundle}
        for address, clip in values.items():
            if address.endswith("/clip") and clip:
                level = values[address.replace("/clip", "/level")]
                self.unknown += clip not in self.ids and level > 0
                self.shown.append((self.ids.get(clip, ""), level))
