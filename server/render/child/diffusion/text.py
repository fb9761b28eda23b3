"""Prompts to what a UNet is told: tokens in chunks of any number, weights, mixtures. It knows no pictures."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import torch

from server.render.child.diffusion.conditioning import Conditioning
from server.render.child.diffusion.prompts import Part, Piece, parse_prompt

Tensor = Any
_KEPT: Final = 64
"""Prompts whose embeddings are remembered; a song has a few dozen."""
_NOTHING: Final = 1e-6
ROOM: Final = 75
"""Tokens of a chunk beside its begin and its end."""


@dataclass(frozen=True, slots=True)
class Tower:
    """A tokenizer and its text encoder, on the device."""

    tokenizer: Any
    encoder: Any


@dataclass(frozen=True, slots=True)
class Encoded:
    """A prompt as the UNet takes it (without sizes), and how long it was."""

    conditioning: Conditioning
    tokens: int
    chunks: int


class TextEncoder:
    """The text encoders of a model; a prompt longer than a chunk takes several, none of it is cut."""

    def __init__(self, towers: list[Tower], family: str) -> None:
        self._towers = towers
        self._wide = family == "sdxl"
        self._kept: OrderedDict[str, Encoded] = OrderedDict()

    def encode(self, prompt: str) -> Encoded:
        """Tokens (chunks × 77, width) and pooled (width) of a prompt, remembered. Raises InputError."""
        if prompt in self._kept:
            self._kept.move_to_end(prompt)
            return self._kept[prompt]
        parts = parse_prompt(prompt)
        found = [self._part(part) for part in parts]
        chunks = max(each.chunks for each in found)
        if len(found) == 1:
            encoded = found[0]
        else:
            empty = self.encode("").conditioning
            longest = chunks * (ROOM + 2)
            each_padded = [each.conditioning.padded(longest, empty) for each in found]
            encoded = Encoded(_mixed(each_padded, [part.share for part in parts]),
                              sum(each.tokens for each in found), chunks)
        self._kept[prompt] = encoded
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return encoded

    def _part(self, part: Part) -> Encoded:
        with torch.inference_mode():
            written = [_chunks(tower.tokenizer, part.pieces) for tower in self._towers]
            count = max(len(chunks) for chunks in written)
            outputs = [self._tower(tower, chunks + [([], [])] * (count - len(chunks)))
                       for tower, chunks in zip(self._towers, written, strict=True)]
            tokens = torch.cat([tokens for tokens, _ in outputs], dim=-1)
            pooled = outputs[-1][1] if self._wide else None
        return Encoded(Conditioning(tokens, pooled), sum(len(ids) for ids, _ in written[0]), count)

    def _tower(self, tower: Tower, chunks: list[tuple[list[int], list[float]]]) -> tuple[Tensor, Tensor]:
        """(chunks × 77, width) and what the first chunk is as a whole."""
        place = next(tower.encoder.parameters()).device
        rows = [_framed(ids, weights, tower.tokenizer) for ids, weights in chunks]
        ids = torch.tensor([row for row, _ in rows], device=place)
        weights = torch.tensor([row for _, row in rows], device=place)
        output = tower.encoder(ids, output_hidden_states=self._wide)
        hidden = output.hidden_states[-2] if self._wide else output.last_hidden_state
        hidden = _pressed(hidden, weights)
        pooled = getattr(output, "text_embeds", None)
        return hidden.reshape(-1, hidden.shape[-1]), None if pooled is None else pooled[0]


def _chunks(tokenizer: Any, pieces: tuple[Piece, ...]) -> list[tuple[list[int], list[float]]]:
    """Token numbers and their weights, at most ROOM in a chunk; at least one chunk."""
    ids: list[int] = []
    weights: list[float] = []
    for piece in pieces:
        # `verbose` off: otherwise it warns of what is split here on purpose.
        found = tokenizer(piece.text, add_special_tokens=False, truncation=False, verbose=False).input_ids
        ids += found
        weights += [piece.weight] * len(found)
    return [(ids[place:place + ROOM], weights[place:place + ROOM]) for place in range(0, max(len(ids), 1), ROOM)]


def _framed(ids: list[int], weights: list[float], tokenizer: Any) -> tuple[list[int], list[float]]:
    """A chunk between its begin and its end, filled up with the tokenizer's padding."""
    fill = ROOM - len(ids)
    return ([tokenizer.bos_token_id, *ids, tokenizer.eos_token_id, *[tokenizer.pad_token_id] * fill],
            [1.0, *weights, 1.0, *[1.0] * fill])


def _pressed(hidden: Tensor, weights: Tensor) -> Tensor:
    """Tokens multiplied by their weights, the mean of the chunk kept: otherwise the whole picture would change."""
    if bool((weights == 1).all()):
        return hidden
    before = hidden.float().mean(dim=(1, 2), keepdim=True)
    pressed = hidden.float() * weights.unsqueeze(-1)
    after = pressed.mean(dim=(1, 2), keepdim=True)
    divisor = torch.where(after.abs() < _NOTHING, torch.ones_like(after), after)
    steady = torch.where(after.abs() < _NOTHING, torch.ones_like(after), before / divisor).clamp(0.5, 2.0)
    return (pressed * steady).to(hidden.dtype)


def _mixed(parts: list[Conditioning], shares: list[float]) -> Conditioning:
    tokens = sum((part.tokens.float() * share for part, share in zip(parts, shares, strict=True)),
                 start=torch.zeros_like(parts[0].tokens, dtype=torch.float32))
    if parts[0].pooled is None:
        return Conditioning(tokens.to(parts[0].tokens.dtype))
    pooled = sum((part.pooled.float() * share for part, share in zip(parts, shares, strict=True)
                  if part.pooled is not None), start=torch.zeros_like(parts[0].pooled, dtype=torch.float32))
    return Conditioning(tokens.to(parts[0].tokens.dtype), pooled.to(parts[0].pooled.dtype))
