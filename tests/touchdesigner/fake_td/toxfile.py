"""Components as bytes, and back: all that a .tox keeps, and nothing of what runs."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from fake_td.errors import tdError
from fake_td.parameters import Par, ParMode
from fake_td.table_language import ParSpec
from fake_td.wires import Wire

if TYPE_CHECKING:
    from fake_td.network import OP
    from fake_td.touchdesigner import FakeTouchDesigner

_HEAD = b"toxfake1"


def described(op: OP) -> dict[str, Any]:
    """An operator and everything inside, as plain values."""
    text = op._content() if op.isDAT else None
    inside = list(op._children.values())
    return {
        "name": op._name, "type": op.OPType, "flags": dict(op._flags), "tags": sorted(op._tags), "content": text,
        "dock": op._dock._name if op._dock is not None else None, "storage": dict(op._storage),
        "pages": list(op._custom_pages), "sequences": {name: seq.numBlocks for name, seq in op._sequences.items()},
        "pars": {par.name: _par_state(par) for par in op._pars.values()},
        "children": [described(child) for child in inside], "wires": _wires_among(op._fake, inside, op)}


def _par_state(par: Par) -> dict[str, Any]:
    state = {"val": par._val, "expr": par._expr, "bind": par._bind, "mode": int(par._mode), "custom": par.isCustom}
    if par.isCustom:
        spec = par.spec
        state |= {"group": spec.group, "index": spec.index, "style": spec.style, "page": par._page,
                  "menu": list(par._menu), "labels": par._menu_labels, "shape": dict(par._shape)}
    return state


def _wires_among(fake: FakeTouchDesigner, ops: list[OP], parent: OP) -> list[tuple[Any, ...]]:
    names = {id(op): op._name for op in ops}
    inside = {id(child): (op._name, child._name) for op in ops for child in op._children.values()}
    found = []
    for wire in fake.wires:
        source = inside.get(id(wire.source)) if wire.source_outside else names.get(id(wire.source))
        target = inside.get(id(wire.target)) if wire.target_outside else names.get(id(wire.target))
        if source is not None and target is not None:
            found.append((source, target, wire.index, wire.source_outside, wire.target_outside))
    return found


def packed(op: OP) -> bytes:
    """A .tox. Raises tdError for storage that cannot be kept."""
    try:
        return _HEAD + pickle.dumps(described(op))
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise tdError(f"{op.path} holds in its storage what cannot be saved: {error}") from None


def load(fake: FakeTouchDesigner, parent: OP, data: bytes) -> OP:
    """Make the component of a .tox inside another. Raises tdError for what is none."""
    if not data.startswith(_HEAD):
        raise tdError("this is no .tox file")
    state = pickle.loads(data[len(_HEAD):])
    return restore(fake, parent, state, state["name"])


def restore(fake: FakeTouchDesigner, parent: OP, state: dict[str, Any], name: str) -> OP:
    """Make an operator of its description. What runs on creation runs when all of it is there."""
    made: list[OP] = []
    op = _built(fake, parent, state, name, made)
    fake.loaded(made)
    return op


def restore_all(fake: FakeTouchDesigner, parent: OP, ops: list[OP]) -> list[OP]:
    wires = _wires_among(fake, ops, parent)
    made: list[OP] = []
    copies = {op._name: _built(fake, parent, described(op), op._name, made) for op in ops}
    _rewire(fake, copies, wires)
    fake.loaded(made)
    return list(copies.values())


def _built(fake: FakeTouchDesigner, parent: OP, state: dict[str, Any], name: str, made: list[OP]) -> OP:
    op = fake.create(parent, state["type"], name, exactly=True, quietly=True)
    made.append(op)
    op._flags.update(state["flags"])
    op._tags = set(state["tags"])
    op._storage = pickle.loads(pickle.dumps(state["storage"]))
    for sequence, blocks in state["sequences"].items():
        if sequence in op._sequences:
            op._sequences[sequence].numBlocks = blocks
    op._custom_pages = list(state["pages"])
    for par_name, kept in state["pars"].items():
        _restore_par(op, par_name, kept)
    children = {child["name"]: _built(fake, op, child, child["name"], made) for child in state["children"]}
    for child in state["children"]:
        if child["dock"] in children:
            children[child["name"]]._dock = children[child["dock"]]
    _rewire(fake, children, state["wires"])
    if state["content"] is not None:
        op._set_content(state["content"])
    return op


def _restore_par(op: OP, name: str, kept: dict[str, Any]) -> None:
    if kept["custom"]:
        spec = ParSpec(name, kept["group"], kept["index"], kept["style"], kept["shape"]["default"], kept["page"])
        par = Par(op, spec, custom=True)
        par._shape.update(kept["shape"])
        object.__setattr__(par, "_menu", list(kept["menu"]))
        object.__setattr__(par, "_menu_labels", kept["labels"])
        object.__setattr__(par, "_page", kept["page"])
        op._pars[name] = par
    elif name not in op._pars:
        return  # another build has no such parameter
    par = op._pars[name]
    for key, value in (("_val", kept["val"]), ("_expr", kept["expr"]), ("_bind", kept["bind"]),
                       ("_mode", ParMode(kept["mode"]))):
        object.__setattr__(par, key, value)


def _rewire(fake: FakeTouchDesigner, ops: dict[str, OP], wires: list[tuple[Any, ...]]) -> None:
    def end(reference: Any) -> OP:
        if isinstance(reference, tuple):
            return ops[reference[0]]._children[reference[1]]
        return ops[reference]

    for source, target, index, source_outside, target_outside in wires:
        fake.wires.append(Wire(end(source), end(target), index, source_outside, target_outside))
