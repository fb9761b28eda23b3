"""How models of a family and a kind want to be sampled: steps, guidance, solver, spacing. Facts of their publishers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from server.errors import OutOfRange

STEPS_MOST: Final = {"turbo": 8, "lightning": 8, "hyper": 12, "lcm": 12, "base": 150}
"""Above it a model that was distilled for few steps only gets worse, and a slip of the keyboard takes an hour."""


@dataclass(frozen=True, slots=True)
class Habit:
    """`guidance` is classifier-free: at most 1 means that the model is asked once instead of twice."""

    steps: int
    guidance: float
    solver: str
    spacing: str


HABITS: Final = {
    "turbo": Habit(1, 0.0, "ancestral", "trailing"),
    "lightning": Habit(4, 0.0, "euler", "trailing"),
    "hyper": Habit(4, 0.0, "euler", "trailing"),
    "lcm": Habit(4, 1.0, "renoise", "lcm"),
    "base": Habit(20, 7.0, "multistep", "leading"),
}
"""Turbo: Sauer et al. 2023; Lightning: Lin et al. 2024; Hyper-SD: Ren et al. 2024; LCM: Luo et al. 2023."""


def habit_of(variant: str) -> Habit:
    """The habit of a variant; what is not known is treated as an ordinary model."""
    return HABITS.get(variant, HABITS["base"])


def steps_of(wanted: int | None, own: int | None, variant: str) -> int:
    """The steps to take. Raises OutOfRange for more than the model was made for."""
    steps = wanted or own or habit_of(variant).steps
    most = STEPS_MOST.get(variant, STEPS_MOST["base"])
    if steps > most:
        raise OutOfRange(f"{steps} steps are too many for a {variant or 'base'} model; take 1 to {most}")
    return steps
