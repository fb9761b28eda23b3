"""How a show begins where the one before ended: what of it counts, and in which way it goes on.

It reads what `state_files.py` finds and starts what `keeper.py` does; it knows no processes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

from server.app.boot import boot_id
from server.app.keeper import Keeper
from server.app.navigator import Navigator
from server.app.state_files import Before, StateFiles
from server.errors import MediaError
from server.index.opening import open_index
from server.playback.clock import Clock, Metronome, wall_time
from server.playback.deck import Deck
from server.settings.resolved import Settings
from server.show.events import NeedMovie
from server.show.resume import emptied, gone_on, movies_of, stood
from server.show.revive import take_over
from server.show.show import Show
from server.show.state import ShowState
from server.units import Seconds

log = logging.getLogger("interscene.state")

Manner = Literal["afresh", "cue points", "standing", "on"]
"""Nothing of before counts; only what is no part of a run; the decks stand where they were; everything goes on."""
MINUTE: Final[Seconds] = 60.0


@dataclass(slots=True)
class Resumption:
    """One start of a server. `songs`: what its decks are to begin with. `bare`: the show of before is not used."""

    settings: Settings
    root: Path
    clock: Clock
    songs: Sequence[tuple[str, bool]] = ()
    bare: bool = False
    wall: Callable[[], Seconds] = wall_time
    boot: str = field(default_factory=boot_id)
    files: StateFiles = field(init=False)
    manner: Manner = "afresh"
    _before: Before | None = None
    _filled: frozenset[int] = frozenset()
    keeper: Keeper | None = None

    def __post_init__(self) -> None:
        self.files = StateFiles(self.root, self.boot)
        try:
            self._before = self.files.read() if self.files.claim(make=False) else None
        except OSError as problem:
            log.warning("what the server before left cannot be read: %s", problem.strerror or problem)
        self.manner = self._manner(self.clock.now())

    def _manner(self, now: Seconds) -> Manner:
        before = self._before
        if before is None or self.bare:
            return "afresh"
        if before.ended or self.settings.resume == "no":
            return "cue points"
        if not self._same_clock(before, now) or self.settings.resume == "paused":
            return "standing"
        return "on" if now - before.alive.at <= self.settings.resume_within else "standing"

    def _same_clock(self, before: Before, now: Seconds) -> bool:
        return bool(self.boot) and before.facts["boot"] == self.boot and before.alive.at <= now

    def revive(self, show: Show, metronome: Metronome) -> Metronome:
        """Put what counts of the show of before into one that has not begun; returns the ticks to go on with."""
        now, before = self.clock.now(), self._before
        if before is not None:
            if self.manner == "cue points":
                show.state = replace(show.state, hot_cues=before.state.hot_cues)
            elif self.manner == "standing":
                self._stand(show, before, now)
            elif self.manner == "on":
                metronome = self._go_on(show, before, metronome, now)
        self._before = None
        facts: dict[str, Any] = {"session": show.about.session, "start": metronome.start, "rate": metronome.rate,
                                 "songs": tuple(self.songs)}
        self.keeper = Keeper(show, self.files, facts, self.clock, self.wall)
        return metronome

    def _go_on(self, show: Show, before: Before, metronome: Metronome, now: Seconds) -> Metronome:
        fresh = show.state
        show.state = self._with_movies(show, gone_on(before.state, fresh), fresh)
        self._note_filled(show, before)
        # The same session: renderers obey it as if nothing had been.
        show.about = replace(show.about, session=int(before.facts["session"]))
        take_over(show, before.mind, now)
        show.tell("the server died; this one goes on with the show where it is", "resumed")
        rate: Fraction = before.facts["rate"]
        ticks = Metronome(float(before.facts["start"]), rate) if rate == metronome.rate else metronome
        number, _ = ticks.next_tick(now)
        if number:
            # What is streamed before the first tick is counted from the one before it, not from tick 0.
            show.streamer.tick(show.streamed(number - 1), ticks.deadline(number - 1))
        return ticks

    def _stand(self, show: Show, before: Before, now: Seconds) -> None:
        fresh = show.state
        show.state = self._with_movies(show, stood(before.state, before.alive.at, fresh, now), fresh, look=True)
        self._note_filled(show, before)
        if self._filled:
            show.tell(f"the server ended {self._ago(before, now)} ago without being told to: the decks stand where "
                      "they were; /deck/1/play goes on, and --resume no starts afresh", "resumed")

    def _ago(self, before: Before, now: Seconds) -> str:
        gone = now - before.alive.at if self._same_clock(before, now) else self.wall() - before.alive.wall
        minutes = max(gone, 0.0) / MINUTE
        return f"{gone:.0f} s" if minutes < 2 else f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"

    def _with_movies(self, show: Show, state: ShowState, fresh: ShowState, *, look: bool = False) -> ShowState:
        """The state without decks whose movies have gone; `look`: or are not what they were."""
        for deck in state.decks:
            trouble = self._trouble(deck, look=look)
            if trouble:
                show.tell(f"deck {deck.number} begins empty: {trouble}", "resumed")
                state = emptied(state, deck.number, fresh)
        return state

    def _trouble(self, deck: Deck, *, look: bool) -> str:
        for name, movie in movies_of(deck).items():
            path = self.root / name
            if not path.is_file():
                return f"{name} is not there any more"
            if look:
                try:
                    count = open_index(path).count
                except (MediaError, OSError) as problem:
                    return f"{name}: {problem}"
                if count != movie.count:
                    return f"{name} has {count} frames now, not {movie.count}"
        return ""

    def _note_filled(self, show: Show, before: Before) -> None:
        """Which decks need not begin with anything: they have what they had, and nothing else is asked for."""
        asked = tuple(before.facts["songs"])
        self._filled = frozenset(
            deck.number for deck in show.state.decks if (deck.layers or deck.prepared is not None)
            and asked[deck.number - 1:deck.number] == tuple(self.songs)[deck.number - 1:deck.number])

    def begins(self, deck: int) -> bool:
        """Whether a deck is to begin with what it is given at the start."""
        return deck not in self._filled

    def begin(self, show: Show, navigator: Navigator, stack: ExitStack) -> None:
        """Keep the show from now on until the stack ends, and have the songs opened in which decks are."""
        stack.callback(self.stop)
        for folder in {song.graph.folder: None for song in show.state.songs
                       if song.graph is not None and not song.graph.version}:
            navigator.open(NeedMovie(0, folder, "song"), folder)
        if self.keeper is not None:
            self.keeper.start()

    def stop(self) -> None:
        """Keep it no longer; whoever comes next goes on with it."""
        if self.keeper is not None:
            self.keeper.stop()

    def finish(self) -> None:
        """It was told to end: nobody goes on with it."""
        if self.keeper is not None:
            self.keeper.finish()
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self.files.close()
