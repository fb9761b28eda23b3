"""What a walk does by itself, tick by tick: pictures passed, paces, legs to come, what cannot be shown, no end."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from server.playback.deck import Deck
from server.playback.program import Program
from server.playback.walk import Hop, Missing, Route, hops_left, lay_out, passed, seconds_left, where
from server.show.entering import way_ahead
from server.show.goal import Goal, edge, standpoint
from server.show.song_map import SongMap
from server.show.walk_state import Walk
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show

AHEAD: Final[Seconds] = 5.0
"""How long before a leg ends the one after it is opened."""
STUCK: Final[Seconds] = 1.0
"""How long an automatic walk rests that found no way."""
STILL: Final[Seconds] = 2.0
"""How long an automatic walk shows a picture before a fade to another, unless a dwell or a pace says more."""


class Walking:
    """Follows the decks' walks. What it wants is asked for through the show's navigation."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._at: dict[int, tuple[Route, int, str]] = {}
        self._rest: dict[int, Seconds] = {}
        self._balked: set[int] = set()
        self._waiting: dict[int, Route] = {}

    def step(self, deck: Deck, now: Seconds) -> None:
        """One deck at a tick, after it has been advanced."""
        state = self._show.state
        graph = state.song(deck.number).graph
        if graph is None:
            return
        t = state.time_of(deck, now)
        program = deck.current
        if program is not None and program.route is not None:
            self._follow(deck, program, program.route, t)
            self._give_up(deck.number, now)
            self._next_leg(deck.number, graph, t, now)
        self._show.growth.step(self._show.state.deck(deck.number), graph, now)
        if state.walk(deck.number).auto and graph.version:
            self._on(deck.number, graph, now)

    # where it is ------------------------------------------------------------------------------

    def _follow(self, deck: Deck, program: Program, route: Route, t: Seconds) -> None:
        """Note the pictures that were passed since the last tick, and the speed of the hop that has begun."""
        here = where(program, t)
        if here is None:
            return
        known, number, before = self._at.get(deck.number, (None, 0, ""))
        forward = program.transport.forward == (program.transport.speed >= 0)
        last = passed(program, t)
        if known is route and forward and here.number > number:
            crossed = [hop.end for hop in route.hops[number:here.number]]
            if route.speeds[here.number] != route.speeds[number]:
                self._change_speed(program, route, number, here.number, t, deck)
        else:
            crossed = []
        if last != before:
            self._show.jobs.standing(deck.number, last)
        self._at[deck.number] = (route, here.number, last)
        walk = self._show.state.walk(deck.number)
        for picture in (*crossed, last):
            walk = walk.passing(picture)
        if walk is not self._show.state.walk(deck.number):
            self._balked.discard(deck.number)
            self._put(deck.number, walk)

    def _change_speed(self, program: Program, route: Route, old: int, new: int, t: Seconds, deck: Deck) -> None:
        """Go on at the new hop's own pace, from the moment at which it began."""
        transport = program.transport
        velocity = transport.sample(t).velocity
        since = (transport.position(t) - route.stops[new - 1] - 0.5) / velocity if velocity > 0 else 0.0
        begun = max(t - max(since, 0.0), transport.anchor_time)
        speed = transport.speed * route.speeds[new] / route.speeds[old]
        changed = self._show.state.deck(deck.number).change(
            lambda p: replace(p, transport=p.transport.set_speed(begun, min(speed, 16.0))))
        self._show.put(changed)

    def _next_leg(self, number: int, graph: SongMap, t: Seconds, now: Seconds) -> None:
        """Open what follows behind a missing transition, in time; the deck takes it by itself."""
        deck = self._show.state.deck(number)
        program = deck.current
        if program is None or program.route is None or not program.route.after or deck.take:
            return
        ends = program.transport.ends_at()
        if ends is None or ends - t > AHEAD or program.transport.velocity < 0:
            return
        if deck.prepared is not None:
            self._wait_for(number, deck.prepared, program.route)
            return
        if not program.route.hops[-1].whole or self._show.growth.holds(number, program, program.route, now):
            return
        leg, *rest = program.route.after
        hops = tuple(self._show.state.making.fresh(hop) for hop in leg.hops)
        fade = self._show.state.walk(number).fade if leg.bridge else 0.0
        clip, route = lay_out(leg._replace(hops=hops), fade=fade, after=tuple(rest), timed=program.route.timed,
                              packed=graph.packed)
        self._show.put(deck.prepare(clip, t, route=route))

    def _wait_for(self, number: int, prepared: Program, route: Route) -> None:
        """Say once that a clip which somebody has made ready is in the way of the walk."""
        if prepared.route is None and self._waiting.get(number) is not route:
            self._waiting[number] = route
            self._show.tell(f"deck {number} cannot go on to {route.goal} while {prepared.clip.name}, which is ready, "
                            "waits to be taken; take it, or say again where to go", "not-now")

    # trouble ----------------------------------------------------------------------------------

    def _give_up(self, number: int, now: Seconds) -> None:
        """Go another way when a movie of this one cannot be shown by anybody."""
        deck = self._show.state.deck(number)
        programs = [program for program in (deck.current, deck.prepared) if program is not None]
        bad = {player.movie for program in programs for player in deck.players.of_program(program.id) if player.failed}
        if bad:
            self._without(number, bad, now)

    def failed(self, number: int, movie: str, now: Seconds) -> bool:
        """A movie that was to be taken cannot be shown; whether that was a walk's, which then goes another way."""
        asked_for = self._show.state.walk(number).goal
        graph = self._show.state.song(number).graph
        if graph is None or not asked_for:
            return False
        if movie in graph.edges and self._again(number, {edge(*graph.edges[movie])},
                                                Goal(number, (asked_for,), "interrupt", asked_for), now):
            return True
        self._balked.add(number)
        self.stuck(number, now)
        self._end_here(number)
        return False

    def _end_here(self, number: int) -> None:
        """What was to follow behind a missing transition cannot be shown: it is not tried again and again."""
        program = self._show.state.deck(number).current
        if program is not None and program.route is not None and program.route.after:
            route = replace(program.route, after=())
            self._show.put(self._show.state.deck(number).change(
                lambda p: replace(p, route=route, transport=replace(p.transport, end=route.end))))

    def mended(self, number: int, before: SongMap, graph: SongMap, now: Seconds) -> None:
        """A song has changed: what is there again may be used again, and a way over what has gone is left."""
        state = self._show.state
        walk, deck = state.walk(number), state.deck(number)
        there = {edge(start, end) for start, end in graph.edges.values()}
        was = walk.broken
        self._put(number, replace(walk, broken=frozenset(pair for pair in was if pair not in there)))
        here = standpoint(deck, walk, graph, state.time_of(deck, now))
        if here is None:
            return
        ahead = way_ahead(deck, here)
        # Sections of stories are not the song's to take away.
        gone = {step.movie.name for step in ahead if isinstance(step, Hop)} & (before.edges.keys() | before.packed)
        gone = {name for name in gone if name not in graph.edges and name not in graph.packed}
        made = [step for step in ahead if isinstance(step, Missing) and edge(step.start, step.end) in there]
        route = deck.current.route if deck.current is not None else None
        if route is not None and (gone or (made and deck.prepared is None)):
            self.anew(number, route.goal, now)

    def anew(self, number: int, goal: str, now: Seconds, *, how: str = "queue",
             shun: frozenset[str] = frozenset()) -> None:
        """Plan another way to a goal, at the pace of the one that is being walked; one that was stopped stays."""
        state = self._show.state
        deck, walk = state.deck(number), state.walk(number)
        t, program, graph = state.time_of(deck, now), deck.current, state.song(number).graph
        here = standpoint(deck, walk, graph, t) if graph is not None else None
        if program is None or program.route is None or here is None or (here.resting and not program.transport.playing):
            return
        seconds = seconds_left(program, t, walk.fade) if program.route.timed == "route" else None
        self._show.navigation.renew(Goal(number, (goal,), how, goal, seconds, shun=shun), now)

    def _without(self, number: int, movies: set[str], now: Seconds) -> None:
        deck = self._show.state.deck(number)
        program = deck.current
        route = program.route if program is not None else None
        if route is None:
            return
        legs = (route.hops, *(leg.hops for leg in route.after), *((deck.prepared.route.hops,) if deck.prepared
                                                                  and deck.prepared.route else ()))
        edges = {edge(hop.start, hop.end) for hops in legs for hop in hops if hop.movies & movies and hop.frames}
        goal = deck.prepared.route.goal if deck.prepared and deck.prepared.route else route.goal
        self._again(number, edges, Goal(number, (goal,), "queue", goal), now)

    def _again(self, number: int, edges: set[tuple[str, str]], goal: Goal, now: Seconds) -> bool:
        walk = self._show.state.walk(number)
        if edges and edges <= walk.broken:
            return False
        self._put(number, replace(walk, broken=walk.broken | edges))
        for start, end in sorted(edges):
            self._show.tell(f"deck {number} goes another way: the transition {start} to {end} cannot be shown",
                            "missing")
        return self._show.navigation.renew(goal, now)

    def stuck(self, number: int, now: Seconds) -> None:
        """No way was found: an automatic walk waits a little before it asks again."""
        self._rest[number] = now + STUCK

    # without end ------------------------------------------------------------------------------

    def _on(self, number: int, graph: SongMap, now: Seconds) -> None:
        """Ask for the next hop of an automatic walk when the last one is under way or, with a dwell, over."""
        show, state = self._show, self._show.state
        deck, walk = state.deck(number), state.walk(number)
        busy = (deck.prepared is not None or deck.take is not None or show.loading.pending(number) is not None
                or show.navigation.asked(number) is not None or bool(show.growth.heading(number))
                or now < self._rest.get(number, now))
        if busy:
            return
        t = state.time_of(deck, now)
        here = standpoint(deck, walk, graph, t)
        program = deck.current
        if here is None or program is None or program.route is None:
            start = graph.start
            if start:
                show.navigation.go(Goal(number, (start,), walk.how), now)
            return
        if not program.transport.playing or t < program.transport.anchor_time:
            return
        left = hops_left(program, t)
        if left > 1 or (left == 1 and (walk.dwell > 0 or program.route.after)):
            return
        goal = Goal(number, (), "queue", further=True, back=number in self._balked)
        arrived = program.transport.ends_at()
        if left == 0 and arrived is not None:
            bpm = state.beat.tempo.bpm
            dwell = walk.seconds(walk.dwell, bpm)
            still = max(dwell, walk.seconds(walk.pace, bpm) or STILL)
            goal = replace(goal, then=arrived + dwell if dwell > 0 else None, bridge_then=arrived + still)
        show.navigation.go(goal, now, again=True)

    def anywhere(self, number: int, graph: SongMap) -> tuple[str, ...]:
        """Pictures to go to by the seed, those that were visited least first; never where the deck is."""
        walk = self._show.state.walk(number)
        chance = random.Random(f"{walk.seed}:{walk.steps}")
        shut = graph.never | walk.never | walk.avoid | {walk.trail[-1] if walk.trail else ""}
        nodes = [node for node in graph.spots if node not in shut and graph.standing(node) is not None]
        chance.shuffle(nodes)
        return tuple(sorted(nodes, key=lambda node: walk.visited.get(node, 0)))

    def _put(self, number: int, walk: Walk) -> None:
        self._show.state = self._show.state.with_walk(number, walk)
