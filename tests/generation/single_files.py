"""A tiny Stable Diffusion 1.x model as one file in Stability's layout, made of a folder of diffusers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from safetensors.torch import load_file, save_file

_RESNET: Final = (("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("time_emb_proj", "emb_layers.1"),
                  ("norm2", "out_layers.0"), ("conv2", "out_layers.3"), ("conv_shortcut", "skip_connection"))
_UNET: Final = {
    "conv_in": "input_blocks.0.0", "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "conv_norm_out": "out.0", "conv_out": "out.2",
    "down_blocks.0.resnets.0": "input_blocks.1.0", "down_blocks.0.downsamplers.0.conv": "input_blocks.2.0.op",
    "down_blocks.1.resnets.0": "input_blocks.3.0", "down_blocks.1.attentions.0": "input_blocks.3.1",
    "mid_block.resnets.0": "middle_block.0", "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
    "up_blocks.0.resnets.0": "output_blocks.0.0", "up_blocks.0.attentions.0": "output_blocks.0.1",
    "up_blocks.0.resnets.1": "output_blocks.1.0", "up_blocks.0.attentions.1": "output_blocks.1.1",
    "up_blocks.0.upsamplers.0.conv": "output_blocks.1.2.conv",
    "up_blocks.1.resnets.0": "output_blocks.2.0", "up_blocks.1.resnets.1": "output_blocks.3.0"}
"""Two levels of one layer, as tiny_models builds them."""
_ATTENTION: Final = (("group_norm", "norm"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out"))


def write_single(folder: Path, path: Path) -> Path:
    """Write unet, vae and text encoder of a folder into one file."""
    weights: dict[str, Any] = {}
    for name, tensor in _part(folder / "unet").items():
        weights[f"model.diffusion_model.{_of_unet(name)}"] = tensor
    for name, tensor in _part(folder / "vae").items():
        own, conv = _of_vae(name)
        weights[f"first_stage_model.{own}"] = tensor.reshape(*tensor.shape, 1, 1) if conv else tensor
    for name, tensor in _part(folder / "text_encoder").items():
        weights[f"cond_stage_model.transformer.text_model.{name.removeprefix('text_model.')}"] = tensor
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, path)
    return path


def _part(folder: Path) -> dict[str, Any]:
    return {name: tensor for path in folder.glob("*.safetensors") for name, tensor in load_file(path).items()}


def _of_unet(name: str) -> str:
    for ours, theirs in _UNET.items():
        if name.startswith(f"{ours}."):
            rest = name.removeprefix(f"{ours}.")
            if "resnets" in ours:
                for one, other in _RESNET:
                    rest = rest.replace(one, other)
            return f"{theirs}.{rest}"
    raise KeyError(name)


def _of_vae(name: str) -> tuple[str, bool]:
    own = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", name)
    own = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", own)
    own = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{3 - int(m[1])}.block.{m[2]}", own)
    own = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{3 - int(m[1])}.upsample", own)
    own = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", own)
    own = own.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
    conv = False
    if "mid_block.attentions.0" in own:
        own = own.replace("mid_block.attentions.0", "mid.attn_1")
        for one, other in _ATTENTION:
            own = own.replace(f".{one}.", f".{other}.")
        conv = own.endswith("weight") and ".norm." not in own
    return own, conv
