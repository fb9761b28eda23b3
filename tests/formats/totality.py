"""What every parser promises: any bytes give a value, or a refusal that names the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from server.errors import InputError

Value = TypeVar("Value")


def value_or_refusal(parse: Callable[[], Value], file: str) -> Value | None:
    """The value, or None after looking at the words of the refusal."""
    refusal = ""
    try:
        return parse()
    except InputError as reason:
        refusal = str(reason)
    assert file in refusal
    assert "\n" not in refusal
    return None
