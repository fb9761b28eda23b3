"""What people say about a locked story: a note, and which version is approved for stage. Its movies stay untouched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from server.errors import LibraryError
from server.library.songs.stories import STORIES, Story, read_stories, read_story
from server.library.songs.story_lock import StoryLock, read_lock, write_lock
from server.production.story_verify import locked_story


@dataclass(frozen=True, slots=True)
class ListedStory:
    """A story and its lock; None: it has none, because an older program made it or it is not finished."""

    story: Story
    lock: StoryLock | None


def list_stories(song: Path) -> list[ListedStory]:
    """Every story of a song. Raises nothing about single stories; what is wrong is in them."""
    return [ListedStory(story, read_lock(song / STORIES / story.name) if story.locked else None)
            for story in read_stories(song)]


def set_note(song: Path, name: str, note: str) -> Story:
    """Write a note to a locked story. Raises LibraryError, OutputError."""
    folder, lock = locked_story(song, name)
    write_lock(folder, replace(lock, note=note))
    return read_story(song, folder.name if lock.version > 1 else f"{lock.label}-{lock.version}")


def approve(song: Path, name: str, *, date: str = "") -> list[str]:
    """Approve a version for stage: the one that is played by its label. Returns what was done, a line each.

    Of one label one version is approved. Raises LibraryError for a story that is not locked or cannot be played.
    """
    story = read_story(song, name)
    folder, lock = locked_story(song, name)
    problem = next((section.problem for section in story.sections if section.problem), story.problem)
    if problem:
        raise LibraryError(f"{story.name} cannot be approved for stage: {problem}")
    lines = []
    for other in read_stories(song):
        if other.label == lock.label and other.approved and other.name != story.name:
            withdraw(song, f"{other.label}-{other.version}")
            lines.append(f"{other.name} is not approved any more: of {lock.label} one version is")
    write_lock(folder, replace(lock, approved=True, approved_on=date))
    return [f"{story.name} is approved for stage", *lines]


def withdraw(song: Path, name: str) -> list[str]:
    """Take the approval back. Returns what was done. Raises LibraryError, OutputError."""
    folder, lock = locked_story(song, name)
    if not lock.approved:
        return [f"{folder.name} was not approved"]
    write_lock(folder, replace(lock, approved=False, approved_on=""))
    return [f"{folder.name} is not approved for stage any more"]
