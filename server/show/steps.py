"""The three things that happen to a show, each with the border where what fails is caught. Time is an argument.

A live show and one that is replayed go through these, so that both do the same.
"""

from __future__ import annotations

import logging

from server.protocol.command import Command, Forward, Rejection, Released
from server.show.events import News
from server.show.show import Show
from server.units import Seconds

log = logging.getLogger("interscene.show")

Heard = Command | Rejection | Forward | Released | News
"""What can come in."""


def hear(show: Show, item: Heard, now: Seconds) -> None:
    """Do what one message says."""
    if isinstance(item, Released):
        show.journal.released(item, now)
        return
    try:
        show.apply(item, now)
    except Exception:  # a request: the next one may be handled all the same
        log.exception("a message could not be handled: %r", item)
        if isinstance(item, Command):
            show.refuse(item, "internal", "the server failed to do this and says why in its log; the show goes on",
                        now)


def flush(show: Show, now: Seconds) -> None:
    """Stream what messages have changed, at once."""
    try:
        show.flush(now)
    except Exception:  # a request: the show goes on, and the next tick streams what it can
        log.exception("a command's effect could not be streamed")


def tick(show: Show, number: int, deadline: Seconds) -> None:
    """Advance the show to a tick."""
    try:
        show.tick(number, deadline)
    except Exception:  # the top of a thread: the picture goes on with the next tick
        log.exception("a tick failed")
