"""Sample files that were made for these tests, and the collector that readers say oddities to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from server.errors import InputError
from server.library.formats.oddity import Oddities

FOLDER = Path(__file__).resolve().parents[1] / "data" / "made_formats"


def made(name: str) -> bytes:
    """The bytes of a sample."""
    return (FOLDER / name).read_bytes()


def said(oddities: Oddities) -> str:
    """Everything that was said, a line each."""
    return "\n".join(map(str, oddities))


def refusal(call: Callable[[], object]) -> str:
    """The words of the InputError that a call ends with; empty when it gives a value. Any other error is a failure."""
    try:
        call()
    except InputError as error:
        return str(error) or "an error without words"
    return ""
