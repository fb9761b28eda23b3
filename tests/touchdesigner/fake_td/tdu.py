"""TouchDesigner's `tdu` module, as far as components use it."""

# ruff: noqa: N802 - TouchDesigner's names
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_WATCHERS: list[dict[Dependency, int]] = []


class Dependency:
    """A value that parameters and cooks can depend on."""

    def __init__(self, value: Any = None) -> None:
        self._value = value
        self.version = 0
        self.callbacks: list[Any] = []

    @property
    def val(self) -> Any:
        if _WATCHERS:
            _WATCHERS[-1][self] = self.version
        return self._value

    @val.setter
    def val(self, value: Any) -> None:
        if value != self._value:
            self._value = value
            self.version += 1

    def peekVal(self) -> Any:
        return self._value

    def modified(self) -> None:
        """Tell everybody that what is inside has changed."""
        self.version += 1


@contextmanager
def watched() -> Iterator[dict[Dependency, int]]:
    """Whose values are read meanwhile, and at which version."""
    uses: dict[Dependency, int] = {}
    _WATCHERS.append(uses)
    try:
        yield uses
    finally:
        _WATCHERS.pop()


class FileInfo(str):
    """A path with its parts."""

    @property
    def ext(self) -> str:
        return Path(self).suffix

    @property
    def baseName(self) -> str:
        return Path(self).stem

    @property
    def fileName(self) -> str:
        return Path(self).name

    @property
    def exists(self) -> bool:
        return Path(self).exists()

    @property
    def absPath(self) -> str:
        return str(Path(self).absolute())


def clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def remap(value: float, from1: float, from2: float, to1: float, to2: float) -> float:
    return to1 + (value - from1) * (to2 - to1) / (from2 - from1)


def digits(text: str) -> int | None:
    found = re.search(r"(\d+)(?!.*\d)", text)
    return int(found[1]) if found else None


def base(text: str) -> str:
    return re.split(r"\d", text, maxsplit=1)[0]


def validName(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def legalName(name: str) -> str:
    return validName(name)


def split(text: Any) -> list[str]:
    return str(text).split()
