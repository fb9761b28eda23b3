"""What a deck shows: ticks, three players and the clips opened on them, with time as an argument.

Knows nothing of TouchDesigner, sockets or codecs. Python 3.9, standard library only: it runs inside
TouchDesigner and in the stand-in deck.
"""

import math
from dataclasses import dataclass, field
from typing import Dict, List, NamedTuple, Optional, Tuple

from td_extensions.player_model import EMPTY, FAILED, OPENING, READY, Command, PlayerModel, nearest
from td_extensions.reels import Ghost, Reels
from td_extensions.tick_clock import FREEWHEEL, WRAP, TickClock, since

PLAYERS = 3
SILENCE = 0.5
"""Seconds without a tick of our own line after which ticks of another line are listened to."""
NO_REEL = 0.25
"""Seconds that an open waits for a reel whose picture is still up; then that picture gives way."""
CLOSED_KEPT = 64

Answer = Tuple[object, ...]
"""An event for the server: its last address part, then its arguments."""


class Shown(NamedTuple):
    """What a reel is to do: the file it is to have, where in it, and how much of it is seen."""

    reel: int
    serial: int
    path: Optional[str]
    start: int
    clip: Optional[int]
    """The open that it is for; None for a picture that only stays."""
    opening: bool
    position: Optional[float]
    """In frames; None: stay as you are."""
    level: float

    @property
    def frame(self) -> Optional[int]:
        return None if self.position is None else nearest(self.position)


@dataclass
class DeckModel:
    """Three players driven by one stream. Events are idempotent by id: a repeated one changes nothing."""

    number: int
    clock: TickClock = field(default_factory=TickClock)
    players: List[PlayerModel] = field(default_factory=lambda: [PlayerModel(n) for n in range(PLAYERS)])
    reels: Reels = field(default_factory=Reels)
    strangers: int = 0
    """Packets of the stream that came from another sender than the one that is followed."""
    _closed: List[int] = field(default_factory=list)
    _held_until: float = -math.inf
    _rival: Optional[TickClock] = None

    # events -----------------------------------------------------------------------------------

    def open(self, clip: int, player: int, path: str, frame: int) -> Tuple[Answer, bool]:
        """Open a clip on a player. Returns the answer to send, and whether this was news.

        An id that is open with another path comes from a server that was restarted: it is a new clip.
        """
        if not 0 <= player < PLAYERS:
            return ("failed", clip, f"there is no player {player}; a deck has 0 to {PLAYERS - 1}"), False
        target = self.players[player]
        if target.open_id == clip and target.path == path:
            target.doubted = False
            return self.answer(target), False
        if clip in self._closed or (target.open_id is not None and not target.doubted
                                    and since(clip, target.open_id) < 0):
            return ("failed", clip, "it was closed or replaced before this message came"), False
        elsewhere = self.player_of(clip)
        if elsewhere is not None:
            self._close(elsewhere)
        self._close(target)
        target.open_id, target.path, target.start, target.state = clip, path, max(0, min(frame, WRAP)), OPENING
        self._adopt(target)
        self._seat(target)
        return self.answer(target), True

    def opened(self, clip: int, frames: int) -> Optional[Answer]:
        """Mark an open clip as one that can be shown. None when it was closed in the meantime."""
        target = self.player_of(clip)
        if target is None:
            return None
        target.state, target.frames = READY, frames
        if target.reel is not None:
            self.reels.all[target.reel].frames = frames
        self._settle(target)
        return self.answer(target)

    def failed(self, clip: int, reason: str) -> Optional[Answer]:
        """Mark a clip as one that cannot be shown; what is seen of it stays. None when it was closed meanwhile."""
        target = self.player_of(clip)
        if target is None:
            return None
        if target.reel is not None and not (target.state == READY and target.level > 0.0):
            self.reels.free(target.reel)
            target.reel = None
        target.state, target.reason = FAILED, reason
        return self.answer(target)

    def close(self, clip: int) -> None:
        """Close a clip, and refuse late copies of its open message. One that is not open changes no player."""
        if clip not in self._closed:
            self._closed = [*self._closed[1 - CLOSED_KEPT:], clip]
        target = self.player_of(clip)
        if target is not None:
            self._close(target)

    def player_of(self, clip: int) -> Optional[PlayerModel]:
        """The player on which a clip is open."""
        return next((player for player in self.players if player.open_id == clip), None)

    @staticmethod
    def answer(player: PlayerModel) -> Answer:
        """What there is to say about the clip open on a player."""
        if player.state == FAILED:
            return ("failed", player.open_id, player.reason)
        return (player.state, player.open_id)

    # the stream -------------------------------------------------------------------------------

    def apply(self, tick: int, commands: Dict[int, Command], now: float) -> List[str]:
        """Take in one bundle of the stream, arrived at `now`. Returns what breaks the contract, in words.

        What it says to a player in numbers that are not finite is left out.
        """
        if not self._believes(tick, now):
            return []
        for player in self.players:
            player.position(now)  # what it would have shown is what it holds, cooked or not
        self.clock.hear(tick, now)
        broken = []
        for number, command in commands.items():
            if not 0 <= number < PLAYERS or not command.finite:
                continue
            player = self.players[number]
            if player.doubted:
                continue
            before = player.command
            player.tell(self.clock, tick, command)
            player.position(now)
            self._settle(player)
            # One that was up when we came was raised before we could be asked.
            if before is not None and (before.level <= 0.0 or before.clip != command.clip):
                broken += self._blame(player)
        return broken

    def shown(self, now: float) -> List[Shown]:
        """What every reel is to do at `now`."""
        for player in self.players:
            self._seat(player, now)
        seen = sum(self._level(player) for player in self.players)
        self._let_go(seen, now)
        stay = self._stay(seen)
        return [self._shown(reel.number, stay, now) for reel in self.reels.all]

    def frames_to_show(self, now: float) -> List[Tuple[PlayerModel, int]]:
        """Each player that has a clip, with the frame it is to show at `now`."""
        frames = [(player, player.frame_to_show(now)) for player in self.players]
        return [(player, frame) for player, frame in frames if frame is not None]

    @property
    def prepared(self) -> Optional[PlayerModel]:
        """The player that was opened last of those that can be shown and are not seen: what comes next."""
        hidden = [player for player in self.players if player.state == READY and player.level <= 0.0]
        latest: Optional[PlayerModel] = None
        for player in hidden:
            if latest is None or since(player.open_id or 0, latest.open_id or 0) > 0:
                latest = player
        return latest

    # sessions ---------------------------------------------------------------------------------

    def forget(self, now: float, tick_rate: float = 60.0) -> None:
        """Start over for a new session of the server, that sends so many ticks a second.

        Ids of the old one mean nothing now. What is seen goes on by the old ticks until the new session shows
        something, FREEWHEEL seconds at most if it wants to show nothing: a restart of the server is not seen.
        """
        seen = [(player, self._level(player)) for player in self.players]
        for ghost in self.reels.ghosts_of(None):
            ghost.level *= self._stay(sum(level for _, level in seen))
        for player, level in seen:
            for ghost in self.reels.ghosts_of(player.number):
                ghost.player, ghost.level = None, player.level
            if level > 0.0 and player.reel is not None:
                moves = player.position(now) is not None and player.asked_for
                held = float(player.start) if player.wanted is None else player.wanted
                self.reels.ghosts.append(Ghost(player.reel, None, level, held, player.frames,
                                               player.line if moves else None))
            elif player.reel is not None and not self.reels.haunted(player.reel):
                self.reels.free(player.reel)
            player.clear()
            player.command, player.line, player.before, player.level = None, None, None, 0.0
        self._held_until = now + FREEWHEEL
        self.clock = TickClock(tick_rate)
        self._closed.clear()

    def shun(self) -> None:
        """Follow the sender of now no longer, though it may go on: another server is to be followed."""
        self._rival = self._rival if self.clock.tick is None else self.clock
        self._doubt()

    def trust(self) -> None:
        """The sender is the one that we know: what is open goes on being driven."""
        for player in self.players:
            player.doubted = False

    def back(self) -> None:
        """The server to be followed is the one that was shunned."""
        self._rival = None

    # ------------------------------------------------------------------------------------------

    def _believes(self, tick: int, now: float) -> bool:
        """Whether a tick is the next of the sender that is followed."""
        if self.clock.in_line(tick, now) or self.clock.tick is None:
            if self.clock.tick is None and self._rival is not None and self._rival.in_line(tick, now):
                self.strangers += 1
                return False
            return self.clock.accepts(tick, now)
        if self.clock.silent(now) < SILENCE or (self._rival is not None and self._rival.in_line(tick, now)):
            self.strangers += 1
            return False
        self._doubt()
        return True

    def _doubt(self) -> None:
        """Let what is open go on by the ticks until now."""
        for player in self.players:
            player.doubted = player.open_id is not None
        self.clock = TickClock(self.clock.rate)

    def _close(self, player: PlayerModel) -> None:
        """Take the clip from a player; a picture that is seen stays."""
        number, level = player.reel, self._level(player)
        if number is not None and level > 0.0:
            held = float(player.start) if player.wanted is None else player.wanted
            self.reels.ghosts.append(Ghost(number, player.number, level, held, player.frames))
        elif number is not None and not self.reels.haunted(number):
            self.reels.free(number)
        player.clear()

    def _adopt(self, player: PlayerModel) -> None:
        """Take over the reel of the session before that has the same movie open: then nothing is opened."""
        taken = self._in_use()
        for ghost in self.reels.ghosts_of(None):
            reel = self.reels.all[ghost.reel]
            if reel.path == player.path and ghost.reel not in taken:
                player.reel, player.state, player.frames = ghost.reel, READY, reel.frames
                return

    def _seat(self, player: PlayerModel, now: Optional[float] = None) -> None:
        """Find a reel for a clip that is to be opened; after a while the faintest picture that stays gives way."""
        if player.state != OPENING or player.reel is not None:
            return
        number = self.reels.unused(self._in_use(), player.number)
        if number is None and now is not None:
            player.unseated = now if player.unseated is None else player.unseated
            ghosts = [ghost for ghost in self.reels.ghosts if ghost.reel not in self._in_use()]
            if ghosts and now - player.unseated >= NO_REEL:
                faintest = min(ghosts, key=lambda ghost: ghost.level)
                self.reels.drop([faintest], self._in_use())
                number = faintest.reel
        if number is not None:
            player.reel = number
            self.reels.give(number, player.path, player.start)

    def _in_use(self) -> List[Optional[int]]:
        return [player.reel for player in self.players if player.reel is not None]

    def _level(self, player: PlayerModel) -> float:
        """How much is seen of the clip that is open on a player."""
        if player.reel is None or player.state in (EMPTY, OPENING) or self.reels.ghosts_of(player.number):
            return 0.0
        return player.level

    def _settle(self, player: PlayerModel) -> None:
        """Let the picture of the clip before go when its level has dropped, or the new clip is ready and asked for."""
        if player.level <= 0.0 or (player.state == READY and player.asked_for):
            self.reels.drop(self.reels.ghosts_of(player.number), self._in_use())

    def _stay(self, seen: float) -> float:
        """How much of the session before is left beside what the new one shows, as a part of what it was."""
        whole = sum(ghost.level for ghost in self.reels.ghosts_of(None))
        return max(0.0, 1.0 - seen / whole) if whole > 0.0 else 0.0

    def _let_go(self, seen: float, now: float) -> None:
        old = self.reels.ghosts_of(None)
        if not old:
            return
        wanted = sum(player.level for player in self.players)
        over = now >= self._held_until and (seen > 0.0 or wanted <= 0.0)
        if over or self._stay(seen) <= 0.0:
            self.reels.drop(old, self._in_use())

    def _shown(self, number: int, stay: float, now: float) -> Shown:
        reel = self.reels.all[number]
        player = next((player for player in self.players if player.reel == number), None)
        level, position, clip = 0.0, None, None
        for ghost in self.reels.ghosts:
            if ghost.reel == number:
                kept = stay if ghost.player is None else 1.0
                own = ghost.level if ghost.player is None else self.players[ghost.player].level
                level, position = level + own * kept, ghost.at(now)
        if player is not None:
            seen = self._level(player)
            clip = player.open_id
            if seen > 0.0 or position is None:
                position = player.position(now)
            level += seen
        opening = player is not None and player.state == OPENING
        return Shown(number, reel.serial, reel.path, reel.start, clip, opening, position, min(1.0, level))

    def _blame(self, player: PlayerModel) -> List[str]:
        command = player.command
        if command is None or player.level <= 0.0:
            return []
        if player.state == READY and command.clip == player.open_id:
            return []
        opened = "nothing" if player.open_id is None else f"clip {player.open_id}, {player.state},"
        rose = f"deck {self.number} player {player.number}: the level rose to {player.level:.2f}"
        return [f"{rose} for clip {command.clip}, but {opened} is open there"]
