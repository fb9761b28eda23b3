"""A node of the address space as a plain page for people, the answer to `?HTML`. Knows its JSON object only."""

from __future__ import annotations

import json
from html import escape
from typing import Any
from urllib.parse import quote


def node_page(node: dict[str, Any]) -> str:
    """The attributes of a node, and links to what is below it."""
    path = str(node["FULL_PATH"])
    rows = "".join(f"<tr><th>{escape(name)}<td>{escape(value if isinstance(value, str) else json.dumps(value))}"
                   for name, value in node.items() if name not in ("FULL_PATH", "CONTENTS"))
    below = "".join(f'<li><a href="{_link(str(one["FULL_PATH"]))}">{escape(word)}</a> '
                    f'{escape(str(one.get("DESCRIPTION", "")))}'
                    for word, one in node.get("CONTENTS", {}).items())
    above = path.rpartition("/")[0]
    up = f'<p><a href="{_link(above)}">{escape(above)}</a>' if above else ""
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(path)}</title>{up}'
            f"<h1>{escape(path)}</h1><table>{rows}</table><ul>{below}</ul>")


def _link(path: str) -> str:
    return escape(quote(path)) + "?HTML"
