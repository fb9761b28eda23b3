"""Which start of the computer it is, by each system's own way of saying so."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from server.app.boot import boot_id, linux_boot, mac_boot, windows_boot


def test_it_is_the_same_until_the_computer_is_started_again() -> None:
    assert boot_id() == boot_id()
    if sys.platform in ("linux", "darwin", "win32"):
        assert boot_id()


def test_a_system_that_tells_nothing() -> None:
    assert boot_id("sunos5") == ""


def test_linux(tmp_path: Path) -> None:
    path = tmp_path / "boot_id"
    path.write_text("5c2e0b6e-1111-4222-8333-444455556666\n")
    assert linux_boot(path) == "5c2e0b6e-1111-4222-8333-444455556666"


class Mac:
    """libc of a Mac."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer

    def sysctlbyname(self, name: bytes, text: Any, size: Any, _new: Any, _length: int) -> int:
        assert name == b"kern.bootsessionuuid"
        if self.answer is None:
            return -1
        assert len(self.answer) < ctypes.cast(size, ctypes.POINTER(ctypes.c_size_t)).contents.value
        text.value = self.answer
        return 0


def test_macos() -> None:
    assert mac_boot(Mac(b"7E2B1C8A-AAAA-4BBB-8CCC-DDDDEEEEFFFF")) == "7E2B1C8A-AAAA-4BBB-8CCC-DDDDEEEEFFFF"
    with pytest.raises(OSError, match="does not tell"):
        mac_boot(Mac(None))


class Key:
    def __enter__(self) -> Key:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_windows() -> None:
    asked: list[str] = []

    def open_key(_root: object, path: str) -> Key:
        asked.append(path)
        return Key()

    registry = SimpleNamespace(HKEY_LOCAL_MACHINE=0, OpenKey=open_key, QueryValueEx=lambda _key, name: (
        {"BootId": 412}[name], 4))
    assert windows_boot(registry) == "windows 412"
    assert asked[0].endswith("PrefetchParameters")
