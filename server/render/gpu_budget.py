"""How much of a graphics card may be taken while TouchDesigner shows pictures with it. Pure: health and time come in.

The first dropped frames halve it; it comes back slowly, once none were dropped for a while.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from server.units import Seconds

LAUNCH_MS: Final = 8.0
"""Half a frame at 60 Hz: whoever draws waits no longer for its turn."""
LAUNCH_LEAST_MS: Final = 2.0
DUTY_LEAST: Final = 0.1
"""Never less: something is still being made, and the ladder does the rest."""
QUIET: Final[Seconds] = 5.0
"""So long without a dropped frame, and more is tried."""
RECOVERY: Final = 0.02
"""Share of the time that comes back, a second."""
NO_LIMIT: Final = 0.0


@dataclass(frozen=True, slots=True)
class GpuBudget:
    """`launch` (ms) and `duty` are what `WorkerPool.budget` takes. Ask `after` at every message of health."""

    launch: float = LAUNCH_MS
    duty: float = 1.0
    quiet: Seconds = 0.0
    most: float = LAUNCH_MS

    def after(self, dropped: int, passed: Seconds) -> GpuBudget:
        """The budget when so many frames were dropped in the time that has passed since the last message."""
        if dropped > 0:
            if self.duty > DUTY_LEAST:
                return replace(self, duty=max(self.duty / 2, DUTY_LEAST), quiet=0.0)
            return replace(self, launch=max(self.launch / 2, min(LAUNCH_LEAST_MS, self.most)), quiet=0.0)
        quiet = self.quiet + max(passed, 0.0)
        gained = max(0.0, quiet - max(self.quiet, QUIET))
        if self.launch < self.most:
            return replace(self, launch=min(self.launch * (1 + gained * RECOVERY * 10), self.most), quiet=quiet)
        return replace(self, duty=min(self.duty + gained * RECOVERY, 1.0), quiet=quiet)

    def told(self, *, on_air: bool) -> tuple[float, float]:
        """(launch_ms, duty) for the pool; while nothing is on air nobody minds."""
        return (self.launch, self.duty) if on_air else (NO_LIMIT, 1.0)
