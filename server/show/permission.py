"""What may be done now: a disengaged server follows few rows, and what the song has locked is changed by nobody.

Knows which rows are locked, not why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from server.protocol.command import Command

ALSO: Final[Mapping[str, tuple[str, ...]]] = {"/clock/tempo": ("/clock/tap", "/clock/source")}
"""Rows that would change the value of another one."""


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

    def refusal(self, command: Command, *, engaged: bool) -> Refusal | None:
        """Why a command is not followed; None when it is. Questions are always answered."""
        if command.asks:
            return None
        address = command.row.address
        if not (engaged or address.startswith(("/system/", "/td/"))):
            return Refusal("disengaged", "the server is disengaged and ignores commands; /system/engaged 1 takes them "
                           "again")
        name = self._locked.get(address)
        if name is None:
            return None
        return Refusal("locked", f"{name} is locked by the song; change it under [locked] in the song's settings, and "
                       "start the server again")
