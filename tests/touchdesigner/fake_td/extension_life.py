"""Extensions of components: compiled when they are referenced, and again when their text has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_td.comps import COMP
    from fake_td.touchdesigner import FakeTouchDesigner


@dataclass
class Extension:
    """One compiled extension."""

    instance: Any
    promote: bool


@dataclass
class _Compiled:
    key: tuple[Any, ...]
    used: dict[Any, int]
    extensions: dict[str, Extension]
    version: int
    """Of the component's parameters."""


class ExtensionBook:
    """All extensions of one TouchDesigner."""

    def __init__(self, fake: FakeTouchDesigner) -> None:
        self._fake = fake
        self._compiled: dict[int, _Compiled] = {}
        self._initializing: set[int] = set()
        self._using: list[dict[Any, int]] = []

    def of(self, comp: COMP) -> dict[str, Extension]:
        """By name. While they are being made there are none yet."""
        known = self._compiled.get(comp.id)
        if known is not None and known.version == comp._par_version and all(
                dat._alive and dat._version == version for dat, version in known.used.items()):
            return known.extensions
        slots = self._slots(comp)
        key = tuple(slots)
        if known is not None and known.key == key and all(
                dat._alive and dat._version == version for dat, version in known.used.items()):
            known.version = comp._par_version
            return known.extensions
        if comp.id in self._initializing or not any(expression for expression, _, _ in slots):
            return {}
        if known is not None:
            self._end(known)
        return self._make(comp, key, slots)

    def _make(self, comp: COMP, key: tuple[Any, ...], slots: list[tuple[str, str, bool]]) -> dict[str, Extension]:
        self._initializing.add(comp.id)
        used: dict[Any, int] = {}
        self._using.append(used)
        made: dict[str, Extension] = {}
        try:
            for expression, name, promote in slots:
                if expression:
                    instance = self._instance(comp, expression)
                    if instance is not None:
                        made[name or type(instance).__name__] = Extension(instance, promote)
        finally:
            self._using.pop()
            self._initializing.discard(comp.id)
        self._compiled[comp.id] = _Compiled(key, used, made, comp._par_version)
        self._fake.at_frame_end(lambda: self._started(made))
        return made

    def _instance(self, comp: COMP, expression: str) -> Any:
        try:
            return self._fake.evaluate(comp, expression)
        except Exception as error:  # noqa: BLE001 - TouchDesigner's border around scripts
            self._fake.script_failed(comp, f"extension {expression}", error)
            return None

    def _started(self, made: dict[str, Extension]) -> None:
        if self._fake.build < (2025, 0):
            return
        for extension in made.values():
            start = getattr(extension.instance, "onInitTD", None)
            if start is not None:
                self._fake.guarded(start)

    def _slots(self, comp: COMP) -> list[tuple[str, str, bool]]:
        pars = comp._pars
        if "ext" in comp._sequences:  # first: such a build may answer to some of the old names too
            numbers = [(f"ext{n}object", f"ext{n}name", f"ext{n}promote")
                       for n in range(comp._sequences["ext"].numBlocks)]
        else:
            numbers = [(f"extension{n}", f"extname{n}", f"promoteextension{n}") for n in range(1, 5)]
        return [(str(pars[o]._val), str(pars[n]._val), bool(pars[p]._val)) for o, n, p in numbers]

    def used(self, dat: Any, version: int) -> None:
        for each in self._using:
            each[dat] = version

    def initializing(self, comp: COMP) -> bool:
        return comp.id in self._initializing

    def forget(self, comp: COMP) -> None:
        known = self._compiled.pop(comp.id, None)
        if known is not None:
            self._end(known)

    def _end(self, known: _Compiled) -> None:
        name = "onDestroyTD" if self._fake.build >= (2025, 0) else "__delTD__"
        for extension in known.extensions.values():
            end = getattr(extension.instance, name, None)
            if end is not None:
                self._fake.guarded(end)
