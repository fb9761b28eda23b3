"""The models that were added, as the worker finds them: folders with a model.json in each. It opens no weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from server.errors import InputError

DOCUMENT: Final = "model.json"
FORMAT: Final = "interscene.model"
SHORTEST: Final = 6
"""Characters of a hash that name a model."""
KEPT: Final = 16
"""Characters of a hash that recipes are written with."""
_LORAS: Final = 8


@dataclass(frozen=True, slots=True)
class Shelved:
    """One model on disk; `kind` is checkpoint, lora, vae or tokenizer, `form` of a vae is kl or tiny."""

    hash: str
    name: str
    kind: str
    family: str
    variant: str
    steps: int | None
    form: str
    path: Path
    """A diffusers folder, or one .safetensors file."""
    prediction: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a job's model means: a checkpoint, LoRAs with their weights, and decoders where they were found.

    `recipe` names them all, always in the same words.
    """

    recipe: str
    checkpoint: Shelved
    loras: tuple[tuple[Shelved, float], ...]
    vae: Shelved | None
    tiny: Shelved | None
    tokenizers: tuple[Path, ...]


class Shelf:
    """A folder of models. A recipe is `HASH`, or `HASH+HASH*0.8`: a checkpoint, and LoRAs or a decoder added to it."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def all(self) -> list[Shelved]:
        """Every model whose document can be read."""
        return list(self._found())

    def choose(self, recipe: str) -> Chosen:
        """What a recipe names. Raises InputError, which says what there is."""
        models = self.all()
        first, *others = (part.strip() for part in recipe.split("+"))
        checkpoint = self._named(first, models)
        if checkpoint.kind != "checkpoint":
            raise InputError(f"{checkpoint.name} is a {checkpoint.kind}: it is added to a model, as in HASH+{first}")
        loras: list[tuple[Shelved, float]] = []
        vae = None
        for word in others:
            name, _, weight = word.partition("*")
            part = self._named(name, models)
            _same_family(part, checkpoint)
            if part.kind == "vae":
                vae = part
            elif part.kind == "lora":
                loras.append((part, _weight(weight, part)))
            else:
                raise InputError(f"{part.name} is a {part.kind}; only a LoRA or a VAE is added to a model")
        if len(loras) > _LORAS:
            raise InputError(f"at most {_LORAS} LoRAs are added to a model, not {len(loras)}")
        tiny = vae if vae is not None and vae.form == "tiny" else next(
            (each for each in models if each.kind == "vae" and each.form == "tiny"
             and _latents(each.family) == _latents(checkpoint.family)), None)
        named = "+".join([checkpoint.hash[:KEPT], *(f"{lora.hash[:KEPT]}*{weight:g}" for lora, weight in loras),
                          *([vae.hash[:KEPT]] if vae is not None else [])])
        return Chosen(named, checkpoint, tuple(loras), None if vae is tiny else vae, tiny, _tokenizers(models))

    def _named(self, name: str, models: list[Shelved]) -> Shelved:
        near = [each for each in models if len(name) >= SHORTEST and each.hash.startswith(name)]
        if len(near) == 1:
            return near[0]
        if near:
            raise InputError(f"several models begin with {name}; give more of the hash")
        have = ", ".join(f"{each.name} ({each.hash[:12]})" for each in models if each.kind == "checkpoint")
        raise InputError(f"there is no model {name[:40] or '(none given)'} here; "
                         + (f"there are: {have}" if have else "add one with: interscene model add FILE"))

    def _found(self) -> Iterator[Shelved]:
        if self._folder is None or not self._folder.is_dir():
            return
        for document in sorted(self._folder.glob(f"*/{DOCUMENT}")):
            try:
                told = json.loads(document.read_text(encoding="utf-8"))
                if told["format"] == FORMAT:
                    yield _shelved(document.parent, told)
            except (OSError, ValueError, KeyError, TypeError):
                continue  # `interscene model list` says what is wrong with it


def _shelved(folder: Path, told: Mapping[str, Any]) -> Shelved:
    steps = told.get("steps")
    return Shelved(str(told["hash"]), str(told["name"]), str(told["kind"]), str(told["family"]),
                   str(told.get("variant", "")), None if steps is None else int(steps), str(told.get("form", "")),
                   folder / str(told["path"]), str(told.get("prediction", "")))


def _same_family(part: Shelved, checkpoint: Shelved) -> None:
    fits = (_latents(part.family) == _latents(checkpoint.family) if part.kind == "vae"
            else part.family == checkpoint.family)
    if not fits:
        what = "a VAE" if part.kind == "vae" else "a LoRA"
        raise InputError(f"{part.name} is {what} for {part.family}, and {checkpoint.name} is {checkpoint.family}; "
                         "take one that was made for it")


def _latents(family: str) -> str:
    """Stable Diffusion 1 and 2 have the same latents, SDXL others."""
    return "sdxl" if family == "sdxl" else "sd"


def _weight(text: str, part: Shelved) -> float:
    try:
        weight = float(text or 1)
    except ValueError:
        weight = float("nan")
    if not -4 <= weight <= 4:
        raise InputError(f"the weight of {part.name} is a number from -4 to 4, not {text[:20]!r}")
    return weight


def _tokenizers(models: list[Shelved]) -> tuple[Path, ...]:
    """Folders with a vocabulary: those added as such, then those of whole models."""
    own = [each.path for each in models if each.kind == "tokenizer"]
    others = [each.path / "tokenizer" for each in models if each.kind == "checkpoint" and each.path.is_dir()]
    return tuple(path for path in (*own, *others) if (path / "vocab.json").is_file())
