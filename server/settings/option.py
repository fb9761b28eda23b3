"""What one option says of itself: its kind, default, limits and words. Knows no values and no layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from dataclasses import replace as copy
from types import MappingProxyType
from typing import Any, Final, Literal

from server.protocol.endpoints import BY_ADDRESS

Kind = Literal["whole", "number", "switch", "text", "choice", "folder", "address", "ports", "networks"]
_KIND_OF_TAG: Final[Mapping[str, Kind]] = MappingProxyType({"i": "whole", "f": "number", "s": "text", "T": "switch"})
_KEY: Final = "option"


@dataclass(frozen=True, slots=True)
class Option:
    """One setting that people can make. `default` is already of the type that the kind reads into."""

    name: str
    kind: Kind
    default: Any
    doc: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    secret: bool = False
    """Never shown: not in lists, logs or errors."""
    live: bool = False
    """May change while the server runs."""
    row: str = ""
    """The endpoint whose value it is at the start."""
    follows: str = ""
    """Another option whose value it has until it is given one."""
    bare: str = ""
    """What the flag means when no value stands behind it."""
    opens: bool = False
    """It opens this computer to others: a song, which may come from anybody, cannot set it."""

    @property
    def flag(self) -> str:
        """How it is spelt on the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """How it is spelt in the environment."""
        return "INTERSCENE_" + self.name.upper()

    def limits(self) -> str:
        """`1 to 8`, `off, beat or bar`; empty where anything of its kind goes."""
        if self.choices:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        if self.low is None or self.high is None:
            return ""
        return f"{self.low:.12g} to {self.high:.12g}"


def setting(kind: Kind, default: Any, doc: str, **more: Any) -> Any:
    """Declare an option as a field of a dataclass; the field's name is the option's."""
    option = Option("", kind, default, doc, **more)
    return field(default=default, repr=not option.secret, metadata={_KEY: option})


def setting_of(address: str, **more: Any) -> Any:
    """Declare the value that an endpoint starts with: kind, limits and default are those of its row."""
    row = BY_ADDRESS[address]
    arg = row.args[0]
    words: dict[str, Any] = {"low": arg.low, "high": arg.high, "unit": arg.unit or "", "live": True,
                              "row": address} | more
    if arg.choices:
        return setting("choice", row.default, row.doc, choices=arg.choices, live=True, row=address)
    return setting(_KIND_OF_TAG[arg.tag], row.default, row.doc, **words)


def options_of(part: type) -> Mapping[str, Option]:
    """The options that a dataclass declares, by name."""
    return MappingProxyType({one.name: _named(one) for one in fields(part) if _KEY in one.metadata})


def _named(one: Field[Any]) -> Option:
    option: Option = one.metadata[_KEY]
    return copy(option, name=one.name)
