"""The settings that count, typed, each with where it came from. Knows no file and no environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from server.errors import InputError, SettingsError
from server.settings.option import Option, options_of
from server.settings.parts import PARTS, Choice, Folders, Following, Generation, Log, Network, Playing, Standby
from server.settings.values import read_value, show_value

OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {name: option for part in PARTS for name, option in options_of(part).items()}
)
DEFAULT: Final = "default"
LIVE: Final = "live"
LOCKED: Final = "locked"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says, under which name it is quoted, and the folder its relative folders lie in."""

    origin: str
    values: Mapping[str, object]
    base: Path
    spelt: Callable[[Option], str] = lambda option: option.name
    """How an option is written in this place."""


@dataclass(frozen=True, kw_only=True)
class Settings(Folders, Network, Playing, Following, Standby, Generation, Log, Choice):
    """Every option with its value; made by `layers.load` and never changed: a change is a new one."""

    layers: tuple[Layer, ...] = field(default=(), repr=False, compare=False)
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)
    """What was written somewhere and has no effect, a line each."""

    def origin(self, name: str) -> str:
        """Where the value of an option came from, in words."""
        return self.origins.get(name, DEFAULT)

    def lines(self) -> list[str]:
        """Every option, its value (secrets masked) and where it came from, one a line; then the notes."""
        shown = {name: show_value(option, getattr(self, name)) for name, option in OPTIONS.items()}
        names, values = max(map(len, shown)), max(map(len, shown.values()))
        return [*(f"{name:<{names}}  {value:<{values}}  {self.origin(name)}" for name, value in shown.items()),
                *(f"note: {note}" for note in self.notes)]

    def changed(self, live: Mapping[str, object]) -> Settings:
        """Lay what changed while running over everything but what is locked. Raises SettingsError."""
        fixed = [
            f"{name} was fixed when the server started ({self.origin(name)}); start it again to change it"
            for name in live
            if name in OPTIONS and (not OPTIONS[name].live or self.origin(name) == LOCKED)
        ]
        below = [layer for layer in self.layers if layer.origin not in (LIVE, LOCKED)]
        above = [layer for layer in self.layers if layer.origin == LOCKED]
        before = {name: value for layer in self.layers if layer.origin == LIVE for name, value in layer.values.items()}
        return resolve((*below, Layer(LIVE, before | dict(live), Path()), *above), fixed, self.notes)


def resolve(layers: Iterable[Layer], problems: Iterable[str] = (), notes: Iterable[str] = ()) -> Settings:
    """Lay the layers over each other, the last on top. Raises SettingsError with all problems at once."""
    layers, found = tuple(layers), list(problems)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        for name, given in layer.values.items():
            option = OPTIONS.get(name)
            if option is None:
                found.append(f"{name}: there is no such setting{did_you_mean(name, OPTIONS)} ({layer.origin})")
                continue
            try:
                values[name] = read_value(option, given, layer.base)
            except InputError as error:
                found.append(f"{layer.spelt(option)}: {error} ({layer.origin})")
            origins[name] = layer.origin
    if found:
        raise SettingsError(tuple(found))
    for name, option in OPTIONS.items():
        if option.follows and name not in values and option.follows in values:
            values[name], origins[name] = values[option.follows], f"as {option.follows}"
    return Settings(layers=layers, origins=MappingProxyType(origins), notes=tuple(notes), **values)


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """`; did you mean 'decks'?`, or nothing where nothing is near."""
    by_fold = {name.lower(): name for name in known}
    near = get_close_matches(word.lower().replace("-", "_"), by_fold, n=1, cutoff=cutoff)
    return f"; did you mean {by_fold[near[0]]!r}?" if near else ""
