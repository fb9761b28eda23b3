"""What the panels of the page are told, scripted: messages that a test adds, settings, findings, values."""

from __future__ import annotations

from typing import Any

from server.errors import InputError


class FakePanels:
    """Implements the port. `lines` are told in order; what else is asked for stands in the other fields."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = [
            {"level": "ok", "part": "stream", "text": "sent 0.1 ms after its time, no tick missed", "advice": ""}]
        self.options: list[dict[str, Any]] = [
            option("tempo", "Playing", "120", unit="bpm", address="/clock/tempo", now={"/clock/tempo": 120.0},
                   live=True),
            option("http_port", "Network", "7580", origin="environment", layer="environment"),
            option("decks", "Playing", "2", origin="locked", layer="locked", locked=True),
            option("fade", "Playing", "2", origin="locked", layer="locked", locked=True, address="/deck/{n}/fade",
                   now={"/deck/1/fade": 2.0, "/deck/2/fade": 3.0}, live=True, changed=True)]
        self.known: dict[str, list[Any]] = {
            "/deck/{n}/speed": [1.0], "/clock/quantise": ["off"], "/master/black": [False],
            "/deck/{n}/state/frame": [0]}
        self.asked: list[int] = []
        self.saved: list[dict[str, Any]] = []
        self.recall: dict[str, Any] = {"name": "", "saved": "", "names": "", "opening": False, "left": 0.0, "gone": ""}
        self.locked = False
        self.looks = 0

    def say(self, address: str, args: str = "", **more: Any) -> None:
        number = len(self.lines) + 1
        self.lines.append({
            "id": number, "number": number, "ago": 0.0, "count": 1, "rate": None, "from": "10.0.0.9:9000",
            "kind": "osc", "address": address, "args": args, "means": "", "does": "", "outcome": "done", "code": "",
            "text": "done", "renderer": address.startswith("/td/"), **more})

    def messages(self, after: int) -> dict[str, Any]:
        self.asked.append(after)
        new = [line for line in self.lines if line["number"] > after]
        return {"session": id(self), "newest": len(self.lines), "lines": new}

    def settings(self) -> list[dict[str, Any]]:
        return self.options

    def health(self) -> list[dict[str, Any]]:
        return self.findings

    def examination(self, *, anew: bool) -> dict[str, Any]:
        self.looks += anew
        running = self.looks == 1 and anew
        found = [{"level": "poor", "part": "disk", "text": "slow", "advice": "take an SSD"}] if self.looks else []
        return {"running": running, "seconds": None, "findings": found}

    def values(self, deck: int) -> dict[str, list[Any]]:
        if deck > 2:
            raise InputError(f"there is no deck {deck}; this server has 2")
        return self.known

    def controllers(self) -> dict[str, Any]:
        return {"learning": None, "learnt": "", "last": None, "midi": "", "devices": [], "files": [], "choices": {},
                "mappings": []}

    def snapshots(self) -> dict[str, Any]:
        return {"snapshots": self.saved, "now": self.recall, "locked": self.locked}


def option(name: str, part: str, value: str, **more: Any) -> dict[str, Any]:
    """A setting as the page is told of it."""
    return {"name": name, "part": part, "kind": "text", "unit": "", "doc": f"What {name} does.", "limits": "",
            "low": None, "high": None, "choices": [], "value": value, "default": value, "origin": "default",
            "layer": "default", "now": {}, "changed": False, "live": False, "address": "", "locked": False,
            "how": f"--{name.replace('_', '-')}", "follows": "", **more}


def job(number: str, **more: Any) -> dict[str, Any]:
    """A job as the state tells it."""
    return {"id": number, "what": "transition", "from": "sunflower-1001", "to": "thistle-42", "mode": "bridge",
            "state": "waiting", "progress": 0.0, "eta": None, "rung": "", "reason": "", "deck": 1, "live": True,
            "frames": 90, "model": "", **more}
