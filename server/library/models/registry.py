"""The models folder: what is in it, by name or hash, and out of it again. One folder a model; it opens no weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from server.errors import InputError, LibraryError, OutputError
from server.library.models.model import DOCUMENT, Model, read_model

PART: Final = ".part"
_SHORTEST: Final = 4
"""Characters of a hash that name a model at least."""


class Registry:
    """The models in a folder, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Model]:
        """Every model that can be read, by name."""
        return self.look()[0]

    def look(self) -> tuple[list[Model], list[str]]:
        """Every model, and a line for each document that cannot be read."""
        models, problems = [], []
        for document in sorted(self.folder.glob(f"*/{DOCUMENT}")):
            if document.parent.name.endswith(PART):
                continue
            try:
                models.append(read_model(document.parent))
            except LibraryError as reason:
                problems.append(str(reason))
        return sorted(models, key=lambda model: (model.kind, model.name.lower(), model.hash)), problems

    def find(self, word: str) -> Model:
        """The model of a name or of the beginning of a hash. Raises InputError, which says what there is."""
        models = self.all()
        named = [model for model in models if word in (model.name, model.folder.name)]
        found = named or [model for model in models if len(word) >= _SHORTEST and model.hash.startswith(word.lower())]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(f"{word!r} means several models: {_told(found)}; give more of the hash")
        raise InputError(f"there is no model {word!r} in {self.folder}; "
                         + (f"there are: {_told(models)}" if models else "add one with: interscene model add FILE"))

    def recipe(self, words: Sequence[str]) -> str:
        """What a job names its model by: a model, then LoRAs (`NAME*0.8`) and decoders added to it. Raises InputError.

        Their families must fit; the worker would refuse the job only when it is its turn.
        """
        first = self.find(words[0]) if words else None
        if first is None or first.kind != "checkpoint":
            raise InputError(f"{words[0] if words else 'nothing'} is no model to begin with; LoRAs and VAEs are added "
                             "behind one")
        parts = [first.short]
        for word in words[1:]:
            name, _, weight = word.partition("*")
            part = self.find(name)
            if part.kind not in ("lora", "vae"):
                raise InputError(f"{part.name} is a {part.kind}; only LoRAs and VAEs are added to a model")
            if _fits(part) != _fits(first, as_vae=part.kind == "vae"):
                raise InputError(f"{part.name} was made for {part.family}, and {first.name} is {first.family}; "
                                 "take one that was made for it")
            parts.append(part.short + (f"*{weight}" if weight else ""))
        return "+".join(parts)

    def remove(self, model: Model, *, rename: Callable[[Path, Path], object] = Path.rename) -> None:
        """Take a model away, whole. Raises OutputError when it is being used."""
        gone = model.folder.with_name(f"{model.folder.name}{PART}")
        try:
            # First out of sight in one step: half a model must never be found.
            rename(model.folder, gone)
        except OSError as reason:
            raise OutputError(f"{model.name} cannot be removed ({reason.strerror or reason}); "
                              "stop what is using it first") from None
        shutil.rmtree(gone, ignore_errors=True)


def _fits(model: Model, *, as_vae: bool = False) -> str:
    """What must be the same: the family; of decoders only the latents, which 1.x and 2.x share."""
    if as_vae or model.kind == "vae":
        return "sdxl" if model.family == "sdxl" else "sd"
    return model.family


def _told(models: Sequence[Model]) -> str:
    return ", ".join(f"{model.name} ({model.short[:8]})" for model in models)
