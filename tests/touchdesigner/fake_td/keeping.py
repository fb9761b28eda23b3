"""What operators keep: storage, errors and warnings."""

# ruff: noqa: N802, N803 - TouchDesigner's names
from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Any


class Keeps:
    """Storage and complaints of an operator."""

    _fake: Any
    _parent: Any
    _children: dict[str, Any]
    _storage: dict[str, Any]
    _errors: list[str]
    _warnings: list[str]
    path: str

    def store(self, key: str, value: Any) -> Any:
        self._fake.guard(self)
        self._storage[key] = value
        return value

    def fetch(self, key: str, default: Any = None, search: bool = True, storeDefault: bool = False) -> Any:
        self._fake.guard(self)
        owner: Any = self
        while owner is not None:
            if key in owner._storage:
                return owner._storage[key]
            owner = owner._parent if search else None
        if storeDefault:
            self._storage[key] = default
        return default

    def unstore(self, pattern: str) -> None:
        for key in [key for key in self._storage if fnmatch.fnmatchcase(key, pattern)]:
            del self._storage[key]

    @property
    def storage(self) -> dict[str, Any]:
        return self._storage

    def addError(self, message: str) -> None:
        self._errors.append(str(message))

    def addScriptError(self, message: str) -> None:
        self._fake.guard(self)
        self._errors.append(str(message))

    def addWarning(self, message: str) -> None:
        self._fake.guard(self)
        self._warnings.append(str(message))

    def clearScriptErrors(self, recurse: bool = True, error: str = "*") -> None:
        self._errors = [text for text in self._errors if not fnmatch.fnmatchcase(text, error)]
        for child in self._children.values() if recurse else ():
            child.clearScriptErrors(recurse, error)

    def errors(self, recurse: bool = False) -> str:
        return "\n".join(self._said("_errors", recurse))

    def scriptErrors(self, recurse: bool = False) -> str:
        return self.errors(recurse)

    def warnings(self, recurse: bool = False) -> str:
        return "\n".join(self._said("_warnings", recurse))

    def _said(self, what: str, recurse: bool) -> Iterator[str]:
        yield from (f"{text} ({self.path})" for text in getattr(self, what))
        for child in self._children.values() if recurse else ():
            yield from child._said(what, True)
