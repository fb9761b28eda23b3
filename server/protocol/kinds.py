"""The kinds of rows that commands come in: a button, an order with arguments, a value that can be set and asked for."""

from __future__ import annotations

from typing import Any

from server.protocol.row import Access, Arg, Row


def button(address: str, doc: str, *changes: str) -> Row:
    """Acts without argument."""
    return Row(address, critical=True, changes=changes, doc=doc, trigger=True)


def order(address: str, doc: str, args: tuple[Arg, ...], example: tuple[Any, ...], *changes: str) -> Row:
    """Does something with its arguments."""
    return Row(address, args, critical=True, changes=changes, doc=doc, example=example)


def value(address: str, doc: str, arg: Arg, default: Any, example: Any, *changes: str,
          fader: bool = False, access: Access = "rw") -> Row:
    """Sets one value."""
    return Row(address, (arg,), access, default, not fader, changes, doc, continuous=fader, example=(example,))
