"""Foreign text made fit for a log line or a name: one line, printable, of bounded length."""

from __future__ import annotations

LINE_MAX = 256


def printable(text: str, limit: int = LINE_MAX) -> str:
    """Escape control, surrogate and line-breaking characters; cut at `limit` characters with an ellipsis."""
    cut = text if len(text) <= limit else text[:limit - 1] + "…"
    if cut.isprintable():
        return cut
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)
