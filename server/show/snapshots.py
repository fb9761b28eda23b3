"""Orders about snapshots: what is to be saved goes out as an event, what was read is recalled. Reads no file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.protocol.command import Command
from server.show.recall_parts import Parts
from server.show.snapshot_events import SnapshotDone, SnapshotNews, SnapshotOrder, SnapshotRead
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show


class Snapshots:
    """Who waits for what of the one who keeps the files."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._asked: dict[int, tuple[SnapshotOrder, Command, tuple[Seconds, Parts] | None]] = {}
        self._ticket = 0

    def order(self, order: SnapshotOrder, command: Command, now: Seconds,
              recall: tuple[Seconds, Parts] | None = None) -> None:
        """Have something done; `command` is answered when it is. `recall`: how what is read is brought back."""
        self._ticket += 1
        order = replace(order, ticket=self._ticket, song=self._show.state.song(0).folder)
        if recall is not None:
            # Of two recalls the newer counts, whichever file comes first.
            for ticket, (_, older, how) in list(self._asked.items()):
                if how is not None:
                    del self._asked[ticket]
                    self._show.refuse(older, "superseded", "not recalled: a newer recall came", now)
        self._asked[self._ticket] = order, command, recall
        self._show.emit(order)

    def heard(self, news: SnapshotNews, now: Seconds) -> None:
        """Take in what was done, and which snapshots there are."""
        if isinstance(news, SnapshotRead | SnapshotDone):
            asked = self._asked.pop(news.ticket, None)
            if asked is not None:
                self._answered(news, *asked, now)
        else:
            self._tell(entries=news.entries)

    def _answered(self, news: SnapshotRead | SnapshotDone, order: SnapshotOrder, command: Command,
                  recall: tuple[Seconds, Parts] | None, now: Seconds) -> None:
        if isinstance(news, SnapshotRead):
            if recall is not None:
                self._show.recall.begin(news.snapshot, *recall, command, now, news.notes)
        elif news.code:
            self._show.refuse(command, news.code, news.error, now)
        else:
            if order.what == "save":
                self._tell(saved=news.name)
            self._show.acknowledge(command)

    def _tell(self, **changes: Any) -> None:
        state = self._show.state
        self._show.state = replace(state, snapshots=replace(state.snapshots, **changes))
