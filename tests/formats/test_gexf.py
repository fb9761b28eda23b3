"""GEXF graphs: as networkx wrote them, as they are written here, and as nobody should."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import made, refusal, said

from server.errors import InputError
from server.library.formats.gexf import Gexf, GexfEdge, GexfNode, format_gexf, graph_of_edges, parse_gexf
from server.library.formats.oddity import Oddities
from server.library.formats.plain_xml import Element, parse_xml

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=12)


@st.composite
def graphs(draw: st.DrawFn) -> Gexf:
    """Graphs in which an attribute has values of one type, as a file declares them."""
    columns = {name: draw(st.sampled_from([st.booleans(), st.integers(-(2**63), 2**63 - 1), TEXTS,
                                           st.floats(allow_nan=False)]))
               for name in draw(st.lists(st.sampled_from(["scene", "exists", "transition_type", "née", "x y"]),
                                         unique=True))}
    ids = draw(st.lists(TEXTS, max_size=5, unique=True))
    own = st.fixed_dictionaries({}, optional=columns)
    nodes = tuple(GexfNode(name, name, draw(own)) for name in ids)
    pairs = [(one, other) for one in ids for other in ids if one <= other]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=5, unique=True)) if pairs else []
    weights = st.none() | st.floats(allow_nan=False, allow_infinity=False)
    edges = tuple(GexfEdge(*pair, draw(own), draw(weights)) for pair in chosen)
    return Gexf(nodes, edges, draw(st.booleans()), draw(TEXTS))


def test_what_networkx_wrote() -> None:
    oddities = Oddities("f")
    graph = parse_gexf(made("made_graph_existing_transitions.gexf"), oddities)
    assert {node.id: node.scene for node in graph.nodes} == {
        "far dunes-1001": "dunes", "far dunes-1002": "dunes", "harbour_1-9006": "harbour", "harbour_1-42": "harbour"}
    assert len(graph.edges) == 6
    missing = [(edge.source, edge.target) for edge in graph.edges if not edge.exists]
    assert missing == [("far dunes-1001", "harbour_1-42")]
    assert sorted(edge.transition_type for edge in graph.edges) == ["inter"] * 4 + ["intra"] * 2
    assert not graph.directed
    assert said(oddities) == ""


def test_what_was_read_is_written_so_that_it_reads_the_same() -> None:
    graph = parse_gexf(made("made_graph_existing_transitions.gexf"), Oddities("f"))
    assert parse_gexf(format_gexf(graph), Oddities("f")) == graph


@given(graphs())
def test_a_graph_is_read_back_as_it_was_written(graph: Gexf) -> None:
    oddities = Oddities("f")
    assert parse_gexf(format_gexf(graph), oddities) == graph
    assert said(oddities) == ""


def test_networkx_reads_it(tmp_path: Path) -> None:
    import networkx  # type: ignore[import-untyped]

    ours = graph_of_edges([("a-1", "s1"), ("b-2", "s2")], [("a-1", "b-2", True)])
    (tmp_path / "a.gexf").write_bytes(format_gexf(ours))
    graph = networkx.read_gexf(tmp_path / "a.gexf")
    assert graph.nodes["a-1"]["scene"] == "s1"
    assert graph.edges["a-1", "b-2"]["exists"] is True
    assert graph.edges["a-1", "b-2"]["transition_type"] == "inter"


def test_a_graph_of_a_song() -> None:
    nodes = [("a-1", "s"), ("b-2", "s"), ("c-3", "t")]
    graph = graph_of_edges(nodes, [("a-1", "b-2", False), ("b-2", "c-3", True)], "n")
    assert [(edge.exists, edge.transition_type) for edge in graph.edges] == [(False, "intra"), (True, "inter")]
    assert graph.name == "n"


def test_what_gephi_adds_is_kept() -> None:
    data = b"""<gexf xmlns="http://www.gexf.net/1.3" xmlns:viz="http://www.gexf.net/1.3/viz" version="1.3">
      <graph defaultedgetype="undirected"><attributes class="node"><attribute id="m" title="Modularity" type="integer"/>
      </attributes><nodes><node id="a-1" label="A"><attvalues><attvalue for="m" value="3"/></attvalues>
      <viz:size value="10.0"/><viz:color r="1" g="2" b="3"/></node></nodes><edges/></graph></gexf>"""
    graph = parse_gexf(data, Oddities("f"))
    assert graph.nodes[0].label == "A"
    assert graph.nodes[0].attributes == {"Modularity": 3}
    assert [look.tag for look in graph.nodes[0].looks] == ["size", "color"]
    again = format_gexf(graph)
    assert b'<viz:color r="1" g="2" b="3" />' in again
    assert parse_gexf(again, Oddities("f")) == graph


def test_nodes_that_lie_in_each_other_and_types_that_lie() -> None:
    oddities = Oddities("f")
    graph = parse_gexf(b"""<gexf><graph><attributes class="edge"><attribute id="0" title="exists" type="boolean"/>
      </attributes><nodes><node id="a"><nodes><node id="b"/></nodes></node><node id="a"/></nodes>
      <edges><edge source="a" target="b" weight="x"><attvalues><attvalue for="0" value="maybe"/></attvalues></edge>
      <edge source="b" target="a"/><edge source="a" target="z"/></edges></graph></gexf>""", oddities)
    assert [node.id for node in graph.nodes] == ["a", "b"]
    assert len(graph.edges) == 1
    assert graph.edges[0].attributes == {"exists": "maybe"}
    assert graph.edges[0].exists is False
    assert graph.edges[0].weight is None
    for words in ("f, line 2: the node 'a' is there twice", "the weight 'x' is no number",
                  "exists is 'maybe', which is no boolean", "'b' to 'a' is there twice",
                  "the node 'z', which is not there"):
        assert words in said(oddities)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "line 1"),
        (b"<gexf><graph>", "line 1"),
        (b"<svg/>", "begins with <svg>"),
        (b"<gexf/>", "no GEXF graph"),
        (b"<gexf><graph>\n<nodes><node/></nodes></graph></gexf>", "line 2: a node has no id"),
        (b"<gexf><graph><edges><edge source='a'/></edges></graph></gexf>", "no target"),
        (b"<!DOCTYPE a [<!ENTITY b 'x'>]><gexf>&b;</gexf>", "document type"),
        (b"<!DOCTYPE a SYSTEM 'file:///etc/hosts'><gexf/>", "document type"),
        (b"<gexf>&hosts;</gexf>", "line 1"),
        (b"<a>" * 200 + b"</a>" * 200, "deep"),
        (b"<?xml version='1.0' encoding='klingon'?><gexf/>", "UTF-8"),
        (b"\xff\xfe\x00", "line 1"),
    ],
)
def test_what_is_no_graph_is_refused_with_the_line(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_gexf(data, Oddities("f"))


@given(st.binary(max_size=80) | st.text("<>/gexf raphnodes='\"&;![]", max_size=60).map(str.encode))
def test_any_bytes_give_a_graph_or_an_error_in_words(data: bytes) -> None:
    assert "f" in (refusal(lambda: parse_gexf(data, Oddities("f"))) or "f")


def test_names_that_xml_cannot_hold_are_refused() -> None:
    with pytest.raises(InputError, match="control character"):
        format_gexf(Gexf((GexfNode("a\x01-1"),)))


def test_elements_know_their_lines_and_texts() -> None:
    root = parse_xml(b"<a>\n<b>x<c>y</c>z</b></a>", "f")
    inner = root.first("b")
    assert inner is not None
    assert (inner.line, inner.whole_text()) == (2, "xzy")
    assert inner.first("nothing") is None
    assert Element("a") == Element("a", line=7)
