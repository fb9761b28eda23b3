"""Movies that say their own number, and TouchDesigners that fail a test when a script in them failed."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fake_td import BUILDS, FakeTouchDesigner
from making import MakeTd
from show_in_td import Together, together

from server.media.numbered import write_numbered


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three numbered movies of one size; their numbers begin at 0, 1000 and 2000."""
    folder = tmp_path_factory.mktemp("Bühne media")
    for name, count, first in (("a.mov", 120, 0), ("b.mov", 90, 1000), ("c.mov", 60, 2000)):
        write_numbered(folder / name, count, 160, 96, Fraction(30), first=first)
    (folder / "no movie.mov").write_bytes(b"this is no movie" * 100)
    return folder


@pytest.fixture
def make_td() -> Iterator[MakeTd]:
    """Makes TouchDesigners and closes them; `td.failures` must be empty at the end, or emptied by the test."""
    made: list[FakeTouchDesigner] = []

    def make(*args: Any, **more: Any) -> FakeTouchDesigner:
        made.append(FakeTouchDesigner(*args, **more))
        return made[-1]

    yield make
    for each in made:
        each.close()
    failed = [f"{failure.path} {failure.where}: {failure.text}" for each in made for failure in each.failures]
    assert not failed, "\n".join(failed)


@pytest.fixture
def stage(media: Path) -> Iterator[Together]:
    """A server and a component that shows the first movie, paused at frame 30."""
    with together(media) as made:
        made.load("a.mov")
        made.do("/deck/1/pause")
        made.do("/deck/1/frame", 30)
        made.run(0.3)
        assert made.seen[-1].number == 30
        yield made


@pytest.fixture(params=BUILDS)
def any_build(request: pytest.FixtureRequest) -> str:
    """Each build in turn."""
    return str(request.param)
