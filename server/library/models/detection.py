"""What a model is, by the names and shapes of its tensors: family, kind, and what it was made for. Reads no weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from server.errors import InputError
from server.library.models.safetensors import Header

FAMILIES: Final = {"sd1": "Stable Diffusion 1.x", "sd2": "Stable Diffusion 2.x", "sdxl": "Stable Diffusion XL"}
VARIANTS: Final = {
    "base": "ordinary, about 20 steps", "turbo": "1 to 4 steps", "lightning": "2 to 8 steps", "hyper": "1 to 8 steps",
    "lcm": "2 to 8 steps"}
_WIDTHS: Final = {768: "sd1", 1024: "sd2", 2048: "sdxl"}
"""The width of the text that a UNet listens to (Rombach et al. 2022; Podell et al. 2023)."""
_REFINER: Final = 1280
_UNET: Final = "model.diffusion_model."
_LISTENS: Final = re.compile(r"attn2[._]to_k(?:\.weight|\.lora_down\.weight|\.lora_A\.weight|\.lora\.down\.weight)$")
_LORA: Final = (".lora_down.weight", ".lora_A.weight", ".lora.down.weight")
_STEPS: Final = re.compile(r"(?<!\d)(\d{1,2})[-_ ]?steps?")
_NOT_HERE: Final[Mapping[str, str]] = {
    "double_blocks.0.img_attn.qkv.weight": "Flux", "joint_blocks.0.x_block.attn.qkv.weight": "Stable Diffusion 3",
    "control_model.input_blocks.0.0.weight": "a ControlNet", "patch_embedding.weight": "a video model"}
_KL_DECODER: Final = ("decoder.conv_in.weight", "first_stage_model.decoder.conv_in.weight")
_TINY_DECODER: Final = ("decoder.layers.0.weight", "decoder.layers.1.weight", "1.weight")


@dataclass(frozen=True, slots=True)
class Found:
    """What a file or folder is; `kind` is checkpoint, lora, vae or tokenizer, `form` of a vae is kl or tiny."""

    kind: str
    family: str
    variant: str = ""
    steps: int | None = None
    form: str = ""
    prediction: str = ""


def detect(header: Header, name: str) -> Found:
    """What a single file is; `name` is what it is called, which alone tells some variants. Raises InputError."""
    _refuse_foreign(header)
    if any(tensor.endswith(_LORA) for tensor in header.tensors):
        return _lora(header, name)
    if any(tensor.startswith(_UNET) for tensor in header.tensors):
        return _checkpoint(header, name)
    if any(tensor in header.tensors for tensor in _KL_DECODER):
        return Found("vae", _vae_family(header, name), form="kl")
    if any(tensor in header.tensors for tensor in _TINY_DECODER):
        return Found("vae", _vae_family(header, name), form="tiny")
    raise InputError("is no model that is known here; there are checkpoints, LoRAs and VAEs of "
                     + ", ".join(FAMILIES.values()))


def variant_of(name: str, metadata: Mapping[str, str]) -> tuple[str, int | None]:
    """The variant and its own steps, by what a file is called and says of itself."""
    told = " ".join((name, metadata.get("modelspec.title", ""), metadata.get("ss_output_name", ""))).lower()
    variant = next((each for each in ("lightning", "hyper", "lcm", "turbo") if each in told), "")
    steps = _STEPS.search(told) if variant else None
    return variant or "base", int(steps[1]) if steps and 0 < int(steps[1]) <= 16 else None


def family_of_width(width: int) -> str:
    """The family whose UNet listens to text so wide. Raises InputError."""
    if width == _REFINER:
        raise InputError("is the refiner of Stable Diffusion XL, which only finishes pictures; take the base model")
    if width not in _WIDTHS:
        raise InputError(f"listens to text of width {width}; models that are known here have "
                         + ", ".join(f"{each} ({FAMILIES[family]})" for each, family in _WIDTHS.items()))
    return _WIDTHS[width]


def _checkpoint(header: Header, name: str) -> Found:
    family = family_of_width(_width(header))
    first = header.shape(f"{_UNET}input_blocks.0.0.weight")
    if first is not None and len(first) == 4 and first[1] != 4:
        raise InputError(f"is a model with {first[1]} input channels, for inpainting or editing; take the plain one")
    variant, steps = variant_of(name, header.metadata)
    told = " ".join((name, *header.metadata.values())).lower()
    prediction = "v_prediction" if family == "sd2" and variant == "base" and _predicts_v(header, told) else ""
    return Found("checkpoint", family, variant, steps, prediction=prediction)


def _predicts_v(header: Header, told: str) -> bool:
    """Of Stable Diffusion 2 the models for 768 pixels do, those for 512 (base) do not; only their names tell."""
    stated = header.metadata.get("modelspec.predict_key") or header.metadata.get("modelspec.prediction_type", "")
    return stated.startswith("v") if stated else "768" in told or "v_pred" in told or "vpred" in told


def _lora(header: Header, name: str) -> Found:
    variant, steps = variant_of(name, header.metadata)
    return Found("lora", family_of_width(_width(header)), "" if variant == "base" else variant, steps)


def _width(header: Header) -> int:
    """The width of the text; of a LoRA without such layers by what its maker wrote into it."""
    widths = {tensor.shape[1] for name, tensor in header.tensors.items()
              if _LISTENS.search(name) and len(tensor.shape) in (2, 4)}
    if len(widths) == 1:
        return widths.pop()
    stated = " ".join((header.metadata.get("ss_base_model_version", ""),
                       header.metadata.get("modelspec.architecture", ""))).lower()
    for mark, width in (("xl", 2048), ("v2", 1024), ("sd_1", 768), ("v1", 768)):
        if not widths and mark in stated:
            return width
    raise InputError("does not show which family it is for; add it to nothing, or ask its maker")


def _vae_family(header: Header, name: str) -> str:
    """Both families' decoders have the same shapes; only names tell."""
    told = " ".join((name, *header.metadata.values())).lower()
    channels = next((shape[1] for tensor in (*_KL_DECODER, *_TINY_DECODER)
                     if (shape := header.shape(tensor)) is not None and len(shape) == 4), 4)
    if channels != 4:
        raise InputError(f"is a VAE with {channels} latent channels; those of {', '.join(FAMILIES.values())} have 4")
    return "sdxl" if "xl" in told else "sd1"


def _refuse_foreign(header: Header) -> None:
    for mark, what in _NOT_HERE.items():
        if any(name.endswith(mark) for name in header.tensors):
            raise InputError(f"is {what}, which is not supported; there are " + ", ".join(FAMILIES.values()))
