"""Who is told the state, how often and which part of it; and what each has still to be told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from server.protocol.command import Source
from server.protocol.match import Mask
from server.units import Seconds

EXPIRES: Seconds = 150.0
"""A client that does not renew its subscription has gone; the documents ask for once a minute."""

SUBSCRIBERS_MAX = 64
PER_HOST_MAX = 16
Message = tuple[str, tuple[Any, ...]]


@dataclass(slots=True)
class Subscriber:
    """One client's wish. Only what changed is sent, after one full round; `errors` is the last one it was told."""

    source: Source
    to: Source
    mask: Mask
    rate: float
    renewed: Seconds
    due: Seconds = 0.0
    errors: int | None = None
    told: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    wanted: dict[str, bool] = field(default_factory=dict)

    def wants(self, address: str) -> bool:
        known = self.wanted.get(address)
        if known is None:
            known = self.mask.matches(address)
            self.wanted[address] = known
        return known

    def news(self, now: Seconds, messages: Iterable[Message]) -> list[Message]:
        """What this client has not been told yet, if it is time to tell it."""
        if now < self.due:
            return []
        self.due = max(self.due + 1.0 / self.rate, now)
        fresh = [(address, args) for address, args in messages
                 if self.wants(address) and self.told.get(address) != args]
        self.told.update(fresh)
        return fresh


class Subscribers:
    """The list of clients; a renewed wish replaces the old one and starts with a full round."""

    def __init__(self) -> None:
        self._known: dict[Source, Subscriber] = {}

    def add(self, subscriber: Subscriber) -> None:
        old = self._known.get(subscriber.source)
        if old is None:
            # One host that keeps coming from new ports loses its own, not other people's.
            own = [one for one in self._known.values() if one.source.host == subscriber.source.host]
            crowd = own if len(own) >= PER_HOST_MAX else list(self._known.values())
            if crowd is own or len(crowd) >= SUBSCRIBERS_MAX:
                del self._known[min(crowd, key=lambda one: one.renewed).source]
        self._known[subscriber.source] = subscriber

    def remove(self, source: Source) -> None:
        self._known.pop(source, None)

    def known(self) -> list[Subscriber]:
        """Everybody; may be asked from any thread."""
        return list(self._known.values())

    def present(self, now: Seconds) -> list[Subscriber]:
        for gone in [s for s in list(self._known.values()) if now - s.renewed > EXPIRES]:
            self.remove(gone.source)
        return list(self._known.values())
