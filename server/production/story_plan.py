"""What a story is going to be: where it lies, its label and version, its seed and its way. It makes no movie.

While it is built, that is kept beside its movies, so that a build that was killed goes on with the same way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import InputError, LibraryError
from server.index.format import SUFFIX
from server.index.identity import typed
from server.library.graph.song_graph import SongGraph
from server.library.naming import song_name
from server.library.paths import shortened
from server.library.songs.stories import STORIES, UNFINISHED, read_stories
from server.library.songs.story_lock import LABEL, Hop, StoryLock, hops_document, hops_of, read_lock
from server.media.part_file import PART, write_file
from server.production.story_route import choose_sequence, find_route, hops_of_file, with_scenes

FIRST_SEED: Final = 1
_MAX_BYTES: Final = 64 << 20
_LONGEST_NAME: Final = 250
"""Bytes that every disk takes, less a few for the number of a version."""


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a person asks for; None and empty: as the locked or unfinished story has it, else the usual."""

    label: str = ""
    sequence: str | None = None
    seed: int | None = None
    rate: Fraction | None = None
    size: tuple[int, int] | None = None
    bridge: bool = False
    resume: bool = False
    new_version: bool = False
    hops_file: Path | None = None
    """A transition sequence, perhaps edited by hand, instead of a way that is looked for."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class StoryPlan:
    """A story before it has frames. `lock`: what it was when it was locked; it then has to come out the same."""

    folder: Path
    label: str
    version: int
    seed: int
    sequence: str
    sequence_hash: str
    steps: tuple[str, ...]
    hops: tuple[Hop, ...]
    rate: Fraction | None
    size: tuple[int, int] | None
    bridge: bool
    edited: str = ""
    """The file that the hops were read from; empty: they were looked for."""
    note: str = ""
    lock: StoryLock | None = None
    notes: tuple[str, ...] = ()


def plan_story(song: Path, graph: SongGraph, options: BuildOptions) -> StoryPlan:
    """Decide everything about a story but its frames. Raises LibraryError, InputError, PathRefused."""
    label = song_name(options.label or options.sequence or LABEL)
    _check_label(song, label)
    folder = song / STORIES / label
    version = 1
    lock = read_lock(folder)
    if lock is not None:
        label, version = lock.label, lock.version
    if options.new_version:
        _check_new(song, folder, lock)
        folder, version = _next_version(song, label)
    elif lock is None:
        _check_free(song, folder)
    state = _read_state(folder) if lock is None and not options.new_version else None
    if options.resume and lock is None:
        if state is None:
            raise LibraryError(f"there is no unfinished build of {shortened(folder.name)} to go on with; begin one "
                               f"without --resume")
        return _resumed(folder, label, version, state, options)
    return _planned(graph, options, folder, label, version, None if options.new_version else lock,
                    like=lock)


def remember_plan(plan: StoryPlan) -> None:
    """Keep a plan beside its movies until the story is locked. Raises OutputError."""
    document = {"label": plan.label, "number": plan.version, "seed": str(plan.seed), "sequence": plan.sequence,
                "sequence_hash": plan.sequence_hash, "rows": plan.steps, "edited": plan.edited, "bridge": plan.bridge,
                "note": plan.note, "size": plan.size, "hops": hops_document(plan.hops),
                "rate": None if plan.rate is None else [plan.rate.numerator, plan.rate.denominator]}
    write_file(plan.folder / UNFINISHED, json.dumps(document, indent=1, ensure_ascii=False).encode())


def forget_plan(folder: Path) -> None:
    """The story is locked: its plan is in the lock."""
    (folder / UNFINISHED).unlink(missing_ok=True)


def _planned(graph: SongGraph, options: BuildOptions, folder: Path, label: str, version: int,
             lock: StoryLock | None, like: StoryLock | None) -> StoryPlan:
    """`like`: what is not said is as it was in this story."""
    seed = options.seed if options.seed is not None else like.seed if like is not None else FIRST_SEED
    bridge = options.bridge or (like is not None and like.bridge)
    way = _way(graph, options, seed, bridge, like)
    return StoryPlan(
        folder, label, version, seed, hops=way.hops, sequence=way.sequence, sequence_hash=way.hash, steps=way.steps,
        rate=options.rate or (like.rate if like is not None else None),
        size=options.size or (like.size if like is not None else None), bridge=bridge, edited=way.edited,
        note=options.note or (lock.note if lock is not None else ""), lock=lock, notes=way.notes)


@dataclass(frozen=True, slots=True)
class _Way:
    """The hops, and what they were decided by."""

    hops: tuple[Hop, ...]
    sequence: str
    steps: tuple[str, ...]
    hash: str
    edited: str = ""
    notes: tuple[str, ...] = ()


def _way(graph: SongGraph, options: BuildOptions, seed: int, bridge: bool, like: StoryLock | None) -> _Way:
    if options.hops_file is not None:
        route = hops_of_file(graph, options.hops_file)
        hops = with_scenes(graph, (), route.hops)
        lines = tuple(f"{hop.first.node} to {hop.second.node}, section {hop.section}" for hop in hops)
        return _Way(hops, "", lines, _hash(lines), options.hops_file.name, route.notes)
    asked = options.sequence is not None or options.seed is not None
    if like is not None and like.edited and not asked:
        return _Way(like.hops, like.sequence, like.steps, like.sequence_hash, like.edited)
    name = options.sequence
    if name is None and like is not None and like.sequence in graph.sequences:
        name = like.sequence
    chosen = choose_sequence(graph, name)
    route = find_route(graph, chosen, seed, bridge=bridge)
    return _Way(route.hops, chosen.name, chosen.lines, chosen.hash, "", route.notes)


def _check_label(song: Path, label: str) -> None:
    """Refuse before anything is made what no story could be found by, or no movie called. Raises InputError."""
    if label.startswith("."):
        raise InputError(f"a story called {shortened(label)} would be hidden; leave the dot out")
    longest = len(f"{song.name}_{label}_combined.mov{SUFFIX}{PART}".encode())
    if longest > _LONGEST_NAME:
        raise InputError(f"the label {shortened(label)} is {longest - _LONGEST_NAME} bytes too long for the names of "
                         "its movies; choose a shorter one with --story")


def _check_new(song: Path, folder: Path, lock: StoryLock | None) -> None:
    if lock is None:
        raise LibraryError(f"there is no finished story {shortened(folder.name)} of which to make a new version; "
                           f"build it first: interscene song build {typed(song)} --story {typed(Path(folder.name))}")


def _next_version(song: Path, label: str) -> tuple[Path, int]:
    """The folder of the version after the last one; a name that anything else has is passed over."""
    versions = [story.version for story in read_stories(song) if story.label == label]
    number = max(versions, default=1) + 1
    while (song / STORIES / f"{label}-{number}").exists():
        number += 1
    return song / STORIES / f"{label}-{number}", number


def _check_free(song: Path, folder: Path) -> None:
    """A folder that is there belongs to an unfinished build, or is empty; else it is an older program's."""
    try:
        inside = [each.name for each in folder.iterdir()] if folder.exists() else []
    except OSError as reason:
        raise LibraryError(f"{folder} cannot be read: {reason.strerror}; choose another label with --story") from None
    if inside and UNFINISHED not in inside:
        raise LibraryError(f"{folder.relative_to(song).as_posix()} was made by another program, and is left as it is; "
                           "choose another label with --story")


def _read_state(folder: Path) -> Mapping[str, Any] | None:
    path = folder / UNFINISHED
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_MAX_BYTES).decode("utf-8-sig"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        document = None
    return document if isinstance(document, dict) else {}


def _resumed(folder: Path, label: str, version: int, state: Mapping[str, Any], options: BuildOptions) -> StoryPlan:
    try:
        rate, size = state["rate"], state["size"]
        return StoryPlan(
            folder, str(state["label"]) or label, int(state["number"]) or version, int(state["seed"]),
            hops=tuple(hops_of(state["hops"])), sequence=str(state["sequence"]),
            sequence_hash=str(state["sequence_hash"]), steps=tuple(str(row) for row in state["rows"]),
            rate=options.rate or (None if rate is None else Fraction(int(rate[0]), int(rate[1]))),
            size=options.size or (None if size is None else (int(size[0]), int(size[1]))),
            bridge=options.bridge or bool(state["bridge"]), edited=str(state["edited"]),
            note=options.note or str(state["note"]))
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, InputError):
        raise LibraryError(f"what {folder / UNFINISHED} says cannot be read; build again without --resume") from None


def _hash(lines: Iterable[str]) -> str:
    return hashlib.sha1("\n".join(lines).encode(), usedforsecurity=False).hexdigest()
