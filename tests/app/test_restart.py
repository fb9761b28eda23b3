"""Real servers that die: in this process by stopping without a word, and under the supervisor by being killed."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path

import pytest
from running import PATIENCE, Client

from server.app.children import Child, start_standin
from server.app.life import FROZEN
from server.app.resuming import Resumption
from server.app.serving import Parts, start
from server.media.numbered import write_numbered
from server.playback.clock import SystemClock
from server.protocol.osc import Message, messages
from server.settings.layers import load

FRAMES = 3000


@pytest.fixture
def media(tmp_media: Path) -> Path:
    write_numbered(tmp_media / "set" / "long.mov", FRAMES, 64, 64, Fraction(30))
    return tmp_media


@contextmanager
def living(media: Path, **settings: object) -> Iterator[tuple[Parts, Resumption]]:
    """A server that dies at the end, unless it is told to finish."""
    given: dict[str, object] = {"media_dir": str(media), "osc_port": ["0"], "http_port": "0", "announce": "no",
                                "generate": "off", **settings}
    read = load(given, environ={})
    kept = Resumption(read, media, SystemClock())
    parts = start(read, media, kept=kept)
    try:
        yield parts, kept
    finally:
        parts.stop()
        kept.close()


def test_a_server_goes_on_with_what_another_one_played(media: Path) -> None:
    with living(media) as (first, kept), Client(first) as client:
        assert client.ask("/deck/1/load", "long") == ()
        assert client.ask("/deck/1/mark/3/set") == ()
        assert client.ask("/deck/1/speed", 0.5) == ()
        session = first.loop.show.about.session
        assert kept.keeper is not None
        kept.keeper.stop()
        kept.keeper.turn(SystemClock().now())
        state = first.loop.show.state
    with living(media) as (second, kept), Client(second) as client:
        assert second.loop.show.about.session == session
        now = second.loop.show.state
        same = now.deck(1).current, state.deck(1).current
        assert same[0] is not None
        assert same[1] is not None
        assert same[0].transport == same[1].transport
        assert client.value("/deck/1/state/movie") == "set/long.mov"
        assert client.value("/deck/1/song") == "set"
        assert client.ask("/deck/1/mark/3") == ()
        kept.finish()
    assert (media / ".interscene" / "live").is_dir(), "a hot cue is kept"
    with living(media) as (third, _), Client(third) as client:
        assert client.value("/deck/1/state/movie") == ""
        assert third.loop.show.state.hot_cues == now.hot_cues


@contextmanager
def supervised(media: Path, *arguments: str) -> Iterator[tuple[Child, int]]:
    """`interscene serve` as a person starts it, and its OSC port."""
    with Child("the server", "cli", "serve", str(media / "set"), "--media-dir", str(media), "--osc-port", "0",
               "--http-port", "0", "--no-announce", "--no-midi", "--generate", "off", *arguments) as child:
        yield child, int(re.findall(r"osc=(\d+)", child.line_with("listening osc="))[0])


def server_of(media: Path) -> int:
    return int((media / ".interscene" / "live" / "lock").read_text())


class Numbers:
    """The numbers that a stand-in reads in the pictures that it shows."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE)
        self.seen: list[int] = []

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def upto(self, frame: int) -> None:
        """Read until this frame has been shown."""
        while not self.seen or self.seen[-1] < frame:
            for heard in messages(self._socket.recv(65536)):
                if isinstance(heard, Message) and heard.args:
                    found = [arg for arg in heard.args if isinstance(arg, int)]
                    self.seen.append(found[-1])

    def close(self) -> None:
        self._socket.close()


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="there nothing is killed with a signal")
def test_nobody_who_looks_sees_that_the_server_was_killed(media: Path) -> None:
    with ExitStack() as stack:
        child, osc = stack.enter_context(supervised(media))
        numbers = Numbers()
        stack.callback(numbers.close)
        standin = stack.enter_context(start_standin(osc, "--open-ms", "0", "--report", f"127.0.0.1:{numbers.port}"))
        numbers.upto(20)
        for _ in range(2):
            child.line_with("spare server is ready")
            first = server_of(media)
            os.kill(first, signal.SIGKILL)
            child.line_with("this one goes on with the show")
            numbers.upto(numbers.seen[-1] + 60)
            assert server_of(media) != first
        steps = [b - a for a, b in zip(numbers.seen, numbers.seen[1:], strict=False)]
        assert min(steps) >= 0, "it never goes back"
        assert sum("linked to" in line for line in standin._log) == 1, "it is one session all the time"


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to_and_leaves_nobody(media: Path, number: int) -> None:
    with supervised(media) as (child, _):
        child.line_with("spare server is ready")
        server = server_of(media)
        child._process.send_signal(number)
        assert child._process.wait(PATIENCE) == 0
        until = time.monotonic() + PATIENCE
        while _runs(server) and time.monotonic() < until:
            pass
        assert not _runs(server)
    assert not (media / ".interscene" / "live").exists(), "whoever was told to stop leaves nothing to go on with"


@pytest.mark.full
@pytest.mark.skipif(sys.platform == "win32", reason="there nothing is killed with a signal")
def test_a_show_whose_supervisor_was_killed_can_be_gone_on_with(media: Path) -> None:
    with supervised(media) as (child, _):
        child.line_with("spare server is ready")
        server = server_of(media)
        child._process.kill()
        until = time.monotonic() + PATIENCE
        while _runs(server) and time.monotonic() < until:
            pass
        assert not _runs(server), "nobody is left"
    with supervised(media) as (child, _):
        assert any("this one goes on with the show" in line for line in child._log)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(("arguments", "code", "word"), [
    (["--decks", "99"], 1, "decks"), (["nothing/of/the/kind"], 1, "nothing/of/the/kind"), (["--speed"], 2, "--speed")])
def test_what_is_wrong_with_the_command_is_said_once(tmp_path: Path, arguments: list[str], code: int, word: str
                                                      ) -> None:
    done = subprocess.run([sys.executable, "-P", "-m", "cli", "serve", "--media-dir", str(tmp_path), *arguments],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if word in line]) == 1


def test_a_show_that_stands_says_what_its_threads_did_and_ends() -> None:
    done = subprocess.run([sys.executable, "-c", "from server.app.watchdog import end_process; end_process()"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == FROZEN
    assert "end_process" in done.stderr, "where every thread was"


def test_it_is_not_started_by_hand() -> None:
    done = subprocess.run([sys.executable, "-P", "-m", "server.app.supervised"], input="hello\n",
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "interscene serve" in done.stderr
