"""A server that behaves as its script says: it is started in place of the real one, and writes down its lives."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from server.app.life import SPARE, Order, telling


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def note(*words: object) -> None:
    """One line of the diary, whole: several of us write it."""
    with Path(os.environ["SCRIPTED_DIARY"]).open("a", encoding="utf-8") as diary:
        diary.write(" ".join(map(str, (os.getpid(), *words))) + "\n")


def main() -> None:
    script = os.environ["SCRIPTED_SERVER"]
    spare = SPARE in sys.argv[1:]
    note("spare" if spare else "first")
    line = sys.stdin.buffer.readline()
    if not line:
        note("not needed")
        return
    order = Order.of(line)
    note("serves", order.restarts, order.safe, order.bare, order.ports.get("http_port", 0))
    if script == "fails":
        sys.exit(2)
    say("a line for people")
    say(telling("reached", ports={"osc_port": [7501], "http_port": 7581, "token": ""}))
    if script == "dies":
        sys.exit(3)
    if script == "is done":
        return
    if script == "hangs" and not order.restarts:
        time.sleep(600)
    sys.stdin.buffer.read()
    note("stops")


if __name__ == "__main__":
    main()
