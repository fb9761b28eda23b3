"""The planner's process kept alive: requests go in, maps of songs and ways come out, and it may die at any time."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Protocol

from server.app import wire
from server.app.children import own_group
from server.app.never import write_never
from server.app.priority import raise_this_thread
from server.app.song_maps import MapBuilder, hops_of
from server.errors import IntersceneError
from server.playback.clock import Clock
from server.playback.walk import Leg, lay_out
from server.show.events import Loaded, Mapped, Navigate, NeedMovie, NeedRoute, NeedTransition, NeverAgain, News, Routed
from server.show.song_map import SongMap
from server.show.state import SongPlace
from server.units import Seconds

log = logging.getLogger("interscene.planner")

MODULE: Final = "server.app.planner"
HOME: Final = Path(__file__).resolve().parents[2]
BACK_OFF: Final[tuple[Seconds, ...]] = (0.1, 0.5, 1.0, 2.0, 5.0)
"""How long to wait before it is started again, each time it dies soon."""
WELL: Final[Seconds] = 30.0
"""Having lived so long, it is started again without much waiting."""
HUNG: Final[Seconds] = 5.0
"""Answering no request for so long, it is ended and started again."""
OPEN_LIMIT: Final[Seconds] = 60.0
LOOK: Final[Seconds] = 0.5


Errand = Callable[[wire.Said], None]
"""Takes what the planner says to an errand."""
LOST: Final[wire.Said] = {"say": "endless", "code": "planner", "text": "the planner was started again meanwhile"}


class Generator(Protocol):
    """Whoever makes transitions. It returns at once; what it has made is found in the song's folder."""

    def want(self, event: NeedTransition) -> None: ...


class Navigator:
    """One planner for all decks, started when it is first needed.

    `answer` takes what is to be told to the show, from any thread.
    """

    def __init__(self, root: Path, clock: Clock, answer: Callable[[News], None], *, module: str = MODULE,
                 generator: Generator | None = None) -> None:
        self._root, self._clock, self._answer, self.module = root, clock, answer, module
        self.generator = generator
        self._orders: SimpleQueue[int | bytes | None] = SimpleQueue()
        self._banned: SimpleQueue[NeverAgain | None] = SimpleQueue()
        self._routes: dict[int, NeedRoute] = {}
        self._nevers: set[NeverAgain] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._unanswered: dict[int, tuple[int, Seconds]] = {}
        self._folders: dict[str, None] = {}
        self._opening: dict[str, list[tuple[NeedMovie, Seconds]]] = {}
        self._maps: dict[str, SongMap] = {}
        self._errands: dict[int, Errand] = {}
        self._errand = 0
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._stopping, self._needed = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=target, name=name, daemon=True)
                         for target, name in ((self._supervise, "planner"), (self._write, "planner requests"),
                                              (self._note_down, "never again"))]
        self.starts = 0
        self._greeted = False

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the planner; what was asked for is not answered any more."""
        self._stopping.set()
        self._needed.set()
        self._orders.put(None)
        self._banned.put(None)
        self._end_process()
        for thread in self._threads:
            thread.join(timeout=3.0)

    def wake(self) -> None:
        """Start the planner now, so that the first song needs not wait for it."""
        self._needed.set()

    @property
    def pid(self) -> int | None:
        """The planner's process."""
        return self._process.pid if self._process is not None else None

    @property
    def alive(self) -> bool:
        """Whether the planner's process runs."""
        process = self._process
        return process is not None and process.poll() is None

    # what is wanted ---------------------------------------------------------------------------

    def navigate(self, event: Navigate) -> None:
        """Take a request of the show; returns at once."""
        if isinstance(event, NeedTransition):
            if self.generator is not None:
                self.generator.want(event)
        elif isinstance(event, NeverAgain):
            with self._lock:
                waiting = event in self._nevers
                self._nevers.add(event)
            if not waiting:
                self._banned.put(event)
        else:
            with self._lock:
                # Since when nothing was answered: a newer goal must not make it look as if it had just been asked.
                _, since = self._unanswered.get(event.deck, (0, self._clock.now()))
                self._unanswered[event.deck] = event.ticket, since
                waiting, self._routes[event.deck] = event.deck in self._routes, event
            if not waiting:
                self._orders.put(event.deck)

    def open(self, event: NeedMovie, folder: str) -> None:
        """Have a song of pictures opened; answered by `Loaded` with its first picture."""
        self.wake()
        with self._lock:
            self._folders[folder] = None
            self._opening.setdefault(folder, []).append((event, self._clock.now()))
            known = self._maps.get(folder)
            order = self._open_line(folder)
        if known is not None:
            self._opened(known)
        else:
            self._orders.put(order)

    def _open_line(self, folder: str) -> bytes:
        """One that was open before is opened where it lay last, and waited for if its disk is away."""
        known = self._maps.get(folder)
        return wire.line("open", folder=folder, place=known.place if known is not None else folder,
                         known=known is not None)

    def ends(self, folder: str, start: str, end: str, answer: Errand) -> None:
        """Have the stage frames of two pictures got ready; `answer` is called once, from any thread."""
        self._run_errand("ends", answer, folder=folder, start=start, end=end)

    def lacking(self, folder: str, picture: str, answer: Errand) -> None:
        """Have those pictures found to which a picture has no transition, the likeliest first; see `ends`."""
        self._run_errand("lacking", answer, folder=folder, picture=picture)

    def _run_errand(self, say: str, answer: Errand, **facts: Any) -> None:
        with self._lock:
            self._errand += 1
            self._errands[self._errand] = answer
            order = wire.line(say, ticket=self._errand, **facts)
        self.wake()
        self._orders.put(order)

    def made(self, folder: str, movie: str) -> None:
        """A movie of a song, by its path in it, is whole: it need not be watched first whether it still grows."""
        self._orders.put(wire.line("made", folder=folder, movie=movie))

    def map_of(self, folder: str) -> SongMap | None:
        """The newest map of a song that was opened."""
        return self._maps.get(folder)

    def places(self) -> dict[str, str]:
        """Where the songs that were opened lie now, by the folder each was opened as."""
        return {folder: known.place for folder, known in list(self._maps.items())}

    def _write(self) -> None:
        """Hand requests on; a pipe that is full holds up this thread only."""
        raise_this_thread()
        while not self._stopping.is_set():
            order = self._orders.get()
            if isinstance(order, int):
                with self._lock:
                    order = _route_line(self._routes.pop(order))
            process = self._process
            if order is None or process is None or process.stdin is None:
                continue
            try:
                with self._writing:
                    process.stdin.write(order)
                    process.stdin.flush()
            except (OSError, ValueError):
                continue  # it has gone; whoever starts it anew says again what is open

    def _note_down(self) -> None:
        """Write down what is never to be shown again; a slow disk holds up no request. What waits at the end is
        written before."""
        while (event := self._banned.get()) is not None:
            with self._lock:
                self._nevers.discard(event)
            self._never(event)

    def _never(self, event: NeverAgain) -> None:
        """Write it down here: it must not be lost with a planner that dies."""
        known = self._maps.get(event.folder)
        folder = self._root / (known.place if known is not None else event.folder)
        try:
            write_never(folder, event.picture)
        except (IntersceneError, OSError) as error:
            self._answer(Mapped(event.folder, error=f"{event.picture} is not shown again until the server ends, but "
                                f"that could not be written down: {error}"))

    def _look_after(self) -> None:
        """End a planner that answers nothing, and give up opens that take for ever."""
        now = self._clock.now()
        with self._lock:
            limit = HUNG if self._greeted else OPEN_LIMIT
            hung = any(now - since > limit for _, since in self._unanswered.values())
            if hung:
                self._unanswered.clear()
        if hung and self._process is not None:
            log.warning("the planner does not answer; it is started again")
            self._process.kill()
        with self._lock:
            late = [(folder, one) for folder, waiting in self._opening.items() for one in waiting
                    if now - one[1] > OPEN_LIMIT]
            for folder, one in late:
                self._opening[folder].remove(one)
        for folder, (event, _) in late:
            self._answer(Loaded(event.ticket, None, code="library", error=f"{folder} could not be opened in "
                                f"{OPEN_LIMIT:g} s; try again, or look at the log"))

    # the process ------------------------------------------------------------------------------

    def _supervise(self) -> None:
        failures = 0
        self._needed.wait()
        while not self._stopping.is_set():
            began = self._clock.now()
            try:
                self._run()
            except Exception:  # a thread's top: without it there would be no planner any more
                log.exception("the planner could not be run")
            if self._stopping.is_set():
                return
            failures = 0 if self._clock.now() - began > WELL else failures + 1
            log.warning("the planner has ended; it is started again")
            self._stopping.wait(BACK_OFF[min(max(failures - 1, 0), len(BACK_OFF) - 1)])

    def _run(self) -> None:
        """One life of the planner: until its output ends."""
        # The planner is of this server, installed or not; -P: a file of the folder one happens to be in must not
        # stand for a module.
        places = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
        process = subprocess.Popen([sys.executable, "-P", "-m", self.module, str(self._root)],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   env={**os.environ, "PYTHONPATH": places}, **own_group())
        self._process = process
        self.starts += 1
        if self._stopping.is_set():
            self._end_process()
        with self._lock:
            self._unanswered.clear()
            self._greeted = False
            lost, self._errands = list(self._errands.values()), {}
            again = [self._open_line(folder) for folder in self._folders]
        for order in again:
            self._orders.put(order)
        for answer in lost:
            answer(LOST)
        # In a thread of its own: what a thread that goes before others starts would go before them, too.
        listener = threading.Thread(target=self._listen, args=(process,), name="planner answers", daemon=True)
        listener.start()
        while listener.is_alive():
            listener.join(LOOK)
            self._look_after()
        self._end_process()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Take what the planner says until it says nothing more."""
        raise_this_thread()
        builders: dict[str, MapBuilder] = {}
        assert process.stdout is not None
        with process.stdout as lines:
            for data in lines:
                said = wire.said(data)
                if said is None:
                    log.info("planner: %s", data.decode("utf-8", "replace").rstrip())
                    continue
                if said["say"] == "hello" and said.get("version") != wire.VERSION:
                    log.error("the planner speaks version %s, not %s", said.get("version"), wire.VERSION)
                    break
                try:
                    self._heard(said, builders)
                except (*wire.NONSENSE, IntersceneError):
                    log.exception("the planner said what cannot be understood: %r", data[:200])

    def _end_process(self) -> None:
        process = self._process
        if process is None:
            return
        # Whoever is held up by a full pipe holds its stdin, which cannot be closed before the planner is gone.
        free = self._writing.acquire(timeout=0.5)
        if not free:
            process.kill()
            self._writing.acquire()
        try:
            if process.stdin is not None:
                process.stdin.close()
        except OSError:
            log.debug("the planner's stdin was closed already")
        finally:
            self._writing.release()
        try:
            process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    # what it says -----------------------------------------------------------------------------

    def _heard(self, said: wire.Said, builders: dict[str, MapBuilder]) -> None:
        kind = said["say"]
        if kind == "hello":
            self._greeted = True
            self._settled(-1)
        elif kind == "route":
            self._settled(said["ticket"])
            self._answer(Routed(said["ticket"], hops_of(said["hops"]), said["note"]))
        elif kind == "failed":
            self._settled(said["ticket"])
            self._answer(Routed(said["ticket"], code=said["code"], error=said["text"]))
        elif kind == "map":
            builders[said["folder"]] = MapBuilder(said)
        elif kind == "part" and said["folder"] in builders:
            builders[said["folder"]].add(said["rows"])
        elif kind == "whole" and said["folder"] in builders:
            found = builders.pop(said["folder"]).whole()
            self._maps[found.folder] = found
            self._answer(Mapped(found.folder, found))
            self._opened(found)
        elif kind == "problem":
            self._answer(Mapped(said["folder"], error=said["text"]))
        elif kind in ("ends", "lacking", "endless"):
            with self._lock:
                answer = self._errands.pop(said["ticket"], None)
            if answer is not None:
                answer(said)
        elif kind == "opening":
            self._settled(said["ticket"])
        elif kind == "lost":
            self._lost(said["folder"], said["text"])

    def _settled(self, ticket: int) -> None:
        now = self._clock.now()
        with self._lock:
            self._unanswered = {deck: (newest, now) for deck, (newest, _) in self._unanswered.items()
                                if newest > ticket}

    def _opened(self, song: SongMap) -> None:
        with self._lock:
            waiting = self._opening.pop(song.folder, [])
        for event, _ in waiting:
            self._answer(loaded(event, song))

    def _lost(self, folder: str, text: str) -> None:
        with self._lock:
            waiting = self._opening.pop(folder, [])
            self._folders.pop(folder, None)
        for event, _ in waiting:
            self._answer(Loaded(event.ticket, None, code="library", error=text))


def loaded(event: NeedMovie, song: SongMap) -> Loaded:
    """A song of pictures, standing on the one that it begins with."""
    still = song.standing(song.start)
    if still is None:
        return Loaded(event.ticket, None, code="library", error=f"{song.name} has nothing to show: no transition and "
                      "no movie of its stills; make that with: interscene song stills FOLDER")
    clip, route = lay_out(Leg((still,), (1.0,)), packed=song.packed)
    return Loaded(event.ticket, clip, SongPlace(song.name, song.movies, graph=song), route=route)


def _route_line(event: NeedRoute) -> bytes:
    facts: dict[str, Any] = {"ticket": event.ticket, "deck": event.deck, "folder": event.folder, "start": event.start,
                             "goals": event.goals, "previous": event.previous, "avoid": event.avoid,
                             "broken": event.broken, "seed": event.seed}
    # Only a walk without end asks where it has been.
    return wire.line("route", **facts, visited={} if event.goals else dict(event.visited))
