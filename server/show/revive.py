"""What a show has in mind besides its state, taken from one that runs and given to one that goes on in its place.

It is a mapping of plain values, so that it can be put away. Knows no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from server.protocol.match import Mask
from server.show.events import JobOrder
from server.show.loading import Wish
from server.show.renderers import Renderer
from server.show.subscribers import Subscriber
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show

_RENDERER: Final = ("host", "port", "name", "stream_port", "event_port", "decks", "build", "cook_rate", "largest")


def mind_of(show: Show) -> dict[str, Any]:
    """Movies on their way, commands that wait for their time, who shows, who listens; may be asked from any thread."""
    listeners = show.subscribers.known()
    return {
        "wishes": tuple((wish.deck, wish.name, wish.take, wish.fade, wish.kind, wish.section)
                        for wish in show.loading.waiting()),
        "coming": show.loading.songs_coming(),
        "scheduled": tuple(show.scheduled.waiting()),
        "renderers": tuple(tuple(getattr(one, name) for name in _RENDERER) for one in show.renderers.present()),
        "subscribers": tuple((one.source, one.to, one.mask.text, one.rate) for one in listeners),
        "answers": show.answers_at(),
    }


def take_over(show: Show, mind: Mapping[str, Any], now: Seconds) -> None:
    """Give a show that has not begun yet what another one had in mind, on the same clock.

    Renderers are told at once what is to be open, and the stream goes to them without being asked for: they may still
    be going on by the ticks of before.
    """
    decks = len(show.state.decks)
    there = [Renderer(**dict(zip(_RENDERER, facts, strict=True)), heard=now) for facts in mind["renderers"]]
    for renderer in there:
        show.join(renderer, now)
    keys = {renderer.key for renderer in there}
    for deck in show.state.decks:
        for gone in deck.audience - keys:
            show.put(show.state.deck(deck.number).left(gone))
    for source, to, mask, rate in mind["subscribers"]:
        show.subscribers.add(Subscriber(source, to, Mask(mask), rate, now))
    for source, to in mind["answers"]:
        show.answer_at(source, to)
    for item in mind["scheduled"]:
        show.scheduled.push(item, item.due)
    wishes = [Wish(deck, name, take, fade, kind, section=section)
              for deck, name, take, fade, kind, section in mind["wishes"] if deck <= decks]
    show.loading.go_on(wishes, {deck: one for deck, one in mind["coming"].items() if deck <= decks}, now)
    if show.state.making.paused:
        show.emit(JobOrder("pause"))
    # Not before the first tick: until then nothing says which one a packet would be counted from.
    show.dirty.clear()
