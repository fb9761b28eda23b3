"""Stories of decks: asked for, then played section by section as cues. It reads no file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from server.library.songs.stories import StorySection
from server.protocol.command import Command
from server.show.events import NeedStory, Storied
from server.show.loading import Wish
from server.show.walk_state import Cues
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show


class Wanted(NamedTuple):
    """A story that is being read; `current` and `armed`: the sections, from 0."""

    ticket: int
    command: Command | None
    current: int = -1
    armed: int = 0


class Stories:
    """At most one story a deck is being read; a newer wish replaces it."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._wanted: dict[int, Wanted] = {}
        self._ticket = 0

    def want(self, number: int, folder: str, name: str, command: Command, now: Seconds) -> None:
        self._forget(number, now)
        self._ask(number, folder, name, Wanted(self._ticket + 1, command))

    def again(self, number: int, folder: str, name: str, cues: tuple[int, int], now: Seconds) -> None:
        """Have a story ready as it was: the section that plays, and the one that is armed."""
        self._forget(number, now)
        self._ask(number, folder, name, Wanted(self._ticket + 1, None, *cues))

    def _forget(self, number: int, now: Seconds) -> None:
        old = self._wanted.pop(number, None)
        if old is not None and old.command is not None:
            self._show.refuse(old.command, "superseded", "the story was not loaded: a newer one is asked for", now)

    def _ask(self, number: int, folder: str, name: str, wanted: Wanted) -> None:
        self._ticket = wanted.ticket
        self._wanted[number] = wanted
        self._show.emit(NeedStory(wanted.ticket, folder, name))

    def storied(self, answer: Storied, now: Seconds) -> None:
        """Have a story ready, its first section armed."""
        number = next((n for n, wanted in self._wanted.items() if wanted.ticket == answer.ticket), None)
        if number is None:
            return
        wanted = self._wanted.pop(number)
        if answer.story is None:
            if wanted.command is None:
                self._show.tell(answer.error, answer.code)
            else:
                self._show.refuse(wanted.command, answer.code, answer.error, now)
            return
        for text in (answer.story.problem, *(section.problem for section in answer.story.sections)):
            if text:
                self._show.tell(text, "story")
        count = len(answer.story.sections)
        current, armed = (one if one < count else -1 for one in (wanted.current, wanted.armed))
        guard = self._show.state.cue(number).guard
        self._show.state = self._show.state.with_cue(number, Cues(answer.story, answer.folder, current, armed, guard))
        if wanted.command is not None:
            self._show.acknowledge(wanted.command)
        self.took(number, now)

    def took(self, number: int, now: Seconds) -> None:
        """Open the section that is armed when the one before it has begun, so that it is there at the next go."""
        cues, deck = self._show.state.cue(number), self._show.state.deck(number)
        playing, armed = section_at(cues, cues.current), section_at(cues, cues.armed)
        if playing is None or armed is None or armed.problem or deck.current is None:
            return
        if deck.current.clip.spans[0].movie.name == path_of(cues, playing):
            self._show.loading.want(Wish(number, path_of(cues, armed), False, deck.fade, section=True), now)


def section_at(cues: Cues, number: int) -> StorySection | None:
    """A section of the story by its number from 0."""
    sections = cues.story.sections if cues.story is not None else ()
    return sections[number] if 0 <= number < len(sections) else None


def path_of(cues: Cues, section: StorySection) -> str:
    """The movie of a section in the media folder."""
    return f"{cues.folder}/{section.movie}"


def put(show: Show, number: int, **changes: int | Seconds | None) -> None:
    """Change what is known of a deck's cues."""
    show.state = show.state.with_cue(number, replace(show.state.cue(number), **changes))  # type: ignore[arg-type]
