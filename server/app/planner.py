"""`python -m server.app.planner ROOT`: the process that plans ways through songs, so that the show need not.

It reads requests from stdin and answers on stdout, a line each (`wire.py`), and ends when stdin closes. A thread
keeps the songs as they are on disk; a new version takes the place of the old one at once.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, Final

from server.app import wire
from server.app.planner_ends import ends_of
from server.app.planner_song import PlannerSong, packed_in
from server.app.priority import raise_this_thread
from server.errors import IntersceneError
from server.library.songs.watch import SongWatcher
from server.playback.clock import Clock, SystemClock
from server.units import Seconds

log = logging.getLogger("interscene.planner")

POLL: Final[Seconds] = 0.1
"""From one look at the songs' folders to the next; each is a little work."""
PACKED: Final[Seconds] = 2.0
"""How often it is looked for another atlas."""
AWAY: Final[Seconds] = 2.0
"""How often it is tried to open a song again whose folder was away."""


class Planner:
    """Answers requests; `out` takes lines, from any of its threads."""

    def __init__(self, root: Path, out: IO[bytes], clock: Clock) -> None:
        self._root, self._out, self._clock = root, out, clock
        self._songs: dict[str, PlannerSong] = {}
        self._versions: dict[str, int] = {}
        self._watchers: dict[str, SongWatcher] = {}
        self._problems: dict[str, str] = {}
        self._packed: dict[str, Seconds] = {}
        self._wanted: SimpleQueue[wire.Said] = SimpleQueue()
        self._errands: SimpleQueue[wire.Said | None] = SimpleQueue()
        self._away: dict[str, tuple[wire.Said, Seconds]] = {}
        self._untold: set[str] = set()
        self._lock = threading.Lock()

    def tell(self, say: str, **facts: Any) -> None:
        """Say one thing."""
        data = wire.line(say, **facts)
        with self._lock:
            self._out.write(data)
            self._out.flush()

    # requests ---------------------------------------------------------------------------------

    def serve(self, requests: SimpleQueue[wire.Said | None]) -> None:
        """Answer until None comes. Of several ways that one deck asks for, the newest counts."""
        self.tell("hello", version=wire.VERSION)
        while True:
            batch = [requests.get()]
            while True:
                try:
                    batch.append(requests.get_nowait())
                except Empty:
                    break
            newest = {asked["deck"]: asked["ticket"] for asked in batch if asked and asked["say"] == "route"}
            for asked in batch:
                if asked is None:
                    return
                if asked["say"] != "route" or newest[asked["deck"]] == asked["ticket"]:
                    self._answer(asked)

    def _answer(self, asked: wire.Said) -> None:
        try:
            if asked["say"] == "route":
                self._route(asked)
            elif asked["say"] in ("open", "made"):
                self._wanted.put(asked)
            elif asked["say"] in ("ends", "lacking"):
                self._errands.put(asked)
        except IntersceneError as error:
            self.tell("failed", ticket=asked.get("ticket", 0), code=error.code, text=str(error))
        except Exception:  # a request: the next one may be answered all the same
            log.exception("a request could not be answered")
            self.tell("failed", ticket=asked.get("ticket", 0), code="internal",
                      text="the way could not be planned; the server's log says why")

    def _route(self, asked: Mapping[str, Any]) -> None:
        song = self._songs.get(asked["folder"])
        if song is None:
            self.tell("opening", ticket=asked["ticket"])  # who asked does not wait for long
            return
        hops, note = song.way(asked)
        self.tell("route", ticket=asked["ticket"], hops=hops, note=note)

    def run_errands(self) -> None:
        """Look things up for who makes transitions, one after the other, until None comes."""
        while (asked := self._errands.get()) is not None:
            song, watcher = self._songs.get(asked["folder"]), self._watchers.get(asked["folder"])
            if song is None or watcher is None:
                self._open_for(asked)
                continue
            try:
                if asked["say"] == "lacking":
                    found: dict[str, Any] = {"to": song.lacking(asked["picture"])}
                else:
                    found = ends_of(self._root, song, watcher.song.size, (asked["start"], asked["end"]))
                self.tell(asked["say"], ticket=asked["ticket"], **found)
            except (IntersceneError, OSError) as error:
                self.tell("endless", ticket=asked["ticket"], code=getattr(error, "code", "media"), text=str(error))
            except Exception:  # an errand: the next one may be run all the same
                log.exception("an errand could not be run")
                self.tell("endless", ticket=asked["ticket"], code="internal",
                          text="its pictures could not be looked up; the server's log says why")

    def _open_for(self, asked: wire.Said) -> None:
        """Have a song opened that nobody plays; who asked comes again."""
        folder = asked["folder"]
        if (self._root / folder).is_dir():
            if folder not in self._watchers:
                self._wanted.put({"say": "open", "folder": folder})
            self.tell("endless", ticket=asked["ticket"], code="opening", text=f"{folder} is not open yet")
        else:
            self.tell("endless", ticket=asked["ticket"], code="library", text=f"there is no song {folder} any more")

    # songs ------------------------------------------------------------------------------------

    def watch(self, stop: threading.Event) -> None:
        """Open songs that are wanted and keep them fresh, until told to stop."""
        while not stop.is_set():
            try:
                wanted = self._wanted.get(timeout=POLL)
                if wanted["say"] == "open":
                    self._open(wanted)
                elif wanted["folder"] in self._watchers:
                    self._watchers[wanted["folder"]].announce(wanted["movie"])
            except Empty:
                for key in list(self._watchers):
                    self._look(key)
                self._open_again()
        for watcher in self._watchers.values():
            watcher.close()

    def _open(self, asked: wire.Said) -> None:
        key = asked["folder"]
        try:
            if key not in self._watchers:
                self._watchers[key] = SongWatcher(self._root / asked.get("place", key))
            self._take(key)
            return
        except (IntersceneError, OSError, ValueError) as error:
            text = str(error)
        except Exception:  # one song's trouble must not end the watching of others
            log.exception("%s could not be opened", key)
            text = f"{key} could not be opened; the server's log says why"
        if not asked.get("known"):
            self.tell("lost", folder=key, text=text)
            return
        if key not in self._away:
            self.tell("problem", folder=key, text=f"{key} cannot be read now, and is played as it was: {text}")
        self._away[key] = asked, self._clock.now() + AWAY

    def _open_again(self) -> None:
        """Try what was open before and is away."""
        for key, (asked, due) in list(self._away.items()):
            if self._clock.now() >= due:
                self._open(asked)
                if key in self._songs:
                    del self._away[key]

    def _look(self, key: str) -> None:
        watcher = self._watchers[key]
        try:
            if watcher.poll(self._clock.now()) is not None:
                self._untold.add(key)
            if watcher.problem != self._problems.get(key, ""):
                self._problems[key] = watcher.problem
                if watcher.problem:
                    self.tell("problem", folder=key, text=f"{key} cannot be read now, and is played as it was: "
                              f"{watcher.problem}")
            song = self._songs.get(key)
            if (key in self._untold or song is None or watcher.folder != song.folder
                    or (not watcher.problem and self._packed_anew(key, song))):
                self._take(key)
                self._untold.discard(key)
        except Exception:  # one song's trouble must not end the watching of others
            log.exception("%s could not be looked at", key)

    def _packed_anew(self, key: str, song: PlannerSong) -> bool:
        """Whether another atlas or another movie of stills has come; looked at now and then."""
        now = self._clock.now()
        if now < self._packed.get(key, 0.0):
            return False
        self._packed[key] = now + PACKED
        # A folder that is away, or called otherwise by now, has not lost its atlas.
        return packed_in(song.folder) != song.packed and song.folder.is_dir()

    def _take(self, key: str) -> None:
        """Put a song in place as it is now, then tell what there is of it."""
        watcher = self._watchers[key]
        song = PlannerSong(self._root, watcher.folder, watcher.graph)
        self._songs[key] = song
        version = self._versions[key] = self._versions.get(key, 0) + 1
        self.tell("map", folder=key, place=song.place, name=song.folder.name, version=version)
        rows: dict[str, list[Any]] = {}
        for count, (kind, row) in enumerate(song.rows(), 1):
            rows.setdefault(kind, []).append(row)
            if count % wire.ROWS == 0:
                self.tell("part", folder=key, version=version, rows=rows)
                rows = {}
        self.tell("part", folder=key, version=version, rows=rows)
        self.tell("whole", folder=key, version=version)


def main() -> int:
    """Plan until stdin closes."""
    requests: SimpleQueue[wire.Said | None] = SimpleQueue()

    def read() -> None:
        for data in sys.stdin.buffer:
            found = wire.said(data)
            if found is not None:
                requests.put(found)
        requests.put(None)

    planner = Planner(Path(sys.argv[1]), sys.stdout.buffer, SystemClock())
    stop = threading.Event()
    watcher = threading.Thread(target=planner.watch, args=(stop,), name="songs", daemon=True)
    threading.Thread(target=read, name="requests", daemon=True).start()
    threading.Thread(target=planner.run_errands, name="errands", daemon=True).start()
    watcher.start()
    # After the others have begun: they are to go behind it.
    raise_this_thread()
    planner.serve(requests)
    stop.set()
    watcher.join(timeout=2.0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
