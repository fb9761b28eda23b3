"""Models from disk to device through diffusers, offline: a folder as diffusers writes it, or one safetensors file."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from server.errors import IntersceneError, RenderError
from server.render.child.diffusion.decoding import Coder
from server.render.child.diffusion.device import Device, device_errors
from server.render.child.diffusion.habits import Habit, habit_of
from server.render.child.diffusion.lora import add_loras
from server.render.child.diffusion.schedule import Schedule, read_schedule
from server.render.child.diffusion.shelf import Chosen, Shelved
from server.render.child.diffusion.single_file import CONFIGS, parts_of_file
from server.render.child.diffusion.text import TextEncoder, Tower

Told = Callable[[int, int, str], None]
"""(done, of, words): how far loading is."""
_PARTS: Final = 5


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything of a model, on its device, ready to be asked."""

    chosen: Chosen
    device: Device
    unet: Any
    full: Coder | None
    tiny: Coder | None
    text: TextEncoder
    schedule: Schedule
    variant: str
    steps: int | None

    @property
    def habit(self) -> Habit:
        """How it wants to be sampled."""
        return habit_of(self.variant)

    def coder(self, wanted: str) -> Coder:
        """The decoder asked for, or the other one where it is missing; its `form` says which. Raises RenderError."""
        found = (self.tiny or self.full) if wanted == "tiny" else (self.full or self.tiny)
        if found is None:
            raise RenderError(f"{self.chosen.checkpoint.name} has no VAE; add one with: interscene model add FILE, "
                              f"and name it behind the model: {self.chosen.recipe}+HASH")
        return found


@dataclass(slots=True)
class Parts:
    """What lies in a model, as modules of diffusers and transformers."""

    unet: Any
    vae: Any
    encoders: list[Any]
    tokenizers: list[Any]
    schedule: Schedule


def load(chosen: Chosen, device: Device, told: Told, configs: Path = CONFIGS) -> Loaded:
    """Load what a job's model means. Raises RenderError, OutOfMemory, DeviceLost; nothing is downloaded."""
    with _in_words(chosen.checkpoint), device_errors(device), torch.inference_mode(), _quiet():
        # Fusing a LoRA in half precision would round its small weights away.
        dtype = torch.float32 if chosen.loras else device.dtype
        told(0, _PARTS, f"reading {chosen.checkpoint.name}")
        path = chosen.checkpoint.path
        parts = (_parts_of_folder(path, chosen.checkpoint, dtype) if path.is_dir()
                 else Parts(*parts_of_file(path, chosen.checkpoint, chosen.tokenizers, dtype, configs)))
        told(1, _PARTS, "adding LoRAs" if chosen.loras else "no LoRAs")
        variant, steps = add_loras(parts.unet, parts.encoders, chosen)
        told(2, _PARTS, f"moving the model to {device.name}")
        unet = parts.unet.to(device.place, device.dtype).eval().requires_grad_(False)
        if device.kind != "cpu":
            unet = unet.to(memory_format=torch.channels_last)
        told(3, _PARTS, "loading the decoders")
        full = _vae(chosen.vae, torch.float32) if chosen.vae is not None else parts.vae
        tiny = _vae(chosen.tiny, torch.float32) if chosen.tiny is not None else None
        coders = _coders(full, tiny, chosen.checkpoint.family, device)
        told(4, _PARTS, "loading the text encoders")
        towers = [Tower(tokenizer, encoder.to(device.place, device.dtype).eval().requires_grad_(False))
                  for tokenizer, encoder in zip(parts.tokenizers, parts.encoders, strict=True)]
        told(5, _PARTS, "loaded")
        return Loaded(chosen, device, unet, *coders, TextEncoder(towers, chosen.checkpoint.family), parts.schedule,
                      variant, steps)


def _parts_of_folder(folder: Path, model: Shelved, dtype: Any) -> Parts:
    from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

    unet = _whole(UNet2DConditionModel, folder / "unet", torch_dtype=dtype)
    vae = _whole(AutoencoderTiny if _is_tiny(folder / "vae") else AutoencoderKL, folder / "vae",
                 torch_dtype=torch.float32)
    names = [("text_encoder", "tokenizer", CLIPTextModel)]
    if model.family == "sdxl":
        names.append(("text_encoder_2", "tokenizer_2", CLIPTextModelWithProjection))
    encoders = [_whole(kind, folder / name, dtype=dtype) for name, _, kind in names]
    tokenizers = [CLIPTokenizer.from_pretrained(folder / name, local_files_only=True) for _, name, _ in names]
    schedule, _ = read_schedule(folder / "scheduler" / "scheduler_config.json")
    return Parts(unet, vae, encoders, tokenizers, schedule)


def _whole(kind: Any, folder: Path, **numbers: Any) -> Any:
    """One part of a model. Raises RenderError where weights are missing: loaders fill them with random numbers."""
    if not (folder / "config.json").is_file():
        # Without one, loaders take the largest configuration they know, and allocate it.
        raise RenderError(f"{folder.name}/config.json of the model is missing; get it again, whole, and add it with: "
                          "interscene model add")
    part, info = kind.from_pretrained(folder, local_files_only=True, use_safetensors=True, output_loading_info=True,
                                      variant=_precision(folder), **numbers)
    missing = sorted(str(name) for name in info["missing_keys"])
    if missing:
        raise RenderError(f"{len(missing)} weights of the model are missing in {folder.name} ({missing[0]}); "
                          "get it again, whole, and add it with: interscene model add")
    return part


def _vae(model: Shelved, dtype: Any) -> Any:
    """A decoder that was added by itself: a folder with a config.json, or one file."""
    from diffusers import AutoencoderKL, AutoencoderTiny

    if model.path.is_dir():
        return _whole(AutoencoderTiny if model.form == "tiny" else AutoencoderKL, model.path, torch_dtype=dtype)
    from server.render.child.diffusion.single_file import vae_of_file

    return vae_of_file(model.path, model)


def _coders(full: Any, tiny: Any, family: str, device: Device) -> tuple[Coder | None, Coder | None]:
    """Decoders as (full, tiny). A whole model may bring a tiny one as its own."""
    made = [None if vae is None else Coder.of(vae, family, device) for vae in (full, tiny)]
    own, small = made
    if own is not None and own.form == "tiny":
        return None, small or own
    return own, small


def _precision(folder: Path) -> str | None:
    """`fp16` where a folder has only such weights."""
    names = [path.name for path in folder.glob("*.safetensors*")]
    return "fp16" if names and all(".fp16." in name or ".fp16-" in name for name in names) else None


def _is_tiny(folder: Path) -> bool:
    return '"AutoencoderTiny"' in (folder / "config.json").read_text(encoding="utf-8")


@contextmanager
def _in_words(model: Shelved) -> Iterator[None]:
    """What loaders throw, as one line about the model."""
    try:
        yield
    except (IntersceneError, MemoryError):
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError) as reason:
        if _poisoned(reason):
            raise RenderError(f"torchvision is installed and does not fit this torch ({_line(reason)}); nothing here "
                              "needs it: remove it from the environment (pip uninstall torchvision)") from reason
        raise RenderError(f"{model.name} cannot be loaded: {_line(reason)}; add it again, whole, with: "
                          "interscene model add") from reason


def _poisoned(reason: BaseException) -> bool:
    """Whether it is the build of torchvision that fits another torch: it breaks whatever looks for it."""
    if "torchvision" in str(reason):
        return True
    if not isinstance(reason, ImportError) or importlib.util.find_spec("torchvision") is None:
        return False
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError):
        return True
    return False


def _line(reason: BaseException) -> str:
    return " ".join(str(reason).split())[:200] or type(reason).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars of other libraries: ours are told through `Told`."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    for each in (diffusers_logging, transformers_logging):
        each.disable_progress_bar()
        each.set_verbosity_error()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    yield
