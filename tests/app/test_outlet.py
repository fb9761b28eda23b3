"""Where answers go: to whoever asked, once, and to nobody who did not."""

from __future__ import annotations

from typing import Any

from server.app.outlet import ERRORS_KEPT, Answer, Outlet
from server.frontends.osc import OscSender
from server.protocol.command import Source
from server.show.events import Send

BROWSER = Source("127.0.0.1", 0, "http")


def test_a_request_is_answered_once_and_then_forgotten() -> None:
    outlet, answers = Outlet(OscSender()), list[Answer]()
    outlet.expect("r1", answers.append)
    for args in (("other",), ("r1",), ("r1",), ("",), ()):
        outlet.say(Send(BROWSER, "/ack", args))
    outlet.say(Send(BROWSER, "/heartbeat", ("r1",)))
    assert answers == [("/ack", ("r1",))]
    outlet.sender.close()


def test_a_connected_client_hears_everything_and_errors_are_kept() -> None:
    outlet, heard = Outlet(OscSender()), list[tuple[str, tuple[Any, ...]]]()
    outlet.connect(BROWSER, lambda address, args: heard.append((address, args)))
    for number in range(ERRORS_KEPT + 1):
        outlet.say(Send(BROWSER, "/error", ("", "input", f"trouble {number}")))
    assert len(heard) == ERRORS_KEPT + 1
    assert next(iter(outlet.errors)) == ("input", "trouble 1"), "the oldest is gone"
    outlet.disconnect(BROWSER)
    outlet.say(Send(BROWSER, "/ack", ("r1",)))
    assert len(heard) == ERRORS_KEPT + 1
    outlet.sender.close()
