"""The ways of three modes through latent space: for any place from 0 to 1, latents. They know no pixels and no time.

Each frame is a function of its place alone; noise is drawn beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import torch

from server.render.child.diffusion.conditioning import Between, Conditioning
from server.render.child.diffusion.interpolation import lerp, matched, slerp
from server.render.child.diffusion.sampling import Sampler, Wish

Tensor = Any
Between_ = Callable[[], None]
_RISE: Final = 1.0
"""How steeply noise grows towards the middle of a bridge (4t(1 - t) to this power)."""


class Course(Protocol):
    """One of the ways."""

    def latents(self, places: Tensor) -> Tensor:
        """(frames, channels, h, w) at places (frames) on the processor, 0 to 1."""
        ...


@dataclass(frozen=True, slots=True)
class Guide:
    """What is asked for along a way: prompts for and against, guidance at both ends, and how to ask.

    `breathe` is called between two evaluations of the model.
    """

    sampler: Sampler
    towards: Between
    away: Between | None
    guidance: tuple[float, float]
    steps: int
    place: Any
    breathe: Between_

    def wish(self, places: Tensor, damp: float = 0.0) -> Wish:
        """What frames at some places show; `damp` takes guidance back towards the middle."""
        shares = places.to(self.place)
        middle = 1 - (2 * shares - 1).abs()
        guidance = (self.guidance[0] * (1 - shares) + self.guidance[1] * shares) * (1 - damp * middle)
        away: Conditioning | None = None if self.away is None else self.away.at(shares)
        return Wish(self.towards.at(shares), away, guidance)

    def breathing(self, _done: int, latents: Tensor) -> Tensor:
        """For `Sampler.run`."""
        self.breathe()
        return latents


class Bridge:
    """Between any two pictures: their latents on an arc, and noise that grows towards the middle and is taken out.

    After Wang and Golland, "Interpolating between Images with Diffusion Models" (2023), for a few steps and for
    batches: at the ends there is no noise, so that the way arrives at what decoding the pictures' latents gives.
    `depth` is the share of the model's times that the middle is thrown back by.
    """

    def __init__(self, guide: Guide, ends: tuple[Tensor, Tensor], noises: Sequence[tuple[Tensor, Tensor]],
                 depth: float) -> None:
        self._guide, self._ends, self._noises, self._depth = guide, ends, noises, depth
        self._means = [end.mean(dim=(1, 2), keepdim=True) for end in ends]
        self._spreads = [end.std(dim=(1, 2), keepdim=True) for end in ends]

    def latents(self, places: Tensor) -> Tensor:
        """The way at some places."""
        shares = places.to(self._guide.place)
        arc = slerp(*self._ends, shares)
        mean, spread = (lerp(ends[0], ends[1], shares) for ends in (self._means, self._spreads))
        clean = matched(arc, mean, spread)
        level = self.levels(places)
        ladder = self._guide.sampler.ladder(level, self._guide.steps)
        if not bool((level > 0).any()):
            return clean
        noise = slerp(*self._noises[0], shares)
        begun = clean + level.to(self._guide.place).reshape(-1, 1, 1, 1) * noise
        return self._guide.sampler.run(begun, ladder, self._guide.wish(places),
                                       lambda number: slerp(*self._noises[number + 1], shares), self._guide.breathing)

    def levels(self, places: Tensor) -> Tensor:
        """The noise (frames) that is put in at some places: none at the ends.

        In levels, not in times: the noise of the first times rises so steeply that a way would begin with a jolt.
        """
        schedule = self._guide.sampler.schedule
        most = schedule.sigmas(torch.tensor([self._depth * (schedule.levels.size - 1)]))
        return most * (4 * places * (1 - places)).clamp(0, 1) ** _RISE if self._depth > 0 else torch.zeros_like(places)


class Walk:
    """Between two pictures of one model: from the noise of one seed to that of the other, and the same for prompts."""

    def __init__(self, guide: Guide, noises: Sequence[tuple[Tensor, Tensor]]) -> None:
        self._guide, self._noises = guide, noises

    def latents(self, places: Tensor) -> Tensor:
        """The way at some places."""
        guide = self._guide
        shares = places.to(guide.place)
        most = torch.full_like(places, guide.sampler.schedule.most)
        begun = slerp(*self._noises[0], shares) * guide.sampler.pure
        return guide.sampler.run(begun, guide.sampler.ladder(most, guide.steps), guide.wish(places),
                                 lambda number: slerp(*self._noises[number + 1], shares), guide.breathing)
