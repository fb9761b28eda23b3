"""`interscene doctor` beside a real server and alone: one page, and an exit code that says whether something is bad."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from running import running

from cli import parser_for
from server.app.examinations import whole
from server.media.numbered import write_numbered

Run = Callable[..., int]


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "songs"
    folder.mkdir()
    write_numbered(folder / "a.mov", 8, 320, 180, rate=Fraction(30))
    return folder


@pytest.fixture
def run(media: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    # Asking torch imports it in another process, for seconds; what it says is examined elsewhere.
    monkeypatch.setattr(whole, "has_torch", lambda: False)
    parser, module = parser_for("doctor")
    return lambda *words: module.run(parser.parse_args([*words, "--media-dir", str(media)]))


def test_beside_a_running_server(run: Run, media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(media) as parts:
        code = run("--osc-port", str(parts.receiver.ports[0]), "--http-port", str(parts.http.port), "--json")

    found = json.loads(capsys.readouterr().out)
    assert code in (0, 1)  # this machine may be busy: then the clock is bad
    assert {"ports", "renderer", "clock", "network", "disk", "decoding", "torch", "models"} <= {
        each["part"] for each in found}
    assert next(each for each in found if each["part"] == "ports")["text"].startswith("an Interscene is running")


def test_alone_with_a_port_taken(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        port = stranger.getsockname()[1]
        code = run("--osc-port", str(port), "--http-port", "0")

    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[0].startswith(f"BAD  ports     {port}/udp (OSC) cannot be had")
    assert lines[-1].startswith(("one thing to look at", "2 things", "3 things"))


def test_only_the_song_that_is_named_is_read(run: Run, media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_numbered(media / "set" / "b.mov", 8, 320, 180, rate=Fraction(30))
    run("set", "--osc-port", "0", "--http-port", "0", "--json")

    reading = [each["text"] for each in json.loads(capsys.readouterr().out) if each["part"] == "disk"]
    assert "frames of 1 movies" in reading[1]
