"""Finding prompts and seeds: pictures of a prompt with many seeds on one sheet, kept into the song or put aside.

They lie in `explore_images/NAME/` until then. It makes no pictures itself.
"""

from __future__ import annotations

import glob
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import InputError, MissingFile, OutputError
from server.index.identity import typed
from server.library.formats.prompt_definitions import PromptDefinitions
from server.library.graph.identity import ALIAS_DIGITS, PictureId
from server.library.media_folder import natural_order
from server.library.songs.adding import AddedPicture, add_pictures
from server.library.songs.listing import PICTURE_SUFFIXES, PICTURES
from server.library.songs.recipe import recipe_of
from server.media.part_file import make_folders, output_error
from server.media.picture import read_picture
from server.media.sheet import SheetOptions, draw_sheet, is_sheet
from server.production.subjects import definitions_of, folder_of

REJECTED: Final = "rejected"
SHEET: Final = "explore_sheet.png"
MOST: Final = 500
_SEEDS: Final = range(1000, 10_000)
"""Seeds of four digits: the older programs cut longer ones, so that two could not be told apart."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of explored pictures; `other` are those whose prompt is not the one that the song's list has."""

    kept: tuple[AddedPicture, ...] = ()
    rejected: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


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
