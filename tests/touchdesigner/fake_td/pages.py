"""Custom parameter pages, and sequences of parameter blocks."""

# ruff: noqa: N802 - TouchDesigner's names
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fake_td.errors import tdAttributeError, tdError
from fake_td.par_collections import ParGroup
from fake_td.parameters import Par
from fake_td.table_language import ParSpec, SequenceSpec

if TYPE_CHECKING:
    from fake_td.network import OP

NAME = re.compile(r"[A-Z][a-z0-9]*$")
_SUFFIXES = {"XY": "xy", "XYZ": "xyz", "XYZW": "xyzw", "WH": "wh", "UV": "uv", "UVW": "uvw", "RGB": "rgb",
             "RGBA": "rgba"}
_PLAIN = ("OP", "COMP", "Object", "PanelCOMP", "TOP", "CHOP", "SOP", "MAT", "DAT", "Str", "StrMenu", "Menu", "File",
          "FileSave", "Folder", "Pulse", "Momentary", "Toggle", "Python", "Header")
_DEFAULTS = {"Toggle": False, "Pulse": False, "Momentary": False, "Int": 0, "Float": 0.0}


class Page:
    """One page of parameters of an operator."""

    def __init__(self, owner: OP, name: str, *, custom: bool) -> None:
        self.owner = owner
        self._name = name
        self.isCustom = custom

    def __repr__(self) -> str:
        return f"type:Page name:{self._name} owner:{self.owner.path}"

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        for par in self.pars:
            object.__setattr__(par, "_page", value)
        pages = self.owner._custom_pages
        pages[pages.index(self._name)] = value
        self._name = value

    @property
    def index(self) -> int:
        return self.owner._custom_pages.index(self._name) if self.isCustom else 0

    @property
    def pars(self) -> list[Par]:
        pars = [p for p in self.owner._pars.values() if p._page == self._name and p.isCustom == self.isCustom]
        return sorted(pars, key=lambda par: par._shape["order"])

    @property
    def parGroups(self) -> list[ParGroup]:
        groups: dict[str, list[Par]] = {}
        for par in self.pars:
            groups.setdefault(par.spec.group, []).append(par)
        return [ParGroup(pars) for pars in groups.values()]

    def __len__(self) -> int:
        return len(self.pars)

    def __iter__(self) -> Iterator[Par]:
        return iter(self.pars)

    def __getitem__(self, index: int) -> Par:
        return self.pars[index]

    def destroy(self) -> None:
        for par in self.pars:
            par.destroy()
        self.owner._custom_pages.remove(self._name)

    def sort(self, *names: str) -> None:
        for order, name in enumerate(names):
            self.owner._pars[name]._shape["order"] = order

    def appendInt(self, name: str, label: str | None = None, size: int = 1, order: Any = None,
                  replace: bool = True) -> ParGroup:
        return self._append(name, "Int", label, order, replace, _numbers(size))

    def appendFloat(self, name: str, label: str | None = None, size: int = 1, order: Any = None,
                    replace: bool = True) -> ParGroup:
        return self._append(name, "Float", label, order, replace, _numbers(size))

    def __getattr__(self, name: str) -> Any:
        style = name.removeprefix("append")
        if not name.startswith("append") or (style not in _PLAIN and style not in _SUFFIXES):
            raise tdAttributeError(f"'td.Page' object has no attribute '{name}'")

        def append(name: str, label: str | None = None, order: Any = None, replace: bool = True) -> ParGroup:
            return self._append(name, style, label, order, replace, list(_SUFFIXES.get(style, [""])))

        return append

    def _append(self, name: str, style: str, label: str | None, order: Any, replace: bool,
                endings: list[str]) -> ParGroup:
        self.owner._fake.guard(self.owner)
        if not NAME.match(name):
            raise tdError(f"{name!r} cannot name a custom parameter: one capital first, then small letters and digits")
        if not replace and name + endings[0] in self.owner._pars:
            raise tdError(f"the parameter {name} exists already")
        kind = "Float" if style in _SUFFIXES else style
        pars = []
        for index, ending in enumerate(endings):
            spec = ParSpec(name + ending, name, index, kind, _DEFAULTS.get(kind, ""), self._name)
            if (existing := self.owner._pars.get(spec.name)) is not None and not existing.isCustom:
                raise tdError(f"{spec.name} is built in")
            par = Par(self.owner, spec, custom=True, label=label or name)
            par._shape["order"] = order if order is not None else len(self.pars)
            if existing is not None and existing.style == kind and self.owner._fake.quirks.replaced_pars_keep_values:
                par.copy(existing)
            self.owner._pars[spec.name] = par
            pars.append(par)
        return ParGroup(pars)


def _numbers(size: int) -> list[str]:
    return [str(n + 1) for n in range(size)] if size > 1 else [""]


class Sequence:
    """A number of blocks of parameters, as extensions and constants have them."""

    def __init__(self, owner: OP, spec: SequenceSpec, pars: tuple[ParSpec, ...]) -> None:
        self._owner, self._spec, self._pars_of = owner, spec, pars
        self._blocks = 0
        self.numBlocks = spec.blocks

    @property
    def name(self) -> str:
        return self._spec.name

    @property
    def numBlocks(self) -> int:
        return self._blocks

    @numBlocks.setter
    def numBlocks(self, count: int) -> None:
        for block in range(self._blocks, count):
            for spec in self._pars_of:
                name = f"{self._spec.name}{block}{spec.name.removeprefix('*')}"
                made = ParSpec(name, name, 0, spec.style, spec.default, spec.page)
                self._owner._pars[name] = Par(self._owner, made)
        for block in range(count, self._blocks):
            for spec in self._pars_of:
                self._owner._pars.pop(f"{self._spec.name}{block}{spec.name.removeprefix('*')}", None)
        self._blocks = count


class SequenceCollection:
    """`op.seq`."""

    def __init__(self, sequences: dict[str, Sequence]) -> None:
        self._sequences = sequences

    def __getattr__(self, name: str) -> Sequence:
        if name.startswith("_") or name not in self._sequences:
            raise tdAttributeError(f"'td.SequenceCollection' object has no attribute '{name}'")
        return self._sequences[name]

    def __getitem__(self, name: str) -> Sequence | None:
        return self._sequences.get(name)
