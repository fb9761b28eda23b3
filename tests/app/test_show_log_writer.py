"""The thread that writes the show log: segments, losses, limits, and a disk that refuses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.app.show_log import AGAIN, SEGMENT, SEGMENT_BYTES, ShowLog
from server.app.show_log_folder import log_files
from server.app.show_log_reading import ShowLogReader
from server.playback.tempo import Tempo
from server.protocol.command import Released, Source
from server.show.log_format import Streamed
from server.show.scribe import Began, Came, Scribe
from server.show.show import About, Show
from server.show.state import ShowState

OPEN: list[ShowLog] = []
"""Writers of the test that runs; they are closed when it is over."""


class Writing:
    """A log whose steps the test makes. Its days are as long as it likes."""

    def __init__(self, root: Path, *, most_bytes: int = 1 << 30, most_seconds: float = 1e9, limit: int = 1000) -> None:
        self.scribe = Scribe(limit)
        self.wall = 1_700_000_000.0
        self.log = ShowLog(self.scribe, root, 7, lambda: self.wall, most_bytes=most_bytes, most_seconds=most_seconds)
        self.show = Show(ShowState.fresh(2, 1 / 60, Tempo(120.0)), About("t", 60.0, "/m", 7))
        self.number = 0
        OPEN.append(self.log)

    def ticks(self, seconds: float, every: float = 1.0) -> Writing:
        for _ in range(round(seconds / every)):
            self.number += 1
            self.scribe.ticked(self.show, self.number, self.number * every, [])
        self.log.turn()
        return self

    def button(self, count: int = 1) -> None:
        for _ in range(count):
            self.scribe.came(Released("/" + "x" * 200, (0.0,), Source("1.2.3.4", 5)), float(self.number))


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "log"
    while OPEN:
        OPEN.pop().close()


def test_every_segment_begins_with_the_whole_show(root: Path) -> None:
    writing = Writing(root).ticks(SEGMENT + 1).ticks(SEGMENT + 1).ticks(SEGMENT - 9)
    writing.button(3)
    writing.ticks(2)
    files = log_files(root)
    assert len(files) == 3
    for file in files:
        steps = list(ShowLogReader(file).steps())
        assert isinstance(steps[0], Began)
        assert not any(isinstance(step, Began) for step in steps[1:])
    ticks = [step.number for step in ShowLogReader(root).steps() if isinstance(step, Streamed)]
    assert ticks == list(range(2, writing.number + 1))
    assert sum(isinstance(step, Came) for step in ShowLogReader(root).steps()) == 3
    reader = ShowLogReader(root)
    first = next(iter(reader.steps(SEGMENT * 1.5)))
    assert isinstance(first, Began)
    assert reader.began < first.now <= SEGMENT * 1.5 + 2


def test_what_comes_in_too_fast_is_left_out_counted_and_begun_anew(root: Path,
                                                                   caplog: pytest.LogCaptureFixture) -> None:
    writing = Writing(root).ticks(3)
    writing.button(1200)
    writing.ticks(5)
    writing.ticks(5)
    lost = writing.scribe.lost
    assert lost >= 200
    assert f"{lost} steps short" in caplog.text
    reader = ShowLogReader(root)
    began = [step for step in reader.steps() if isinstance(step, Began)]
    assert [step.lost for step in began] == [0, lost]
    assert f"{lost} steps before it are missing" in reader.problems[0]


def test_the_oldest_goes_and_no_more(root: Path) -> None:
    writing = Writing(root, most_bytes=SEGMENT_BYTES + 50_000)
    for _ in range(12):
        writing.button(100)
        writing.ticks(SEGMENT)
    files = log_files(root)
    assert [int(file.stem) for file in files] == list(range(int(files[0].stem), int(files[-1].stem) + 1))
    assert files[0].stem != "00001"
    assert sum(file.stat().st_size for file in files) <= SEGMENT_BYTES + 50_000
    assert ShowLogReader(root).segments[-1].path == files[-1]


def test_what_is_too_old_goes_with_its_folder(root: Path) -> None:
    old = Writing(root).ticks(2)
    old.log.close()
    for file in log_files(root):
        os.utime(file, (1_600_000_000, 1_600_000_000))
    new = Writing(root, most_seconds=3600.0)
    new.wall += 86_400
    new.ticks(2)
    assert len(log_files(root)) == 1
    assert len(list(root.iterdir())) == 1


def test_a_disk_that_refuses_is_said_once_and_tried_again(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    root.parent.mkdir(exist_ok=True)
    root.write_text("a file where the folder would be")
    writing = Writing(root).ticks(3).ticks(3).ticks(3)
    assert caplog.text.count("cannot be written") == 1
    root.unlink()
    writing.ticks(AGAIN).ticks(3).ticks(3)
    assert len(log_files(root)) == 1
    assert any(isinstance(step, Streamed) for step in ShowLogReader(root).steps())


def test_two_runs_of_one_second_have_folders_of_their_own(root: Path) -> None:
    first, second = Writing(root).ticks(2), Writing(root).ticks(2)
    assert len(list(root.iterdir())) == 2
    assert first.log is not second.log


def test_a_log_that_cannot_be_told_of_says_so(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    writing = Writing(root).ticks(2)
    writing.scribe.came(object(), 2.0)  # type: ignore[arg-type]
    writing.ticks(2)
    assert "the show log has a gap" in caplog.text
    writing.ticks(AGAIN + 3).ticks(3)
    assert len(log_files(root)) == 2


