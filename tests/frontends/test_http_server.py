"""The HTTP port with a real client: pages, JSON, stored frames, and who is refused."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from fake_show import FakeShow

from server.errors import ServeError
from server.frontends.http import HttpServer
from server.media.jpeg import decode_rgb
from server.media.numbered import read_number

Serve = Callable[..., HttpServer]


Answer = tuple[int, Mapping[str, str], bytes]


def ask(server: HttpServer, path: str = "/", method: str = "GET", **options: object) -> Answer:
    """Status, headers and body; `path` is sent as it is."""

    async def talk() -> Answer:
        async with (aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
                    session.request(method, yarl(server, path), allow_redirects=False, **options) as answer):  # type: ignore[arg-type]
            return answer.status, answer.headers, await answer.read()

    return asyncio.run(talk())


def yarl(server: HttpServer, path: str) -> object:
    return aiohttp.client.URL(f"http://127.0.0.1:{server.port}{path}", encoded=True)


def connects(server: HttpServer, path: str = "/ws", **headers: str) -> int:
    """The status of a WebSocket handshake; 101 when it is accepted."""

    async def talk() -> int:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            try:
                async with session.ws_connect(f"http://127.0.0.1:{server.port}{path}", headers=headers):
                    return 101
            except aiohttp.WSServerHandshakeError as error:
                return error.status

    return asyncio.run(talk())


def test_the_page_and_its_files(serve: Serve) -> None:
    server = serve()
    status, headers, body = ask(server)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"page/main.js" in body
    for name, kind in (("main.js", "text/javascript"), ("base.css", "text/css"), ("icon.svg", "image/svg+xml")):
        status, headers, body = ask(server, f"/page/{name}")
        assert status == 200
        assert headers["Content-Type"].startswith(kind)
        assert body
        assert ask(server, f"/page/{name}", headers={"If-None-Match": headers["ETag"]})[0] == 304


def test_every_file_that_the_page_names_is_there(serve: Serve) -> None:
    server = serve()
    folder = Path(__file__).parents[2] / "server" / "frontends" / "page"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    for text in texts.values():
        assert "http://" not in text.replace("http://www.w3.org/", ""), "the page needs no network"
        assert "https://" not in text
    names = {part.split('"')[0] for text in texts.values() for part in text.split('"page/')[1:]}
    names |= {part.split('"')[0] for text in texts.values() for part in text.split('from "./')[1:]}
    assert len(names) > 8
    for name in names:
        assert ask(server, f"/page/{name}")[0] == 200, name


@pytest.mark.parametrize("path", [
    "/page/../http.py", "/page/%2e%2e/http.py", "/page/..%2fhttp.py", "/page/", "/page/http.py", "/page/__init__.py",
    "/nothing", "/frame/", "/frame/first.mov/", "/frame/first.mov/-1.jpg", "/frame/first.mov/999999999.jpg",
    "/frame/first.mov/1.png", "/frame/..%2f..%2fetc%2fpasswd/1.jpg", "/frame/%00/1.jpg", "/frame//etc/passwd/1.jpg",
])
def test_what_is_not_there(serve: Serve, path: str) -> None:
    status, _, body = ask(serve(), path)
    assert status == 404
    assert b"Traceback" not in body


def test_headers_keep_other_pages_out(serve: Serve) -> None:
    server = serve()
    for path in ("/", "/api/state", "/frame/first.mov/1.jpg", "/nothing"):
        _, headers, _ = ask(server, path, headers={"Origin": "http://evil.com"})
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"


def test_the_state_and_the_movies(serve: Serve, show: FakeShow) -> None:
    server = serve()
    status, headers, body = ask(server, "/api/state")
    state = json.loads(body)
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert [deck["movie"] for deck in state["decks"]] == ["first.mov", "first.mov"]
    assert state["session"]
    _, headers, body = ask(server, "/api/movies")
    assert json.loads(body) == {"movies": show.movies()}
    known = {"If-None-Match": headers["ETag"]}
    assert ask(server, "/api/movies", headers=known)[0] == 304
    del show.indexes["first.mov"]
    assert ask(server, "/api/movies", headers=known)[0] == 200


def test_stored_frames_are_byte_copies(serve: Serve, show: FakeShow) -> None:
    server = serve()
    for movie, frame, number in (("first.mov", 77, 77), ("söng 1/a #1 50% 🌊?.mov", 3, 503)):
        status, headers, body = ask(server, f"/frame/{quote(movie)}/{frame}.jpg?s=1")
        assert (status, headers["Content-Type"]) == (200, "image/jpeg")
        assert headers["Cache-Control"] == "no-cache"
        known = {"If-None-Match": headers["ETag"]}
        assert ask(server, f"/frame/{quote(movie)}/{frame}.jpg?s=1", headers=known)[0] == 304
        assert body == show.jpeg(movie, frame)
        assert read_number(decode_rgb(body)) == number


def test_a_movie_that_is_exchanged_is_seen_when_a_frame_is_asked_for_again(serve: Serve, show: FakeShow) -> None:
    server = serve()
    _, headers, body = ask(server, "/frame/first.mov/7.jpg")
    assert "immutable" not in headers["Cache-Control"], "a name is no promise about what is behind it"
    known = {"If-None-Match": headers["ETag"]}
    assert ask(server, "/frame/first.mov/7.jpg", headers=known)[0] == 304
    other = "söng 1/a #1 50% 🌊?.mov"
    show._readers["first.mov"] = show._readers[other]
    status, headers, exchanged = ask(server, "/frame/first.mov/7.jpg", headers=known)
    assert status == 200
    assert exchanged == show.jpeg(other, 7) != body


@pytest.mark.parametrize("path", ["/output", "/output?deck=2", "/?output=1", "/?output=1&deck=2"])
def test_the_output_is_a_page_of_its_own(serve: Serve, path: str) -> None:
    status, _, body = ask(serve(), path)
    assert status == 200
    assert b"page/output.js" in body
    assert b"<button" not in body
    assert b"page/output.js" not in ask(serve(), "/?output=0")[2]


def test_the_output_asks_for_the_token_too(serve: Serve) -> None:
    server = serve("0.0.0.0", token="right")
    assert ask(server, "/output")[0] == ask(server, "/?output=1&token=wrong")[0] == 401
    status, headers, body = ask(server, "/output?deck=2&token=right")
    assert (status, b"page/output.js" in body, "Set-Cookie" in headers) == (200, True, True)


def test_a_wrong_token_is_said_to_be_wrong(serve: Serve) -> None:
    server = serve("0.0.0.0", token="right")
    for path in ("/?token=wrong", "/output?token=%20", "/api/state?token=wrong"):
        status, _, body = ask(server, path)
        assert (status, b"That token is wrong" in body) == (401, True)
    for path in ("/", "/?token=", "/output"):
        status, _, body = ask(server, path)
        assert (status, b"wrong." in body) == (401, False)


@pytest.mark.parametrize(("path", "words"), [
    ("/frame/missing.mov/1.jpg", "missing.mov"), ("/frame/first.mov/120.jpg", "119"),
])
def test_a_frame_that_is_not_there_is_said_in_words(serve: Serve, path: str, words: str) -> None:
    status, _, body = ask(serve(), path)
    assert status == 404
    assert words in json.loads(body)["text"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/api/state", "/ws", "/frame/first.mov/1.jpg"])
def test_nothing_but_get(serve: Serve, show: FakeShow, path: str, method: str) -> None:
    assert ask(serve(), path, method)[0] == 405
    assert show.submitted == []


@pytest.mark.parametrize("host", ["evil.com", "localhost.evil.com", "127.0.0.1.nip.io", "10.0.0.1", "a b"])
def test_a_foreign_host_is_refused_everywhere(serve: Serve, show: FakeShow, host: str) -> None:
    server = serve()
    for path in ("/", "/page/main.js", "/api/state", "/frame/first.mov/1.jpg", "/nothing"):
        status, _, body = ask(server, path, headers={"Host": host})
        assert status == 403
        assert b"localhost" in body
    assert connects(server, Host=host) == 403
    assert show.read == []


def test_names_of_this_machine_are_served(serve: Serve) -> None:
    server = serve(names=["stage.local"])
    for host in ("localhost", f"localhost:{server.port}", "[::1]:7580", "stage.local:7580", "STAGE.local"):
        assert ask(server, headers={"Host": host})[0] == 200


def test_beyond_this_machine_its_own_name_is_known(serve: Serve) -> None:
    name = socket.gethostname().partition(".")[0]
    server = serve("0.0.0.0", token="t")
    for host in (name, f"{name}.local:7580", "127.0.0.1"):
        assert ask(server, "/?token=t", headers={"Host": host})[0] == 200
    assert ask(server, "/?token=t", headers={"Host": "0.0.0.0"})[0] == 403
    if not name.lower().startswith("localhost"):
        assert ask(serve(), headers={"Host": name})[0] == 403


def test_pages_of_others_open_no_connection(serve: Serve) -> None:
    server = serve()
    here = f"127.0.0.1:{server.port}"
    assert connects(server) == 101
    assert connects(server, Origin=f"http://{here}") == 101
    for origin in ("http://evil.com", "null", "http://127.0.0.1:1", "http://localhost", f"http://{here}.evil.com"):
        assert connects(server, Origin=origin) == 403


def test_a_plain_get_on_the_websocket_says_what_it_is(serve: Serve) -> None:
    status, _, body = ask(serve(), "/ws")
    assert status == 426
    assert b"WebSocket" in body


def test_beyond_this_machine_a_token_is_asked_for(serve: Serve, show: FakeShow) -> None:
    server = serve("0.0.0.0")
    assert server.token is not None
    assert len(server.token) >= 20
    assert server.token in server.url
    for path in ("/", "/api/state", "/api/movies", "/frame/first.mov/1.jpg", "/?token=wrong", "/nothing"):
        status, _, body = ask(server, path)
        assert status == 401
        assert b"token" in body
    assert connects(server) == 401
    assert connects(server, "/ws?token=wrong") == 401
    assert show.read == []
    assert ask(server, "/page/base.css")[0] == 200, "the page that asks for it is styled"


def test_the_token_comes_once_and_then_as_a_cookie(serve: Serve) -> None:
    server = serve("0.0.0.0", token="open sesame")
    assert server.token == "open sesame"
    status, headers, _ = ask(server, "/?token=open%20sesame")
    assert status == 200
    cookie = headers["Set-Cookie"]
    assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookie
    kept = {"Cookie": cookie.partition(";")[0]}
    assert ask(server, "/api/state", headers=kept)[0] == 200
    assert connects(server, **kept) == 101
    assert connects(server, "/ws?token=open%20sesame") == 101
    assert ask(server, "/api/state", headers={"Authorization": "Bearer open sesame"})[0] == 200
    assert ask(server, "/?token=wrong", headers=kept)[0] == 401
    for path in ("/", "/?token=", "/page/base.css?token=wrong", "/page/base.css", "/page/base.css?token="):
        assert "Set-Cookie" not in ask(server, path, headers=kept)[1]
        assert "Set-Cookie" not in ask(server, path)[1], "only who brings the token is given it to keep"


def test_loopback_needs_no_token(serve: Serve) -> None:
    server = serve()
    assert server.token is None
    assert server.url == f"http://127.0.0.1:{server.port}/"


def test_a_port_in_use_is_named_with_its_option(serve: Serve, show: FakeShow) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServeError, match=rf"{port}.*--http-port"):
            HttpServer("127.0.0.1", port, show).start()
    with pytest.raises(ServeError, match="--http-port"):
        HttpServer("127.0.0.1", 99999, show).start()
    with pytest.raises(ServeError, match=r"no\.such\.host"):
        HttpServer("no.such.host.invalid", 0, show).start()


def test_it_stops_and_starts_again_on_the_same_port(show: FakeShow) -> None:
    first = HttpServer("127.0.0.1", 0, show)
    first.start()
    assert ask(first)[0] == 200
    first.stop()
    first.stop()
    second = HttpServer("127.0.0.1", first.port, show)
    second.start()
    try:
        assert ask(second)[0] == 200
    finally:
        second.stop()


def test_a_huge_request_is_refused(serve: Serve) -> None:
    server = serve()
    assert ask(server, "/" + "a" * 20_000)[0] == 400
    assert ask(server, headers={"X-Much": "a" * 20_000})[0] == 400
    assert ask(server)[0] == 200


def test_bytes_that_are_no_http_disturb_nobody(serve: Serve) -> None:
    server = serve()

    async def talk(data: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(data)
        writer.write_eof()
        answer = await reader.read(200)
        writer.close()
        return answer

    for data in (b"\0" * 100, b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        assert b"200 OK" not in asyncio.run(talk(data)), data
    assert ask(server)[0] == 200


