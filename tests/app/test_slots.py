"""Two slots in turn: whatever happens to the file that is being written, what was written before can be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.app.slots import Slots


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    return Slots(tmp_path, "state")


def newest(folder: Path) -> bytes:
    return Slots(folder, "state").read()[0].content


def test_the_newest_is_read_and_the_one_before_is_there(slots: Slots, tmp_path: Path) -> None:
    assert Slots(tmp_path, "state").read() == []
    for number in range(1, 6):
        assert slots.write(f"content {number}".encode(), number * 10, 0.0) == number
    slots.close()
    assert [(kept.number, kept.tag, kept.content) for kept in Slots(tmp_path, "state").read()] == [
        (5, 50, b"content 5"), (4, 40, b"content 4")]


def test_another_process_writes_on(slots: Slots, tmp_path: Path) -> None:
    slots.write(b"one", 0, 0.0)
    slots.close()
    other = Slots(tmp_path, "state")
    assert other.write(b"two", 0, 0.0) == 2
    other.close()
    assert newest(tmp_path) == b"two"


def test_shorter_content_leaves_nothing_of_longer(slots: Slots, tmp_path: Path) -> None:
    for content in (b"x" * 1000, b"y" * 1000, b"short", b""):
        slots.write(content, 0, 0.0)
    slots.close()
    assert [kept.content for kept in Slots(tmp_path, "state").read()] == [b"", b"short"]


def test_a_write_that_fails_costs_what_was_there_before_nothing(slots: Slots, tmp_path: Path,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    slots.write(b"one", 0, 0.0)
    slots.write(b"two", 0, 0.0)
    whole = os.write

    def full(file: int, data: memoryview) -> int:
        whole(file, bytes(data[:20]))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        slots.write(b"three", 0, 0.0)
    monkeypatch.undo()
    assert newest(tmp_path) == b"two"
    assert slots.write(b"four", 0, 0.0) == 3
    slots.close()
    assert newest(tmp_path) == b"four"


def test_nothing_is_left_when_it_is_removed(slots: Slots, tmp_path: Path) -> None:
    slots.write(b"one", 0, 0.0)
    slots.write(b"two", 0, 0.0)
    slots.remove()
    assert list(tmp_path.iterdir()) == []


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255), st.integers(0, 400))
def test_damage_is_left_out(tmp_path_factory: pytest.TempPathFactory, content: bytes, at: int, value: int,
                            cut: int) -> None:
    folder = tmp_path_factory.mktemp("slots")
    slots = Slots(folder, "state")
    slots.write(b"before", 1, 0.0)
    slots.write(content, 2, 0.0)
    slots.close()
    path = folder / "state.0"
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= value
    path.write_bytes(data[:cut] if cut < len(data) else data)
    found = Slots(folder, "state").read()
    assert found[-1].content == b"before"
    assert all(kept.content in (b"before", content) for kept in found)
