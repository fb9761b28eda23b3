"""What a deck is asked to walk to, and where it sets out from: decided when asked, and again when the way is there."""

from __future__ import annotations

from dataclasses import dataclass

from server.playback.deck import Deck
from server.playback.walk import Where, hops_left, where
from server.protocol.command import Command
from server.show.song_map import SongMap
from server.show.walk_state import Walk
from server.units import Seconds


@dataclass(frozen=True, slots=True)
class Goal:
    """Pictures of which any will do; none: on to some neighbour, behind all that is under way (`further`).

    `seconds`: a time that was asked for. `how`: what becomes of the transition that is playing. `then`: not to set
    before, in the deck's time; `bridge_then`: if it begins with a fade. `shun`: pictures at which the transition that
    is playing is not to end. `back`: the picture it came from will do, too.
    """

    deck: int
    pictures: tuple[str, ...]
    how: str
    name: str = ""
    seconds: Seconds | None = None
    further: bool = False
    then: Seconds | None = None
    bridge_then: Seconds | None = None
    shun: frozenset[str] = frozenset()
    back: bool = False
    command: Command | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A way that was asked for at `at` from the picture `start`; `tries` counts how often that had been passed."""

    ticket: int
    goal: Goal
    start: str
    at: Seconds
    tries: int = 0


def standpoint(deck: Deck, walk: Walk, graph: SongMap, t: Seconds, *, further: bool = False) -> Where | None:
    """Where on a walk through this song a deck is; None when it plays anything else.

    A transition that cannot be shown is not under way: the picture before it is still on screen. `further`:
    only at the end of its route it rests, not where it passes a picture.
    """
    here = where(deck.current, t) if deck.current is not None else None
    if here is None or here.hop.start not in graph.spots or here.hop.end not in graph.spots:
        return None
    if not here.resting and edge(here.hop.start, here.hop.end) in walk.broken:
        return here._replace(resting=here.hop.start)
    if further and deck.current is not None and hops_left(deck.current, t):
        return here._replace(resting="")
    return here


def departure(here: Where, goal: Goal) -> str:
    """The picture that a way from here begins with."""
    if here.resting:
        return here.resting
    ends = tuple(end for end in (here.hop.end, here.hop.start) if end not in goal.shun)
    if len(ends) < 2:
        return ends[0] if ends else here.hop.end
    if goal.how == "queue" or goal.further:
        return ends[0]
    for end in ends:
        if end in goal.pictures:
            return end
    return here.hop.start if here.gone < here.left else here.hop.end


def edge(one: str, other: str) -> tuple[str, str]:
    """A transition whichever way it is played."""
    return (one, other) if one <= other else (other, one)
