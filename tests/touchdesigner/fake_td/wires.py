"""Connectors and the wires between them; a wire to a component belongs to an In or Out operator inside it."""

# ruff: noqa: N802 - TouchDesigner's names
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fake_td.errors import tdError, tdTypeError

if TYPE_CHECKING:
    from fake_td.network import OP


@dataclass(frozen=True, eq=False)
class Wire:
    """From an operator to an input; `outside` ends are seen at the component around."""

    source: OP
    target: OP
    index: int
    source_outside: bool = False
    target_outside: bool = False


class Connector:
    """One input or output of an operator."""

    def __init__(self, owner: OP, index: int, *, is_input: bool, inner: OP | None = None) -> None:
        self.owner, self.index, self._inner = owner, index, inner
        self.isInput, self.isOutput = is_input, not is_input

    def __repr__(self) -> str:
        return f"type:Connector {'input' if self.isInput else 'output'} {self.index} of {self.owner.path}"

    @property
    def inOP(self) -> OP | None:
        return self._inner if self.isInput else None

    @property
    def outOP(self) -> OP | None:
        return self._inner if self.isOutput else None

    @property
    def description(self) -> str:
        return str(self._inner.par.label.eval() or self._inner.name) if self._inner is not None else ""

    def _wires(self) -> list[Wire]:
        fake = self.owner._fake
        if self.isInput:
            return [w for w in fake.wires if (w.target is self._end and w.target_outside == (self._inner is not None)
                                              and (w.index == self.index or self._inner is not None))]
        return [w for w in fake.wires
                if w.source is self._end and w.source_outside == (self._inner is not None)]

    @property
    def _end(self) -> OP:
        return self._inner if self._inner is not None else self.owner

    @property
    def connections(self) -> list[Connector]:
        self.owner._fake.guard(self.owner)
        return [_connector_at(wire, source=self.isInput) for wire in self._wires()]

    def connect(self, target: Any) -> None:
        """Wire to an operator or a connector."""
        self.owner._fake.guard(self.owner)
        other = target if isinstance(target, Connector) else self._free(target)
        if other.isInput == self.isInput:
            raise tdTypeError("an input is wired to an output")
        source, sink = (other, self) if self.isInput else (self, other)
        if source.owner.family != "COMP" and sink.owner.family != "COMP" and source.owner.family != sink.owner.family:
            raise tdError(f"{source.owner.path} and {sink.owner.path} are of different families")
        if source._end.family != sink._end.family:
            raise tdError(f"{source._end.path} and {sink._end.path} are of different families")
        if source.owner._parent is not sink.owner._parent:
            raise tdError(f"{source.owner.path} and {sink.owner.path} are not in the same network")
        sink.disconnect()
        fake = self.owner._fake
        fake.wires.append(Wire(source._end, sink._end, 0 if sink._inner is not None else sink.index,
                               source._inner is not None, sink._inner is not None))
        fake.changed(sink._end)

    def _free(self, target: Any) -> Connector:
        connectors = target.outputConnectors if self.isInput else target.inputConnectors
        if not connectors:
            raise tdError(f"{target.path} has no {'output' if self.isInput else 'input'} to wire to")
        if self.isInput:
            return connectors[0]
        return next((each for each in connectors if not each._wires()), connectors[0])

    def disconnect(self) -> None:
        fake = self.owner._fake
        fake.guard(self.owner)
        for wire in self._wires():
            fake.wires.remove(wire)
            fake.changed(wire.target)


def _connector_at(wire: Wire, *, source: bool) -> Connector:
    end, outside = (wire.source, wire.source_outside) if source else (wire.target, wire.target_outside)
    if not outside:
        return Connector(end, 0 if source else wire.index, is_input=not source)
    comp = end._parent
    assert comp is not None
    connectors = comp.outputConnectors if source else comp.inputConnectors
    return next(each for each in connectors if each._inner is end)


def connectors_of(owner: OP, *, inputs: bool) -> list[Connector]:
    """The connectors of an operator as they stand."""
    if owner.isCOMP:
        kinds = tuple(f"{'in' if inputs else 'out'}{family}" for family in ("TOP", "CHOP", "DAT"))
        inner = sorted((child for child in owner._children.values() if child.OPType in kinds),
                       key=lambda child: (child.par.connectorder.eval(), child.digits or 0, child.name))
        return [Connector(owner, index, is_input=inputs, inner=each) for index, each in enumerate(inner)]
    if not inputs:
        return [Connector(owner, 0, is_input=False)]
    if owner._many_inputs:
        used = [wire.index for wire in owner._fake.wires if wire.target is owner]
        return [Connector(owner, n, is_input=True) for n in range(max(used, default=-1) + 2)]
    return [Connector(owner, n, is_input=True) for n in range(owner._max_inputs)]


def sources_of(owner: OP) -> list[OP | None]:
    """What is wired to the inputs of an operator, by input; an In operator's wire comes from outside."""
    wires = {wire.index: wire.source for wire in owner._fake.wires
             if wire.target is owner and (wire.target_outside or not owner.OPType.startswith("in"))}
    return [wires.get(n) for n in range(max(wires, default=-1) + 1)]
