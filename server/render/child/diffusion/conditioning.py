"""What a UNet is told beside latents and time: tokens, and what SDXL wants more. It knows no text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from server.render.child.diffusion.interpolation import lerp, slerp_tokens

Tensor = Any


@dataclass(frozen=True, slots=True)
class Conditioning:
    """Of a prompt: tokens (tokens, width), pooled (width) and times (6) or None. Of a batch: frames in front."""

    tokens: Tensor
    pooled: Tensor | None = None
    times: Tensor | None = None

    def beside(self, other: Conditioning) -> Conditioning:
        """Two batches one behind the other."""
        return Conditioning(torch.cat([self.tokens, other.tokens]), _joined(self.pooled, other.pooled),
                            _joined(self.times, other.times))

    def repeated(self, frames: int) -> Conditioning:
        """A prompt's as a batch's, the same for all frames."""
        return Conditioning(*(None if part is None else part.unsqueeze(0).expand(frames, *part.shape)
                              for part in (self.tokens, self.pooled, self.times)))

    def padded(self, tokens: int, empty: Conditioning) -> Conditioning:
        """A prompt's, as long as asked for, with empty prompts behind."""
        missing = tokens - self.tokens.shape[0]
        if missing <= 0:
            return self
        fill = empty.tokens.repeat(-(-missing // empty.tokens.shape[0]), 1)[:missing]
        return Conditioning(torch.cat([self.tokens, fill]), self.pooled, self.times)


@dataclass(frozen=True, slots=True)
class Between:
    """The way from one prompt's conditioning to another's; all three are equally long."""

    first: Conditioning
    second: Conditioning
    empty: Conditioning
    way: str
    """lerp, or slerp: each token around the empty prompt's."""

    def at(self, shares: Tensor) -> Conditioning:
        """The conditioning of a batch: one share (0 to 1) a frame."""
        if self.way == "slerp":
            tokens = slerp_tokens(self.first.tokens, self.second.tokens, self.empty.tokens, shares)
        else:
            tokens = lerp(self.first.tokens, self.second.tokens, shares)
        return Conditioning(tokens, self._pooled(shares), self._times(shares))

    def _pooled(self, shares: Tensor) -> Tensor | None:
        one, two, empty = self.first.pooled, self.second.pooled, self.empty.pooled
        if one is None or two is None or empty is None:
            return None
        if self.way == "slerp":
            return slerp_tokens(one.unsqueeze(0), two.unsqueeze(0), empty.unsqueeze(0), shares).squeeze(1)
        return lerp(one, two, shares)

    def _times(self, shares: Tensor) -> Tensor | None:
        one, two = self.first.times, self.second.times
        return None if one is None or two is None else lerp(one, two, shares)


def _joined(one: Tensor | None, two: Tensor | None) -> Tensor | None:
    return None if one is None or two is None else torch.cat([one, two])
