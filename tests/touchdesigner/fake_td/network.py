"""Operators and components: what every one of them has, and nothing that TouchDesigner does not have."""

# ruff: noqa: N802, N803 - TouchDesigner's names
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fake_td.errors import NotInTheFake, tdAttributeError, tdError
from fake_td.finding import ExtFinder, IopFinder, ModFinder, OpFinder, ParentFinder
from fake_td.keeping import Keeps
from fake_td.pages import Page, Sequence, SequenceCollection
from fake_td.par_collections import ParCollection, ParGroup, matching
from fake_td.parameters import Par
from fake_td.table_language import Table
from fake_td.wires import Connector, connectors_of, sources_of

if TYPE_CHECKING:
    from fake_td.touchdesigner import FakeTouchDesigner

_PLAIN = {
    "viewer": False, "color": (0.55, 0.55, 0.55), "comment": "", "nodeX": 0, "nodeY": 0, "nodeWidth": 130,
    "nodeHeight": 90, "bypass": False, "lock": False, "display": False, "render": False, "current": False,
    "selected": False, "expose": True, "activeViewer": False, "allowCooking": True, "showCustomOnly": False,
    "showDocked": True, "cloneImmune": False, "python": True, "utility": False, "componentCloneImmune": False}
_REAL_BUT_UNKNOWN = """
passive curPar curBlock curSeq replicator ipar enclosedBy cookStartTime cookEndTime cookedPreviousFrame
childrenCookTime childrenCookAbsFrame gpuCookTime changeType copyParameters closeViewer openViewer
resetViewer openMenu dependenciesTo var vars evalExpression storeStartupValue unstoreStartupValue fetchOwner
saveExternalTox collapseSelected progressiveUnload vfs clones internalOPs internalPars dirty currentChild
selectedChildren privacyFirmCode isPrivate resetNetworkView loadByteArray reload initializeExtensions
outputCOMPConnectors inputCOMPConnectors inputCOMPs outputCOMPs currentPage fileFolder filePath supported
""".split()  # noqa: SIM905 - a list of fifty words
ROOT_NAME = "/"


class OP(Keeps):
    """One operator."""

    family = ""
    OPType = "OP"
    _max_inputs = 1
    _many_inputs = False

    def __init__(self, fake: FakeTouchDesigner, parent: OP | None, name: str, op_type: str, table: Table) -> None:
        self._fake, self._parent, self._name = fake, parent, name
        self._type = op_type
        self._children: dict[str, OP] = {}
        self._alive = True
        self._flags: dict[str, Any] = dict(_PLAIN)
        self._storage: dict[str, Any] = {}
        self._tags: set[str] = set()
        self._dock: OP | None = None
        self._custom_pages: list[str] = []
        self._errors: list[str] = []
        self._warnings: list[str] = []
        self._cooks = 0
        self._cook_frame = -1
        self._par_version = 0
        self._id = fake.next_id()
        self._pars: dict[str, Par] = {spec.name: Par(self, spec) for spec in table.pars if not spec.sequence}
        self._sequences = {spec.name: Sequence(self, spec, tuple(p for p in table.pars if p.sequence == spec.name))
                           for spec in table.sequences}

    def __repr__(self) -> str:
        return f"type:{self.OPType} path:{self.path}" if self._alive else "invalid operator"

    def __getattr__(self, name: str) -> Any:
        flags = self.__dict__.get("_flags", {})
        if name in flags:
            self._fake.guard(self)
            return flags[name]
        if name in _REAL_BUT_UNKNOWN:
            raise NotInTheFake(f"OP.{name} is real, but this fake does not know it")
        raise tdAttributeError(f"'td.{self.__dict__.get('_type', 'OP')}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        self._fake.guard(self)
        if name in self._flags:
            self._flags[name] = int(value) if name.startswith("node") else value
        elif isinstance(getattr(type(self), name, None), property):
            object.__setattr__(self, name, value)
        else:
            raise tdAttributeError(f"'td.{self._type}' object has no attribute '{name}'")

    def __bool__(self) -> bool:
        return True

    # who it is

    @property
    def valid(self) -> bool:
        return self._alive

    @property
    def id(self) -> int:
        return self._id

    @property
    def name(self) -> str:
        self._fake.guard(self)
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        wanted = re.sub(r"[^A-Za-z0-9_]", "_", str(value))
        if wanted == self._name:
            return
        assert self._parent is not None
        free = free_name(self._parent, wanted, itself=self)
        del self._parent._children[self._name]
        self._name = free
        self._parent._children[free] = self
        self._fake.changed(self)

    @property
    def path(self) -> str:
        if self._parent is None:
            return ROOT_NAME
        above = self._parent.path
        return f"{above.rstrip('/')}/{self._name}"

    @property
    def digits(self) -> int | None:
        found = re.search(r"(\d+)(?!.*\d)", self._name)
        return int(found[1]) if found else None

    @property
    def base(self) -> str:
        return re.split(r"\d", self._name, maxsplit=1)[0]

    @property
    def type(self) -> str:
        return self.OPType.removesuffix(self.family)

    @property
    def label(self) -> str:
        return self.type

    @property
    def isCOMP(self) -> bool:
        return self.family == "COMP"

    @property
    def isTOP(self) -> bool:
        return self.family == "TOP"

    @property
    def isCHOP(self) -> bool:
        return self.family == "CHOP"

    @property
    def isDAT(self) -> bool:
        return self.family == "DAT"

    # where it is

    @property
    def parent(self) -> ParentFinder:
        self._fake.guard(self)
        return ParentFinder(self)

    @property
    def op(self) -> OpFinder:
        self._fake.guard(self)
        return OpFinder(self._fake, self, inside=True)

    @property
    def opex(self) -> OpFinder:
        self._fake.guard(self)
        return OpFinder(self._fake, self, inside=True, demanding=True)

    def ops(self, *patterns: str, includeUtility: bool = False) -> list[OP]:
        return OpFinder(self._fake, self, inside=True).all(*patterns)

    @property
    def iop(self) -> IopFinder:
        return IopFinder(self)

    @property
    def ext(self) -> ExtFinder:
        return ExtFinder(self)

    @property
    def mod(self) -> ModFinder:
        return ModFinder(self)

    @property
    def time(self) -> Any:
        return self._fake.local_time

    @property
    def children(self) -> list[OP]:
        self._fake.guard(self)
        return list(self._children.values())

    @property
    def numChildren(self) -> int:
        return len(self._children)

    @property
    def numChildrenRecursive(self) -> int:
        return sum(1 + child.numChildrenRecursive for child in self._children.values())

    def relativePath(self, other: OP) -> str:
        return self._fake.reference(self, other)

    def shortcutPath(self, other: OP, toParName: str | None = None) -> str:
        tail = f".par.{toParName}" if toParName else ""
        return f"op('{self._fake.reference(self, other)}'){tail}"

    # parameters

    @property
    def par(self) -> ParCollection:
        self._fake.guard(self)
        return ParCollection(self)

    @property
    def seq(self) -> SequenceCollection:
        if self._fake.build < (2023, 0):
            raise tdAttributeError(f"'td.{self._type}' object has no attribute 'seq'")
        return SequenceCollection(self._sequences)

    def pars(self, *patterns: str) -> list[Par]:
        self._fake.guard(self)
        return [par for pattern in patterns or ("*",) for par in matching(self, pattern)]

    @property
    def builtinPars(self) -> list[Par]:
        return [par for par in self._pars.values() if not par.isCustom]

    @property
    def customPars(self) -> list[Par]:
        self._fake.guard(self)
        return [par for page in self.customPages for par in page.pars]

    @property
    def customParGroups(self) -> list[ParGroup]:
        return [group for page in self.customPages for group in page.parGroups]

    @property
    def customPages(self) -> list[Page]:
        self._fake.guard(self)
        return [Page(self, name, custom=True) for name in self._custom_pages]

    @property
    def pages(self) -> list[Page]:
        names = dict.fromkeys(par._page for par in self._pars.values() if not par.isCustom)
        return [Page(self, name, custom=False) for name in names]

    def _page(self, name: str) -> Page:
        return Page(self, name, custom=name in self._custom_pages)

    def resetPars(self) -> bool:
        for par in self._pars.values():
            if not par.isPulse:
                par.reset()
        return True

    # place in the network

    @property
    def nodeCenterX(self) -> int:
        return int(self._flags["nodeX"] + self._flags["nodeWidth"] // 2)

    @nodeCenterX.setter
    def nodeCenterX(self, value: float) -> None:
        self._flags["nodeX"] = int(value) - self._flags["nodeWidth"] // 2

    @property
    def nodeCenterY(self) -> int:
        return int(self._flags["nodeY"] + self._flags["nodeHeight"] // 2)

    @nodeCenterY.setter
    def nodeCenterY(self, value: float) -> None:
        self._flags["nodeY"] = int(value) - self._flags["nodeHeight"] // 2

    @property
    def dock(self) -> OP | None:
        return self._dock

    @dock.setter
    def dock(self, value: OP | None) -> None:
        self._dock = value

    @property
    def docked(self) -> list[OP]:
        beside = self._parent._children.values() if self._parent is not None else ()
        return [each for each in beside if each._dock is self]

    @property
    def tags(self) -> set[str]:
        return self._tags

    @tags.setter
    def tags(self, value: Iterable[str]) -> None:
        self._tags = set(value)

    # wires

    @property
    def inputConnectors(self) -> list[Connector]:
        self._fake.guard(self)
        return connectors_of(self, inputs=True)

    @property
    def outputConnectors(self) -> list[Connector]:
        self._fake.guard(self)
        return connectors_of(self, inputs=False)

    @property
    def inputs(self) -> list[OP]:
        return [each for each in sources_of(self) if each is not None]

    @property
    def outputs(self) -> list[OP]:
        return [wire.target for wire in self._fake.wires if wire.source is self]

    def setInputs(self, sources: Iterable[OP | None]) -> None:
        self._fake.guard(self)
        for connector in self.inputConnectors:
            connector.disconnect()
        for index, source in enumerate(sources):
            if source is not None:
                self.inputConnectors[index].connect(source)

    # life

    def destroy(self) -> None:
        self._fake.guard(self)
        self._fake.destroy(self)

    def cook(self, force: bool = False, recurse: bool = False, includeUtility: bool = False) -> None:
        self._fake.guard(self)
        self._fake.cook(self, force=force)
        if recurse:
            for child in list(self._children.values()):
                child.cook(force=force, recurse=True)

    @property
    def totalCooks(self) -> int:
        return self._cooks

    @property
    def cookFrame(self) -> int:
        return self._cook_frame

    @property
    def cookAbsFrame(self) -> int:
        return self._cook_frame

    @property
    def cookTime(self) -> float:
        return 0.1

    @property
    def cpuCookTime(self) -> float:
        return 0.1

    @property
    def cookedThisFrame(self) -> bool:
        return self._cook_frame == self._fake.absolute_frame

    def _cook(self) -> None:
        """Compute the output; families and types say how."""

    def unload(self) -> None:
        """Let memory go."""

    def openParameters(self) -> None:
        """Nothing is seen here."""


def free_name(parent: OP, wanted: str, itself: OP | None = None) -> str:
    """The name, or the next numbered one when it is taken."""
    if parent._children.get(wanted) in (None, itself):
        return wanted
    stem = wanted.rstrip("0123456789")
    number = int(wanted[len(stem):] or 0) + 1
    while f"{stem}{number}" in parent._children:
        number += 1
    return f"{stem}{number}"


def alive(op: OP) -> OP:
    if not op._alive:
        raise tdError("Invalid OP object: the operator was destroyed")
    return op
