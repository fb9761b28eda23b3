"""Where a deck is on its way, as the page draws it: through a whole server, and songs by their ids."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from graph_song import make_song
from running import Client, running

from server.app.curator_link import CuratorLink
from server.app.navigator import Navigator
from server.app.serving import Parts
from server.app.song_answers import LiveSongs
from server.app.song_page import song_id
from server.errors import LibraryError
from server.library.media_folder import MediaFolder
from server.library.songlist import SongEntry
from server.playback.clock import SystemClock

PATIENCE = 20.0


@pytest.fixture
def media(tmp_media: Path) -> Path:
    make_song(tmp_media / "ring")
    (tmp_media / "clips").mkdir()
    source = tmp_media / "ring" / "transitions" / "a-1 to b-2.mov"
    for place in ("clips/one.mov", "loose.mov", "ring/other.mov"):
        (tmp_media / place).write_bytes(source.read_bytes())
    return tmp_media


@pytest.fixture
def server(media: Path) -> Iterator[Parts]:
    with running(media) as parts:
        yield parts


def deck_of(parts: Parts) -> dict[str, Any]:
    with urllib.request.urlopen(f"{parts.http.url}api/state") as answer:
        return dict(json.load(answer)["decks"][0])


def until(parts: Parts, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    pause = threading.Event()
    for _ in range(round(PATIENCE / 0.02)):
        deck = deck_of(parts)
        if true(deck):
            return deck
        pause.wait(0.02)
    raise AssertionError(f"it never came: {deck}")


def test_a_way_is_told_from_beginning_to_end(server: Parts) -> None:
    deck = deck_of(server)
    assert (deck["graph"], deck["version"], deck["way"], deck["prepared"]) == ("", 0, None, "")
    with Client(server) as client:
        assert client.ask("/song", "ring") == ()
        standing = until(server, lambda deck: deck["way"] is not None)
        assert standing["graph"] == song_id("ring")
        assert standing["version"] >= 1
        assert standing["way"] == {"from": "a-1", "to": "a-1", "at": 0.0, "ahead": []}
        assert client.ask("/go/fade", 0.25) == ()
        assert client.ask("/go/picture/over", "c-3", 60.0) == ()
        going = until(server, lambda deck: deck["way"]["from"] != deck["way"]["to"])
        assert going["go"]["fade"] == 0.25
        assert going["way"]["from"] == "a-1"
        assert going["way"]["to"] in ("b-2", "d-4")
        assert going["way"]["ahead"] == ["c-3"]
        assert 0 < going["way"]["at"] < 0.5
        later = until(server, lambda deck: deck["way"]["at"] > going["way"]["at"])
        assert later["hops"] == 2
        assert client.ask("/prepare", "clips/one.mov") == ()
        assert until(server, lambda deck: deck["prepared"] != "")["prepared"] == "clips/one.mov"


@pytest.fixture
def songs(media: Path) -> Iterator[LiveSongs]:
    folder = MediaFolder(media)
    folder.scan()
    link = CuratorLink(media, module="none.at.all")
    navigator = Navigator(media, SystemClock(), lambda _: None)
    yield LiveSongs(folder, link, navigator, (SongEntry("evening", "clips"), SongEntry("ring", "ring")))
    link.stop()


def test_songs_are_listed_with_what_they_are(songs: LiveSongs) -> None:
    assert songs.songs() == [
        {"id": song_id("ring"), "name": "ring", "kind": "pictures", "movies": []},
        {"id": song_id("clips"), "name": "clips", "kind": "movies",
         "movies": [["clips/one.mov", song_id("clips/one.mov")]]},
        {"id": song_id(""), "name": "", "kind": "movies", "movies": [["loose.mov", song_id("loose.mov")]]},
        {"id": song_id("evening"), "name": "evening", "kind": "listed", "movies": []},
    ]


def test_only_what_is_there_is_asked_for(songs: LiveSongs) -> None:
    for name in ("gone", "clips", "../ring"):
        with pytest.raises(LibraryError, match="no such song"):
            songs.song(song_id(name))
        with pytest.raises(LibraryError, match="no such movie"):
            songs.strip(song_id(name))
    assert song_id("ring") != song_id("Ring")
