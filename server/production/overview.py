"""Where a song stands: what of it is made, missing or broken, which plan was used last, and the next thing to do.

It looks at files no closer than opening the song does; what a check found out counts while the files are the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final

from server.errors import LibraryError
from server.index.identity import typed
from server.library.formats.oddity import counted
from server.library.formats.scene_sequence import variant_of
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Presence, SongGraph
from server.library.media_folder import QUARANTINE, natural_order
from server.library.songs.listing import DEFINITIONS, FRAMES, MOVIES, PICTURES, STORY
from server.library.songs.song_folder import OpenSong, open_with_catalogue
from server.library.songs.stories import read_stories
from server.production.quarantine import REASONS

_DEEPEST: Final = 3
_MARKS: Final = (PICTURES, MOVIES, FRAMES)


@dataclass(frozen=True, slots=True)
class SceneLine:
    """One scene: its pictures by what they are worth, transitions inside it, and those to the next scene."""

    name: str
    pictures: Mapping[Presence, int]
    inside: int
    possible: int
    """How many transitions a complete scene would have."""
    onward: int | None
    """Playable transitions to the next scene of the sequence; None for the last, and without a sequence."""
    dead_ends: int
    """Pictures that exist and that no playable transition touches."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """One command to type, and why."""

    command: str
    why: str


@dataclass(frozen=True, slots=True)
class SongOverview:
    """A song at a glance. `folders`: folders of frames that no movie was made of yet."""

    name: str
    size: tuple[int, int] | None
    pictures: Mapping[Presence, int]
    transitions: Mapping[Presence, int]
    folders: int
    scenes: tuple[SceneLine, ...]
    never: int
    sequences: tuple[str, ...]
    last_plan: str
    """Path of the newest plan of a way through the song; empty: there is none."""
    last_changed_ns: int
    stories: tuple[str, ...]
    quarantined: int
    next_step: NextStep


def overview(folder: Path) -> SongOverview:
    """Say where a song stands. Raises MissingFile, LibraryError."""
    song = open_with_catalogue(folder)
    graph = song.graph
    pictures = Counter(each.presence for each in graph.pictures.values())
    transitions = Counter(each.presence for each in graph.transitions.values() if each.movie or each.presence not in (
        Presence.EXISTS, Presence.STALE))
    folders = sum(1 for each in graph.transitions.values()
                  if not each.movie and each.presence in (Presence.EXISTS, Presence.STALE))
    plan, changed = _last_plan(song)
    stories = tuple(_story_lines(folder))
    step = _next_step(song, pictures, transitions, folders, stories)
    return SongOverview(graph.name, song.size, pictures, transitions, folders, tuple(_scene_lines(graph)),
                        len(graph.never), tuple(_sequences(song)), plan, changed, stories, _quarantined(folder), step)


def songs_below(folder: Path) -> list[Path]:
    """The song folders in a media folder, in natural order; a song's own folders are not looked into."""
    found: list[Path] = []
    waiting = [(folder, 0)]
    while waiting:
        where, depth = waiting.pop()
        try:
            inside = [each for each in where.iterdir() if each.is_dir() and not each.name.startswith(".")]
        except OSError:
            continue
        for each in inside:
            if is_song(each):
                found.append(each)
            elif depth < _DEEPEST:
                waiting.append((each, depth + 1))
    return sorted(found, key=lambda path: natural_order(path.relative_to(folder).as_posix()))


def is_song(folder: Path) -> bool:
    """Whether a folder looks like a song: it has definitions, or one of the folders that only songs have."""
    return (folder / DEFINITIONS).is_file() or any((folder / name).is_dir() for name in _MARKS)


def overviews(folder: Path) -> Iterator[tuple[Path, SongOverview | LibraryError]]:
    """The overview of every song of a media folder; of one that cannot be opened, why."""
    for song in songs_below(folder):
        try:
            yield song, overview(song)
        except LibraryError as reason:
            yield song, reason


def _scene_lines(graph: SongGraph) -> Iterator[SceneLine]:
    order = [step.scene for step in next(iter(graph.sequences.values()), ())]
    names = list(dict.fromkeys([*(name for name in order if name in graph.scenes), *graph.scenes]))
    onward = {one: other for one, other in pairwise(order) if one != other}
    touched = {picture for each in graph.transitions.values() if each.playable for picture in each.edge}
    for name in names:
        inside = graph.scenes[name].pictures
        usable = [each for each in inside if _exists(graph, each)]
        following = onward.get(name, "")
        yield SceneLine(
            name, Counter(graph.pictures[each].presence for each in inside if each in graph.pictures),
            _playable(graph, combinations(inside, 2)), len(inside) * (len(inside) - 1) // 2,
            _between(graph, inside, graph.scenes[following].pictures) if following in graph.scenes else None,
            sum(1 for each in usable if each not in touched))


def _exists(graph: SongGraph, which: PictureId) -> bool:
    picture = graph.pictures.get(which)
    return picture is not None and picture.presence is Presence.EXISTS


def _playable(graph: SongGraph, pairs: Iterator[tuple[PictureId, PictureId]]) -> int:
    return sum(1 for one, other in pairs if (found := graph.between(one, other)) is not None and found.playable)


def _between(graph: SongGraph, ones: Collection[PictureId], others: Collection[PictureId]) -> int:
    return _playable(graph, ((one, other) for one in ones for other in others if one != other))


def _sequences(song: OpenSong) -> Iterator[str]:
    """The sequences that people wrote: without any, the song visits every scene in turn."""
    return (name for path in sorted(song.listing) if (name := variant_of(path)) is not None
            and name in song.graph.sequences)


def mending(song: OpenSong) -> str:
    """The verb that mends the stale transitions of a song, as it is typed."""
    movies = (song.catalogue.findings.get(each.movie) for each in song.graph.transitions.values()
              if each.presence is Presence.STALE and each.movie)
    resized = any(found is not None and (found.width, found.height) != song.size for found in movies)
    return f"song mend {typed(song.folder)}{' --resize' if resized else ''}"


def _last_plan(song: OpenSong) -> tuple[str, int]:
    plans = [(stamp.mtime_ns, path) for path, stamp in song.listing.items()
             if path.casefold().startswith(f"{STORY}/") and path.lower().endswith(".csv") and not stamp.folder]
    changed, path = max(plans, default=(0, ""))
    return path, changed


def _story_lines(folder: Path) -> Iterator[str]:
    for story in read_stories(folder):
        facts = [f"{len(story.sections)} section{'' if len(story.sections) == 1 else 's'}"]
        facts += ["approved for stage"] if story.approved else []
        facts += ["locked"] if story.locked else []
        facts += [story.date] if story.date else []
        facts += [] if story.playable and not story.problem else [story.problem or "cannot be played as a whole"]
        yield f"{story.name}: {', '.join(facts)}"


def _quarantined(folder: Path) -> int:
    try:
        return sum(1 for path in (folder / QUARANTINE).glob(f"*/{REASONS}")
                   for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
                   if line.strip() and not line.startswith("#"))
    except OSError:
        return 0


def _next_step(song: OpenSong, pictures: Mapping[Presence, int], transitions: Mapping[Presence, int], folders: int,
               stories: Collection[str]) -> NextStep:
    """The first thing in the order of work that is not done."""
    where, graph = typed(song.folder), song.graph
    damaged = pictures.get(Presence.DAMAGED, 0) + transitions.get(Presence.DAMAGED, 0)
    existing = pictures.get(Presence.EXISTS, 0)
    wanted = transitions.get(Presence.MISSING, 0)
    apart = not any(each.playable for each in graph.transitions.values()) or any(
        line.onward == 0 for line in _scene_lines(graph))
    missing = pictures.get(Presence.MISSING, 0)
    prompted = any(each.prompt.strip() for each in graph.pictures.values() if each.presence is Presence.MISSING)
    or_else = "a model makes them, or " if prompted else ""
    stale = transitions.get(Presence.STALE, 0)
    steps = (
        (not existing and not missing and not damaged, f"song add {where} PICTURE…", "the song has no pictures"),
        (bool(damaged), f"song check {where} --quarantine", f"{damaged} files are damaged: take them out of the way"),
        (bool(folders), f"song convert {where}", f"{folders} folders of frames are not movies yet"),
        (bool(stale), mending(song), f"of {counted(stale, 'transition')} the pictures are others now, or the size"),
        (bool(missing), f"make {where}" if prompted else f"song add {where} PICTURE…",
         f"{missing} of {len(graph.pictures)} pictures are missing: {or_else}put them into {PICTURES} as name_seed"),
        (bool(wanted) and apart, f"song morph {where}",
         f"{wanted} planned transitions are not made yet: this makes morphs; with a model: interscene make"),
        (apart, f"song plan {where}", "some scenes have no way on: plan which transitions to make"),
        (not stories, f"song build {where}", "everything is there: build the story"))
    for needed, command, why in steps:
        if needed:
            return NextStep(f"interscene {command}", why)
    return NextStep(f"interscene serve {where}", "everything is made: play it")
