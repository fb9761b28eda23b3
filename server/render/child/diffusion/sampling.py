"""From noise to latents in a few evaluations of a model: one lean loop for all modes. It knows no text and no pixels.

Every frame of a batch has its own noise level and guidance, and its result does not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import torch

from server.render.child.diffusion.conditioning import Conditioning
from server.render.child.diffusion.schedule import Schedule

Tensor = Any
NoiseAt = Callable[[int], Tensor]
"""Step number to noise (frames, channels, h, w), drawn beforehand: nothing here draws."""
_PURE: Final = 0.999
"""Of the most noise; from there on it is pure."""


class Denoiser(Protocol):
    """A UNet behind whatever makes it fast."""

    def __call__(self, latents: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        """The prediction for scaled latents (frames, channels, h, w) at times (frames)."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What a batch of frames is to show: conditioning for and against, and how strongly (frames)."""

    towards: Conditioning
    away: Conditioning | None
    guidance: Tensor


@dataclass(frozen=True, slots=True)
class Ladder:
    """Noise levels (steps + 1, frames), the last of them 0, and the model's times (steps, frames); on the processor."""

    levels: Tensor
    times: Tensor

    @property
    def steps(self) -> int:
        """Evaluations of the model."""
        return int(self.times.shape[0])

    def rest(self, done: int) -> Ladder:
        """What is left after some steps."""
        return Ladder(self.levels[done:], self.times[done:])


@dataclass(frozen=True, slots=True)
class Sampler:
    """A model's schedule and the way that it is walked: `euler` and `multistep` (DPM-Solver++ 2M) add no noise,
    `ancestral` adds some of it again after each step, `renoise` all of it (consistency models)."""

    denoiser: Denoiser
    schedule: Schedule
    solver: str
    spacing: str

    @property
    def pure(self) -> float:
        """What noise of unit strength is multiplied by for a picture made of nothing else, as schedulers do."""
        most = self.schedule.most
        return most if self.spacing == "trailing" else (most ** 2 + 1) ** 0.5

    def ladder(self, begin: Tensor, steps: int) -> Ladder:
        """From `begin` (frames), noise levels on the processor, to none.

        From pure noise a model's own times are taken; from less, equal steps of time, so that frames with almost the
        same noise pass almost the same levels.
        """
        begin = begin.float()
        whole = torch.tensor(self.schedule.whole_way(steps, self.spacing), dtype=torch.float32).reshape(-1, 1)
        shares = torch.arange(steps, dtype=torch.float32).reshape(-1, 1) / steps
        times = torch.where(begin >= self.schedule.most * _PURE, whole, self.schedule.times(begin) * (1 - shares))
        levels = self.schedule.sigmas(times)
        levels = torch.where((begin < self.schedule.most * _PURE) & (shares == 0), begin, levels)
        # Frames without any noise stay without.
        levels = torch.where(begin > 0, levels, torch.zeros_like(levels))
        return Ladder(torch.cat([levels, torch.zeros_like(levels[:1])]), times)

    def run(self, latents: Tensor, ladder: Ladder, wish: Wish, noise: NoiseAt,
            after: Callable[[int, Tensor], Tensor] | None = None) -> Tensor:
        """Latents (frames, c, h, w) with noise of the ladder's first level in them, without any at the end.

        `after` is given the number of steps done and the latents, and returns what to go on with.
        """
        before: tuple[Tensor, Tensor] | None = None
        levels, times = (part.to(latents.device) for part in (ladder.levels, ladder.times))
        for number in range(times.shape[0]):
            here, there = (_wide(levels[number + place], latents) for place in (0, 1))
            clean = self._clean(latents, here, times[number], wish)
            last = not bool((ladder.levels[number + 1] > 0).any())
            if last:
                found = clean
            elif self.solver == "multistep":
                found = _multistep(latents, clean, here, there, before)
                before = clean, here
            else:
                found = _STEPS[self.solver](latents, clean, here, there, noise, number)
            latents = torch.where(here > 0, found, latents)
            if after is not None:
                latents = after(number + 1, latents)
        return latents

    def _clean(self, latents: Tensor, sigma: Tensor, times: Tensor, wish: Wish) -> Tensor:
        """What the model thinks the latents are without their noise."""
        scale = torch.sqrt(sigma ** 2 + 1)
        predicted = self._predicted(latents / scale, times, wish)
        if self.schedule.predicts == "v_prediction":
            return latents / scale ** 2 - predicted * sigma / scale
        return latents - sigma * predicted

    def _predicted(self, latents: Tensor, times: Tensor, wish: Wish) -> Tensor:
        if wish.away is None:
            return self.denoiser(latents, times, wish.towards).float()
        both = self.denoiser(torch.cat([latents, latents]), torch.cat([times, times]), wish.away.beside(wish.towards))
        away, towards = both.float().chunk(2)
        return away + _wide(wish.guidance, latents) * (towards - away)


def _euler(latents: Tensor, clean: Tensor, here: Tensor, there: Tensor, _noise: NoiseAt, _number: int) -> Tensor:
    return clean + there * (latents - clean) / _safe(here)


def _ancestral(latents: Tensor, clean: Tensor, here: Tensor, there: Tensor, noise: NoiseAt, number: int) -> Tensor:
    """Karras et al. 2022, as k-diffusion has it: part of the way without noise, the rest by new noise."""
    added = torch.sqrt((there ** 2 * (here ** 2 - there ** 2)).clamp_min(0)) / _safe(here)
    left = torch.sqrt((there ** 2 - added ** 2).clamp_min(0))
    return clean + left * (latents - clean) / _safe(here) + added * noise(number)


def _renoise(_latents: Tensor, clean: Tensor, _here: Tensor, there: Tensor, noise: NoiseAt, number: int) -> Tensor:
    return clean + there * noise(number)


def _multistep(latents: Tensor, clean: Tensor, here: Tensor, there: Tensor,
               before: tuple[Tensor, Tensor] | None) -> Tensor:
    """DPM-Solver++ 2M (Lu et al. 2022) in sigma; the first step is of first order."""
    if before is None:
        return clean + there * (latents - clean) / _safe(here)
    step = torch.log(_safe(here) / _safe(there))
    earlier = torch.log(_safe(before[1]) / _safe(here))
    ratio = earlier / step.clamp_min(1e-6)
    bent = clean + (clean - before[0]) / (2 * ratio.clamp_min(1e-3))
    return there / _safe(here) * latents + (1 - there / _safe(here)) * bent


_STEPS: Final = {"euler": _euler, "ancestral": _ancestral, "renoise": _renoise}


def _safe(level: Tensor) -> Tensor:
    """Frames without noise are left alone anyway; they must only not divide by nothing."""
    return level.clamp_min(1e-6)


def _wide(values: Tensor, latents: Tensor) -> Tensor:
    return values.reshape(-1, *([1] * (latents.dim() - 1)))
