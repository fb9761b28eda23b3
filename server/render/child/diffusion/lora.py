"""LoRAs added to a model before it is used: checked against it, then melted into its weights. It samples nothing."""

from __future__ import annotations

from typing import Any

from server.errors import RenderError
from server.render.child.diffusion.shelf import Chosen


def add_loras(unet: Any, encoders: list[Any], chosen: Chosen) -> tuple[str, int | None]:
    """Melt the LoRAs in; return the variant and the own steps of what comes of it. Raises RenderError.

    A LoRA that distils (LCM, Hyper) makes the model one of its kind.
    """
    variant, steps = chosen.checkpoint.variant, chosen.checkpoint.steps
    if not chosen.loras:
        return variant, steps
    pipeline = _holder(unet, encoders, chosen.checkpoint.family)
    names = []
    for number, (lora, _) in enumerate(chosen.loras):
        names.append(f"lora{number}")
        try:
            pipeline.load_lora_weights(lora.path.parent, weight_name=lora.path.name, adapter_name=names[-1],
                                       local_files_only=True, use_safetensors=True)
        except (RuntimeError, ValueError, KeyError) as reason:
            raise RenderError(f"{lora.name} does not fit {chosen.checkpoint.name} "
                              f"({' '.join(str(reason).split())[:120]}); take a LoRA made for it") from reason
        if lora.variant not in ("", "base"):
            variant, steps = lora.variant, lora.steps
    taken = {name for found in pipeline.get_list_adapters().values() for name in found}
    for name, (lora, _) in zip(names, chosen.loras, strict=True):
        if name not in taken:
            raise RenderError(f"nothing of {lora.name} fits {chosen.checkpoint.name}: it was made for another base")
    pipeline.set_adapters(names, [weight for _, weight in chosen.loras])
    pipeline.fuse_lora(adapter_names=names)
    pipeline.unload_lora_weights()
    return variant, steps


def _holder(unet: Any, encoders: list[Any], family: str) -> Any:
    """A pipeline with nothing but what LoRAs change."""
    from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline

    parts = {"vae": None, "tokenizer": None, "unet": unet, "scheduler": EulerDiscreteScheduler(steps_offset=1)}
    if family == "sdxl":
        return StableDiffusionXLPipeline(text_encoder=encoders[0], text_encoder_2=encoders[1], tokenizer_2=None,
                                         **parts)
    return StableDiffusionPipeline(text_encoder=encoders[0], safety_checker=None, feature_extractor=None,
                                   requires_safety_checker=False, **parts)
