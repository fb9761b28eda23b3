"""A song while it is played: what appears, changes or vanishes in its folder becomes a new graph, all at once.

It is driven from outside and has no thread and no clock; each poll does a bounded amount of work. A file that is
still growing is not taken yet.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from server.errors import LibraryError, MissingFile
from server.library.graph.song_graph import Presence, SongGraph
from server.library.songs.catalogue import UNREAD, save_catalogue
from server.library.songs.listing import MOVIES, Listing, Stamp, scan_song
from server.library.songs.song_folder import (
    Looker,
    OpenSong,
    Progress,
    Subject,
    combine,
    open_with_catalogue,
    subjects_of,
    without_collection,
)
from server.library.songs.versions import SongHold, is_held, tidy
from server.units import Seconds

EVERY: Final[Seconds] = 1.0
"""From the beginning of one look at the whole folder to that of the next."""
SETTLED: Final[Seconds] = 1.0
"""For how long a file must stay as it is before it is taken."""
BATCHES: Final = 8
"""Batches of names that one poll reads."""
LOOKS: Final = 24
"""Files that one poll looks into."""
UNREAD_AGAIN: Final[Seconds] = 10.0
"""When files that could not be read are tried again."""
SAVE_EVERY: Final[Seconds] = 30.0
LOOKS_FOR: Final = 5
"""Looks at the whole folder in which a file that was announced may be found."""


class SongWatcher:
    """`poll` from time to time; it returns a graph whenever there is a new one, and `graph` is always the present one.

    `problem` says in words why the folder cannot be read at the moment; then the last graph stays. A folder that was
    renamed is found again, and `folder` follows it. Raises MissingFile, LibraryError when it is made.
    """

    def __init__(self, folder: Path, *, progress: Progress | None = None, hold: bool = True) -> None:
        self._song = open_with_catalogue(folder, progress=progress)
        if hold and any(" ~" in path for path in self._song.listing) and not is_held(folder):
            self._tidy()
        self._place = _place_of(folder)
        self._hold = SongHold(folder) if hold else None
        self.problem = ""
        self._scan: Iterator[Mapping[str, Stamp]] | None = None
        self._seen: set[str] = set()
        self._differ: Listing = {}
        self._growing: dict[str, tuple[Stamp, Seconds]] = {}
        self._taken: Listing = dict(self._song.listing)
        self._waiting: deque[Subject] = deque()
        self._looker = Looker(folder, self._song.size)
        self._changed = self._failed = False
        self._unread: Seconds | None = None
        self._next: Seconds | None = None
        self._unsaved = False
        self._saved: Seconds = 0.0
        self._announced: dict[str, int] = {}

    @property
    def graph(self) -> SongGraph:
        """The song as it was found last."""
        return self._song.graph

    @property
    def folder(self) -> Path:
        """Where the song lies now."""
        return self._song.folder

    @property
    def song(self) -> OpenSong:
        """The same with what is known of every file."""
        return self._song

    def announce(self, path: str) -> None:
        """Look for a file at once, and take it as it is: whoever wrote it says that it is whole."""
        self._announced[path] = LOOKS_FOR

    def poll(self, now: Seconds) -> SongGraph | None:
        """Do a little work; return the new graph when something has changed and settled, else None."""
        if self._waiting:
            self._look()
        elif self._changed:
            return self._renewed(now)
        else:
            self._go_on(now)
        return None

    def close(self) -> None:
        """Let go of the song, and remember what was found out."""
        if self._unsaved:
            save_catalogue(self.folder, self._song.catalogue)
            self._unsaved = False
        if self._hold is not None:
            self._hold.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _tidy(self) -> None:
        """Nobody plays the song yet: movies of which a newer version was made meanwhile can go."""
        whole = {each.movie for each in self.graph.transitions.values() if each.presence is Presence.EXISTS}
        for name in tidy(self.folder, MOVIES, whole, held=False)[0]:
            self._song.listing.pop(name, None)
            self._song.catalogue.findings.pop(name, None)

    def _go_on(self, now: Seconds) -> None:
        if self._scan is None:
            if self._next is not None and now < self._next and not self._announced:
                self._save(now)
                return
            self._next, self._seen, self._differ = now + EVERY, set(), {}
            # Another folder may have taken the place of the song that was opened.
            self._place = _place_of(self.folder) or self._place
            self._scan = scan_song(self.folder)
        try:
            for _ in range(BATCHES):
                batch = next(self._scan, None)
                if batch is None:
                    self._scan = None
                    self._compare(now)
                    return
                self._seen.update(batch)
                taken = self._taken
                self._differ.update((path, stamp) for path, stamp in batch.items() if taken.get(path) != stamp)
        except (MissingFile, LibraryError) as reason:
            self._scan = None
            self._lost(str(reason))

    def _compare(self, now: Seconds) -> None:
        """Take what has settled; what is new or different waits until it stays as it is."""
        self.problem = ""
        settled: Listing = {}
        growing: dict[str, tuple[Stamp, Seconds]] = {}
        for path, stamp in self._differ.items():
            before, since = self._growing.get(path, (None, now))
            if path in self._announced:
                settled[path] = stamp
            elif before != stamp:
                growing[path] = stamp, now
            elif now - since < SETTLED:
                growing[path] = stamp, since
            else:
                settled[path] = stamp
        gone = []
        if len(self._seen) != len(self._taken) or self._differ:
            gone = [path for path in self._taken if path not in self._seen]
        self._growing = growing
        self._announced = {path: left - 1 for path, left in self._announced.items() if path not in settled and left > 1}
        for path in gone:
            del self._taken[path]
        self._taken.update(settled)
        if self._unread is not None and now >= self._unread:
            self._unread, self._failed = None, True
        if gone or settled or self._failed:
            self._changed, self._failed = True, False
            self._looker = Looker(self.folder, self._song.size)
            self._waiting.extend(subjects_of(settled))

    def _look(self) -> None:
        for _ in range(min(LOOKS, len(self._waiting))):
            subject = self._waiting.popleft()
            stamp = self._taken.get(subject[0])
            if stamp is not None:
                self._song.catalogue.findings[subject[0]] = self._looker.look(subject, stamp)

    def _renewed(self, now: Seconds) -> SongGraph | None:
        self._changed = False
        try:
            with without_collection():
                song = combine(self.folder, dict(self._taken), self._song.catalogue)
        except (MissingFile, LibraryError, OSError) as reason:
            self.problem, self._failed = str(reason), True
            return None
        before, self._song, self._unsaved = self.graph, song, True
        if any(finding.stamp == UNREAD for finding in song.catalogue.findings.values()):
            self._unread = now + UNREAD_AGAIN
        return song.graph if song.graph != before else None

    def _lost(self, reason: str) -> None:
        """The folder is gone: it may only be called otherwise now."""
        self.problem = reason
        moved = _find(self.folder.parent, self._place)
        if moved is None:
            return
        self.problem = ""
        self._song.folder = moved
        self._changed = True

    def _save(self, now: Seconds) -> None:
        if self._unsaved and not self._growing and now - self._saved >= SAVE_EVERY:
            self._saved, self._unsaved = now, False
            save_catalogue(self.folder, self._song.catalogue)


def _place_of(folder: Path) -> tuple[int, int] | None:
    """What stays when a folder is renamed."""
    try:
        facts = folder.stat()
    except OSError:
        return None
    return (facts.st_dev, facts.st_ino) if facts.st_ino else None


def _find(parent: Path, place: tuple[int, int] | None) -> Path | None:
    if place is None:
        return None
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            # On Windows only the longer way tells the number of a file.
            if entry.is_dir(follow_symlinks=False) and _place_of(Path(entry.path)) == place:
                return Path(entry.path)
    return None
