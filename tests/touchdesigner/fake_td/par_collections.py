"""Parameters together: the groups of one line, and `op.par`."""


from __future__ import annotations

import fnmatch
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
        if par is None:
            raise tdAttributeError(f"'td.ParCollection' object has no attribute '{name}' Context:{owner.path}")
        return par

    def __setattr__(self, name: str, value: Any) -> None:
        getattr(self, name).val = value

    def __getitem__(self, name: str) -> Par | None:
        owner = self._owner
        owner._fake.guard(owner)
        found: Par | None = owner._pars.get(name)
        return found

    def __setitem__(self, name: str, value: Any) -> None:
        getattr(self, name).val = value

    def __iter__(self) -> Iterator[Par]:
        return iter(list(self._owner._pars.values()))

    def __contains__(self, name: str) -> bool:
        return name in self._owner._pars


def matching(owner: OP, pattern: str) -> list[Par]:
    """The parameters whose names fit any word of a pattern."""
    words = pattern.split()
    return [par for name, par in owner._pars.items() if any(fnmatch.fnmatchcase(name, word) for word in words)]
