"""What time it is, for what is written down: UTC, as people and programs read it."""

from __future__ import annotations

from datetime import UTC, datetime


def time_of_day() -> str:
    """Such as 2026-11-20T13:06:59Z."""
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
