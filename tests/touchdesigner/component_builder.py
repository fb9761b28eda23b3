"""Puts the component into a fake TouchDesigner the way its own script does, and points it at a server."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from fake_td import FakeTouchDesigner

from td_project import builder
from td_project.build import sources

REPOSITORY = Path(builder.__file__).resolve().parents[1]


@cache
def embedded() -> dict[str, str]:
    """What the component carries with it."""
    return sources(REPOSITORY)


def build(fake: FakeTouchDesigner, server_port: int, stream_port: int, event_port: int, *, decks: int = 1,
          size: tuple[int, int] = (160, 96)) -> Any:
    """Build it in /project1, and let it find the server."""
    with fake.installed():
        comp, _ = builder.build(fake.td, embedded(), "0", decks=decks)
    for name, value in (("Streamport", stream_port), ("Eventport", event_port), ("Sizew", size[0]), ("Sizeh", size[1]),
                        ("Server", f"127.0.0.1:{server_port}")):
        comp.par[name].val = value
    return comp
