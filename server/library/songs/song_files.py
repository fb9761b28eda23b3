"""The files of a song folder that people write, read into values; everything odd about them is said in words.

Nothing is resolved here: which pictures a text means is `file_graph`'s to say. No picture or movie is opened.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from server.errors import InputError
from server.library.formats import transition_lists
from server.library.formats.generation_settings import PATTERN as SETTINGS_FILE
from server.library.formats.generation_settings import SettingsFile, parse_generation_settings
from server.library.formats.gexf import Gexf, parse_gexf
from server.library.formats.never_again import FILE_NAME as NEVER
from server.library.formats.never_again import NeverAgain, parse_never_again
from server.library.formats.oddity import Oddities, Oddity, counted, listed
from server.library.formats.prompt_definitions import PromptDefinitions, parse_prompt_definitions
from server.library.formats.scene_sequence import SceneSequence, parse_scene_sequence, variant_of
from server.library.formats.transition_lists import TransitionList, parse_transition_list
from server.library.sequences import TransitionSequence, is_sequence, parse_sequence
from server.library.songs.listing import (
    DEFINITIONS,
    FRAMES,
    MASKS,
    META,
    MOVIE_SUFFIX,
    MOVIES,
    PICTURE_SUFFIXES,
    PICTURES,
    SCENES,
    STORY,
    Listing,
    by_place,
    list_song,
    same_text,
)
from server.library.songs.naming import copy_of

_LARGEST: Final = 64 << 20
"""Bytes; a text file of a song that is larger is something else."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SCENE_LIST: Final = "transitions.csv"
_LEFT: Final = "it is kept as it is and not used"
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class SongFiles:
    """What a song folder holds. Paths are relative to the folder, with /."""

    folder: Path
    prompts: PromptDefinitions | None = None
    settings: Mapping[str, SettingsFile] = field(default_factory=dict)
    """By variant; the plain file is ""."""
    sequences: Mapping[str, SceneSequence] = field(default_factory=dict)
    """By variant; the plain file is ""."""
    lists: Mapping[str, TransitionList] = field(default_factory=dict)
    """Inter-, intrascene and existing transitions by path."""
    plans: Mapping[str, TransitionSequence] = field(default_factory=dict)
    """`trans_sequence*.csv` by path."""
    graphs: Mapping[str, Gexf] = field(default_factory=dict)
    """Drawn graphs of the older programs by path."""
    never: NeverAgain = field(default_factory=NeverAgain)
    pictures: tuple[str, ...] = ()
    scene_pictures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Picture files by the folder below `scenes`."""
    frame_folders: tuple[str, ...] = ()
    movies: tuple[str, ...] = ()
    masks: frozenset[str] = frozenset()
    """Masks as the definitions write them: below `masks`, without their suffix."""
    oddities: tuple[Oddity, ...] = ()

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the song by its plain settings, multiples of 8; None without any."""
        chosen = self.settings.get("") or next(iter(self.settings.values()), None)
        return None if chosen is None or not chosen.settings else (chosen.usual.width, chosen.usual.height)


class _Reader:
    """Reads files one by one; what cannot be used becomes an oddity, never an end."""

    def __init__(self, folder: Path, listing: Listing) -> None:
        self.folder = folder
        self.listing = listing
        self.oddities: list[Oddity] = []

    def say(self, file: str, what: str, done: str, line: int | None = None) -> None:
        self.oddities.append(Oddity(file, line, what, done))

    def read(self, path: str, parse: Callable[[bytes, str], Value]) -> Value | None:
        """The value of a file, or None when it cannot be used; its own oddities are taken over."""
        stamp = self.listing[path]
        if stamp.folder:
            self.say(path, "it is a folder where a file should be", _LEFT)
            return None
        if stamp.size > _LARGEST:
            self.say(path, f"it has {stamp.size >> 20} MiB, which no such file has", _LEFT)
            return None
        try:
            value = parse((self.folder / path).read_bytes(), path)
        except OSError as reason:
            self.say(path, f"it cannot be read: {reason.strerror or reason}", _LEFT)
            return None
        except InputError as reason:
            self.oddities.append(refused(path, reason))
            return None
        found: Any = getattr(value, "oddities", ())
        self.oddities.extend(found)
        return value

    def read_saying(self, path: str, parse: Callable[[bytes, Oddities], Value]) -> Value | None:
        """The same for parsers that are handed what collects oddities."""
        oddities = Oddities(path)
        value = self.read(path, lambda data, _: parse(data, oddities))
        self.oddities.extend(oddities)
        return value


def refused(path: str, reason: InputError) -> Oddity:
    """A file that cannot be used, as an oddity: the error's own words, its place taken apart."""
    text, line = str(reason).removeprefix(path).removeprefix(":").lstrip(", "), None
    if text.startswith("line ") and ":" in text:
        number, _, rest = text[5:].partition(":")
        if number.isdecimal():
            line, text = int(number), rest.strip()
    return Oddity(path, line, text.rstrip("."), _LEFT)


def read_song_folder(folder: Path, *, listing: Listing | None = None) -> SongFiles:
    """Read a song folder. Raises MissingFile, LibraryError when the folder itself cannot be read."""
    listing = list_song(folder) if listing is None else listing
    reader = _Reader(folder, listing)
    places = by_place(_readable(reader))
    _say_misplaced(reader)
    top = sorted(places.get("", ()))
    for path in top:
        if not listing[path].folder and copy_of(path.rpartition(".")[0]) is not None:
            reader.say(path, "its name is that of a copy which a synced drive or a file manager made", _LEFT)
    prompts = _definitions(reader, top)
    settings = _by_variant(reader, top, lambda name: (match := SETTINGS_FILE.fullmatch(name)) and (
        match["variant"] or ""), parse_generation_settings)
    sequences = _by_variant(reader, top, variant_of, parse_scene_sequence)
    never = next((value for path in top if path.casefold() == NEVER
                  if (value := reader.read_saying(path, parse_never_again)) is not None), NeverAgain())
    lists = {path: found for path in sorted((*places.get(META, ()), *top, *places.get(SCENES, ())))
             if _is_list(path) and (found := reader.read(path, parse_transition_list)) is not None}
    plans = {path: plan for path in sorted(places.get(STORY, ())) if is_sequence(Path(path))
             if (plan := reader.read_saying(path, plan_of)) is not None}
    graphs = {path: graph for path in sorted(places.get(STORY, ())) if path.lower().endswith(".gexf")
              if (graph := reader.read_saying(path, parse_gexf)) is not None}
    pictures = tuple(_picture_files(reader, sorted(places.get(PICTURES, ()))))
    scenes: dict[str, list[str]] = {}
    for path in _picture_files(reader, sorted(each for each in places.get(SCENES, ())
                                              if each.count("/") > 1 and not _is_list(each))):
        scenes.setdefault(path.split("/")[1], []).append(path)
    frames = _frame_folders(reader, sorted(places.get(FRAMES, ())))
    movies = tuple(path for path in sorted(places.get(MOVIES, ())) if path.lower().endswith(MOVIE_SUFFIX)
                   and not listing[path].folder)
    if not prompts and not sequences and not pictures and not scenes and not frames and not movies:
        reader.say(".", "the folder holds nothing of a song", "it is an empty song")
    return SongFiles(folder, prompts, settings, sequences, lists, plans, graphs, never, pictures,
                     {name: tuple(paths) for name, paths in scenes.items()}, frames, movies, _masks(folder),
                     tuple(reader.oddities))


def _readable(reader: _Reader) -> list[str]:
    """The paths that are text: what Linux unpacks of an old archive may be no text in any encoding."""
    strange = {path for path in reader.listing if not path.isprintable() and _SURROGATE.search(path)}
    for path in sorted(strange):
        reader.say(ascii(path)[1:-1], "its name is in no known encoding", "not used; rename it")
    return [path for path in reader.listing if path not in strange] if strange else list(reader.listing)


def _definitions(reader: _Reader, top: Sequence[str]) -> PromptDefinitions | None:
    found = [path for path in top if path.casefold() == DEFINITIONS]
    for path in found[1:]:
        reader.say(path, f"the song has it twice; {found[0]} is the other", "the other one counts")
    if not found:
        reader.say(DEFINITIONS, "there is no such file", "pictures are known by their files only, without prompts")
    return reader.read(found[0], parse_prompt_definitions) if found else None


def _by_variant(reader: _Reader, top: Sequence[str], variant: Callable[[str], str | None],
                parse: Callable[[bytes, str], Value]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    folded: dict[str, tuple[str, str]] = {}
    for path in top:
        name = variant(path)
        if name is None:
            continue
        if copy_of(path.rpartition(".")[0]) is not None:
            continue
        value = reader.read(path, parse)
        if value is None:
            continue
        twin = folded.get(same_text(name))
        if twin is not None:
            reader.say(twin[0], f"the song has it twice, in other letters; {path} is the other", "the other one counts")
            values.pop(twin[1], None)
        folded[same_text(name)] = path, name
        values[name] = value
    return values


def plan_of(data: bytes, oddities: Oddities) -> TransitionSequence:
    """A plan of the older programs. Raises InputError with file and line."""
    try:
        return parse_sequence(data, oddities)
    except InputError as reason:
        raise InputError(f"{oddities.file}, {reason}") from None


def _say_misplaced(reader: _Reader) -> None:
    for name in (PICTURES, SCENES, META, STORY, FRAMES, MOVIES, MASKS):
        stamp = reader.listing.get(name)
        if stamp is not None and not stamp.folder:
            reader.say(name, "it is a file where a folder should be", _LEFT)


def _picture_files(reader: _Reader, paths: Sequence[str]) -> list[str]:
    """The picture files among the paths; copies, folders and what is no picture are said."""
    kept: list[str] = []
    strange: list[str] = []
    known = set(paths)
    for path in paths:
        name = path.rpartition("/")[2]
        stem, dot, suffix = name.rpartition(".")
        if not dot or f".{suffix.lower()}" not in PICTURE_SUFFIXES:
            strange.append(name)
            continue
        if reader.listing[path].folder:
            reader.say(path, "it is a folder where a picture should be", _LEFT)
            continue
        original = copy_of(stem)
        if original is not None:
            there = f"{path.rpartition('/')[0]}/{original}.{suffix}" in known
            reader.say(path, "it is a copy which a synced drive or a file manager made",
                       "not used, the original is there; delete it" if there else
                       f"not used, and there is no {original}.{suffix}; rename it if it is the right one")
            continue
        if not reader.listing[path].size:
            reader.say(path, "it is empty (0 bytes), as a file that was never fetched from its drive",
                       "counted as damaged")
        kept.append(path)
    if strange:
        where = paths[0].partition("/")[0]
        reader.oddities.append(Oddity(where, None, f"{counted(len(strange), 'file')} that "
                                      f"{'is' if len(strange) == 1 else 'are'} no picture: {listed(strange)}",
                                      _LEFT, note=True))
    return kept


def _frame_folders(reader: _Reader, paths: Sequence[str]) -> tuple[str, ...]:
    folders: list[str] = []
    known = {path.casefold() for path in paths}
    for path in paths:
        if not reader.listing[path].folder:
            reader.say(path, "it is a file among the folders of frames", _LEFT)
            continue
        original = copy_of(path)
        if original is not None:
            there = original.casefold() in known
            reader.say(path, "it is a copy which a synced drive or a file manager made",
                       "not used, the original is there; delete it" if there else
                       "not used, and the original is not there; rename it if it is the right one")
            continue
        folders.append(path)
    return tuple(folders)


def _is_list(path: str) -> bool:
    """Whether a file lists transitions; the earliest programs had such lists in `scenes` and in its folders."""
    place, _, name = path.rpartition("/")
    return name in transition_lists.FILE_NAMES or (place.count("/") == 1 and name == _SCENE_LIST)


def _masks(folder: Path) -> frozenset[str]:
    """Masks by the names that definitions use. Links are not followed."""
    root = folder / MASKS
    found = set()
    waiting = [root] if root.is_dir() else []
    while waiting:
        # A folder that cannot be read has no masks, and those are said to be missing.
        with contextlib.suppress(OSError):
            for path in waiting.pop().iterdir():
                if path.is_dir() and not path.is_symlink():
                    waiting.append(path)
                elif path.suffix.lower() in PICTURE_SUFFIXES:
                    found.add(path.relative_to(root).with_suffix("").as_posix())
    return frozenset(found)


