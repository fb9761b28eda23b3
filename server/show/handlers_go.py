"""Commands that walk between the pictures of a song, and how they walk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from server.errors import LibraryError
from server.playback.deck import Deck
from server.playback.walk import Where, passed
from server.show.entering import way_ahead
from server.show.events import Later, NeverAgain, NotNow
from server.show.goal import Goal, standpoint
from server.show.handling import Answer, Call, handles
from server.show.song_map import SongMap
from server.show.walk_state import TRAIL_MAX, Walk
from server.units import Seconds


def graph_of(call: Call) -> SongMap:
    """The song of pictures that the deck is in. Raises LibraryError."""
    song = call.show.state.song(call.number)
    if song.graph is None:
        plain = f" ({song.name} has movies only)" if song.name else ""
        raise LibraryError(f"deck {call.number} is in no song of pictures{plain}; first: /deck/{call.number}/song NAME")
    if not song.graph.version:
        raise LibraryError(f"{song.graph.name} is being opened again; say it once more in a moment")
    return song.graph


def walk_of(call: Call) -> Walk:
    return call.show.state.walk(call.number)


def put_walk(call: Call, walk: Walk) -> None:
    call.show.state = call.show.state.with_walk(call.number, walk)


def set_out(call: Call, pictures: tuple[str, ...], name: str, seconds: Seconds | None, *,
            how: str = "", further: bool = False, again: bool = False) -> Answer:
    """Go to one of some pictures; acknowledged when the walk begins, or at once when there is nothing to do."""
    goal = Goal(call.number, pictures, how or walk_of(call).how, name, seconds, further, command=call.command)
    return Later() if call.show.navigation.go(goal, call.now, again=again) else None


def _picture(call: Call, seconds: Seconds | None) -> Answer:
    graph = graph_of(call)
    walk = walk_of(call)
    found = graph.find(call.args[0])
    never = graph.never | walk.never
    allowed = tuple(node for node in found if node not in never)
    if not allowed:
        raise LibraryError(f"{call.args[0]} is never to be shown again; take it out of never_again.txt first")
    put_walk(call, replace(walk, onward=()))
    return _nearest(call, allowed, str(call.args[0]), seconds)


def _nearest(call: Call, pictures: tuple[str, ...], name: str, seconds: Seconds | None) -> Answer:
    """To the nearest of some pictures; a deck that stands on or leads to any of them does nothing."""
    heading = call.show.navigation.heading(call.number, call.now)
    if heading in pictures:
        return None
    return set_out(call, pictures, name, seconds)


@handles("/deck/{n}/go/picture")
def picture(call: Call) -> Answer:
    return _picture(call, None)


@handles("/deck/{n}/go/picture/over")
def picture_over(call: Call) -> Answer:
    return _picture(call, call.args[1])


def _scene(call: Call, seconds: Seconds | None) -> Answer:
    graph = graph_of(call)
    walk = walk_of(call)
    name = graph.find_scene(call.args[0])
    shut = graph.never | walk.never
    open_ones = tuple(node for node in graph.scenes[name] if node not in shut)
    if not open_ones:
        raise LibraryError(f"no picture of the scene {name} may be shown; take some out of never_again.txt")
    put_walk(call, replace(walk, onward=()))
    return _nearest(call, tuple(n for n in open_ones if n not in walk.avoid) or open_ones, name, seconds)


@handles("/deck/{n}/go/scene")
def scene(call: Call) -> Answer:
    return _scene(call, None)


@handles("/deck/{n}/go/scene/over")
def scene_over(call: Call) -> Answer:
    return _scene(call, call.args[1])


def _random(call: Call, seconds: Seconds | None) -> Answer:
    graph = graph_of(call)
    pictures = call.show.walking.anywhere(call.number, graph)
    heading = call.show.navigation.heading(call.number, call.now)
    others = [node for node in pictures if node != heading]
    if not others:
        return NotNow(f"{graph.name} has no other picture to go to")
    put_walk(call, replace(walk_of(call), onward=()))
    return set_out(call, (others[0],), others[0], seconds)


@handles("/deck/{n}/go/random")
def random_(call: Call) -> Answer:
    return _random(call, None)


@handles("/deck/{n}/go/random/over")
def random_over(call: Call) -> Answer:
    return _random(call, call.args[0])


def next_picture(call: Call, seconds: Seconds | None) -> Answer:
    """On to the picture that was gone back from, else to some neighbour of where the walk ends."""
    walk = walk_of(call)
    if walk.onward:
        put_walk(call, replace(walk, onward=walk.onward[:-1]))
        return set_out(call, walk.onward[-1:], walk.onward[-1], seconds)
    return set_out(call, (), "the next picture", seconds, how="queue", further=True, again=True)


def picture_before(call: Call, seconds: Seconds | None) -> Answer:
    """Back to the picture that was passed before, over the transition that is playing if there is one."""
    walk = walk_of(call)
    heading = call.show.navigation.heading(call.number, call.now)
    trail = walk.trail[:-1] if walk.trail[-1:] == (heading,) else walk.trail
    if not trail:
        return NotNow(f"deck {call.number} has not been anywhere before this picture")
    target = trail[-1]
    onward = (*walk.onward, heading)[-TRAIL_MAX:] if heading and heading != target else walk.onward
    # The picture that is left now must not count as passed once more.
    left = heading if trail is not walk.trail else ""
    put_walk(call, replace(walk, trail=trail[:-1], onward=onward, left=left))
    return set_out(call, (target,), target, seconds, how="turn")


@handles("/deck/{n}/go/auto")
def auto(call: Call) -> Answer:
    walk = walk_of(call)
    on = not walk.auto if call.args[0] is None else call.args[0]
    if on:
        graph_of(call)
    put_walk(call, replace(walk, auto=on))
    return None


def _setting(address: str, field: str) -> None:
    """Register a row that sets one value of a walk."""

    def handler(call: Call) -> Answer:
        changed: dict[str, Any] = {field: call.args[0]}
        put_walk(call, replace(walk_of(call), **changed))
        return None

    handles(f"/deck/{{n}}/go/{address}")(handler)


for _address, _field in (("how", "how"), ("time", "time"), ("fade", "fade"), ("dwell", "dwell"), ("pace", "pace"),
                         ("pace/unit", "unit")):
    _setting(_address, _field)


@handles("/deck/{n}/go/seed")
def seed(call: Call) -> Answer:
    put_walk(call, replace(walk_of(call), seed=call.args[0], steps=0))
    return None


@handles("/deck/{n}/go/never")
def never(call: Call) -> Answer:
    """Never show a picture again, on any deck, and write it down; a way that leads over it goes round it."""
    graph = graph_of(call)
    found = graph.find(call.args[0]) if call.args[0] else walk_of(call).trail[-1:]
    if not found:
        return NotNow(f"deck {call.number} has passed no picture yet; name one")
    if len(found) > 1:
        raise LibraryError(f"{call.args[0]} may be {', '.join(found[:5])}; say which")
    call.show.emit(NeverAgain(graph.folder, found[0]))
    for deck in call.show.state.decks:
        place = call.show.state.song(deck.number)
        if place.graph is not None and place.graph.folder == graph.folder:
            walk = call.show.state.walk(deck.number)
            call.show.state = call.show.state.with_walk(deck.number, replace(walk, never=walk.never | set(found)))
            _go_round(call, deck.number, found, goal_too=True)
    return None


@handles("/deck/{n}/go/avoid")
def avoid(call: Call) -> Answer:
    walk = walk_of(call)
    found = set(graph_of(call).find(call.args[0]))
    on = not found <= walk.avoid if call.args[1] is None else call.args[1]
    put_walk(call, replace(walk, avoid=walk.avoid | found if on else walk.avoid - found))
    if on:
        _go_round(call, call.number, tuple(found), goal_too=walk.auto)
    return None


def _go_round(call: Call, number: int, pictures: tuple[str, ...], *, goal_too: bool) -> None:
    """Plan anew a way that leads over pictures that are not to be visited any more.

    `goal_too`: also where it leads to one of them; the walk then ends, or goes on by itself, at a picture before it.
    """
    state = call.show.state
    deck = state.deck(number)
    t = state.time_of(deck, call.now)
    coming = deck.prepared if deck.take is not None else None
    program = coming if coming is not None and coming.route is not None else deck.current
    graph = state.song(number).graph
    here = standpoint(deck, state.walk(number), graph, t) if graph is not None else None
    if program is None or program.route is None or here is None or deck.current is None:
        return
    shut = frozenset(pictures)
    ahead = program.route.pictures if program is coming else _ahead(deck, here)
    goal = program.route.goal
    if not shut & set(ahead) or (goal in shut and not goal_too):
        return
    end = here.resting or here.hop.end
    if goal in shut:
        goal = passed(deck.current, t) if end in shut else end
    if goal not in shut:
        how = "turn" if end in shut else "queue"
        call.show.walking.anew(number, goal, call.now, how=how, shun=shut if not here.resting else frozenset())


def _ahead(deck: Deck, here: Where) -> tuple[str, ...]:
    """The pictures that a walk has still to pass."""
    steps = way_ahead(deck, here)
    return (*(() if here.resting == here.hop.end else (here.hop.end,)), *(step.end for step in steps))
