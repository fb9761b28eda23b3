"""Watches playheads: what renderers are told beside what they say they show. What nobody follows is opened anew, once.

A wedged decoder reports neither end nor error; only its picture says so. A renderer that says nothing of a deck may
have no need to cook it, and is not judged; nor is any while the deck stands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from server.playback.deck import Deck
from server.show.renderers import Renderer
from server.units import Seconds, shown

if TYPE_CHECKING:
    from server.show.show import Show

LOOK: Final[Seconds] = 1.0
LOOKS: Final = 2
"""Looks in a row at which a picture had not gone on although it should have."""
MOVES: Final = 2
"""Frames that a playhead must move in a second to be looked at."""
HEARD: Final[Seconds] = 2.0
"""How old what a renderer said of its picture may be: one that stands says so once a second."""
SAY_AGAIN: Final[Seconds] = 30.0


class Commanded(NamedTuple):
    """What is to be seen of a deck's playing clip: the open that it is, and its movie and frame."""

    program: int
    clip: int
    movie: str
    frame: int
    rate: float


class Following:
    """One look a second at each deck; all that it changes is under which number a clip is open."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._looked: Seconds = float("-inf")
        self._before: dict[int, Commanded] = {}
        self._steps: dict[tuple[int, str], int] = {}
        self._still: dict[tuple[int, str], int] = {}
        self._reopened: dict[int, tuple[int, str]] = {}
        self._said: dict[tuple[int, str], Seconds] = {}

    def step(self, now: Seconds) -> None:
        """Look, when it is time to."""
        if now - self._looked < LOOK:
            return
        self._looked = now
        there = self._show.renderers.present()
        for deck in self._show.state.decks:
            asked = self._asked(deck, now)
            before = self._before.pop(deck.number, None)
            if asked is not None:
                self._before[deck.number] = asked
            for_it = [one for one in there if now - one.shown_at.get(deck.number, float("-inf")) <= HEARD]
            standing = [one for one in for_it if self._stands(deck.number, one, before, asked)]
            if standing and asked is not None:
                self._act(deck, asked, standing, everybody=len(standing) == len(for_it), now=now)

    def _asked(self, deck: Deck, now: Seconds) -> Commanded | None:
        """What is to be seen of the current clip; None where it stands, fades, or is not to be seen."""
        program, t = deck.current, self._show.state.time_of(deck, now)
        if (program is None or not program.transport.playing or t < program.transport.anchor_time
                or deck.frozen is not None):
            return None
        seen = [(player, segment) for player, segment, level in deck.screen.shown(t) if level > 0]
        if len(seen) != 1:
            return None
        player, segment = seen[0]
        return Commanded(program.id, player.id, player.movie, shown(segment.place.position), segment.rate)

    def _stands(self, number: int, renderer: Renderer, before: Commanded | None, asked: Commanded | None) -> bool:
        """Whether a renderer's picture has stood at so many looks, while what it was asked for went on."""
        key = (number, renderer.key)
        steps, last = renderer.steps[number], self._steps.get(key)
        self._steps[key] = steps
        # A short loop may be met at the same frame every time.
        moves = before is not None and asked is not None and before.clip == asked.clip and (
            abs(asked.frame - before.frame) >= MOVES or min(abs(asked.rate), abs(before.rate)) >= MOVES)
        self._still[key] = self._still.get(key, 0) + 1 if moves and steps == last else 0
        return self._still[key] >= LOOKS

    def _act(self, deck: Deck, asked: Commanded, standing: list[Renderer], *, everybody: bool, now: Seconds) -> None:
        """Open it anew where nobody follows; where that was done already, or others follow, only say so."""
        names = ", ".join(one.name for one in standing)
        for one in standing:
            self._still[deck.number, one.key] = 0
        if everybody and self._reopened.get(deck.number) != (asked.program, asked.movie):
            self._reopened[deck.number] = (deck.next_program, asked.movie)
            self._show.put(reopened(deck))
            self._show.tell(f"deck {deck.number}: {names} does not follow in {asked.movie}; it is opened anew",
                            "standing")
            return
        key = (deck.number, names)
        if now - self._said.get(key, float("-inf")) >= SAY_AGAIN:
            self._said[key] = now
            frame = standing[0].shown[deck.number][1]
            self._show.tell(f"deck {deck.number}: {names} STANDS at frame {frame} of {asked.movie}, which plays; look "
                            "at that machine and its disk, and check the movie with: interscene verify", "standing")


def reopened(deck: Deck) -> Deck:
    """The deck with its current clip as another program: it is opened on a free player, and seen as soon as it is
    ready; until then the picture of before stays."""
    number = deck.next_program
    return replace(deck.change(lambda program: replace(program, id=number)), next_program=number + 1)
