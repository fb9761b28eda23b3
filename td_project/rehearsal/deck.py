"""One deck of the stand-in: the plain model, the clips open on its players, and what each cook decodes.

Knows nothing of sockets; what it has to say comes back as messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from server.errors import MediaError
from server.media.numbered import read_number
from server.media.presentation import Picture
from td_extensions.deck_model import READY, Answer, DeckModel, PlayerModel, TickClock
from td_project.rehearsal.clips import Clip, Opener, Opening
from td_project.rehearsal.meter import Meter
from td_project.rehearsal.mix import Layer
from td_project.rehearsal.wire import Event, Stream


class Read(NamedTuple):
    """A picture that was newly shown: what the stream asked for, and the number burnt into it (-1: none).

    `at` is the moment that it was shown for, in microseconds of the renderer's clock.
    """

    deck: int
    clip: int
    commanded: int
    burnt: int
    at: int


Said = Answer | Read | str
"""An answer for the server, a reading for the report, or a line for the log."""


class RehearsalDeck:
    """Cooks three players; `find` turns a path of the contract into a file, `timer` measures decoding."""

    def __init__(self, number: int, opener: Opener, find: Callable[[str], Path], meter: Meter,
                 timer: Callable[[], float], *, tick_rate: float, reading: bool) -> None:
        self.model = DeckModel(number, TickClock(tick_rate))
        self._opener = opener
        self._find = find
        self._meter = meter
        self._timer = timer
        self._reading = reading
        self._openings: list[Opening] = []
        self._clips: dict[int, Clip] = {}
        self._pictures: dict[int, Picture] = {}
        self._visible: list[tuple[Picture, float]] = []

    def stream(self, stream: Stream, now: float) -> list[str]:
        """Take in a bundle. Returns what breaks the contract, in words."""
        return self.model.apply(stream.tick, stream.players, now)

    def event(self, event: Event, now: float) -> Answer | None:
        """Take in `open` or `close`; returns the answer to send, if there is one."""
        if event.name == "close":
            self.model.close(event.args[0])
            self._let_go()
            return None
        clip, player, path, frame = event.args
        answer, start = self.model.open(clip, player, path, frame)
        if start:
            self._let_go(clip)
            opening = self._opener.start(clip, player, lambda: self._find(path), max(0, frame), now)
            self._openings.append(opening)
        return answer

    def forget(self, now: float, tick_rate: float) -> None:
        """Start over for a new session of the server."""
        self.model.clock.rate = tick_rate
        self.model.forget(now)
        self._let_go()

    def cook(self, now: float) -> Iterator[Said]:
        """Show on every player what it is to show at `now`."""
        for opening in [opening for opening in self._openings if opening.done(now)]:
            self._openings.remove(opening)
            yield from self._settle(opening)
        for player, frame in self.model.frames_to_show(now):
            clip = self._clips.get(player.number)
            if player.state == READY and clip is not None and clip.id == player.open_id:
                yield from self._show(player, clip, frame, now)
        self._pictures = dict(self._on_players())
        if not self.model.holding(now):
            self._visible = [(self._pictures[player.number], player.level) for player in self.model.players
                             if player.number in self._pictures and player.level > 0]

    @property
    def busy(self) -> bool:
        """Whether anything is open or being opened."""
        return bool(self._clips or self._openings)

    def layers(self) -> list[Layer]:
        """What is visible, with levels."""
        return [(picture.rgb(), level) for picture, level in self._visible]

    def close(self) -> None:
        """Let go of every file."""
        self.model = DeckModel(self.model.number, TickClock())
        self._let_go()

    def _on_players(self) -> Iterator[tuple[int, Picture]]:
        for player in self.model.players:
            if player.keeps and player.number in self._pictures:
                yield player.number, self._pictures[player.number]
            elif player.number in self._clips:
                yield player.number, self._clips[player.number].picture

    def _settle(self, opening: Opening) -> Iterator[Said]:
        outcome = opening.outcome()
        if isinstance(outcome, str):
            answer = self.model.failed(opening.id, outcome)
            yield f"deck {self.model.number}: {outcome}"
        else:
            answer = self.model.opened(opening.id, outcome.movie.count)
            if answer is None:
                outcome.movie.close()
            else:
                self._clips[opening.player] = outcome
        if answer is not None:
            yield answer

    def _show(self, player: PlayerModel, clip: Clip, frame: int, now: float) -> Iterator[Said]:
        if frame == clip.broken or (frame == clip.frame and clip.told):
            return
        if frame != clip.frame:
            try:
                self._decode(clip, frame)
            except MediaError as error:
                clip.broken = frame
                yield f"deck {self.model.number}: {error}"
                return
            except Exception as error:  # noqa: BLE001 - the border of a picture: the one before it stays
                clip.broken = frame
                yield (f"deck {self.model.number}: frame {frame} of {clip.movie.path.name} cannot be decoded "
                       f"({type(error).__name__}: {error})")
                return
        clip.told = True
        yield ("shown", clip.id, frame)
        if self._reading:
            number = read_number(clip.picture.gray())
            commanded = player.start if player.wanted is None else player.wanted
            yield Read(self.model.number, clip.id, commanded, -1 if number is None else number,
                       round(now * 1e6))

    def _decode(self, clip: Clip, frame: int) -> None:
        before = self._timer()
        if frame != clip.frame + 1:
            self._meter.misses += 1
        clip.picture, clip.frame = clip.movie.decode_at(frame), frame
        self._meter.decodes += 1
        self._meter.decoding += self._timer() - before

    def _let_go(self, again: int | None = None) -> None:
        """Close what the model has closed, and what was opened before under an id that is opened `again`."""
        for number, clip in list(self._clips.items()):
            if clip.id == again or self.model.players[number].open_id != clip.id:
                clip.movie.close()
                del self._clips[number]
        for opening in list(self._openings):
            if opening.id == again or self.model.player_of(opening.id) is None:
                opening.abandon()
                self._openings.remove(opening)
