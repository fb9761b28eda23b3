"""One deck of the stand-in: movies on the reels of the plain model, and what each cook decodes of them.

Knows nothing of sockets; what it has to say goes to the renderer's model, or comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from server.errors import MediaError
from server.media.numbered import read_number
from server.media.presentation import Picture
from td_extensions.deck_model import DeckModel, Shown
from td_extensions.renderer_model import RendererModel
from td_project.rehearsal.clips import Clip, Opener, Opening
from td_project.rehearsal.meter import Meter
from td_project.rehearsal.mix import Layer


class Read(NamedTuple):
    """A picture that was newly shown: what the stream asked for, and the number burnt into it (-1: none).

    `at` is the moment that it was shown for, in microseconds of the renderer's clock.
    """

    deck: int
    clip: int
    commanded: int
    burnt: int
    at: int


Said = Read | str
"""A reading for the report, or a line for the log."""


class RehearsalDeck:
    """Cooks three reels; `find` turns a path of the contract into a file, `timer` measures decoding."""

    def __init__(self, number: int, renderer: RendererModel, opener: Opener, find: Callable[[str], Path],
                 meter: Meter, timer: Callable[[], float], *, reading: bool) -> None:
        self.number = number
        self._renderer = renderer
        self._opener = opener
        self._find = find
        self._meter = meter
        self._timer = timer
        self._reading = reading
        self._serials: dict[int, int] = {}
        self._openings: dict[int, Opening] = {}
        self._clips: dict[int, Clip] = {}
        self._visible: list[tuple[Picture, float]] = []

    @property
    def model(self) -> DeckModel:
        """What is to be shown."""
        return self._renderer.decks[self.number]

    def cook(self, now: float) -> Iterator[Said]:
        """Show on every reel what it is to show at `now`."""
        for shown in self.model.shown(now):
            self._thread(shown, now)
        for reel, opening in list(self._openings.items()):
            if opening.done(now):
                del self._openings[reel]
                self._settle(reel, opening, now)
        whole = self.model.shown(now)
        for shown in whole:
            clip = self._clips.get(shown.reel)
            if clip is not None and shown.frame is not None and shown.serial == self._serials.get(shown.reel):
                yield from self._show(shown, clip, shown.frame, now)
        self._visible = [(self._clips[shown.reel].picture, shown.level) for shown in whole
                         if shown.level > 0 and shown.reel in self._clips]

    def layers(self) -> list[Layer]:
        """What is visible, with levels."""
        return [(picture.rgb(), level) for picture, level in self._visible]

    def close(self) -> None:
        """Let go of every file."""
        for reel in list(self._serials):
            self._let_go(reel)

    def _thread(self, shown: Shown, now: float) -> None:
        """Have the file open that the model wants there; a movie that is open under another order is closed."""
        if self._serials.get(shown.reel, 0) == shown.serial:
            return
        self._let_go(shown.reel)
        self._serials[shown.reel] = shown.serial
        path = shown.path
        if path is not None and shown.clip is not None:
            self._openings[shown.reel] = self._opener.start(shown.clip, lambda: self._find(path), shown.start, now)

    def _settle(self, reel: int, opening: Opening, now: float) -> None:
        outcome = opening.outcome()
        if isinstance(outcome, str):
            self._renderer.failed(self.number, opening.id, outcome, now)
        else:
            self._clips[reel] = outcome
            self._renderer.opened(self.number, opening.id, outcome.movie.count, now)

    def _show(self, shown: Shown, clip: Clip, frame: int, now: float) -> Iterator[Said]:
        if frame != clip.frame and frame != clip.broken:
            trouble = self._decode(clip, frame)
            if trouble:
                yield trouble
                return
        if frame == clip.broken or clip.told == (shown.clip, frame):
            return
        clip.told = (shown.clip, frame)
        if shown.clip is None:
            return
        self._renderer.shown(self.number, shown.clip, frame)
        if self._reading:
            number = read_number(clip.picture.gray())
            yield Read(self.number, shown.clip, frame, -1 if number is None else number, round(now * 1e6))

    def _decode(self, clip: Clip, frame: int) -> str:
        """Decode a frame into the clip. Returns what went wrong; then the picture before it stays."""
        before = self._timer()
        if frame != clip.frame + 1:
            self._meter.misses += 1
        try:
            clip.picture, clip.frame = clip.movie.decode_at(frame), frame
        except MediaError as error:
            clip.broken = frame
            return f"deck {self.number}: {error}"
        except Exception as error:  # noqa: BLE001 - the border of a picture: the one before it stays
            clip.broken = frame
            return (f"deck {self.number}: frame {frame} of {clip.movie.path.name} cannot be decoded "
                    f"({type(error).__name__}: {error})")
        self._meter.decodes += 1
        self._meter.decoding += self._timer() - before
        return ""

    def _let_go(self, reel: int) -> None:
        clip = self._clips.pop(reel, None)
        if clip is not None:
            clip.movie.close()
        opening = self._openings.pop(reel, None)
        if opening is not None:
            opening.abandon()
