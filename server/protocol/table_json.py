"""The endpoint table as the page reads it: every row with all that a widget or a line of help needs."""

from __future__ import annotations

from typing import Any

from server.protocol.endpoints import ALIASES, FORWARDED, SECTIONS
from server.protocol.feedback import FEEDBACK_SECTIONS
from server.protocol.row import Arg, Row


def table_json() -> dict[str, Any]:
    """`sections`: title, and rows; `said`: whether the server says them. `aliases` by what they mean."""
    told = [_section(title, rows, said=False) for title, rows in SECTIONS.items()]
    said = [_section(title, rows, said=True) for title, rows in FEEDBACK_SECTIONS.items()]
    return {"sections": [*told, *said], "aliases": dict(ALIASES), "forwarded": list(FORWARDED)}


def _section(title: str, rows: tuple[Row, ...], *, said: bool) -> dict[str, Any]:
    return {"title": title, "said": said, "rows": [row_json(row) for row in rows]}


def row_json(row: Row) -> dict[str, Any]:
    """One row; `kind` is what works it: button, order, value or said."""
    kind = "said" if row.access == "r" else "button" if row.trigger else "value" if len(row.args) == 1 else "order"
    return {"address": row.address, "kind": kind, "asked": row.access != "w", "fader": row.continuous,
            "relative": row.relative, "default": row.default, "doc": row.doc, "example": row.example_line(),
            "args": [_arg(arg) for arg in row.args]}


def _arg(arg: Arg) -> dict[str, Any]:
    return {"name": arg.name, "tag": arg.tag, "low": arg.low, "high": arg.high,
            "choices": list(arg.choices) if arg.choices else None, "unit": arg.unit, "optional": arg.optional,
            "default": arg.default, "doc": arg.doc, "limits": arg.limits()}
