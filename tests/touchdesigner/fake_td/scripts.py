"""Python inside TouchDesigner: the names that every script has, modules of DATs, and imports that find DATs."""


from __future__ import annotations

import builtins
import types
from typing import TYPE_CHECKING, Any

from fake_td.errors import NotInTheFake
from fake_td.finding import ExtFinder, IopFinder, ModFinder, OpFinder, ParentFinder

if TYPE_CHECKING:
    from fake_td.network import OP
    from fake_td.touchdesigner import FakeTouchDesigner


def names_for(fake: FakeTouchDesigner, me: OP) -> dict[str, Any]:
    """What a script or expression of an operator may say without importing anything."""
    space = dict(fake.module_names())
    space.update(fake.injected_enums())
    space.update(me=me, op=OpFinder(fake, me, inside=False), opex=OpFinder(fake, me, inside=False, demanding=True),
                 ops=lambda *patterns: OpFinder(fake, me, inside=False).all(*patterns), parent=ParentFinder(me),
                 iop=IopFinder(me), ext=ExtFinder(me), mod=ModFinder(me), td=fake.td)
    space["__builtins__"] = builtins_for(fake, me)
    return space


def builtins_for(fake: FakeTouchDesigner, me: OP) -> dict[str, Any]:
    """Python's own names, with an `import` that looks for DATs first, and time that is the fake's."""
    own = dict(vars(builtins))
    plain = builtins.__import__

    def importing(name: str, globals_: Any = None, locals_: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        if name == "td":
            return fake.td
        if name in fake.own_modules:
            if fake.own_modules[name] is None:
                raise ModuleNotFoundError(f"No module named {name!r}")
            return fake.own_modules[name]
        if level == 0 and "." not in name:
            dat = ModFinder(me).dat(name)
            if dat is not None:
                return dat.module
        return plain(name, globals_, locals_, fromlist, level)

    own["__import__"] = importing
    own["print"] = fake.print
    own["input"] = _never
    return own


def _never(*_: Any) -> Any:
    raise NotInTheFake("nothing may wait for a person inside TouchDesigner")


def compiled(fake: FakeTouchDesigner, dat: Any) -> types.ModuleType:
    """Run a DAT's text as a module, the way `import` does. Raises what it raises."""
    module = types.ModuleType(dat.name)
    module.__dict__.update(names_for(fake, dat))
    module.__dict__["__file__"] = dat.path
    # A module of a DAT is found by TouchDesigner's own import, and not in sys.modules.
    exec(compile(dat._text, dat.path, "exec", dont_inherit=True), module.__dict__)
    return module


class TimeModule(types.ModuleType):
    """`time` as scripts see it: the fake's clock, and no sleeping on the main thread."""

    def __init__(self, fake: FakeTouchDesigner) -> None:
        import time

        super().__init__("time")
        self.__dict__.update({name: value for name, value in vars(time).items() if not name.startswith("__")})
        self.perf_counter = self.monotonic = fake.clock
        self.time = fake.wall
        self.sleep = _no_sleep


def _no_sleep(_: float) -> None:
    raise NotInTheFake("a sleep on the main thread stops the picture")
