"""A renderer as the server sees it: one link, its decks, and what is said in either direction.

Knows nothing of TouchDesigner, sockets or codecs; time is an argument. Python 3.9, standard library only.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from td_extensions.answers import Answers, Message
from td_extensions.cook_clock import CookClock
from td_extensions.deck_model import Answer, DeckModel
from td_extensions.link_model import PROTOCOL, LinkModel
from td_extensions.player_model import Command
from td_extensions.tick_clock import TickClock

DECKS_MAX = 64
_INT_LIMIT = 1 << 31
_NUMBER = (int, float)
_WELCOME = (str, int, _NUMBER, int, str, int)
_OPEN = (int, int, str, int)
_CLOSE = (int,)
TOLD_EVERY = 5.0
"""Seconds between two lines about the same trouble."""

News = Tuple[str, Dict[str, Any]]
"""Something that happened: the name of its callback, and what there is to know about it."""


@dataclass
class About:
    """What a hello says of a renderer."""

    name: str
    stream_port: int
    event_port: int
    build: str = ""
    cook_rate: float = 60.0
    largest: int = 0
    decks: str = "all"


class RendererModel:
    """`outgoing` is for the server, `news` for callbacks, `log` for the person; the shell takes them."""

    def __init__(self, about: About) -> None:
        self.about = about
        self.link = LinkModel()
        self.cooks = CookClock(about.cook_rate)
        self.decks: Dict[int, DeckModel] = {}
        self.server = ""
        self.media_folder = ""
        self.tick_rate = 60.0
        self.trouble = ""
        """What is wrong with the link, in words; empty while it is well."""
        self.failure, self.failed_at = "", -math.inf
        """The last movie that could not be shown: the server takes it back at once, and people look later."""
        self.news: List[News] = []
        self.log: List[str] = []
        self._answers = Answers()
        self._outgoing: List[Message] = []
        self._commands: List[Message] = []
        self._left: Optional[int] = None
        self._was_linked = False
        self._strangers = 0
        self._told: Dict[str, float] = {}

    def shows(self, number: int) -> bool:
        """Whether a deck is one of those that this renderer shows."""
        known = self.about.decks == "all" or str(number) in self.about.decks.split(",")
        return known and 1 <= number <= DECKS_MAX

    def deck(self, number: int) -> Optional[DeckModel]:
        """The model of a deck; None for one that is not shown."""
        if number not in self.decks and self.shows(number):
            self.decks[number] = DeckModel(number, TickClock(self.tick_rate))
        return self.decks.get(number)

    # what the server says ---------------------------------------------------------------------

    def stream(self, number: int, tick: int, commands: Dict[int, Command], now: float) -> None:
        """Take in one bundle of the stream."""
        deck = self.deck(number)
        if deck is None:
            return
        for broken in deck.apply(tick, commands, now):
            self.say(f"contract: {broken}")
        if deck.clock.heard == now:
            self.link.heard(now)

    def event(self, address: str, args: Sequence[Any], now: float) -> bool:
        """Take in one message of the server. False when it is none that a renderer understands."""
        if address == "/system/welcome" and _fits(args, _WELCOME):
            self._welcome(args, now)
            return True
        if address in ("/ack", "/error") and args and isinstance(args[0], str):
            self._answers.acknowledged(args[0])
            if address == "/error" and not args[0].startswith("r") and len(args) >= 3:
                self.news.append(("onError", {"code": str(args[1]), "text": str(args[2])}))
            return True
        number, name = _place(address)
        deck = self.deck(number)
        if deck is None:
            return False
        if name == "open" and _fits(args, _OPEN):
            if self.link.session is None:
                return True  # no movie before the welcome; it is asked for again
            answer, _ = deck.open(args[0], args[1], args[2], args[3])
            self._answer(number, answer, now)
            return True
        if name == "close" and _fits(args, _CLOSE):
            deck.close(args[0])
            self._answers.forget(number, args[0])
            return True
        return False

    # what the renderer says -------------------------------------------------------------------

    def opened(self, number: int, clip: int, frames: int, now: float) -> None:
        """A clip can be shown."""
        answer = self.decks[number].opened(clip, frames)
        if answer is not None:
            self._answer(number, answer, now)
            self.news.append(("onReady", {"deck": number, "clip": clip, "path": self._path(number, clip)}))

    def failed(self, number: int, clip: int, reason: str, now: float) -> None:
        """A clip cannot be shown, or no longer."""
        path = self._path(number, clip)
        answer = self.decks[number].failed(clip, reason)
        self.failure, self.failed_at = f"deck {number}: {reason}", now
        self.say(self.failure)
        if answer is not None:
            self._answer(number, answer, now)
            self.news.append(("onError", {"deck": number, "code": "movie", "text": reason, "path": path}))

    def shown(self, number: int, clip: int, frame: int) -> None:
        """A new picture is on a player: the frame that was uploaded, not the one that was asked for."""
        self._outgoing.append((f"/td/deck/{number}/shown", (clip, frame)))

    def tell(self, address: str, *args: object) -> None:
        """Send any message to the server."""
        self._commands.append((address, args))

    def say(self, line: str) -> None:
        """One line for the person at the machine."""
        self.log.append(line)

    def say_at_times(self, line: str, now: float) -> None:
        """A line that would otherwise come with every frame."""
        if now - self._told.get(line, -math.inf) >= TOLD_EVERY:
            if len(self._told) > 100:
                self._told.clear()
            self._told[line] = now
            self.say(line)

    def outgoing(self, now: float, health: Callable[[], Sequence[object]]) -> List[Message]:
        """Everything that is to be sent now; `health` says what `/td/health` tells, and is asked when that is due."""
        self._watch(now)
        messages, self._outgoing = self._commands + self._outgoing, []
        self._commands = []
        for what in self.link.due(now):
            if what == "hello":
                messages.append(("/system/hello", self._hello()))
            else:
                messages.append(("/td/health", tuple(health())))
        return messages + self._answers.due(now)

    def commands(self) -> List[Message]:
        """What was told by hand; what a renderer says by itself is left unsaid."""
        messages, self._commands = self._commands, []
        self._outgoing.clear()
        return messages

    def cooks_at(self, rate: float) -> None:
        """So many cooks a second are wanted from now on; the server is told when that is news."""
        if rate != self.about.cook_rate:
            self.about = replace(self.about, cook_rate=rate)
            self.link.again()

    def reshape(self, about: About, numbers: Sequence[int]) -> None:
        """Be another renderer from now on, with these decks, and say hello anew."""
        self.about = about
        for number in [number for number in self.decks if number not in numbers]:
            del self.decks[number]
        self.start_over()
        for number in numbers:
            self.deck(number)

    def start_over(self) -> None:
        """Say hello anew, to another server perhaps; what is seen stays until that shows something."""
        self._left = self._left if self.link.session is None else self.link.session
        self.link = LinkModel()
        self._answers.clear()
        for deck in self.decks.values():
            deck.shun()

    # ------------------------------------------------------------------------------------------

    def _hello(self) -> Tuple[object, ...]:
        about = self.about
        return (about.name, about.stream_port, about.event_port, PROTOCOL, about.build, float(about.cook_rate),
                about.largest, about.decks)

    def _welcome(self, args: Sequence[Any], now: float) -> None:
        name, protocol, tick_rate, count, folder, session = args[:6]
        if protocol != PROTOCOL:
            self.trouble = f"{name} speaks protocol {protocol}, this component {PROTOCOL}: use one version of both"
            self.say_at_times(self.trouble, now)
            return
        self.trouble = ""
        self.server, self.media_folder = name, folder
        self.tick_rate = float(tick_rate) if 1 <= tick_rate <= 1000 else 60.0
        same, self._left = session == self._left, None
        if self.link.welcomed(session, now) and not same:
            self.say(f"linked to {name}: {count} decks, session {session}, media folder {folder}")
            self._answers.clear()
            for deck in self.decks.values():
                deck.forget(now, self.tick_rate)
        else:
            for deck in self.decks.values():
                if same:
                    deck.back()
                deck.trust()
        self._watch(now)

    def _watch(self, now: float) -> None:
        """Notice that the link came or went, and that somebody else sends here."""
        linked = self.link.linked(now)
        if linked != self._was_linked:
            self._was_linked = linked
            self.news.append(("onConnect" if linked else "onDisconnect", {"server": self.server}))
            if not linked:
                self.say(f"{self.server} is silent; every picture goes on for two seconds and then stays")
        strangers = sum(deck.strangers for deck in self.decks.values())
        if strangers > self._strangers:
            self.say_at_times("another server streams to this port too; only one is followed. Close the other, or give "
                              "this component ports of its own", now)
        self._strangers = strangers

    def _answer(self, number: int, answer: Answer, now: float) -> None:
        message = (f"/td/deck/{number}/{answer[0]}", answer[1:])
        if answer[0] in ("ready", "failed"):
            self._answers.say(number, int(str(answer[1])), message, now)
        else:
            self._outgoing.append(message)

    def _path(self, number: int, clip: int) -> str:
        player = self.decks[number].player_of(clip)
        return player.path if player is not None else ""


def _place(address: str) -> Tuple[int, str]:
    parts = address.split("/")
    if len(parts) == 5 and parts[:3] == ["", "td", "deck"] and parts[3].isdecimal() and len(parts[3]) < 9:
        return int(parts[3]), parts[4]
    return 0, address


def _fits(args: Sequence[Any], kinds: Sequence[Any]) -> bool:
    """Whether arguments are of the right types and within 32 bits."""
    return len(args) >= len(kinds) and all(
        isinstance(arg, kind) and not isinstance(arg, bool)
        and not (isinstance(arg, int) and not -_INT_LIMIT <= arg < _INT_LIMIT)
        for arg, kind in zip(args, kinds))  # noqa: B905 - Python 3.9
