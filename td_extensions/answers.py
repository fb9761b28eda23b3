"""Answers that must not get lost: repeated until the server has acknowledged them. Knows nothing of sockets.

Python 3.9, standard library only: it runs inside TouchDesigner and in the stand-in deck.
"""

from typing import Dict, List, Tuple

EVERY = 0.1
"""Seconds between copies."""
TRIES = 50
"""Copies after which nobody seems to be there; a new session asks for everything again."""

Message = Tuple[str, Tuple[object, ...]]
"""An address and its arguments."""


class _Pending:
    """One answer, and when it is to be said again."""

    def __init__(self, request: str, message: Message, due: float) -> None:
        self.request = request
        self.message = message
        self.due = due
        self.left = TRIES


class Answers:
    """At most one answer for each clip of a deck: the last one counts."""

    def __init__(self) -> None:
        self._pending: Dict[Tuple[int, int], _Pending] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._pending)

    def say(self, deck: int, clip: int, message: Message, now: float) -> None:
        """Have an answer said now, and again until it is acknowledged."""
        old = self._pending.get((deck, clip))
        if old is not None and old.message == message:
            old.due = now
            return
        self._number += 1
        self._pending[deck, clip] = _Pending(f"r{self._number}", message, now)

    def acknowledged(self, request: str) -> None:
        """The server has read the answer with this request id."""
        for key, pending in list(self._pending.items()):
            if pending.request == request:
                del self._pending[key]

    def forget(self, deck: int, clip: int) -> None:
        """Nobody asks any more."""
        self._pending.pop((deck, clip), None)

    def clear(self) -> None:
        """Nobody asks for anything any more."""
        self._pending.clear()

    def due(self, now: float) -> List[Message]:
        """What to send now; the request id is the last argument."""
        messages = []
        for key, pending in list(self._pending.items()):
            if now < pending.due:
                continue
            address, args = pending.message
            messages.append((address, (*args, "#" + pending.request)))
            pending.due = now + EVERY
            pending.left -= 1
            if pending.left <= 0:
                del self._pending[key]
        return messages
