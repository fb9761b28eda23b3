"""MIDI devices: what they say goes to a sink, what they are told goes to them. The only door to mido and python-rtmidi.

Works on a thread of its own and looks for devices again and again; a computer without MIDI plays all the same. A
device is opened while something is laid on it or a control is waited for, and not else: on Windows only one program
may have it.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple, Protocol

from server.playback.clock import Clock
from server.protocol.command import Source
from server.protocol.controllers.control import Moved
from server.protocol.controllers.midi_decoder import MidiDecoder
from server.protocol.controllers.port_names import find_port, stable_names
from server.protocol.text import printable
from server.protocol.timecode.device_time import DeviceTime
from server.protocol.timecode.heard import TimeHeard
from server.units import Seconds

log = logging.getLogger("interscene.midi")

LOOK_EVERY: Final[Seconds] = 1.0
"""Between looks at what is plugged in."""
IDLE: Final[Seconds] = 5.0
"""The same while nothing is wanted of any device."""
AGAIN: Final = 5
"""Looks after which a device that could not be opened is tried again."""
MISSING: Final = "MIDI needs python-rtmidi and mido: start.py --with midi, or pip install 'interscene[midi]'"
_SEQUENCER: Final = Path("/dev/snd/seq")
_NO_SEQUENCER: Final = "this Linux has no ALSA sequencer, which MIDI needs: sudo modprobe snd-seq"

Hear = Callable[[Sequence[int]], None]


class Closable(Protocol):
    """An open port."""

    def close(self) -> None: ...


class Output(Closable, Protocol):
    """An open port to a device."""

    def send(self, packet: bytes) -> None: ...


class Backend(Protocol):
    """The system's MIDI. Raises OSError when it does not work, or a port cannot be had."""

    def inputs(self) -> list[str]: ...

    def outputs(self) -> list[str]: ...

    def open_input(self, port: str, hear: Hear) -> Closable: ...

    def open_output(self, port: str) -> Output: ...


class Device(NamedTuple):
    """A device that is there, under the name that files know it by."""

    name: str
    hears: bool
    """Whether it can be told something."""
    open: bool
    trouble: str = ""


class _MidoOutput:
    def __init__(self, mido: Any, port: Any) -> None:
        self._mido, self._port = mido, port

    def send(self, packet: bytes) -> None:
        self._port.send(self._mido.Message.from_bytes(packet))

    def close(self) -> None:
        self._port.close()


class MidoBackend:
    """The real one. Whatever the libraries below raise comes out as OSError."""

    def __init__(self, mido: Any) -> None:
        self._mido = mido

    def inputs(self) -> list[str]:
        return list(self._do(self._mido.get_input_names))

    def outputs(self) -> list[str]:
        return list(self._do(self._mido.get_output_names))

    def open_input(self, port: str, hear: Hear) -> Closable:
        opened: Closable = self._do(lambda: self._mido.open_input(port, callback=lambda message: hear(message.bytes())))
        return opened

    def open_output(self, port: str) -> Output:
        return _MidoOutput(self._mido, self._do(lambda: self._mido.open_output(port)))

    @staticmethod
    def _do(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Exception as error:  # the border to two libraries and to drivers, which have errors of their own
            raise OSError(printable(str(error)) or type(error).__name__) from error


def find_backend() -> tuple[Backend | None, str]:
    """The system's MIDI, or None and a line that says why not and what to do."""
    if sys.platform == "linux" and not _SEQUENCER.exists():
        return None, _NO_SEQUENCER
    try:
        import mido
        import rtmidi  # noqa: F401 - mido asks for it only when a port is opened
    except ImportError:
        return None, MISSING
    mido.set_backend("mido.backends.rtmidi")
    backend = MidoBackend(mido)
    try:
        backend.inputs()
    except OSError as error:
        return None, f"MIDI does not work on this computer: {error}"
    return backend, ""


@dataclass(slots=True)
class _Input:
    """A device that can be heard. `port`: what the system calls it now; `rest`: looks until it is tried again."""

    name: str
    port: str
    open: Closable | None = None
    trouble: str = ""
    rest: int = 0


@dataclass(slots=True)
class _Output:
    """A device that can be told something, and has been."""

    port: str
    open: Output


class MidiPorts:
    """Keeps the wanted devices open. `sink` is called from the system's threads and returns at once.

    `seen` is told the devices whenever they are others than before, and why there are none where MIDI cannot be used.
    """

    def __init__(self, sink: Callable[[Sequence[Moved | TimeHeard]], object],
                 seen: Callable[[tuple[Device, ...], str], object], clock: Clock,
                 find: Callable[[], tuple[Backend | None, str]] = find_backend) -> None:
        self._sink, self._seen, self._clock, self._find = sink, seen, clock, find
        self._backend: Backend | None = None
        self._inputs: dict[str, _Input] = {}
        self._ports: dict[str, str] = {}
        self._outputs: dict[str, _Output] = {}
        self._mute: set[str] = set()
        self._wanted: frozenset[str] = frozenset()
        self._everything = False
        self._told: tuple[Device, ...] | None = None
        self._queue: SimpleQueue[tuple[str, bytes] | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi", daemon=True)

    def start(self) -> None:
        """Begin to look for devices."""
        self._thread.start()

    def stop(self) -> None:
        """Close everything; returns when the thread has ended."""
        self._stopping.set()
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)

    def want(self, devices: frozenset[str], *, everything: bool) -> None:
        """Which devices are to be open, by the names that files have for them, "" for any; from any thread."""
        if (devices, everything) != (self._wanted, self._everything):
            self._wanted, self._everything = devices, everything
            self._queue.put(None)

    def send(self, device: str, packet: bytes) -> None:
        """Tell a device something, soon; one that is not there is not told. From any thread."""
        self._queue.put((device, packet))

    # the thread -------------------------------------------------------------------------------

    def begin(self) -> bool:
        """Find the system's MIDI; whether there is any."""
        self._backend, why = self._find()
        if self._backend is None:
            self._seen((), why)
        return self._backend is not None

    def look(self) -> None:
        """See what is plugged in; open what is wanted, close what is not."""
        assert self._backend is not None
        try:
            inputs, outputs = self._backend.inputs(), self._backend.outputs()
        except OSError as error:
            log.warning("MIDI devices cannot be listed: %s", error)
            return
        named = dict(zip(stable_names(inputs), inputs, strict=True))
        self._ports = dict(zip(stable_names(outputs), outputs, strict=True))
        for name in [name for name, known in self._inputs.items() if named.get(name) != known.port]:
            _close(self._inputs.pop(name).open)
        for name in [name for name, known in self._outputs.items() if self._ports.get(name) != known.port]:
            _close(self._outputs.pop(name).open)
        self._mute &= set(self._ports)
        wanted = {find_port(one, list(named)) for one in self._wanted}
        for name, port in named.items():
            known = self._inputs.setdefault(name, _Input(name, port))
            if self._everything or name in wanted or "" in self._wanted:
                self._open(known)
            else:
                _close(known.open)
                known.open = None
        self._tell()

    def turn(self) -> None:
        """Look, and until the next look send what comes; that other devices are wanted is a reason to look at once."""
        self.look()
        until = self._clock.now() + (LOOK_EVERY if self._wanted or self._everything else IDLE)
        while not self._stopping.is_set() and (left := until - self._clock.now()) > 0:
            try:
                item = self._queue.get(timeout=left)
            except Empty:
                return
            if item is None:
                return
            self._send(*item)

    def _run(self) -> None:
        try:
            if self.begin():
                while not self._stopping.is_set():
                    self.turn()
        except Exception:  # the top of a thread: a driver's trouble must not be silent
            log.exception("MIDI ended; it is used again when the server is started again")
        finally:
            for known in self._inputs.values():
                _close(known.open)
            for told in self._outputs.values():
                _close(told.open)

    def _send(self, device: str, packet: bytes) -> None:
        """What a device does not take is lost; it is opened anew for the next."""
        name = find_port(device, list(self._ports))
        if name is None or self._backend is None:
            return
        try:
            known = self._outputs.get(name)
            if known is None:
                port = self._ports[name]
                known = self._outputs[name] = _Output(port, self._backend.open_output(port))
            known.open.send(packet)
            self._mute.discard(name)
        except (OSError, ValueError) as error:
            gone = self._outputs.pop(name, None)
            _close(gone.open if gone is not None else None)
            if name not in self._mute:
                self._mute.add(name)
                log.warning("%s cannot be told anything: %s", name, error)

    def _open(self, known: _Input) -> None:
        if known.open is not None or self._backend is None:
            return
        if known.rest > 0:
            known.rest -= 1
            return
        decoder, source, outside = MidiDecoder(known.name), Source(known.name, 0, "midi"), DeviceTime(known.name)

        def hear(data: Sequence[int]) -> None:
            # Before anything else: of a clock the moment is the message.
            at = self._clock.now()
            try:
                time = outside.feed(data, at)
                if time is not None:
                    self._sink([time])
                    return
                readings = decoder.feed(data)
                if readings:
                    self._sink([Moved(control, (float(value),), source) for control, value in readings])
            except Exception:  # the border to the driver's thread, which must not be taken down
                log.exception("a message of %s could not be used", known.name)

        try:
            known.open = self._backend.open_input(known.port, hear)
            known.trouble = ""
        except OSError as error:
            known.rest = AGAIN
            line = f"{known.name} cannot be opened ({error}); close the program that has it"
            if known.trouble != line:
                known.trouble = line
                log.warning("%s", line)

    def _tell(self) -> None:
        devices = tuple(Device(known.name, find_port(known.name, list(self._ports)) is not None,
                               known.open is not None, known.trouble) for known in self._inputs.values())
        if devices != self._told:
            self._told = devices
            self._seen(devices, "")


def _close(port: Closable | None) -> None:
    if port is not None:
        try:
            port.close()
        except Exception as error:  # noqa: BLE001 - a device that was pulled out closes with any error
            log.debug("a port did not close: %s", error)
