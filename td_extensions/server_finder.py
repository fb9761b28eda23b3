"""The servers that can be found: when to ask the network, who has answered, and what the drop-down says of it.

Knows nothing of TouchDesigner or sockets. Python 3.9, standard library only.
"""

import math
from typing import Dict, List, Tuple

from td_extensions.dns_sd import Found, servers

ASK_ALONE, ASK_LINKED = 3.0, 60.0
"""Seconds between questions: without a server, and with one."""
LISTEN = 2.0
"""Seconds that answers may take."""
PATIENCE = 3
"""Questions that a server may leave unanswered: packets get lost."""
FOUND_MAX = 32


class ServerFinder:
    """A list of servers by name."""

    def __init__(self) -> None:
        self._asked = -math.inf
        self._unanswered: Dict[Found, int] = {}

    def again(self) -> None:
        """Ask at the next turn."""
        self._asked = -math.inf

    def due(self, linked: bool, now: float) -> bool:
        """Whether to ask now."""
        if now - self._asked < (ASK_LINKED if linked else ASK_ALONE):
            return False
        self._asked = now
        self._unanswered = {found: missed + 1 for found, missed in self._unanswered.items() if missed < PATIENCE}
        return True

    def listening(self, now: float) -> bool:
        """Whether answers may still come."""
        return now - self._asked < LISTEN

    def heard(self, data: bytes, sender: str) -> None:
        """Take in a packet."""
        for found in servers(data, sender):
            if found in self._unanswered or len(self._unanswered) < FOUND_MAX:
                self._unanswered[found] = 0

    @property
    def found(self) -> List[Found]:
        """By name, and by place where names are the same."""
        return sorted(self._unanswered)

    def menu(self, usual: str) -> Tuple[List[str], List[str]]:
        """What can be chosen, and how it reads; the usual place first, whether somebody is there or not."""
        names, labels = [], []
        for found in sorted(self._unanswered, key=lambda one: (one.place != usual, one)):
            if found.place not in names:
                names.append(found.place)
                labels.append(f"{found.name} ({found.place})")
        if usual not in names:
            names.insert(0, usual)
            labels.insert(0, usual)
        return names, labels
