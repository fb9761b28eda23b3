"""What the server and its route planner say to each other: one JSON object a line, in a version of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

VERSION: Final = 1
ROWS: Final = 400
"""Rows of a map in one line: a long line would hold up every thread of whoever reads it."""

Said = Mapping[str, Any]
NONSENSE: Final = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What comes of taking a line for what it is not: a ratio over zero, a list as a key, a text as a map."""


def line(say: str, **facts: Any) -> bytes:
    """One message."""
    return json.dumps({"say": say, **facts}, separators=(",", ":"), ensure_ascii=False).encode("utf-8",
                                                                                            "surrogatepass") + b"\n"


def said(data: bytes) -> Said | None:
    """What a line says; None for one that says nothing."""
    try:
        found = json.loads(data.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("say"), str) else None
