"""What is known of a model that was added: the document beside its weights. It opens no weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from server.errors import LibraryError

DOCUMENT: Final = "model.json"
FORMAT: Final = "interscene.model"
VERSION: Final = 1
KINDS: Final = ("checkpoint", "lora", "vae", "tokenizer")
SHORT: Final = 16
"""Characters of a hash that are shown, and that a job names a model by."""


@dataclass(frozen=True, slots=True)
class Licence:
    """What a model says it may be used for: a name or identifier, and which file tells; both may be empty."""

    name: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One model; `folder` is where it lies, `path` its weights, from there: `.` or a file's name."""

    folder: Path
    hash: str
    name: str
    kind: str
    family: str
    variant: str
    steps: int | None
    form: str
    prediction: str
    path: str
    bytes: int
    licence: Licence
    still: str = ""
    """A picture's file name, shown for the model; empty without one."""

    @property
    def short(self) -> str:
        """The beginning of the hash."""
        return self.hash[:SHORT]

    @property
    def what(self) -> str:
        """In words: `sdxl turbo checkpoint`, `sd1 lora`."""
        form = {"tiny": "tiny ", "kl": ""}.get(self.form, "")
        return " ".join(word for word in (self.family, self.variant, f"{form}{self.kind}") if word)

    def document(self) -> dict[str, Any]:
        """As it is written beside the weights."""
        told = asdict(self)
        del told["folder"]
        return {"format": FORMAT, "version": VERSION, **told}

    def write(self, folder: Path) -> None:
        """Write the document into a folder."""
        text = json.dumps(self.document(), indent=1, ensure_ascii=False)
        (folder / DOCUMENT).write_text(text + "\n", encoding="utf-8")


def read_model(folder: Path) -> Model:
    """Read the document of a folder. Raises LibraryError, in one line that says what to do."""
    path = folder / DOCUMENT
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["format"] != FORMAT or told["version"] > VERSION or told["kind"] not in KINDS:
            raise ValueError("not of this kind")
        licence = Licence(str(told["licence"]["name"]), str(told["licence"]["file"]))
        steps = told["steps"]
        return Model(folder, str(told["hash"]), str(told["name"]), str(told["kind"]), str(told["family"]),
                     str(told["variant"]), None if steps is None else int(steps), str(told["form"]),
                     str(told["prediction"]), _inside(told["path"]), int(told["bytes"]), licence,
                     _inside(told.get("still", "")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise LibraryError(f"{path} cannot be read; remove {folder.name}, and add the model again") from None


def _inside(name: object) -> str:
    """A name that leads nowhere else."""
    text = str(name)
    if any(mark in text for mark in ("/", "\\", ":")) or text == "..":
        raise ValueError("leads outside")
    return text
