"""The OSC address space as OSCQuery serves it: methods in a tree, prepared so that only values are filled in.

Knows nothing of our table and nothing of the show; values are handed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from server.protocol.oscquery import READ, Method, json_values, type_tags

Values = tuple[Any, ...]


@dataclass(slots=True, eq=False)
class Node:
    """One path: a container, a method, or both. `begin` and `end` are where its text lies in the space's parts."""

    path: str
    method: Method | None
    static: str
    """The attributes that do not change, as JSON members with commas between them."""
    children: dict[str, Node]
    fixed: str = ""
    """TYPE as a JSON member, with a comma before it."""
    begin: int = 0
    end: int = 0

    @property
    def readable(self) -> bool:
        """Whether its value may be asked for."""
        return self.method is not None and bool(self.method.access & READ)

    @property
    def identity(self) -> object:
        """What it is, whatever its path."""
        return self.path if self.method is None or self.method.identity is None else self.method.identity

    def members(self, values: Values | None) -> dict[str, Any]:
        """TYPE and VALUE as JSON has them; VALUE only where there is one."""
        if self.method is None:
            return {}
        said: dict[str, Any] = {"TYPE": type_tags(self.method.items, values)}
        if values is not None:
            said["VALUE"] = json_values(self.method.items, values)
        return said


Ask = Callable[[Sequence[Node]], Sequence[Values | None]]
"""The values of nodes that are readable; None for one that has none now."""


class Changes(NamedTuple):
    """What became of an address space. `common` is the path below which all of it happened; empty for nothing."""

    renamed: tuple[tuple[str, str], ...]
    removed: tuple[str, ...]
    added: tuple[str, ...]
    common: str


class AddressSpace:
    """Never changes. `methods` by path; `names` are the descriptions of paths that are containers only.

    What a space `before` knew in the same way is taken from it.
    """

    def __init__(self, methods: Mapping[str, Method], names: Mapping[str, str],
                 before: AddressSpace | None = None) -> None:
        self._nodes: dict[str, Node] = {}
        self._before = before._nodes if before is not None else {}
        root = self._node("/", methods.get("/"), names)
        for path, method in methods.items():
            self._place(root, path, method, methods, names)
        self._parts: list[str | Node] = []
        self._lay_out(root)
        self._before = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    def get(self, path: str) -> Node | None:
        """The node at a path; a slash at its end makes no difference."""
        return self._nodes.get(path.rstrip("/") or "/")

    def text(self, node: Node, ask: Ask) -> str:
        """A node and all below it as JSON. Long work in small steps: other threads have their turn in between."""
        parts = self._parts[node.begin:node.end]
        slots = [part for part in parts if isinstance(part, Node)]
        values = iter(ask(slots))
        return "".join(part if isinstance(part, str) else _members(part, next(values)) for part in parts)

    def attributes(self, node: Node, names: Iterable[str], ask: Ask) -> dict[str, Any]:
        """Those of the named attributes that the node has."""
        wanted = set(names)
        said: dict[str, Any] = json.loads("{" + node.static + "}")
        if wanted & {"TYPE", "VALUE"}:
            said |= node.members(ask([node])[0] if node.readable else None)
        if "CONTENTS" in wanted and node.children:
            said["CONTENTS"] = json.loads(self.text(node, ask))["CONTENTS"]
        return {name: said[name] for name in said if name in wanted}

    def changes_to(self, new: AddressSpace) -> Changes:
        """What has to be said so that a client who knows this space knows the new one."""
        there = {node.identity: node.path for node in new}
        moved = tuple((node.path, there[node.identity]) for node in self
                      if there.get(node.identity, node.path) != node.path)
        old_names, new_names = {old for old, _ in moved}, {path for _, path in moved}
        gone = _tops([path for path in self._nodes if path not in new._nodes and path not in old_names])
        come = _tops([path for path in new._nodes if path not in self._nodes and path not in new_names])
        other = [path for path, node in self._nodes.items()
                 if path in new._nodes and new._nodes[path].static != node.static]
        touched = [_parent(path) for path in (*gone, *come, *old_names, *new_names)] + other
        return Changes(moved, gone, come, _common(touched) if touched else "")

    def _node(self, path: str, method: Method | None, names: Mapping[str, str]) -> Node:
        known = self._before.get(path)
        if known is not None and known.method is method:
            node = Node(path, method, known.static, {}, fixed=known.fixed)
        else:
            node = _new(path, method, names.get(path, ""))
        self._nodes[path] = node
        return node

    def _place(self, root: Node, path: str, method: Method, methods: Mapping[str, Method],
               names: Mapping[str, str]) -> None:
        node, at = root, ""
        for word in path.split("/")[1:] if path != "/" else ():
            at += "/" + word
            if word not in node.children:
                node.children[word] = self._node(at, method if at == path else methods.get(at), names)
            node = node.children[word]

    def _lay_out(self, node: Node) -> None:
        node.begin = len(self._parts)
        self._parts.append("{" + node.static)
        if node.readable:
            self._parts.append(node)
        else:
            self._parts.append(node.fixed)
        if node.children:
            comma = ',"CONTENTS":{'
            for word, child in node.children.items():
                self._parts.append(f"{comma}{json.dumps(word)}:")
                self._lay_out(child)
                comma = ","
            self._parts.append("}")
        self._parts.append("}")
        node.end = len(self._parts)


def _new(path: str, method: Method | None, name: str) -> Node:
    described = {"DESCRIPTION": name} if name else {}
    said = {"FULL_PATH": path, **(method.attributes() if method is not None else {"ACCESS": 0, **described})}
    node = Node(path, method, json.dumps(said, separators=(",", ":"))[1:-1], {})
    node.fixed = _members(node, None) if method is not None else ""
    return node


def _members(node: Node, values: Values | None) -> str:
    if values is None and node.fixed:
        return node.fixed
    return "," + json.dumps(node.members(values), separators=(",", ":"))[1:-1]


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _tops(paths: list[str]) -> tuple[str, ...]:
    """Without those that are below another of them."""
    known = set(paths)
    return tuple(path for path in paths if not any(above in known for above in _above(path)))


def _above(path: str) -> Iterator[str]:
    while path != "/":
        path = _parent(path)
        yield path


def _common(paths: list[str]) -> str:
    words = [path.split("/")[1:] if path != "/" else [] for path in paths]
    shared = 0
    while all(len(one) > shared for one in words) and len({one[shared] for one in words}) == 1:
        shared += 1
    return "/" + "/".join(words[0][:shared])
