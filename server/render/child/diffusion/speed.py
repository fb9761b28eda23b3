"""What is done to a loaded model to make it fast on its device: compiled blocks, replayed calls, a cache that stays."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from server.render.child.diffusion.decoding import Coder
from server.render.child.diffusion.denoiser import PlainDenoiser
from server.render.child.diffusion.device import Device
from server.render.child.diffusion.graphs import Recorder, Replayed, ReplayedDenoiser, record_on_card
from server.render.child.diffusion.loading import Loaded
from server.render.child.diffusion.sampling import Denoiser

COMPILED: Final = "compiled"
"""The folder beside the models where compiled kernels stay."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What may be done here; `said` is for facts and for a person."""

    compiled: bool
    recorder: Recorder | None
    said: str


def speed_for(device: Device, models: Path | None, wanted: bool = True) -> Speed:
    """Compiling and recording on CUDA, neither elsewhere. The cache's place is set before anything is compiled."""
    if device.kind != "cuda" or not wanted:
        return Speed(False, None, "plain")
    if importlib.util.find_spec("triton") is None:
        return Speed(False, record_on_card, "replayed; not compiled, because the package triton is not installed")
    if models is not None:
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(models / COMPILED))
        os.environ.setdefault("TRITON_CACHE_DIR", str(models / COMPILED / "triton"))
    return Speed(True, record_on_card, "compiled and replayed")


def hastened(loaded: Loaded, speed: Speed, alive: Callable[[], None]) -> Loaded:
    """The model with its blocks compiled (lazily, at the first call of a shape) and its tiny decoder replayed."""
    if speed.compiled:
        # One block's graph serves all its repetitions: minutes of compiling become seconds.
        loaded.unet.compile_repeated_blocks(fullgraph=True)
    if speed.recorder is None or loaded.tiny is None:
        return loaded
    return replace(loaded, tiny=_replayed(loaded.tiny, speed.recorder, alive))


def denoiser_for(loaded: Loaded, guidance: float, speed: Speed, alive: Callable[[], None]) -> Denoiser:
    """What a sampler asks; guidance is for models that take it as an input."""
    plain = PlainDenoiser(loaded.unet, guidance, loaded.device.place)
    return plain if speed.recorder is None else ReplayedDenoiser(plain, speed.recorder, alive)


def _replayed(coder: Coder, recorder: Recorder, alive: Callable[[], None]) -> Coder:
    def decode(latents: Any) -> Any:
        return coder.decoded(latents)

    return replace(coder, decoded=Replayed(decode, recorder, alive))
