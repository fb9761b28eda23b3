"""What waits to be made, in the order in which it is made: pure, in memory. It knows neither jobs nor files.

The more urgent goes first; among clients of one urgency turns are taken; what one client wants comes in its order.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from server.errors import InputError, QueueFull
from server.render.pool import PRIORITIES, Priority

Item = TypeVar("Item")


class Backlog(Generic[Item]):
    """Items by id, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lines: dict[Priority, OrderedDict[str, deque[str]]] = {each: OrderedDict() for each in PRIORITIES}
        self._items: dict[str, Item] = {}
        self._places: dict[str, tuple[Priority, str]] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[Item]:
        """Everything that waits, in the order in which it would be taken."""
        return iter(self._ordered())

    def get(self, name: str) -> Item | None:
        """The item of an id, left where it is."""
        return self._items.get(name)

    def put(self, name: str, item: Item, priority: Priority, client: str = "") -> None:
        """Add an item behind its client's others. Raises QueueFull, InputError for a known id or priority."""
        if priority not in PRIORITIES:
            raise InputError(f"a priority is one of {', '.join(PRIORITIES)}, not {priority!r}")
        if name in self._items:
            raise InputError(f"a job {name!r} is waiting already; give every job an id of its own")
        if len(self._items) >= self.limit:
            raise QueueFull(f"{self.limit} jobs are waiting, and no more is taken; wait, or cancel some")
        self._items[name], self._places[name] = item, (priority, client)
        self._lines[priority].setdefault(client, deque()).append(name)

    def put_back(self, name: str, item: Item, priority: Priority, client: str = "") -> None:
        """Add an item that was taken before: it is the next of its priority, however many wait."""
        self._items[name], self._places[name] = item, (priority, client)
        line = self._lines[priority]
        line.setdefault(client, deque()).appendleft(name)
        line.move_to_end(client, last=False)

    def urgency(self) -> Priority | None:
        """The priority of what would be taken next."""
        return next((priority for priority in PRIORITIES if self._lines[priority]), None)

    def take(self) -> Item | None:
        """Take the next item out, and let its client's others wait for the other clients; None when nothing waits."""
        priority = self.urgency()
        if priority is None:
            return None
        line = self._lines[priority]
        client, names = next(iter(line.items()))
        name = names.popleft()
        if names:
            line.move_to_end(client)
        else:
            del line[client]
        del self._places[name]
        return self._items.pop(name)

    def remove(self, name: str) -> Item | None:
        """Take an item out, wherever it is; None when it is not here."""
        place = self._places.pop(name, None)
        if place is None:
            return None
        line = self._lines[place[0]]
        line[place[1]].remove(name)
        if not line[place[1]]:
            del line[place[1]]
        return self._items.pop(name)

    def _ordered(self) -> list[Item]:
        found = []
        for priority in PRIORITIES:
            lines = [deque(names) for names in self._lines[priority].values()]
            while lines:
                line = lines.pop(0)
                found.append(self._items[line.popleft()])
                if line:
                    lines.append(line)
        return found
