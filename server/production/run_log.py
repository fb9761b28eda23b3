"""What was made on this computer so far: how large, how fast, and whether it fitted into memory; kept from run to run.

One line of JSON a run. From these alone it is said beforehand what will not fit, and how long things take.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from server.errors import OutputError
from server.media.part_file import write_file
from server.units import Seconds

FILE: Final = "runs.jsonl"
KEPT: Final = 2_000
BATCHES: Final = (16, 8, 4, 2, 1)
_LONGEST: Final = 1_000
_BYTES_MAX: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Run:
    """One job: on which device, with which model, in which mode; frames of width × height in batches of `batch`.

    `fits`: whether memory was enough. `seconds` is the whole time of all frames, 0 where it did not fit.
    """

    device: str
    model: str
    mode: str
    width: int
    height: int
    batch: int
    steps: int
    decoder: str
    fits: bool
    frames: int = 0
    seconds: Seconds = 0.0

    @property
    def load(self) -> int:
        """Pixels in memory at once."""
        return self.width * self.height * self.batch


@dataclass(frozen=True, slots=True)
class Forecast:
    """Whether a run will fit: None when nothing like it was tried. `why` is one line for a person."""

    fits: bool | None
    why: str = ""


def forecast(runs: Iterable[Run], wanted: Run) -> Forecast:
    """Compare with recorded runs: what failed at the same load or less fails again, what fitted at more fits.

    Only runs of the same device, model and decoder are compared; of two that contradict each other the later counts.
    """
    known = Forecast(None)
    for run in runs:
        if (run.device, run.model, run.decoder) != (wanted.device, wanted.model, wanted.decoder):
            continue
        if run.fits and run.load >= wanted.load:
            known = Forecast(True)
        elif not run.fits and run.load <= wanted.load:
            known = Forecast(False, f"{run.width}×{run.height} in batches of {run.batch} did not fit into the memory "
                                    f"of {run.device}")
    return known


def stepped_down(runs: Sequence[Run], wanted: Run) -> Run | None:
    """The nearest run to the wanted one of which nobody knows that it does not fit; None: not even one frame does.

    First smaller batches, then the small decoder.
    """
    for decoder in dict.fromkeys((wanted.decoder, "tiny")):
        for batch in (wanted.batch, *(each for each in BATCHES if each < wanted.batch)):
            smaller = replace(wanted, batch=batch, decoder=decoder)
            if forecast(runs, smaller).fits is not False:
                return smaller
    return None


def seconds_a_frame(runs: Iterable[Run], wanted: Run) -> Seconds | None:
    """What a frame of such a run took the last times, scaled by pixels and steps; None when none was made."""
    took = [run.seconds / run.frames * (wanted.width * wanted.height * wanted.steps)
            / (run.width * run.height * run.steps)
            for run in runs if run.fits and run.frames and run.steps and (run.device, run.model, run.mode) == (
                wanted.device, wanted.model, wanted.mode)]
    return sum(took[-5:]) / len(took[-5:]) if took else None


class RunLog:
    """The runs of this computer, in a file of the models' folder. What cannot be read or written costs only memory."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._written = True
        self.runs: list[Run] = list(_read(self.path))

    def add(self, run: Run) -> None:
        """Remember one."""
        # Other programs write it, too; where it cannot be written, what this one has seen still counts.
        known = list(_read(self.path)) if self._written else self.runs
        self.runs = [*known, run][-KEPT:]
        lines = "".join(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in self.runs)
        try:
            write_file(self.path, lines.encode("utf-8"))
        except OutputError:
            self._written = False


def _read(path: Path) -> Iterable[Run]:
    try:
        if path.stat().st_size > _BYTES_MAX:
            return []
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [run for line in text.splitlines()[-KEPT:] if (run := _run(line)) is not None]


def _run(line: str) -> Run | None:
    try:
        found: Any = json.loads(line)
        run = Run(**found)
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (run.device, run.model, run.mode, run.decoder)
    wholes = (run.width, run.height, run.batch, run.steps, run.frames)
    right = (all(isinstance(each, str) and len(each) <= _LONGEST for each in texts)
             and all(type(each) is int and 0 <= each < 1 << 31 for each in wholes)
             and type(run.fits) is bool and type(run.seconds) in (int, float) and 0 <= run.seconds < 1e9
             and min(run.width, run.height, run.batch) > 0)
    return run if right else None
