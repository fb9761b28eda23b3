"""The fake's Movie File In and OSC operators behave as documented."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_td import NEVER, FakeTouchDesigner, NotInTheFake, Quirks
from making import MakeTd
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from server.media.numbered import read_number


def player(td: FakeTouchDesigner, path: Path | str, **pars: Any) -> Any:
    """A Movie File In that is viewed, in the play mode that shows an index."""
    movie = td.root.create("moviefileinTOP")
    values = {"playmode": "specify", "opentimeout": 0, "textendleft": "hold", "textendright": "hold", **pars}
    for name, value in values.items():
        movie.par[name].val = value
    movie.par.file = str(path)
    td.view(movie)
    return movie


def number(top: Any) -> int | None:
    return read_number(top._picture[..., :3])


def test_opening_takes_its_time_and_is_black_meanwhile(make_td: MakeTd, media: Path) -> None:
    td = make_td()
    td.disk.open_time = lambda path, chance: 0.2
    movie = player(td, media / "a.mov", index=7)
    assert not movie.isOpening, "nothing happens before it cooks"
    td.frame()
    assert (movie.isOpening, movie.isOpen, movie.numImages, number(movie)) == (True, False, 0, None)
    td.seconds(0.25)
    assert (movie.isOpening, movie.isOpen, movie.numImages, number(movie)) == (False, True, 120, 7)
    assert (movie.fileWidth, movie.fileHeight, movie.rate) == (160, 96, 30.0)
    assert td.disk.is_held(media / "a.mov")


def test_a_cook_waits_for_opening_up_to_its_timeout(make_td: MakeTd, media: Path) -> None:
    td = make_td()
    td.disk.open_time = lambda path, chance: 0.2
    movie = player(td, media / "a.mov", opentimeout=1000)
    td.frame()
    assert movie.isOpen
    assert [stall.why for stall in td.stalls] == ["open", "frame"]
    assert sum(stall.seconds for stall in td.stalls) == pytest.approx(0.2, abs=0.01)


def test_preload_opens_without_a_cook(make_td: MakeTd, media: Path) -> None:
    td = make_td("2025.32820")
    td.disk.open_time = lambda path, chance: 0.1
    movie = player(td, media / "b.mov", index=40, prereadframes=5)
    td.viewed.clear()
    callbacks = td.root.create("textDAT", "movie_callbacks")
    callbacks.text = "def onPreloadDone(op):\n\top.store('done', True)\n"
    movie.par.callbacks = callbacks
    movie.preload(40)
    td.frame(6)
    assert (movie.isOpen, movie.isFullyPreRead) == (False, False)
    td.frame(4)
    assert (movie.isOpen, movie.isFullyPreRead, movie.totalCooks, td.stalls) == (True, True, 0, [])
    assert movie.fetch("done") is True
    td.view(movie)
    td.frame()
    assert number(movie) == 1040
    assert td.stalls == []


def test_the_same_path_does_not_open_again(make_td: MakeTd, media: Path) -> None:
    td = make_td()
    movie = player(td, media / "a.mov")
    td.seconds(1.0)
    movie.par.file = ""
    movie.par.file = str(media / "a.mov")
    td.frame(3)
    assert len(td.disk.opens) == 1
    movie.par.reloadpulse.pulse()
    td.frame(3)
    assert len(td.disk.opens) == 2
    movie.destroy()
    assert not td.disk.is_held(media / "a.mov")


@pytest.mark.parametrize(("name", "why"), [("missing.mov", "there is no"), ("no movie.mov", "movie")])
def test_what_cannot_be_opened(make_td: MakeTd, media: Path, name: str, why: str) -> None:
    td = make_td()
    movie = player(td, media / name)
    info = td.root.create("infoCHOP")
    info.par.op = movie
    td.seconds(1.0)
    assert (movie.isInvalid, movie.isOpen, movie.isOpening) == (True, False, False)
    assert info["open_failed"].eval() == 1
    assert info["dropped_frames"] is None, "which belongs to another operator"
    assert tuple(movie._picture[-1, -1]) == (255, 0, 0, 255)
    assert why in movie._reading.failed


def test_never_and_out_of_order(make_td: MakeTd, media: Path) -> None:
    td = make_td()
    times = {str(media / "a.mov"): NEVER, str(media / "b.mov"): 0.5, str(media / "c.mov"): 0.1}
    td.disk.open_time = lambda path, chance: times[path]
    players = {name: player(td, media / f"{name}.mov") for name in "abc"}
    td.seconds(0.3)
    assert {name: movie.isOpen for name, movie in players.items()} == {"a": False, "b": False, "c": True}
    td.seconds(0.5)
    assert {name: movie.isOpening for name, movie in players.items()} == {"a": True, "b": False, "c": False}
    players["a"].par.opentimeout = 1000
    td.frame()
    assert td.stalls[-1].seconds == pytest.approx(1.0)


@pytest.mark.parametrize(("extend", "index", "shown"), [
    ("hold", -3, 0), ("hold", 500, 119), ("cycle", -1, 119), ("cycle", 121, 1), ("mirror", 121, 118),
    ("mirror", -1, 0), ("black", 120, None), ("hold", 7.9, 7), ("hold", float("nan"), None)])
def test_an_index_outside_the_movie(make_td: MakeTd, media: Path, extend: str, index: float,
                                    shown: int | None) -> None:
    td = make_td()
    movie = player(td, media / "a.mov", textendleft=extend, textendright=extend)
    movie.par.index = index
    td.seconds(1.0)
    assert number(movie) == shown


def test_what_is_not_known_can_be_either_way(make_td: MakeTd, media: Path) -> None:
    seen = []
    for quirks in (Quirks(), Quirks(index_rounds=True, negative_index_wraps=True, black_while_opening=False)):
        td = make_td(quirks=quirks)
        movie = player(td, media / "a.mov", index=7.9)
        td.seconds(1.0)
        seen.append(number(movie))
        movie.par.index = -1
        td.frame(2)
        seen.append(number(movie))
        movie.par.file = str(media / "b.mov")
        td.frame()
        seen.append(number(movie))
    assert seen == [7, 0, None, 8, 119, 119]


def test_units_and_sequential_play(make_td: MakeTd, media: Path) -> None:
    td = make_td()
    movie = player(td, media / "a.mov", indexunit="seconds", index=2.0)
    td.seconds(1.0)
    assert number(movie) == 60
    movie.par.indexunit, movie.par.index = "frames", 60
    td.frame()
    assert number(movie) == 30, "frames are the timeline's: 60 of them are a second"
    movie.par.playmode = "sequential"
    td.seconds(1.0)
    assert number(movie) in (29, 30, 31)
    movie.par.playmode = "locked"
    with pytest.raises(NotInTheFake):
        td.frame()


def test_a_frame_that_comes_too_late(make_td: MakeTd, media: Path) -> None:
    td = make_td()
    td.disk.open_time = lambda path, chance: 0.0
    td.disk.decode_time = lambda path, index: 0.05
    movie = player(td, media / "a.mov", frametimeout=10, frametimeoutstrat="keep", prereadframes=1,
                   alwaysloadinitial=True)
    td.seconds(0.5)
    movie.par.index = 90
    td.frame()
    assert (number(movie), movie.lastIndexUploaded) == (0, 0)
    assert [round(stall.seconds, 3) for stall in td.stalls][-1] == 0.01
    td.frame(4)
    assert (number(movie), movie.lastIndexUploaded) == (90, 90)


def test_frames_of_a_damaged_movie_keep_the_picture(make_td: MakeTd, media: Path, tmp_path: Path) -> None:
    data = bytearray((media / "a.mov").read_bytes())
    path = tmp_path / "a.mov"
    path.write_bytes(data)
    td = make_td()
    movie = player(td, path, index=3, prereadframes=1)
    td.seconds(1.0)
    middle = data.find(b"\xff\xd8\xff", len(data) // 2)
    path.write_bytes(data[:middle] + b"\0" * (len(data) - middle - 4096) + data[-4096:])
    movie.par.index = 100
    td.frame(3)
    assert number(movie) == 3
    assert movie.hasDecodeErrors


# OSC


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.settimeout(5)
        yield made


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def message(address: str, *args: Any) -> Any:
    builder = OscMessageBuilder(address)
    for arg in args:
        builder.add_arg(arg)
    return builder.build()


def bundle(*messages: Any) -> bytes:
    builder = OscBundleBuilder(IMMEDIATELY)
    for each in messages:
        builder.add_content(each)
    return bytes(builder.build().dgram)


def listener(td: FakeTouchDesigner, kind: str, port: int, **pars: Any) -> Any:
    op = td.root.create(kind)
    for name, value in {"localaddress": "127.0.0.1", **pars}.items():
        op.par[name].val = value
    op.par.port = port
    td.frame()
    return op


def test_osc_comes_to_callbacks_on_the_main_thread(make_td: MakeTd, sender: socket.socket) -> None:
    for backwards in (False, True):
        td, port = make_td(quirks=Quirks(bundles_backwards=backwards)), free_port()
        callbacks = td.root.create("textDAT", "callbacks")
        callbacks.text = ("HEARD = []\ndef onReceiveOSC(dat, row, message, data, timeStamp, address, args, peer):\n"
                          "\tHEARD.append((address, args, peer.port))\n\tpeer.sendOSC('/ack', [len(HEARD)])\n")
        dat = listener(td, "oscinDAT", port, callbacks=callbacks, maxlines=2)
        sender.sendto(bundle(message("/a", 1, 2.5, "x"), message("/b", True, b"\1\2")), ("127.0.0.1", port))
        td.frame()
        own = sender.getsockname()[1]
        expected = [("/a", [1, 2.5, "x"], own), ("/b", [True, b"\1\2"], own)]
        assert (expected[::-1] if backwards else expected) == callbacks.module.HEARD
        assert OscMessage(sender.recv(1000)).params == [1]
        assert OscMessage(sender.recv(1000)).params == [2]
        for n in range(5):
            sender.sendto(message("/n", n).dgram, ("127.0.0.1", port))
        td.frame()
        assert [dat[row, 0].val for row in range(dat.numRows)] == ["message", "/n 3", "/n 4"]
        assert [OscMessage(sender.recv(1000)).params for _ in range(5)] == [[3], [4], [5], [6], [7]]


def test_a_channel_has_the_newest_number_or_the_next_of_a_queue(make_td: MakeTd, sender: socket.socket) -> None:
    td, port = make_td(), free_port()
    newest = listener(td, "oscinCHOP", port, queued=False)
    queued = listener(td, "oscinCHOP", port, queued=True, stripsegments=2)
    for n in range(3):
        sender.sendto(message("/td/deck/frame", 16777216 + n).dgram, ("127.0.0.1", port))
    sender.sendto(message("/td/deck/two", 1, 0.5).dgram, ("127.0.0.1", port))
    td.frame()
    assert newest["td/deck/frame"].eval() == 16777218
    assert newest["td/deck/two2"].eval() == 0.5
    assert queued["frame"].eval() == 16777216
    td.frame()
    assert queued["frame"].eval() == 16777216, "16777217 is no float32"
    sender.sendto(message("/words", "x").dgram, ("127.0.0.1", port))
    td.frame()
    assert newest.numChans == 3
    assert "Non-numeric" in newest.warnings()


def test_what_is_sent(make_td: MakeTd, sender: socket.socket) -> None:
    td = make_td()
    out = td.root.create("oscoutDAT")
    out.par.address, out.par.port = "127.0.0.1", sender.getsockname()[1]
    assert out.sendOSC("/hello", ["ä", 3, 0.5, True], useNonStandardTypes=False) > 0
    heard, source = sender.recvfrom(1000)
    assert OscMessage(heard).params == ["ä", 3, 0.5, 1]
    out.sendOSC("/a", [1], "/b", [True], asBundle=True)
    second, again = sender.recvfrom(1000)
    assert second.startswith(b"#bundle")
    assert source == again, "it sends from one port of its own"
    with pytest.raises(Exception, match="32 bits"):
        out.sendOSC("/big", [2**40])
    out.par.active = False
    assert out.sendOSC("/a", [1]) == 0


def test_a_port_that_another_program_has(make_td: MakeTd, sender: socket.socket) -> None:
    port = sender.getsockname()[1]
    loud, silent = make_td(), make_td(quirks=Quirks(taken_ports_are_silent=True))
    dat = listener(loud, "oscinDAT", port)
    assert str(port) in dat.errors()
    assert listener(silent, "oscinDAT", port).errors() == ""
    dat.par.port = free_port()
    loud.frame()
    assert dat.errors() == ""
