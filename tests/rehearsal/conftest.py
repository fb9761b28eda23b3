"""Numbered movies and a stage for the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from scripted_server import Stage

from server.media.numbered import write_numbered


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A media folder with two numbered movies; the second begins at 1000."""
    folder = tmp_path_factory.mktemp("media")
    (folder / "song one").mkdir()
    write_numbered(folder / "numbers.mov", 90, 160, 96, Fraction(30))
    write_numbered(folder / "song one" / "wäves 🌊.mov", 30, 160, 96, Fraction(30000, 1001), first=1000)
    (folder / "no movie.mov").write_bytes(b"this is no movie" * 100)
    (folder.parent / "outside.mov").write_bytes((folder / "numbers.mov").read_bytes())
    return folder


@pytest.fixture
def stage(media: Path) -> Iterator[Callable[..., Stage]]:
    """Makes stand-ins with options; closes them."""
    stages: list[Stage] = []

    def make(**options: Any) -> Stage:
        stages.append(Stage(media, **options))
        return stages[-1]

    yield make
    for each in stages:
        each.close()
