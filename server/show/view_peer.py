"""What main and backup look like from outside. Pure."""

from __future__ import annotations

from typing import Any, Final

from server.show.peer_state import PeerState
from server.units import Seconds

LASTING: Final[Seconds] = 1.0
"""A difference is told when it has been there for so long: two servers are never told the same at one moment."""


def peer_values(peer: PeerState) -> dict[str, tuple[Any, ...]]:
    """The `/system/state/` rows of main and backup."""
    return {"role": (peer.role,), "active": (peer.active,), "peer": (_other(peer),),
            "differences": ("; ".join(lasting(peer)),)}


def lasting(peer: PeerState) -> list[str]:
    """The differences that are there to stay."""
    return [text for text, since in peer.unlike if peer.told is not None and peer.compared - since >= LASTING]


def _other(peer: PeerState) -> str:
    if peer.told is None:
        return ""
    how = "silent" if peer.away else "plays" if peer.told.active else "muted"
    return f"{peer.told.role} {peer.told.name} {how}"
