"""Main and backup when a server begins: which of both it is, and where the other one is. Decides nothing else."""

from __future__ import annotations

import socket
from dataclasses import replace
from importlib import metadata
from typing import Final

from server.app.resuming import Resumption
from server.errors import ServeError
from server.settings.resolved import Settings
from server.show.peer_state import BACKUP, PeerState
from server.show.state import ShowState
from server.units import Seconds

CLAIM: Final[Seconds] = 0.5
"""How long a main server waits at its start for the other one to say that it plays already."""
PORT: Final = 7500


def standing_by(state: ShowState, settings: Settings, name: str, port: int, now: Seconds,
                kept: Resumption | None) -> ShowState:
    """The state of a server that receives at `port` and begins now, with what one that died left, if anything.

    Raises ServeError for a backup that does not know the main server, and for an address that means nothing.
    """
    backup = settings.role == BACKUP
    if backup and not settings.peer:
        raise ServeError("a backup needs to know the main server: --peer ADDRESS, with :PORT where that is not 7500")
    address = address_of(settings.peer) if settings.peer else None
    before = state.peer
    same = kept is not None and kept.manner == "on" and before.role == settings.role
    claim = now + CLAIM if address is not None and not backup and not same else None
    active = before.active if same else not backup and claim is None
    return replace(state, peer=PeerState(settings.role, active, before.term if same else 0, name, version(), port,
                                         address, settings.takeover_after, claim))


def address_of(text: str) -> tuple[str, int]:
    """The numeric address and the port of `host` or `host:port`. Raises ServeError."""
    host, _, number = text.strip().rpartition(":") if ":" in text else (text.strip(), "", str(PORT))
    if not host or not number.isascii() or not number.isdigit() or not 0 < int(number[:6]) < 65536:
        raise ServeError(f"{text!r} is no address of a server; write 192.168.1.10 or 192.168.1.10:7500")
    try:
        return str(socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)[0][4][0]), int(number)
    except OSError:
        raise ServeError(f"there is no computer {host!r}; give --peer the other server's numeric address") from None


def version() -> str:
    """The version of this program; empty where it was not installed."""
    try:
        return metadata.version("interscene")
    except metadata.PackageNotFoundError:
        return ""
