"""Addresses of host names. A look-up may take seconds, so it is made beside the main thread and collected later.

Knows nothing of TouchDesigner. Python 3.9, standard library only.
"""

import socket
import threading
from typing import Callable, Dict, List, Tuple

AGAIN = 10.0
"""Seconds after which a name that nobody knew is looked up again."""
LookUp = Callable[[str], List[str]]


def look_up(host: str) -> List[str]:
    """The IPv4 addresses of a name. Blocks; raises OSError or UnicodeError."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)]


class _Asked:
    """One look-up. Only its own thread writes it, `done` last."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.addresses: Tuple[str, ...] = ()
        self.done = False


class HostNames:
    """What is known of each name; looked up once, and again only when nobody knew it or `forget` was called."""

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        self._asked: Dict[str, _Asked] = {}

    def addresses(self, host: str, now: float) -> Tuple[str, ...]:
        """Its addresses, the first to be sent to; empty while they are not known."""
        if in_digits(host):
            return (host,)
        asked = self._asked.get(host)
        if asked is None or (asked.done and not asked.addresses and now - asked.at >= AGAIN):
            asked = self._asked[host] = _Asked(now)
            threading.Thread(target=self._work, args=(host, asked), name="host name", daemon=True).start()
        return asked.addresses if asked.done else ()

    def unknown(self, host: str) -> bool:
        """Whether a look-up has ended with nothing."""
        asked = self._asked.get(host)
        return asked is not None and asked.done and not asked.addresses

    def forget(self) -> None:
        """Look up anew what is asked from now on."""
        self._asked.clear()

    def _work(self, host: str, asked: _Asked) -> None:
        try:
            asked.addresses = tuple(dict.fromkeys(self._look_up(host)))
        except (OSError, UnicodeError):  # nobody knows it, or it can be no name
            asked.addresses = ()
        asked.done = True


def in_digits(host: str) -> bool:
    """Whether a host is an address already."""
    parts = host.split(".")
    return len(parts) == 4 and all(part.isascii() and part.isdigit() and int(part) < 256 for part in parts)
