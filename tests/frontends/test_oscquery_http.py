"""OSCQuery over HTTP with a real client: the proposal's worked examples, status codes, and who is given what."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fake_show import FakeShow
from proposal_space import FakeQuery
from test_http_server import ask, connects

from server.frontends.http import HttpServer
from server.protocol.oscquery import READ, WRITE, Item, Method

FOO = {"DESCRIPTION": "demonstrates a read-only OSC node- single float value ranged 0-100", "FULL_PATH": "/foo",
       "ACCESS": 1, "TYPE": "f", "VALUE": [0.5], "RANGE": [{"MIN": 0.0, "MAX": 100.0}]}
BAR = {"DESCRIPTION": "demonstrates a read/write OSC node- two ints with different ranges", "FULL_PATH": "/bar",
       "ACCESS": 3, "TYPE": "ii", "VALUE": [4, 51], "RANGE": [{"MIN": 0, "MAX": 50}, {"MIN": 51, "MAX": 100}]}
QUX = {"DESCRIPTION": "read/write OSC node- accepts one of several string-type inputs", "FULL_PATH": "/baz/qux",
       "ACCESS": 3, "TYPE": "s", "VALUE": ["half-full"], "RANGE": [{"VALS": ["empty", "half-full", "full"]}]}
BAZ = {"DESCRIPTION": "simple container node, with one method- qux", "FULL_PATH": "/baz", "ACCESS": 0,
       "CONTENTS": {"qux": QUX}}
ROOT = {"DESCRIPTION": "root node", "FULL_PATH": "/", "ACCESS": 0, "CONTENTS": {"foo": FOO, "bar": BAR, "baz": BAZ}}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}

Open = Callable[..., tuple[HttpServer, FakeQuery]]


def said(server: HttpServer, path: str) -> Any:
    status, headers, body = ask(server, path)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "application/json", "no-store")
    return json.loads(body)


@pytest.mark.parametrize(("path", "answer"), [
    ("/", ROOT), ("/baz", BAZ), ("/baz/", BAZ), ("/baz/qux", QUX), ("/foo?VALUE", {"VALUE": [0.5]}),
    ("/baz/qux?RANGE", {"RANGE": QUX["RANGE"]}), ("/baz?TYPE", {}), ("/foo?FULL_PATH", {"FULL_PATH": "/foo"}),
    ("/baz?CONTENTS", {"CONTENTS": {"qux": QUX}}), ("/foo?CONTENTS", {}), ("/foo?TYPE", {"TYPE": "f"}),
    ("/foo?TAGS", {}), ("/foo?VALUE=&TYPE", {"TYPE": "f", "VALUE": [0.5]}), ("/baz?ACCESS", {"ACCESS": 0}),
    ("/?DESCRIPTION", {"DESCRIPTION": "root node"}),
])
def test_the_proposals_examples(open_query: Open, path: str, answer: Any) -> None:
    assert said(open_query()[0], path) == answer


@pytest.mark.parametrize("path", ["/?HOST_INFO", "/foo?HOST_INFO", "/not/there?HOST_INFO", "/?VALUE&HOST_INFO"])
def test_host_info_whatever_the_path(open_query: Open, path: str) -> None:
    server, _ = open_query()
    info = said(server, path)
    assert (info["NAME"], info["OSC_PORT"], info["WS_PORT"]) == ("My Special Server", 7500, server.port)
    assert info["OSC_IP"] == info["WS_IP"] == "127.0.0.1"
    assert info["EXTENSIONS"]["LISTEN"] is True


def test_status_codes(open_query: Open) -> None:
    server, query = open_query()
    query.change(push=Method((Item("f"),), WRITE), unset=Method((Item("f"),), READ))
    assert ask(server, "/bazzzzz?TYPE")[0] == ask(server, "/nothing")[0] == ask(server, "/foo/bar")[0] == 404
    for path in ("/foo?GABBAGABBAHEY", "/foo?value", "/foo?LISTEN", "/foo?ADD_NODE=x", "/?VALUE&NO"):
        status, _, body = ask(server, path)
        assert (status, b"there is no attribute" in body) == (400, True), path
    for path in ("/push?VALUE", "/baz?VALUE", "/?VALUE"):
        assert ask(server, path)[::2] == (204, b""), path
    assert said(server, "/unset?VALUE") == {}, "readable, but without a value yet"
    assert said(server, "/push?VALUE&TYPE") == {"TYPE": "f"}
    for method in ("POST", "PUT", "DELETE"):
        assert ask(server, "/foo", method)[0] == 405
    assert query.received == []


def test_browsers_get_the_page_and_others_the_address_space(open_query: Open) -> None:
    server, _ = open_query()
    for path in ("/", "/?token=", "/?output=1", "/?HTML"):
        status, headers, _ = ask(server, path, headers=BROWSER)
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8"), path
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        assert json.loads(ask(server, "/", headers=headers)[2]) == ROOT
    for path in ("/?HOST_INFO", "/foo", "/foo?VALUE"):
        assert ask(server, path, headers=BROWSER)[1]["Content-Type"] == "application/json"
    assert b"page/output.js" in ask(server, "/?output=1")[2]
    assert json.loads(ask(server, "/api/movies")[2])["movies"]


def test_a_node_as_a_page(open_query: Open) -> None:
    server, query = open_query()
    query.change(baz_evil=Method((Item("s"),), READ, "<script>alert(1)</script>"))
    status, headers, body = ask(server, "/baz?HTML")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b'<a href="/baz/qux?HTML">qux</a>' in body
    assert b"<script>" not in body
    assert ask(server, "/nothing?HTML")[0] == 404


def test_a_foreign_host_or_page_is_refused(open_query: Open) -> None:
    server, query = open_query(trusted=("127.0.0.1",))
    for path in ("/", "/foo", "/foo?VALUE", "/?HOST_INFO"):
        assert ask(server, path, headers={"Host": "evil.com"})[0] == 403
        assert "Access-Control-Allow-Origin" not in ask(server, path, headers={"Origin": "http://evil.com"})[1]
    assert connects(server, "/", Origin="http://evil.com") == 403
    assert connects(server, "/", Host="evil.com") == 403
    assert connects(server, "/") == 101
    assert connects(server, "/foo") != 101
    assert query.received == []


def test_beyond_this_machine_it_takes_a_token_or_a_computer_that_may_send(open_query: Open, show: FakeShow) -> None:
    paths = ("/", "/foo", "/foo?VALUE", "/?HOST_INFO", "/nothing")
    stranger, _ = open_query("0.0.0.0", token="right")
    friend, _ = open_query("0.0.0.0", ("127.0.0.1",), token="right")
    for path in paths:
        assert ask(stranger, path)[0] == 401, path
        assert ask(friend, path)[0] == (404 if path == "/nothing" else 200), path
        asked = f"{path}{'&' if '?' in path else '?'}token="
        assert ask(stranger, asked + "right")[0] == ask(friend, path)[0]
        assert ask(friend, asked + "wrong")[0] == 401
    assert (connects(stranger, "/"), connects(stranger, "/?token=right"), connects(friend, "/")) == (401, 101, 101)
    # What is not OSCQuery's takes the token all the same.
    assert ask(friend, "/", headers=BROWSER)[0] == ask(friend, "/?HTML")[0] == ask(friend, "/?output=1")[0] == 401
    assert ask(friend, "/api/state")[0] == ask(friend, "/frame/first.mov/1.jpg")[0] == connects(friend) == 401
    assert show.read == []


def test_two_thousand_nodes_of_any_name(open_query: Open) -> None:
    server, query = open_query()
    query.change(**{f"big_{n}_ä\"<>": Method((Item("f"),), READ, f"nümber {n}") for n in range(2000)})
    contents = said(server, "/big")["CONTENTS"]
    assert len(contents) == 2000
    assert contents["7"]["CONTENTS"]['ä"<>']["DESCRIPTION"] == "nümber 7"
    assert said(server, "/big/7/%C3%A4%22%3C%3E?DESCRIPTION") == {"DESCRIPTION": "nümber 7"}
