"""The link to the server: when to say hello and when to report health, with time as an argument.

Knows nothing of sockets. Python 3.9, standard library only: it runs inside TouchDesigner and in the stand-in.
"""

import math
from typing import List, Optional

PROTOCOL = 1
HELLO_EVERY = 0.5
"""Twice a second, so that a server that was restarted is in sync within one."""
LOST_AFTER = 0.5
HEALTH_EVERY = 1.0


class LinkModel:
    """One link; `session` names the run of the server that welcomed us last, None before any welcome."""

    def __init__(self) -> None:
        self.session: Optional[int] = None
        self._welcome = False
        self._again = False
        self._heard = -math.inf
        self._hello = -math.inf
        self._health = -math.inf

    def linked(self, now: float) -> bool:
        """Whether a server has welcomed us and is still heard."""
        return self._welcome and now - self._heard < LOST_AFTER

    def heard(self, now: float) -> None:
        """Note that the server's stream arrived; after a silence it may be another server's, so it links nothing."""
        self._welcome = self.linked(now)
        self._heard = now

    def welcomed(self, session: int, now: float) -> bool:
        """Take in a welcome. True when it is another session than the last: everything starts over."""
        new = session != self.session
        self.session = session
        self._welcome, self._again = True, False
        self._heard = now
        return new

    def again(self) -> None:
        """Say hello until it is answered, although we are linked: it says something else than the last one."""
        self._again = True

    def due(self, now: float) -> List[str]:
        """What to send now: "hello", "health", both or nothing."""
        messages = []
        if (self._again or not self.linked(now)) and now - self._hello >= HELLO_EVERY:
            self._hello = now
            messages.append("hello")
        if self.session is not None and now - self._health >= HEALTH_EVERY:
            self._health = now
            messages.append("health")
        return messages
