"""Options as flags of a command line. Values stay text here: `layers.load` reads them, so that all
problems are reported at once."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from server.settings.option import Option
from server.settings.resolved import OPTIONS
from server.settings.values import show_value


def add_arguments(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Add a flag for each of these options; one that is not written leaves no trace in the namespace."""
    for name in names:
        _add(parser, OPTIONS[name])


def given(options: argparse.Namespace) -> dict[str, object]:
    """What was written on the command line, ready for `layers.load`."""
    return {name: value for name, value in vars(options).items() if name in OPTIONS}


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    text = f"{option.doc} {_default(option)}".replace("%", "%%")
    if option.kind == "switch":
        parser.add_argument(
            option.flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=text
        )
    elif option.bare:
        parser.add_argument(
            option.flag, nargs="?", const=option.bare, default=argparse.SUPPRESS, metavar=_metavar(option),
            help=text,
        )
    else:
        parser.add_argument(
            option.flag, action="append" if option.kind in ("ports", "networks") else "store",
            default=argparse.SUPPRESS, metavar=_metavar(option), help=text,
        )


def _metavar(option: Option) -> str:
    if option.choices:
        return "{" + ",".join(option.choices) + "}"
    return {"ports": "PORT", "networks": "NETWORK", "folder": "FOLDER", "address": "ADDRESS"}.get(
        option.kind, option.unit.upper() or option.name.upper()
    )


def _default(option: Option) -> str:
    """The default in brackets, with its unit and limits."""
    shown = f"as {option.follows}" if option.follows else show_value(option, option.default)
    parts = [f"default {shown}{' ' + option.unit if option.unit else ''}"]
    if option.limits() and not option.choices and option.kind != "ports":
        parts.append(option.limits())
    return f"({'; '.join(parts)})"
