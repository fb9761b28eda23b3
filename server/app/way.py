"""Where a deck is on its way through a song, as the page draws it. Pure functions of a frozen state and a time."""

from __future__ import annotations

from typing import Any, Final

from server.app.song_page import song_id
from server.playback.deck import Deck
from server.playback.program import Program
from server.playback.walk import where
from server.show.state import ShowState
from server.units import Seconds

AHEAD_MAX: Final = 200
"""Pictures of a way that are told."""
SETTINGS: Final = ("fade", "time", "dwell", "pace", "unit", "seed")


def way_of(state: ShowState, deck: Deck, now: Seconds) -> dict[str, Any]:
    """`graph`: the id of the song of pictures on the deck, or empty. `go`: how it walks. `way`: where it is, or None.

    `prepared`: the clip that a take would show, of no walk; empty where there is none. `way` has `from` and `to`, the
    pictures of the transition that plays (the same where it stands), `at`, how much of it is played, 0 to 1, and
    `ahead`, the pictures after `to`.
    """
    graph, walk, ready = state.song(deck.number).graph, state.walk(deck.number), deck.prepared
    return {"graph": song_id(graph.folder) if graph is not None else "", "version": graph.version if graph else 0,
            "go": {name: getattr(walk, name) for name in SETTINGS},
            "prepared": ready.clip.name if ready is not None and ready.route is None else "",
            "guard": state.cue(deck.number).guard,
            "way": _way(deck, state.time_of(deck, now))}


def _way(deck: Deck, t: Seconds) -> dict[str, Any] | None:
    layers = deck.screen.layers if deck.current is not None else ()
    program: Program | None = layers[-1].program if layers else None
    if program is None or program.route is None:
        return None
    here = where(program, t)
    if here is None:
        return None
    route, hop = program.route, here.hop
    ahead = [each.end for each in route.hops[here.number + 1:]]
    for leg in route.after:
        ahead += [leg.hops[0].start, *(each.end for each in leg.hops)]
    ends = (here.resting, here.resting) if here.resting else (hop.start, hop.end)
    at = here.gone / hop.frames if hop.frames and not here.resting else 0.0
    if here.resting == hop.start != hop.end:
        ahead.insert(0, hop.end)
    return {"from": ends[0], "to": ends[1], "at": round(at, 4), "ahead": _once(ends[1], ahead)[:AHEAD_MAX]}


def _once(before: str, names: list[str]) -> list[str]:
    """Names without those that repeat the one before: a picture that stands is a hop of its own."""
    return [name for i, name in enumerate(names) if name != (names[i - 1] if i else before)]
