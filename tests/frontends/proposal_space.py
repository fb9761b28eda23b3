"""The address space of the OSCQuery proposal's own examples, served by a fake of the show."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from server.frontends.ports import Hear
from server.protocol.command import Source
from server.protocol.oscquery import READ, WRITE, Item, Method
from server.protocol.oscquery_tree import AddressSpace, Node, Values

METHODS = {
    "/foo": Method((Item("f", 0, 100),), READ, "demonstrates a read-only OSC node- single float value ranged 0-100"),
    "/bar": Method((Item("i", 0, 50), Item("i", 51, 100)), READ | WRITE,
                   "demonstrates a read/write OSC node- two ints with different ranges"),
    "/baz/qux": Method((Item("s", choices=("empty", "half-full", "full")),), READ | WRITE,
                       "read/write OSC node- accepts one of several string-type inputs"),
}
NAMES = {"/": "root node", "/baz": "simple container node, with one method- qux"}
VALUES: dict[str, Values] = {"/foo": (0.5,), "/bar": (4, 51), "/baz/qux": ("half-full",)}


class FakeQuery:
    """A `QueryPort` whose values and methods a test changes as it likes."""

    name = "My Special Server"
    osc_port = 7500

    def __init__(self) -> None:
        self.methods = dict(METHODS)
        self.stored: dict[str, Values] = dict(VALUES)
        self.received: list[tuple[bytes, Source]] = []
        self.arrived = threading.Event()
        self.connected: dict[Source, Hear] = {}
        self.watched: list[str] = []
        self._gone = threading.Semaphore(0)
        self.hear: Hear = lambda _address, _args: None
        self._space = AddressSpace(self.methods, NAMES)

    def space(self) -> AddressSpace:
        return self._space

    def change(self, **methods: Any) -> None:
        """Take methods away (None) or put others in, by path with _ for /."""
        for name, method in methods.items():
            path = "/" + name.replace("_", "/")
            self.methods.pop(path, None)
            if method is not None:
                self.methods[path] = method
        self._space = AddressSpace(self.methods, NAMES, self._space)

    def values(self, nodes: Sequence[Node]) -> list[Values | None]:
        return [self.stored.get(node.path) for node in nodes]

    def receive(self, packet: bytes, source: Source) -> None:
        self.received.append((packet, source))
        self.arrived.set()

    def connect(self, source: Source, hear: Hear) -> None:
        self.connected[source] = hear

    def disconnect(self, source: Source) -> None:
        self.connected.pop(source)
        self._gone.release()

    def wait_until_gone(self, clients: int) -> None:
        """Return when so many more clients have been disconnected, and nobody is left."""
        for _ in range(clients):
            assert self._gone.acquire(timeout=30)
        assert self.connected == {}

    def watch(self, nodes: Sequence[Node], hear: Hear) -> None:
        self.watched, self.hear = [node.path for node in nodes], hear
