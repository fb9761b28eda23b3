"""Stages whose snapshots are kept as JSON in memory, and whose disk opens spans as a librarian does."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from stage import Stage
from walks import WalkStage

from server.errors import FrameOutOfRange, InputError
from server.playback.timeline import Clip, Movie, Span
from server.protocol.targets import Targets
from server.show.events import Event, Loaded, NeedMovie
from server.show.snapshot_document import document_of, read_document
from server.show.snapshot_events import SnapshotDone, SnapshotOrder, SnapshotRead
from server.show.state import SongPlace


class Desk(Stage):
    """`kept`: the snapshots by name, as text. `gone`: movies that are not there any more. `slow`: answers are held."""

    kept: dict[str, str]
    gone: set[str]
    slow: list[NeedMovie] | None = None

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.kept, self.gone = {}, set()

    def carry_out(self, event: Event) -> None:
        if isinstance(event, SnapshotOrder):
            self.events.append(event)
            self.show.apply(self.keep(event), self.now)
        elif isinstance(event, NeedMovie) and self.slow is not None:
            self.slow.append(event)
        else:
            super().carry_out(event)

    def release(self) -> None:
        """Let the disk answer what was held."""
        waiting, self.slow = self.slow or [], None
        for event in waiting:
            self.show.apply(self.answer(event), self.now)
        self.show.flush(self.now)
        self.settle()

    def keep(self, order: SnapshotOrder) -> SnapshotRead | SnapshotDone:
        if order.snapshot is not None:
            self.kept[order.name] = json.dumps(document_of(order.snapshot, "2026-03-01T21:04:00Z"))
            return SnapshotDone(order.ticket, order.name)
        if order.name not in self.kept:
            return SnapshotDone(order.ticket, order.name, "library", f"there is no snapshot {order.name}")
        try:
            found = read_document(order.name, json.loads(self.kept[order.name]), Targets(len(self.show.state.decks)))
        except InputError as error:
            return SnapshotDone(order.ticket, order.name, error.code, str(error))
        return SnapshotRead(order.ticket, *found)

    def change(self, name: str, **changes: Any) -> None:
        """Edit a snapshot by hand."""
        self.kept[name] = json.dumps({**json.loads(self.kept[name]), **changes})

    def answer(self, event: NeedMovie) -> Loaded:
        if not event.spans:
            return super().answer(event)
        spans = []
        for written in event.spans:
            movie = self.movie(written.movie)
            if movie is None:
                return Loaded(event.ticket, None, code="library", error=f"there is no movie {written.movie}")
            try:
                spans.append(Span(movie, *written.within(movie.count)))
            except FrameOutOfRange as error:
                return Loaded(event.ticket, None, code=error.code, error=str(error))
        return Loaded(event.ticket, Clip.from_spans(event.name, spans), self.around(spans[0].movie.name))

    def movie(self, name: str) -> Movie | None:
        found = self.disk.get(name)
        return found if isinstance(found, Movie) and name not in self.gone else None

    def around(self, name: str) -> SongPlace:
        return self.song if name in self.song.movies else SongPlace()

    def said_of(self, code: str) -> list[str]:
        """What was told to the person at the server under a code."""
        return [complaint.text for complaint in self.show.complaints if complaint.code == code]


class WalkDesk(Desk, WalkStage):
    """The same in a song of pictures."""

    def movie(self, name: str) -> Movie | None:
        if name in self.gone:
            return None
        return self.movies.get(name) or super().movie(name)

    def around(self, name: str) -> SongPlace:
        return SongPlace("song", (), graph=self.graph) if name.startswith("song/") else super().around(name)

    def answer(self, event: NeedMovie) -> Loaded:
        found = super().answer(event)
        if event.kind == "song" and "song" in self.gone:
            return replace(found, clip=None, code="library", error="there is no song song")
        return found
