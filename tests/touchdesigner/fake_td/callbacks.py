"""Execute DATs of every kind: who is called when something starts, changes, is pulsed or ends."""


from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

from fake_td import dats
from fake_td.chops import CHOP, Channel
from fake_td.network import OP
from fake_td.parameters import Par

if TYPE_CHECKING:
    from fake_td.touchdesigner import FakeTouchDesigner


class Callbacks:
    """Watches on behalf of the execute DATs of one TouchDesigner."""

    def __init__(self, fake: FakeTouchDesigner) -> None:
        self._fake = fake
        self._execute: list[dats.ExecuteDAT] = []
        self._pars: list[dats.ParameterExecuteDAT] = []
        self._chops: list[dats.ChopExecuteDAT] = []
        self._dats: list[dats.DatExecuteDAT] = []
        self._changes: dict[int, tuple[Par, Any]] = {}
        self._all_changes: list[tuple[Par, Any]] = []

    def created(self, op: OP) -> None:
        for kind, known in ((dats.ExecuteDAT, self._execute), (dats.ParameterExecuteDAT, self._pars),
                            (dats.ChopExecuteDAT, self._chops), (dats.DatExecuteDAT, self._dats)):
            if isinstance(op, kind):
                known.append(op)  # type: ignore[attr-defined]
        if isinstance(op, dats.ExecuteDAT) and op._pars["create"]._val and op._pars["active"]._val:
            self._fake.at_frame_end(lambda: self._fake.call(op, "onCreate"))

    def _living(self, known: list[Any]) -> list[Any]:
        known[:] = [op for op in known if op._alive]
        return sorted((op for op in known if op._pars["active"].eval() and op._parent.allowCooking),
                      key=lambda op: op._name)

    def started(self) -> None:
        """A project was opened."""
        for op in self._living(self._execute):
            if op.par.start.eval():
                self._fake.call(op, "onStart")

    def exiting(self) -> None:
        for op in self._living(self._execute):
            if op.par.exit.eval():
                self._fake.call(op, "onExit")

    def frame_start(self, frame: int) -> None:
        for op in self._living(self._execute):
            if op._alive and op.par.framestart.eval():
                self._fake.call(op, "onFrameStart", frame)

    def frame_end(self, frame: int) -> None:
        for op in self._living(self._execute):
            if op._alive and op.par.frameend.eval():
                self._fake.call(op, "onFrameEnd", frame)

    # parameters

    def par_changed(self, par: Par, before: Any) -> None:
        if any(self._watches(op, par) for op in self._living(self._pars)):
            first = self._changes.get(id(par), (par, before))[1]
            self._changes[id(par)] = (par, first)
            self._all_changes.append((par, before))

    def _watches(self, op: Any, par: Par) -> bool:
        if not op._pars["custom" if par.isCustom else "builtin"].eval():
            return False
        words = str(op._pars["pars"]._val).split()
        return (par.owner in op._pars["op"].evalOPs()
                and any(fnmatch.fnmatchcase(par.name, word) for word in words))

    def pulsed(self, par: Par) -> None:
        for op in self._living(self._pars):
            if op.par.onpulse.eval() and self._watches(op, par):
                self._fake.call(op, "onPulse", par)

    def flush(self, *, last: bool = False) -> None:
        """Tell of parameters that changed since; a value that came back is no change."""
        if not last and self._fake.quirks.parameter_events_late:
            return
        changes, self._changes = self._changes, {}
        for par, before in changes.values():
            if not par.valid or not par.owner._alive or par._val == before:
                continue
            for op in self._living(self._pars):
                if op.par.valuechange.eval() and self._watches(op, par):
                    self._fake.call(op, "onValueChange", par, before)
        if last:
            everything, self._all_changes = self._all_changes, []
            for op in self._living(self._pars) if everything else ():
                if op.par.valueschanged.eval():
                    mine = [change for change in everything if self._watches(op, change[0])]
                    if mine:
                        self._fake.call(op, "onValuesChanged", mine)

    # channels and data

    def watch_chops(self) -> None:
        for op in self._living(self._chops):
            chop = op.par.chop.eval()
            if isinstance(chop, CHOP):
                self._watch(op, chop)

    def _watch(self, op: Any, chop: CHOP) -> None:
        self._fake.cook(chop)
        words = str(op.par.channel.eval()).split()
        always = op.par.whileon.eval() or op.par.whileoff.eval()
        for name, value in list(chop._channels.items()):
            if not always and op._seen.get(name) == value:
                continue
            if not any(fnmatch.fnmatchcase(name, word) for word in words):
                continue
            before = op._seen.get(name)
            op._seen[name] = value
            channel = Channel(chop, name)
            if before is not None and value != before and op.par.valuechange.eval():
                self._fake.call(op, "onValueChange", channel, 0, value, before)
            if value and not before and before is not None and op.par.offtoon.eval():
                self._fake.call(op, "onOffToOn", channel, 0, value, before)
            if before and not value and op.par.ontooff.eval():
                self._fake.call(op, "onOnToOff", channel, 0, value, before)
            if value and op.par.whileon.eval():
                self._fake.call(op, "whileOn", channel, 0, value, before)
            if not value and op.par.whileoff.eval():
                self._fake.call(op, "whileOff", channel, 0, value, before)

    def watch_dats(self) -> None:
        for op in self._living(self._dats):
            dat = op.par.dat.eval()
            if isinstance(dat, dats.DAT) and dat._version != op._seen_version:
                first, op._seen_version = op._seen_version < 0, dat._version
                if not first and op.par.tablechange.eval():
                    self._fake.call(op, "onTableChange", dat)
