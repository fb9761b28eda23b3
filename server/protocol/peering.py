"""Rows of two servers, main and backup: taking over, what they tell each other, and what is told of them."""

from __future__ import annotations

from typing import Any, Final

from server.protocol.kinds import button
from server.protocol.row import Arg, Row

_DOCUMENT: Final = Arg("document", "b", optional=True, doc="how its show is; made and read by servers only")

PEERING: Final[tuple[Row, ...]] = (
    button("/system/takeover", "A muted server plays from now on, and the other one is muted; one that plays goes on.",
           "system"),
    Row("/system/peer/ask", (Arg("port", "i", 1, 65535, doc="where the answer is received"), _DOCUMENT),
        changes=("system",), doc="Another server asks how this show is, and tells how its own is.", example=(7500,)),
    Row("/system/peer/told", (Arg("port", "i", 1, 65535, doc="where the next question is received"), _DOCUMENT),
        changes=("system",), doc="Answers /system/peer/ask.", example=(7500,)),
)


def _say(name: str, tag: str, doc: str, example: Any) -> Row:
    return Row(f"/system/state/{name}", (Arg(name, tag),), "r", changes=("system",), doc=doc, example=(example,))


PEER_STATE: Final[tuple[Row, ...]] = (
    _say("role", "s", "Whether this server is the main or the backup.", "main"),
    _say("active", "T", "It plays; off: its show goes on, and nothing of it leaves the server.", True),
    _say("peer", "s", "The other server, and whether it plays, is muted or silent; empty when there is none.",
         "backup muted"),
    _say("differences", "s", "How the two shows differ, with semicolons; empty when they do not.",
         "deck 1: b.mov here, a.mov there"),
)
