"""The endpoint table as the TouchDesigner component reads it: JSON, because nothing of ours is imported there."""

from __future__ import annotations

import json
from typing import Any

from server.protocol.endpoints import ALIASES, FORWARDED, SECTIONS
from server.protocol.row import Arg, Row


def component_json() -> str:
    """The text of td_project/endpoints.json: what can be told, one row a line."""
    rows = [_row(section, row) for section, rows in SECTIONS.items() if section != "From renderers" for row in rows]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    rest = json.dumps({"aliases": dict(ALIASES), "forwarded": list(FORWARDED)}, ensure_ascii=False)[1:-1]
    return f'{{"rows": [\n{lines}\n], {rest}}}\n'


def _row(section: str, row: Row) -> dict[str, Any]:
    return {"address": row.address, "section": section, "access": row.access, "default": row.default, "doc": row.doc,
            "example": list(row.example), "args": [_arg(arg) for arg in row.args]}


def _arg(arg: Arg) -> dict[str, Any]:
    return {"name": arg.name, "tag": arg.tag, "low": arg.low, "high": arg.high,
            "choices": list(arg.choices) if arg.choices else None, "unit": arg.unit, "optional": arg.optional,
            "default": arg.default}
