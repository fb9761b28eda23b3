"""The stand-in deck against a scripted server, over real sockets, in its own time."""

from __future__ import annotations

import math
import random
import socket
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from scripted_server import Stage

from server.errors import InputError, MissingFile, PathRefused, ServeError
from server.media.numbered import read_number
from server.protocol.osc import Message, messages
from td_project.rehearsal.clips import OpenTime, parse_open_time
from td_project.rehearsal.folder import resolve
from td_project.rehearsal.sockets import parse_address

MakeStage = Callable[..., Stage]
WAVES = "song one/wäves 🌊.mov"


def shown(stage: Stage, deck: int = 1) -> list[tuple[int, ...]]:
    return [message.args for message in stage.server.heard() if message.address == f"/td/deck/{deck}/shown"]


def open_ready(stage: Stage, clip: int = 1, player: int = 0, path: str = "numbers.mov", frame: int = 0) -> None:
    stage.event("open", clip, player, path, frame)
    assert stage.server.expect("/td/deck/1/opening") == (clip,)
    stage.turn()
    assert stage.server.expect("/td/deck/1/ready") == (clip,)


def test_it_says_hello_until_welcomed_and_then_reports_health(stage: MakeStage) -> None:
    one = stage(name="left wall", decks="1,2", fps=50)
    one.turn()
    name, stream, events, protocol, build, cook, largest, decks = one.server.expect("/system/hello")
    assert (name, (stream, events), protocol, cook, decks) == ("left wall", one.standin.ports, 1, 50.0, "1,2")
    assert build
    assert largest >= 1280
    one.turn(1.0)
    one.server.expect("/system/hello")
    assert one.server.peer == ("127.0.0.1", one.event_port), "who answers is known by its event port"
    one.server.welcome(one.event_port, one.media)
    one.arrive()
    assert len(one.server.expect("/td/health")) == 6
    one.stream()
    one.turn(0.2)
    assert "/system/hello" not in [message.address for message in one.server.heard()]


def test_a_clip_is_opened_and_shown(stage: MakeStage) -> None:
    one = stage()
    one.link()
    open_ready(one, frame=12)
    assert one.server.expect("/td/deck/1/shown") == (1, 12)
    one.stream((1, 40.0, 0.0, 1.0))
    assert one.server.expect("/td/deck/1/shown") == (1, 40)
    one.stream((1, 40.0, 0.0, 1.0))
    assert shown(one) == [], "only a new picture is reported"


def test_a_repeated_open_is_answered_and_changes_nothing(stage: MakeStage) -> None:
    one = stage(open_time=OpenTime(0.3, 0.3))
    one.link()
    for _ in range(3):
        one.event("open", 7, 1, "numbers.mov", 0)
        assert one.server.expect("/td/deck/1/opening") == (7,)
    one.turn(0.3)
    assert one.server.expect("/td/deck/1/ready") == (7,)
    one.event("open", 7, 1, "numbers.mov", 0)
    assert one.server.expect("/td/deck/1/ready") == (7,)


def test_opening_takes_the_modelled_time_and_the_same_seed_the_same(stage: MakeStage) -> None:
    times = []
    for _ in range(2):
        one = stage(open_time=parse_open_time("100-500"), seed=5)
        one.link()
        one.event("open", 1, 0, "numbers.mov", 0)
        before = one.clock.now
        while not any(message.address.endswith("ready") for message in one.server.heard()):
            one.turn(0.01)
        times.append(one.clock.now - before)
    assert times[0] == pytest.approx(times[1])
    assert 0.08 <= times[0] <= 0.52


def test_a_renderer_that_never_gets_ready(stage: MakeStage) -> None:
    one = stage(open_time=parse_open_time("never"))
    one.link()
    one.event("open", 1, 0, "numbers.mov", 0)
    one.turn(3600)
    assert "/td/deck/1/ready" not in [message.address for message in one.server.heard()]


@pytest.mark.parametrize(("path", "reason"), [
    ("missing.mov", "there is no missing.mov"),
    ("no movie.mov", "cannot be opened as a movie"),
    ("../outside.mov", "refused"),
    ("/etc/passwd", "refused"),
    ("C:/windows/win.ini", "refused"),
    ("\\\\host\\share\\a.mov", "refused"),
    ("http://host/a.mov", "refused"),
    ("NUL", "refused"),
    ("", "refused"),
    ("x" * 300 + ".mov", "cannot be looked for"),
    ("x/" * 3000 + "a.mov", "cannot be looked for"),
])
def test_what_cannot_be_opened_fails_in_words(stage: MakeStage, path: str, reason: str) -> None:
    one = stage()
    one.link()
    one.event("open", 1, 0, path, 0)
    one.server.expect("/td/deck/1/opening")
    clip, text = one.server.expect("/td/deck/1/failed")
    assert clip == 1
    assert reason in text
    assert "\n" not in text
    open_ready(one, clip=2)


def test_a_link_that_leads_outside_is_refused(media: Path) -> None:
    link = media / "link.mov"
    try:
        link.symlink_to(media.parent / "outside.mov")
    except OSError:
        pytest.skip("this system makes no symbolic links")
    try:
        with pytest.raises(PathRefused, match="outside"):
            resolve(media, "link.mov")
    finally:
        link.unlink()


def test_without_a_media_folder_nothing_is_opened() -> None:
    with pytest.raises(PathRefused, match="--media"):
        resolve(None, "numbers.mov")


def test_a_folder_is_no_movie(media: Path) -> None:
    with pytest.raises(MissingFile):
        resolve(media, "song one")


def test_random_seeks_show_exactly_the_frames_asked_for(stage: MakeStage) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as report:
        report.bind(("127.0.0.1", 0))
        report.settimeout(5)
        one = stage(report=report.getsockname())
        one.link()
        open_ready(one)
        chance = random.Random(3)
        reads = [next(messages(report.recv(4096)))]
        frames = [0]
        for _ in range(60):
            frame = chance.choice([n for n in range(90) if n != frames[-1]])
            one.stream((1, float(frame), 0.0, 1.0))
            frames.append(frame)
            reads.append(next(messages(report.recv(4096))))
    assert all(isinstance(read, Message) and read.address == "/standin/read" for read in reads)
    assert [read.args[:4] for read in reads if isinstance(read, Message)] == [(1, 1, n, n) for n in frames]
    times = [read.args[4] for read in reads if isinstance(read, Message)]
    assert all(round((b - a) * 60 / 1e6) == 1 for a, b in pairwise(times[1:])), "a turn apart, on the deck's own clock"


def test_it_plays_between_and_without_ticks(stage: MakeStage) -> None:
    one = stage()
    one.link()
    open_ready(one)
    one.stream((1, 10.0, 30.0, 1.0))
    one.server.heard()
    for _ in range(30):
        one.turn(1 / 30)
    frames = [frame for _, frame in shown(one)]
    assert frames == list(range(frames[0], frames[0] + 30))
    one.turn(60)
    assert shown(one)[-1] == (1, 70), "it holds after two seconds without ticks"


@pytest.mark.parametrize("tick_rate", [30, 60, 120])
def test_it_keeps_time_at_the_tick_rate_of_the_server(stage: MakeStage, tick_rate: int) -> None:
    one = stage()
    one.link(tick_rate=tick_rate)
    open_ready(one)
    for tick in range(2 * tick_rate):
        one.server.stream(one.stream_port, (1, tick * 30 / tick_rate, 30.0, 1.0))
        one.standin.wait(5)
        one.turn(1 / tick_rate)
    one.server.heard()
    one.turn(0.5)
    # The last tick said 60 minus one step; a tick and half a second later it is 15 frames further on.
    assert shown(one) == [(1, 75)]


def test_a_player_with_another_clip_holds(stage: MakeStage) -> None:
    one = stage()
    one.link()
    open_ready(one)
    one.stream((1, 55.0, 0.0, 1.0))
    one.server.expect("/td/deck/1/shown")
    one.stream((2, 5.0, 0.0, 1.0))
    one.turn()
    assert shown(one) == [(1, 55)] or shown(one) == []
    assert [read for read in one.log if "contract" in read], "a level for what is not open is reported"


def test_stale_opens_and_closes_in_any_order(stage: MakeStage) -> None:
    one = stage()
    one.link()
    open_ready(one, clip=5)
    open_ready(one, clip=6)
    one.event("open", 5, 0, "numbers.mov", 0)
    assert one.server.expect("/td/deck/1/failed")[0] == 5
    one.event("close", 9)
    one.event("open", 9, 1, "numbers.mov", 0)
    assert one.server.expect("/td/deck/1/failed")[0] == 9
    one.server.heard()
    one.stream((6, 3.0, 0.0, 1.0))
    assert shown(one) == [(6, 3)]


def test_three_players_and_two_decks(stage: MakeStage) -> None:
    one = stage()
    one.link()
    open_ready(one, 1, 0)
    open_ready(one, 2, 1, WAVES)
    open_ready(one, 3, 2)
    one.event("open", 1, 0, WAVES, 7, deck=2)
    one.turn()
    assert one.server.expect("/td/deck/2/ready") == (1,)
    one.server.heard()
    one.stream((1, 11.0, 0.0, 0.5), (2, 12.0, 0.0, 0.5), (3, 13.0, 0.0, 0.0))
    assert shown(one) == [(1, 11), (2, 12), (3, 13)]
    one.stream((1, 9.0, 0.0, 1.0), deck=2)
    assert shown(one, 2) == [(1, 9)]


def test_a_new_session_starts_over(stage: MakeStage) -> None:
    one = stage()
    one.link(session=1)
    open_ready(one, clip=4)
    one.stream((4, 20.0, 0.0, 1.0))
    one.turn(0.7)
    one.server.heard()
    one.turn(0.5)
    assert "/system/hello" in [message.address for message in one.server.heard()], "no ticks: it asks again"
    one.server.welcome(one.event_port, one.media, session=2)
    one.arrive()
    one.server.tick = 0
    one.stream((4, 33.0, 0.0, 0.0))
    assert shown(one) == [], "an id of the old session means nothing"
    open_ready(one, clip=1, path=WAVES)
    one.server.heard()
    one.stream((1, 8.0, 0.0, 1.0))
    assert shown(one) == [(1, 8)]


def test_a_welcome_of_the_same_session_changes_nothing(stage: MakeStage) -> None:
    one = stage()
    one.link(session=3)
    open_ready(one)
    one.server.heard()
    one.server.welcome(one.event_port, one.media, session=3)
    one.arrive()
    one.stream((1, 21.0, 0.0, 1.0))
    assert shown(one) == [(1, 21)]


def test_another_protocol_is_refused_in_words(stage: MakeStage) -> None:
    one = stage()
    one.server.send(one.event_port, "/system/welcome", "new server", 2, 60.0, 1, str(one.media), 1)
    one.arrive()
    assert any("protocol 2" in line for line in one.log)


def test_the_snapshot_is_the_dissolve(stage: MakeStage, tmp_path: Path) -> None:
    one = stage()
    one.link()
    open_ready(one, 1, 0)
    open_ready(one, 2, 1)
    pictures = []
    for number, (first, second) in enumerate([(1.0, 0.0), (0.0, 1.0), (0.5, 0.5)]):
        one.stream((1, 10.0, 0.0, first), (2, 70.0, 0.0, second))
        path = tmp_path / f"{number}.png"
        one.server.send(one.event_port, "/standin/snapshot", str(path))
        one.arrive()
        pictures.append(cv2.imread(str(path))[..., ::-1])
    assert [read_number(picture) for picture in pictures[:2]] == [10, 70]
    half = (pictures[0].astype(float) + pictures[1]) / 2
    assert np.abs(half - pictures[2]).max() <= 1


def test_a_snapshot_is_a_png_and_says_why_it_cannot_be_written(stage: MakeStage, tmp_path: Path) -> None:
    one = stage()
    one.link()
    for path in (tmp_path / "shell.sh", tmp_path / "missing" / "a.png"):
        one.server.send(one.event_port, "/standin/snapshot", str(path))
        one.arrive()
        assert not path.exists()
    assert "shell.sh" in one.log[-2]
    assert "cannot be written" in one.log[-1]


def test_the_picture_stays_during_a_restart_of_the_server(stage: MakeStage, tmp_path: Path) -> None:
    one = stage()
    one.link(session=1)
    open_ready(one)
    one.stream((1, 42.0, 0.0, 1.0))
    one.server.welcome(one.event_port, one.media, session=2)
    one.arrive()

    def picture() -> int | None:
        one.standin.snapshot(tmp_path / "now.png")
        return read_number(cv2.imread(str(tmp_path / "now.png"))[..., ::-1])

    assert picture() == 42
    one.turn(2.5)
    assert picture() is None


@pytest.mark.parametrize("packet", [
    b"", b"\0" * 8, b"#bundle\0", b"/td/deck/1/open\0,is", b"/" + b"a" * 65000,
    b"/td/deck/1/tick\0,f\0\0\x7f\xc0\0\0",
    b"/td/deck/99999999999999999999/tick\0\0,i\0\0\0\0\0\1",
])
def test_nonsense_changes_nothing(stage: MakeStage, packet: bytes) -> None:
    one = stage()
    one.link()
    open_ready(one)
    for port in one.standin.ports:
        one.server.socket.sendto(packet, ("127.0.0.1", port))
        one.arrive()
    one.server.send(one.event_port, "/td/deck/1/open", "1", 0.5, 3, 4)
    one.server.send(one.event_port, "/td/deck/0/open", 1, 0, "numbers.mov", 4)
    one.arrive()
    one.server.heard()
    one.stream((1, 3.0, 0.0, 1.0), (2, math.nan, math.inf, 1.0))
    assert shown(one) == [(1, 3)]


def test_a_port_in_use_is_named(stage: MakeStage) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        with pytest.raises(ServeError, match=rf"{port}.*--event-port"):
            stage(event_port=port)


@pytest.mark.parametrize("text", ["", "x", "-5", "800-20", "20-800-3", "nan", "1e9"])
def test_an_opening_time_that_is_none(text: str) -> None:
    with pytest.raises(InputError, match="20-800"):
        parse_open_time(text)


@pytest.mark.parametrize("text", ["", ":", "host:", "host:0", "host:65536", "host:x", ":7500"])
def test_an_address_that_is_none(text: str) -> None:
    with pytest.raises(InputError):
        parse_address(text, 0 if ":" not in text else 7500)
