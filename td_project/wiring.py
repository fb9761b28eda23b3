"""Wires inside the component, and those from outside that a rebuild must not lose. Python 3.9."""

from __future__ import annotations

from typing import Any

from td_project.guard import Report
from td_project.network import TAG, Node


def wire(comp: Any, nodes: tuple[Node, ...], report: Report) -> None:
    """Connect what the network says. A wire that is right stays, and so does what an artist has put in between."""
    for node in nodes:
        target = comp.op(node.name)
        for index, name in enumerate(node.inputs):
            source = _output(comp, name)
            if source is None:
                report.skipped.append(f"the wire from {name} to {node.name}: there is no such output")
                continue
            connectors = target.inputConnectors
            if index >= len(connectors):  # of an operator that takes any number, in a build that counts them otherwise
                target.setInputs([comp.op(each) for each in node.inputs])
                break
            connector = connectors[index]
            there = connector.connections
            if there and TAG not in there[0].owner.tags:
                report.kept.append(f"{there[0].owner.path} between {name.partition(':')[0]} and {node.name}")
            elif not (there and there[0].owner is source.owner and there[0].index == source.index):
                connector.connect(source)


def _output(comp: Any, name: str) -> Any:
    """An output connector: of an operator, or `comp:inner` of a component."""
    owner, _, inner = name.partition(":")
    op = comp.op(owner)
    if op is None:
        return None
    if not inner:
        return op.outputConnectors[0]
    for index, connector in enumerate(op.outputConnectors):
        made_by = getattr(connector, "outOP", None)
        if made_by is not None and made_by.name == inner:
            return connector
        if made_by is None and index == ("picture", "preview").index(inner):
            return connector
    return None


def outside_wires(comp: Any) -> list[tuple[bool, str, Any, int]]:
    """Every wire between the component and its surroundings, by the operator inside that it belongs to."""
    found = []
    for connectors, leaves in ((comp.outputConnectors, True), (comp.inputConnectors, False)):
        for connector in connectors:
            inner = getattr(connector, "outOP" if leaves else "inOP", None)
            for other in connector.connections:
                if inner is not None:
                    found.append((leaves, inner.name, other.owner, other.index))
    return found


def rewire(comp: Any, wires: list[tuple[bool, str, Any, int]], report: Report) -> None:
    """Put back every outside wire that is gone and can be."""
    now = {(leaves, name, other.path, index) for leaves, name, other, index in outside_wires(comp)}
    for leaves, name, other, index in wires:
        if not other.valid or (leaves, name, other.path, index) in now:
            continue
        connectors = comp.outputConnectors if leaves else comp.inputConnectors
        mine = [one for one in connectors if getattr(one, "outOP" if leaves else "inOP").name == name]
        if not mine:
            report.skipped.append(f"the wire between {name} and {other.path}: {name} is no longer there")
        elif leaves:
            other.inputConnectors[index].connect(mine[0])
        else:
            mine[0].connect(other.outputConnectors[index])
