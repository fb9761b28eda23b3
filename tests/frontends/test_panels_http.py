"""The addresses of the panels: who may ask, what is kept by browsers, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse

import pytest
from fake_panels import FakePanels

from server.frontends.http import HttpServer
from server.protocol.endpoints import ALIASES, TABLE

Serve = Callable[..., HttpServer]
ADDRESSES = ("/api/messages", "/api/settings", "/api/health", "/api/examination", "/api/values", "/api/table", "/docs")


def ask(server: HttpServer, address: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, address, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@pytest.mark.parametrize("address", ADDRESSES)
def test_from_elsewhere_a_token_is_asked_for(serve: Serve, address: str) -> None:
    server = serve("0.0.0.0", panels=FakePanels(), token="t")
    assert ask(server, address)[0].status == 401
    assert ask(server, address, Authorization="Bearer t")[0].status == 200
    assert ask(server, address, Host="evil.example", Authorization="Bearer t")[0].status == 403


@pytest.mark.parametrize("address", ADDRESSES)
def test_they_are_only_read(serve: Serve, address: str) -> None:
    panels = FakePanels()
    server = serve(panels=panels)
    assert ask(server, address, "POST" if address != "/api/examination" else "PUT")[0].status == 405
    assert panels.asked == []
    assert ask(server, address)[0].headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/api/table", "/docs"])
def test_what_does_not_change_is_kept_by_browsers(serve: Serve, address: str) -> None:
    server = serve(panels=FakePanels())
    answer, body = ask(server, address)
    again, nothing = ask(server, address, **{"If-None-Match": answer.headers["ETag"]})
    assert body
    assert (again.status, nothing) == (304, b"")


def test_messages_begin_where_they_are_asked_to(serve: Serve) -> None:
    panels = FakePanels()
    for number in range(3):
        panels.say(f"/a/{number}")
    _, body = ask(serve(panels=panels), "/api/messages?after=2")
    said = json.loads(body)
    assert said["newest"] == 3
    assert [line["address"] for line in said["lines"]] == ["/a/2"]


@pytest.mark.parametrize("query", ["after=", "after=-1", "after=1.5", "after=%D9%A3", "after=" + "9" * 40])
def test_a_number_that_is_none_is_refused_in_words(serve: Serve, query: str) -> None:
    answer, body = ask(serve(panels=FakePanels()), f"/api/messages?{query}")
    assert answer.status == 400
    assert "after is a whole number" in json.loads(body)["text"]


def test_without_panels_there_are_no_such_addresses(serve: Serve) -> None:
    assert ask(serve(), "/api/health")[0].status == 404


def test_docs_have_every_address_with_type_range_unit_default_and_example(serve: Serve) -> None:
    text = ask(serve(panels=FakePanels()), "/docs")[1].decode()
    for address in (*(row.address for row in TABLE), *ALIASES):
        assert f'data-address="{address}"' in text
    begin = text.index('data-address="/deck/{n}/fade"')
    fade = text[begin:text.index("</article>", begin)]
    for words in ("float", "0 to 3600", "seconds", "default 0", "/deck/1/fade 1.5"):
        assert words in fade


def test_only_this_page_begins_a_look_at_the_computer(serve: Serve) -> None:
    panels = FakePanels()
    server = serve(panels=panels)
    kind = {"Content-Type": "application/json"}
    assert ask(server, "/api/examination?anew=1")[0].status == 200
    assert ask(server, "/api/examination", "POST")[0].status == 415
    assert ask(server, "/api/examination", "POST", **kind, Origin="http://evil.example")[0].status == 403
    assert panels.looks == 0, "a page elsewhere can ask by GET, and send forms"
    own = f"http://127.0.0.1:{server.port}"
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/api/examination", b"{}", {**kind, "Origin": own})
    assert connection.getresponse().status == 200
    connection.close()
    assert panels.looks == 1
