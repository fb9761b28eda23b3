"""Movies on their way: wished for, being read from disk, then prepared and perhaps taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from server.playback.deck import Took
from server.playback.quantise import launch_time
from server.protocol.command import Command
from server.show.events import Kind, Loaded, NeedMovie
from server.show.section_route import section_route
from server.show.state import SongPlace
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show


@dataclass(frozen=True, slots=True)
class Wish:
    """What a deck is to have, as it was named; `kind` says what the name is one of.

    A song says itself whether its movies play by themselves; any other wish leaves that as it was. `section`: it is
    one of a story, which plays to its end and holds.
    """

    deck: int
    name: str
    take: bool
    fade: Seconds
    kind: Kind = "movie"
    command: Command | None = None
    section: bool = False


class Loading:
    """At most one wish a deck: a newer one replaces it, and whoever asked for the old one is told."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._wishes: dict[int, Wish] = {}
        self._coming: dict[int, tuple[str, SongPlace]] = {}
        self._unplayable: dict[int, set[str]] = {}
        self._ticket = 0

    def want(self, wish: Wish, now: Seconds) -> None:
        self.forget(wish.deck, now)
        self._show.navigation.forget(wish.deck, now)
        ticket = self.ticket()
        self._wishes[ticket] = wish
        self._show.emit(NeedMovie(ticket, wish.name, wish.kind))

    def forget(self, deck: int, now: Seconds) -> None:
        """Drop a deck's wish; its sender hears that something newer came."""
        for ticket in [t for t, wish in self._wishes.items() if wish.deck == deck]:
            wish = self._wishes.pop(ticket)
            if wish.command is not None:
                self._show.refuse(wish.command, "superseded",
                                  f"{wish.name} was not loaded: a newer command came for deck {deck}", now)

    def pending(self, deck: int) -> Wish | None:
        return next((wish for wish in self._wishes.values() if wish.deck == deck), None)

    def take_when_loaded(self, deck: int, fade: Seconds) -> bool:
        """Turn a prepare that is still being read into a load; False when nothing is on its way."""
        for ticket, wish in self._wishes.items():
            if wish.deck == deck:
                self._wishes[ticket] = replace(wish, take=True, fade=fade)
                return True
        return False

    def loaded(self, answer: Loaded, now: Seconds) -> None:
        """Take in what the disk said; an answer to a wish that was dropped is dropped too."""
        wish = self._wishes.pop(answer.ticket, None)
        if wish is None:
            return
        show = self._show
        for code, text in answer.notes:
            show.tell(text, code)
        if answer.clip is None:
            self.failed(wish.deck, wish.name)
            if wish.command is None:
                show.tell(answer.error, answer.code)
            else:
                show.refuse(wish.command, answer.code, answer.error, now)
            return
        state = show.state
        deck = state.deck(wish.deck)
        time = state.time_of(deck, now)
        clip, route = answer.clip, answer.route
        if wish.section:
            clip, route = section_route(answer.clip.spans[0].movie)
        deck = deck.prepare(clip, time, runs=answer.song.sequential if wish.kind == "song" else None, route=route)
        # A section of a story does not lead out of its song.
        self.coming(wish.deck, clip.name, state.song(wish.deck) if wish.section else answer.song)
        if wish.take:
            beat = state.beat
            deck = deck.take_at(launch_time(beat.tempo, time, beat.quantise, beat.ahead), wish.fade, beat.quantise)
        show.put(deck)
        if wish.command is not None:
            show.acknowledge(wish.command)

    def ticket(self) -> int:
        """The number of another question to the disk, whose answer is for somebody else."""
        self._ticket += 1
        return self._ticket

    def coming(self, deck: int, clip: str, song: SongPlace) -> None:
        """A clip that is prepared belongs to this song: once it is taken, the deck is in that."""
        self._coming[deck] = (clip, song)

    def waiting(self) -> list[Wish]:
        """What is on its way; may be asked from any thread."""
        return list(self._wishes.values())

    def songs_coming(self) -> dict[int, tuple[str, SongPlace]]:
        """The song that each deck will be in when it shows the clip that it has ready; from any thread."""
        return dict(list(self._coming.items()))

    def go_on(self, wishes: Iterable[Wish], coming: Mapping[int, tuple[str, SongPlace]], now: Seconds) -> None:
        """Take over what another show had on its way."""
        self._coming.update(coming)
        for wish in wishes:
            self.want(wish, now)

    def failed(self, deck: int, movie: str) -> None:
        """A movie could not be opened: a deck that goes on by itself must not try it again and again."""
        self._unplayable.setdefault(deck, set()).add(movie)

    def unplayable(self, deck: int) -> set[str]:
        """What could not be opened since the deck last went on."""
        return self._unplayable.get(deck, set())

    def took(self, deck: int, happening: Took) -> None:
        """A deck that shows a movie is in that movie's song; a take that did not wait for somebody says so once."""
        self._unplayable.pop(deck, None)
        name, song = self._coming.get(deck, ("", None))
        if song is not None and name == happening.clip:
            del self._coming[deck]
            self._enter(deck, song)
        if happening.late:
            self._show.tell(f"deck {deck} went on without {', '.join(happening.late)}: not ready in time", "late")

    def _enter(self, number: int, song: SongPlace) -> None:
        """Be in a song: what was remembered of a walk through another one is forgotten."""
        state = self._show.state
        old, new = state.song(number).graph, song.graph
        if new is not None and (old is None or old.folder != new.folder):
            state = state.with_walk(number, state.walk(number).moved()).with_cue(
                number, replace(state.cue(number), story=None, current=-1, armed=-1))
        self._show.state = state.with_song(number, song)
