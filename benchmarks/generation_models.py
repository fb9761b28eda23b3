"""Models with the architecture of the real ones and random weights, written to disk: as fast, and nothing to download.

`toy` is the same in miniature, for machines without a card. It measures nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from server.library.models.model import Licence, Model
from server.render.child.diffusion.single_file import CONFIGS

_LETTERS: Final = [chr(code) for code in range(33, 127)]


@dataclass(frozen=True, slots=True)
class Subject:
    """One architecture and how it is used."""

    name: str
    family: str
    variant: str
    steps: int


SUBJECTS: Final = (Subject("SD-Turbo", "sd2", "turbo", 1), Subject("SDXL-Turbo", "sdxl", "turbo", 1),
                   Subject("SD 1.5 with LCM", "sd1", "lcm", 4))


def write_model(folder: Path, subject: Subject, *, toy: bool, place: str) -> str:
    """Write a model into the models folder `folder`; return what jobs name it by."""
    torch.manual_seed(1)
    out = folder / subject.family
    dtype = torch.float32 if toy else torch.bfloat16
    with torch.device(place):
        UNet2DConditionModel.from_config(_unet(subject.family, toy)).to(dtype).save_pretrained(out / "unet")
        AutoencoderTiny(**_tiny(toy)).to(dtype).save_pretrained(out / "vae")
        towers: list[tuple[str, Any]] = [("text_encoder", CLIPTextModel)]
        if subject.family == "sdxl":
            towers.append(("text_encoder_2", CLIPTextModelWithProjection))
        for name, kind in towers:
            kind(_text(subject.family, name, toy)).to(dtype).save_pretrained(out / name)
            _write_tokenizer(out / name.replace("text_encoder", "tokenizer"), toy)
    _write_index(out, subject, [name for name, _ in towers])
    digest = {"sd2": "a", "sdxl": "b", "sd1": "c"}[subject.family] * 64
    Model(out, digest, subject.name, "checkpoint", subject.family, subject.variant, subject.steps, "", "epsilon", ".",
          0, Licence()).write(out)
    return digest[:16]


def _config(family: str, part: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((CONFIGS / family / part / "config.json").read_text(encoding="utf-8"))
    return document


def _unet(family: str, toy: bool) -> dict[str, Any]:
    config = _config(family, "unet")
    if not toy:
        return config
    levels = len(config["block_out_channels"])
    small = {"block_out_channels": [32, 64, 64, 64][:levels], "layers_per_block": 1, "norm_num_groups": 8,
             "cross_attention_dim": 64 if family == "sdxl" else 32, "attention_head_dim": 4}
    if family == "sdxl":
        small |= {"transformer_layers_per_block": 1, "addition_time_embed_dim": 8,
                  "projection_class_embeddings_input_dim": 32 + 6 * 8}
    return config | small


def _tiny(toy: bool) -> dict[str, Any]:
    return {} if not toy else {"encoder_block_out_channels": (16,) * 4, "decoder_block_out_channels": (16,) * 4,
                               "num_encoder_blocks": (1,) * 4, "num_decoder_blocks": (1,) * 4}


def _text(family: str, part: str, toy: bool) -> CLIPTextConfig:
    config = _config(family, part)
    config.pop("architectures")
    if toy:
        config |= {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
                   "projection_dim": 32, "vocab_size": 2 * len(_LETTERS) + 2}
    size = config["vocab_size"]
    return CLIPTextConfig(**config | {"bos_token_id": size - 2, "eos_token_id": size - 1, "pad_token_id": size - 1})


def _write_tokenizer(folder: Path, toy: bool) -> None:
    words = [*_LETTERS, *(f"{letter}</w>" for letter in _LETTERS)]
    if not toy:
        words += [f"filler{number}</w>" for number in range(49408 - 2 - len(words))]
    words += ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "pad_token": "<|endoftext|>",
        "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}))


def _write_index(out: Path, subject: Subject, towers: list[str]) -> None:
    wide = subject.family == "sdxl"
    scheduler = "LCMScheduler" if subject.variant == "lcm" else "EulerDiscreteScheduler"
    (out / "scheduler").mkdir()
    (out / "scheduler" / "scheduler_config.json").write_text(json.dumps({
        "_class_name": scheduler, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
        "num_train_timesteps": 1000, "prediction_type": "epsilon", "timestep_spacing": "trailing",
        "steps_offset": 1}))
    parts = {"unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderTiny"],
             "scheduler": ["diffusers", scheduler]}
    for name in towers:
        kind = "CLIPTextModelWithProjection" if name.endswith("2") else "CLIPTextModel"
        parts |= {name: ["transformers", kind],
                  name.replace("text_encoder", "tokenizer"): ["transformers", "CLIPTokenizer"]}
    (out / "model_index.json").write_text(json.dumps({
        "_class_name": "StableDiffusionXLPipeline" if wide else "StableDiffusionPipeline",
        "_diffusers_version": "0.42.1", **parts}))
