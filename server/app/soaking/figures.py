"""What was seen during a soak, and whether it is good enough. Pure: figures in, lines and a document out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from server.units import Seconds

SLOPE_MOST: Final = 1.0
"""MB an hour by which memory may grow."""
WARM_UP: Final[Seconds] = 300.0
HOUR: Final[Seconds] = 3600.0
BACK_MOST: Final[Seconds] = 1.0
SPREAD: Final = 4
"""Files and threads that come and go with requests."""


class Sample(NamedTuple):
    """One look at the server's process; `life` counts its restarts. None where the system does not tell."""

    at: Seconds
    life: int
    resident: int | None
    files: int | None
    threads: int | None


@dataclass(slots=True)
class Figures:
    """Everything that is counted. Times are seconds from the begin."""

    length: Seconds = 0.0
    messages: int = 0
    unanswered: list[str] = field(default_factory=list)
    refusals: int = 0
    ticks: int = 0
    missed: list[tuple[Seconds, int]] = field(default_factory=list)
    """Jumps in the numbers of ticks: when, and how many were left out."""
    stalls: list[Seconds] = field(default_factory=list)
    """When this program itself, doing nothing but sleeping, woke up more than a frame late: the machine's own."""
    pictures: int = 0
    wrong: list[tuple[int, int]] = field(default_factory=list)
    """(asked for, shown) of pictures with another number than they were said to have."""
    blows: dict[str, int] = field(default_factory=dict)
    back: list[Seconds] = field(default_factory=list)
    """How long the stream was silent each time that the server was killed."""
    made: int = 0
    samples: list[Sample] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def own_misses(self) -> list[tuple[Seconds, int]]:
        """Ticks that were missed while the machine did not stall."""
        return [(at, count) for at, count in self.missed if all(abs(at - stall) > 1 for stall in self.stalls)]

    def slope(self) -> float | None:
        """MB an hour by which the memory of the last server grew after its warm-up; None when too little was seen."""
        warm = [each for each in self._last_life() if each.resident is not None]
        if len(warm) < 10:
            return None
        times = np.array([each.at for each in warm]) / HOUR
        return float(np.polyfit(times, np.array([each.resident for each in warm], dtype=float) / 1e6, 1)[0])

    def spread(self, what: str) -> int | None:
        """How far apart the most and the fewest files or threads of the last server were after its warm-up."""
        counts = [getattr(each, what) for each in self._last_life() if getattr(each, what) is not None]
        return max(counts) - min(counts) if counts else None

    def faults(self) -> list[str]:
        """What is not as it should be, in words."""
        slope, said = self.slope(), []
        if self.unanswered:
            said.append(f"{len(self.unanswered)} messages were never answered, the first: {self.unanswered[0]}")
        if self.wrong:
            said.append(f"{len(self.wrong)} pictures were not the ones that were asked for, the first: {self.wrong[0]}")
        if misses := self.own_misses():
            said.append(f"{sum(count for _, count in misses)} ticks were missed, the first after {misses[0][0]:.1f} s")
        if slope is not None and slope >= SLOPE_MOST:
            said.append(f"memory grew by {slope:.2f} MB an hour")
        said += [f"{what} of the server were not constant: {spread} apart" for what in ("files", "threads")
                 if (spread := self.spread(what)) is not None and spread > SPREAD]
        if late := [back for back in self.back if back > BACK_MOST]:
            said.append(f"{len(late)} of {len(self.back)} times it took longer than {BACK_MOST:g} s until the stream "
                        f"was back, at worst {max(late):.2f} s")
        if len(self.back) < self.blows.get("kill server", 0):
            said.append("the stream did not come back after the server was killed")
        if not self.pictures:
            said.append("no picture was seen")
        return said

    def lines(self) -> list[str]:
        """For a person."""
        slope = self.slope()
        blows = ", ".join(f"{what} {count} times" for what, count in sorted(self.blows.items())) or "none"
        back = f"{sorted(self.back)[len(self.back) // 2]:.2f} s in the middle, {max(self.back):.2f} s at worst" if (
            self.back) else "never needed"
        return [
            (f"{self.length / 60:.1f} minutes, {self.messages} messages, {len(self.unanswered)} of them unanswered, "
             f"{self.refusals} refused in words"),
            (f"{self.ticks} ticks, {sum(count for _, count in self.missed)} missed; the machine itself stalled "
             f"{len(self.stalls)} times"),
            f"{self.pictures} pictures read, {len(self.wrong)} of them wrong; {self.made} transitions made",
            f"blows: {blows}", f"until the stream was back: {back}",
            "memory: " + ("too short to tell" if slope is None else f"{slope:+.2f} MB an hour after the warm-up"),
            *self.remarks, *self.faults()]

    def document(self) -> dict[str, Any]:
        """For a file."""
        return {"format": "interscene.soak", "version": 1, **asdict(self), "samples": [list(s) for s in self.samples],
                "slope_mb_per_hour": self.slope(), "files_spread": self.spread("files"),
                "threads_spread": self.spread("threads"), "faults": self.faults()}

    def _last_life(self) -> Sequence[Sample]:
        if not self.samples:
            return ()
        life = self.samples[-1].life
        own = [each for each in self.samples if each.life == life]
        warm = min(WARM_UP, (own[-1].at - own[0].at) / 3)
        return [each for each in own if each.at - own[0].at >= warm]
