"""A UNet asked directly, without a pipeline around it. What makes it fast on a card is in `graphs`."""

from __future__ import annotations

import math
from typing import Any, Final

import torch

from server.render.child.diffusion.conditioning import Conditioning

Tensor = Any
_EMBEDDED: Final = 1000.0


class PlainDenoiser:
    """Calls the UNet in its own numbers; `guidance` is for models that were distilled with guidance as an input."""

    def __init__(self, unet: Any, guidance: float = 0.0, place: Any = "cpu") -> None:
        self._unet = unet
        width = getattr(unet.config, "time_cond_proj_dim", None)
        self._guided = None if width is None else embedded(guidance, width).to(place, unet.dtype)

    def __call__(self, latents: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        """The prediction for scaled latents (frames, channels, h, w) at times (frames)."""
        dtype = self._unet.dtype
        guided = None if self._guided is None else self._guided.expand(latents.shape[0], -1)
        return self._unet(latents.to(dtype), times, conditioning.tokens.to(dtype), timestep_cond=guided,
                          added_cond_kwargs=added(conditioning, dtype), return_dict=False)[0]


def embedded(guidance: float, width: int) -> Tensor:
    """The guidance (1, width) as full consistency models take it (Luo et al. 2023, 4.1)."""
    half = width // 2
    rates = torch.exp(torch.arange(half, dtype=torch.float32) * -(math.log(10000.0) / (half - 1)))
    angles = (guidance - 1) * _EMBEDDED * rates
    return torch.cat([torch.sin(angles), torch.cos(angles)]).unsqueeze(0)


def added(conditioning: Conditioning, dtype: Any) -> dict[str, Tensor] | None:
    """What SDXL's UNet takes beside tokens: pooled text and sizes."""
    if conditioning.pooled is None or conditioning.times is None:
        return None
    return {"text_embeds": conditioning.pooled.to(dtype), "time_ids": conditioning.times.to(dtype)}
