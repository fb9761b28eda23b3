"""What came in, as lines for people: who, what, what it meant, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from server.protocol.arguments import show
from server.protocol.command import Command, Rejection, Released
from server.protocol.osc import Message, messages
from server.protocol.oscquery_table import brief
from server.protocol.targets import FOLDERS, ITSELF
from server.protocol.text import printable
from server.show.journal import Item, Journal, Line, source_text
from server.units import Seconds

ARGS_MAX: Final = 12
WORDS: Final = {"done": "done", "waiting": "under way", "told": "answered", "forwarded": "handed on to TouchDesigner",
                "alone": "meant for TouchDesigner, but none is connected", "refused": "",
         "released": "nothing: a button acts when it is pressed, at 1"}


def message_panel(journal: Journal, after: int, now: Seconds) -> dict[str, Any]:
    """The lines of a journal that are new since `after`, and the number to ask with next time."""
    newest = journal.newest
    return {"newest": newest, "lines": [line_json(line, now) for line in journal.since(after)]}


def line_json(line: Line, now: Seconds) -> dict[str, Any]:
    """One line; `ago` in seconds, `rate` a second where there are several."""
    item = line.item
    said, args = _said(item)
    means = _means(item)
    span = line.last - line.began
    return {
        "id": line.id, "ago": round(now - line.last, 3), "count": line.count,
        "rate": round((line.count - 1) / span, 1) if span > 0 else None, "from": source_text(item.source),
        "kind": item.source.kind, "address": said, "args": args, "means": means if means != said else "",
        "does": brief(item.row.doc) if isinstance(item, Command) else "", "outcome": line.outcome, "code": line.code,
        "text": line.text or WORDS[line.outcome], "renderer": said.startswith("/td/"),
    }


def _said(item: Item) -> tuple[str, str]:
    """The address as it came, and the arguments as text."""
    if isinstance(item, Command):
        sign = [item.relative] if item.relative else []
        args = ["?"] if item.asks else [arg for arg in item.args if arg is not None]
        return printable(item.said or _means(item)), _text([*sign, *args])
    if isinstance(item, Released):
        return printable(item.address), _text(item.args)
    if isinstance(item, Rejection):
        return printable(item.address), ""
    for part in messages(item.packet):
        if isinstance(part, Message):
            return printable(part.address), _text(part.args)
    return "", f"{len(item.packet)} bytes"


def _means(item: Item) -> str:
    """The row's own address with deck and names in it; of the selected deck without a deck."""
    if not isinstance(item, Command):
        return ""
    address = item.row.address
    for word, value in zip([part for part in address.split("/") if part.startswith("{")], item.where, strict=False):
        address = address.replace(f"/deck/{word}", "", 1) if value == 0 else address.replace(word, str(value), 1)
    behind = f"/{ITSELF}"
    return address + behind if item.said.endswith(behind) and item.row.address in FOLDERS else address


def _text(args: Iterable[Any]) -> str:
    shown = [arg if arg in ("?", "+", "*") else f"{arg:.6g}" if isinstance(arg, float) else show(arg) for arg in args]
    return " ".join(shown if len(shown) <= ARGS_MAX else [*shown[:ARGS_MAX], "…"])
