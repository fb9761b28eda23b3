"""The stories of a song as a show plays them: sections in their order, each a movie with its marks. It decodes nothing.

Stories of older programs count, too; what is wrong with one is said in words and never leaves it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from server.errors import InputError, LibraryError, MediaError
from server.index.format import FrameIndex, Mark
from server.index.identity import encode_command, typed
from server.library.media_folder import SUFFIXES, folded, natural_order
from server.library.paths import shortened
from server.library.songs.story_lock import StoryLock, read_lock

STORIES: Final = "stories"
PLAN: Final = "trans_sequence_gen.csv"
UNFINISHED: Final = "building.json"
"""Beside the movies of a story that is being built, and of one whose build was stopped."""
_SECTION: Final = re.compile(r"section_(?P<name>.+)\.\w+", re.IGNORECASE)
_HOMES: Final = ("", "sections")
"""Where in a story's folder its sections lie; the older programs put them one folder deeper."""


@dataclass(frozen=True, slots=True)
class StorySection:
    """A cue: `movie` is its path in the song folder, with /. With a `problem` it cannot be played, and has 0 frames."""

    name: str
    movie: str
    frames: int = 0
    rate: Fraction = Fraction(1)
    marks: tuple[Mark, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A version of a story. `name` is its folder and no other's; versions of one story share the `label`."""

    name: str
    label: str
    sections: tuple[StorySection, ...]
    version: int = 1
    whole: str = ""
    """The movie of all sections, its path in the song folder; empty: there is none."""
    locked: bool = False
    approved: bool = False
    """Approved for stage."""
    note: str = ""
    date: str = ""
    problem: str = ""
    """What is wrong with the story itself, and what to do; a section has its own."""

    @property
    def playable(self) -> bool:
        """Whether every section can be played."""
        return bool(self.sections) and not any(section.problem for section in self.sections)


def read_stories(song: Path) -> tuple[Story, ...]:
    """All stories of a song folder in natural order, built here or by older programs. Raises nothing about files."""
    try:
        folders = [each for each in (song / STORIES).iterdir() if each.is_dir() and not each.name.startswith(".")]
    except OSError:
        return ()
    found = (_story(song, folder) for folder in sorted(folders, key=lambda each: natural_order(each.name)))
    return tuple(story for story in found if story is not None)


def read_story(song: Path, name: str) -> Story:
    """The story that a name or a label means. Raises LibraryError."""
    return story_named(read_stories(song), name)


def story_named(stories: Sequence[Story], text: str) -> Story:
    """The newest version of that label, of those that are approved if any is; or one, `label-1`. Raises LibraryError.

    An empty text is the newest approved story of all, or the only story.
    """
    if not text:
        return _only(stories)
    for same in (str, folded):
        versions = [story for story in stories if same(story.label) == same(text)]
        if versions:
            return max(versions, key=lambda story: (story.approved, story.version))
        exact = [story for story in stories if same(text) in (same(story.name), same(f"{story.label}-{story.version}"))]
        if exact:
            return exact[0]
    known = ", ".join(story.name for story in stories[:8])
    raise LibraryError(f"there is no story {shortened(text)}; " + (
        f"there are {known}" if known else "build one with: interscene song build"))


def _only(stories: Sequence[Story]) -> Story:
    approved = [story for story in stories if story.approved]
    if approved:
        return max(approved, key=lambda story: (story.date, story.version))
    if len(stories) == 1:
        return stories[0]
    if not stories:
        raise LibraryError("this song has no stories; build one with: interscene song build")
    raise LibraryError(f"say which story: {', '.join(story.name for story in stories[:8])}; "
                       "or approve one for stage with: interscene song story")


def _story(song: Path, folder: Path) -> Story | None:
    problem, lock = "", None
    try:
        lock = read_lock(folder)
    except InputError as reason:
        problem = str(reason)
    if lock is not None:
        return _locked(song, folder, lock)
    movies = list(_section_movies(folder))
    whole = [each for each in _movies(folder) if each.stem.endswith("_combined")]
    unfinished = (folder / UNFINISHED).is_file()
    if not movies and not whole and not unfinished and not problem:
        return None
    if unfinished and not problem:
        problem = (f"its build was not finished; go on with: interscene song build {typed(song)} "
                   f"--story {typed(Path(folder.name))} --resume")
    sections = tuple(_section(song, movie, name) for name, movie in movies)
    return Story(folder.name, folder.name, sections, whole=_relative(song, whole[0]) if whole else "",
                 problem=problem)


def _locked(song: Path, folder: Path, lock: StoryLock) -> Story:
    sections = tuple(_section(song, folder / each.movie, each.name) for each in lock.sections)
    whole = folder / lock.whole.movie
    missing = "" if whole.is_file() else (f"{lock.whole.movie} is gone; make it again with: "
                                          f"interscene song build {typed(song)} "
                                          f"--story {typed(Path(folder.name))}")
    return Story(folder.name, lock.label, sections, lock.version, "" if missing else _relative(song, whole), True,
                 lock.approved, lock.note, lock.date, missing)


def _section_movies(folder: Path) -> Iterator[tuple[str, Path]]:
    """(Name, movie) of every section in their order; the first home that has any counts."""
    for home in _HOMES:
        found = [(match["name"], movie) for movie in _movies(folder / home)
                 if (match := _SECTION.fullmatch(movie.name)) is not None]
        if found:
            yield from sorted(found, key=lambda each: natural_order(each[0]))
            return


def _movies(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.suffix.lower() in SUFFIXES and each.is_file()
                      and not each.name.startswith("."))
    except OSError:
        return []


def _section(song: Path, movie: Path, name: str) -> StorySection:
    place = _relative(song, movie)
    try:
        index = _index_of(movie)
    except MediaError as reason:
        return StorySection(name, place, problem=str(reason))
    if not index.intra:
        return StorySection(name, place, problem=f"{movie.name} is long-GOP and cannot be played by frame; run: "
                                                 + encode_command(movie))
    return StorySection(name, place, index.count, index.rate, index.marks)


def _index_of(movie: Path) -> FrameIndex:
    from server.media.indexing import index_of

    return index_of(movie)


def _relative(song: Path, path: Path) -> str:
    return path.relative_to(song).as_posix()
