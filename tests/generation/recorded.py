"""What the tests of generation share: the names of the tiny models, and a control that remembers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HASHES = {"sd1": "a1" * 32, "sd2": "b2" * 32, "sdxl": "c3" * 32}
SIZE = (96, 72)


@dataclass
class Recorded:
    """A control that lets everything go on, and remembers what it was told."""

    notes: list[tuple[str, str]] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)
    facts: Mapping[str, Any] = field(default_factory=dict)
    asked: int = 0
    slack: Callable[[int, int], float | None] = lambda number, asked: None
    """(frame, how often `between` was called) to what `due` says."""
    at: Callable[[int], None] = lambda asked: None
    """Called by `between`; may raise."""

    def between(self) -> None:
        self.asked += 1
        self.at(self.asked)

    def alive(self) -> None:
        pass

    def now(self) -> float:
        """A clock that goes on by a twentieth of a second with each look."""
        return self.asked / 20

    def due(self, number: int) -> float | None:
        return self.slack(number, self.asked)

    def launch_ms(self) -> float:
        return math.inf

    def loaded(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts

    def preparing(self, done: int, of: int, text: str) -> None:
        self.prepared.append(text)

    def stepped(self, done: int, of: int) -> None:
        self.steps.append((done, of))

    def note(self, code: str, text: str) -> None:
        self.notes.append((code, text))


def describe(folder: Path, digest: str, name: str, kind: str, family: str, *, variant: str = "", form: str = "",
             path: str = ".") -> None:
    """Write the document that `interscene model add` writes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps({
        "format": "interscene.model", "version": 1, "hash": digest, "name": name, "kind": kind, "family": family,
        "variant": variant, "steps": None, "form": form, "prediction": "", "path": path, "bytes": 1,
        "licence": {"name": "", "file": ""}, "still": ""}), encoding="utf-8")
