"""Parameters together: the groups of one line, and `op.par`."""


from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fake_td.errors import tdAttributeError
from fake_td.parameters import Par

if TYPE_CHECKING:
    from fake_td.network import OP


class ParGroup:
    """The parameters of one line."""

    def __init__(self, pars: list[Par]) -> None:
        self._pars_of = pars

    def __getitem__(self, index: int) -> Par:
        return self._pars_of[index]

    def __len__(self) -> int:
        return len(self._pars_of)

    def __iter__(self) -> Iterator[Par]:
        return iter(self._pars_of)

    @property
    def name(self) -> str:
        return self._pars_of[0].spec.group

    @property
    def label(self) -> str:
        return str(self._pars_of[0].label)


class ParCollection:
    """`op.par`: attributes are parameters, and nothing else exists."""

    def __init__(self, owner: OP) -> None:
        object.__setattr__(self, "_owner", owner)

    def __getattr__(self, name: str) -> Par:
        owner = self.__dict__["_owner"]
        owner._fake.guard(owner)
        par: Par | None = owner._pars.get(name)
        if par is None or _hidden(owner, name):
            raise tdAttributeError(f"'td.ParCollection' object has no attribute '{name}' Context:{owner.path}")
        return par

    def __setattr__(self, name: str, value: Any) -> None:
        if _hidden(self._owner, name):
            raise tdAttributeError(f"'td.ParCollection' object has no attribute '{name}' Context:{self._owner.path}")
        getattr(self, name).val = value

    def __getitem__(self, name: str) -> Par | None:
        owner = self._owner
        owner._fake.guard(owner)
        found: Par | None = owner._pars.get(name)
        return None if _hidden(owner, name) else found

    def __setitem__(self, name: str, value: Any) -> None:
        self.__setattr__(name, value)

    def __iter__(self) -> Iterator[Par]:
        return iter(list(self._owner._pars.values()))

    def __contains__(self, name: str) -> bool:
        return name in self._owner._pars


def _hidden(owner: OP, name: str) -> bool:
    """Whether scripts do not have a parameter that the operator itself works by."""
    hidden = owner._fake.hidden
    return bool(hidden) and name in hidden.get(owner.OPType, ()) and not str(
        sys._getframe(2).f_globals.get("__name__")).startswith("fake_td.")


def matching(owner: OP, pattern: str) -> list[Par]:
    """The parameters whose names fit any word of a pattern."""
    words = pattern.split()
    return [par for name, par in owner._pars.items() if any(fnmatch.fnmatchcase(name, word) for word in words)]
