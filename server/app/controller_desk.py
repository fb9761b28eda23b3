"""Keeps what controllers need and the show must not wait for: their files, their devices, and telling them values."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

from server.app.controller_file import ControllerFile
from server.app.outlet import Outlet
from server.errors import InputError
from server.frontends.midi import Backend, Device, MidiPorts, find_backend
from server.playback.clock import Clock
from server.protocol.command import Source
from server.protocol.controllers.binding import Binding
from server.protocol.controllers.control import Control
from server.protocol.controllers.mapping import GLOBAL, SONG, Where
from server.protocol.controllers.mapping_keys import endpoint
from server.protocol.controllers.midi_encoder import midi_messages
from server.protocol.targets import Targets
from server.settings.resolved import Settings
from server.show.control_events import ControlsEdited, DevicesSeen, EditControls
from server.show.controllers import Controllers
from server.show.loop import ShowLoop
from server.show.view import Values, value
from server.units import Seconds

log = logging.getLogger("interscene.controllers")

LOOK_EVERY: Final[Seconds] = 0.25
"""Between looks at the files, at the song and at who waits for a control."""
TELL_EVERY: Final[Seconds] = 1 / 30
"""Lamps and motors follow as smoothly as a hand does."""
AFTER_TROUBLE: Final[Seconds] = 2.0
"""What goes wrong at every turn must not fill the log."""
Find = Callable[[], tuple[Backend | None, str]]


class ControllerDesk:
    """A thread of its own. `folder` holds the file of every song, `media` the songs; `midi` may be switched off."""

    def __init__(self, loop: ShowLoop, outlet: Outlet, clock: Clock, folder: Path, media: Path, *, midi: bool = True,
                 find: Find | None = None) -> None:
        self._loop, self._outlet, self._clock, self._media = loop, outlet, clock, media
        self._controllers: Controllers = loop.show.controllers
        targets = Targets(len(loop.show.state.decks))
        self.files: dict[Where, ControllerFile] = {GLOBAL: ControllerFile(GLOBAL, targets),
                                                   SONG: ControllerFile(SONG, targets)}
        self._folder = folder
        self._queue: SimpleQueue[EditControls | None] = SimpleQueue()
        self._looked: Seconds = float("-inf")
        self._laid: tuple[Binding, ...] = ()
        self._lamps: list[Binding] = []
        self._seen: dict[Binding, tuple[Values | None, Seconds | None]] = {}
        self.devices: tuple[Device, ...] = ()
        self._ports = MidiPorts(loop.submit, self._devices_seen, clock,
                                (find or find_backend) if midi else lambda: (None, "MIDI is switched off (--no-midi)"))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="controllers", daemon=True)

    def start(self) -> None:
        """Read the files, look for devices, and go on doing so."""
        self._thread.start()
        self._ports.start()

    def stop(self) -> None:
        """End both threads; devices are closed."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join(timeout=2.0)
        self._ports.stop()

    def edit(self, event: EditControls) -> None:
        """Have a file changed, soon."""
        self._queue.put(event)

    def turn(self, now: Seconds) -> None:
        """Do what is due: look at files, and tell controllers what changed."""
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._look()
        if self._laid is not self._controllers.bindings:
            self._lay()
        self._tell(now)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.turn(self._clock.now())
            except Exception:  # the top of a thread: one bad turn must not end the others
                log.exception("controllers could not be served")
                self._stopping.wait(AFTER_TROUBLE)
            try:
                event = self._queue.get(timeout=TELL_EVERY if self._lamps else LOOK_EVERY)
            except Empty:
                continue
            if event is not None:
                self._edit(event)

    # files ------------------------------------------------------------------------------------

    def _look(self) -> None:
        state = self._loop.show.state
        place = state.song(0).folder
        folder = self._media / place if place is not None else None
        # The media folder may itself be the song: then there is one file, and it is that of every song.
        for file, where in ((self.files[GLOBAL], self._folder),
                            (self.files[SONG], None if folder == self._folder else folder)):
            news = file.move(where) or file.poll()
            if news is not None:
                self._loop.submit([news])
        self._want()

    def _edit(self, event: EditControls) -> None:
        try:
            read = self.files[event.where].edit(event.edits)
        except InputError as error:
            self._loop.submit([ControlsEdited(event.ticket, error.code, str(error))])
            return
        except Exception:  # one edit's trouble must not end the thread, and who asked has to be told
            log.exception("%s could not be changed", self.files[event.where].path)
            self._loop.submit([ControlsEdited(event.ticket, "internal", "the file could not be changed; the server's "
                                              "log says why")])
            return
        self._loop.submit([read, ControlsEdited(event.ticket)])

    # devices ----------------------------------------------------------------------------------

    def _want(self) -> None:
        places = frozenset(binding.mapping.control.place for binding in self._controllers.bindings
                           if not binding.mapping.control.is_osc)
        state = self._loop.show.state
        if state.time.wants_midi(state.beat.source):
            places |= {state.time.device}
        self._ports.want(places, everything=self._controllers.learning is not None)

    def _devices_seen(self, devices: tuple[Device, ...], why: str) -> None:
        self.devices = devices
        self._loop.submit([DevicesSeen(tuple(device.name for device in devices), why)])

    # telling ----------------------------------------------------------------------------------

    def _lay(self) -> None:
        """Which controls have anything to be told, after what lies where has changed."""
        self._laid = self._controllers.bindings
        taken: set[Control] = set()
        self._lamps = []
        for binding in self._laid:
            control, row = binding.mapping.control, binding.target.row
            # Of two rows on one control the first has the lamp: two would fight for it.
            if (binding.mapping.feedback and row.access == "rw" and self._controllers.counts(binding)
                    and control not in taken):
                taken.add(control)
                self._lamps.append(binding)
        left = set(self._lamps)
        self._seen = {binding: seen for binding, seen in self._seen.items() if binding in left}
        self._want()

    def _tell(self, now: Seconds) -> None:
        state, telling = self._loop.show.state, self._controllers.telling
        if not state.peer.active:
            return  # lamps and motors belong to the server that plays
        known: dict[tuple[str, tuple[int | str, ...]], Values | None] = {}
        for binding in self._lamps:
            row, where, _ = binding.target
            place = (row.address, where)
            if place not in known:
                known[place] = value(state, *place, now)
            control = self._told_control(binding)
            target = self._target(binding, control) if control is not None else None
            if control is None or target is None:
                continue
            seen = known[place], telling.changed_at(control)
            if self._seen.get(binding) == seen:
                continue
            raw = binding.lamp(known[place])
            if raw is not None and telling.rests(control, now):
                if telling.due(control, raw, now):
                    self._send(binding, control, raw, target)
                self._seen[binding] = seen[0], telling.changed_at(control)

    def _told_control(self, binding: Binding) -> Control | None:
        """The control with its device as it is called while it is there."""
        control = binding.lamp_of()
        if control is None or control.is_osc:
            return control
        return control._replace(place=self._controllers.device_of(control))

    def _target(self, binding: Binding, control: Control) -> Source | str | None:
        """Who is to be told: a device, or who sent the control's last message; None before it sent any."""
        to = binding.mapping.feedback
        if not control.is_osc:
            return to if isinstance(to, str) else control.place
        if isinstance(to, str):
            return Source(*endpoint(to))
        return self._loop.show.answer_to(binding.heard.source) if binding.heard is not None else None

    def _send(self, binding: Binding, control: Control, raw: float, target: Source | str) -> None:
        if isinstance(target, Source):
            heard = binding.heard.values if binding.heard is not None else ()
            self._outlet.tell(target, control.place, _arguments(control, raw, heard))
            return
        for packet in midi_messages(control, round(raw)):
            self._ports.send(target, packet)


def _arguments(control: Control, raw: float, heard: tuple[float | None, ...]) -> tuple[Any, ...]:
    """The message that a control sends, with one value another: an XY pad has two."""
    count = max(len(heard), control.number)
    values = [(heard[place] if place < len(heard) else None) or 0.0 for place in range(count)]
    values[control.number - 1] = raw
    return tuple(values)


def controls_folder(settings: Settings, media: Path) -> Path:
    """Where the file of every song lies: with the settings where they have a folder of their own, else in `media`."""
    own = settings.meta_dir != settings.media_dir and settings.meta_dir.is_dir()
    return settings.meta_dir if own else media
