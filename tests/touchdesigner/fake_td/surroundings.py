"""What stands around the operators: project, app, licenses, absolute time, Ableton Link, and the `td` module."""

# ruff: noqa: N802, N815 - TouchDesigner's names
from __future__ import annotations

import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fake_td import tdu
from fake_td.errors import tdAttributeError, tdError
from fake_td.optypes import FAMILIES
from fake_td.parameters import ParMode

if TYPE_CHECKING:
    from fake_td.touchdesigner import FakeTouchDesigner

_PROJECT_SETTINGS = frozenset({"cookRate", "realTime", "paths", "resetOnPerform", "cacheParameters"})


class Project:
    """The project. Who writes to it is remembered."""

    def __init__(self, fake: FakeTouchDesigner, folder: str) -> None:
        self.__dict__.update(_fake=fake, folder=folder, name="show.toe", saveVersion=fake.build_text, isRealTime=True,
                             realTime=True, paths={}, written=[])

    @property
    def cookRate(self) -> float:
        return self._fake.cook_rate

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _PROJECT_SETTINGS:
            raise tdAttributeError(f"'td.Project' object has no attribute '{name}'")
        self.written.append((name, value))
        if name == "cookRate":
            self._fake.cook_rate = float(value)
        else:
            self.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        raise tdAttributeError(f"'td.Project' object has no attribute '{name}'")


@dataclass(frozen=True)
class App:
    """The program."""

    build: str
    version: str
    product: str = "TouchDesigner"
    osName: str = "Windows"
    osVersion: str = "10"
    architecture: str = "64"
    experimental: bool = False


@dataclass(frozen=True)
class License:
    """One license."""

    type: str
    status: int = 0
    statusMessage: str = ""
    isEnabled: bool = True


class Licenses(list[License]):
    """All licenses; `isNonCommercial` came with 2023."""

    def __init__(self, kind: str, *, modern: bool) -> None:
        super().__init__([License(kind)])
        self.type = kind
        self.disablePro = False
        if modern:
            self.isNonCommercial = kind == "Non-Commercial"
            self.isPro = kind == "Pro"


class AbsTime:
    """`absTime`: frames since the start, and seconds by them."""

    def __init__(self, fake: FakeTouchDesigner) -> None:
        self._fake = fake

    @property
    def frame(self) -> int:
        return self._fake.absolute_frame

    @property
    def seconds(self) -> float:
        return self._fake.absolute_frame / self._fake.cook_rate

    @property
    def rate(self) -> float:
        return self._fake.cook_rate

    @property
    def step(self) -> float:
        return float(self._fake.frame_step)

    @property
    def stepSeconds(self) -> float:
        return self._fake.frame_step / self._fake.cook_rate


@dataclass
class Link:
    """The Ableton Link session that a test plays."""

    tempo: float = 120.0
    peers: int = 0
    began: float = 0.0
    offset: float = 0.0

    def beats_at(self, now: float) -> float:
        return self.offset + (now - self.began) * self.tempo / 60


def _no_build(build: str) -> str:
    return "2025" if build.startswith("2025") else "099"


def app_of(build: str) -> App:
    return App(build, _no_build(build))


class TdModule(types.ModuleType):
    """`td`: what is not in it does not exist."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise tdAttributeError(f"module 'td' has no attribute '{name}'")


def td_module(fake: FakeTouchDesigner) -> TdModule:
    """Build the module: operator types, functions and objects."""
    from fake_td.finding import OpFinder

    module = TdModule("td")
    module.__dict__.update(fake.types)
    module.__dict__.update(FAMILIES)
    module.__dict__.update(
        op=OpFinder(fake, fake.root, inside=True), opex=OpFinder(fake, fake.root, inside=True, demanding=True),
        ops=lambda *patterns: OpFinder(fake, fake.root, inside=True).all(*patterns), root=fake.root,
        project=fake.project, app=fake.app, licenses=fake.licenses, absTime=fake.abs_time, tdu=tdu, run=fake.run,
        debug=fake.print, me=fake.root, tdError=tdError, tdAttributeError=tdAttributeError,
        isMainThread=fake.on_main_thread)
    if fake.quirks.enums_in_td:
        module.__dict__["ParMode"] = ParMode
    return module
