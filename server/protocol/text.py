"""Foreign text made fit for a log line or a name: one line, printable, of bounded length."""

from __future__ import annotations

from server.errors import one_line

LINE_MAX = 256


def printable(text: str, limit: int = LINE_MAX) -> str:
    """Escape control, surrogate and line-breaking characters; cut at `limit` characters with an ellipsis."""
    return one_line(text, limit)
