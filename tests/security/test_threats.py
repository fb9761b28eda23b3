"""Threats to a show on a venue's network, one by one: what may come in, from whom, and what it can do at worst.

SECURITY.md has the table; what is tested elsewhere is named there.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from server.app.serving import Parts, start
from server.frontends.allowance import BURST, CROWDED
from server.frontends.osc import OscReceiver
from server.media.numbered import write_numbered
from server.protocol.command import Command, Source
from server.protocol.dispatch import Result
from server.protocol.encode import message
from server.protocol.endpoints import COMMANDS
from server.protocol.schedule import WAITING_MAX
from server.settings.layers import load

REPO = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
PAGE = Source("127.0.0.1", 0, "http")
GETS = ("/", "/?output=1", "/api/state", "/api/movies", "/api/settings", "/api/health", "/api/examination",
        "/api/values?deck=1", "/api/messages?after=0", "/api/controllers", "/api/table", "/api/songs", "/docs",
        "/deck/1/play",
        "/deck/1/play?VALUE", "/panic", "/?HOST_INFO", "/frame/a.mov/0.jpg", "/system/panic?1=1")


@pytest.fixture
def media(tmp_path: Path) -> Path:
    write_numbered(tmp_path / "a.mov", 10, 64, 64)
    return tmp_path


@pytest.fixture
def server(media: Path) -> Iterator[Parts]:
    given: dict[str, object] = {"media_dir": str(media), "osc_port": ["0"], "http_port": "0", "announce": "no",
                                "generate": "off"}
    parts = start(load(given, environ={}), media)
    yield parts
    parts.stop()


def fetch(server: Parts, path: str, **request: object) -> tuple[int, bytes]:
    asked = urllib.request.Request(f"http://127.0.0.1:{server.http.port}{path}", **request)  # type: ignore[arg-type]
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read()


# what is reachable ----------------------------------------------------------------------------


def test_a_server_as_it_is_started_is_reached_from_this_computer_only(media: Path) -> None:
    """Every socket of the program and of all that it starts; only the ports are chosen, the rest is as it comes."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INTERSCENE_")}
    with subprocess.Popen([sys.executable, "-m", "cli", "serve", "--media-dir", str(media), "--osc-port", "0",
                           "--http-port", "0"], cwd=REPO, env={**environment, "PYTHONPATH": str(REPO)}, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("listening"):
                break
        try:
            found = _until_announced(process.pid)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(PATIENCE)
    assert any("this computer only" in line for line in said)
    assert len(found) >= 2
    open_to_others = [place for place in found if not _only_here(place.ip)]
    assert open_to_others == []


def _until_announced(pid: int) -> list[psutil._common.addr]:
    """Where it can be reached; its announcement, which has sockets of its own, begins a moment later than the rest."""
    until = time.monotonic() + 5.0
    while True:
        found = []
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            try:
                found += [one.laddr for one in process.net_connections("inet")
                          if one.laddr and (one.status in (psutil.CONN_LISTEN, psutil.CONN_NONE))]
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        if any(place.port == 5353 for place in found) or time.monotonic() > until:
            return found


def _only_here(host: str) -> bool:
    """Loopback, or the group of multicast DNS, which is joined on the loopback alone."""
    return host.startswith("127.") or host in ("::1", "224.0.0.251")


def test_what_listen_opens_is_said_in_capitals_and_asks_for_a_token(media: Path) -> None:
    given: dict[str, object] = {"media_dir": str(media), "osc_port": ["0"], "http_port": "0", "announce": "no",
                                "generate": "off", "listen": "0.0.0.0"}
    parts = start(load(given, environ={}), media)
    try:
        assert any("ANYBODY ON THIS NETWORK" in line for line in parts.lines(media))
        assert len(parts.http.token or "") >= 20
        assert fetch(parts, "/api/state")[0] == 401
        assert fetch(parts, "/api/state", headers={"Authorization": f"Bearer {parts.http.token}"})[0] == 200
    finally:
        parts.stop()


# what comes in --------------------------------------------------------------------------------


def test_a_flood_from_one_leaves_room_for_the_commands_of_another() -> None:
    heard: list[Result] = []
    receiver = OscReceiver([0], 4, heard.extend, time.perf_counter, time.time, waiting=lambda: CROWDED + 1)
    receiver.start()
    place = ("127.0.0.1", receiver.ports[0])
    try:
        with (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooding,
              socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as performing):
            performing.bind(("127.0.0.1", 0))
            until = time.monotonic() + PATIENCE
            while not receiver.counts().left_out and time.monotonic() < until:
                for _ in range(500):
                    flooding.sendto(message("/deck/1/level", 0.5), place)
            assert receiver.counts().left_out > 0
            wanted = performing.getsockname()[1]
            while not any(one.source.port == wanted for one in heard) and time.monotonic() < until:
                flooding.sendto(message("/deck/1/level", 0.5), place)
                performing.sendto(message("/deck/1/play"), place)
    finally:
        receiver.stop()
    assert any(isinstance(one, Command) and one.source.port == wanted for one in heard)
    assert receiver.counts().messages >= BURST


def test_commands_for_later_take_a_bounded_room(server: Parts) -> None:
    """Bundles for a minute from now: so many wait, and the others are done at once rather than kept or lost."""
    later = int((time.time() + 50 + 2_208_988_800) * 2 ** 32).to_bytes(8, "big")
    one = message("/deck/1/fade", 1.0)
    bundle = b"#bundle\0" + later + (len(one).to_bytes(4, "big") + one) * 500
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        sender.settimeout(PATIENCE)
        for number in range(WAITING_MAX // 500 + 4):
            sender.sendto(bundle, ("127.0.0.1", server.receiver.ports[0]))
            sender.sendto(message("/system/ping", str(number)), ("127.0.0.1", server.receiver.ports[0]))
            while f"{number}".encode() not in sender.recv(65536):
                continue
    assert len(server.loop.show.scheduled) <= WAITING_MAX


def test_no_message_of_osc_ends_the_server_or_destroys_what_cannot_be_had_again() -> None:
    """Snapshots that are deleted are moved aside; marks are of the running show; all else is named here on purpose."""
    harmless = {"/snapshot/delete", "/deck/{n}/mark/{m}/clear"}
    words = re.compile(r"delete|remove|erase|clear|quit|exit|shutdown|reboot|restart|format|purge|overwrite")
    assert {row.address for row in COMMANDS if words.search(row.address)} == harmless


@pytest.mark.parametrize("name", ["\\\\host\\share\\a.mov", "//host/a.mov", "http://host/a.mov", "file:///a.mov",
                                  "../a.mov", "C:\\a.mov", "NUL", "a.mov:stream", "\\\\?\\C:\\a.mov", "out/a.mov"])
def test_no_name_leads_out_of_the_media_folder(server: Parts, media: Path, name: str,
                                               tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    write_numbered(outside / "a.mov", 3, 64, 64)
    try:
        (media / "out").symlink_to(outside, target_is_directory=True)
    except OSError:
        pytest.skip("this user may not make links")
    answer = server.port.submit("/deck/1/load", [name], PAGE).result(PATIENCE)
    assert answer.code in ("path", "library", "input")
    assert str(outside) not in answer.text
    status, body = fetch(server, f"/frame/{urllib.request.quote(name, safe='')}/0.jpg")
    assert status in (400, 404)
    assert not body.startswith(b"\xff\xd8")


# pages of others ------------------------------------------------------------------------------


def test_no_get_changes_anything(server: Parts) -> None:
    before, done = server.loop.show.state, server.loop.show.received
    for path in GETS:
        assert fetch(server, path)[0] < 500, path
    assert server.loop.show.received == done
    assert [deck.layers for deck in server.loop.show.state.decks] == [deck.layers for deck in before.decks]


@pytest.mark.parametrize("headers", [
    {"Host": "evil.example"}, {"Origin": "http://evil.example", "Content-Type": "application/json"},
    {"Origin": "null", "Content-Type": "application/json"}, {"Content-Type": "text/plain"},
    {"Content-Type": "application/x-www-form-urlencoded"}])
def test_a_page_elsewhere_begins_nothing(server: Parts, headers: dict[str, str]) -> None:
    """What a form or a script of another page can send: without our own origin, or as no JSON."""
    status, _ = fetch(server, "/api/examination", data=b"{}", headers=headers, method="POST")
    assert status in (403, 415)


def test_a_page_elsewhere_learns_nothing(server: Parts) -> None:
    asked = urllib.request.Request(f"http://127.0.0.1:{server.http.port}/api/state",
                                   headers={"Origin": "http://evil.example"})
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] is None
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


# the table itself -----------------------------------------------------------------------------


def test_every_test_that_the_table_names_is_there() -> None:
    text = (REPO / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)`(?:: ((?:`test_\w+`(?:, )?)+))?", text)
    assert len(named) >= 10
    for file, functions in named:
        source = (REPO / file).read_text(encoding="utf-8")
        for function in re.findall(r"test_\w+", functions):
            assert f"def {function}(" in source, f"{file} has no {function}"
