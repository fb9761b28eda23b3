"""Finding prompts and seeds: pictures of a prompt with many seeds on one sheet, kept into the song or put aside.

They lie in `explore_images/NAME/` until then. It makes no pictures itself.
"""

from __future__ import annotations

import difflib
import glob
import random
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import InputError, LibraryError, MissingFile, OutputError, PathRefused
from server.index.identity import typed
from server.library.formats.prompt_definitions import FILE_NAME, Prompt, PromptDefinitions, parse_prompt_definitions
from server.library.graph.identity import ALIAS_DIGITS, PictureId
from server.library.media_folder import natural_order
from server.library.naming import song_name
from server.library.songs.adding import AddedPicture, add_pictures
from server.library.songs.listing import PICTURE_SUFFIXES, PICTURES
from server.library.songs.recipe import recipe_of
from server.media.part_file import make_folders, output_error
from server.media.picture import read_picture
from server.media.sheet import SheetOptions, draw_sheet, is_sheet

FOLDER: Final = "explore_images"
REJECTED: Final = "rejected"
SHEET: Final = "explore_sheet.png"
MOST: Final = 500
_SEEDS: Final = range(1000, 10_000)
"""Seeds of four digits: the older programs cut longer ones, so that two could not be told apart."""
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


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of explored pictures; `other` are those whose prompt is not the one that the song's list has."""

    kept: tuple[AddedPicture, ...] = ()
    rejected: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


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


def fresh_seeds(song: Path, definitions: PromptDefinitions, name: str, count: int, chance: random.Random) -> list[int]:
    """Seeds of four digits that no picture of this name has, listed, explored or rejected. Raises InputError."""
    if not 1 <= count <= MOST:
        raise InputError(f"1 to {MOST} pictures of a prompt at once, not {count}")
    seen = {seed for which, seed in definitions.pictures if which == name}
    folder = folder_of(song, name)
    in_song = (song / PICTURES).glob(f"{glob.escape(name)}_*")
    for path in [*_pictures(folder), *_pictures(folder / REJECTED), *in_song]:
        which = _identity(path)
        if which is not None and which.name == name:
            seen.add(which.seed)
    cut = {int(str(seed)[:ALIAS_DIGITS]) for seed in seen}
    left = [seed for seed in _SEEDS if seed not in cut]
    if len(left) < count:
        raise InputError(f"of {name} only {len(left)} seeds of four digits are left; explore it under another name")
    return sorted(chance.sample(left, count))


def folder_of(song: Path, name: str) -> Path:
    """Where the pictures of a name lie while it is explored. Raises InputError for what no folder can be called."""
    try:
        if len(name.encode("utf-8", "surrogatepass")) > _LONGEST_NAME:
            raise PathRefused(f"a name has at most {_LONGEST_NAME} bytes, and {name[:30]!r}… is longer")
        return song / FOLDER / song_name(name)
    except PathRefused as reason:
        why = str(reason).partition(";")[0]
        raise InputError(f"{why}; give it another name: NAME=PROMPT, or in {FILE_NAME}") from None


def place_of(song: Path, name: str, seed: int) -> Path:
    """Where the picture of a seed lies while it is explored."""
    return folder_of(song, name) / f"{PictureId(name, seed).stem}.jpg"


def explored(song: Path, name: str) -> list[Path]:
    """The pictures of a name that nobody has decided about, in the order of the sheet."""
    return sorted(_pictures(folder_of(song, name)), key=lambda path: natural_order(path.name))


def draw(song: Path, name: str) -> Path | None:
    """Draw the sheet of a name anew; None, and no sheet, when nothing is on it. Raises MediaError, OutputError."""
    sheet, paths = folder_of(song, name) / SHEET, explored(song, name)
    if not paths:
        sheet.unlink(missing_ok=True)
        return None
    draw_sheet(paths, sheet, SheetOptions(columns=min(6, max(2, round(len(paths) ** 0.5))), overwrite=True))
    return sheet


def numbered(paths: Sequence[Path], words: Sequence[str]) -> list[Path]:
    """The pictures that numbers of the sheet mean; `all` is every one, `0-3` a range. Raises InputError."""
    chosen: dict[Path, None] = {}
    for word in words:
        match = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", word)
        if word == "all":
            chosen.update(dict.fromkeys(paths))
        elif match is None:
            raise InputError(f"{word!r} is no number of the sheet; write 3, 0-5 or all")
        else:
            first, last = int(match[1]), int(match[2] or match[1])
            if not first <= last < len(paths):
                raise InputError(f"the sheet has the numbers 0 to {len(paths) - 1}, and {word} is not among them")
            chosen.update(dict.fromkeys(paths[first:last + 1]))
    return list(chosen)


def decide(song: Path, name: str, keep: Sequence[str], reject: Sequence[str]) -> Decided:
    """Take pictures of a sheet into the song, and put others aside; then draw the sheet anew.

    Keeping copies the picture to `prompt_images` and writes its seed into the prompt definitions, whose other columns
    and rows stay as they are. Raises MissingFile, InputError, OutputError; then nothing was put aside, and the same
    call again goes on with what is not kept yet.
    """
    paths = explored(song, name)
    if not paths:
        raise MissingFile(f"nothing of {name} is being explored; make pictures with: "
                          f"interscene explore {typed(song)} {typed(Path(name))}")
    kept = numbered(paths, keep)
    # What is kept is not rejected, so that `--keep 3 --reject all` means what it says.
    put_aside = [path for path in numbered(paths, reject) if path not in kept]
    added: list[AddedPicture] = []
    other = []
    for prompt, same in _by_prompt(kept).items():
        row = definitions_of(song).prompts.get(name)
        if row is not None and prompt and row.text.strip() != prompt:
            other += [path.stem for path in same]
        added += add_pictures(song, same, prompt=prompt)
    for path in kept:
        path.unlink(missing_ok=True)
    _put_aside(put_aside)
    draw(song, name)
    return Decided(tuple(added), tuple(path.stem for path in put_aside), tuple(other))


def _by_prompt(paths: Sequence[Path]) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(str(recipe_of(read_picture(path)).get("prompt", "")).strip(), []).append(path)
    return groups


def _put_aside(paths: Sequence[Path]) -> None:
    for path in paths:
        target = path.parent / REJECTED / path.name
        make_folders(target.parent)
        try:
            path.replace(target)
        except OSError as reason:
            raise OutputError(str(output_error(target, reason))) from None


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir()
            if path.suffix.lower() in PICTURE_SUFFIXES and not is_sheet(path) and path.is_file()]


def _identity(path: Path) -> PictureId | None:
    try:
        return PictureId.of_stem(path.stem)
    except InputError:
        return None
