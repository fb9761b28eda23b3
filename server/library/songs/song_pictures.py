"""The pictures of a song: those that its definitions ask for and those that lie on disk. It opens none of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from server.errors import InputError
from server.library.formats.oddity import Oddity, counted, listed
from server.library.formats.prompt_definitions import Prompt
from server.library.graph.identity import ALIAS_DIGITS, PictureId
from server.library.graph.song_graph import Picture, Presence
from server.library.songs.listing import DEFINITIONS, MASKS, PICTURES
from server.library.songs.naming import Names
from server.library.songs.song_files import SongFiles

_LONGEST: Final = 300
"""Characters; what is longer is called like no file, and its digits are no seed."""
_NAMED: Final = 6
_EXACT: Final = 15
"""Digits that a spreadsheet keeps of a number."""


@dataclass(frozen=True, slots=True)
class SongPictures:
    """All pictures in the order of the song, the names they can be called by, and what is odd about them."""

    pictures: Mapping[PictureId, Picture]
    names: Names
    in_folders: Mapping[str, tuple[PictureId, ...]]
    """Pictures by the folder below `scenes` that they were put into."""
    in_graphs: Mapping[str, tuple[PictureId, ...]]
    """Pictures by the scene that a graph drawn by the older programs puts them into."""
    oddities: tuple[Oddity, ...] = ()

    def by_prompt(self) -> dict[str, tuple[PictureId, ...]]:
        """Pictures by their name."""
        groups: dict[str, list[PictureId]] = {}
        for picture in self.pictures:
            groups.setdefault(picture.name, []).append(picture)
        return {name: tuple(group) for name, group in groups.items()}

    def meant(self, text: str) -> tuple[PictureId, ...]:
        """The pictures that a text means: `name_seed`, the seed whole or cut to four digits; also `name-seed`."""
        for parse in (PictureId.of_stem, PictureId.of_node):
            try:
                written = parse(text)
            except (InputError, ValueError):
                continue
            found = self.names.pictures(written.node)
            if found:
                return found
        return ()


def pictures_of(files: SongFiles) -> SongPictures:
    """Put together what the definitions ask for and what lies on disk."""
    pictures: dict[PictureId, Picture] = {}
    prompts = files.prompts.prompts if files.prompts is not None else {}
    for prompt in prompts.values():
        for each in prompt.pictures:
            pictures[each] = Picture(each, prompt.text, prompt.settings)
    names = Names(pictures)
    oddities: list[Oddity] = []
    unlisted: defaultdict[str, list[str]] = defaultdict(list)
    unnamed: list[str] = []
    folders: dict[str, list[PictureId]] = {}
    for scene, path in [*((None, path) for path in files.pictures),
                        *((scene, path) for scene, paths in files.scene_pictures.items() for path in paths)]:
        which = names.of_picture_file(path.rpartition("/")[2])
        if which is None:
            unnamed.append(path)
            continue
        if scene is not None and which not in folders.setdefault(scene, []):
            folders[scene].append(which)
        old = pictures.get(which)
        if old is None:
            unlisted[which.name].append(path)
            prompt_there = prompts.get(which.name)
            old = Picture(which, prompt_there.text, prompt_there.settings) if prompt_there else Picture(which)
        pictures[which] = old if old.file else replace(old, file=path, presence=Presence.EXISTS)
    for name, paths in unlisted.items():
        why = "their seeds are not in its row" if name in prompts else "it has no row"
        oddities.extend(_rounded(name, paths, prompts, names))
        oddities.append(Oddity(DEFINITIONS, prompts[name].line if name in prompts else None,
                               f"{counted(len(paths), 'picture')} of {name!r} on disk that the definitions do not "
                               f"list: {why} ({listed(paths, 3)})", "taken as pictures of the song"))
    for path in unnamed:
        oddities.append(Oddity(path, None, "its name does not end in _ and a seed",
                               "not used; interscene song add takes it into the song under a new name"))
    pictures = _ordered(pictures)
    oddities.extend(_collisions(pictures, files))
    oddities.extend(_missing_masks(files))
    names = Names(pictures)
    return SongPictures(pictures, names, {scene: tuple(found) for scene, found in folders.items()},
                        _drawn(files, names), tuple(oddities))


def _drawn(files: SongFiles, names: Names) -> dict[str, tuple[PictureId, ...]]:
    """Pictures by the scene that a drawn graph puts them into; a node that may be several pictures is left out."""
    scenes: dict[str, dict[PictureId, None]] = {}
    for graph in files.graphs.values():
        for node in graph.nodes:
            meant = names.pictures(node.id) if len(node.id) <= _LONGEST else ()
            if node.scene and len(meant) == 1:
                scenes.setdefault(node.scene, {})[meant[0]] = None
    return {scene: tuple(group) for scene, group in scenes.items()}


def _rounded(name: str, paths: Iterable[str], prompts: Mapping[str, Prompt], names: Names) -> Iterable[Oddity]:
    """Pictures whose seeds are listed with their last digits gone: spreadsheets keep fifteen."""
    for path in paths:
        which = names.of_picture_file(path.rpartition("/")[2])
        digits = "" if which is None else str(which.seed)
        for seed in prompts[name].seeds.values if name in prompts and len(digits) > _EXACT else ():
            listed_digits = str(seed)
            if (len(listed_digits) == len(digits) and listed_digits[:_EXACT] == digits[:_EXACT]
                    and not listed_digits[_EXACT:].strip("0")):
                yield Oddity(DEFINITIONS, prompts[name].line,
                             f"the seed {seed} of {name!r} looks like {digits}, rounded by a spreadsheet",
                             f"both are pictures of the song; write {digits} if that is the one you mean")


def _ordered(pictures: Mapping[PictureId, Picture]) -> dict[PictureId, Picture]:
    """Pictures of one name stand together, where the first of them stood."""
    groups: dict[str, list[Picture]] = {}
    for picture in pictures.values():
        groups.setdefault(picture.id.name, []).append(picture)
    return {picture.id: picture for group in groups.values() for picture in group}


def _collisions(pictures: Iterable[PictureId], files: SongFiles) -> list[Oddity]:
    """Pictures that the older programs cannot tell apart, since they cut seeds to four digits."""
    aliases: defaultdict[str, list[PictureId]] = defaultdict(list)
    for picture in pictures:
        aliases[picture.alias].append(picture)
    prompts = files.prompts.prompts if files.prompts is not None else {}
    found = []
    for alias, candidates in aliases.items():
        if len(candidates) < 2:
            continue
        prompt = prompts.get(candidates[0].name)
        more = f"{len(candidates) - _NAMED} others" if len(candidates) > _NAMED else ""
        found.append(Oddity(
            DEFINITIONS, prompt.line if prompt else None,
            f"{' and '.join(each.stem for each in candidates[:_NAMED])}{more and f' and {more}'} are "
            f"{'all' if candidates[2:] else 'both'} called {alias} by programs that cut seeds to {ALIAS_DIGITS} digits",
            "kept apart here by their whole seeds; where a folder or a list says "
            f"{alias}, write {' or '.join(each.node for each in candidates[:_NAMED])}{more and f' or {more}'} instead"))
    return found


def _missing_masks(files: SongFiles) -> list[Oddity]:
    if files.prompts is None:
        return []
    missing: dict[str, int] = {}
    for prompt in files.prompts.prompts.values():
        mask = prompt.settings.get("mask", "").replace("\\", "/")
        if mask and mask not in files.masks and mask.rpartition(".")[0] not in files.masks:
            missing.setdefault(mask, prompt.line)
    if not missing:
        return []
    return [Oddity(DEFINITIONS, next(iter(missing.values())),
                   f"masks that are not in the folder {MASKS}: {listed(missing, 999)}",
                   f"kept in the definitions; put them there as PNG before making pictures in {PICTURES}")]
