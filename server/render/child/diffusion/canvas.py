"""Sizes that a model can paint: multiples of eight. A transition's frames keep the size of their ends exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from torch.nn import functional

from server.errors import InputError

Tensor = Any
GRAIN: Final = 8
LEAST: Final = 64
"""Pixels; below it nothing is left to be seen at the bottom of the UNet."""
MOST_PIXELS: Final = 2048 * 2048


@dataclass(frozen=True, slots=True)
class Canvas:
    """What is painted (`made`) and what of it is shown (`shown`), both (width, height)."""

    shown: tuple[int, int]
    made: tuple[int, int]

    @property
    def note(self) -> str:
        """What a person is told where the sizes differ."""
        if self.shown == self.made:
            return ""
        return (f"{self.shown[0]}×{self.shown[1]} is not divisible by {GRAIN}: "
                f"painted at {self.made[0]}×{self.made[1]}, and cut")

    @property
    def latent(self) -> tuple[int, int]:
        """Rows and columns of the latents."""
        return self.made[1] // GRAIN, self.made[0] // GRAIN

    def half(self) -> Canvas:
        """About half as wide and high, for looking ahead."""
        width, height = (max(LEAST, -(-side // (2 * GRAIN)) * GRAIN) for side in self.made)
        return Canvas((width, height), (width, height))

    def filled(self, pictures: Tensor) -> Tensor:
        """Pictures (n, 3, h, w) of the size shown, their edges repeated until they have the size painted."""
        across, down = (made - shown for made, shown in zip(self.made, self.shown, strict=True))
        return functional.pad(pictures, (0, across, 0, down), mode="replicate") if across or down else pictures

    def cut(self, pictures: Tensor) -> Tensor:
        """The part that is shown."""
        return pictures[..., :self.shown[1], :self.shown[0]]


def canvas_around(size: tuple[int, int]) -> Canvas:
    """For frames of exactly this size: painted a little larger where it must be. Raises InputError when too large."""
    made = tuple(max(LEAST, -(-side // GRAIN) * GRAIN) for side in size)
    _not_too_large(size)
    return Canvas(size, (made[0], made[1]))


def canvas_within(size: tuple[int, int]) -> Canvas:
    """For a new picture: 565 becomes 560. Raises InputError when too large."""
    made = tuple(max(LEAST, side // GRAIN * GRAIN) for side in size)
    _not_too_large(size)
    return Canvas((made[0], made[1]), (made[0], made[1]))


def _not_too_large(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise InputError(f"{size[0]}×{size[1]} is larger than models paint; make it at most 2048×2048 pixels in all "
                         "and enlarge it afterwards")
