"""Models as folders of diffusers: which parts they need, whether all are there and whole. Opens no pickles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from server.errors import InputError
from server.library.models.detection import FAMILIES, Found, family_of_width, variant_of
from server.library.models.safetensors import read_header

JSON_MOST: Final = 4 << 20
PICKLES: Final = (".ckpt", ".pt", ".pth", ".bin", ".pkl")
WEIGHTS: Final = ".safetensors"
_PIPELINES: Final = {"StableDiffusionPipeline": False, "StableDiffusionXLPipeline": True,
                     "LatentConsistencyModelPipeline": False}
_NEEDED: Final = ("unet", "vae", "text_encoder")
_USED: Final = ("unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "scheduler")
_BESIDE: Final = ("license", "licence", "readme", "copying", "notice", "model_index")
_STILLS: Final = (".png", ".jpg", ".jpeg", ".webp")


def detect_folder(folder: Path) -> Found:
    """What a folder is: a whole model, a VAE, or a vocabulary. Raises InputError, which begins inside a sentence."""
    if (folder / "model_index.json").is_file():
        return _pipeline(folder)
    if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        return Found("tokenizer", "sd1")
    if (folder / "config.json").is_file():
        return _vae(folder)
    if any(path.suffix.lower() in PICKLES for path in folder.iterdir()):
        raise InputError(f"holds only files ({', '.join(PICKLES)}) that could run any program when opened; "
                         "take the safetensors version of the model")
    raise InputError("is no folder of a model: it has no model_index.json; name the folder that has one, or one file")


def files_of(folder: Path, found: Found) -> tuple[Path, ...]:
    """What of a folder is needed, in a fixed order: no pickles, no second precision, no other formats."""
    if found.kind == "checkpoint":
        named = [path for part in _USED if (folder / part).is_dir() for path in _of_part(folder / part)]
    else:
        named = list(_of_part(folder))
    beside = [path for path in folder.iterdir() if path.is_file()
              and (path.stem.lower().startswith(_BESIDE) or path.suffix.lower() in _STILLS)]
    return tuple(sorted({*named, *beside}))


def _of_part(folder: Path) -> Iterator[Path]:
    """Configuration, vocabulary, and the smallest set of weights."""
    weights = [path for path in folder.iterdir() if path.suffix == WEIGHTS]
    half = [path for path in weights if ".fp16." in path.name or ".fp16-" in path.name]
    chosen = half or [path for path in weights if ".non_ema" not in path.name]
    for path in folder.iterdir():
        indexes = path.name.endswith(".safetensors.index.json") or ".safetensors.index." in path.name
        if indexes:
            if (".fp16." in path.name) == bool(half):
                yield path
        elif path.suffix in (".json", ".txt") and path.is_file():
            yield path
    yield from chosen


def _pipeline(folder: Path) -> Found:
    index = _json(folder / "model_index.json")
    kind = str(index.get("_class_name", ""))
    if kind not in _PIPELINES:
        raise InputError(f"is a {kind[:60] or 'model of no known kind'}; there are " + ", ".join(_PIPELINES))
    needed = [*_NEEDED, *(("text_encoder_2",) if _PIPELINES[kind] else ())]
    for part in needed:
        _whole(folder / part)
    if not (folder / "scheduler" / "scheduler_config.json").is_file():
        raise InputError("is not whole: scheduler/scheduler_config.json is missing; download the whole folder again")
    for part in ("tokenizer", *(("tokenizer_2",) if _PIPELINES[kind] else ())):
        if not (folder / part / "vocab.json").is_file() and not (folder / part / "tokenizer.json").is_file():
            raise InputError(f"is not whole: {part}/vocab.json is missing; download the whole folder again")
    unet, scheduler = _json(folder / "unet" / "config.json"), _json(folder / "scheduler" / "scheduler_config.json")
    found = _of_unet(unet, _PIPELINES[kind])
    return replace(found, prediction=str(scheduler.get("prediction_type", "")),
                   **_variant(folder.name, scheduler, kind))


def _of_unet(config: dict[str, Any], wide: bool) -> Found:
    if config.get("in_channels") != 4:
        raise InputError(f"is a model with {config.get('in_channels')} input channels, for inpainting or editing; "
                         "take the plain one")
    width = config.get("cross_attention_dim")
    if wide and config.get("addition_embed_type") != "text_time":
        raise InputError("says it is Stable Diffusion XL, and its UNet is not; download the whole folder again")
    if wide:
        # By its pipeline: the refiner is told by having one text encoder, which was asked for before.
        return Found("checkpoint", "sdxl")
    try:
        return Found("checkpoint", family_of_width(int(str(width))))
    except ValueError:
        raise InputError("has a UNet without text; take another model") from None


def _variant(name: str, scheduler: dict[str, Any], kind: str) -> dict[str, Any]:
    variant, steps = variant_of(name, {})
    said = str(scheduler.get("_class_name", ""))
    if variant == "base" and (said == "LCMScheduler" or kind == "LatentConsistencyModelPipeline"):
        variant = "lcm"
    elif variant == "base" and said.startswith("Euler") and scheduler.get("timestep_spacing") == "trailing":
        variant = "turbo"
    return {"variant": variant, "steps": steps}


def _vae(folder: Path) -> Found:
    config = _json(folder / "config.json")
    kind = str(config.get("_class_name", ""))
    if kind not in ("AutoencoderKL", "AutoencoderTiny"):
        raise InputError(f"holds a {kind[:60] or 'part of no known kind'}; a part that is added by itself is a VAE, "
                         "a whole model has a model_index.json")
    if config.get("latent_channels") != 4:
        raise InputError(f"is a VAE with {config.get('latent_channels')} latent channels; those of "
                         f"{', '.join(FAMILIES.values())} have 4")
    _whole(folder)
    told = f"{folder.name} {config.get('_name_or_path', '')}".lower()
    # 0.13025 is SDXL's scale, 0.18215 that of the others (Podell et al. 2023; Rombach et al. 2022).
    wide = "xl" in told or abs(float(config.get("scaling_factor", 0) or 0) - 0.13025) < 1e-5
    return Found("vae", "sdxl" if wide else "sd1", form="tiny" if kind == "AutoencoderTiny" else "kl")


def _whole(folder: Path) -> None:
    """Raise InputError unless a part has a configuration and weights that are whole."""
    if not (folder / "config.json").is_file():
        raise InputError(f"is not whole: {folder.name}/config.json is missing; download the whole folder again")
    weights = [path for path in folder.iterdir() if path.suffix == WEIGHTS]
    if not weights:
        pickled = any(path.suffix.lower() in PICKLES for path in folder.iterdir())
        raise InputError(f"has no safetensors weights in {folder.name}"
                         + (", only files that could run any program when opened; take the safetensors version"
                            if pickled else "; download the whole folder again"))
    for path in weights:
        try:
            read_header(path)
        except InputError as reason:
            raise InputError(f"is not whole: {folder.name}/{reason}") from None
    for index in folder.glob("*.safetensors.index*.json"):
        missing = sorted({str(name) for name in _json(index).get("weight_map", {}).values()}
                         - {path.name for path in weights})
        if missing:
            raise InputError(f"is not whole: {folder.name}/{missing[0]} is missing; download the whole folder again")


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > JSON_MOST:
            raise ValueError("too long")
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("no map")
    except (OSError, ValueError, RecursionError) as reason:
        raise InputError(f"has a {path.name} that cannot be read ({str(reason)[:60]}); download it again") from None
    return document
