"""Stories of decks: asked for, then played section by section as cues. It reads no file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.library.songs.stories import StorySection
from server.protocol.command import Command
from server.show.events import NeedStory, Storied
from server.show.loading import Wish
from server.show.walk_state import Cues
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show


class Stories:
    """At most one story a deck is being read; a newer wish replaces it."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._wanted: dict[int, tuple[int, Command]] = {}
        self._ticket = 0

    def want(self, number: int, folder: str, name: str, command: Command, now: Seconds) -> None:
        old = self._wanted.pop(number, None)
        if old is not None:
            self._show.refuse(old[1], "superseded", "the story was not loaded: a newer one is asked for", now)
        self._ticket += 1
        self._wanted[number] = (self._ticket, command)
        self._show.emit(NeedStory(self._ticket, folder, name))

    def storied(self, answer: Storied, now: Seconds) -> None:
        """Have a story ready, its first section armed."""
        number = next((n for n, (ticket, _) in self._wanted.items() if ticket == answer.ticket), None)
        if number is None:
            return
        _, command = self._wanted.pop(number)
        if answer.story is None:
            self._show.refuse(command, answer.code, answer.error, now)
            return
        for text in (answer.story.problem, *(section.problem for section in answer.story.sections)):
            if text:
                self._show.tell(text, "story")
        guard = self._show.state.cue(number).guard
        armed = 0 if answer.story.sections else -1
        self._show.state = self._show.state.with_cue(number, Cues(answer.story, answer.folder, armed=armed,
                                                                  guard=guard))
        self._show.acknowledge(command)

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
