"""Whether there is a card to generate with, and whether it is used. Asks the driver and a Python of its own."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata, util
from typing import Any, Final

from server.app.examinations.finding import Finding, Level
from server.units import Seconds

Ask = Callable[[Sequence[str], Seconds], str | None]
"""Runs a program and returns what it printed; None when it could not be run or failed."""
_DRIVER_LIMIT: Final[Seconds] = 10.0
_TORCH_LIMIT: Final[Seconds] = 120.0
_INSTALL: Final = "python3 start.py --with generate"
_QUESTION: Final = """
import importlib.util, json, torch
vision = ""
if importlib.util.find_spec("torchvision"):
    try:
        import torchvision
    except Exception as error:  # a build that does not fit raises whatever it likes
        vision = str(error)
mps = getattr(torch.backends, "mps", None)
print(json.dumps({"version": torch.__version__, "cuda": torch.version.cuda, "usable": torch.cuda.is_available(),
                  "mps": bool(mps and mps.is_available()), "vision": vision}))
"""


@dataclass(frozen=True, slots=True)
class Card:
    """A card as its driver tells it; memory in MiB."""

    name: str
    total: int
    used: int
    driver: str


def ask_program(command: Sequence[str], limit: Seconds) -> str | None:
    """Run a program of this computer for what it prints."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=limit, check=False,
                              stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None


def cards(ask: Ask = ask_program) -> list[Card]:
    """NVIDIA's cards in this computer; none without their driver."""
    printed = ask(("nvidia-smi", "--query-gpu=name,memory.total,memory.used,driver_version",
                   "--format=csv,noheader,nounits"), _DRIVER_LIMIT)
    found = []
    for row in (printed or "").splitlines():
        cells = [cell.strip() for cell in row.rsplit(",", 3)]
        with contextlib.suppress(ValueError):
            if len(cells) == 4:
                found.append(Card(cells[0], int(cells[1]), int(cells[2]), cells[3]))
    return found


def torch_facts(ask: Ask = ask_program) -> dict[str, Any] | None:
    """What torch says of itself, asked in a process of its own: it is slow to import and may crash. None without it."""
    if util.find_spec("torch") is None:
        return None
    with contextlib.suppress(ValueError, TypeError):
        facts = json.loads((ask((sys.executable, "-c", _QUESTION), _TORCH_LIMIT) or "").strip().splitlines()[-1])
        return facts if isinstance(facts, dict) else None
    return None


def examine_graphics(found: Sequence[Card], facts: dict[str, Any] | None, *, installed: bool,
                     system: str = sys.platform) -> list[Finding]:
    """Say which card there is and whether it is used; `facts` None though installed: torch cannot be imported."""
    said = [Finding(Level.GOOD, "card", f"{card.name}, {card.total / 1024:.0f} GiB ({card.used / 1024:.1f} in use), "
                    f"driver {card.driver}") for card in found]
    if not installed:
        return [*said, _not_installed(bool(found))]
    if facts is None:
        return [*said, Finding(Level.BAD, "torch", "torch is installed but cannot be imported",
                               f"delete .venv and start again: {_INSTALL}")]
    if facts.get("vision"):
        said.append(Finding(Level.BAD, "torch", "torchvision does not fit the installed torch, and transformers fails "
                            "with it", "take it away: .venv's python -m pip uninstall torchvision"))
    return [*said, _used(bool(found), facts, system)]


def _not_installed(card: bool) -> Finding:
    if card:
        return Finding(Level.POOR, "torch", "the card is unused: what generates is not installed",
                       f"{_INSTALL} (some gigabytes); without it transitions are morphs, made on the processor")
    return Finding(Level.NOTE, "torch", "no NVIDIA card, and what generates is not installed: transitions are "
                   "morphs, made on the processor", f"to generate all the same: {_INSTALL}")


def _used(card: bool, facts: dict[str, Any], system: str) -> Finding:
    version = facts.get("version", "?")
    if facts.get("usable"):
        return Finding(Level.GOOD, "torch", f"torch {version} uses the card (CUDA {facts.get('cuda')})")
    if facts.get("mps"):
        return Finding(Level.GOOD, "torch", f"torch {version} uses Apple's graphics (MPS)")
    if card and not facts.get("cuda"):
        return Finding(Level.BAD, "torch", f"the card is unused: torch {version} is the build for processors only",
                       f"delete .venv and start again: {_INSTALL}, which takes the CUDA build where there is a card")
    if card:
        return Finding(Level.BAD, "torch", f"the card is unused: its driver is too old for torch {version} (CUDA "
                       f"{facts.get('cuda')})", "install NVIDIA's newest driver and start the computer again")
    where = "this Mac's graphics cannot be used" if system == "darwin" else "there is no NVIDIA card"
    return Finding(Level.NOTE, "torch", f"{where}: torch {version} generates on the processor, slower than it plays")


def has_torch() -> bool:
    """Whether the part that generates is installed."""
    try:
        metadata.version("torch")
    except metadata.PackageNotFoundError:
        return False
    return True
