"""How many files and connections this process may have open: raised where a system begins with few."""

from __future__ import annotations

import sys
from typing import Final

WANTED: Final = 4096
"""macOS begins with 256, many a Linux with 1024; movies on eight decks and the pages of a house need more."""


def raise_file_limit(wanted: int = WANTED) -> int | None:
    """Ask for more open files; returns how many there may be, None on Windows, where sockets are no files."""
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (OSError, ValueError):
        return soft
    return most
