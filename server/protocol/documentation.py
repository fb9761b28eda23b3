"""The endpoint table as a page for people. Knows the rows and nothing that handles them."""

from __future__ import annotations

from typing import Final

from server.protocol.endpoints import ALIASES, FORWARDED, SECTIONS
from server.protocol.feedback import FEEDBACK_SECTIONS
from server.protocol.row import Arg, Row

TYPES: Final = {"i": "int", "h": "int64", "f": "float", "s": "text", "T": "on/off", "b": "blob"}

_HEAD: Final = """\
# Endpoints

Everything that can be said over OSC, generated from `server/protocol/endpoints.py` by `interscene docs`.

- **Decks.** `{n}` is a deck, numbered from 1. Without `/deck/{n}` an address acts on the selected deck: `/frame 120`.
- **Patterns.** `?`, `*`, `[a-z]`, `[!a-z]`, `{one,two}` and `//` in an address mean every command that matches:
  `/deck/*/pause`.
- **Types.** int, float, true and false, and numbers written as text are taken for one another where the meaning is
  plain; a float for a frame means the nearest frame. A choice is said by its name, or by its number from 0. For a
  text, escape nothing; it has at most 1024 bytes. An on/off without an argument is turned the other way round.
- **Out of range** is refused, never guessed. Only a *fader* that overshoots, by up to the length of its range, is
  held at its end. NaN and infinity are refused.
- **Buttons** act without argument. A lone float acts only at 1.0, an int unless it is 0: releases do nothing.
- **Answers.** A last text argument that begins with `#` is a request id: `/deck/1/frame 120 #17` is answered by
  `/ack 17`, or by `/error 17 code text`, at the port it came from (or the one that `/system/hello` named). A name
  that itself begins with `#` needs a request id after it.
- **Asking.** `?` as the only argument: `/deck/1/speed ?` is answered by `/deck/1/speed 1.0`. State addresses are
  asked in the same way, `/deck/1/state/frame ?`; one without the `?` is refused. What belongs to nothing on screen
  has no value, and is answered by `/error` where a request id is given.
- **Relative.** Rows marked *relative* take `"+" number`, `"-" number` and `"*" number`.
- **Time tags** of bundles are kept, up to 60 s ahead; late means now; a tag further away is from a clock that is not
  set and means now.
- An address with others below it is also understood with `/this` behind it, `/deck/1/take/this`: some OSCQuery
  clients see only a folder in it.
- Seeds and other big integers travel as decimal text.
"""


def endpoints_markdown() -> str:
    """The text of docs/endpoints.md."""
    parts = [_HEAD]
    for title, rows in SECTIONS.items():
        parts.append(f"\n## {title}\n\n| address | arguments | what it does | example |\n|---|---|---|---|\n")
        parts.extend(_command(row) for row in rows)
    parts.append(_aliases())
    parts.append("\n# What the server says\n")
    for title, rows in FEEDBACK_SECTIONS.items():
        parts.append(f"\n## {title}\n\n| address | arguments | meaning | example |\n|---|---|---|---|\n")
        parts.extend(f"| `{row.address}` | {_arguments(row)} | {row.doc} | `{_cell(row.example_line())}` |\n"
                     for row in rows)
    return "".join(parts)


def notes_of(row: Row) -> list[str]:
    """What kind of row it is, in a few words each."""
    notes = [text for text, holds in (("fader", row.continuous), ("button", row.trigger), ("relative", row.relative),
                                      ("can be asked", row.access == "rw")) if holds]
    return notes if row.default is None else [*notes, f"default {_plain(row.default)}"]


def details_of(arg: Arg) -> str:
    """Type, limits, unit and meaning of an argument, with commas."""
    details = [TYPES[arg.tag], arg.limits(), arg.unit or "", arg.doc]
    if arg.optional:
        details.append(f"optional, default {_plain(arg.default)}" if arg.default not in (None, "") else "optional")
    return ", ".join(detail for detail in details if detail)


def _command(row: Row) -> str:
    notes = notes_of(row)
    doc = f"{row.doc} *{', '.join(notes)}*" if notes else row.doc
    return f"| `{row.address}` | {_arguments(row)} | {_cell(doc)} | `{_cell(row.example_line())}` |\n"


def _arguments(row: Row) -> str:
    return "<br>".join(_cell(f"**{arg.name}**: {details_of(arg)}") for arg in row.args) or "–"


def _aliases() -> str:
    lines = [f"| `{alias}` | `{address}` |\n" for alias, address in ALIASES.items()]
    words = ", ".join(f"`{word}`" for word in FORWARDED)
    return ("\n## Controllers that people already have\n\n| address | means |\n|---|---|\n" + "".join(lines)
            + f"\nHanded on to TouchDesigner untouched: {words} and what is below them, and `/param1` and so on.\n")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
