"""What a person means by a word: a prompt of the song, many of them, or a new one. It looks at no pictures."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import InputError, LibraryError, PathRefused
from server.library.formats.prompt_definitions import FILE_NAME, Prompt, PromptDefinitions, parse_prompt_definitions
from server.library.naming import song_name

FOLDER: Final = "explore_images"
_WORDS: Final = 3
_LONGEST_NAME: Final = 120
"""Bytes; behind it come the seed and what a file is while it is written."""
_NAME: Final = re.compile(r"[^\W_]+(?:_[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is explored: a prompt of the song, or a new one under a name of its own."""

    name: str
    prompt: str
    negative: str = ""
    guidance: float | None = None
    known: bool = False


def definitions_of(song: Path) -> PromptDefinitions:
    """The prompts of a song. Raises LibraryError, InputError."""
    try:
        return parse_prompt_definitions((song / FILE_NAME).read_bytes())
    except OSError as reason:
        raise LibraryError(f"{song / FILE_NAME} cannot be read ({reason.strerror}); make a song with: "
                           f"interscene song new {song}") from None


def subjects(definitions: PromptDefinitions, words: Sequence[str]) -> list[Subject]:
    """What a person means by each word: `name`, `na*` (all that begin so), `name=a new prompt`, or a prompt itself.

    Raises InputError.
    """
    found: dict[str, Subject] = {}
    for word in words:
        for subject in _meant(definitions, word.strip()):
            folder_of(Path(), subject.name)
            if subject.name in found and found[subject.name] != subject:
                raise InputError(f"{subject.name!r} would be two prompts; give one of them a name: NAME=PROMPT")
            found[subject.name] = subject
    return list(found.values())


def _meant(definitions: PromptDefinitions, word: str) -> list[Subject]:
    known = definitions.prompts
    if word in known:
        return [_of_row(known[word])]
    if word.endswith("*"):
        rows = [prompt for name, prompt in known.items() if name.startswith(word[:-1])]
        if not rows:
            raise InputError(f"no prompt of the song begins with {word[:-1]!r}; they are: {', '.join(known) or 'none'}")
        return [_of_row(prompt) for prompt in rows]
    name, equals, text = word.partition("=")
    if equals and _NAME.fullmatch(name.strip()):
        name = name.strip()
        if name in known and known[name].text != text.strip():
            raise InputError(f"the song has a prompt {name!r} already; choose another name, or change {FILE_NAME}")
        return [_of_row(known[name])] if name in known else [Subject(name, _not_empty(text, name))]
    if " " in word:
        return [Subject(_name_for(word, known), word)]
    near = difflib.get_close_matches(word, known, 1)
    raise InputError(f"the song has no prompt {word!r}" + (f", did you mean {near[0]}?" if near else "") +
                     "; a new one is written as NAME=PROMPT, or as a prompt of several words")


def _of_row(row: Prompt) -> Subject:
    if not row.text.strip():
        raise InputError(f"{row.name!r} has no prompt in {FILE_NAME}; write one into its row")
    guidance = row.settings.get("guidance_scale", "")
    return Subject(row.name, row.text, row.settings.get("negative_prompt", ""),
                   float(guidance.replace(",", ".")) if guidance else None, known=True)


def _not_empty(text: str, name: str) -> str:
    if not text.strip():
        raise InputError(f"{name}= has no prompt behind it")
    return text.strip()


def _name_for(prompt: str, taken: Collection[str]) -> str:
    """A short name from the first words of a prompt, like none that is there."""
    words = [word.casefold() for word in re.findall(r"[^\W_]+", prompt)][:_WORDS] or ["prompt"]
    name, number = "_".join(words)[:_LONGEST_NAME // 4].rstrip("_"), 1
    there = {each.casefold() for each in taken}  # a folder of another case is the same one on many disks
    while (name if number == 1 else f"{name}{number}") in there:
        number += 1
    return name if number == 1 else f"{name}{number}"


def folder_of(song: Path, name: str) -> Path:
    """Where the pictures of a name lie while it is explored. Raises InputError for what no folder can be called."""
    try:
        if len(name.encode("utf-8", "surrogatepass")) > _LONGEST_NAME:
            raise PathRefused(f"a name has at most {_LONGEST_NAME} bytes, and {name[:30]!r}… is longer")
        return song / FOLDER / song_name(name)
    except PathRefused as reason:
        why = str(reason).partition(";")[0]
        raise InputError(f"{why}; give it another name: NAME=PROMPT, or in {FILE_NAME}") from None
