"""What breaks when pictures are taken out of a song: edges, ways, scenes, stories. It takes nothing out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from server.errors import InputError, LibraryError
from server.library.graph.identity import Edge, PictureId
from server.library.graph.song_graph import SongGraph
from server.library.media_folder import close_to, folded
from server.library.paths import shortened
from server.library.songs.listing import STORY
from server.library.songs.naming import Names
from server.media.files_below import files_below

STORIES: Final = "stories"
_LARGEST: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Breakage:
    """What taking out `pictures` costs. Everything counts what can be played now, not what is planned."""

    pictures: tuple[PictureId, ...]
    edges: tuple[Edge, ...]
    dead_ends: tuple[PictureId, ...]
    """Pictures that had more ways than one and are left with a single one: in and out by the same way."""
    unreachable: tuple[PictureId, ...]
    """Pictures to which no way is left from the largest part of the song, but was before."""
    emptied: tuple[str, ...]
    """Scenes that would have no pictures."""
    parted: tuple[tuple[str, str], ...]
    """Neighbours in a scene sequence between which no transition is left, but was before."""
    steps: tuple[str, ...]
    """Rows of scene sequences that begin with such a picture."""
    stories: tuple[str, ...]
    """Files of stories that use such a picture, as paths in the song."""

    @property
    def harmless(self) -> bool:
        """Whether nothing but the pictures and their own edges is lost."""
        return not (self.dead_ends or self.unreachable or self.emptied or self.parted or self.steps or self.stories)


def breakage(graph: SongGraph, pictures: Collection[PictureId], song: Path | None = None) -> Breakage:
    """Say what is lost with these pictures; with the song's folder, which stories use them, too."""
    gone = set(pictures)
    before = [each.edge for each in graph.transitions.values() if each.playable]
    after = [edge for edge in before if not gone & set(edge)]
    lost = [edge for edge in before if gone & set(edge)]
    left = [each for each in graph.pictures if each not in gone]
    ways_before, ways_after = _ways(before), _ways(after)
    main_before, main_after = _largest(before), _largest(after)
    stranded = [each for each in left if each in main_before and each not in main_after]
    dead = [each for each in left if len(ways_before.get(each, ())) > 1 and len(ways_after.get(each, ())) == 1
            and each not in stranded]
    return Breakage(
        tuple(sorted(gone)), tuple(sorted(lost)), tuple(dead), tuple(stranded),
        tuple(scene.name for scene in graph.scenes.values() if scene.pictures and gone >= set(scene.pictures)),
        tuple(_parted(graph, before, after)), tuple(_steps(graph, gone)),
        tuple(_stories(song, graph, gone)) if song is not None else ())


def pictures_named(graph: SongGraph, names: Sequence[str]) -> list[PictureId]:
    """The pictures that people mean by `name_seed`, `name-seed` or a prompt's name. Raises LibraryError, InputError."""
    known = Names(graph.pictures)
    found: list[PictureId] = []
    for name in names:
        stem = known.of_picture_file(name if "." in name else f"{name}.png")
        meant = known.pictures(name) or ((stem,) if stem in graph.pictures and stem is not None else ())
        if not meant and stem is not None:
            meant = known.pictures(stem.node)
        if len(meant) > 1:
            raise InputError(f"{shortened(name)} may be {' or '.join(each.stem for each in meant)}; say which")
        meant = meant or tuple(each for each in graph.pictures if each.name == name)
        if not meant:
            near = close_to(name, {folded(each.stem): each for each in graph.pictures})
            raise LibraryError(f"{graph.name} has no picture {shortened(name)}"
                               + (f"; did you mean {near[0]}?" if near else ""))
        found += meant
    return list(dict.fromkeys(found))


def _ways(edges: Sequence[Edge]) -> dict[PictureId, set[PictureId]]:
    ways: dict[PictureId, set[PictureId]] = {}
    for one, other in edges:
        ways.setdefault(one, set()).add(other)
        ways.setdefault(other, set()).add(one)
    return ways


def _largest(edges: Sequence[Edge]) -> set[PictureId]:
    """The largest part of the song in which every picture can be reached from every other."""
    ways, best = _ways(edges), set[PictureId]()
    waiting = set(ways)
    while waiting:
        start = min(waiting)
        part, open_ends = {start}, [start]
        while open_ends:
            for each in ways[open_ends.pop()] - part:
                part.add(each)
                open_ends.append(each)
        waiting -= part
        best = max(best, part, key=len)
    return best


def _parted(graph: SongGraph, before: Sequence[Edge], after: Sequence[Edge]) -> Iterator[tuple[str, str]]:
    neighbours = {(one.scene, other.scene) for steps in graph.sequences.values() for one, other in pairwise(steps)
                  if one.scene != other.scene}
    had, have = _scene_pairs(graph, before), _scene_pairs(graph, after)
    return (pair for pair in sorted(neighbours) if frozenset(pair) in had and frozenset(pair) not in have)


def _scene_pairs(graph: SongGraph, edges: Sequence[Edge]) -> set[frozenset[str]]:
    homes: dict[PictureId, list[str]] = {}
    for scene in graph.scenes.values():
        for picture in scene.pictures:
            homes.setdefault(picture, []).append(scene.name)
    return {frozenset((one, other)) for first, second in edges for one in homes.get(first, ())
            for other in homes.get(second, ()) if one != other}


def _steps(graph: SongGraph, gone: set[PictureId]) -> Iterator[str]:
    for name, steps in graph.sequences.items():
        for place, step in enumerate(steps, 1):
            named = gone & set(step.start)
            if named:
                file = f"scene_sequence{'_' + name if name else ''}.csv"
                only = "" if set(step.start) - gone else ", and with no other"
                yield f"{file}, scene {place} ({step.scene}) begins with {min(named).stem}{only}"


def _stories(song: Path, graph: SongGraph, gone: set[PictureId]) -> Iterator[str]:
    """Plans and stories that write a picture as `name-seed`, the seed whole or, where it is clear, cut."""
    aliases = [each.alias for each in graph.pictures]
    texts = {each.node for each in gone} | {each.alias for each in gone if aliases.count(each.alias) == 1}
    for place in (STORY, STORIES):
        for path in sorted(files_below(song / place)):
            if path.suffix.lower() in (".csv", ".json") and path.stat().st_size <= _LARGEST:
                content = path.read_text(encoding="utf-8-sig", errors="replace")
                if any(_holds(content, text) for text in texts):
                    yield path.relative_to(song).as_posix()


def _holds(content: str, text: str) -> bool:
    """Whether a text stands there for itself: sun-100 is not in sun-1001, and not in morning sun-100."""
    place = content.find(text)
    while place >= 0:
        end = place + len(text)
        before, after = content[place - 1:place], content[end:end + 1]
        inside = before.isalnum() or before in ("_", "-") or (before == " " and not content.endswith(" to ", 0, place))
        if not after.isdigit() and not inside:
            return True
        place = content.find(text, place + 1)
    return False
