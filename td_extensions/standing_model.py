"""Notices pictures that do not follow: frames that cannot be read, of a file that was changed, damaged or taken away.

Knows nothing of TouchDesigner; time is an argument. Python 3.9, standard library only.
"""

from typing import Dict, NamedTuple, Optional

PATIENCE = 2.0
"""Seconds after which a picture that does not follow is spoken of: slow disks have shorter pauses."""
NEAR = 1
"""Frames: what is blended is uploaded by its lower neighbour."""


class _Good(NamedTuple):
    """When a reel was last seen to follow."""

    clip: int
    uploaded: int
    cooks: int
    at: float


class StandingModel:
    """Looked at about once a second for each reel that is seen."""

    def __init__(self) -> None:
        self._good: Dict[int, _Good] = {}

    def stands(self, reel: int, clip: int, asked: Optional[int], uploaded: int, cooks: int, now: float) -> bool:
        """Whether a reel goes on cooking without showing what is asked. Who is not cooked is not looked at."""
        good = self._good.get(reel)
        follows = asked is None or abs(uploaded - asked) <= NEAR
        if good is None or follows or (clip, uploaded) != (good.clip, good.uploaded):
            self._good[reel] = _Good(clip, uploaded, cooks, now)
            return False
        return cooks > good.cooks and now - good.at >= PATIENCE

    def forget(self, reel: int) -> None:
        """Another file is there."""
        self._good.pop(reel, None)
