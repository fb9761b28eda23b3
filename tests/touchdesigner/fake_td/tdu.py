"""TouchDesigner's `tdu` module, as far as components use it."""

# ruff: noqa: N802 - TouchDesigner's names
from __future__ import annotations

import re
from pathlib import Path
from typing import Any


class Dependency:
    """A value that parameters can depend on."""

    def __init__(self, value: Any = None) -> None:
        self._value = value
        self.callbacks: list[Any] = []

    @property
    def val(self) -> Any:
        return self._value

    @val.setter
    def val(self, value: Any) -> None:
        self._value = value

    def peekVal(self) -> Any:
        return self._value

    def modified(self) -> None:
        """Tell everybody; nothing is cached here."""


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
