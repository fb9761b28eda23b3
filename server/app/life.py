"""What a supervisor and the server that it starts say to each other: one order in, a few lines back. Starts nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

MODULE: Final = "server.app.supervised"
SPARE: Final = "--spare"
"""The argument of a server that gets ready and waits until it is needed."""
STOP: Final = b"stop"
"""What the supervisor says before it closes stdin, if the show is to end: without it, somebody has died."""
FROZEN: Final = 70
"""Exit code of a server whose show stood still."""
_MARK: Final = "\x01interscene "
"""Before what is for the supervisor, not for people: no line for people begins so."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to serve. `given`: the options that were written; `ports` are those of the server before, to be had again.

    `restarts`: how many servers went before. `safe`: nothing is generated. `bare`: the state of before is not used.
    """

    given: Mapping[str, Any]
    songs: Sequence[str] = ()
    ports: Mapping[str, Any] = field(default_factory=dict)
    restarts: int = 0
    safe: bool = False
    bare: bool = False

    def line(self) -> bytes:
        """As it is written to the server's stdin."""
        return json.dumps(asdict(self), default=str).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Order:
        """Read a line. Raises ValueError, TypeError."""
        return cls(**json.loads(line))


@dataclass(frozen=True, slots=True)
class Told:
    """What a server told its supervisor: that it `lives`, or with `ports` that it can be reached there."""

    say: str
    ports: Mapping[str, Any] = field(default_factory=dict)


def telling(say: str, **facts: Any) -> str:
    """A line for the supervisor."""
    return _MARK + json.dumps({"say": say, **facts})


def told(line: str) -> Told | None:
    """What a line says to the supervisor; None for one that is for people."""
    if not line.startswith(_MARK):
        return None
    try:
        said = json.loads(line.removeprefix(_MARK))
        return Told(str(said["say"]), dict(said.get("ports", {})))
    except (ValueError, TypeError, KeyError):
        return None
