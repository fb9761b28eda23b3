"""How the stand-in is doing: what `/td/health` says once a second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Meter:
    """Times of the cooks since the last report; `dropped` and `misses` count from the start."""

    since: float
    cooks: int = 0
    busy: float = 0.0
    decodes: int = 0
    decoding: float = 0.0
    dropped: int = 0
    misses: int = 0

    def report(self, now: float) -> tuple[float, float, int, int, float, float]:
        """Cooks a second, ms a cook, dropped, misses, ms a decode, GPU MB; and start to measure anew."""
        span = max(now - self.since, 1e-9)
        values = (self.cooks / span, 1000 * self.busy / max(self.cooks, 1), self.dropped, self.misses,
                  1000 * self.decoding / max(self.decodes, 1), 0.0)
        self.since, self.cooks, self.busy, self.decodes, self.decoding = now, 0, 0.0, 0, 0.0
        return values
