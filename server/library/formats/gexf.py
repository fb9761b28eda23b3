"""GEXF graphs of pictures and transitions, as networkx writes them and Gephi reads them. It draws nothing.

Nodes are called `name-seed`. What a song knows are the node attribute `scene` and the edge attributes `exists` and
`transition_type`; every other attribute is kept.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from server.errors import InputError
from server.library.formats.oddity import Oddities
from server.library.formats.plain_xml import Element, format_element, parse_xml, writable
from server.library.paths import shortened

Value = str | bool | int | float
SCENE: Final = "scene"
EXISTS: Final = "exists"
TYPE: Final = "transition_type"
INTER: Final = "inter"
INTRA: Final = "intra"
_NAMESPACE: Final = "http://www.gexf.net/1.2draft"
_VIZ: Final = "http://www.gexf.net/1.2draft/viz"
_VIZ_MARK: Final = "viz"
_OWN: Final = frozenset(("id", "label", "source", "target", "type", "weight"))
_TRUE: Final = frozenset(("true", "1"))
_WHOLE: Final = frozenset(("integer", "long", "short", "byte", "biginteger"))
_REAL: Final = frozenset(("float", "double", "bigdecimal"))
_TYPED: Final = _WHOLE | _REAL | {"boolean"}
_BOOLEANS: Final = {word: word in _TRUE for word in (*_TRUE, "false", "0")}
_LARGEST_LONG: Final = 1 << 63


@dataclass(frozen=True, slots=True)
class GexfNode:
    """A node. `looks`: colour, size and position as a drawing program left them."""

    id: str
    label: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    looks: tuple[Element, ...] = ()

    @property
    def scene(self) -> str:
        """The scene it is in, empty where that is not said."""
        return str(self.attributes.get(SCENE, ""))


@dataclass(frozen=True, slots=True)
class GexfEdge:
    """An edge between the ids of two nodes."""

    source: str
    target: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    weight: float | None = None
    looks: tuple[Element, ...] = ()

    @property
    def exists(self) -> bool | None:
        """Whether its transition was there when the file was written; None where that is not said."""
        given = self.attributes.get(EXISTS)
        return given if given is None or isinstance(given, bool) else str(given).strip().lower() in _TRUE

    @property
    def transition_type(self) -> str:
        """`inter`, `intra` or empty."""
        return str(self.attributes.get(TYPE, ""))


@dataclass(frozen=True, slots=True)
class Gexf:
    """A graph: nodes and edges in the order of the file."""

    nodes: tuple[GexfNode, ...] = ()
    edges: tuple[GexfEdge, ...] = ()
    directed: bool = False
    name: str = ""


def parse_gexf(data: bytes, oddities: Oddities) -> Gexf:
    """Parse a graph; edges to nodes that are not there are said and left out. Raises InputError with the line."""
    root = parse_xml(data, oddities.file)
    graph = root.first("graph")
    if root.tag != "gexf" or graph is None:
        raise InputError(f"{oddities.file}, line {root.line}: it is no GEXF graph, it begins with <{root.tag}>")
    columns = {owner: _columns(graph, owner) for owner in ("node", "edge")}
    nodes: dict[str, GexfNode] = {}
    for element in _all_nodes(graph):
        node = _node(element, columns["node"], oddities)
        if node.id in nodes:
            oddities.say(element.line, f"the node {shortened(node.id)} is there twice", "the first counts")
        nodes.setdefault(node.id, node)
    edges: dict[tuple[str, str], GexfEdge] = {}
    directed = graph.attributes.get("defaultedgetype", "undirected").lower() == "directed"
    for group in graph.each("edges"):
        for element in group.each("edge"):
            edge = _edge(element, columns["edge"], oddities)
            missing = [name for name in (edge.source, edge.target) if name not in nodes]
            key = (edge.source, edge.target) if directed else (min(edge.source, edge.target),
                                                               max(edge.source, edge.target))
            if missing:
                oddities.say(element.line, f"an edge names the node {shortened(missing[0])}, which is not there",
                             "the edge is left out")
            elif key in edges:
                oddities.say(element.line, f"the edge {shortened(edge.source)} to {shortened(edge.target)} is there "
                                           "twice", "the first counts")
            else:
                edges[key] = edge
    return Gexf(tuple(nodes.values()), tuple(edges.values()), directed, graph.attributes.get("name", ""))


def format_gexf(graph: Gexf) -> bytes:
    """The bytes of a graph. Raises InputError for names that XML cannot hold."""
    columns = {owner: _types(things) for owner, things in (("node", graph.nodes), ("edge", graph.edges))}
    body = Element("graph", {"defaultedgetype": "directed" if graph.directed else "undirected", "mode": "static",
                             "name": graph.name})
    for owner in ("edge", "node"):
        body.children += _declared(owner, columns[owner])
    numbers = {owner: {name: str(number) for number, name in enumerate(columns[owner])} for owner in columns}
    nodes = Element("nodes", children=[
        Element("node", {"id": node.id, "label": node.label or node.id},
                _values(node.attributes, numbers["node"]) + list(node.looks)) for node in graph.nodes])
    edges = Element("edges", children=[
        Element("edge", {"source": edge.source, "target": edge.target, "id": str(number)}
                | ({} if edge.weight is None else {"weight": _text(edge.weight)}),
                _values(edge.attributes, numbers["edge"]) + list(edge.looks))
        for number, edge in enumerate(graph.edges)])
    body.children += [nodes, edges]
    return (f"<?xml version='1.0' encoding='utf-8'?>\n<gexf xmlns=\"{_NAMESPACE}\" xmlns:{_VIZ_MARK}=\"{_VIZ}\" "
            f"version=\"1.2\">\n{format_element(body, {_VIZ: _VIZ_MARK}, 2)}</gexf>\n").encode()


def graph_of_edges(nodes: Iterable[tuple[str, str]], edges: Iterable[tuple[str, str, bool]], name: str = "") -> Gexf:
    """A graph from (node, scene) and (node, node, whether the transition exists)."""
    scenes = dict(nodes)
    return Gexf(
        tuple(GexfNode(node, node, {SCENE: scene}) for node, scene in scenes.items()),
        tuple(GexfEdge(one, other, {EXISTS: there,
                                    TYPE: INTRA if scenes.get(one) == scenes.get(other) else INTER})
              for one, other, there in edges), name=name)


def _all_nodes(graph: Element) -> Iterable[Element]:
    """Nodes of all levels: they may lie in each other."""
    waiting = deque(node for group in graph.each("nodes") for node in group.each("node"))
    while waiting:
        node = waiting.popleft()
        yield node
        waiting.extend(inner for group in node.each("nodes") for inner in group.each("node"))


def _columns(graph: Element, owner: str) -> dict[str, tuple[str, str]]:
    """Title and type of the attributes of nodes or edges, by the id that values refer to."""
    return {
        one.attributes.get("id", ""): (one.attributes.get("title") or one.attributes.get("id", ""),
                                       one.attributes.get("type", "string").lower())
        for group in graph.each("attributes") if group.attributes.get("class") == owner
        for one in group.each("attribute")}


def _node(element: Element, columns: Mapping[str, tuple[str, str]], oddities: Oddities) -> GexfNode:
    name = element.attributes.get("id")
    if name is None:
        raise InputError(f"{oddities.file}, line {element.line}: a node has no id; write the file again")
    label = element.attributes.get("label", name)
    return GexfNode(name, label, _attributes(element, columns, oddities), _looks(element))


def _edge(element: Element, columns: Mapping[str, tuple[str, str]], oddities: Oddities) -> GexfEdge:
    try:
        source, target = element.attributes["source"], element.attributes["target"]
    except KeyError as missing:
        raise InputError(f"{oddities.file}, line {element.line}: an edge has no {missing.args[0]}; "
                         "write the file again") from None
    weight = element.attributes.get("weight")
    found = None if weight is None else _value("double", weight)
    if found is not None and not isinstance(found, float):
        oddities.say(element.line, f"the weight {shortened(str(weight))} is no number", "it is left out")
        found = None
    return GexfEdge(source, target, _attributes(element, columns, oddities), found, _looks(element))


def _attributes(element: Element, columns: Mapping[str, tuple[str, str]], oddities: Oddities) -> dict[str, Value]:
    """Values by their column's title, and what is written on the element itself and means something to others."""
    found: dict[str, Value] = {key: value for key, value in element.attributes.items() if key not in _OWN}
    for group in element.each("attvalues"):
        for one in group.each("attvalue"):
            number = one.attributes.get("for", one.attributes.get("id", ""))
            title, kind = columns.get(number, (number, "string"))
            given = one.attributes.get("value", "")
            value = _value(kind, given)
            if isinstance(value, str) and kind in _TYPED:
                oddities.say(one.line, f"{title} is {shortened(given)}, which is no {kind}", "it is kept as text")
            found[title] = value
    return found


def _looks(element: Element) -> tuple[Element, ...]:
    return tuple(_in_viz(child) for child in element.children if child.namespace.endswith(_VIZ_MARK))


def _in_viz(element: Element) -> Element:
    """The same in the namespace of the version that is written here."""
    return replace(element, namespace=_VIZ, children=[_in_viz(child) for child in element.children])


def _value(kind: str, given: str) -> Value:
    if kind not in _TYPED:
        return given
    text = given.strip()
    try:
        if kind == "boolean":
            return _BOOLEANS.get(text.lower(), given)
        return int(text) if kind in _WHOLE else float(text)
    except ValueError:
        return given


def _types(things: Sequence[GexfNode] | Sequence[GexfEdge]) -> dict[str, str]:
    """A type for each attribute that holds all its values."""
    found: dict[str, str] = {}
    for thing in things:
        for name, value in thing.attributes.items():
            kind = _type_of(value)
            earlier = found.setdefault(name, kind)
            if earlier != kind:
                found[name] = "double" if {earlier, kind} <= {"long", "double"} else "string"
    return found


def _type_of(value: Value) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "long" if -_LARGEST_LONG <= value < _LARGEST_LONG else "string"
    return "double" if isinstance(value, float) else "string"


def _declared(owner: str, columns: Mapping[str, str]) -> list[Element]:
    if not columns:
        return []
    return [Element("attributes", {"mode": "static", "class": owner}, [
        Element("attribute", {"id": str(number), "title": writable(name), "type": kind})
        for number, (name, kind) in enumerate(columns.items())])]


def _values(attributes: Mapping[str, Value], numbers: Mapping[str, str]) -> list[Element]:
    if not attributes:
        return []
    return [Element("attvalues", children=[
        Element("attvalue", {"for": numbers[name], "value": _text(value)}) for name, value in attributes.items()])]


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return str(value)

