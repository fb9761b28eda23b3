"""Ways between two tensors: along the sphere, along the line, token by token. Pure; the shares are one for each frame.

A share is a tensor of (frames,); what comes back has the frames in front.
"""

from __future__ import annotations

from typing import Any, Final

import torch

Tensor = Any
_ALONG: Final = 1e-4
"""Radians; below it the line is the sphere, and dividing by the sine would be dividing by nothing."""


def along(share: Tensor, like: Tensor) -> Tensor:
    """The shares (frames,) shaped to multiply something (frames, ...) of as many axes as `like` with one in front."""
    return share.reshape(-1, *([1] * like.dim()))


def lerp(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """The straight line between two tensors; exactly the ends at 0 and 1."""
    at = along(share, first).to(first.dtype)
    return first * (1 - at) + second * at


def slerp(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """The great circle between two tensors taken whole, their lengths in proportion (Shoemake, SIGGRAPH 1985)."""
    return _arc(first.flatten(), second.flatten(), share.float().reshape(-1, 1)).reshape(-1, *first.shape)


def slerp_pairs(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """As `slerp`, for (frames, ...) pairs that each have a share of their own."""
    return _arc(first.flatten(1), second.flatten(1), share.float().reshape(-1, 1)).reshape(first.shape)


def slerp_tokens(first: Tensor, second: Tensor, empty: Tensor, share: Tensor) -> Tensor:
    """Each token of (tokens, width) on its own arc around the empty prompt's, its length in proportion.

    Around the origin the arc of two embeddings is almost the line: what all prompts have in common dwarfs the rest.
    """
    centre = empty.float()
    arcs = _arc(first.float() - centre, second.float() - centre, share.float().reshape(-1, 1, 1))
    return (centre + arcs).to(first.dtype)


def matched(latents: Tensor, mean: Tensor, spread: Tensor) -> Tensor:
    """Latents (frames, channels, h, w) with the mean and standard deviation (frames, channels, 1, 1) asked for.

    AdaIN (Huang and Belongie, ICCV 2017): an arc between two pictures' latents passes through duller ones.
    """
    own = latents.mean(dim=(2, 3), keepdim=True)
    deviation = latents.std(dim=(2, 3), keepdim=True).clamp_min(1e-6)
    return (latents - own) / deviation * spread + mean


def _arc(first: Tensor, second: Tensor, at: Tensor) -> Tensor:
    """Arcs over the last axis, at shares that are shaped to be broadcast."""
    one, two = first.float(), second.float()
    lengths = one.norm(dim=-1, keepdim=True), two.norm(dim=-1, keepdim=True)
    units = one / lengths[0].clamp_min(1e-12), two / lengths[1].clamp_min(1e-12)
    angle = torch.acos((units[0] * units[1]).sum(-1, keepdim=True).clamp(-1.0, 1.0))
    sine = torch.sin(angle)
    near = sine.abs() < _ALONG
    divisor = torch.where(near, torch.ones_like(sine), sine)
    weights = [torch.where(near, part, torch.sin(part * angle) / divisor) for part in (1 - at, at)]
    length = lengths[0] * (1 - at) + lengths[1] * at
    return ((weights[0] * units[0] + weights[1] * units[1]) * length).to(first.dtype)
