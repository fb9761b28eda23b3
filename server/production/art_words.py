"""Words to generative pictures and back: what a description means, and descriptions of what is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Final

import numpy as np

from server.production.art_word_table import FIELDS, SMALL

_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LIKE: Final = 0.84
"""How alike a word must be to one that is known: a slip of the keyboard is, another word is not."""
_MEANS: Final = {word: (field, name) for field, names in FIELDS.items() for name, others in names.items()
                 for word in (name, *others)}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a generative picture shows: a pattern in a palette; the others may be left open with ""."""

    pattern: str
    palette: str
    density: str = ""
    symmetry: str = ""
    light: str = ""
    motion: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """What was found in a text: the fields it names, and the words that nobody knows here."""

    named: dict[str, str]
    unknown: tuple[str, ...]


def understood(text: str) -> Understood:
    """Read a description of any length in any language; the first word counts for each field."""
    named: dict[str, str] = {}
    unknown: list[str] = []
    for word in _WORD.findall(text.casefold()):
        if word in SMALL:
            continue
        meaning = _meaning(word)
        if meaning is None:
            if word not in unknown:
                unknown.append(word)
        else:
            named.setdefault(*meaning)
    return Understood(named, tuple(unknown))


def recipe_of(text: str, seed: int) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe that a description means, and the words of it that are unknown; the seed fills pattern and palette."""
    found = understood(text)
    rng = np.random.default_rng(abs(seed))
    filled = {field: str(rng.choice(sorted(FIELDS[field]))) for field in ("pattern", "palette")}
    return Recipe(**{**filled, **found.named}), found.unknown


def recipe_at(rng: np.random.Generator) -> Recipe:
    """A recipe by chance; each of the fields that may be open is open half of the time."""
    chosen = {}
    for field, names in FIELDS.items():
        if field in ("pattern", "palette") or rng.random() < 0.5:
            chosen[field] = str(rng.choice(list(names)))
    return Recipe(**chosen)


def described(recipe: Recipe, rng: np.random.Generator) -> str:
    """One of many descriptions of a recipe: its words or others for them, in one of many orders."""
    words = [(field.name, _said(field.name, getattr(recipe, field.name), rng)) for field in fields(recipe)
             if getattr(recipe, field.name)]
    pattern = next(word for field, word in words if field == "pattern")
    others = [word for field, word in words if field != "pattern"]
    rng.shuffle(others)
    cut = int(rng.integers(0, len(others) + 1))
    before, after = others[cut:], others[:cut]
    return " ".join([*before, pattern]) + "".join(f", {word}" for word in after)


def _said(field: str, name: str, rng: np.random.Generator) -> str:
    return str(rng.choice([name, name, *FIELDS[field][name]]))


def _meaning(word: str) -> tuple[str, str] | None:
    """What a word means: itself, its singular or plural, or what it is a slip of."""
    for form in _forms(word):
        if form in _MEANS:
            return _MEANS[form]
    close = get_close_matches(word, _MEANS, 1, _LIKE) if len(word) > 4 else []
    return _MEANS[close[0]] if close else None


def _forms(word: str) -> Iterable[str]:
    yield word
    yield word.removesuffix("s")
    yield f"{word}s"
    yield from word.split("-")
