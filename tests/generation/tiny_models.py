"""Stable Diffusion pipelines in miniature with random weights, written to disk as the real ones lie there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

_WORDS: Final = ("cat", "dog", "sea", "red", "blue", "a", "of", "storm")


def build(folder: Path, family: str = "sd1", *, variant: str = "turbo", tiny_vae: bool = False) -> Path:
    """Write a diffusers folder of one family (sd1, sd2, sdxl); the same weights every time."""
    torch.manual_seed({"sd1": 1, "sd2": 2, "sdxl": 3}[family])
    write_unet(folder / "unet", family)
    (write_tiny_vae if tiny_vae else write_vae)(folder / "vae")
    write_tokenizer(folder / "tokenizer", "!" if family == "sd2" else "<|endoftext|>")
    width = {"sd1": 32, "sd2": 64, "sdxl": 32}[family]
    CLIPTextModel(text_config(width)).save_pretrained(folder / "text_encoder")
    names: dict[str, Any] = {"unet": ["diffusers", "UNet2DConditionModel"],
                             "vae": ["diffusers", "AutoencoderTiny" if tiny_vae else "AutoencoderKL"],
                             "text_encoder": ["transformers", "CLIPTextModel"],
                             "tokenizer": ["transformers", "CLIPTokenizer"],
                             "scheduler": ["diffusers", scheduler_config(family, variant)["_class_name"]]}
    if family == "sdxl":
        write_tokenizer(folder / "tokenizer_2", "!")
        CLIPTextModelWithProjection(text_config(64, projection=48)).save_pretrained(folder / "text_encoder_2")
        names |= {"text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
                  "tokenizer_2": ["transformers", "CLIPTokenizer"]}
    write_json(folder / "scheduler" / "scheduler_config.json", scheduler_config(family, variant))
    pipeline = "StableDiffusionXLPipeline" if family == "sdxl" else "StableDiffusionPipeline"
    write_json(folder / "model_index.json", {"_class_name": pipeline, "_diffusers_version": "0.42.1", **names})
    return folder


def scheduler_config(family: str, variant: str) -> dict[str, Any]:
    """As the published models have them: Turbo's is trailing, LCM's is its own."""
    names = {"turbo": "EulerDiscreteScheduler", "base": "PNDMScheduler", "lcm": "LCMScheduler"}
    return {"_class_name": names[variant], "beta_start": 0.00085, "beta_end": 0.012,
            "beta_schedule": "scaled_linear", "num_train_timesteps": 1000,
            "prediction_type": "v_prediction" if family == "sd2" and variant == "base" else "epsilon",
            "timestep_spacing": "trailing" if variant == "turbo" else "leading"}


def write_unet(folder: Path, family: str) -> None:
    """A UNet of two levels."""
    common: dict[str, Any] = {
        "sample_size": 8, "in_channels": 4, "out_channels": 4, "block_out_channels": (32, 64),
        "layers_per_block": 1, "norm_num_groups": 8, "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D")}
    own: dict[str, dict[str, Any]] = {
        "sd1": {"cross_attention_dim": 32, "attention_head_dim": 8},
        "sd2": {"cross_attention_dim": 64, "attention_head_dim": (2, 4), "use_linear_projection": True},
        "sdxl": {"cross_attention_dim": 96, "attention_head_dim": (2, 4), "use_linear_projection": True,
                 "addition_embed_type": "text_time", "addition_time_embed_dim": 8,
                 "transformer_layers_per_block": (1, 2), "projection_class_embeddings_input_dim": 48 + 6 * 8}}
    UNet2DConditionModel(**common, **own[family]).save_pretrained(folder)


def write_vae(folder: Path) -> None:
    """A KL autoencoder with the real one's factor of 8."""
    AutoencoderKL(block_out_channels=(8, 8, 16, 16), norm_num_groups=4, layers_per_block=1, latent_channels=4,
                  down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
                  scaling_factor=0.18215).save_pretrained(folder)


def write_tiny_vae(folder: Path) -> None:
    """A TAESD, narrower."""
    AutoencoderTiny(encoder_block_out_channels=(16,) * 4, decoder_block_out_channels=(16,) * 4,
                    num_encoder_blocks=(1, 1, 1, 1), num_decoder_blocks=(1, 1, 1, 1)).save_pretrained(folder)


def text_config(width: int, projection: int | None = None) -> CLIPTextConfig:
    """A text encoder of two layers, with the real one's 77 places and tokens of its own vocabulary."""
    size = len(vocabulary())
    return CLIPTextConfig(vocab_size=size, hidden_size=width, intermediate_size=2 * width, num_hidden_layers=2,
                          num_attention_heads=4, max_position_embeddings=77, projection_dim=projection or width,
                          bos_token_id=size - 2, eos_token_id=size - 1, pad_token_id=0)


def vocabulary() -> list[str]:
    """Letters, letters that end a word, a few words, and the two special tokens last, as CLIP has them."""
    letters = [chr(code) for code in range(33, 127)]
    return [*letters, *(f"{letter}</w>" for letter in letters), *(f"{word}</w>" for word in _WORDS if len(word) > 1),
            "<|startoftext|>", "<|endoftext|>"]


def write_tokenizer(folder: Path, pad: str) -> None:
    """Vocabulary and merges of CLIP's kind, as the hub has them."""
    folder.mkdir(parents=True)
    write_json(folder / "vocab.json", {token: number for number, token in enumerate(vocabulary())})
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "CLIPTokenizer", "model_max_length": 77, "pad_token": pad, "do_lower_case": True,
        "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"})


def write_json(path: Path, document: Any) -> None:
    """Write a JSON file and the folder it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
