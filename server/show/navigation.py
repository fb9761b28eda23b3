"""Goals of decks in songs of pictures: a way is asked for, awaited for a moment, and begun. It plans none itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from server.playback.deck import Deck, Took
from server.playback.walk import Missing, passed
from server.protocol.command import Command
from server.show.entering import Way, enter
from server.show.events import Mapped, NeedRoute, Routed
from server.show.goal import Asked, Goal, departure, standpoint
from server.show.song_map import SongMap
from server.show.walk_state import Walk
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show

PLAN_LIMIT: Final[Seconds] = 0.5
"""How long a plan is waited for; without one a fade leads straight to the goal."""
TRIES: Final = 3
"""How often a way is asked for again because its beginning had been passed when it came."""
WISHES_MAX: Final = 32
"""Missing transitions of one way that are asked for."""


class Navigation:
    """At most one goal a deck is on its way to being planned: a newer one replaces it, and its sender is told."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._asked: dict[int, Asked] = {}
        self._ticket = 0

    def graph(self, number: int) -> SongMap | None:
        """The song of pictures that a deck is in."""
        return self._show.state.song(number).graph

    def asked(self, number: int) -> Asked | None:
        """What is being planned for a deck."""
        return self._asked.get(number)

    # goals ------------------------------------------------------------------------------------

    def go(self, goal: Goal, now: Seconds, *, again: bool = False) -> bool:
        """Set out for a goal; False when the deck is there or on its way already, unless `again`."""
        graph = self.graph(goal.deck)
        if graph is None or (not again and goal.pictures and self.heading(goal.deck, now) in goal.pictures):
            return False
        self._show.loading.forget(goal.deck, now)
        self.forget(goal.deck, now)
        if not goal.further:
            self._show.jobs.relax(goal.deck)
        self._ask(goal, graph, now)
        return True

    def renew(self, goal: Goal, now: Seconds) -> bool:
        """Plan anew although nobody asked; what somebody asked for meanwhile is planned instead, or comes anyway."""
        number = goal.deck
        graph, asked, deck = self.graph(number), self._asked.get(number), self._show.state.deck(number)
        foreign = deck.take is not None and deck.prepared is not None and deck.prepared.route is None
        if graph is None or foreign or self._show.loading.pending(number) is not None:
            return False
        self._ask(asked.goal if asked is not None else goal, graph, now)
        return True

    def heading(self, number: int, now: Seconds) -> str:
        """The picture that a deck stands on or will in the end stand on; of several that were asked for, the first."""
        asked = self._asked.get(number)
        if asked is not None:
            return asked.goal.pictures[0] if asked.goal.pictures else ""
        if heading := self._show.growth.heading(number):
            return heading
        deck = self._show.state.deck(number)
        if self._show.loading.pending(number) is not None:
            return ""
        if deck.prepared is not None and deck.take is not None:
            return deck.prepared.route.goal if deck.prepared.route is not None else ""
        program = deck.current
        route = program.route if program is not None else None
        if program is None or route is None:
            return ""
        # A walk that was stopped on its way leads nowhere until it is told to.
        there = passed(program, self._show.state.time_of(deck, now)) == route.goal
        return route.goal if there or program.transport.playing else ""

    def _ask(self, goal: Goal, graph: SongMap, now: Seconds, tries: int = 0) -> None:
        show, number = self._show, goal.deck
        deck, walk = show.state.deck(number), show.state.walk(number)
        here = standpoint(deck, walk, graph, show.state.time_of(deck, now), further=goal.further)
        if here is None:
            self._straight(goal, graph, now)
            return
        start = departure(here, goal)
        route = deck.current.route if deck.current is not None else None
        begin = route.goal if goal.further and route is not None else start
        self._ticket += 1
        self._asked[number] = Asked(self._ticket, goal, start, now, tries)
        avoid = (walk.avoid | walk.never) - set(goal.pictures)
        self._put(number, replace(walk, asking=True))
        trail = walk.trail if walk.trail[-1:] != (begin,) else walk.trail[:-1]
        before = here.hop.start if here.hop.end == begin != here.hop.start else trail[-1] if trail else ""
        before = "" if goal.back else before
        show.emit(NeedRoute(self._ticket, number, graph.folder, begin, goal.pictures, before, tuple(sorted(avoid)),
                            tuple(sorted(walk.broken)), walk.visited, walk.seed * 1_000_003 + walk.steps))

    def forget(self, number: int, now: Seconds) -> None:
        """Drop what is being planned or waits; its sender hears that something newer came."""
        self._show.growth.forget(number)
        asked = self._asked.pop(number, None)
        if asked is None:
            return
        self._put(number, replace(self._show.state.walk(number), asking=False))
        if asked.goal.command is not None:
            self._show.refuse(asked.goal.command, "superseded", f"{asked.goal.name or 'the walk'} was not gone to: a "
                              f"newer command came for deck {number}", now)

    # answers ----------------------------------------------------------------------------------

    def routed(self, answer: Routed, now: Seconds) -> None:
        """Take in a plan; one for a goal that was given up is dropped."""
        asked = next((one for one in self._asked.values() if one.ticket == answer.ticket), None)
        if asked is None:
            return
        number, goal = asked.goal.deck, asked.goal
        del self._asked[number]
        self._put(number, replace(self._show.state.walk(number), asking=False))
        graph = self.graph(number)
        if graph is None:
            return
        if answer.error:
            self._refuse(goal.command, answer.code, answer.error, now)
            self._show.walking.stuck(number, now)
            return
        if self._passed(asked, graph, now):
            self._ask(goal, graph, now, asked.tries + 1)
            return
        if answer.note:
            self._show.tell(answer.note, "no-route")
        self._wish_for_missing(number, graph, answer.hops, now)
        self.enter(goal, asked.start, answer.hops, graph, now)

    def _passed(self, asked: Asked, graph: SongMap, now: Seconds) -> bool:
        """Whether a way no longer begins where the deck is, and is worth asking for again."""
        deck = self._show.state.deck(asked.goal.deck)
        here = standpoint(deck, self._show.state.walk(asked.goal.deck), graph, self._show.state.time_of(deck, now),
                          further=asked.goal.further)
        if asked.tries >= TRIES or here is None:
            return False
        if here.resting or asked.goal.how == "queue" or asked.goal.further:
            return departure(here, asked.goal) != asked.start
        return asked.start not in (here.hop.start, here.hop.end)

    def enter(self, goal: Goal, start: str, way: Way, graph: SongMap, now: Seconds, *, waits: bool = True) -> None:
        """Begin a way; `waits`: if its first transition is being made, as soon as that can be played."""
        show, number = self._show, goal.deck
        if waits:
            goal = show.growth.patient(goal, show.state.making.filled(graph.folder, way), graph, now)
            if show.growth.wait(goal, start, way, graph, now):
                self._done(goal.command)
                return
        deck = enter(show.state, number, goal, start, way, graph, now)
        if deck is None:
            if not way:
                self._done(goal.command)
                return
            end = way[-1].end
            self._refuse(goal.command, "library", f"nothing shows {end} yet: it has no transition and no still; make "
                         "one, or go elsewhere", now)
            show.walking.stuck(number, now)
            return
        self._begin(goal, deck)

    def _begin(self, goal: Goal, deck: Deck) -> None:
        program = deck.prepared or deck.current
        route = program.route if program is not None else None
        walk = self._show.state.walk(goal.deck)
        self._put(goal.deck, replace(walk, goal=route.goal if route is not None else "", steps=walk.steps + 1))
        self._show.put(deck)
        self._done(goal.command)

    def _straight(self, goal: Goal, graph: SongMap, now: Seconds) -> None:
        """Fade to the goal itself: there is no way to it from what is on screen, or nobody told it in time."""
        order = goal.pictures or self._show.walking.anywhere(goal.deck, graph)
        still = next((hop for node in order if (hop := graph.standing(node)) is not None), None)
        if still is None:
            self._refuse(goal.command, "library", f"nothing shows {goal.name or 'the next picture'} yet: it has no "
                         "transition and no still; make one, or go elsewhere", now)
            self._show.walking.stuck(goal.deck, now)
            return
        deck = self._show.state.deck(goal.deck)
        known = standpoint(deck, self._show.state.walk(goal.deck), graph, self._show.state.time_of(deck, now))
        # Out of a walk it is a transition that is missing, from anything else just another clip.
        start = departure(known, goal) if known is not None else still.start
        way: Way = (Missing(start, still.end),) if known is not None else (still,)
        self.enter(replace(goal, how="interrupt", further=False), start, way, graph, now, waits=False)

    def overdue(self, now: Seconds) -> None:
        """Go without the plans that did not come in time."""
        for asked in [one for one in self._asked.values() if now - one.at >= PLAN_LIMIT]:
            number = asked.goal.deck
            del self._asked[number]
            self._put(number, replace(self._show.state.walk(number), asking=False))
            graph = self.graph(number)
            if graph is not None:
                self._show.tell(f"deck {number} fades straight to {asked.goal.name or 'another picture'}: the way "
                                "there was not planned in time", "plan")
                self._straight(asked.goal, graph, now)

    # news -------------------------------------------------------------------------------------

    def mapped(self, news: Mapped, now: Seconds) -> None:
        """A song has changed, or its folder is gone: decks in it know its newest version that there is."""
        if news.error:
            self._show.tell(news.error, "library")
        if news.song is None:
            return
        for deck in self._show.state.decks:
            place = self._show.state.song(deck.number)
            if place.graph is not None and place.graph.folder == news.folder:
                was, place = place.graph, replace(place, graph=news.song, movies=news.song.movies)
                self._show.state = self._show.state.with_song(deck.number, place)
                self._show.walking.mended(deck.number, was, news.song, now)
                self._show.growth.mended(deck.number, news.song, now)

    def took(self, number: int, _happening: Took) -> None:
        """Count the fades that stand for a transition."""
        program = self._show.state.deck(number).current
        if program is not None and program.route is not None and program.route.bridge:
            walk = self._show.state.walk(number)
            self._put(number, replace(walk, bridges=walk.bridges + 1))

    def _wish_for_missing(self, number: int, graph: SongMap, way: Way, now: Seconds) -> None:
        for place, step in enumerate([step for step in way if isinstance(step, Missing)][:WISHES_MAX]):
            self._show.jobs.want(number, graph, step.start, step.end, live=place == 0)
            self._show.growth.wished(graph.folder, step.start, step.end, now)

    def _put(self, number: int, walk: Walk) -> None:
        self._show.state = self._show.state.with_walk(number, walk)

    def _done(self, command: Command | None) -> None:
        if command is not None:
            self._show.acknowledge(command)

    def _refuse(self, command: Command | None, code: str, text: str, now: Seconds) -> None:
        if command is None:
            self._show.tell(text, code)
        else:
            self._show.refuse(command, code, text, now)
