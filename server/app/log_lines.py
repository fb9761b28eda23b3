"""What a show log says as lines of text: what came in, what was answered and asked for, and what people were told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from server.app.osc_text import line
from server.app.show_log_reading import ShowLogReader, time_text
from server.protocol.command import Command, Forward, Rejection, Released
from server.protocol.osc import Message, messages
from server.protocol.text import printable
from server.show.events import FullState, Send
from server.show.journal import source_text
from server.show.log_format import Recorded, Streamed
from server.show.replay import Replay
from server.show.scribe import Began, Came
from server.units import Seconds

_LONGEST: Final = 400


def lines_of(reader: ShowLogReader, since: Seconds, until: Seconds | None) -> Iterator[str]:
    """Every message and every answer, oldest first; ticks and what TouchDesigner says sixty times a second not."""
    told = _Told()
    for step in reader.steps(since):
        at = step.now - reader.began
        if until is not None and at > until:
            return
        news = told.after(step)
        if at < since:
            continue
        stamp = time_text(at)
        yield from (f"{stamp}  !! {_short(text)}" for text in news)
        if isinstance(step, Began):
            yield f"{stamp}  -- a part of the log begins" + (f"; {step.lost} steps before are missing" if step.lost
                                                             else "")
        elif isinstance(step, Came):
            yield f"{stamp}  {_heard(step.item)}"
        elif isinstance(step, Streamed):
            for event in step.said.events:
                yield f"{stamp}  {_said(event)}"


class _Told:
    """What the log and the page said to people. It is not in the log: the replay says it again."""

    def __init__(self) -> None:
        self._replay: Replay | None = None
        self._newest = 0

    def after(self, step: Recorded) -> list[str]:
        """What is new after a step."""
        if isinstance(step, Began) or self._replay is None:
            if isinstance(step, Began):
                self._replay = Replay(step)
                self._newest = max((one.number for one in self._replay.show.complaints), default=self._newest)
            return []
        self._replay.step(step)
        new = [one for one in self._replay.show.complaints if one.number > self._newest]
        self._newest = max((one.number for one in new), default=self._newest)
        return [one.text for one in new]


def _heard(item: Any) -> str:
    if isinstance(item, Command):
        what = item.said or item.row.address
        args = " ".join(_word(arg) for arg in item.args if arg is not None)
        return _short(f"<- {source_text(item.source)}  {item.relative}{what} {args}{'?' if item.asks else ''}".rstrip())
    if isinstance(item, Rejection):
        return _short(f"<- {source_text(item.source)}  {item.address} refused: {item.text}")
    if isinstance(item, Forward):
        said = " ".join(line(one.address, one.args) for one in messages(item.packet) if isinstance(one, Message))
        return _short(f"<- {source_text(item.source)}  {said} (handed on)")
    if isinstance(item, Released):
        return _short(f"<- {source_text(item.source)}  {item.address} let go")
    return _short(f"<- {type(item).__name__} {item!r}")


def _said(event: Any) -> str:
    if isinstance(event, Send):
        return _short(f"-> {source_text(event.to)}  {event.address} {' '.join(map(_word, event.args))}")
    if isinstance(event, FullState):
        return f"-> {source_text(event.to)}  every state row"
    return _short(f"-> {event!r}")


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _short(text: str) -> str:
    return printable(text, _LONGEST)
