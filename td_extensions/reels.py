"""The Movie File In TOPs of a deck, and pictures that stay on them although their clip is gone.

Knows nothing of TouchDesigner: a reel is the file that a TOP is to have. Python 3.9, standard library only.
"""

from dataclasses import dataclass, field
from typing import List, Optional

from td_extensions.player_model import Line

REELS = 3


@dataclass
class Reel:
    """What one TOP is to have open. `serial` grows whenever that changes; a path of None is nothing."""

    number: int
    serial: int = 0
    path: Optional[str] = None
    start: int = 0
    frames: int = 0


@dataclass
class Ghost:
    """A picture that stays until what comes after it can be seen.

    Of a player: it was closed or replaced with its level still up, stands, and follows that level. Without one: it
    was on screen when another session of the server began, and goes on by the old ticks.
    """

    reel: int
    player: Optional[int]
    level: float
    position: float
    frames: int = 0
    line: Optional[Line] = None

    def at(self, now: float) -> float:
        """The place in its movie."""
        if self.line is not None:
            self.position = self.line.at(now)
        last = self.frames - 1.0 if self.frames else self.position
        return max(0.0, min(self.position, last))


@dataclass
class Reels:
    """The reels of a deck, and the ghosts on them."""

    all: List[Reel] = field(default_factory=lambda: [Reel(number) for number in range(REELS)])
    ghosts: List[Ghost] = field(default_factory=list)

    def give(self, number: int, path: Optional[str], start: int) -> None:
        """Have a reel open a file, also the same one again."""
        reel = self.all[number]
        reel.serial += 1
        reel.path, reel.start, reel.frames = path, start, 0

    def free(self, number: int) -> None:
        """Have a reel open nothing."""
        if self.all[number].path is not None:
            self.give(number, None, 0)

    def ghosts_of(self, player: Optional[int]) -> List[Ghost]:
        """Those of a player; of None, those of the session before."""
        return [ghost for ghost in self.ghosts if ghost.player == player]

    def haunted(self, number: int) -> bool:
        """Whether a picture stays on a reel."""
        return any(ghost.reel == number for ghost in self.ghosts)

    def drop(self, ghosts: List[Ghost], in_use: List[Optional[int]]) -> None:
        """Let pictures go, and free their reels where nobody else uses them."""
        for ghost in ghosts:
            self.ghosts.remove(ghost)
            if ghost.reel not in in_use and not self.haunted(ghost.reel):
                self.free(ghost.reel)

    def unused(self, in_use: List[Optional[int]], wish: int) -> Optional[int]:
        """A reel that nobody uses; the one wished for, if it is."""
        free = [reel.number for reel in self.all if reel.number not in in_use and not self.haunted(reel.number)]
        return wish if wish in free else (free[0] if free else None)
