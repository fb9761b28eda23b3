"""Names of MIDI ports as systems spell them, made into names that stay when a device is plugged in again. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from server.protocol.text import printable

_NAME_MAX: Final = 80
_ALSA: Final = re.compile(r"\s+\d+:\d+$")
_AGAIN: Final = re.compile(r"^\d+\s?- ")


def stable_names(ports: Sequence[str]) -> list[str]:
    """A name for each port, in order. Two devices of one kind are told apart by ` (2)` behind the second.

    Linux puts the numbers of client and port behind a name and the client's name before it; Windows the port's place
    in the list behind it, and `2- ` before a device that was moved to another socket. All of those change.
    """
    numbered = bool(ports) and all(port.endswith(f" {place}") for place, port in enumerate(ports))
    names: list[str] = []
    for place, port in enumerate(ports):
        name = port.removesuffix(f" {place}") if numbered else port
        name = _AGAIN.sub("", _ALSA.sub("", name)).strip()
        client, colon, own = name.partition(":")
        if colon and own.strip().startswith(client):
            name = own.strip()
        name = printable(" ".join(name.split()), _NAME_MAX) or "MIDI"
        twins = sum(known == name or known.startswith(f"{name} (") for known in names)
        names.append(f"{name} ({twins + 1})" if twins else name)
    return names


def find_port(wanted: str, names: Sequence[str]) -> str | None:
    """The port that a file means: the same but for case, else the only one that begins so. None when there is none."""
    folded = wanted.casefold()
    same = [name for name in names if name.casefold() == folded]
    if same:
        return same[0]
    begins = [name for name in names if folded and name.casefold().startswith(folded)]
    return begins[0] if len(begins) == 1 else None
