"""How a way that was planned gets onto a deck: in place of the one that is playing, or by a take. Asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from server.playback.deck import Deck
from server.playback.quantise import launch_time
from server.playback.walk import Hop, Leg, Missing, Timed, Where, lay_out, passed, speed_for
from server.show.goal import Goal, standpoint
from server.show.song_map import SongMap
from server.show.state import ShowState
from server.show.walk_state import Walk
from server.units import Seconds, shown

Way = Sequence[Hop | Missing]


class _Piece(NamedTuple):
    """Hops without a gap, and whether a missing transition lies before them."""

    hops: tuple[Hop, ...]
    bridge: bool
    via: tuple[str, ...] = ()
    """Between several missing ones in a row."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be done: the pieces of the way, and how the first is begun.

    `inside`: by the program on screen, from movie frame `frame` on if that is not None, without any open. Otherwise
    by a take over `fade`.
    """

    pieces: tuple[_Piece, ...]
    inside: bool
    fade: Seconds = 0.0
    frame: float | None = None


def entry(here: Where | None, start: str, way: Way, goal: Goal, walk: Walk, graph: SongMap, movie: str) -> Entry | None:
    """How to begin a way at `start`; None where nothing of it can be shown. `movie` is the one on screen."""
    pieces = pieces_of(way, graph)
    if here is None:
        return Entry(pieces, inside=False, fade=walk.fade) if pieces else None
    lead = pieces[0].hops if pieces and not pieces[0].bridge else ()
    rest = pieces[1:] if lead else pieces
    if here.resting:
        if lead and lead[0].spans(lead[0].first)[0].movie.name == movie:
            return Entry(pieces, inside=True)
        return Entry(pieces, inside=False, fade=0.0 if lead else walk.fade) if pieces else None
    towards = here.hop if start == here.hop.end else here.hop.turned()
    if goal.how == "interrupt" and not goal.further and way:
        if not lead or lead[0].end != towards.start:
            return Entry(pieces, inside=False, fade=walk.fade) if pieces else None
        lead = (towards.turned(), *lead[1:])
    else:
        lead = (towards, *lead)
    return Entry((*_cut(lead), *rest), inside=True, frame=here.frame)


def _cut(hops: Sequence[Hop], gaps: Sequence[Missing] = ()) -> Iterator[_Piece]:
    """Hops without a gap, cut behind what is still being made: what follows has no place in its clip yet."""
    begin = 0
    for i, hop in enumerate(hops, 1):
        if not hop.whole or i == len(hops):
            first = gaps if begin == 0 else ()
            yield _Piece(tuple(hops[begin:i]), bool(first), tuple(gap.end for gap in first[:-1]))
            begin = i


def pieces_of(way: Way, graph: SongMap) -> tuple[_Piece, ...]:
    """The way cut at its missing transitions; several in a row are bridged at once. One at the end leads to a still."""
    pieces: list[_Piece] = []
    hops: list[Hop] = []
    gaps: list[Missing] = []
    for step in way:
        if isinstance(step, Hop):
            hops.append(step)
            continue
        if hops:
            pieces += _cut(hops, gaps)
            hops, gaps = [], []
        gaps.append(step)
    if hops:
        pieces += _cut(hops, gaps)
    elif gaps and (still := graph.standing(gaps[-1].end)) is not None:
        pieces += _cut((still,), gaps)
    return tuple(pieces)


def way_ahead(deck: Deck, here: Where) -> list[Hop | Missing]:
    """What is still to come of the walk on screen behind the transition that is playing."""
    route = deck.current.route if deck.current is not None else None
    if route is None:
        return []
    ahead: list[Hop | Missing] = list(route.hops[here.number + 1:])
    last = route.hops[-1].end
    for leg in route.after:
        ahead += leg.gaps(last)
        ahead += [hop for hop in leg.hops if hop.frames]
        last = leg.hops[-1].end
    return ahead


def enter(state: ShowState, number: int, goal: Goal, start: str, way: Way, graph: SongMap, now: Seconds) -> Deck | None:
    """The deck on its new way; None where nothing of it can be shown."""
    deck, walk = state.deck(number), state.walk(number)
    t = state.time_of(deck, now)
    here = standpoint(deck, walk, graph, t, further=goal.further)
    if here is not None:
        here = here._replace(hop=state.making.fresh(here.hop))
        way = [*way_ahead(deck, here), *way] if goal.further else way
    way = state.making.filled(graph.folder, way, walk.broken)
    current = deck.current
    movie = current.clip.place(current.frame_position(t)).movie.name if current is not None else ""
    plan = entry(here, start, way, goal, walk, graph, movie)
    if plan is None or not plan.pieces:
        return None
    speeds = _speeds(state, deck, plan, goal, walk)
    legs = [Leg(piece.hops, tuple(map(speeds.of, piece.hops)), piece.bridge, piece.via) for piece in plan.pieces]
    frame = None if plan.frame is None else shown(plan.frame)
    since = passed(current, t) if current is not None and frame is not None else ""
    clip, route = lay_out(legs[0], frame=frame, fade=plan.fade, after=tuple(legs[1:]), timed=speeds.timed, since=since,
                          packed=graph.packed)
    then = goal.bridge_then if plan.pieces[0].bridge else goal.then
    at = then if then is not None else launch_time(state.beat.tempo, t, state.beat.quantise, state.beat.ahead)
    if not plan.inside:
        grid = state.beat.quantise if then is None else "off"
        return deck.prepare(clip, t, route=route).take_at(max(at, t), plan.fade, grid)
    x = 0.0 if plan.frame is None or frame is None else (plan.frame - frame) * clip.spans[0].direction
    begin = max(at, t) if plan.frame is None else t
    # What a person has made ready, or stopped, is so still when nobody but the walk itself asked for another way.
    own = goal.command is None and deck.take is None and deck.prepared is not None and deck.prepared.route is None
    stopped = goal.command is None and current is not None and not current.transport.playing
    changed = (deck if own else deck.cancel()).change(lambda program: program.rerouted(clip, route, t, x, begin))
    return changed.change(lambda program: program.held(t, deck.drive)) if stopped else changed


class _Speeds(NamedTuple):
    """How fast each hop goes: so many times as fast as its movie, or in so many seconds each."""

    each: Seconds | None
    plain: float
    timed: Timed

    def of(self, hop: Hop) -> float:
        if not hop.frames:
            return 1.0
        return self.plain if self.each is None else speed_for(hop.frames, float(hop.movie.rate), self.each)


def _speeds(state: ShowState, deck: Deck, plan: Entry, goal: Goal, walk: Walk) -> _Speeds:
    pace = walk.seconds(walk.pace, state.beat.tempo.bpm)
    if goal.seconds is not None and walk.time == "route":
        hops = [hop for piece in plan.pieces for hop in piece.hops]
        frames = float(sum(hop.frames for hop in hops))
        if plan.frame is not None:
            frames -= abs(plan.frame - hops[0].first)
        still = sum(not piece.hops[0].frames for piece in plan.pieces[1:]) * walk.fade
        return _Speeds(None, speed_for(frames, float(hops[0].movie.rate), goal.seconds - still), timed="route")
    if goal.seconds is not None or pace > 0:
        return _Speeds(goal.seconds if goal.seconds is not None else pace, 1.0, timed="hop")
    plain = abs(deck.current.manner.speed) if deck.current is not None else 1.0
    return _Speeds(None, plain or 1.0, timed="")
