"""What one row of the endpoint table says: an address, its arguments, and what they may be.

Knows nothing of bytes, of sockets, or of what is done with a command.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

Access = Literal["r", "w", "rw"]
"""`w` it can be told, `rw` it can be told and asked with `?`, `r` the server says it."""
NUMERIC = frozenset("ihf")


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument. After coercion `i` and `h` are int, `f` float, `s` str, `T` bool, `b` bytes."""

    name: str
    tag: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None
    unit: str | None = None
    optional: bool = False
    doc: str = ""
    default: Any = None
    """What an optional argument is when it is left out; None says that it was left out."""
    switch: tuple[str, str] | None = None
    """For choices: what F and T stand for."""

    def limits(self) -> str:
        """`0 to 1`, `at least 0`, `hold, loop, bounce or next`; empty where anything goes."""
        if self.choices:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        if self.low is not None and self.high is not None:
            return f"{self.low:.12g} to {self.high:.12g}"
        if self.low is not None:
            return f"at least {self.low:.12g}"
        return "" if self.high is None else f"at most {self.high:.12g}"

    def signature(self) -> str:
        """`f:seconds`, in brackets when it may be left out."""
        text = f"{self.tag}:{self.name}"
        return f"[{text}]" if self.optional else text


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Row:
    """One endpoint. `{n}` in the address is a deck, `{m}` a mark, `{p}` a player, `{name}` any word,
    `{id}` a job."""

    address: str
    args: tuple[Arg, ...] = ()
    access: Access = "w"
    default: Any = None
    critical: bool = False
    """Must not get lost: a client that can, sends it over TCP."""
    changes: tuple[str, ...] = ()
    """Which parts of the state it may change; for an `r` row, which part it belongs to."""
    doc: str = ""
    trigger: bool = False
    """A button: acts without argument; a lone float acts only at 1.0, so that releases do nothing."""
    continuous: bool = False
    """A fader: overshoot of up to a whole range is held at the limit instead of refused."""
    example: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return f"Row({self.address})"

    @property
    def required(self) -> int:
        """How many arguments it needs at least."""
        return sum(not arg.optional for arg in self.args)

    @property
    def relative(self) -> bool:
        """Whether `"+" number`, `"-" number` and `"*" number` are understood."""
        return self.access == "rw" and len(self.args) == 1 and self.args[0].tag in NUMERIC

    def signature(self) -> str:
        """`/deck/{n}/load s:movie [f:fade]`."""
        return " ".join((self.address, *(arg.signature() for arg in self.args)))

    def usage(self) -> str:
        """One line: the signature and an example that works."""
        return f"{self.signature()}, for example {self.example_line()}"

    def example_address(self) -> str:
        """The address with every placeholder filled in."""
        address = self.address
        for placeholder, value in EXAMPLES.items():
            address = address.replace(placeholder, value)
        return address

    def example_line(self) -> str:
        """The example as it is typed after `interscene send`."""
        return " ".join((self.example_address(), *(_typed(value) for value in self.example)))


EXAMPLES = {"{n}": "1", "{m}": "3", "{p}": "0", "{name}": "seed", "{id}": "17"}


def _typed(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and (not value or not value.isprintable() or " " in value):
        return json.dumps(value)
    return str(value)
