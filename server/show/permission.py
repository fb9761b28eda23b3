"""What may be done now: a disengaged server follows few rows, and what is locked is changed by nobody.

Knows which rows are locked by the song, not why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from server.protocol.command import Command
from server.protocol.row import Row

ALSO: Final[Mapping[str, tuple[str, ...]]] = {"/clock/tempo": ("/clock/tap", "/clock/source")}
"""Rows that would change the value of another one."""
SET_UP: Final = frozenset((
    "/clock/source", "/clock/ahead", "/clock/device", "/timecode/rate", "/timecode/offset", "/timecode/freewheel",
    "/timecode/tolerance", "/deck/{n}/chase/start", "/deck/{n}/latency", "/master/latency", "/learn/start",
    "/learn/set", "/learn/forget", "/snapshot/delete", "/snapshot/rename", "/snapshot/lock"))
"""Rows that say how things are set up, besides those of generation that have a value."""
_GENERATE: Final = "/generate/"
_LIVE: Final = "/generate/pause"


class Refusal(NamedTuple):
    """Why a command is not followed, as `/error` says it."""

    code: str
    text: str


class Permission:
    """`locked`: the names of settings that nobody may change, by the row that each starts."""

    def __init__(self, locked: Mapping[str, str]) -> None:
        rows = dict(locked)
        for row, name in locked.items():
            rows |= dict.fromkeys(ALSO.get(row, ()), name)
        self._locked: Final = rows

    def refusal(self, command: Command, *, engaged: bool, locked: bool = False) -> Refusal | None:
        """Why a command is not followed; None when it is. Questions are always answered.

        `locked`: nobody changes how things are set up.
        """
        if command.asks:
            return None
        address = command.row.address
        if not (engaged or address.startswith(("/system/", "/td/"))):
            return Refusal("disengaged", "the server is disengaged and ignores commands; /system/engaged 1 takes them "
                           "again")
        if locked and _sets_up(command.row):
            return Refusal("locked", "how things are set up is locked while performing; /system/lock 0 lets it be "
                           "changed")
        name = self._locked.get(address)
        if name is None:
            return None
        return Refusal("locked", f"{name} is locked by the song; change it under [locked] in the song's settings, and "
                       "start the server again")


def _sets_up(row: Row) -> bool:
    address = row.address
    return address in SET_UP or (address.startswith(_GENERATE) and row.access == "rw" and address != _LIVE)
