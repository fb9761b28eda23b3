"""Decks and movies for tests: small, with frame numbers that are easy to reason about."""

from __future__ import annotations

from fractions import Fraction

from server.playback.deck import Deck, Happening
from server.playback.players import Opened
from server.playback.tempo import Tempo
from server.playback.timeline import Clip, Movie, Span

TICK = 1 / 64
"""A power of two: sums of ticks are exact, so that tests can compare times."""


def movie(name: str, count: int = 300, rate: int = 30) -> Movie:
    return Movie(name, count, Fraction(rate), 64, 64)


def clip(name: str, count: int = 300) -> Clip:
    return Clip.of_movie(movie(name, count))


def medley(name: str, *parts: tuple[Movie, int, int]) -> Clip:
    return Clip.from_spans(name, [Span(*part) for part in parts])


def empty(*audience: str) -> Deck:
    deck = Deck(1, TICK, Tempo(120.0))
    for renderer in audience:
        deck = deck.joined(renderer)
    return deck


def playing(name: str = "a", count: int = 300, at: float = 0.0) -> Deck:
    """A deck without renderers that plays a clip from `at` on."""
    return empty().prepare(clip(name, count), at).take_at(at, 0.0).advance(at)[0]


def opened(happenings: list[Happening]) -> list[Opened]:
    return [h for h in happenings if isinstance(h, Opened)]


def movies_on(deck: Deck, t: float) -> list[tuple[str, int]]:
    return [(p.movie, p.frame) for p in deck.pictures(t)]


def levels_on(deck: Deck, t: float) -> dict[str, float]:
    return {p.movie: round(p.level, 6) for p in deck.pictures(t)}
