"""The parts of a server put together: started bottom-up, stopped top-down. Decides nothing else."""

from __future__ import annotations

import gc
import logging
import secrets
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from server.app.controller_desk import ControllerDesk, controls_folder
from server.app.curator_link import CuratorLink
from server.app.examinations.whole import examine_beside_show
from server.app.examiner import Examiner
from server.app.following import following_at_start
from server.app.graph_songs import graph_songs
from server.app.librarian import Librarian
from server.app.maker import Maker
from server.app.making import making_at_start, start_making
from server.app.navigator import Navigator
from server.app.outlet import Outlet
from server.app.panels import LivePanels
from server.app.priority import raise_this_thread
from server.app.programme import in_force
from server.app.query_port import LiveQuery
from server.app.resuming import Resumption
from server.app.show_log import keep_log
from server.app.show_port import LivePort
from server.app.snapshot_keeper import SnapshotKeeper
from server.app.song_answers import LiveSongs
from server.app.song_lists import song_entries
from server.app.standby import standing_by
from server.app.vitals import VitalSigns
from server.frontends.discovery import Discovery, server_name
from server.frontends.folder import FolderRequests
from server.frontends.http import HttpServer
from server.frontends.osc import AllowList, OscReceiver, OscSender
from server.frontends.oscquery import OscQuery
from server.frontends.security import is_loopback
from server.frontends.udp import lan_address
from server.library.media_folder import MediaFolder
from server.library.shelf import MovieShelf
from server.playback.clock import Clock, Metronome, SystemClock, wall_time
from server.playback.tempo import Tempo
from server.protocol.command import Source
from server.protocol.dispatch import Dispatcher
from server.settings.resolved import LOCKED, OPTIONS, Settings
from server.show.feedback import Feedback
from server.show.loop import ShowLoop
from server.show.scribe import Scribe
from server.show.show import About, Show
from server.show.state import ShowState
from server.units import Seconds, exact_rate

log = logging.getLogger("interscene")

SWITCH_INTERVAL = 0.0005
"""Seconds after which another Python thread may have the interpreter: the default would make ticks 5 ms late."""

HERE = Source("127.0.0.1", 0, "http")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only what a person wrote behind --listen


@dataclass(slots=True)
class Parts:
    """A running server."""

    settings: Settings
    loop: ShowLoop
    receiver: OscReceiver
    sender: OscSender
    http: HttpServer
    port: LivePort
    folder: MediaFolder
    navigator: Navigator
    maker: Maker | None
    name: str
    _dispatcher: Dispatcher
    _stop: ExitStack

    def begin(self, deck: int, name: str, *, is_movie: bool) -> None:
        """Load a song or a movie as if somebody had asked for it; what is wrong with it is logged."""
        self.loop.submit(self._dispatcher.command(f"/deck/{deck}/{'load' if is_movie else 'song'}", [name], HERE))

    def lines(self, root: Path) -> list[str]:
        """What a person, or a program that started this one, has to know; the last line is for programs."""
        host = self.settings.listen
        near = "this computer only; --listen opens it to the network" if host == "127.0.0.1" else (
            "ANYBODY ON THIS NETWORK" + (" that --allow names" if self.settings.allow else ""))
        ports = ", ".join(str(port) for port in self.receiver.ports)
        names = self.folder.names
        return [
            *(f"page      {url}" for url in self._urls()),
            f"name      {self.name}{'' if self.settings.announce else ' (not announced)'}",
            f"OSC in    udp {ports} ({near})",
            f"media     {root} ({len(names)} movies)",
            "stop      Ctrl-C",
            f"listening osc={self.receiver.ports[0]} http={self.http.port}",
        ]

    def _urls(self) -> list[str]:
        """Where browsers find the page: on this machine and, when others may, from theirs."""
        own = self.http.url
        lan = lan_address() if self.settings.listen == EVERYWHERE else None
        return [own, own.replace("//127.0.0.1:", f"//{lan}:", 1)] if lan else [own]

    def stop(self) -> None:
        """Stop taking messages first, then the show, then what it used."""
        self._stop.close()


def trusts(allow: Sequence[str]) -> Callable[[str], bool]:
    """Which computers may use OSCQuery without the token: this one, and those that `--allow` names.

    Its clients cannot bring one, and these computers may send everything by OSC as it is.
    """
    named = AllowList(allow)
    return lambda host: is_loopback(host) or bool(allow and host and named.allows(host))


def make_show(settings: Settings, root: Path, now: Seconds) -> Show:
    """A show with the settings that it starts with; the first bar begins now."""
    tick = 1.0 / settings.tick_rate
    tempo = Tempo(settings.tempo, now)
    state = ShowState.fresh(settings.decks, tick, tempo, fade=settings.fade, latency=settings.latency / 1000.0,
                            quantise=settings.quantise, end=settings.end, making=making_at_start(settings))
    state = following_at_start(state, settings)
    return Show(state, About("interscene", settings.tick_rate, str(root), secrets.randbelow(1 << 24)),
                {option.row: option.name for option in OPTIONS.values()
                 if option.row and settings.origin(option.name) == LOCKED})


def make_loop(settings: Settings, root: Path, clock: Clock, outlet: Outlet, kept: Resumption | None,
              stack: ExitStack) -> ShowLoop:
    """A show that has not begun, what runs it, and its log; `kept`: it goes on with what a server before left."""
    show, metronome = make_show(settings, root, clock.now()), Metronome(clock.now(), exact_rate(settings.tick_rate))
    loop = ShowLoop(show, clock, kept.revive(show, metronome) if kept else metronome, outlet,
                    at_start=raise_this_thread, scribe=Scribe() if settings.show_log else None)
    keep_log(loop, settings, controls_folder(settings, root), wall_time, stack)
    return loop


def announce(settings: Settings, name: str, http_port: int, osc_port: int, stack: ExitStack, farewell: ExitStack
             ) -> None:
    """Let others find the server by its name, if they are to."""
    if settings.announce:
        discovery = Discovery(name, settings.listen, http_port, osc_port)
        discovery.start()
        farewell.callback(discovery.stop)
        # The goodbye takes a moment: it is said while everything else stops.
        stack.callback(discovery.leave)


def keep_what_there_is() -> None:
    """What start-up made stays for the whole show: collections need not look at it again."""
    gc.collect()
    gc.freeze()


def make_desks(settings: Settings, root: Path, loop: ShowLoop, outlet: Outlet, clock: Clock
               ) -> tuple[ControllerDesk, SnapshotKeeper]:
    """Those who keep the show's files: of controllers, and of snapshots."""
    home = controls_folder(settings, root)
    desk = ControllerDesk(loop, outlet, clock, home, root, midi=settings.midi)
    keeper = SnapshotKeeper(loop, home, root, wall_time)
    outlet.desk, outlet.keeper = desk, keeper
    return desk, keeper


def start(settings: Settings, root: Path, clock: Clock | None = None, kept: Resumption | None = None) -> Parts:
    """Open ports, start threads. Raises ServeError, LibraryError; on failure nothing is left running."""
    settings, clock = in_force(settings, root), clock or SystemClock()
    sys.setswitchinterval(SWITCH_INTERVAL)
    folder = MediaFolder(root)
    folder.scan()
    with ExitStack() as stack:
        farewell = stack.enter_context(ExitStack())
        shelf = stack.enter_context(MovieShelf(folder))
        sender = OscSender()
        stack.callback(sender.close)
        outlet = Outlet(sender)
        loop = make_loop(settings, root, clock, outlet, kept, stack)
        show = loop.show
        entries = song_entries((settings.meta_dir, root))
        navigator = Navigator(root, clock, lambda news: loop.submit([news]))
        librarian = Librarian(folder, shelf, entries, lambda answer: loop.submit([answer]), navigator)
        outlet.librarian, outlet.navigator = librarian, navigator
        maker = start_making(settings, root, clock, navigator, lambda news: loop.submit([news]), stack)
        outlet.maker = maker
        feedback = Feedback(show, clock, outlet.tell)
        outlet.tell_everything = feedback.everything
        query = LiveQuery(server_name(settings.server_name), loop, outlet,
                          Dispatcher(settings.decks, show.controllers.ears), clock, wall_time)
        show.controllers.overhear = query.overhear
        receiver = OscReceiver(settings.osc_port, settings.decks, query.submit, clock.now, wall_time,
                               host=settings.listen, allow=settings.allow, ears=show.controllers.ears,
                               waiting=loop.waiting)
        stack.callback(receiver.stop)
        query.osc_port = receiver.ports[0]
        show.state = standing_by(show.state, settings, query.name, query.osc_port, clock.now(), kept)
        port = LivePort(loop, outlet, shelf, Dispatcher(settings.decks), clock, query.submit)
        curator = CuratorLink(root)
        stack.callback(curator.stop)
        desk, keeper = make_desks(settings, root, loop, outlet, clock)
        vitals = VitalSigns(loop, receiver, sender, navigator, shelf, clock)
        examiner = Examiner(lambda: examine_beside_show(settings, root, clock), clock)
        stack.callback(examiner.stop)
        panels = LivePanels(loop, settings, vitals, clock, desk, examiner, keeper)
        receiver.tell_released(panels.released)
        http = HttpServer(settings.listen, settings.http_port, port, token=settings.token or None, clock=clock,
                          query=OscQuery(query, clock, trusts(settings.allow)),
                          panels=panels, songs=LiveSongs(folder, curator, navigator, entries))
        for part in (navigator, librarian, feedback, loop, receiver, desk, keeper, http):
            part.start()
            if part is not receiver:
                stack.callback(part.stop)
        if settings.request_dir:
            requests = FolderRequests(Path(settings.request_dir).expanduser(), port)
            requests.start()
            stack.callback(requests.stop)
        if kept is not None:
            kept.begin(show, navigator, stack)
        if graph_songs(folder):
            navigator.wake()
        announce(settings, query.name, http.port, query.osc_port, stack, farewell)
        keep_what_there_is()
        return Parts(settings, loop, receiver, sender, http, port, folder, navigator, maker, query.name,
                     Dispatcher(settings.decks), stack.pop_all())
