"""The supervisor beside servers that are killed, die at once, hang and fail: one is always there, and none is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.app import restarts, supervisor
from server.app.life import Order
from server.app.supervisor import SILENT, Supervisor
from server.playback.clock import ManualClock

PATIENCE = 20.0
HERE = Path(__file__).resolve()


class Supervised:
    """A supervisor on a thread over scripted servers; its clock is moved by hand."""

    def __init__(self, script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.diary = folder / "diary.txt"
        self.diary.touch()
        monkeypatch.setenv("SCRIPTED_SERVER", script)
        monkeypatch.setenv("SCRIPTED_DIARY", str(self.diary))
        monkeypatch.setenv("PYTHONPATH", str(HERE.parent))
        self.clock, self.stop, self.lines = ManualClock(100.0), threading.Event(), list[str]()
        self.code: int | None = None
        self.supervisor = Supervisor(Order({"decks": "2"}, ["song"]), self.stop, self.clock, self.lines.append,
                                     module="scripted_life")
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.code = self.supervisor.run()

    def lives(self, count: int, word: str = "serves") -> list[list[str]]:
        """Entries of the diary with a word, as soon as there are so many."""
        until = time.monotonic() + PATIENCE
        while True:
            found = [line.split() for line in self.diary.read_text(encoding="utf-8").splitlines() if word in line]
            if len(found) >= count:
                return found
            assert time.monotonic() < until, self.diary.read_text(encoding="utf-8")
            threading.Event().wait(0.01)

    def spare(self, count: int = 1) -> int:
        """The number of a spare one, as soon as there have been so many."""
        return int(self.lives(count, "spare")[count - 1][0])

    def ended(self) -> int | None:
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        return self.code


@pytest.fixture
def made() -> Iterator[list[Supervised]]:
    found: list[Supervised] = []
    yield found
    for one in found:
        one.stop.set()
        one.thread.join(PATIENCE)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between starts, nor with the spare one."""
    monkeypatch.setattr(supervisor, "SPARE_AFTER", 0.0)
    monkeypatch.setattr(restarts, "_WAITS", (0.0, 0.0, 0.0))


def supervised(made: list[Supervised], script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Supervised:
    made.append(Supervised(script, folder, monkeypatch))
    return made[-1]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)


def test_the_spare_one_takes_the_place_of_one_that_was_killed(made: list[Supervised], tmp_path: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    one = supervised(made, "serves", tmp_path, monkeypatch)
    (first,) = one.lives(1)
    assert first[1:] == ["serves", "0", "False", "False", "0"]
    for number in (1, 2):
        spare = one.spare(number)
        kill(int(one.lives(number)[-1][0]))
        newest = one.lives(number + 1)[-1]
        assert int(newest[0]) == spare
        assert newest[2:] == [str(number), "False", "False", "7581"], "at the same ports"
    one.stop.set()
    assert one.ended() == 0
    assert len(one.lives(1, "stops")) == 1
    assert one.lines[:1] == ["a line for people"]
    assert not any("\x01" in line for line in one.lines)


def test_without_a_spare_one_another_is_started(made: list[Supervised], tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SPARE_AFTER", 60.0)
    one = supervised(made, "serves", tmp_path, monkeypatch)
    kill(int(one.lives(1)[0][0]))
    assert one.lives(2)[1][2] == "1"


def test_a_spare_one_that_is_killed_is_replaced(made: list[Supervised], tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "SPARE_AGAIN", 0.0)
    one = supervised(made, "serves", tmp_path, monkeypatch)
    one.lives(1)
    kill(one.spare())
    one.lives(2, "spare")
    assert len(one.lives(1)) == 1


def test_what_ends_by_itself_ends(made: list[Supervised], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert supervised(made, "is done", tmp_path, monkeypatch).ended() == 0


def test_what_never_began_is_not_started_again(made: list[Supervised], tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    one = supervised(made, "fails", tmp_path, monkeypatch)
    assert one.ended() == 2, "its exit code is kept"
    assert len(one.lives(1)) == 1


@pytest.mark.full
def test_what_dies_again_and_again_is_given_less_each_time_and_then_given_up(
        made: list[Supervised], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture) -> None:
    one = supervised(made, "dies", tmp_path, monkeypatch)
    one.thread.join(60)
    assert one.ended() == 1
    assert [life[3:5] for life in one.lives(16)] == [
        *[["False", "False"]] * 6, *[["True", "False"]] * 5, *[["True", "True"]] * 5]
    assert "it is not started any more" in caplog.text


def test_one_that_says_nothing_any_more_is_ended(made: list[Supervised], tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    one = supervised(made, "hangs", tmp_path, monkeypatch)
    one.lives(1)
    spare = one.spare()
    one.clock.advance(SILENT + 1.0)
    assert int(one.lives(2)[1][0]) == spare


@pytest.mark.skipif(sys.platform == "win32", reason="there the job object ends them, without a word")
def test_nobody_is_left_when_the_supervisor_itself_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    diary = tmp_path / "diary.txt"
    diary.touch()
    for name, value in (("SCRIPTED_SERVER", "serves"), ("SCRIPTED_DIARY", str(diary)),
                        ("PYTHONPATH", os.pathsep.join((str(HERE.parents[2]), str(HERE.parent))))):
        monkeypatch.setenv(name, value)
    program = ("import threading\nfrom server.app.life import Order\nfrom server.app.supervisor import Supervisor\n"
               "from server.playback.clock import SystemClock\n"
               "Supervisor(Order({}), threading.Event(), SystemClock(), module='scripted_life').run()\n")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + PATIENCE
        while "spare" not in diary.read_text() and time.monotonic() < until:
            threading.Event().wait(0.05)
        process.kill()
    while not ("stops" in diary.read_text() and "not needed" in diary.read_text()):
        assert time.monotonic() < until, diary.read_text()
        threading.Event().wait(0.05)
