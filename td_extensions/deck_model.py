"""What a deck shows: ticks, three players and the clips opened on them, with time as an argument.

Knows nothing of TouchDesigner, sockets or codecs. Python 3.9, standard library only: it runs inside
TouchDesigner and in the stand-in deck.
"""

import math
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Tuple

WRAP = 1 << 24
"""Ticks and ids count modulo this: a CHOP carries float32."""
PLAYERS = 3
FREEWHEEL = 2.0
"""Seconds that a deck goes on by itself when no ticks arrive; then it holds."""
_OUTLIER = 0.25
"""A tick this many seconds later than foretold is the truth now: the sender paused or was restarted."""
_CREEP = 5e-4
"""How much later than foretold each second may be: clocks of two machines differ by less."""
_STALE_TICKS = 120
"""A tick at most this far behind is a late packet; one further behind comes from a restarted sender."""

EMPTY, OPENING, READY, FAILED = "empty", "opening", "ready", "failed"


def since(new: int, old: int) -> int:
    """The signed distance from `old` to `new`, the shorter way round."""
    return (new - old + WRAP // 2) % WRAP - WRAP // 2


def nearest(position: float) -> int:
    """The frame on screen at a position in frames, within what a CHOP carries exactly; halves upwards."""
    return math.floor(max(-WRAP, min(position, WRAP)) + 0.5)


class TickClock:
    """When the last tick was sent, by the local clock, with the lateness of its arrival filtered out.

    A packet is never early, so the earliest arrival is the best witness: an earlier one is believed at once,
    a later one is put down to the network or to the moment it was looked at.
    """

    def __init__(self, rate: float = 60.0) -> None:
        self.rate = rate
        self.tick: Optional[int] = None
        self._sent = 0.0
        self._heard = -math.inf

    def accepts(self, tick: int, now: float) -> bool:
        """False for a tick that a later one has overtaken on the way."""
        if self.tick is None or now - self._heard > 1.0:
            return True
        return not -_STALE_TICKS <= since(tick, self.tick) < 0

    def hear(self, tick: int, now: float) -> None:
        """Take in a tick that arrived at `now`; the same one once more says only that the sender lives."""
        if self.tick is None:
            self._sent = now
        else:
            steps = since(tick, self.tick)
            if steps:
                foretold = self._sent + steps / self.rate + _CREEP * max(0.0, now - self._heard)
                self._sent = foretold if steps > 0 and 0.0 <= now - foretold <= _OUTLIER else now
        self.tick = tick
        self._heard = now

    def age(self, now: float) -> float:
        """Seconds since the last tick was sent; stops growing when it was heard FREEWHEEL seconds ago."""
        if self.tick is None:
            return 0.0
        return max(0.0, min(now, self._heard + FREEWHEEL) - self._sent)

    def silent(self, now: float) -> float:
        """Seconds since anything was heard."""
        return now - self._heard


@dataclass
class Command:
    """What the stream says to one player: which open clip, its frame at the tick, frames a second, level."""

    clip: int
    frame: float
    rate: float
    level: float


@dataclass
class PlayerModel:
    """One player: the clip opened on it and the frame it is to show."""

    number: int
    open_id: Optional[int] = None
    path: str = ""
    start: int = 0
    """The frame to show when it opens, before the stream speaks of it."""
    state: str = EMPTY
    frames: int = 0
    """How many frames the open clip has; 0 while that is unknown."""
    reason: str = ""
    level: float = 0.0
    command: Optional[Command] = None
    wanted: Optional[int] = None
    """The frame last asked of the open clip; held while the stream speaks of another clip."""
    keeps: bool = False
    """Whether the last picture of the clip before is to stay: it was closed or replaced with its level still up."""

    def frame_to_show(self, age: float) -> Optional[int]:
        """The frame of the open clip to show `age` seconds after the tick; None when nothing is open."""
        if self.open_id is None or self.state == FAILED:
            return None
        command = self.command
        if command is not None and command.clip == self.open_id:
            self.wanted = nearest(command.frame + command.rate * age)
        frame = self.start if self.wanted is None else self.wanted
        frame = max(0, frame)
        return min(frame, self.frames - 1) if self.frames else frame

    def close(self) -> None:
        """Forget the clip; level and command stay what the stream says, and so does a picture that is visible."""
        self.keeps = self.level > 0.0 and (self.keeps or self.state == READY)
        self.open_id, self.path, self.start, self.state = None, "", 0, EMPTY
        self.frames, self.reason, self.wanted = 0, "", None

    def settle(self) -> None:
        """Let the picture of the clip before go when its level has dropped, or the new clip is ready and asked for."""
        asked_for = self.command is not None and self.command.clip == self.open_id
        if self.level <= 0.0 or (self.state == READY and asked_for):
            self.keeps = False


Answer = Tuple[object, ...]
"""An event for the server: its last address part, then its arguments."""


@dataclass
class DeckModel:
    """Three players driven by one stream. Events are idempotent by id: a repeated one changes nothing."""

    number: int
    clock: TickClock = field(default_factory=TickClock)
    players: List[PlayerModel] = field(default_factory=lambda: [PlayerModel(n) for n in range(PLAYERS)])
    _closed: List[int] = field(default_factory=list)
    _held_until: float = -math.inf

    def open(self, clip: int, player: int, path: str, frame: int) -> Tuple[Answer, bool]:
        """Open a clip on a player. Returns the answer to send and whether the file is to be opened now.

        An id that is open with another path comes from a server that was restarted: it is a new clip.
        """
        if not 0 <= player < PLAYERS:
            return ("failed", clip, f"there is no player {player}; a deck has 0 to {PLAYERS - 1}"), False
        target = self.players[player]
        if target.open_id == clip and target.path == path:
            return self.answer(target), False
        if clip in self._closed or (target.open_id is not None and since(clip, target.open_id) < 0):
            return ("failed", clip, "it was closed or replaced before this message came"), False
        elsewhere = self.player_of(clip)
        if elsewhere is not None:
            elsewhere.close()
        target.close()
        target.open_id, target.path, target.start, target.state = clip, path, max(0, min(frame, WRAP)), OPENING
        return ("opening", clip), True

    def opened(self, clip: int, frames: int) -> Optional[Answer]:
        """Mark an open clip as one that can be shown. None when it was closed in the meantime."""
        target = self.player_of(clip)
        if target is None:
            return None
        target.state, target.frames = READY, frames
        target.settle()
        return self.answer(target)

    def failed(self, clip: int, reason: str) -> Optional[Answer]:
        """Mark a clip as one that cannot be shown. None when it was closed in the meantime."""
        target = self.player_of(clip)
        if target is None:
            return None
        target.state, target.reason = FAILED, reason
        return self.answer(target)

    def close(self, clip: int) -> None:
        """Close a clip, and refuse late copies of its open message. One that is not open changes no player."""
        if clip not in self._closed:
            self._closed = [*self._closed[-63:], clip]
        target = self.player_of(clip)
        if target is not None:
            target.close()

    def player_of(self, clip: int) -> Optional[PlayerModel]:
        """The player on which a clip is open."""
        return next((player for player in self.players if player.open_id == clip), None)

    @staticmethod
    def answer(player: PlayerModel) -> Answer:
        """What there is to say about the clip open on a player."""
        if player.state == FAILED:
            return ("failed", player.open_id, player.reason)
        return (player.state, player.open_id)

    def apply(self, tick: int, commands: Dict[int, Command], now: float) -> List[str]:
        """Take in one bundle of the stream, arrived at `now`. Returns what breaks the contract, in words.

        What it says to a player in numbers that are not finite is left out.
        """
        if not self.clock.accepts(tick, now):
            return []
        age = self.clock.age(now)
        self.clock.hear(tick, now)
        broken = []
        for number, command in commands.items():
            finite = all(math.isfinite(value) for value in (command.frame, command.rate, command.level))
            if not 0 <= number < PLAYERS or not finite:
                continue
            player = self.players[number]
            if player.wanted is None:
                player.frame_to_show(age)  # what it would have shown is what it holds, cooked or not
            before, player.command = player.command, command
            player.level = min(1.0, max(0.0, command.level))
            player.settle()
            if player.level > 0.0:
                self._held_until = -math.inf
            # One that was up when we came was raised before we could be asked.
            if before is not None and (before.level <= 0.0 or before.clip != command.clip):
                broken += self._blame(player)
        return broken

    def frames_to_show(self, now: float) -> List[Tuple[PlayerModel, int]]:
        """Each player that has a clip, with the frame it is to show at `now`."""
        age = self.clock.age(now)
        frames = [(player, player.frame_to_show(age)) for player in self.players]
        return [(player, frame) for player, frame in frames if frame is not None]

    def forget(self, now: float) -> None:
        """Start over for a new session of the server.

        Ids of the old one mean nothing now. The picture is held until the new one raises a level, FREEWHEEL
        seconds at most: a restart of the server is not seen.
        """
        if any(player.keeps or (player.level > 0.0 and player.state == READY) for player in self.players):
            self._held_until = now + FREEWHEEL
        self.clock = TickClock(self.clock.rate)
        self._closed.clear()
        for player in self.players:
            player.close()
            player.command, player.level, player.keeps = None, 0.0, False

    def holding(self, now: float) -> bool:
        """Whether the mix is to stay as it is, because a new session has raised no level yet."""
        return now < self._held_until

    def _blame(self, player: PlayerModel) -> List[str]:
        command = player.command
        if command is None or player.level <= 0.0:
            return []
        if player.state == READY and command.clip == player.open_id:
            return []
        opened = "nothing" if player.open_id is None else f"clip {player.open_id}, {player.state},"
        rose = f"deck {self.number} player {player.number}: the level rose to {player.level:.2f}"
        return [f"{rose} for clip {command.clip}, but {opened} is open there"]
