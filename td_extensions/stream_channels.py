"""The stream as channels of an OSC In CHOP: their names, and what their values say.

Knows nothing of TouchDesigner. Python 3.9, standard library only.
"""

import math
from typing import Dict, List, Optional, Sequence, Tuple

from td_extensions.player_model import Command

PLAYERS = 3
_FIELDS = ("clip", "frame", "rate", "level")


def channel_names(deck: int) -> List[str]:
    """The channels of a deck, in the order in which `read_channels` wants their values."""
    names = [f"td/deck/{deck}/tick"]
    return names + [f"td/deck/{deck}/player/{player}/{field}" for player in range(PLAYERS) for field in _FIELDS]


def read_channels(values: Sequence[Optional[float]]) -> Optional[Tuple[int, Dict[int, Command]]]:
    """The tick and what it says to each player; None while channels are missing or no numbers."""
    if any(value is None or not math.isfinite(value) for value in values):
        return None
    tick, *rest = [float(value or 0.0) for value in values]
    commands = {}
    for player in range(PLAYERS):
        clip, frame, rate, level = rest[4 * player:4 * player + 4]
        commands[player] = Command(int(clip), frame, rate, level)
    return int(tick), commands
