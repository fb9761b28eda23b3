"""How much noise is left at which of a model's times, and which levels a number of steps passes. It knows no model.

Noise is measured as the standard deviation sigma beside a picture of unit scale: x = picture + sigma × noise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from server.errors import InputError

Tensor = Any
TRAINED: Final = 1000
"""Times that Stable Diffusion is trained with."""
_LCM_STRIDE: Final = 20
"""Consistency models know every twentieth time (Luo et al., "Latent Consistency Models", 2023)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The noise of each trained time, as a scheduler's configuration gives it, and what the model predicts."""

    levels: Any
    """(times) float64 sigma, rising."""
    predicts: str
    """epsilon or v_prediction."""

    @property
    def most(self) -> float:
        """The noise that a model begins with."""
        return float(self.levels[-1])

    def times(self, sigma: Tensor) -> Tensor:
        """The model's time (real, not whole) for noise levels, by interpolation of their logarithm; 0 for none.

        On the processor, like `sigmas`: a card would have to be waited for.
        """
        known = torch.as_tensor(np.log(self.levels), dtype=torch.float64)
        wanted = torch.log(sigma.double().clamp_min(float(self.levels[0])))
        above = torch.searchsorted(known, wanted).clamp(1, known.numel() - 1)
        low, high = known[above - 1], known[above]
        return (above - 1 + ((wanted - low) / (high - low)).clamp(0, 1)).float()

    def sigmas(self, times: Tensor) -> Tensor:
        """The noise at real times."""
        known = torch.as_tensor(np.log(self.levels), dtype=torch.float64)
        wanted = times.double().clamp(0, known.numel() - 1)
        below = wanted.floor().long().clamp(max=known.numel() - 2)
        share = wanted - below
        return torch.exp(known[below] * (1 - share) + known[below + 1] * share).float()

    def whole_way(self, steps: int, spacing: str) -> list[int]:
        """Trained times from pure noise on: `trailing` (Turbo, Lightning, Hyper), `lcm`, or `leading` (the others)."""
        if spacing == "lcm":
            known = np.arange(1, TRAINED // _LCM_STRIDE + 1) * _LCM_STRIDE - 1
            places = np.floor(np.linspace(0, known.size, steps, endpoint=False)).astype(int)
            return [int(time) for time in known[::-1][places]]
        if spacing == "trailing":
            return [round(TRAINED - number * TRAINED / steps) - 1 for number in range(steps)]
        # The first leading time leaves part of the noise in; beginning at the last time is what the noise really is.
        return [round(time) for time in np.linspace(TRAINED - 1, 0, steps + 1)[:-1]]


def schedule_from(config: Any) -> Schedule:
    """Read a scheduler_config.json document. Raises InputError for noise that nobody here knows."""
    kind = config.get("beta_schedule", "scaled_linear")
    begin, end = float(config.get("beta_start", 0.00085)), float(config.get("beta_end", 0.012))
    count = int(config.get("num_train_timesteps", TRAINED))
    predicts = str(config.get("prediction_type", "epsilon"))
    if kind not in ("scaled_linear", "linear") or count != TRAINED or not 0 < begin < end < 1:
        raise InputError(f"the model's scheduler has noise of a kind that is not known here ({kind}, {count} times)")
    if predicts not in ("epsilon", "v_prediction"):
        raise InputError(f"the model predicts {predicts!r}; models here predict epsilon or v_prediction")
    betas = (np.linspace(begin ** 0.5, end ** 0.5, count) ** 2 if kind == "scaled_linear"
             else np.linspace(begin, end, count))
    kept = np.cumprod(1 - betas)
    if config.get("rescale_betas_zero_snr"):
        kept = _without_signal_at_last(kept)
    return Schedule(np.sqrt((1 - kept) / kept), predicts)


def read_schedule(path: Path) -> tuple[Schedule, dict[str, Any]]:
    """The schedule of a model's folder, and its configuration. Raises InputError."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        return schedule_from(config), dict(config)
    except (OSError, ValueError, TypeError, AttributeError) as reason:
        raise InputError(f"{path.name} of the model cannot be read ({reason}); add the model again") from None


def _without_signal_at_last(kept: Any) -> Any:
    """Zero terminal signal (Lin et al., WACV 2024), with the sliver that keeps sigma finite."""
    roots = np.sqrt(kept)
    first, last = roots[0], roots[-1]
    shifted = (roots - last) * first / (first - last)
    shifted[-1] = 2 ** -12
    return shifted ** 2
