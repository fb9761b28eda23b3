"""Models that are one safetensors file in Stability's layout, read with configurations that lie here. Offline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import torch

from server.errors import RenderError
from server.render.child.diffusion.schedule import Schedule, schedule_from
from server.render.child.diffusion.shelf import Shelved

CONFIGS: Final = Path(__file__).with_name("configs")
"""A folder for each family, with a config.json for each part."""
_PADS: Final = {"sd2": "!", "second": "!"}
"""OpenCLIP pads prompts with the first word of the vocabulary, OpenAI's CLIP with the end."""

PartsOfFile = tuple[Any, Any, list[Any], list[Any], Schedule]


def parts_of_file(path: Path, model: Shelved, tokenizers: Sequence[Path], dtype: Any, configs: Path) -> PartsOfFile:
    """UNet, VAE, text encoders, tokenizers and schedule of one file. Raises RenderError."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from diffusers.loaders.single_file_utils import create_diffusers_clip_model_from_ldm
    from safetensors.torch import load_file
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    words = _vocabulary(model, tokenizers)
    weights = load_file(path, device="cpu")
    config = str(configs / model.family)
    how: dict[str, Any] = {"config": config, "local_files_only": True}
    unet = UNet2DConditionModel.from_single_file(dict(weights), subfolder="unet", torch_dtype=dtype, **how)
    vae = None
    if any(name.startswith("first_stage_model.") for name in weights):
        vae = AutoencoderKL.from_single_file(dict(weights), subfolder="vae", torch_dtype=torch.float32, **how)
    kinds: list[tuple[Any, str]] = [(CLIPTextModel, "text_encoder")]
    if model.family == "sdxl":
        kinds.append((CLIPTextModelWithProjection, "text_encoder_2"))
    encoders = [create_diffusers_clip_model_from_ldm(kind, dict(weights), subfolder=name, torch_dtype=dtype, **how)
                for kind, name in kinds]
    pads = [_PADS.get(model.family, "<|endoftext|>"), _PADS["second"]][:len(kinds)]
    return (unet, vae, encoders, [_tokenizer(words, pad) for pad in pads],
            schedule_from({"prediction_type": model.prediction or "epsilon"}))


def vae_of_file(path: Path, model: Shelved, configs: Path = CONFIGS) -> Any:
    """A decoder that is one file of its own, full or tiny."""
    from diffusers import AutoencoderKL, AutoencoderTiny
    from safetensors.torch import load_file

    weights = load_file(path, device="cpu")
    if model.form == "tiny":
        tiny = AutoencoderTiny()
        tiny.load_state_dict(weights)
        return tiny
    return AutoencoderKL.from_single_file(weights, config=str(configs / model.family), subfolder="vae",
                                          local_files_only=True, torch_dtype=torch.float32)


def _vocabulary(model: Shelved, tokenizers: Sequence[Path]) -> Path:
    if not tokenizers:
        raise RenderError(
            f"{model.name} is a single file, which brings no vocabulary for prompts; it is the same for all Stable "
            "Diffusion models: add the folder `tokenizer` of any of them (vocab.json and merges.txt), or a whole "
            "model folder, with: interscene model add FOLDER")
    return tokenizers[0]


def _tokenizer(folder: Path, pad: str) -> Any:
    from transformers import CLIPTokenizer

    return CLIPTokenizer.from_pretrained(folder, local_files_only=True, pad_token=pad)
