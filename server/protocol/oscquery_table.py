"""The endpoint table as an OSCQuery address space: decks counted out, and marks and axes as the movies have them.

Knows the rows; not what values they have now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from server.protocol.endpoints import COMMANDS, DECK, FEEDBACK
from server.protocol.oscquery import READ, WRITE, Item, Items, Method
from server.protocol.oscquery_tree import AddressSpace
from server.protocol.row import Arg, Row
from server.protocol.targets import FOLDERS, ITSELF, JOB

MARKS: Final = 8
"""Marks that are there with any movie, so that a hot cue can be set on them."""
BRIEF_MIN: Final = 8
BRIEF_MAX: Final = 64
DECKS_KEPT: Final = 32
TOLD: Final = "/error"
"""Of the answers, the one that is also said to nobody in particular."""
_ACCESS: Final = {"r": READ, "w": WRITE, "rw": READ | WRITE}
_ELSEWHERE: Final = frozenset({"answer", "renderer", "stream"})
"""What the server sends somewhere, and nobody can ask it for."""
_UNITS: Final = {"seconds": "time.second", "milliseconds": "time.ms", "Hz": "time.hz", "bpm": "time.bpm",
                 "pixels": "distance.pixels"}
"""Our units by the proposal's names; it has none for frames and beats."""
_NAMES: Final = {"/": "Interscene", "/deck": "Decks", "/td": "What renderers say", "/generate": "Making"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a deck's movie adds to the address space: numbers and names of its marks, and its axes with low and high."""

    marks: tuple[tuple[int, str], ...] = ()
    axes: tuple[tuple[str, float, float], ...] = ()


def address_space(decks: Sequence[Shape], before: AddressSpace | None = None) -> AddressSpace:
    """Every address that the server with these decks understands or tells, short forms and aliases left out.

    What did not change since `before` is not worked out again.
    """
    methods = dict(_global_methods())
    for number, shape in enumerate(decks, 1):
        methods.update(_deck_methods(number, shape))
    names = dict(_NAMES)
    for path in methods:
        words = path.split("/")
        for depth in range(2, len(words)):
            above = "/".join(words[:depth])
            if above not in names:
                names[above] = _folder(words[:depth])
    return AddressSpace(methods, names, before)


def _rows() -> Iterator[Row]:
    for row in (*COMMANDS, *FEEDBACK):
        if JOB in row.address:
            continue  # jobs come and go; the tree stays
        if row.access != "r" or _ELSEWHERE.isdisjoint(row.changes) or row.address == TOLD:
            yield row


@cache
def _global_methods() -> tuple[tuple[str, Method], ...]:
    return tuple(pair for row in _rows() if "{n}" not in row.address
                 for pair in _placed(row.address, _method(row, row.args, (), row.doc)))


@lru_cache(maxsize=DECKS_KEPT)
def _deck_methods(number: int, shape: Shape) -> tuple[tuple[str, Method], ...]:
    return tuple(pair for row in _rows() if "{n}" in row.address for pair in _on_deck(row, number, shape))


def _on_deck(row: Row, number: int, shape: Shape) -> Iterator[tuple[str, Method]]:
    """The row on a deck: once, for every mark, or for every axis."""
    address = row.address.replace("{n}", str(number))
    if "{m}" in address:
        for mark, name in sorted((dict.fromkeys(range(1, MARKS + 1), "") | dict(shape.marks)).items()):
            doc = f"Mark {mark}{f', {name}' if name else ''}" if row.address.endswith("{m}") else row.doc
            yield from _placed(address.replace("{m}", str(mark)), _method(row, row.args, (number, mark), doc))
    elif "{name}" in address:
        for place, (name, low, high) in enumerate(shape.axes):
            if _is_word(name):
                method = _method(row, (Arg(name, "f", low, high),), (number, name), f"Axis {name}",
                                 (row.address, number, place))
                yield from _placed(address.replace("{name}", name), method)
    else:
        yield from _placed(address, _method(row, row.args, (number,), row.doc))


def _placed(path: str, method: Method) -> Iterator[tuple[str, Method]]:
    yield path, method
    if method.row is not None and method.row.address in FOLDERS:
        yield f"{path}/{ITSELF}", method


def _is_word(name: str) -> bool:
    """Whether it can stand in an OSC address."""
    return bool(name) and name.isprintable() and not set(name) & set(" #*,/?[]{}")


def _method(row: Row, args: tuple[Arg, ...], where: tuple[int | str, ...], doc: str,
            identity: object = None) -> Method:
    commanded = row.access != "r"
    items, overloads = _forms(row, args) if commanded else (tuple(_item(arg, row) for arg in args), ())
    return Method(items, _ACCESS[row.access], brief(doc), tuple(dict.fromkeys(row.changes)),
                  row.critical if commanded else None, overloads, row, where, identity)


def _forms(row: Row, args: tuple[Arg, ...]) -> tuple[Items, tuple[Items, ...]]:
    """The values that a command takes, and what else it takes instead.

    The plainest form is the type: Chataigne has a control for a text, but none for a text and a number.
    """
    if row.trigger or not args:
        return (Item("I"),), ((Item("f", 0, 1),),)
    items = tuple(_item(arg, row, alone=len(args) == 1) for arg in args)
    least = max(row.required, 1)
    others: list[Items] = [items[:count] for count in range(least + 1, len(items) + 1)]
    if row.required == 0:
        others.append((Item("N"),))
    if len(args) == 1:
        others += _instead(args[0])
        if row.relative:
            others.append((Item("s", choices=("+", "-", "*")), Item(args[0].tag)))
    return items[:least], tuple(others)


def _instead(arg: Arg) -> list[Items]:
    """Other types that are taken for one value."""
    if arg.choices:
        numbered: list[Items] = [(Item("i", 0, len(arg.choices) - 1),)]
        return numbered + ([(Item("T"),)] if arg.switch else [])
    return [(Item("i", 0, 1),)] if arg.tag == "T" else []


def _item(arg: Arg, row: Row, *, alone: bool = True) -> Item:
    ranged = arg.low is not None or arg.high is not None
    clip = None if row.access == "r" or not ranged else "both" if row.continuous else "none"
    # Of one number the address says what it is; libossia has ways of reading in which this counts more than the type.
    meaning = arg.name if not alone or (arg.tag == "s" and not arg.choices) else None
    return Item(arg.tag, arg.low, arg.high, arg.choices, _UNITS.get(arg.unit or "", arg.unit), meaning, clip)


def brief(doc: str) -> str:
    """The beginning of a row's words: clients show it as the name of a control."""
    ends = [at for at in (doc.find(mark) for mark in ("; ", ": ", ". ")) if at >= BRIEF_MIN]
    text = doc[:min(ends)] if ends else doc.removesuffix(".")
    return text if len(text) <= BRIEF_MAX else text[:text.rfind(" ", 0, BRIEF_MAX - 1)].rstrip(",") + "…"


def _folder(words: list[str]) -> str:
    return f"Deck {words[2]}" if len(words) == 3 and words[1] in DECK and words[2].isdigit() else words[-1].capitalize()
