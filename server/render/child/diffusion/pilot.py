"""A few small pictures along a way before it is made: how fast it goes where, and how its ends' things move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import torch

from server.media.parallel import cores
from server.media.perceived import apart, perceived
from server.media.warp import Floats, Picture, dense_flow, grey, resize, sample
from server.render.child.diffusion.pinning import FINE_WINDOW, Drift
from server.render.pace import STEADY, Pace

FIRST: Final = (0.0, 0.04, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 0.96, 1.0)
"""Closer at the ends, where noise sets in and what the model cannot show fades."""
MOST: Final = 17
_UNEVEN: Final = 1.5
"""Longest beside mean interval; above it the longest are halved."""
_GRID: Final = 320
_THREADS: Final = 8
_COARSE: Final = 1e-3
"""Of the length of a way: much less than a frame of it."""
_STILL: Final = 0.75
"""Pixels of the grid; less motion needs no moving."""
_EXPLAINED: Final = 0.6
"""Of the difference between two pictures; where motion leaves more than that, it is no motion."""

At = Callable[[Sequence[float]], Sequence[Picture]]
"""Places to small pictures (height, width, 3)."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a pilot pass found."""

    pace: Pace
    drifts: tuple[Drift | None, Drift | None]
    looked: int
    """Pictures that were made for it."""


UNSURVEYED: Final = Survey(STEADY, (None, None), 0)


def survey(ends: tuple[Picture, Picture], at: At) -> Survey:
    """Look along a way between two small pictures: at 11 places, and up to 17 where it is uneven."""
    places = list(FIRST)
    pictures = [ends[0], *at(places[1:-1]), ends[1]]
    looked = len(places) - 2
    lengths = _lengths(pictures)
    while len(places) < MOST and max(lengths) > _UNEVEN * float(np.mean(lengths)) > 0:
        # As many as make a batch: the longest first.
        longest = sorted(np.argsort(lengths)[::-1][:min(4, MOST - len(places))].tolist())
        new = [(places[number] + places[number + 1]) / 2 for number in longest]
        found = at(new)
        for number, place, picture in reversed(list(zip(longest, new, found, strict=True))):
            places.insert(number + 1, place)
            pictures.insert(number + 1, picture)
        looked += len(new)
        lengths = _lengths(pictures)
    back = [1 - place for place in reversed(places)]
    return Survey(_pace(places, lengths), (_drift(places, pictures), _drift(back, pictures[::-1])), looked)


def _lengths(pictures: Sequence[Picture]) -> list[float]:
    with ThreadPoolExecutor(max(1, min(_THREADS, cores() - 1))) as pool:
        seen = list(pool.map(lambda picture: perceived(_gridded(picture)), pictures))
    return [apart(one, two) for one, two in pairwise(seen)]


def _pace(places: Sequence[float], lengths: Sequence[float]) -> Pace:
    steps = np.asarray(lengths, dtype=np.float64)
    total = float(steps.sum())
    if total <= 0:
        return STEADY
    # An interval in which nothing happens is still crossed, else the curve would jump over it.
    steps = np.maximum(steps, 2 * _COARSE * total)
    # Rounded, so that the last bits of a processor's arithmetic do not move every frame.
    shares = np.round(np.concatenate(([0.0], np.cumsum(steps) / steps.sum())) / _COARSE) * _COARSE
    shares[-1] = 1.0
    return Pace(shares, np.asarray(places, dtype=np.float64))


def _drift(places: Sequence[float], pictures: Sequence[Picture]) -> Drift | None:
    """How what the first picture shows moves at first; None where nothing moves, or nothing can be recognised."""
    first = _gridded(pictures[0])
    near = [number for number, place in enumerate(places) if 0 < place <= 1.5 * FINE_WINDOW][:4]
    known: list[Floats] = [np.zeros((*first.shape[:2], 2), dtype=np.float32)]
    kept = [0.0]
    # A live transition waits for this.
    with ThreadPoolExecutor(max(1, min(_THREADS, cores() - 1))) as pool:
        flows = list(pool.map(lambda number: _motion(first, _gridded(pictures[number])), near))
    for number, flow in zip(near, flows, strict=True):
        if flow is None:
            break
        known.append(flow)
        kept.append(float(places[number]))
    if len(kept) == 1 or max(float(np.linalg.norm(flow, axis=-1).mean()) for flow in known) < _STILL:
        return None
    size = np.array([first.shape[1], first.shape[0]], dtype=np.float32)
    back = np.stack([np.moveaxis(flow / size, -1, 0) for flow in known])
    return Drift(tuple(kept), torch.from_numpy(np.ascontiguousarray(back)))


def _motion(first: Picture, there: Picture) -> Floats | None:
    """How to look back from a picture to the first; None where motion does not explain what changed."""
    flow = dense_flow(grey(there), grey(first))
    return flow if _explains(flow, first, there) else None


def _explains(flow: Floats, first: Picture, there: Picture) -> bool:
    columns, rows = np.meshgrid(np.arange(first.shape[1], dtype=np.float32),
                                np.arange(first.shape[0], dtype=np.float32))
    moved = sample(first, columns + flow[..., 0], rows + flow[..., 1])
    before = float(np.abs(there.astype(np.float32) - first).mean())
    return before > 0 and float(np.abs(there.astype(np.float32) - moved).mean()) < _EXPLAINED * before


def _gridded(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    scale = min(1.0, _GRID / max(height, width))
    if scale == 1.0:
        return picture
    return np.asarray(resize(picture, max(8, round(width * scale)), max(8, round(height * scale))), dtype=np.uint8)
