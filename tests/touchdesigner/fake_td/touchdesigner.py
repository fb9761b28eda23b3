"""The fake TouchDesigner: one process with a network, a clock, and frames that somebody has to ask for."""

# ruff: noqa: N803 - TouchDesigner's names
from __future__ import annotations

import contextlib
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fake_td.callbacks import Callbacks
from fake_td.errors import NotInTheFake, tdError
from fake_td.extension_life import Extension, ExtensionBook
from fake_td.finding import from_operator
from fake_td.frames import Frames, ManualClock, Stall
from fake_td.lan import SocketModule
from fake_td.movie_reading import Disk
from fake_td.network import OP, alive, free_name
from fake_td.optypes import tables_of, types_of
from fake_td.osc_ops import OscInCHOP, OscInDAT, Ports
from fake_td.parameters import Par, ParMode
from fake_td.quirks import Quirks
from fake_td.script_top import CookLevel
from fake_td.scripts import TimeModule, names_for
from fake_td.surroundings import AbsTime, Licenses, Link, Project, app_of, td_module
from fake_td.table_language import parse_build
from fake_td.websocket_ops import WebSocketDAT
from fake_td.wires import Wire

BUILDS = ("2022.35320", "2023.12600", "2025.32820")


@dataclass
class Failure:
    """A script that raised."""

    path: str
    where: str
    error: BaseException
    text: str


class FakeTouchDesigner(Frames):
    """One TouchDesigner. `clock` is a ManualClock (time is moved by frames and stalls) or any clock in seconds."""

    def __init__(self, build: str = BUILDS[-1], *, commercial: bool = True, clock: Callable[[], float] | None = None,
                 cook_rate: float = 60.0, jitter: float = 0.0, seed: int = 1, folder: str = ".",
                 quirks: Quirks | None = None) -> None:
        self.build_text, self.build = build, parse_build(build)
        self.quirks = quirks or Quirks()
        self.clock = clock or ManualClock()
        self.wall = lambda: 1.7e9 + self.clock()
        self.cook_rate, self.jitter = cook_rate, jitter
        self.chance = random.Random(seed)
        self.disk = Disk(self.chance)
        self.texture_limit = 16384 if commercial else 1280
        self.link = Link()
        self.wires: list[Wire] = []
        self.absolute_frame, self.frame_step, self.dropped_frames = 0, 1, 0
        self.failures: list[Failure] = []
        self.stalls: list[Stall] = []
        self.textport: list[str] = []
        self.sent: list[tuple[tuple[str, int], bytes]] = []
        self.viewed: list[OP] = []
        self.players: list[Any] = []
        self.listeners: list[Any] = []
        self.connections: list[Any] = []
        self._ids = 0
        self._main = threading.get_ident()
        self._spaces: dict[int, dict[str, Any]] = {}
        self._codes: dict[str, Any] = {}
        self._cooking: set[int] = set()
        self._waiting: list[tuple[float, int, Callable[[], Any]]] = []
        self._at_end: list[Callable[[], Any]] = []
        self._origin = self.clock()
        self._frame_time = self.frame_began = self.clock()
        self.types, self.tables = types_of(self.build), tables_of(self.build)
        self.root: OP = self.types["baseCOMP"](self, None, "", "baseCOMP", self.tables["baseCOMP"])
        self.ports = Ports(self)
        self.book = ExtensionBook(self)
        self.events = Callbacks(self)
        self.project, self.app = Project(self, folder), app_of(build)
        self.licenses = Licenses("Commercial" if commercial else "Non-Commercial", modern=self.build >= (2023, 0))
        self.abs_time = AbsTime(self)
        self.local_time = self.abs_time
        self.hidden: dict[str, set[str]] = {}
        """Parameters by operator type that this build lacks, as far as scripts can tell."""
        self.lan = False
        """Whether multicast leaves this process."""
        self.names: dict[str, list[str]] = {}
        """What the system's look-up knows of host names."""
        self.own_modules: dict[str, Any] = {"time": TimeModule(self), "socket": SocketModule(self)}
        """Modules that scripts find in place of Python's; None where this build's Python does not have one."""
        self.td = td_module(self)
        self.create(self.root, "baseCOMP", "project1", exactly=True)
        self.create(self.root, "baseCOMP", "local", exactly=True)

    # scripts

    def module_names(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self.td).items() if not name.startswith("__")}

    def injected_enums(self) -> dict[str, Any]:
        return {"ParMode": ParMode, **({"CookLevel": CookLevel} if self.build >= (2025, 0) else {})}

    def evaluate(self, owner: OP, expression: str) -> Any:
        """An expression of a parameter. Raises what it raises."""
        code = self._codes.get(expression)
        if code is None:
            code = compile(expression, f"expression of {owner.path}", "eval", dont_inherit=True)
            self._codes[expression] = code
        space = self._spaces.get(owner.id)
        if space is None:
            space = self._spaces[owner.id] = names_for(self, owner)
        return eval(code, space)

    def execute(self, text: str, me: OP | None = None) -> dict[str, Any]:
        """A line typed into the Textport, or a script. Raises what it raises; returns its names."""
        space = names_for(self, me or self.root)
        exec(compile(text, "<textport>", "exec", dont_inherit=True), space)
        return space

    @contextlib.contextmanager
    def installed(self) -> Iterator[FakeTouchDesigner]:
        """Let plain Python files `import td`."""
        before = sys.modules.get("td")
        sys.modules["td"] = self.td
        try:
            yield self
        finally:
            if before is None:
                del sys.modules["td"]
            else:
                sys.modules["td"] = before

    def print(self, *values: Any, **_: Any) -> None:
        self.textport.append(" ".join(map(str, values)))

    def run(self, script: Any, *args: Any, endFrame: bool = False, fromOP: OP | None = None, asParameter: bool = False,
            group: str | None = None, delayFrames: int = 0, delayMilliSeconds: float = 0, delayRef: Any = None) -> None:
        """Run code or a callable, now or later."""
        me = fromOP or self.root

        def go() -> Any:
            if callable(script):
                return script(*args)
            space = names_for(self, me)
            space["args"] = args
            exec(compile(str(script), f"run from {me.path}", "exec", dont_inherit=True), space)
            return None

        if endFrame:
            self._at_end.append(go)
        elif delayFrames or delayMilliSeconds:
            due = self.clock() + delayMilliSeconds / 1000
            self._waiting.append((due, self.absolute_frame + int(delayFrames), go))
        else:
            self.guarded(go)

    def guarded(self, action: Callable[[], Any], owner: OP | None = None, where: str = "run") -> Any:
        """TouchDesigner's border around scripts: what raises is reported, and the show goes on."""
        try:
            return action()
        except Exception as error:  # noqa: BLE001 - as TouchDesigner does
            self.script_failed(owner or self.root, where, error)
            return None

    def script_failed(self, owner: OP, where: str, error: BaseException) -> None:
        text = "".join(traceback.format_exception(error))
        self.failures.append(Failure(owner.path, where, error, text))
        self.textport.append(text)
        owner._errors.append(str(error))

    def call(self, dat: Any, name: str, *args: Any) -> Any:
        """Call a function of a DAT, if it has it."""

        def go() -> Any:
            function = dat.module.__dict__.get(name)
            return function(*args) if function is not None else None

        return self.guarded(go, dat, name)

    # the network

    def next_id(self) -> int:
        self._ids += 1
        return self._ids

    def on_main_thread(self) -> bool:
        return threading.get_ident() == self._main

    def guard(self, op: OP) -> None:
        """Every access passes here: the main thread only, and only what exists."""
        if threading.get_ident() != self._main:
            raise NotInTheFake("only the main thread may touch operators")
        if not op._alive:
            alive(op)

    def everything(self) -> Iterator[OP]:
        stack = [self.root]
        while stack:
            op = stack.pop()
            yield op
            stack += op._children.values()

    def find(self, owner: OP, path: str) -> OP | None:
        return next(from_operator(self, owner, path), None)

    def reference(self, owner: OP, other: OP) -> str:
        """The path that a parameter keeps for an operator."""
        if other._parent is owner._parent and other is not owner:
            return other._name
        if other._parent is owner:
            return f"./{other._name}"
        if owner._parent is other:
            return ".."
        return other.path

    def create(self, parent: OP, kind: str, name: str | None, *, exactly: bool = False, quietly: bool = False) -> OP:
        made = self.types.get(kind)
        if made is None:
            raise tdError(f"unknown operator type {kind!r}")
        wanted = name or f"{kind.removesuffix(made.family)}1"
        if not exactly and name and self.quirks.create_adds_digit and not name[-1].isdigit():
            wanted = f"{name}1"
        op = made(self, parent, free_name(parent, wanted), kind, self.tables[kind])
        if kind.endswith("COMP") and self.quirks.old_extension_names:
            self._old_names(op)
        parent._children[op._name] = op
        if isinstance(op, OscInDAT | OscInCHOP):
            self.listeners.append(op)
        if isinstance(op, WebSocketDAT):
            self.connections.append(op)
        if not quietly:
            self.events.created(op)
        return op

    def _old_names(self, op: OP) -> None:
        """Aliases: the same parameter under the name that it had until 2022."""
        for old, new in (("extension1", "ext0object"), ("extname1", "ext0name"), ("promoteextension1", "ext0promote")):
            if new in op._pars:
                op._pars[old] = op._pars[new]

    def loaded(self, ops: list[OP]) -> None:
        for op in ops:
            self.events.created(op)
            if op.isCOMP and self.quirks.extensions_start_by_themselves:
                self.extensions_of(op)

    def destroy(self, op: OP) -> None:
        for child in list(op._children.values()):
            self.destroy(child)
        self.wires = [wire for wire in self.wires if wire.source is not op and wire.target is not op]
        if op.isCOMP:
            self.book.forget(op)
        getattr(op, "_destroyed", lambda: None)()
        if op._parent is not None:
            op._parent._children.pop(op._name, None)
        op._alive = False
        self.listeners = [each for each in self.listeners if each is not op]
        self.connections = [each for each in self.connections if each is not op]
        self.viewed = [each for each in self.viewed if each is not op]
        self._spaces.pop(op.id, None)

    def changed(self, op: OP) -> None:
        """Something about an operator is new: it cooks again in this frame."""
        op._cook_frame = -1
        op._par_version += 1

    def par_changed(self, par: Par, before: Any) -> None:
        self.changed(par.owner)
        self.events.par_changed(par, before)

    def par_pulsed(self, par: Par) -> None:
        owner, name = par.owner, par.name
        if name == "reinitextensions":
            self.book.forget(owner)
            self.extensions_of(owner)
        elif name == "reloadpulse":
            owner._reload()
        elif name == "resetchannelspulse":
            owner._channels.clear()
        elif name == "clear":
            owner.clear(keepFirstRow=True)
        self.events.pulsed(par)

    def extensions_of(self, comp: Any) -> dict[str, Extension]:
        return self.book.of(comp)

    def forget_extensions(self, comp: Any) -> None:
        self.book.forget(comp)

    def initializing(self, comp: Any) -> bool:
        return self.book.initializing(comp)

    def promoted(self, comp: Any, name: str) -> tuple[Any] | None:
        for extension in self.extensions_of(comp).values():
            if extension.promote and hasattr(extension.instance, name):
                return (getattr(extension.instance, name),)
        return None

    def module_used(self, dat: Any, version: int) -> None:
        self.book.used(dat, version)

    def preload_done(self, op: Any) -> None:
        callbacks = op._pars.get("callbacks")
        if callbacks is not None and callbacks.eval() is not None:
            self.call(callbacks.eval(), "onPreloadDone", op)

    def info(self, op: OP) -> dict[str, float]:
        """What an Info CHOP says of an operator."""
        values: dict[str, float] = getattr(op, "_info", dict)()
        if op.isTOP:
            height, width = op._picture.shape[:2]
            values |= {"resx": width, "resy": height, "gpu_memory_used": width * height * 4}
        return values | {"total_cooks": op._cooks, "cook_time": 0.1, "warnings": len(op._warnings),
                         "errors": len(op._errors)}

    def close(self) -> None:
        """Quit: exit callbacks, then everything is let go."""
        self.events.exiting()
        for child in list(self.root._children.values()):
            self.destroy(child)
        self.ports.close()


def real_clock() -> float:
    return time.perf_counter()
