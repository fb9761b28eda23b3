"""The routes of songs with a real client: who may ask, who may change, and that nothing but ids is taken."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import pytest
from fake_songs import PICTURE, SCENES, SONG, FakeSongs
from yarl import URL

from server.frontends.http import HttpServer

Serve = Callable[..., HttpServer]
Answer = tuple[int, Mapping[str, str], bytes]
MOVE = f"/api/songs/{SONG}/move"
UNDO = f"/api/songs/{SONG}/undo"
BODY = {"picture": PICTURE, "from": SCENES[0], "to": SCENES[1]}
READ = ("/api/songs", f"/api/songs/{SONG}", f"/api/songs/{SONG}/thumb/{PICTURE}.jpg", f"/api/strips/{SONG}.jpg")


def ask(server: HttpServer, path: str, method: str = "GET", **options: Any) -> Answer:
    async def talk() -> Answer:
        url = URL(f"http://127.0.0.1:{server.port}{path}", encoded=True)
        async with (aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
                    session.request(method, url, allow_redirects=False, **options) as answer):
            return answer.status, answer.headers, await answer.read()

    return asyncio.run(talk())


@pytest.fixture
def songs() -> FakeSongs:
    return FakeSongs()


@pytest.fixture
def server(serve: Serve, songs: FakeSongs) -> HttpServer:
    return serve(songs=songs)


@pytest.mark.parametrize("path", READ)
def test_what_is_read_can_be_kept_and_is_asked_for_again(server: HttpServer, path: str) -> None:
    status, headers, body = ask(server, path)
    assert status == 200
    assert body
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in headers
    assert ask(server, path, headers={"If-None-Match": headers["ETag"]})[0] == 304


def test_another_version_of_a_song_is_sent(server: HttpServer, songs: FakeSongs) -> None:
    tag = ask(server, READ[1])[1]["ETag"]
    songs.version = 2
    status, headers, body = ask(server, READ[1], headers={"If-None-Match": tag})
    assert (status, json.loads(body)["version"]) == (200, 2)
    assert headers["ETag"] != tag


def test_a_small_picture_with_a_version_is_not_asked_for_again(server: HttpServer) -> None:
    assert "immutable" in ask(server, READ[2] + "?v=1")[1]["Cache-Control"]
    assert ask(server, READ[2])[1]["Cache-Control"] == "no-cache"


def test_a_move_and_the_way_back(server: HttpServer, songs: FakeSongs) -> None:
    status, headers, body = ask(server, MOVE, "POST", json=BODY, headers={"Origin": f"http://127.0.0.1:{server.port}"})
    assert (status, json.loads(body)["text"]) == (200, f"moved from {SCENES[0]} to {SCENES[1]}")
    assert headers["Cache-Control"] == "no-store"
    assert songs.moved == [(SONG, PICTURE, *SCENES)]
    assert ask(server, UNDO, "POST", json={})[0] == 200
    status, _, body = ask(server, UNDO, "POST", json={})
    assert (status, json.loads(body)) == (400, {"error": "input", "text": "there is nothing to undo"})


@pytest.mark.parametrize(("options", "status"), [
    ({"json": BODY, "headers": {"Origin": "http://evil.example"}}, 403),
    ({"json": BODY, "headers": {"Origin": "null"}}, 403),
    ({"json": BODY, "headers": {"Host": "evil.example"}}, 403),
    ({"data": BODY}, 415),
    ({"data": json.dumps(BODY), "headers": {"Content-Type": "text/plain"}}, 415),
    ({"data": "{", "headers": {"Content-Type": "application/json"}}, 400),
    ({"data": "[" * 60_000, "headers": {"Content-Type": "application/json"}}, 400),
    ({"json": [BODY]}, 400),
    ({"json": {**BODY, "to": 7}}, 400),
    ({"json": {**BODY, "to": "x" * 65}}, 400),
    ({"json": {"picture": PICTURE}}, 400),
    ({"data": "x" * 100_000, "headers": {"Content-Type": "application/json"}}, 413),
])
def test_what_may_not_change_anything(server: HttpServer, songs: FakeSongs, options: dict[str, Any],
                                      status: int) -> None:
    got, headers, body = ask(server, MOVE, "POST", **options)
    assert (got, songs.moved) == (status, [])
    assert body
    assert "Content-Security-Policy" in headers


def test_reading_changes_nothing(serve: Serve, songs: FakeSongs, server: HttpServer) -> None:
    for path in (MOVE, UNDO):
        assert ask(server, path)[0] == 405
        assert ask(server, path, "HEAD")[0] == 405
    assert songs.moved == []


@pytest.mark.parametrize("path", [
    "/api/songs/..%2f..%2fetc", "/api/songs/ring", f"/api/songs/{SONG}0", f"/api/songs/{SONG}/thumb/..%2fx.jpg",
    f"/api/songs/{SONG}/thumb/{PICTURE}.png", "/api/strips/C%3A%5Cx.jpg", f"/api/songs/{SONG[::-1]}",
    f"/api/songs/{SONG.upper()}",
])
def test_only_ids_are_taken(server: HttpServer, path: str) -> None:
    assert ask(server, path)[0] == 404


def test_every_route_wants_the_token(serve: Serve, songs: FakeSongs) -> None:
    server = serve("0.0.0.0", songs=songs, token="secret")
    for path in READ:
        assert ask(server, path)[0] == 401
        assert ask(server, path, headers={"Authorization": "Bearer secret"})[0] == 200
        assert ask(server, path, headers={"Host": "evil.example", "Authorization": "Bearer secret"})[0] == 403
    for path in (MOVE, UNDO):
        assert ask(server, path, "POST", json=BODY)[0] == 401
        assert ask(server, path, "POST", json=BODY, headers={"Authorization": "Bearer wrong"})[0] == 401
    assert songs.moved == []


def test_oscquery_does_not_open_them(open_query: Callable[..., Any], songs: FakeSongs) -> None:
    server, _ = open_query("0.0.0.0", trusted=("127.0.0.1",), songs=songs, token="secret")
    assert ask(server, "/?HOST_INFO")[0] == 200, "its clients know no tokens"
    for path in READ:
        assert ask(server, path)[0] == 401
    assert ask(server, MOVE, "POST", json=BODY)[0] == 401


def test_a_change_that_breaks_off_is_no_trouble_of_the_server(server: HttpServer, songs: FakeSongs,
                                                              caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"POST {UNDO} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                           "Content-Length: 1000\r\n\r\n{".encode())
        # Its head has been read when another one's answer comes.
        assert ask(server, READ[0])[0] == 200
    assert ask(server, MOVE, "POST", json=BODY)[0] == 200
    server.stop()
    assert len(songs.moved) == 1, "nothing was undone"
    assert caplog.records == []
