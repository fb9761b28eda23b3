"""All handlers in one place: importing this registers them."""

from __future__ import annotations

from server.show import (
    handlers_clock,
    handlers_cue,
    handlers_deck,
    handlers_generate,
    handlers_go,
    handlers_grid,
    handlers_learn,
    handlers_marks,
    handlers_peer,
    handlers_snapshot,
    handlers_system,
    handlers_time,
    handlers_transport,
)
from server.show.handling import HANDLERS

ROOMS = (handlers_clock, handlers_cue, handlers_deck, handlers_generate, handlers_go, handlers_grid, handlers_learn,
         handlers_marks, handlers_peer, handlers_snapshot, handlers_system, handlers_time, handlers_transport)

__all__ = ["HANDLERS", "ROOMS"]
