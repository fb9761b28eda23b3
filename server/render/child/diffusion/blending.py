"""Blends: pictures between two of one model that share the beginning of their making. It knows no pixels and no time.

After latent blending (Lange, 2022): the latents of all steps of both ends are kept; what lies between begins in the
middle of its parents' and is held near them for a while. Here all pictures of a level are made as one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch

from server.render.child.diffusion.courses import Guide
from server.render.child.diffusion.interpolation import slerp, slerp_pairs

Tensor = Any
LEVELS: Final = 3
"""2, 4, then 8 gaps between the pictures that are kept."""
_DAMP: Final = 0.5
"""By how much guidance is taken back in the middle: there two prompts pull at once."""
_HOLD: Final = 0.4
"""How strongly a picture is pulled to what its parents were at the same step, at first."""
_LET_GO: Final = 0.7
"""Share of the remaining steps after which it is not pulled at all."""


class Blend:
    """The way through kept pictures at 0, 1/8, … 1; each is deeper in common with its parents than the level above.

    `depth` 1 begins anew for every picture, as a walk does; 0 shares nearly all steps, and is almost a dissolve.
    """

    def __init__(self, guide: Guide, noises: Sequence[tuple[Tensor, Tensor]], depth: float) -> None:
        self._guide, self._noises = guide, noises
        self._shared = [round(guide.steps * _share(depth, level)) for level in range(LEVELS + 1)]
        self._kept = self._trajectories()

    def latents(self, places: Tensor) -> Tensor:
        """The way at some places."""
        return self._made(places, LEVELS)[-1]

    def _trajectories(self) -> Tensor:
        """(steps + 1, pictures, channels, h, w): all that is kept, level by level."""
        self._kept = self._whole(torch.tensor([0.0, 1.0]))
        for level in range(LEVELS):
            count = self._kept.shape[1]
            between = (torch.arange(count - 1, dtype=torch.float32) + 0.5) / (count - 1)
            made = self._made(between, level)
            merged = [self._kept[:, 0]]
            for number in range(count - 1):
                merged += [made[:, number], self._kept[:, number + 1]]
            self._kept = torch.stack(merged, dim=1)
        return self._kept

    def _whole(self, places: Tensor) -> Tensor:
        """All latents of pictures made from pure noise."""
        guide = self._guide
        shares = places.to(guide.place)
        most = torch.full_like(places, guide.sampler.schedule.most)
        passed = [slerp(*self._noises[0], shares) * guide.sampler.pure]

        def keep(_done: int, latents: Tensor) -> Tensor:
            guide.breathe()
            passed.append(latents)
            return latents

        guide.sampler.run(passed[0], guide.sampler.ladder(most, guide.steps), guide.wish(places, _DAMP),
                          lambda number: slerp(*self._noises[number + 1], shares), keep)
        return torch.stack(passed)

    def _made(self, places: Tensor, level: int) -> Tensor:
        """All latents (steps + 1, frames, …) of pictures that begin amid the kept ones, after the steps shared."""
        guide = self._guide
        begin = min(self._shared[level], guide.steps - 1)
        gaps = self._kept.shape[1] - 1
        left = (places * gaps).floor().long().clamp(0, gaps - 1)
        inside = (places * gaps - left).to(guide.place)
        most = torch.full_like(places, guide.sampler.schedule.most)
        parents = [slerp_pairs(step[left], step[left + 1], inside) for step in self._kept]
        passed = parents[:begin + 1]
        shares = places.to(guide.place)

        def hold(done: int, latents: Tensor) -> Tensor:
            guide.breathe()
            pull = _HOLD * max(0.0, 1 - done / max(1.0, _LET_GO * (guide.steps - begin)))
            if pull > 0 and begin + done < guide.steps:
                weight = torch.full_like(inside, pull)
                latents = slerp_pairs(latents, parents[begin + done], weight)
            passed.append(latents)
            return latents

        ladder = guide.sampler.ladder(most, guide.steps).rest(begin)
        guide.sampler.run(parents[begin], ladder, guide.wish(places, _DAMP),
                          lambda number: slerp(*self._noises[begin + number + 1], shares), hold)
        return torch.stack(passed)


def _share(depth: float, level: int) -> float:
    """The share of steps that a level has in common with its parents: more from level to level."""
    return min(0.9, (1 - depth) * (0.7 + 0.3 * level / LEVELS))
