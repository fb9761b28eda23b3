"""What is told of controllers, frozen: the row that waits for one, what was moved, which devices are there."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

LEARN: Final = "/learn/state/"


@dataclass(frozen=True, slots=True)
class LearnState:
    """A field for each row below `/learn/state/`."""

    row: str = ""
    learnt: str = ""
    moved: str = ""
    mappings: int = 0
    devices: str = ""
    midi: str = ""


_NAMES: Final = tuple(field.name for field in fields(LearnState))


def learn_values(state: LearnState) -> dict[str, tuple[Any, ...]]:
    """Each row below `/learn/state/`, by its last part."""
    return {name: (getattr(state, name),) for name in _NAMES}
