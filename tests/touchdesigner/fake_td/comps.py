"""Components: they hold operators, custom parameters and extensions."""

# ruff: noqa: N802, N803 - TouchDesigner's names
from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from fake_td import toxfile
from fake_td.errors import tdAttributeError, tdError, tdTypeError
from fake_td.network import OP, free_name
from fake_td.pages import Page


class COMP(OP):
    """One component."""

    family = "COMP"
    OPType = "COMP"
    _max_inputs = 0

    def __getattr__(self, name: str) -> Any:
        if name[:1].isupper() and "_fake" in self.__dict__:
            promoted = self._fake.promoted(self, name)
            if promoted is not None:
                return promoted[0]
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name[:1].isupper():
            for extension in self._fake.extensions_of(self).values():
                if extension.promote and hasattr(extension.instance, name):
                    setattr(extension.instance, name, value)
                    return
        super().__setattr__(name, value)

    @property
    def extensions(self) -> list[Any]:
        return [extension.instance for extension in self._fake.extensions_of(self).values()]

    @property
    def extensionsReady(self) -> bool:
        return not self._fake.initializing(self)

    def initializeExtensions(self, index: int | None = None) -> Any:
        self._fake.guard(self)
        self._fake.forget_extensions(self)
        made = [extension.instance for extension in self._fake.extensions_of(self).values()]
        return made[index] if index is not None else made

    @property
    def gpuMemory(self) -> int:
        return sum(getattr(child, "gpuMemory", 0) for child in self._children.values() if child.isTOP or child.isCOMP)

    def create(self, opType: Any, name: str | None = None, initialize: bool = True) -> OP:
        """Make an operator here."""
        self._fake.guard(self)
        kind = opType if isinstance(opType, str) else getattr(opType, "OPType", None)
        if kind is None:
            raise tdTypeError(f"create() takes an operator type, not {opType!r}")
        return self._fake.create(self, kind, name)

    def copy(self, op: OP, name: str | None = None, includeDocked: bool = True) -> OP:
        self._fake.guard(self)
        return toxfile.restore(self._fake, self, toxfile.described(op), name or op.name)

    def copyOPs(self, ops: Iterable[OP]) -> list[OP]:
        self._fake.guard(self)
        return toxfile.restore_all(self._fake, self, list(ops))

    def findChildren(self, type: Any = None, name: str | None = None, path: str | None = None,  # noqa: A002
                     depth: int | None = None, maxDepth: int | None = None, text: str | None = None,
                     comment: str | None = None, tags: Iterable[str] = (), allTags: bool = False,
                     parValue: str | None = None, parExpr: str | None = None, parName: str | None = None,
                     onlyNonDefaults: bool = False, includeUtility: bool = False,
                     key: Callable[[OP], bool] | None = None) -> list[OP]:
        """Operators inside that fit everything asked for."""
        self._fake.guard(self)
        wanted = list(tags)
        found = []
        for level, op in _below(self, 1):
            if (depth is not None and level != depth) or (maxDepth is not None and level > maxDepth):
                continue
            if type is not None and not isinstance(op, type):
                continue
            texts = ((name, op.name), (path, op.path), (comment, op.comment),
                     (text, op.text if text is not None and op.isDAT else None))
            if any(pattern is not None and not fnmatch.fnmatchcase(value or "", pattern) for pattern, value in texts):
                continue
            hits = [any(fnmatch.fnmatchcase(tag, pattern) for tag in op.tags) for pattern in wanted]
            if wanted and not (all(hits) if allTags else any(hits)):
                continue
            if (parName is not None or parValue is not None or parExpr is not None) and not any(
                    (parName is None or fnmatch.fnmatchcase(par.name, parName))
                    and (parValue is None or fnmatch.fnmatchcase(str(par._val), parValue))
                    and (parExpr is None or fnmatch.fnmatchcase(par.expr, parExpr))
                    and not (onlyNonDefaults and par.isDefault) for par in op._pars.values()):
                continue
            if key is None or key(op):
                found.append(op)
        return found

    def layout(self, ops: Iterable[OP] | None = None, horizontal: bool | None = None, vertical: bool | None = None,
               gridRows: int = 0) -> None:
        for index, op in enumerate(ops if ops is not None else self.children):
            op.nodeX, op.nodeY = (0, -150 * index) if vertical else (200 * index, 0)

    def appendCustomPage(self, name: str) -> Page:
        """Add a page of custom parameters."""
        self._fake.guard(self)
        if name in self._custom_pages and self._fake.quirks.second_page_refused:
            raise tdError(f"{self.path} has a page {name} already")
        if name not in self._custom_pages:
            self._custom_pages.append(name)
        return Page(self, name, custom=True)

    def destroyCustomPars(self) -> None:
        for par in self.customPars:
            par.destroy()
        self._custom_pages.clear()

    def sortCustomPages(self, *pages: str) -> None:
        self._custom_pages.sort(key=lambda name: pages.index(name) if name in pages else len(pages))

    def save(self, filepath: Any, createFolders: bool = False, password: str | None = None) -> str:
        """Write as .tox."""
        self._fake.guard(self)
        path = Path(str(filepath))
        if createFolders:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(toxfile.packed(self))
        return str(path)

    def saveByteArray(self, password: str | None = None) -> bytearray:
        return bytearray(toxfile.packed(self))

    def loadTox(self, filepath: Any, unwired: bool = False, pattern: str | None = None,
                password: str | None = None) -> OP:
        """Load a component into this one."""
        self._fake.guard(self)
        try:
            data = Path(str(filepath)).read_bytes()
        except OSError as error:
            raise tdError(f"cannot load {filepath}: {error}") from None
        return toxfile.load(self._fake, self, data)

    def accessPrivateContents(self, *_: Any) -> None:
        raise tdAttributeError("this component is not private")


def _below(comp: OP, level: int) -> Iterator[tuple[int, OP]]:
    for child in list(comp._children.values()):
        yield level, child
        yield from _below(child, level + 1)


class BaseCOMP(COMP):
    """A component without a panel."""


__all__ = ["COMP", "BaseCOMP", "free_name"]
