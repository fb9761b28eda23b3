"""Commands about main and backup: taking over, and what the two servers tell each other."""

from __future__ import annotations

from server.show.events import NotNow
from server.show.handling import Answer, Call, handles


@handles("/system/takeover")
def takeover(call: Call) -> Answer:
    """It reaches both servers: the one that plays goes on."""
    if call.show.state.peer.claim is not None:
        return NotNow("this server has just begun and asks whether the other one plays; again in half a second")
    call.show.peer.take_over(call.now)
    return None


@handles("/system/peer/ask")
def ask(call: Call) -> Answer:
    port, document = call.args
    call.show.peer.asked(call.command.source, port, document, call.now)
    return None


@handles("/system/peer/told")
def told(call: Call) -> Answer:
    port, document = call.args
    call.show.peer.told(call.command.source, port, document, call.now)
    return None
