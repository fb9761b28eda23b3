"""What the page needs to know of songs. Whoever implements it reads files in another process; a frontend only asks."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Protocol


class SongPort(Protocol):
    """Songs by ids that are told in `songs`; every method may be called from any thread, and none waits for a disk.

    A song, scene or picture that is not there is a LibraryError, raised or in the future.
    """

    def songs(self) -> list[dict[str, Any]]:
        """Every song: `id`, `name` by which a deck is switched to it, `kind` pictures, movies or listed.

        `movies`: name and id of each. Those in no folder make a song without a name, which no deck can be switched to.
        """
        ...

    def song(self, song: str) -> Future[bytes]:
        """A song of pictures as JSON, the same bytes as long as it has not changed."""
        ...

    def thumb(self, song: str, picture: str) -> Future[bytes]:
        """A small JPEG of a picture by its key."""
        ...

    def strip(self, movie: str) -> Future[bytes]:
        """A JPEG of frames of a movie from beginning to end, by its id."""
        ...

    def move(self, song: str, picture: str, source: str, target: str) -> Future[bytes]:
        """Move a picture from one scene to another, all by their keys; what was done, in words."""
        ...

    def undo(self, song: str) -> Future[bytes]:
        """Take the newest move back; what was undone, in words."""
        ...
