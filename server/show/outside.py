"""Where outside time is for a deck, and in a story: its sections end to end, each as long as its movie. Pure."""

from __future__ import annotations

from typing import NamedTuple

from server.library.songs.stories import Story
from server.playback.chase import Outside
from server.playback.deck import Deck
from server.show.state import ShowState
from server.units import Seconds


class PlaceInStory(NamedTuple):
    """A section by its number from 0, and the time since it began; before 0 it has not begun."""

    section: int
    seconds: Seconds


def place_in(story: Story | None, seconds: Seconds) -> PlaceInStory | None:
    """What a time since the story's begin means; None where nothing of it can be played.

    Sections that cannot be played take no time. Before the first, and after the last, it is that one.
    """
    found: PlaceInStory | None = None
    begun = 0.0
    for number, section in enumerate(story.sections if story is not None else ()):
        if section.problem or section.frames <= 0:
            continue
        if found is not None and seconds < begun:
            break
        found = PlaceInStory(number, seconds - begun)
        begun += float(section.frames / section.rate)
    return found


def outside_of(state: ShowState, deck: Deck, now: Seconds) -> Outside | None:
    """Where the time that a deck follows is, counted from the deck's start; None where nothing was heard of it."""
    time, chase = state.time, state.time.chase(deck.number)
    timecode, t = time.heard_as(chase.source), state.time_of(deck, now)
    seconds = time.seconds(chase.source, t)
    if timecode is None or seconds is None:
        return None
    return Outside(seconds - chase.start, timecode.follower.speed(t, time.freewheel))
