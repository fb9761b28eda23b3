"""Numbered movies, a fake show over them, and a server on a port of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fake_show import FakeShow
from proposal_space import FakeQuery

from server.frontends.http import HttpServer
from server.frontends.oscquery import OscQuery
from server.media.numbered import write_numbered
from server.playback.clock import SystemClock


class Time:
    """The show's time; it stands until a test moves it."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two numbered movies; the second begins at 500 and has an awkward name."""
    folder = tmp_path_factory.mktemp("numbers")
    (folder / "söng 1").mkdir()
    write_numbered(folder / "first.mov", 120, 320, 180, Fraction(30))
    write_numbered(folder / "söng 1" / "a #1 50% 🌊?.mov", 60, 320, 180, Fraction(60), first=500)
    return folder


@pytest.fixture
def show(numbers: Path) -> Iterator[FakeShow]:
    show = FakeShow(numbers, Time())
    yield show
    show.close()


@pytest.fixture
def serve(show: FakeShow) -> Iterator[Callable[..., HttpServer]]:
    """Starts servers of the show; ends them."""
    servers: list[HttpServer] = []

    def start(host: str = "127.0.0.1", port: int = 0, **options: Any) -> HttpServer:
        server = HttpServer(host, port, options.pop("show", show), **options)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def open_query(serve: Callable[..., HttpServer]) -> Callable[..., tuple[HttpServer, FakeQuery]]:
    """Starts a server of the OSCQuery proposal's address space, which trusts the addresses given."""

    def start(host: str = "127.0.0.1", trusted: tuple[str, ...] = (), **options: Any) -> tuple[HttpServer, FakeQuery]:
        query = FakeQuery()
        return serve(host, query=OscQuery(query, SystemClock(), trusted.__contains__), **options), query

    return start
