"""A table of MIDI devices that tests plug in and pull out, and what was said to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence


class Port:
    """An open port; one that was closed says so."""

    def __init__(self, bench: Bench, port: str) -> None:
        self.bench, self.port, self.closed = bench, port, False

    def send(self, packet: bytes) -> None:
        if self.port not in self.bench.tells:
            raise OSError("it was pulled out")
        self.bench.told.append((self.port, packet))

    def close(self) -> None:
        self.closed = True
        self.bench.hearing.pop(self.port, None)


class Bench:
    """Implements the system's MIDI. `hears` and `tells` are ports as the system calls them; of `busy` none opens."""

    def __init__(self, *hears: str, tells: Sequence[str] = ()) -> None:
        self.hears, self.tells = list(hears), list(tells)
        self.busy: set[str] = set()
        self.broken = False
        self.hearing: dict[str, Callable[[Sequence[int]], None]] = {}
        self.told: list[tuple[str, bytes]] = []
        self.opened: list[Port] = []

    def inputs(self) -> list[str]:
        if self.broken:
            raise OSError("no sequencer")
        return list(self.hears)

    def outputs(self) -> list[str]:
        return list(self.tells)

    def open_input(self, port: str, hear: Callable[[Sequence[int]], None]) -> Port:
        self.hearing[port] = hear
        return self._open(port)

    def open_output(self, port: str) -> Port:
        return self._open(port)

    def _open(self, port: str) -> Port:
        if port in self.busy:
            self.hearing.pop(port, None)
            raise OSError("device is busy")
        self.opened.append(Port(self, port))
        return self.opened[-1]
