"""Frames that leave one picture and arrive at another exactly: what the model cannot show of them fades in and out.

Colours follow the straight way between both pictures' colours. It knows arrays on a device, and no latents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch.nn import functional

from server.render.child.diffusion.interpolation import lerp

Tensor = Any
COARSE_WINDOW: Final = 0.35
FINE_WINDOW: Final = 0.20
"""Parts of the way over which a picture's remainder fades: light and colour slowly, detail fast, else it ghosts."""
_COARSE: Final = 12.0
"""Pixels of Gaussian blur that part light from detail."""
_STRETCH: Final = (0.5, 2.0)
"""Limits of the contrast that colours may be given."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How what an end shows moves along the way: at rising places, where it came from (knots, 2, h, w): x and y, in
    widths and heights of the picture."""

    places: tuple[float, ...]
    back: Tensor

    def at(self, place: float) -> Tensor:
        """The motion (2, h, w) at a place, straight between the knots."""
        for number in range(len(self.places) - 1):
            low, high = self.places[number], self.places[number + 1]
            if place <= high:
                share = (place - low) / max(high - low, 1e-9)
                return self.back[number] * (1 - share) + self.back[number + 1] * share
        return self.back[-1]

    def on(self, place: Any) -> Drift:
        """The same on a device."""
        return Drift(self.places, self.back.to(place))


class Pins:
    """The two pictures (3, h, w) of a way and what its generator makes of them at both ends, 0 to 1, on one device."""

    def __init__(self, pictures: tuple[Tensor, Tensor], own: tuple[Tensor, Tensor]) -> None:
        self._means = [picture.mean(dim=(1, 2), keepdim=True) for picture in pictures]
        self._spreads = [picture.std(dim=(1, 2), keepdim=True) for picture in pictures]
        ends = self._coloured(torch.stack(own), torch.tensor([0.0, 1.0], device=own[0].device))
        rests = [picture - end for picture, end in zip(pictures, ends, strict=True)]
        self._coarse = [blurred(rest, _COARSE) for rest in rests]
        self._fine = [rest - coarse for rest, coarse in zip(rests, self._coarse, strict=True)]
        self._drifts: Sequence[Drift | None] = (None, None)

    def drifting(self, drifts: Sequence[Drift | None]) -> None:
        """From now on the detail of both remainders moves as the pictures do."""
        self._drifts = drifts

    def pinned(self, frames: Tensor, places: Sequence[float]) -> Tensor:
        """Frames (n, 3, h, w) at places of the way (0 to 1), corrected, from 0 to 1.

        A function of the place alone: a pilot pass sees the same, and its pace is that of what is shown.
        """
        at = torch.tensor(places, dtype=frames.dtype).to(frames.device)
        found = self._coloured(frames, at)
        for end in (0, 1):
            since = at if end == 0 else 1 - at
            found = found + fading(since, COARSE_WINDOW).reshape(-1, 1, 1, 1) * self._coarse[end]
            found = found + fading(since, FINE_WINDOW).reshape(-1, 1, 1, 1) * self._moved(end, places)
        return found.clamp(0, 1)

    def _coloured(self, frames: Tensor, at: Tensor) -> Tensor:
        """Mean and spread of each channel on the straight way: models pump brightness and bleach."""
        mean, spread = (lerp(ends[0], ends[1], at) for ends in (self._means, self._spreads))
        own = frames.mean(dim=(2, 3), keepdim=True)
        deviation = frames.std(dim=(2, 3), keepdim=True).clamp_min(1e-4)
        return (frames - own) * (spread / deviation).clamp(*_STRETCH) + mean

    def _moved(self, end: int, places: Sequence[float]) -> Tensor:
        """The detail of an end's remainder for each frame, moved to where its things are now."""
        drift, fine = self._drifts[end], self._fine[end]
        if drift is None:
            return fine
        near = [place if end == 0 else 1 - place for place in places]
        return torch.stack([shifted(fine, drift.at(place)) if place < FINE_WINDOW else fine for place in near])


def fading(since: Tensor, window: float) -> Tensor:
    """1 at the end, 0 from `window` on, level at both (smoothstep downwards)."""
    t = (1 - since / window).clamp(0, 1)
    return t * t * (3 - 2 * t)


def shifted(picture: Tensor, back: Tensor) -> Tensor:
    """A picture (c, h, w) read `back` (2, rows, columns) away, x and y in widths and heights; its edges go on."""
    height, width = picture.shape[-2:]
    motion = functional.interpolate(back.unsqueeze(0), size=(height, width), mode="bilinear", align_corners=False)[0]
    y, x = torch.meshgrid(torch.arange(height, device=picture.device, dtype=picture.dtype),
                          torch.arange(width, device=picture.device, dtype=picture.dtype), indexing="ij")
    # Metal knows no other padding than zeros, so no place outside is asked for.
    places = [((at + 0.5) / size + moved).clamp(0.5 / size, 1 - 0.5 / size)
              for at, size, moved in ((x, width, motion[0]), (y, height, motion[1]))]
    return functional.grid_sample(picture.unsqueeze(0), (torch.stack(places, dim=-1) * 2 - 1).unsqueeze(0),
                                  mode="bilinear", padding_mode="zeros", align_corners=False)[0]


def blurred(picture: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (c, h, w); pictures smaller than the kernel get a smaller one."""
    radius = min(int(2.5 * sigma), min(picture.shape[-2:]) - 1)
    if radius < 1:
        return picture
    places = torch.arange(-radius, radius + 1, dtype=picture.dtype, device=picture.device)
    kernel = torch.exp(-(places ** 2) / (2 * sigma ** 2))
    kernel = kernel / kernel.sum()
    channels = picture.shape[0]
    across = kernel.reshape(1, 1, 1, -1).expand(channels, 1, 1, -1)
    padded = functional.pad(picture.unsqueeze(0), (radius, radius, radius, radius), mode="reflect")
    found = functional.conv2d(padded, across, groups=channels)
    return functional.conv2d(found, across.transpose(2, 3), groups=channels)[0]
