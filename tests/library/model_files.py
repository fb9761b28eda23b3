"""Model files with the names and shapes of real ones and nothing in them."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

SD1 = {"model.diffusion_model.input_blocks.0.0.weight": [8, 4, 3, 3],
       "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": [8, 768],
       "first_stage_model.decoder.conv_in.weight": [8, 4, 3, 3],
       "cond_stage_model.transformer.text_model.embeddings.position_embedding.weight": [77, 4]}
SD2 = {**SD1, "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": [8, 1024]}
SDXL = {**SD1, "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": [8, 2048]}
REFINER = {**SD1, "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": [8, 1280]}
INPAINTING = {**SD1, "model.diffusion_model.input_blocks.0.0.weight": [8, 9, 3, 3]}
KOHYA = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight"
LORA_XL = {KOHYA: [4, 2048], "lora_unet_x.alpha": []}
LORA_1 = {"unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight": [4, 768]}
VAE = {"decoder.conv_in.weight": [8, 4, 3, 3], "encoder.conv_in.weight": [8, 3, 3, 3]}
TINY = {"decoder.layers.0.weight": [64, 4, 3, 3], "encoder.layers.0.weight": [64, 3, 3, 3]}
FLUX = {"double_blocks.0.img_attn.qkv.weight": [3, 3]}
UNKNOWN = {"some.weight": [3, 3]}


def write(path: Path, tensors: Mapping[str, Sequence[int]], metadata: Mapping[str, str] | None = None) -> Path:
    """Write a whole safetensors file of 8-bit numbers, all zero."""
    place, header = 0, {}
    if metadata:
        header["__metadata__"] = dict(metadata)
    for name, shape in tensors.items():
        size = math.prod(shape)
        header[name] = {"dtype": "U8", "shape": list(shape), "data_offsets": [place, place + size]}  # type: ignore[dict-item]
        place += size
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * place)
    return path


def write_folder(folder: Path, *, wide: bool = False, scheduler: Mapping[str, object] | None = None) -> Path:
    """A folder as diffusers writes it."""
    parts = ["unet", "vae", "text_encoder", *(["text_encoder_2"] if wide else [])]
    for part in parts:
        write(folder / part / "diffusion_pytorch_model.safetensors", UNKNOWN)
        (folder / part / "config.json").write_text("{}", encoding="utf-8")
    unet = {"in_channels": 4, "cross_attention_dim": 2048 if wide else 768,
            **({"addition_embed_type": "text_time"} if wide else {})}
    (folder / "unet" / "config.json").write_text(json.dumps(unet), encoding="utf-8")
    for part in ("tokenizer", *(["tokenizer_2"] if wide else [])):
        (folder / part).mkdir()
        (folder / part / "vocab.json").write_text("{}", encoding="utf-8")
        (folder / part / "merges.txt").write_text("", encoding="utf-8")
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler or {}), encoding="utf-8")
    kind = "StableDiffusionXLPipeline" if wide else "StableDiffusionPipeline"
    (folder / "model_index.json").write_text(json.dumps({"_class_name": kind}), encoding="utf-8")
    return folder
