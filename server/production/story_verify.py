"""A locked story held against its lock: its movies as they lie there, its seams, and all of it made once more.

What is made for that is removed again; nothing of the story is changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import IntersceneError, LibraryError, MediaError
from server.index.identity import typed
from server.library.songs.listing import HIDDEN
from server.library.songs.stories import STORIES, read_story
from server.library.songs.story_lock import LockedMovie, StoryLock, read_lock
from server.production.assembly import assemble, frames_in
from server.production.build_steps import Clock, Observer, Steps, Work
from server.production.seams import Seam, seams
from server.production.story_build import (
    SectionPlan,
    gather_story,
    hash_file,
    lock_of,
    made_of,
    open_checked,
    section_plans,
    whole_plan,
)
from server.production.story_changes import differences, other_programs
from server.production.story_plan import StoryPlan

AGAIN: Final = f"{HIDDEN}/again"
STEPS: Final = ("song", "movies", "seams", "transitions", "ends", "made again")


@dataclass(frozen=True, slots=True)
class StoryVerdict:
    """What was found; no problems: the movies are those that were locked, and come out the same again."""

    name: str
    problems: tuple[str, ...]
    joints: int
    movies: int
    notes: tuple[str, ...] = ()


def verify_story(song: Path, name: str, *, observer: Observer | None = None, clock: Clock | None = None,
                 cancelled: Callable[[], bool] | None = None) -> StoryVerdict:
    """Prove that a story is what was locked, and that it can be made again to the byte. Raises LibraryError, Cancelled.

    What is wrong with its files is a problem found, not an error.
    """
    song = song.resolve()
    folder, lock = locked_story(song, name)
    steps = Steps(STEPS, observer, clock=clock, cancelled=cancelled)
    with steps.step("song") as work:
        graph = open_checked(song, work)
    with steps.step("movies") as work:
        problems = _of_movies(folder, lock, work)
    with steps.step("seams") as work:
        joints, wrong = _of_seams(song, folder, lock)
        work.note(f"{joints} joints, {len(wrong)} wrong")
        problems += wrong
    plan = StoryPlan(folder, lock.label, lock.version, lock.seed, lock.sequence, lock.sequence_hash, lock.steps,
                     lock.hops, lock.rate, lock.size, lock.bridge, lock.edited, lock.note, lock)
    movies = (*lock.sections, lock.whole)
    try:
        gathered = gather_story(song, graph, plan, steps)
        sections = section_plans(graph, plan, gathered)
        whole = whole_plan(song, plan, sections)
        changed = differences(lock, lock_of(plan, gathered, sections, whole, lock.date))
        if not changed:
            with steps.step("made again") as work:
                problems += _again(song, plan, [*sections, whole], movies, work)
        problems += changed
    except (LibraryError, MediaError) as reason:
        problems.append(f"it cannot be made again: {reason}")
    other = other_programs(lock)
    notes = (f"it was built with other programs: {'; '.join(other)}",) if other else ()
    return StoryVerdict(folder.name, tuple(problems), joints, len(movies), notes)


def locked_story(song: Path, name: str) -> tuple[Path, StoryLock]:
    """The folder and the lock of a story by name or label. Raises LibraryError for one that is not locked."""
    story = read_story(song, name)
    folder = song / STORIES / story.name
    lock = read_lock(folder)
    if lock is None:
        raise LibraryError(f"the story {story.name} is not locked: "
                           + (story.problem or "an older program made it; build it again under another label with: "
                                               f"interscene song build {typed(song)}"))
    return folder, lock


def story_seams(song: Path, name: str) -> dict[str, list[Seam]]:
    """The seams of every movie of a story, by its file name. Raises LibraryError, MediaError."""
    song = song.resolve()
    folder, lock = locked_story(song, name)
    return {each.movie: seams(song, folder / each.movie) for each in (*lock.sections, lock.whole)}


def _of_movies(folder: Path, lock: StoryLock, work: Work) -> list[str]:
    problems = []
    movies = (*lock.sections, lock.whole)
    for done, movie in enumerate(movies, 1):
        try:
            if hash_file(folder / movie.movie) != movie.hash:
                problems.append(f"{movie.movie} is not the movie that was locked: its bytes are others")
        except MediaError as reason:
            problems.append(str(reason))
        work(done, len(movies))
    return problems


def _of_seams(song: Path, folder: Path, lock: StoryLock) -> tuple[int, list[str]]:
    joints, wrong = 0, []
    for movie in (*lock.sections, lock.whole):
        try:
            found = seams(song, folder / movie.movie)
        except IntersceneError as reason:
            wrong.append(str(reason))
            continue
        joints += len(found)
        wrong += [f"{movie.movie}, {seam.line}" for seam in found if seam.problem]
    return joints, wrong


def _again(song: Path, plan: StoryPlan, movies: Sequence[SectionPlan], locked: Sequence[LockedMovie],
           work: Work) -> list[str]:
    """Make every movie once more, one at a time, and compare its bytes with those that were locked."""
    problems = []
    folder = song / AGAIN
    of, done = sum(frames_in(movie.parts) for movie in movies), 0

    def tick() -> None:
        nonlocal done
        done += 1
        work(done, of)

    folder.mkdir(parents=True, exist_ok=True)
    try:
        for movie, was in zip(movies, locked, strict=True):
            out = folder / movie.movie
            assemble(out, movie.parts, movie.last, rate=plan.rate or movie.parts[0].source.index.rate,
                     made=made_of(plan, movie), overwrite=True, tick=tick)
            if hash_file(out) != was.hash:
                problems.append(f"{was.movie} comes out with other bytes")
            out.unlink()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    work.note(f"{len(movies)} movies, {len(movies) - len(problems)} with the same bytes")
    return problems
