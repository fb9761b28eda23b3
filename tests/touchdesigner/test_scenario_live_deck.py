"""The live deck against a real server: its WebSocket, its stored JPEGs, the number read off the Script TOP."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from component_builder import build
from fake_td import BUILDS, FakeTouchDesigner, Quirks, real_clock
from show_in_td import free_ports

from server.app.serving import Parts
from server.frontends import websocket
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame, read_number

sys.path.append(str(Path(__file__).resolve().parents[1] / "app"))
from running import Client, running

PATIENCE = 20.0


class Stage:
    """A TouchDesigner by the real clock, with the component in it; nothing but `live` is looked at."""

    def __init__(self, http_port: int, osc_port: int = 0, build_name: str = BUILDS[-1], *, deck: int = 1,
                 token: str = "", looked_at: bool = True, **td: Any) -> None:
        self.td = FakeTouchDesigner(build_name, clock=real_clock, **td)
        self.comp = build(self.td, osc_port or free_ports(1)[0], *free_ports(2))
        self.comp.par.Httpport, self.comp.par.Token, self.comp.par.Livedeck = http_port, token, deck
        if looked_at:
            self.td.view(self.comp.op("live"))
        self._next = real_clock()

    def frame(self, count: int = 1) -> None:
        for _ in range(count):
            self._next = max(self._next + 1 / 60, real_clock() - 0.1)
            time.sleep(max(0.0, self._next - real_clock()))
            self.td.frame()

    def until(self, condition: Callable[[], bool]) -> None:
        end = real_clock() + PATIENCE
        while not condition():
            assert real_clock() < end, f"it did not happen: {self.log()[-6:]}"
            self.frame()

    @property
    def script(self) -> Any:
        return self.comp.op("script_live")

    @property
    def dat(self) -> Any:
        return self.comp.op("websocket_live")

    @property
    def number(self) -> int | None:
        """Read off the output."""
        return read_number(self.comp.op("live")._picture[..., :3])

    def log(self) -> list[str]:
        self.comp.ext.LinkExt.Tell()
        return [row[1].val for row in self.comp.op("log").rows()]

    def says(self, *words: str) -> bool:
        return any(all(word in line for word in words) for line in self.log())


@contextmanager
def stage(*args: Any, **more: Any) -> Iterator[Stage]:
    made = Stage(*args, **more)
    try:
        yield made
        assert not made.td.failures, made.td.failures[0].text
    finally:
        made.td.close()


@contextmanager
def playing(media: Path, **settings: object) -> Iterator[tuple[Parts, Client]]:
    """A server that stands at frame 17 of a.mov on deck 1."""
    with running(media, **{"decks": "2", **settings}) as parts, Client(parts) as client:
        client.ask("/deck/1/load", "a.mov", 0.0)
        client.tell("/deck/1/pause")
        client.tell("/deck/1/frame", 17)
        yield parts, client


@pytest.mark.parametrize("build_name", BUILDS)
def test_the_frame_of_the_server_is_read_off_the_script_top(media: Path, build_name: str) -> None:
    with playing(media) as (parts, client), stage(parts.http.port, build_name=build_name) as td:
        td.until(lambda: td.number == 17)
        assert td.script._picture.shape == (96, 160, 4)
        assert td.script._picture[..., 3].min() == 255
        for wanted in (3, 88, 0, 45):
            client.tell("/deck/1/frame", wanted)
            td.until(lambda wanted=wanted: td.number == wanted)
        client.ask("/deck/2/load", "b.mov", 0.0)
        client.tell("/deck/2/pause")
        client.tell("/deck/2/frame", 60)
        td.comp.par.Livedeck = 2
        td.until(lambda: td.number == 1060)
        td.comp.par.Livedeck = 1
        td.until(lambda: td.number == 45)


def test_movement_is_followed_and_dissolves_are_mixed(media: Path) -> None:
    with playing(media) as (parts, client), stage(parts.http.port) as td:
        td.until(lambda: td.number == 17)
        client.tell("/deck/1/play")
        seen: list[int] = []

        def look() -> bool:
            if td.number is not None and td.number not in seen:
                seen.append(td.number)
            return len(seen) > 12

        td.until(look)
        assert seen == sorted(seen), "pictures come in their order"
        client.tell("/deck/1/pause")
        client.ask("/deck/1/load", "b.mov", 0.4)
        td.until(lambda: td.number is not None and td.number >= 1000)
        client.tell("/deck/1/level", 0.5)
        before = td.script._picture[..., :3].mean()
        td.until(lambda: abs(td.script._picture[..., :3].mean() - before / 2) < before / 20)


def test_off_it_costs_nothing(media: Path) -> None:
    with playing(media) as (parts, _), stage(parts.http.port, deck=0, looked_at=False) as td:
        td.frame(20)
        assert (td.dat._attempts, td.dat.par.active.eval(), td.dat._socket) == ([], False, None)
        assert td.script._cooks == 0
        live = td.comp.ext.LiveExt
        assert not live._pictures._looked, "OpenCV is not looked for"
        td.comp.par.Livedeck = 1
        td.until(lambda: len(parts.http._clients) == 1)
        td.comp.par.Livedeck = 0
        td.until(lambda: not parts.http._clients)
        td.td.view(td.comp.op("live"))
        td.frame(3)
        assert not td.script._picture[..., :3].any()
        assert td.dat._socket is None


def test_what_nobody_looks_at_is_asked_for_twice_and_decoded_never(media: Path) -> None:
    with playing(media) as (parts, client), stage(parts.http.port, looked_at=False) as td:
        asked: list[str] = []
        send = td.dat.sendText
        td.dat.__dict__["sendText"] = lambda text: asked.append(text) or send(text)
        client.tell("/deck/1/play")
        model = td.comp.ext.LiveExt._model
        td.until(lambda: model.serial == 2)
        td.frame(30)
        assert asked == ['{"want": 1}'] * 2
        assert (model.serial, td.script._cooks) == (2, 0)
        client.tell("/deck/1/pause")
        client.tell("/deck/1/frame", 99)
        td.td.view(td.comp.op("live"))
        td.until(lambda: td.number == 99)


def test_a_server_that_is_restarted_comes_back_and_the_picture_stays_meanwhile(media: Path) -> None:
    with playing(media) as (parts, _), stage(parts.http.port) as td:
        td.until(lambda: td.number == 17)
        port = parts.http.port
        parts.http.stop()
        td.until(lambda: td.says("lost", str(port), "stays"))
        td.until(lambda: td.says("nobody listens"))
        assert td.number == 17
        parts.http.start()
        with Client(parts) as client:
            client.tell("/deck/1/frame", 71)
            td.until(lambda: td.number == 71)
        assert td.says("again")
        assert sum("nobody listens" in line for line in td.log()) == 1


def test_a_token_is_asked_for_by_name(media: Path) -> None:
    with playing(media, listen="0.0.0.0", token="käse & brot/1?") as (parts, _), stage(parts.http.port) as td:
        td.until(lambda: td.says("asks for a token", "token="))
        td.comp.par.Token = "wrong"
        td.until(lambda: td.says("the Token is wrong"))
        assert td.number is None
        td.comp.par.Token = " käse & brot/1? "
        td.until(lambda: td.number == 17)
        assert all("brot" not in line for line in td.log())


@pytest.mark.parametrize("path", ["in a URL", "in a whole URL"])
def test_however_a_build_is_told_the_path(media: Path, path: str) -> None:
    quirks = Quirks(websocket_path=path, websocket_failures_are_silent=False, osc_before_frame_start=False)
    with playing(media) as (parts, _), stage(parts.http.port, quirks=quirks) as td:
        td.until(lambda: td.number == 17)
        assert len(td.dat._attempts) <= 3


def test_no_such_deck_and_then_it_is_there(media: Path) -> None:
    with playing(media) as (parts, _), stage(parts.http.port, deck=9) as td:
        td.until(lambda: td.says("there is no deck 9"))
        assert sum("no deck 9" in line for line in td.log()) == 1
        td.comp.par.Livedeck = 1
        td.until(lambda: td.number == 17)


def test_without_follow_and_without_movies_it_shows_what_the_server_does(media: Path) -> None:
    with playing(media) as (parts, client), stage(parts.http.port, parts.receiver.ports[0]) as td:
        td.comp.par.Follow = False
        td.frame(20)
        assert not parts.loop.show.renderers.present(), "nobody waits for this component"
        for wanted in (50, 51):
            client.tell("/deck/1/frame", wanted)
            td.until(lambda wanted=wanted: td.number == wanted)
        assert td.td.disk.opens == []
        td.comp.par.Follow = True
        td.until(lambda: bool(parts.loop.show.renderers.present()))
        client.tell("/deck/1/frame", 52)
        td.until(lambda: td.number == 52)


def test_without_opencv_touchdesigner_reads_the_strongest_layer(media: Path) -> None:
    with playing(media) as (parts, client), stage(parts.http.port, deck=0) as td:
        td.td.own_modules["cv2"] = None
        td.comp.par.Livedeck = 1
        td.until(lambda: td.number == 17)
        client.tell("/deck/1/frame", 90)
        td.until(lambda: td.number == 90)
        assert td.says("no OpenCV")


def test_a_movie_that_vanishes_leaves_the_picture(media: Path, tmp_path: Path) -> None:
    (tmp_path / "b.mov").write_bytes((media / "b.mov").read_bytes())
    with running(tmp_path, decks="1") as parts, Client(parts) as client, stage(parts.http.port) as td:
        client.ask("/deck/1/load", "b.mov", 0.0)
        client.tell("/deck/1/pause")
        client.tell("/deck/1/frame", 30)
        td.until(lambda: td.number == 1030)
        path = tmp_path / "b.mov"
        path.write_bytes(path.read_bytes()[:2000])
        client.tell("/deck/1/frame", 80)
        td.until(lambda: td.says("frame 80"))
        assert td.number == 1030


def test_a_saved_component_has_no_connection_and_makes_its_own(media: Path, tmp_path: Path) -> None:
    with playing(media) as (parts, _), stage(parts.http.port) as td:
        td.until(lambda: td.number == 17)
        path = td.comp.save(tmp_path / "live.tox")
        assert b"127.0.0.1/ws" not in Path(path).read_bytes()
        td.comp.destroy()
        td.until(lambda: not parts.http._clients)
        td.comp = td.td.find(td.td.root, "/project1").loadTox(path)
        td.td.view(td.comp.op("live"))
        td.until(lambda: td.number == 17)


def test_a_rebuild_while_it_is_on_keeps_it_on(media: Path) -> None:
    with playing(media) as (parts, client), stage(parts.http.port) as td:
        td.until(lambda: td.number == 17)
        td.comp.par.Rebuild.pulse()
        td.frame(5)
        client.tell("/deck/1/frame", 60)
        td.until(lambda: td.number == 60)
        assert not td.says("kept", "websocket_live")


def test_somebody_else_at_the_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        taken.setblocking(False)
        with stage(taken.getsockname()[1]) as td:

            def answer() -> bool:
                with suppress(BlockingIOError):
                    one, _ = taken.accept()
                    one.settimeout(PATIENCE)
                    one.recv(4096)
                    one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
                    one.close()
                return td.says("something else answers", "200")

            td.until(answer)


def test_what_is_no_jpeg_leaves_the_picture(media: Path) -> None:
    with playing(media) as (parts, client), stage(parts.http.port) as td:
        td.until(lambda: td.number == 17)
        show: Any = parts.http._show
        good, bad = show.jpeg, {20: b"", 21: b"rubbish" * 99, 22: good_bytes(show)[:700], 23: declared(20_000, 20_000)}
        show.jpeg = lambda movie, frame: bad[frame] if frame in bad else good(movie, frame)
        for frame, words in ((20, "did not send it"), (21, "whole JPEG"), (22, "whole JPEG"), (23, "20000 x 20000")):
            client.tell("/deck/1/frame", frame)
            td.until(lambda frame=frame, words=words: td.says(f"frame {frame}", words, "stays"))
            assert td.number == 17
        client.tell("/deck/1/frame", 24)
        td.until(lambda: td.number == 24)


def test_what_is_no_message_is_said_and_the_connection_begins_anew(
        media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with playing(media) as (parts, client), stage(parts.http.port) as td:
        td.until(lambda: td.number == 17)
        model, packed = td.comp.ext.LiveExt._model, websocket.pack_picture
        for wrong in (b"", b"\xff\xff\xff\xff{}", packed({"deck": "1"}, [])):
            monkeypatch.setattr(websocket, "pack_picture", lambda header, blobs, wrong=wrong: wrong)
            client.tell("/deck/1/frame", 30)
            td.until(lambda: model.state == "waiting")
            assert (td.number, td.says("cannot make sense")) == (17, True)
            monkeypatch.setattr(websocket, "pack_picture", packed)
            client.tell("/deck/1/frame", 17)
            td.until(lambda: model.state == "open" and not model._tries)
        client.tell("/deck/1/frame", 31)
        td.until(lambda: td.number == 31)


def test_a_large_frame_is_brought_within_the_license(media: Path) -> None:
    large = encode_rgb(numbered_frame(7, 4096, 2304), 80, "420")
    with playing(media) as (parts, client), stage(parts.http.port, commercial=False) as td:
        show: Any = parts.http._show
        show.jpeg = lambda movie, frame: large
        client.tell("/deck/1/frame", 40)
        td.until(lambda: td.number == 7)
        assert td.script._picture.shape == (576, 1024, 4)
        assert td.script.warnings() == ""


def good_bytes(show: Any) -> bytes:
    return bytes(show.jpeg("a.mov", 0))


def declared(width: int, height: int) -> bytes:
    """A JPEG that says it is this large, and is nothing else."""
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return b"\xff\xd8\xff\xc0\x00\x11\x08" + size + bytes(20) + b"\xff\xd9"
