"""How operators are found: `op()`, `parent()`, `iop`, `ext`, `mod`, by paths, patterns, ids and shortcuts."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fake_td.errors import tdAttributeError, tdError

if TYPE_CHECKING:
    from fake_td.network import OP
    from fake_td.touchdesigner import FakeTouchDesigner


def walk(base: OP | None, parts: list[str]) -> Iterator[OP]:
    """Every operator that a path means, in order."""
    if base is None:
        return
    if not parts:
        yield base
        return
    head, rest = parts[0], parts[1:]
    if head in ("", "."):
        yield from walk(base, rest)
    elif head == "..":
        yield from walk(base._parent, rest)
    elif any(char in head for char in "*?["):
        for name, child in list(base._children.items()):
            if fnmatch.fnmatchcase(name, head):
                yield from walk(child, rest)
    else:
        yield from walk(base._children.get(head), rest)


def by_path(fake: FakeTouchDesigner, base: OP | None, path: str) -> Iterator[OP]:
    """Operators of a path; one that begins with / is looked for from the root."""
    if path.startswith("/"):
        yield from walk(fake.root, path.strip("/").split("/") if path != "/" else [])
    else:
        yield from walk(base, path.rstrip("/").split("/"))


def from_operator(fake: FakeTouchDesigner, owner: OP, path: str) -> Iterator[OP]:
    """What a path means in a parameter or script of an operator: plain names are its siblings, ./ is inside it."""
    first = path.split("/", 1)[0]
    base = owner if first in (".", "..", "") else owner._parent
    yield from by_path(fake, base, path)


class OpFinder:
    """`op`: called with paths, or asked for a global shortcut."""

    def __init__(self, fake: FakeTouchDesigner, owner: OP, *, inside: bool, demanding: bool = False) -> None:
        self.__dict__.update(_fake=fake, _owner=owner, _inside=inside, _demanding=demanding)

    def __call__(self, *patterns: Any, includeUtility: bool = False) -> Any:  # noqa: N803
        self._fake.guard(self._owner)
        for found in self._all(patterns):
            return found
        if self._demanding:
            raise tdError(f"there is no operator {patterns}")
        return None

    def all(self, *patterns: Any) -> list[OP]:
        return list(self._all(patterns))

    def _all(self, patterns: tuple[Any, ...]) -> Iterator[OP]:
        from fake_td.network import OP

        for pattern in patterns:
            if isinstance(pattern, OP):
                yield pattern
            elif isinstance(pattern, int):
                yield from (each for each in self._fake.everything() if each.id == pattern)
            elif isinstance(pattern, str):
                for word in pattern.split():
                    yield from (by_path(self._fake, self._owner, word) if self._inside
                                else from_operator(self._fake, self._owner, word))
            else:
                raise tdError(f"op() takes paths, not {type(pattern).__name__}")

    def __getattr__(self, name: str) -> OP:
        for each in self._fake.everything():
            par = each._pars.get("opshortcut")
            if par is not None and par._val == name:
                return each
        raise tdAttributeError(f"there is no operator with the global shortcut {name}")


class ParentFinder:
    """`parent`: called with a number of levels, or asked for a parent shortcut."""

    def __init__(self, owner: OP) -> None:
        self.__dict__["_owner"] = owner

    def __call__(self, levels: int = 1) -> OP | None:
        owner: OP | None = self._owner
        for _ in range(levels):
            owner = owner._parent if owner is not None else None
        return owner

    def __getattr__(self, name: str) -> OP:
        above: OP | None = self._owner
        while above is not None:
            par = above._pars.get("parentshortcut")
            if par is not None and par._val == name:
                return above
            above = above._parent
        raise tdAttributeError(f"no parent of {self._owner.path} has the shortcut {name}")


class IopFinder:
    """`iop`: internal operators by shortcut."""

    def __init__(self, owner: OP) -> None:
        self.__dict__["_owner"] = owner

    def __getattr__(self, name: str) -> OP:
        above: OP | None = self._owner
        while above is not None:
            for key, par in above._pars.items():
                if key.startswith("iop") and key.rstrip("0123456789").endswith("shortcut") and par._val == name:
                    digits = "".join(filter(str.isdigit, key))
                    target = above._pars.get(f"iop{digits}op") or above._pars.get(f"iop{digits}")
                    found: OP | None = target.eval() if target is not None else None
                    if found is not None:
                        return found
            above = above._parent
        raise tdAttributeError(f"there is no internal operator {name} for {self._owner.path}")


class ExtFinder:
    """`ext`: extensions of this operator, else of its parents."""

    def __init__(self, owner: OP) -> None:
        self.__dict__["_owner"] = owner

    def __getattr__(self, name: str) -> Any:
        above: OP | None = self._owner
        while above is not None:
            extensions = above._fake.extensions_of(above) if above.isCOMP else {}
            if name in extensions:
                return extensions[name].instance
            above = above._parent
        raise tdAttributeError(f"there is no extension {name} for {self._owner.path}")


class ModFinder:
    """`mod`: DATs as modules, of the component, then of `local/modules` in each parent."""

    def __init__(self, owner: OP) -> None:
        self.__dict__["_owner"] = owner

    def __call__(self, path: str) -> Any:
        dat = self.dat(path)
        if dat is None:
            found = [each for each in from_operator(self._owner._fake, self._owner, path) if each.isDAT]
            dat = found[0] if found else None
        if dat is None:
            raise tdError(f"there is no DAT {path} to be used as a module from {self._owner.path}")
        return dat.module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self(name)

    def dat(self, name: str) -> Any:
        """The DAT that an import statement means, or None."""
        place = self._owner if self._owner.isCOMP else self._owner._parent
        if place is None:
            return None
        candidates = [place._children.get(name)]
        above: OP | None = place
        while above is not None:
            candidates += list(walk(above, ["local", "modules", name]))
            above = above._parent
        return next((each for each in candidates if each is not None and each.isDAT), None)
