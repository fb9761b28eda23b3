"""Noise by seeds of any size, the same on every device; drawn once and kept as long as it is needed."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import torch

Tensor = Any
_WIDEST: Final = 1 << 63


def draws(seed: int, count: int, shape: tuple[int, int, int]) -> list[Tensor]:
    """`count` noises (channels, h, w), one after the other, as a pipeline of diffusers draws them."""
    generator = torch.Generator("cpu").manual_seed(torch_seed(seed))
    return [torch.randn((1, *shape), generator=generator)[0] for _ in range(count)]


def torch_seed(seed: int) -> int:
    """The seed itself where torch takes it, else a number that is made of all its digits."""
    if 0 <= seed < _WIDEST:
        return seed
    return int.from_bytes(hashlib.blake2b(str(seed).encode(), digest_size=8).digest(), "big") >> 1


def coarser(noise: Tensor, shape: tuple[int, int]) -> Tensor:
    """Noise (..., channels, h, w) at fewer pixels: what is left of it when it is averaged, as strong as it was."""
    height, width = noise.shape[-2:]
    small = torch.nn.functional.interpolate(noise.reshape(-1, 1, height, width), size=shape, mode="area")
    small = small.reshape(*noise.shape[:-2], *shape)
    return small * (noise.std(dim=(-2, -1), keepdim=True) / small.std(dim=(-2, -1), keepdim=True).clamp_min(1e-6))
