"""Snapshots at a real server: files, songs, a server that is started anew, and what the page is told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from graph_song import make_song
from running import PATIENCE, Client, running

from server.media.numbered import write_numbered


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        write_numbered(tmp_path / "song" / f"{name}.mov", 90, 64, 64, Fraction(30))
    return tmp_path


@pytest.fixture
def client(media: Path) -> Iterator[Client]:
    with running(media) as parts, Client(parts) as client:
        client.parts = parts  # type: ignore[attr-defined]
        yield client


def until(client: Client, address: str, wanted: Callable[[Any], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not wanted(said := client.value(address)):
        assert time.monotonic() < end, f"{address} is {said}"


def page(client: Client) -> dict[str, Any]:
    with urlopen(client.parts.http.url + "api/snapshots", timeout=PATIENCE) as answer:  # type: ignore[attr-defined]
        return dict(json.load(answer))


def test_what_is_saved_is_brought_back_by_a_server_that_is_started_anew(media: Path) -> None:
    with running(media) as parts, Client(parts) as client:
        for said in (("/deck/1/load", "song/a.mov"), ("/deck/1/pause",), ("/deck/1/frame", 42), ("/deck/1/level", 0.5),
                     ("/clock/tempo", 96.0), ("/deck/1/mark/3/set",), ("/snapshot/save", "chorus")):
            assert client.ask(*said) == ()
        until(client, "/snapshot/state/names", lambda names: names == "chorus")
    text = (media / "snapshots" / "chorus.json").read_text(encoding="utf-8")
    assert '"spans": [["song/a.mov", 0, -1]]' in text, "a person can read it"
    assert text.isascii()
    with running(media) as parts, Client(parts) as client:
        assert client.ask("/deck/1/load", "song/b.mov") == ()
        assert client.ask("/snapshot/recall", "Chorus") == ()
        until(client, "/deck/1/state/clip", lambda clip: clip == "song/a.mov")
        assert (client.value("/deck/1/state/frame"), client.value("/deck/1/state/playing")) == (42, False)
        assert (client.value("/deck/1/level"), client.value("/clock/tempo")) == (0.5, 96.0)
        assert client.value("/deck/1/state/song") == "song"
        assert client.value("/snapshot/state/gone") == ""
        assert client.ask("/deck/1/frame", 7) == client.ask("/deck/1/mark/3") == ()
        assert client.value("/deck/1/state/frame") == 42


def test_versions_locks_names_and_lists(client: Client, media: Path) -> None:
    for level in (0.25, 0.5, 0.75):
        assert client.ask("/deck/1/level", level) == client.ask("/snapshot/save", "chorus") == ()
    assert client.ask("/snapshot/recall", "chorus.2") == ()
    assert client.value("/deck/1/level") == 0.25
    assert client.ask("/snapshot/recall", "chorus.7") == (
        "library", "chorus has no version 7; there are chorus.1, chorus.2")
    assert client.ask("/snapshot/lock", "chorus", True) == ()
    assert client.ask("/snapshot/save", "chorus")[0] == "locked"
    assert client.ask("/snapshot/lock", "chorus", False) == client.ask("/snapshot/rename", "chorus", "refrain") == ()
    until(client, "/snapshot/state/names", lambda names: names == "refrain")
    client.tell("/snapshot/list")
    assert client.wait_for("/snapshot/item").args[:2] == ("refrain", "global")
    assert client.ask("/snapshot/delete", "refrain") == ()
    until(client, "/snapshot/state/names", lambda names: names == "")
    assert (media / "snapshots" / "deleted" / "refrain.json").is_file()
    code, words = client.ask("/snapshot/recall", "refrain")
    assert code == "library"
    assert "/snapshot/save NAME makes one" in words


def test_a_song_keeps_its_own_and_they_count_first(client: Client, media: Path) -> None:
    assert client.ask("/snapshot/save", "x", "song")[0] == "library"
    assert client.ask("/deck/1/song", "song") == ()
    until(client, "/deck/1/state/song", lambda song: song == "song")
    assert client.ask("/deck/2/level", 0.25) == client.ask("/snapshot/save", "x", "global") == ()
    assert client.ask("/deck/2/level", 0.5) == client.ask("/snapshot/save", "x", "song") == ()
    assert (media / "song" / "snapshots" / "x.json").is_file()
    assert client.ask("/deck/2/level", 1.0) == client.ask("/snapshot/recall", "x") == ()
    assert client.value("/deck/2/level") == 0.5
    until(client, "/snapshot/state/names", lambda names: names == "x")
    assert [(one["name"], one["where"]) for one in page(client)["snapshots"]] == [("x", "song"), ("x", "global")]


def test_the_page_is_told_what_each_shows_and_what_is_wrong(client: Client, media: Path) -> None:
    assert client.ask("/deck/1/load", "song/a.mov") == client.ask("/deck/1/pause") == ()
    assert client.ask("/deck/1/frame", 30) == client.ask("/snapshot/save", "good") == ()
    folder = media / "snapshots"
    good = json.loads((folder / "good.json").read_text(encoding="utf-8"))
    (folder / "newer.json").write_text(json.dumps({**good, "version": 2}), encoding="utf-8")
    (folder / "broken.json").write_text("{", encoding="utf-8")
    (folder / "odd.json").write_text(json.dumps({**good, "decks": [5]}), encoding="utf-8")
    until(client, "/snapshot/state/names", lambda names: names == "broken,good,newer,odd")
    found = {one["name"]: one for one in page(client)["snapshots"]}
    assert found["good"]["decks"] == [{"deck": 1, "name": "song/a.mov", "goal": "", "movie": "song/a.mov", "frame": 30,
                                       "playing": False, "frozen": False}]
    assert found["good"]["tempo"] == 120.0
    assert found["good"]["problem"] == ""
    assert "a newer Interscene has written it" in found["newer"]["problem"]
    assert "is no JSON" in found["broken"]["problem"]
    assert found["odd"]["problem"]
    assert "newer Interscene" in client.ask("/snapshot/recall", "newer")[1]
    assert client.ask("/deck/1/frame", 1) == client.ask("/snapshot/recall", "good") == ()
    until(client, "/deck/1/state/frame", lambda frame: frame == 30)


def test_what_is_gone_since_is_said_and_the_rest_comes_back(client: Client, media: Path) -> None:
    assert client.ask("/deck/1/load", "song/a.mov") == client.ask("/deck/2/load", "song/b.mov") == ()
    assert client.ask("/snapshot/save", "x") == ()
    assert client.ask("/deck/1/load", "song/b.mov") == client.ask("/deck/2/load", "song/a.mov") == ()
    (media / "song" / "b.mov").rename(media / "song" / "c.mov")
    assert client.ask("/snapshot/recall", "x") == ()
    until(client, "/deck/1/state/clip", lambda clip: clip == "song/a.mov")
    assert "song/b.mov" in client.value("/snapshot/state/gone")
    assert client.value("/deck/2/state/clip") == "song/a.mov"


@pytest.mark.full
def test_a_walk_through_a_real_song_goes_on_where_it_was(tmp_path: Path) -> None:
    make_song(tmp_path / "ring")
    with running(tmp_path) as parts, Client(parts) as client:
        assert client.ask("/deck/1/song", "ring") == ()
        until(client, "/deck/1/state/picture", lambda picture: picture == "a-1")
        assert client.ask("/deck/1/go/picture", "c-3") == ()
        until(client, "/deck/1/state/frame", lambda frame: frame >= 3)
        assert client.ask("/deck/1/pause") == client.ask("/snapshot/save", "x") == ()
        movie, frame, route = (client.value(f"/deck/1/state/{name}") for name in ("movie", "frame", "route"))
    with running(tmp_path) as parts, Client(parts) as client:
        assert client.ask("/snapshot/recall", "x") == ()
        until(client, "/deck/1/state/movie", lambda said: said == movie)
        assert client.value("/deck/1/state/frame") == frame
        assert client.value("/deck/1/state/route") == route
        assert client.value("/deck/1/state/song") == "ring"
        assert client.ask("/deck/1/speed", 16.0) == client.ask("/deck/1/play") == ()
        until(client, "/deck/1/state/picture", lambda picture: picture == "c-3")
        assert client.value("/snapshot/state/gone") == ""
