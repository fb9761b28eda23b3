"""What a frontend needs of the show. Whoever implements it decides; a frontend only asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol

from server.protocol.command import Source
from server.protocol.oscquery_tree import AddressSpace, Node, Values


class Layer(NamedTuple):
    """A picture on screen: a frame of a movie as it is stored, and its share of the dissolve, 0 to 1."""

    movie: str
    frame: int
    level: float


class Answer(NamedTuple):
    """What became of a command: done when `code` is empty, else why not; of one that starts a job, its number."""

    code: str = ""
    text: str = ""


class ShowPort(Protocol):
    """The show as a frontend sees it; every method may be called from any thread, and none takes long but `jpeg`.

    Numbers of decks begin at 1. A deck that is not there raises an IntersceneError.
    """

    def snapshot(self) -> dict[str, Any]:
        """Everything about the show that can be said as JSON.

        `decks`: a list of `deck_state`, each with `graph` (the id of a song of pictures), `version` (of that song),
        `go`, `guard`, `prepared`, `way`: see `app/way.py`. `clock`, `master`, `system`: the rows below
        `/clock/state/`, `/master/` and `/system/state/` by name. `renderers`: name, host, lost, shown (frames by
        deck), fps, dropped of each; the last two None before they are known. `messages`: number, code, text of the
        last complaints, numbers growing. `jobs`: id, what, from, to, mode, state, progress, eta (None: unknown), rung,
        reason, deck, live, frames, model of each job; `making`: the rows below `/generate/state/`, paused, attached.
        A value is bare, not a list.
        """
        ...

    def deck_state(self, deck: int) -> dict[str, Any]:
        """The rows below `/deck/{n}/state/` by name, each a bare value, `fade`, and where frames lie.

        `spans`: [movie, first, last] of each span, empty for a whole movie. `marks`: [frame, name] of each mark
        and hot cue of the clip.
        """
        ...

    def layers(self, deck: int) -> Sequence[Layer]:
        """What is on screen at this moment, levels with faders and dissolve; nothing when it is black."""
        ...

    def submit(self, address: str, args: Sequence[bool | float | str], source: Source) -> Future[Answer]:
        """Hand in a command; never waits. Commands of one source are taken in order."""
        ...

    def jpeg(self, movie: str, frame: int) -> bytes:
        """Read the stored bytes of a frame: one positional read. Raises MediaError, LibraryError, PathRefused."""
        ...

    def job_picture(self, job: str) -> bytes:
        """The newest frame of what is being made. Raises LibraryError."""
        ...

    def movies(self) -> list[str]:
        """The names of all movies that can be played."""
        ...


class PanelPort(Protocol):
    """What the panels of the page ask beside the state; all of it JSON. May be called from any thread."""

    def messages(self, after: int) -> dict[str, Any]:
        """What came in and what it did. From now on, and for some seconds, what goes well is kept too.

        `lines`: those that are new or went on since number `after`. `newest`: the number to ask with next.
        `session`: another one is another server, which counts anew.
        """
        ...

    def settings(self) -> list[dict[str, Any]]:
        """Every setting with its value, where that comes from, and how it is changed."""
        ...

    def health(self) -> list[dict[str, Any]]:
        """What is well and what is not, a line each: group, name, value, level, and what to do."""
        ...

    def examination(self, *, anew: bool) -> dict[str, Any]:
        """What the last look at this computer found: `findings` as in `health`, `seconds` since, and whether one is
        `running`; `anew` begins another one unless one was made a moment ago."""
        ...

    def values(self, deck: int) -> dict[str, list[Any]]:
        """The present values of the rows that have one, by the address in the table. Raises InputError."""
        ...

    def controllers(self) -> dict[str, Any]:
        """What is laid on controllers, what each says now, which row waits for one, and the MIDI devices there are."""
        ...

    def snapshots(self) -> dict[str, Any]:
        """`snapshots`: name, where, made, locked, versions, problem, tempo of each, and `decks`: deck, name, goal,
        movie, frame, playing, frozen of those with a picture. `now`: the rows below `/snapshot/state/` by name.
        `locked`: whether how things are set up is."""
        ...


Hear = Callable[[str, Values], None]
"""Takes an address and the values of one message; is called from any thread and returns at once."""


class QueryPort(Protocol):
    """The show as OSCQuery sees it. Every method may be called from any thread and does not wait."""

    @property
    def name(self) -> str:
        """What the server is called; it does not change."""
        ...

    @property
    def osc_port(self) -> int:
        """Where it takes OSC by UDP."""
        ...

    def space(self) -> AddressSpace:
        """What there is now: the same object until something is added, removed or renamed."""
        ...

    def values(self, nodes: Sequence[Node]) -> Sequence[Values | None]:
        """The present values of readable nodes; None for one that has none."""
        ...

    def receive(self, packet: bytes, source: Source) -> None:
        """Take an OSC packet, as if it had come by UDP."""
        ...

    def connect(self, source: Source, hear: Hear) -> None:
        """Give answers to this source, and what it subscribes to, to `hear`; to its own port nothing can be sent."""
        ...

    def disconnect(self, source: Source) -> None:
        """Forget a source that was connected."""
        ...

    def watch(self, nodes: Sequence[Node], hear: Hear) -> None:
        """From now on hand messages to these nodes, whoever sends them, to `hear`: to no others any more."""
        ...
