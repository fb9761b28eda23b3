"""Transitions that are played while they are made: walks wait for them, grow with them, and keep to their pace.

It decides nothing about how they are made, and asks for none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from server.playback.deck import Deck
from server.playback.program import Program
from server.playback.walk import Leg, Missing, Route, hops_left, lay_out, where
from server.show.entering import Way, way_ahead
from server.show.events import Grew, JobOrder, Unused
from server.show.goal import Goal, edge, standpoint
from server.show.making_state import LOST, Growing
from server.show.song_map import SongMap
from server.units import Seconds, shown

if TYPE_CHECKING:
    from server.show.show import Show

MARGIN: Final[Seconds] = 0.2
"""How much earlier than it is needed the next part should be open."""
SLOWEST: Final = 0.1
"""Of the walk's own speed: slower it is a still picture, and the making is to step down instead."""
STEP: Final = 0.05
"""A change of pace that is not worth making."""
UNANSWERED: Final[Seconds] = 1.0
"""How long a wish may go unanswered before nobody waits for it."""
TIDY: Final[Seconds] = 1.0
LET_GO: Final[Seconds] = 2.0
"""How long parts that were shown stay: renderers close them a moment later than they are told."""

Pair = tuple[str, str, str]
"""A song's folder, and two pictures in order of their names."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A goal whose way begins with a transition that is being made."""

    goal: Goal
    start: str
    way: Way
    until: Seconds


class Growth:
    """At most one waiting goal a deck. Its state is that of the show's `making`; here is only what is passing."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._waiting: dict[int, Waiting] = {}
        self._wished: dict[Pair, Seconds] = {}
        self._held: dict[int, tuple[Route, Seconds]] = {}
        self._gaps: dict[int, Missing] = {}
        self._ended: dict[str, frozenset[str]] = {}
        self._free: dict[str, Seconds] = {}
        self._tidied: Seconds = 0.0

    # waiting ----------------------------------------------------------------------------------

    def wished(self, folder: str, start: str, end: str, now: Seconds) -> None:
        """A transition was asked for; until it is said what becomes of it, it counts as being made."""
        self._wished[_pair(folder, start, end)] = now

    def coming(self, folder: str, start: str, end: str, now: Seconds) -> bool:
        """Whether a transition is being made, and a walk may wait for it."""
        making, pair = self._show.state.making, _pair(folder, start, end)
        if not making.makes:
            return False
        jobs = [job for job in making.jobs if job.what == "transition" and _pair(job.folder, job.first,
                                                                                 job.second) == pair]
        if jobs:
            return not jobs[-1].over or jobs[-1].state == "done"
        return now - self._wished.get(pair, -math.inf) < UNANSWERED

    def wait(self, goal: Goal, start: str, way: Way, graph: SongMap, now: Seconds) -> bool:
        """Stay on the picture for the transition that the way begins with; False where it need not, or cannot be."""
        state, number = self._show.state, goal.deck
        deck = state.deck(number)
        way = state.making.filled(graph.folder, way, state.walk(number).broken)
        if not way or not isinstance(way[0], Missing) or not self.coming(graph.folder, start, way[0].end, now):
            return False
        t = state.time_of(deck, now)
        here = standpoint(deck, state.walk(number), graph, t)
        if here is None or here.resting != start or deck.current is None or (
                goal.further and hops_left(deck.current, t)):
            return False
        begin = max(now, now + (goal.then or t) - t)
        self._waiting[number] = Waiting(replace(goal, command=None), start, way, begin + state.making.wait)
        self._say(number, way[0].end)
        return True

    def patient(self, goal: Goal, way: Way, graph: SongMap, now: Seconds) -> Goal:
        """A goal that lets what is playing come to its picture, where the transition from there on is being made."""
        if goal.how == "interrupt" and way and isinstance(way[0], Missing) and self.coming(
                graph.folder, way[0].start, way[0].end, now):
            return replace(goal, how="turn")
        return goal

    def heading(self, number: int) -> str:
        """The picture that a deck which waits will set out for; empty where none waits."""
        found = self._waiting.get(number)
        return found.way[-1].end if found is not None else ""

    def mended(self, number: int, graph: SongMap, now: Seconds) -> None:
        """The song has changed: what is waited for may be there as any other movie."""
        for job in [job for job, one in self._show.state.making.growing.items()
                    if job.startswith(LOST) and one.folder == graph.folder and not one.whole]:
            self.stunted(job, now)
        found = self._waiting.get(number)
        if found is not None and edge(found.start, found.way[0].end) in {edge(*pair) for pair in graph.edges.values()}:
            self._show.navigation.go(found.goal, now, again=True)

    def forget(self, number: int) -> None:
        """Something newer came."""
        if self._waiting.pop(number, None) is not None:
            self._say(number, "")

    def holds(self, number: int, program: Program, route: Route, now: Seconds) -> bool:
        """Whether a walk is to stay at its end for a missing transition that is being made."""
        gaps, graph = route.after[0].gaps(route.hops[-1].end), self._show.state.song(number).graph
        if graph is None or not gaps or not (self._asked_for(number, graph, gaps[0], now)
                                             or self.coming(graph.folder, *gaps[0], now)):
            self._release(number)
            return False
        end = gaps[0].end
        ends = program.transport.ends_at()
        t = self._show.state.time_of(self._show.state.deck(number), now)
        if ends is None or t < ends:
            return True
        known, since = self._held.get(number, (None, t))
        since = since if known is route else t
        self._held[number] = route, since
        if t - since >= self._show.state.making.wait:
            self._release(number, given_up=True)
            return False
        self._say(number, end)
        return True

    def _asked_for(self, number: int, graph: SongMap, gap: Missing, now: Seconds) -> bool:
        """Ask, once, for a missing transition that a walk is coming to; False where it was asked for, or cannot be."""
        state = self._show.state
        if (not state.making.makes or self._gaps.get(number) == gap or edge(*gap) in state.walk(number).broken
                or self.coming(graph.folder, *gap, now)):
            return False
        self._gaps[number] = gap
        self._show.jobs.want(number, graph, *gap, live=True)
        self.wished(graph.folder, *gap, now)
        return True

    def _release(self, number: int, *, given_up: bool = False) -> None:
        if number in self._held and not given_up:
            del self._held[number]
        if number not in self._waiting:
            self._say(number, "")

    def _say(self, number: int, picture: str) -> None:
        walk = self._show.state.walk(number)
        if walk.waiting != picture:
            self._show.state = self._show.state.with_walk(number, replace(walk, waiting=picture))

    # growing ----------------------------------------------------------------------------------

    def grew(self, news: Grew, now: Seconds) -> None:
        """More of a transition is there: whoever waits for it sets out, whoever plays it goes on into it."""
        one, show = news.growing, self._show
        before = show.state.making.growing.get(one.job)
        show.jobs.put(show.state.making.with_growing(one))
        begins = bool(one.parts) and (before is None or not before.parts)
        for deck in show.state.decks:
            number, graph = deck.number, show.state.song(deck.number).graph
            if graph is None or graph.folder != one.folder or not one.parts:
                continue
            playing = next((job for job in (one.job, news.left) if job and self._plays(deck, job)), "")
            if playing:
                self._extend(number, one, playing, now)
                if before is None and news.left == playing and not self._plays(show.state.deck(number), one.job):
                    self._missed(deck, one, playing)
            elif number in self._waiting:
                self._set_out(number, graph, now)
            elif (begins or one.whole) and not one.detour and self._lacks(deck, graph, one, now):
                goal = deck.current.route.goal if deck.current is not None and deck.current.route is not None else ""
                show.walking.anew(number, goal, now)

    def _set_out(self, number: int, graph: SongMap, now: Seconds, *, late: bool = False) -> None:
        """Begin a way that was waited with, if its first transition can be played, or nobody waits any longer."""
        found = self._waiting[number]
        way = self._show.state.making.filled(graph.folder, found.way, self._show.state.walk(number).broken)
        if late or not isinstance(way[0], Missing):
            self.forget(number)
            self._show.navigation.enter(found.goal, found.start, way, graph, now, waits=False)

    @staticmethod
    def _plays(deck: Deck, job: str) -> bool:
        """Whether a deck plays, or is about to play, the transition that a job makes."""
        programs = [program for program in (deck.current, deck.prepared) if program is not None]
        return any(hop.job == job for program in programs if program.route is not None for hop in program.route.hops)

    def _lacks(self, deck: Deck, graph: SongMap, one: Growing, now: Seconds) -> bool:
        """Whether the walk of a deck has this transition still to come, as a missing one."""
        state = self._show.state
        here = standpoint(deck, state.walk(deck.number), graph, state.time_of(deck, now))
        return here is not None and deck.prepared is None and any(
            isinstance(step, Missing) and state.making.between(graph.folder, step.start, step.end) is one
            for step in way_ahead(deck, here))

    def _extend(self, number: int, one: Growing, job: str, now: Seconds) -> None:
        state = self._show.state
        deck = state.deck(number)
        t = state.time_of(deck, now)
        changed = deck
        if deck.current is not None:
            changed = changed.change(lambda program: self._longer(program, one, job, t, number))
        if deck.prepared is not None:
            changed = replace(changed, prepared=self._longer(deck.prepared, one, job, t, number))
        if changed != deck:
            self._show.put(changed)
            walk = state.walk(number)
            route = changed.current.route if changed.current is not None else None
            if one.detour and route is not None:
                self._show.state = self._show.state.with_walk(number, replace(walk, goal=route.goal))

    def _longer(self, program: Program, one: Growing, job: str, t: Seconds, number: int) -> Program:
        """A program with all that there is by now of a transition that it ends with."""
        route = program.route
        if route is None or route.hops[-1].job != job or route.hops[-1].first > route.hops[-1].last:
            return program
        if one.job != job and not self._may_leave(program, one, t):
            return program
        hops, speeds, after = (*route.hops[:-1], one.hop()), route.speeds, route.after
        if one.job != job:
            after = ()
        elif one.whole and after and not after[0].bridge:
            hops, speeds, after = (*hops, *after[0].hops), (*speeds, *after[0].speeds), after[1:]
        span = program.clip.spans[0]
        frame = span.first + next((part.begin for part in route.hops[0].parts if part.movie is span.movie), 0)
        graph = self._show.state.song(number).graph
        clip, longer = lay_out(Leg(hops, speeds, route.bridge), frame=frame, fade=route.fade, after=after,
                               timed=route.timed, since=route.since, packed=graph.packed if graph is not None else ())
        return program.grown(clip, longer, t)

    def _missed(self, deck: Deck, detour: Growing, job: str) -> None:
        """A detour came too late to be taken: it is not made, and what it was to leave is wanted as before."""
        show = self._show
        show.tell(f"deck {deck.number} had gone on when the detour to {detour.end} was ready; say it again", "job")
        show.jobs.order(JobOrder("cancel", detour.job))
        left, graph = show.state.making.growing.get(job), show.state.song(deck.number).graph
        if left is not None and not left.detour and graph is not None:
            show.jobs.want(deck.number, graph, left.start, left.end, live=True)

    @staticmethod
    def _may_leave(program: Program, detour: Growing, t: Seconds) -> bool:
        """Whether the frame at which a detour leaves is still to come."""
        here = where(program, t)
        if here is None:
            return False
        same = here.hop.movies
        last = detour.parts[-1]
        leaves = min((part.begin for part in detour.parts if part.movie.name not in same), default=last.begin
                     + last.count - 1)
        return shown(here.frame) <= leaves

    def stunted(self, job: str, now: Seconds) -> None:
        """A transition will not be finished: walks over it fade on to where they were going."""
        show = self._show
        one = show.state.making.growing.get(job)
        if one is None:
            return
        show.jobs.put(show.state.making.without_growing((job,)))
        self._ended[job] = frozenset(part.movie.name for part in one.parts)
        for deck in show.state.decks:
            number, graph = deck.number, show.state.song(deck.number).graph
            route = deck.current.route if deck.current is not None else None
            here = standpoint(deck, show.state.walk(number), graph, show.state.time_of(deck, now)) if graph else None
            if graph is None or route is None or here is None or route.hops[-1].job != job:
                continue
            if deck.current is not None and not deck.current.transport.playing:
                continue
            last = len(route.hops) - 1
            rest = (Missing(route.hops[last].start, route.hops[last].end), *way_ahead(deck, here._replace(number=last)))
            if here.number == last:
                goal, way = Goal(number, (route.goal,), "interrupt"), rest
            else:
                before = here.number if here.resting == route.hops[here.number].start else here.number + 1
                goal, way = Goal(number, (route.goal,), "queue"), (*route.hops[before:last], *rest)
            show.navigation.enter(goal, way[0].start, way, graph, now, waits=False)

    # time -------------------------------------------------------------------------------------

    def step(self, deck: Deck, graph: SongMap, now: Seconds) -> None:
        """One deck at a tick: goals that waited long enough, and the pace of what is being made."""
        found = self._waiting.get(deck.number)
        if found is not None and (now >= found.until or not self.coming(
                graph.folder, found.start, found.way[0].end, now)):
            self._set_out(deck.number, graph, now, late=True)
            return
        held = self._held.get(deck.number)
        route = deck.current.route if deck.current is not None else None
        if found is None and (held is None or held[0] is not route):
            self._say(deck.number, "")
        self._ease(deck.number, now)

    def _ease(self, number: int, now: Seconds) -> None:
        """Play slower what would come to the end of what is made before the next part is there."""
        state = self._show.state
        deck = state.deck(number)
        program = deck.current
        if program is None or program.route is None:
            return
        t = state.time_of(deck, now)
        wanted = self._share(program, program.route, t, now)
        if wanted != program.share and (wanted == 1.0 or abs(wanted - program.share) >= STEP):
            self._show.put(deck.change(lambda one: one.paced(t, wanted)))

    def _share(self, program: Program, route: Route, t: Seconds, now: Seconds) -> float:
        """Of the walk's own speed, so much as keeps the picture moving until the next part can be shown."""
        hop, velocity = route.hops[-1], program.transport.velocity / program.share
        one = self._show.state.making.growing.get(hop.job) if not hop.whole else None
        if one is None or one.due is None or velocity <= 0:
            return 1.0
        room = program.clip.count - 1 - program.frame_position(t)
        needed = max(one.due + self._show.jobs.opening + MARGIN - now, MARGIN)
        return min(max(room / velocity / needed, SLOWEST), 1.0)

    def tidy(self, now: Seconds) -> None:
        """Have parts removed that nobody shows any more, once the whole movie is known, or there will be none."""
        if now < self._tidied + TIDY:
            return
        self._tidied = now
        state = self._show.state
        self._wished = {pair: at for pair, at in self._wished.items() if now - at < UNANSWERED}
        graphs = {song.graph.folder: song.graph for song in state.songs if song.graph is not None}
        for job, one in state.making.growing.items():
            graph = graphs.get(one.folder)
            pairs = {edge(*ends) for ends in graph.edges.values()} if graph is not None else set()
            if one.whole and (one.detour or graph is None or edge(one.start, one.end) in pairs):
                self._ended[job] = frozenset(part.movie.name for part in one.parts)
        shown = self._shown() if self._ended else frozenset()
        for job, movies in list(self._ended.items()):
            if movies & shown:
                self._free.pop(job, None)
            elif now - self._free.setdefault(job, now) >= LET_GO:
                del self._ended[job], self._free[job]
                self._show.jobs.put(self._show.state.making.without_growing((job,)))
                self._show.emit(Unused(job))

    def _shown(self) -> frozenset[str]:
        """Every movie that a deck has, or holds open."""
        movies: set[str] = set()
        for deck in self._show.state.decks:
            layers = (*deck.layers, *(deck.frozen.layers if deck.frozen is not None else ()))
            programs = [*(layer.program for layer in layers), *((deck.prepared,) if deck.prepared is not None else ())]
            movies.update(span.movie.name for program in programs for span in program.clip.spans)
            movies.update(player.movie for player in deck.players.slots if player.id)
        return frozenset(movies)


def _pair(folder: str, start: str, end: str) -> Pair:
    return folder, *edge(start, end)
