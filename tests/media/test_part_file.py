"""A growing file is brought to the disk while it grows, and a disk that fails then is still reported."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from server.errors import OutputError
from server.media import part_file
from server.media.part_file import PartFile, write_file


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the file whenever it was brought to the disk."""
    sizes: list[int] = []

    def fsync(handle: int, real=os.fsync) -> None:  # type: ignore[no-untyped-def]
        sizes.append(os.fstat(handle).st_size)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(part_file, "_SYNC_EVERY", 100_000)
    return sizes


def test_the_disk_begins_before_the_end(tmp_path: Path, synced: list[int]) -> None:
    part = PartFile(tmp_path / "a.bin")
    for _ in range(5):
        part.write(bytes(60_000))
    part.flush()

    assert synced[0] >= 100_000
    assert len(synced) >= 2
    assert synced[-1] == 300_000
    part.publish()
    assert (tmp_path / "a.bin").stat().st_size == 300_000


def test_a_disk_that_fails_meanwhile_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(handle: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", broken)
    monkeypatch.setattr(part_file, "_SYNC_EVERY", 1000)
    part = PartFile(tmp_path / "a.bin")
    part.write(bytes(2000))

    with pytest.raises(OutputError, match="disk is full"):
        part.flush()
    part.abandon()
    assert list(tmp_path.iterdir()) == []


def test_abandoned_while_the_disk_is_at_work(tmp_path: Path, synced: list[int]) -> None:
    part = PartFile(tmp_path / "a.bin")
    part.write(bytes(200_000))
    part.abandon()

    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_inside_the_muxer_is_raised_by_the_next_check(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "a.bin")

    class Interrupting:
        """A disk during whose write somebody presses Ctrl-C."""

        def write(self, data: bytes) -> int:
            assert part_file.holds_back(sys._getframe())
            return len(data)

    assert not part_file.holds_back(sys._getframe())
    part.check()
    real, part._file = part._file, Interrupting()  # type: ignore[assignment]
    part.write(b"data")
    part._file = real
    with pytest.raises(KeyboardInterrupt):
        part.check()
    part.check()
    part.abandon()


def test_a_whole_file_comes_with_its_folder_and_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.csv"
    write_file(path, b"old")
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    with pytest.raises(OutputError, match="already there"):
        write_file(path, b"newer", overwrite=False)
    assert path.read_bytes() == b"new"
    assert [each.name for each in path.parent.iterdir()] == ["x.csv"]


def test_a_whole_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(OutputError, match=r"x\.csv is a folder"):
        write_file(tmp_path / "x.csv", b"new")
    with pytest.raises(OutputError, match="a file in its way"):
        write_file(Path(__file__) / "y.csv", b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["x.csv"]
