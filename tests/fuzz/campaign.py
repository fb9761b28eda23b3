"""Runs a surface over mutated inputs, and says of the first that it does not bear how to see it again."""

from __future__ import annotations

import atexit
import gc
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

import psutil
from mutator import Mutator

SLOWEST: Final = 5.0
"""Seconds for one input, a hundred times what the slowest takes: longer is a hang, not a busy computer."""
WORDS_MAX: Final = 2000
ROOM: Final = 24 << 20
"""Bytes that a process may grow by after the first fifth of a long campaign."""
GROWN_FOR: Final = 1500
_HOME: Final = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True)
class Surface:
    """A place where bytes of any origin arrive. `feed` takes them in; `refusals` are the errors that it may raise,
    each one line of words for a person."""

    name: str
    feed: Callable[[bytes], object]
    seeds: tuple[bytes, ...] | Callable[[], tuple[bytes, ...]]
    refusals: tuple[type[Exception], ...] = ()
    words: tuple[bytes, ...] = field(default=())

    @cached_property
    def corpus(self) -> tuple[bytes, ...]:
        """What is mutated; some of it takes a moment to make."""
        return self.seeds() if callable(self.seeds) else self.seeds


class Unborne(AssertionError):
    """An input that a surface does not bear."""


def judge(surface: Surface, data: bytes) -> None:
    """Give a surface one input. Raises whatever the surface must not raise, and Unborne for words unfit for a log."""
    try:
        surface.feed(data)
    except surface.refusals as refusal:
        words = str(refusal)
        lines = words.split("\n") if getattr(refusal, "several", False) else [words]
        if not words or not all(line.isprintable() and len(line) <= WORDS_MAX for line in lines):
            raise Unborne(f"refused in words that fit no log: {words[:300]!r}") from refusal


def run(surface: Surface, count: int, seed: int = 1, *, guided: bool = False, flat: bool = False) -> None:
    """Feed `count` inputs. `guided`: those that reach new lines are mutated further; `flat`: memory is looked at."""
    mutator = Mutator(seed, surface.corpus, surface.words)
    for data in surface.corpus:
        judge(surface, data)
    if guided:
        _grow(surface, mutator, min(GROWN_FOR, count))
    before = 0
    for number in range(count):
        data = mutator.next()
        began = time.perf_counter()
        try:
            judge(surface, data)
        except Exception as reason:
            small = smaller(data, partial(_fails, surface, type(reason)))
            raise Unborne(f"{surface.name}, seed {seed}, input {number}: {type(reason).__name__}: {reason}\n"
                          f"whole:   {data[:2000]!r}\nreduced: {small[:2000]!r}") from reason
        took = time.perf_counter() - began
        if took > SLOWEST:
            raise Unborne(f"{surface.name}, seed {seed}, input {number} took {took:.1f} s: {data[:2000]!r}")
        if flat and number == count // 5:
            before = resident()
    if flat and (grown := resident() - before) > ROOM:
        raise Unborne(f"{surface.name}, seed {seed}: the process grew by {grown >> 20} MiB")


@cache
def scratch() -> Path:
    """A folder for what reads files itself; it goes when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def resident() -> int:
    """Bytes of memory that this process has."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def smaller(data: bytes, fails: Callable[[bytes], bool], tries: int = 400) -> bytes:
    """A shorter input with the same fault, found by leaving pieces out."""
    piece = max(len(data) // 2, 1)
    while piece and tries > 0:
        at = 0
        while at < len(data) and tries > 0:
            less = data[:at] + data[at + piece:]
            tries -= 1
            if fails(less):
                data = less
            else:
                at += piece
        piece //= 2
    return data


def _fails(surface: Surface, kind: type[Exception], data: bytes) -> bool:
    try:
        judge(surface, data)
    except Exception as reason:  # noqa: BLE001 - whatever it is: it is the same fault, or another
        return type(reason) is kind
    return False


def _grow(surface: Surface, mutator: Mutator, count: int) -> None:
    seen: set[tuple[Any, int]] = set()
    with _watched(seen):
        for data in surface.corpus:
            _quietly(surface, data)
        for _ in range(count):
            known = len(seen)
            data = mutator.next()
            _quietly(surface, data)
            if len(seen) > known:
                mutator.keep(data)


def _quietly(surface: Surface, data: bytes) -> None:
    """What it raises here it raises again, and is told, when its seed comes round in `run`."""
    try:
        judge(surface, data)
    except Exception as reason:
        raise Unborne(f"{surface.name}: {type(reason).__name__}: {reason}: {data[:2000]!r}") from reason


@contextmanager
def _watched(seen: set[tuple[Any, int]]) -> Iterator[None]:
    """Note every line of ours that is reached, by code object and number."""
    def line(frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            seen.add((frame.f_code, frame.f_lineno))
        return line

    def call(frame: FrameType, event: str, _: object) -> Any:
        return line if frame.f_code.co_filename.startswith(_HOME) else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(before)
