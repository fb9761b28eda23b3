"""Ableton Link's beats for the server: when they are due, and which message says them.

Knows nothing of TouchDesigner. Python 3.9, standard library only.
"""

import math
from typing import List, Optional, Tuple

EVERY = 0.04
"""Seconds between messages: the server averages what comes over some seconds."""
TEMPO_MIN, TEMPO_MAX = 20.0, 999.0


class BeatModel:
    """Says beats as long as it is asked to."""

    def __init__(self) -> None:
        self._next = -math.inf

    def due(self, wanted: bool, now: float) -> bool:
        """Whether to look at the beat now."""
        if not wanted or now < self._next:
            return False
        self._next = now + EVERY
        return True

    @staticmethod
    def message(beats: Optional[float], tempo: Optional[float]) -> Optional[Tuple[str, List[float]]]:
        """`/clock/beats` with its arguments; None while Link says nothing that can be used."""
        if beats is None or not math.isfinite(beats) or beats < 0.0:
            return None
        if tempo is None or not TEMPO_MIN <= tempo <= TEMPO_MAX:
            return "/clock/beats", [float(beats)]
        return "/clock/beats", [float(beats), float(tempo)]
