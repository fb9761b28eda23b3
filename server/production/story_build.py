"""One button: a song checked, a way found, section movies and the whole made of it, and the story locked.

Every movie is made whole or not at all, and one that is whole and right is kept, so that a build can be killed at any
time and called again. The same song, sequence and seed give the same bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from server.errors import DamagedMovie, LibraryError, MediaError
from server.index.format import Mark
from server.index.identity import unreadable
from server.library.graph.identity import edge_of
from server.library.graph.song_graph import Presence, SongGraph
from server.library.sequences import write_sequence
from server.library.songs.listing import STORY
from server.library.songs.song_folder import open_song
from server.library.songs.stories import PLAN
from server.library.songs.story_lock import Hop, LockedMovie, LockedTransition, StoryLock, write_lock
from server.media.concat import ConcatEntry, write_concat
from server.media.indexing import index_of
from server.media.join import LIST_NAME
from server.media.part_file import write_file
from server.media.sweep import sweep_parts
from server.media.verify import verify
from server.production.assembly import Part, assemble, frames_in, marks_of, seams_of
from server.production.build_steps import Clock, Observer, Steps, Work
from server.production.seams import seams
from server.production.story_changes import differences, other_programs, versions
from server.production.story_copies import remove_unneeded
from server.production.story_diff import RESULT
from server.production.story_parts import digest
from server.production.story_plan import BuildOptions, StoryPlan, forget_plan, plan_story, remember_plan
from server.production.story_route import frame_folder, plan_sequence, result_sequence, usable
from server.production.story_sources import (
    Gathered,
    Wanted,
    converted,
    edges_of,
    gather,
    read_transitions,
    stage_hashes,
)
from server.units import format_bytes

STEPS: Final = ("song", "way", "transitions", "ends", "whole", "seams", "lock")
_PRESENCE: Final = {Presence.EXISTS: "there", Presence.MISSING: "missing", Presence.DAMAGED: "damaged",
                    Presence.STALE: "with ends of older pictures"}
_PLANS: Final = (PLAN, "transition_sequence_gen.csv")
"""What the older programs call the sequence by which they decide what to make."""
_CHUNK: Final = 1 << 20
_SAFE: Final = "-_."
_NAMED: Final = 40
"""Letters of a section's name that the name of its movie has."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was made. `kept`: everything was there already, byte for byte; `notes`: what a person should know."""

    folder: Path
    lock: StoryLock
    kept: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A movie of a story: its name, its file name, and its parts with the mark of the picture at its end."""

    name: str
    movie: str
    parts: tuple[Part, ...]
    last: Mark


def build_story(song: Path, options: BuildOptions, *, date: str = "", observer: Observer | None = None,
                clock: Clock | None = None, cancelled: Callable[[], bool] | None = None) -> BuildReport:
    """Build a story and lock it, with the `date` that is told.

    Raises LibraryError for what stops it, MediaError, OutputError, Cancelled.
    """
    song = song.resolve()
    steps = Steps(STEPS, observer, clock=clock, cancelled=cancelled)
    with steps.step("song") as work:
        graph = open_checked(song, work)
    with steps.step("way") as work:
        plan = plan_story(song, graph, options)
        if plan.lock is None:
            remember_plan(plan)
            _write_plan(song, graph, plan)
        work.note(f"{len(plan.hops)} hops, seed {plan.seed}")
    gathered = gather_story(song, graph, plan, steps)
    movies = section_plans(graph, plan, gathered)
    whole = whole_plan(song, plan, movies)
    fresh = lock_of(plan, gathered, movies, whole, date)
    _check_unchanged(graph, plan, fresh)
    steps.insert_before("whole", [_step_of(each) for each in movies])
    notes = [*plan.notes, *gathered.notes]
    locked: list[LockedMovie] = []
    for each in (*movies, whole):
        with steps.step(_step_of(each) if each is not whole else "whole") as work:
            locked.append(_make(plan, each, gathered, work))
    with steps.step("seams") as work:
        work.note(_checked_seams(song, plan.folder / whole.movie))
    with steps.step("lock") as work:
        lock = replace(fresh, sections=tuple(locked[:-1]), whole=locked[-1])
        work.kept = plan.lock is not None
        notes += _lock(plan, lock)
        gone, room = remove_unneeded(song)
        notes += [f"{gone} copies that no story needs any more were removed ({format_bytes(room)})"] * bool(gone)
    made = any(step.state == "done" for step in steps.all if step.name == "whole" or step.name.startswith("section "))
    return BuildReport(plan.folder, plan.lock or lock, not made, tuple(notes))


def open_checked(song: Path, work: Work) -> SongGraph:
    """Open a song, tidied after killed builds. Raises MissingFile, LibraryError."""
    for folder in ("stories", ".interscene"):
        if (song / folder).is_dir():
            sweep_parts(song / folder)
    graph = open_song(song, progress=work)
    count = dict.fromkeys(Presence, 0)
    for transition in graph.transitions.values():
        count[transition.presence] += 1
    found = ", ".join(f"{number} {_PRESENCE[presence]}" for presence, number in count.items() if number)
    work.note(f"{len(graph.pictures)} pictures; transitions: {found or 'none'}")
    return graph


def gather_story(song: Path, graph: SongGraph, plan: StoryPlan, steps: Steps) -> Gathered:
    """Read and make every movie that a story is put together from. Raises LibraryError, MediaError."""
    folders = [edge for edge in edges_of(plan.hops) if edge in graph.transitions
               and frame_folder(graph.transitions[edge])]
    if folders:
        steps.insert_before("transitions", ["frames"])
        with steps.step("frames") as work:
            graph = converted(song, graph, folders, plan.rate, work)
    wanted = Wanted(plan.rate, plan.size, plan.bridge, plan.seed)
    with steps.step("transitions") as work:
        raw = read_transitions(song, graph, plan.hops, wanted, work)
    with steps.step("ends") as work:
        return gather(song, graph, plan.hops, raw, wanted, work)


def section_plans(graph: SongGraph, plan: StoryPlan, gathered: Gathered) -> list[SectionPlan]:
    """The movie of every section; one that comes again after another is a section of its own."""
    runs: list[tuple[str, list[Hop]]] = []
    for hop in plan.hops:
        if not runs or runs[-1][0] != hop.section:
            runs.append((hop.section, []))
        runs[-1][1].append(hop)
    sections: list[SectionPlan] = []
    for place, (name, hops) in enumerate(runs):
        after = runs[place + 1][1][0].scene if place + 1 < len(runs) else ""
        parts = tuple(_part(graph, gathered, hop) for hop in hops)
        last = _mark(graph, gathered, hops[-1], end=True, scene=after)
        sections.append(SectionPlan(*_named(name, sections), parts, last))
    return sections


def _named(name: str, others: Sequence[SectionPlan]) -> tuple[str, str]:
    """The name and the file of a section, which no other one has, on disks that know no case either."""
    safe = "".join(letter if letter.isalnum() or letter in _SAFE else "-" for letter in name[:_NAMED]).strip(".")
    taken = {part for each in others for part in (each.name.casefold(), each.movie.casefold())}
    for number in range(1, len(others) + 2):
        suffix = "" if number == 1 else f"-{number}"
        found = f"{name}{suffix}", f"section_{safe or len(others) + 1}{suffix}.mov"
        if not taken.intersection(each.casefold() for each in found):
            return found
    raise AssertionError("there are more numbers than sections")


def whole_plan(song: Path, plan: StoryPlan, sections: Sequence[SectionPlan]) -> SectionPlan:
    """The movie of all sections, whose joints are kept once, too."""
    movie = plan.lock.whole.movie if plan.lock is not None else f"{song.name}_{plan.folder.name}_combined.mov"
    return SectionPlan("", movie, tuple(part for each in sections for part in each.parts), sections[-1].last)


def made_of(plan: StoryPlan, movie: SectionPlan) -> dict[str, Any]:
    """What the index of a movie of a story says about how it was made, enough to make it again."""
    return {"generator": "story", "story": plan.label, "version": plan.version, "section": movie.name,
            "seed": str(plan.seed), "sequence": plan.sequence, "sequence_hash": plan.sequence_hash,
            "parts": [part.made for part in movie.parts], "seams": seams_of(movie.parts)}


def lock_of(plan: StoryPlan, gathered: Gathered, sections: Sequence[SectionPlan], whole: SectionPlan,
            date: str) -> StoryLock:
    """The lock of a story whose movies are not hashed yet."""
    used = [LockedTransition(each.first, each.second, each.kind, each.movie, each.index.count, each.hash)
            for each in gathered.sources.values()]
    none = digest(b"")
    movies = [LockedMovie(each.name, each.movie, frames_in(each.parts), none) for each in (*sections, whole)]
    return StoryLock(
        plan.label, plan.version, date, plan.seed, plan.sequence, plan.sequence_hash, plan.steps, gathered.shape.rate,
        gathered.shape.size, gathered.shape.quality, plan.hops, stage_hashes(gathered), tuple(used),
        tuple(movies[:-1]), movies[-1], versions(), plan.edited, plan.bridge, plan.note)


def hash_file(path: Path) -> str:
    """SHA-1 of a whole file. Raises MissingFile."""
    total = hashlib.sha1(usedforsecurity=False)
    try:
        with path.open("rb") as file:
            while data := file.read(_CHUNK):
                total.update(data)
    except OSError as reason:
        raise unreadable(path, reason) from None
    return total.hexdigest()


def _write_plan(song: Path, graph: SongGraph, plan: StoryPlan) -> None:
    """The plan beside the result: the song's own, by which transitions were made, else the way that was found."""
    for name in _PLANS:
        with contextlib.suppress(OSError):
            write_file(plan.folder / PLAN, (song / STORY / name).read_bytes())
            return
    write_sequence(plan.folder / PLAN, plan_sequence(plan.hops, graph))


def _part(graph: SongGraph, gathered: Gathered, hop: Hop) -> Part:
    source = gathered.sources[edge_of(hop.first, hop.second)]
    return Part(source, source.first != hop.first, _mark(graph, gathered, hop))


def _mark(graph: SongGraph, gathered: Gathered, hop: Hop, *, end: bool = False, scene: str = "") -> Mark:
    """The picture at a joint; `bridge` in its name says that no transition of the song follows."""
    which = hop.second if end else hop.first
    known = graph.pictures.get(which)
    place = hop.scene if not end else scene or next(graph.scenes_of(which), "")
    name = which.node if place in ("", which.name) else f"{place} / {which.node}"
    if not end and gathered.sources[edge_of(hop.first, hop.second)].kind == "bridge":
        name += " (bridge)"
    return Mark(0, name, digest(gathered.stage[which]), known.prompt if known is not None else None, which.seed)


def _step_of(movie: SectionPlan) -> str:
    return f"section {movie.name}"


def _make(plan: StoryPlan, movie: SectionPlan, gathered: Gathered, work: Work) -> LockedMovie:
    """Make a movie, or keep it where it is there and right; return it with its hash."""
    out, made, of = plan.folder / movie.movie, made_of(plan, movie), frames_in(movie.parts)
    count = _counting(work, of)
    if _is_right(out, made, movie, gathered, work) and _as_locked(plan, movie, out):
        work.kept = True
    else:
        assemble(out, movie.parts, movie.last, rate=gathered.shape.rate, made=made, overwrite=True,
                 tick=lambda: next(count))
    work.note(f"{of} frames, {len(movie.parts)} transitions")
    return LockedMovie(movie.name, movie.movie, of, hash_file(out))


def _counting(work: Work, of: int) -> Iterator[None]:
    for done in range(1, of + 1):
        work(done, of)
        yield


def _is_right(out: Path, made: Mapping[str, Any], movie: SectionPlan, gathered: Gathered, work: Work) -> bool:
    try:
        index = index_of(out)
    except MediaError:
        return False
    if (index.made, index.rate, index.marks) != (made, gathered.shape.rate, marks_of(movie.parts, movie.last)):
        return False
    if index.crc32 is None:
        return False  # the movie has changed: its index was rebuilt, without checksums
    verdict = verify(out, progress=work)
    return verdict is not None and not verdict.problems


def _as_locked(plan: StoryPlan, movie: SectionPlan, out: Path) -> bool:
    if plan.lock is None:
        return True
    was = {each.movie: each.hash for each in (*plan.lock.sections, plan.lock.whole)}
    return was.get(movie.movie) == hash_file(out)


def _checked_seams(song: Path, whole: Path) -> str:
    found = seams(song, whole)
    wrong = [seam for seam in found if seam.problem]
    if wrong:
        raise DamagedMovie(f"{whole.name}: {wrong[0].line}; build again")
    return f"{len(found)} joints, the same bytes on both sides of each"


def _check_unchanged(graph: SongGraph, plan: StoryPlan, fresh: StoryLock) -> None:
    if plan.lock is None:
        return
    gone = [f"{each.first.node} to {each.second.node}, which it was made with, cannot be used any more"
            for each in plan.lock.transitions
            if each.kind != "bridge" and not usable(graph.between(each.first, each.second))]
    changed = [*gone, *differences(plan.lock, fresh)]
    if changed:
        raise LibraryError("\n".join((
            f"the story {plan.folder.name} is locked, and would come out as another one:",
            *(f"  {line}" for line in changed),
            "keep it and build the new one with --new-version, or under another label with --story")))


def _lock(plan: StoryPlan, lock: StoryLock) -> list[str]:
    """Write what makes the story one; or hold its movies against the lock that it has, and say what is not alike."""
    if plan.lock is None:
        used = {edge_of(each.first, each.second): each for each in lock.transitions}
        write_sequence(plan.folder / RESULT.format(plan.folder.name), result_sequence(plan.hops, used))
        write_concat(plan.folder / LIST_NAME, [ConcatEntry(each.movie) for each in lock.sections])
        write_lock(plan.folder, lock)
    forget_plan(plan.folder)
    was = plan.lock or lock
    other = [after.movie for before, after in zip((*was.sections, was.whole), (*lock.sections, lock.whole),
                                                  strict=True) if before.hash != after.hash]
    if not other:
        return []
    why = "; ".join(other_programs(was)) or "the programs are the same"
    return [f"made of the same, but with other bytes than those that were locked: {', '.join(other)} ({why})"]
