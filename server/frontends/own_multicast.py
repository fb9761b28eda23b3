"""A socket that hears multicast from this computer and nothing from any other. Knows nothing of what is said."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from typing import Any, Final

LOOPBACK: Final = "127.0.0.1"
_IP_MULTICAST_ALL: Final = 49
"""Linux: without it, groups that any program has joined on any network are heard, too."""


def own_multicast(group: str, port: int, *, system: Any = socket, platform: str = sys.platform) -> socket.socket:
    """Bind a port that others may have, too, for what is said to a group over loopback. Raises OSError.

    Bound to everything, as multicast sockets usually are, it would take packets from the whole network. Bound to the
    group it takes what is sent to that; Windows knows no such address, and hears the group where it has joined.
    """
    sock: socket.socket = system.socket(system.AF_INET, system.SOCK_DGRAM, system.IPPROTO_UDP)
    try:
        sock.setsockopt(system.SOL_SOCKET, system.SO_REUSEADDR, 1)
        if hasattr(system, "SO_REUSEPORT"):
            with contextlib.suppress(OSError):
                sock.setsockopt(system.SOL_SOCKET, system.SO_REUSEPORT, 1)
        if platform == "linux":
            sock.setsockopt(system.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
        sock.bind((LOOPBACK if platform == "win32" else group, port))
        membership = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton(LOOPBACK))
        sock.setsockopt(system.IPPROTO_IP, system.IP_ADD_MEMBERSHIP, membership)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock
