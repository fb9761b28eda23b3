"""The sockets that a question goes out by, and its answers come in by. Nothing here waits, and nothing raises.

Knows nothing of TouchDesigner. Python 3.9, standard library only.
"""

import socket
from typing import List, Optional, Tuple

LOOPBACK = "127.0.0.1"
FAR = ("224.0.0.251", "10.0.0.1", "172.16.0.1", "192.168.0.1", "192.168.1.1", "2.0.0.1", "169.254.1.1")
"""Places on the networks of shows: the way there names our own addresses. Nothing is sent to them."""
AT_ONCE = 64
DATAGRAM = 9000


class Multicast:
    """Sockets that are open while answers are listened to."""

    def __init__(self) -> None:
        self._sockets: List[socket.socket] = []

    def ask(self, packet: bytes, group: str, port: int, others: Tuple[str, ...] = ()) -> None:
        """Send to a group on every network at hand, also on those where `others` (addresses in digits) are."""
        self.close()
        for interface in _interfaces((*FAR, *others)):
            opened = _open(interface)
            if opened is not None and _sent(opened, packet, group, port):
                self._sockets.append(opened)

    def heard(self) -> List[Tuple[bytes, str]]:
        """What has arrived by now, and from whom."""
        packets = []
        for each in self._sockets:
            for _ in range(AT_ONCE):
                try:
                    data, sender = each.recvfrom(DATAGRAM)
                except OSError:  # nothing more, or a network that is gone
                    break
                packets.append((data, str(sender[0])))
        return packets

    def close(self) -> None:
        """Listen no longer."""
        for each in self._sockets:
            each.close()
        self._sockets = []


def _interfaces(places: Tuple[str, ...]) -> List[str]:
    """Our own addresses on the ways to these places: connecting a datagram socket sends nothing."""
    found = [LOOPBACK]
    for place in places:
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.setblocking(False)
                probe.connect((place, 9))
                address = str(probe.getsockname()[0])
        except OSError:  # no way there
            continue
        if address not in found and address != "0.0.0.0":  # noqa: S104 - what some systems say before they know
            found.append(address)
    return found


def _open(interface: str) -> Optional[socket.socket]:
    try:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:
        return None
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        opened.bind((interface, 0))
    except OSError:
        opened.close()
        return None
    return opened


def _sent(opened: socket.socket, packet: bytes, group: str, port: int) -> bool:
    try:
        opened.sendto(packet, (group, port))
    except OSError:
        opened.close()
        return False
    return True
