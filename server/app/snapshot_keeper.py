"""Keeps the files of snapshots for the show, which must not wait for a disk: saves, reads, and says which there are."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

from server.errors import IntersceneError, LibraryError
from server.library.paths import inside
from server.library.snapshot_files import FOLDER, SnapshotFolder, Stamp, no_such
from server.library.snapshot_names import read_version
from server.protocol.targets import Targets
from server.show.loop import ShowLoop
from server.show.snapshot_document import checked, document_of, read_document
from server.show.snapshot_events import SnapshotDone, SnapshotOrder, SnapshotRead, SnapshotsSeen
from server.show.snapshot_state import SnapshotEntry
from server.units import Seconds

log = logging.getLogger("interscene.snapshots")

LOOK_EVERY: Final[Seconds] = 1.0
GLOBAL: Final = "global"
SONG: Final = "song"


class SnapshotKeeper:
    """A thread of its own. `home` has the snapshots of every song, `media` the songs; `wall` is the time of day."""

    def __init__(self, loop: ShowLoop, home: Path, media: Path, wall: Callable[[], Seconds]) -> None:
        self._loop, self._media, self._wall = loop, media, wall
        self._home = SnapshotFolder(home / FOLDER)
        self._targets = Targets(len(loop.show.state.decks))
        self._queue: SimpleQueue[SnapshotOrder | None] = SimpleQueue()
        self._known: dict[tuple[Path, str], tuple[Stamp, dict[str, Any]]] = {}
        self._entries: tuple[SnapshotEntry, ...] = ()
        self._page: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what was ordered, and end."""
        self._queue.put(None)
        self._thread.join(timeout=5.0)

    def order(self, event: SnapshotOrder) -> None:
        """Have something done, soon."""
        self._queue.put(event)

    def page(self) -> list[dict[str, Any]]:
        """Every snapshot as the page shows it, as of the last look. From any thread."""
        return self._page

    def _run(self) -> None:
        while True:
            try:
                self._look(self._loop.show.state.song(0).folder)
            except Exception:  # the top of a thread: one bad look must not end the saving
                log.exception("the snapshots could not be looked at")
            try:
                event = self._queue.get(timeout=LOOK_EVERY)
            except Empty:
                continue
            if event is None:
                return
            self._loop.submit([self._answer(event)])

    def _answer(self, event: SnapshotOrder) -> SnapshotRead | SnapshotDone:
        try:
            return self._do(event)
        except IntersceneError as error:
            return SnapshotDone(event.ticket, event.name, error.code, str(error))
        except Exception:  # one order's trouble must not end the thread, and who gave it has to be told
            log.exception("the snapshot %r could not be handled", event.name)
            return SnapshotDone(event.ticket, event.name, "internal", f"{event.name} could not be handled; the "
                                "server's log says why")

    def _do(self, event: SnapshotOrder) -> SnapshotRead | SnapshotDone:
        """Carry out an order. Raises IntersceneError."""
        if event.what == "save":
            assert event.snapshot is not None
            made = datetime.fromtimestamp(self._wall(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return SnapshotDone(event.ticket, self._place(event).save(event.name, document_of(event.snapshot, made)))
        if event.what == "read":
            name, version = read_version(event.name)
            place = self._holder(event, name)
            spelt = place.spelt(name) or name
            snapshot, notes = read_document(f"{spelt}.{version}" if version else spelt, place.read(name, version),
                                            self._targets)
            return SnapshotRead(event.ticket, snapshot, notes)
        place = self._holder(event, event.name)
        if event.what == "lock":
            return SnapshotDone(event.ticket, place.lock(event.name, event.on))
        if event.what == "rename":
            return SnapshotDone(event.ticket, place.rename(event.name, event.to))
        return SnapshotDone(event.ticket, place.delete(event.name))

    # where they lie ---------------------------------------------------------------------------

    def _place(self, event: SnapshotOrder) -> SnapshotFolder:
        if event.where != SONG:
            return self._home
        found = self._song(event.song)
        if found is None:
            raise LibraryError("the selected deck is in no song that could keep this; use global, or load a song")
        return found

    def _holder(self, event: SnapshotOrder, name: str) -> SnapshotFolder:
        """The place that has the snapshot: the song's first, unless one is named. Raises LibraryError."""
        if event.where:
            return self._place(event)
        places = [place for place in (self._song(event.song), self._home) if place is not None]
        found = next((place for place in places if place.spelt(name) is not None), None)
        if found is None:
            raise LibraryError(no_such(name, {one: None for place in places for one in place.names()}))
        return found

    def _song(self, folder: str | None) -> SnapshotFolder | None:
        if folder is None:
            return None
        path = (inside(self._media, folder) if folder else self._media) / FOLDER
        # The media folder may itself be the song: then there is one place, and it is that of every song.
        return None if path == self._home.path else SnapshotFolder(path)

    # looking ----------------------------------------------------------------------------------

    def _look(self, song: str | None) -> None:
        """See which there are; the show is told when that has changed."""
        own, known = self._song(song), {}
        page: list[dict[str, Any]] = []
        for where, place in ((SONG, own), (GLOBAL, self._home)):
            for name, stamp in place.names().items() if place is not None else ():
                assert place is not None
                key = place.path, name
                seen = self._known.get(key)
                if seen is None or seen[0] != stamp:
                    seen = stamp, _told(place, name, where)
                known[key] = seen
                page.append(seen[1])
        self._known = known
        entries = tuple(SnapshotEntry(one["name"], one["where"], one["made"], one["locked"], len(one["versions"]))
                        for one in page)
        self._page = page
        if entries != self._entries:
            self._entries = entries
            self._loop.submit([SnapshotsSeen(entries)])


def _told(place: SnapshotFolder, name: str, where: str) -> dict[str, Any]:
    """One snapshot as the page shows it; a file that cannot be read says why."""
    entry: dict[str, Any] = {"name": name, "where": where, "made": "", "locked": False, "versions": [], "decks": [],
                             "tempo": None, "problem": ""}
    try:
        document = place.read(name)
        entry["locked"] = bool(document.get("locked"))
        fields = checked(document)
        entry["made"] = fields.text("made")
        entry["decks"] = [shown for shown in map(_deck, document.get("decks", ())) if shown is not None]
        tempo = document.get("settings", {}).get("/clock/tempo")
        entry["tempo"] = tempo if isinstance(tempo, int | float) else None
    except (IntersceneError, AttributeError, TypeError) as error:
        entry["problem"] = str(error) if isinstance(error, IntersceneError) else "it is not laid out as a snapshot"
    entry["versions"] = place.versions(name)
    return entry


def _deck(document: dict[str, Any]) -> dict[str, Any] | None:
    """What a deck showed, in a line: its picture or clip, and the frame of it."""
    shows = document.get("held") or document.get("shows")
    if not shows:
        return None
    movie, frame = shows.get("seen") or ("", 0)
    walk = shows.get("walk") or {}
    goal = (walk.get("hops") or [["", ""]])[-1][1]
    return {"deck": document.get("deck"), "name": str(shows.get("picture") or shows.get("clip") or ""),
            "goal": str(goal) if goal != shows.get("picture") else "", "movie": str(movie), "frame": frame,
            "playing": bool(shows.get("playing")), "frozen": bool(document.get("held"))}
