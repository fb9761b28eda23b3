"""Which OSC addresses belong to controllers, for dispatchers to look at. Written by the show, read by every thread."""

from __future__ import annotations


class Ears:
    """Both attributes are replaced, never changed in place, so that no reader needs a lock."""

    __slots__ = ("addresses", "learning")

    def __init__(self) -> None:
        self.addresses: frozenset[str] = frozenset()
        """Addresses that something is laid on."""
        self.learning = False
        """Whether a control is waited for: then also what no row has is one."""
