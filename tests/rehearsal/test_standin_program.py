"""The stand-in as a program of its own: start, options, and every way to end it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from scripted_server import ScriptedServer

from server.media.numbered import read_number

ROOT = Path(__file__).resolve().parents[2]


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "td_project.rehearsal", *arguments], cwd=ROOT, text=True,
                            stdin=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    server.socket.settimeout(30)
    yield server
    server.close()


def ports(server: ScriptedServer) -> tuple[str, ...]:
    return "--server", f"127.0.0.1:{server.address[1]}", "--stream-port", "0", "--event-port", "0"


def test_it_opens_shows_and_ends_with_its_parent(server: ScriptedServer, media: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "last.png"
    with start(*ports(server), "--open-ms", "0", "--snapshot", str(snapshot), "--headless") as process:
        _, stream, events, *_ = server.expect("/system/hello")
        server.welcome(events, media)
        server.send(events, "/td/deck/1/open", 1, 0, "numbers.mov", 5)
        assert server.expect("/td/deck/1/ready") == (1,)
        assert server.expect("/td/deck/1/shown") == (1, 5)
        server.stream(stream, (1, 61.0, 0.0, 1.0))
        assert server.expect("/td/deck/1/shown") == (1, 61)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert read_number(cv2.imread(str(snapshot))[..., ::-1]) == 61


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without telling it")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told(server: ScriptedServer, number: int) -> None:
    with start(*ports(server)) as process:
        server.expect("/system/hello")
        process.send_signal(number)
        assert process.wait(30) == 0


@pytest.mark.parametrize(("arguments", "words"), [
    (("--open-ms", "soon"), "20-800"),
    (("--server", "no..where:7500"), "no..where"),
    (("--server", "127.0.0.1:99999"), "host:port"),
    (("--fps", "0"), "--fps"),
    (("--event-port", "70000"), "65535"),
])
def test_a_wrong_option_is_one_clear_line(arguments: tuple[str, ...], words: str) -> None:
    with start(*arguments) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert words in errors
    assert len(errors.splitlines()) == 1


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with start("--stream-port", str(other.getsockname()[1])) as process:
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "--stream-port" in errors
    assert len(errors.splitlines()) == 1
