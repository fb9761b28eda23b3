"""Commands about what a deck shows: load, prepare, take, songs, and the deck's own settings."""

from __future__ import annotations

from dataclasses import replace

from server.errors import OutOfRange
from server.playback.quantise import launch_time
from server.show.events import Later, NotNow
from server.show.handlers_go import next_picture, picture_before
from server.show.handling import Answer, Call, handles
from server.show.loading import Wish
from server.units import Seconds


def schedule_take(call: Call, fade: Seconds) -> None:
    """Take what is prepared, on the grid that launches are quantised to."""
    beat = call.show.state.beat
    at = launch_time(beat.tempo, call.time, beat.quantise, beat.ahead)
    call.put(call.deck.take_at(at, fade, beat.quantise))


def wish(call: Call, name: str, *, take: bool, fade: Seconds | None = None) -> Later:
    """Have a movie read, then prepared, then taken if it is to be."""
    fade = call.deck.fade if fade is None else fade
    call.show.loading.want(Wish(call.number, name, take, fade, command=call.command), call.now)
    return Later()


@handles("/deck/{n}/load")
def load(call: Call) -> Answer:
    return wish(call, call.args[0], take=True, fade=call.args[1])


@handles("/deck/{n}/prepare")
def prepare(call: Call) -> Answer:
    return wish(call, call.args[0], take=False)


@handles("/deck/{n}/clip")
def clip(call: Call) -> Answer:
    fade = call.deck.fade if call.args[1] is None else call.args[1]
    call.show.loading.want(Wish(call.number, call.args[0], True, fade, kind="spans", command=call.command), call.now)
    return Later()


@handles("/deck/{n}/take")
def take(call: Call) -> Answer:
    return _take(call, call.deck.fade)


@handles("/deck/{n}/take/over")
def take_over(call: Call) -> Answer:
    return _take(call, call.args[0])


def _take(call: Call, fade: Seconds) -> Answer:
    if call.show.loading.take_when_loaded(call.number, fade):
        return None
    if call.deck.prepared is None:
        return NotNow(f"nothing is prepared on deck {call.number}; first: /deck/{call.number}/prepare NAME")
    schedule_take(call, fade)
    return None


@handles("/deck/{n}/cancel")
def cancel(call: Call) -> Answer:
    call.show.loading.forget(call.number, call.now)
    call.show.navigation.forget(call.number, call.now)
    call.put(call.deck.cancel())
    return None


@handles("/deck/{n}/song", "/song")
def song(call: Call) -> Answer:
    """Switch a deck to a song: its first movie is loaded, and next and back move within it."""
    number = call.number if call.command.where else call.show.state.selected
    fade = call.show.state.deck(number).fade
    call.show.loading.want(Wish(number, call.args[0], True, fade, kind="song", command=call.command), call.now)
    return Later()


@handles("/deck/{n}/file")
def file(call: Call) -> Answer:
    """A movie of the song by fraction, as the old player's file fader did."""
    movies = call.show.state.song(call.number).movies
    if not movies:
        return NotNow(f"deck {call.number} is in no song; first: /deck/{call.number}/song NAME")
    name = movies[min(int(call.args[0] * len(movies)), len(movies) - 1)]
    deck, pending = call.deck, call.show.loading.pending(call.number)
    current = deck.current.clip.name if deck.current is not None else None
    coming = deck.prepared.clip.name if deck.prepared is not None and deck.take is not None else current
    if name == (pending.name if pending is not None else coming):
        return None
    if name == current:
        call.show.loading.forget(call.number, call.now)
        call.put(deck.cancel())
        return None
    return wish(call, name, take=True)


@handles("/deck/{n}/go/next")
def go_next(call: Call) -> Answer:
    return go(call, 1, None)


@handles("/deck/{n}/go/back")
def go_back(call: Call) -> Answer:
    return go(call, -1, None)


@handles("/deck/{n}/go/next/over")
def go_next_over(call: Call) -> Answer:
    return go(call, 1, call.args[0])


@handles("/deck/{n}/go/back/over")
def go_back_over(call: Call) -> Answer:
    return go(call, -1, call.args[0])


def go(call: Call, step: int, fade: Seconds | None) -> Answer:
    """To the movie beside the current one in the song, around the end; next takes what is prepared.

    In a song of pictures it is the walk that goes on or back, unless somebody has prepared a movie.
    """
    prepared = call.deck.prepared
    by_hand = step > 0 and prepared is not None and prepared.route is None
    if call.show.navigation.graph(call.number) is not None and not by_hand:
        return next_picture(call, fade) if step > 0 else picture_before(call, fade)
    if step > 0 and (call.deck.prepared is not None or call.show.loading.pending(call.number)):
        return _take(call, call.deck.fade if fade is None else fade)
    movies = call.show.state.song(call.number).movies
    if not movies:
        return NotNow(f"deck {call.number} is in no song; first: /deck/{call.number}/song NAME")
    current = call.deck.current
    here = movies.index(current.clip.name) if current is not None and current.clip.name in movies else -step
    beside = [movies[(here + step * i) % len(movies)] for i in range(1, len(movies) + 1)]
    # A movie that could not be opened a moment ago must not be a wall.
    playable = [name for name in beside if name not in call.show.loading.unplayable(call.number)]
    return wish(call, (playable or beside)[0], take=True, fade=fade)


@handles("/deck/{n}/fade")
def fade_time(call: Call) -> Answer:
    call.put(replace(call.deck, fade=call.args[0]))
    return None


@handles("/deck/{n}/level")
def level(call: Call) -> Answer:
    call.put(replace(call.deck, level=call.args[0]))
    return None


@handles("/deck/{n}/latency")
def latency(call: Call) -> Answer:
    call.put(replace(call.deck, latency=call.args[0] / 1000.0))
    return None


@handles("/deck/{n}/freeze")
def freeze(call: Call) -> Answer:
    """Hold the picture while time goes on underneath; off again, it is where it would have been."""
    held = call.deck.frozen is not None and not call.deck.frozen.thawing
    call.put(call.deck.freeze(call.time, not held if call.args[0] is None else call.args[0]))
    return None


@handles("/deck/{n}/pulse/add")
def pulse_add(call: Call) -> Answer:
    call.put(replace(call.deck, pulse=replace(call.deck.pulse, add=call.args[0])))
    return None


@handles("/deck/{n}/pulse/multiply")
def pulse_multiply(call: Call) -> Answer:
    call.put(replace(call.deck, pulse=replace(call.deck.pulse, multiply=call.args[0])))
    return None


@handles("/deck/{n}/pulse/filter")
def pulse_filter(call: Call) -> Answer:
    call.put(replace(call.deck, pulse=replace(call.deck.pulse, filter=call.args[0])))
    return None


@handles("/select/deck")
def select(call: Call) -> Answer:
    if call.args[0] > len(call.show.state.decks):
        raise OutOfRange(f"there is no deck {call.args[0]}; this server has {len(call.show.state.decks)}")
    call.show.state = replace(call.show.state, selected=call.args[0])
    return None
