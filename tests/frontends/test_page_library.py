"""The library of the page in a real browser, where songs come late, change under the hand, and have any name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any

import pytest
from chromium import Browser, Tab
from fake_songs import SONG, FakeSongs

from server.frontends.http import HttpServer

Serve = Callable[..., HttpServer]
Scenario = Callable[[Tab], Awaitable[None]]
WIDE, PHONE = (1280, 800), (390, 844)


def visit(browser: Browser, server: HttpServer, scenario: Scenario, size: tuple[int, int] = WIDE, *,
          faulty: bool = False) -> None:
    async def run() -> None:
        async with browser.tab() as tab:
            await tab.open(f"{server.url}#library", *size, phone=size == PHONE)
            await tab.until("interscene.pictures() > 0 && interscene.connected()")
            await scenario(tab)
            assert faulty or tab.errors == []

    asyncio.run(run())


class LongNames(FakeSongs):
    """A scene has a name without an end, and one that would be markup."""

    def song(self, song: str) -> Future[bytes]:
        future: Future[bytes] = Future()
        text = super().song(song).result().replace(b'["a", ', b'["' + b"a" * 300 + b'", ')
        future.set_result(text.replace(b'["b", ', b'["<img src=x onerror=document.title=1>", '))
        return future


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_names_of_any_length_and_kind_are_only_names(browser: Browser, serve: Serve, size: tuple[int, int]) -> None:
    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelectorAll('.scene header .button').length === 2")
        inside = ("[...document.querySelectorAll('.scene header .button')].every("
                  "each => each.getBoundingClientRect().right <= innerWidth)")
        assert await tab.evaluate(inside), "a long name does not push its button out of sight"
        assert await tab.evaluate("document.title") == "interscene"
        assert await tab.evaluate("document.querySelectorAll('.scene header img').length") == 0

    visit(browser, serve(songs=LongNames()), scenario, size)


class SlowSongs(FakeSongs):
    """Two songs; while `held`, what is asked of a song is answered when the test says so."""

    OTHER = "ffffffffffff"

    def __init__(self) -> None:
        super().__init__()
        self.held = False
        self.waiting: list[tuple[str, Future[bytes]]] = []

    def songs(self) -> list[dict[str, Any]]:
        return [*super().songs(), {"id": self.OTHER, "name": "other", "kind": "pictures", "movies": []}]

    def song(self, song: str) -> Future[bytes]:
        future: Future[bytes] = Future()
        self.waiting.append((song, future))
        if not self.held:
            self.go_on()
        return future

    def thumb(self, song: str, picture: str) -> Future[bytes]:
        return super().thumb(SONG, picture)

    def go_on(self) -> None:
        """Answer everything that waits, the newest question first."""
        while self.waiting:
            song, future = self.waiting.pop()
            text = super().song(SONG).result()
            future.set_result(text if song == SONG else text.replace(b"a-1", b"z-1"))


async def there(tab: Tab, songs: SlowSongs, wanted: set[str]) -> None:
    """Wait until all these songs were asked for."""
    while {song for song, _ in songs.waiting} < wanted:
        await tab.evaluate("new Promise(done => setTimeout(done, 10))")


def test_a_song_that_comes_late_does_not_take_the_place_of_the_one_chosen_since(browser: Browser, serve: Serve) -> None:
    songs = SlowSongs()

    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelector('.tile-button')?.title === 'a-1'")
        songs.held = True
        # Back to the panel, which asks for the song, and at once to another one.
        await tab.evaluate("['cues', 'library'].forEach(name => document.getElementById(`tab-${name}`).click())")
        await there(tab, songs, {SONG})
        await tab.evaluate("document.querySelector('.library-songs [data-name=other]').click()")
        await there(tab, songs, {SONG, songs.OTHER})
        left = [asked for asked in songs.waiting if asked[0] == SONG]
        songs.waiting = [asked for asked in songs.waiting if asked[0] != SONG]
        songs.go_on()
        await tab.until("document.querySelector('.tile-button')?.title === 'z-1'")
        songs.waiting = left
        songs.go_on()
        await tab.evaluate("new Promise(done => setTimeout(done, 100))")
        assert await tab.evaluate("document.querySelector('.tile-button').title") == "z-1"
        assert await tab.evaluate("interscene.library.song().id") == songs.OTHER

    visit(browser, serve(songs=songs), scenario)


def test_what_is_carried_is_not_exchanged_under_the_hand(browser: Browser, serve: Serve) -> None:
    songs = SlowSongs()

    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelector('.tile-button')?.title === 'a-1'")
        songs.held, songs.version = True, 2
        await tab.evaluate("['cues', 'library'].forEach(name => document.getElementById(`tab-${name}`).click())")
        await there(tab, songs, {SONG})
        box = await tab.box(".tile-button")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        await tab.mouse("mousePressed", x, y, button="left", clickCount=1)
        await tab.mouse("mouseMoved", x + 30, y, button="left", buttons=1)
        await tab.until("document.querySelector('.ghost') !== null")
        songs.held = False
        songs.go_on()
        await tab.evaluate("fetch('api/songs')")
        await tab.evaluate("new Promise(done => setTimeout(done, 50))")
        assert await tab.evaluate("document.querySelectorAll('.library-body .lifted').length") == 1
        await tab.mouse("mouseReleased", x + 30, y, button="left", clickCount=1)
        await tab.until("document.querySelector('.ghost') === null")

    visit(browser, serve(songs=songs), scenario)


def test_while_the_server_is_gone_what_it_told_stays(browser: Browser, serve: Serve) -> None:
    songs = SlowSongs()
    server = serve(songs=songs)

    async def scenario(tab: Tab) -> None:
        await tab.until("document.querySelector('.tile-button')?.title === 'a-1'")
        await tab.evaluate("window.setInterval = (real => (work, every) => real(() => {"
                           " window.turns = (window.turns ?? 0) + 1; work() }, every / 100))(setInterval)")
        await tab.evaluate("document.getElementById('tab-stage').click()")
        await asyncio.to_thread(server.stop)
        await tab.until("document.body.dataset.link === 'lost'")
        await tab.evaluate("window.turns = 0; document.getElementById('tab-library').click()")
        await tab.until("window.turns > 5")
        assert await tab.evaluate("document.querySelector('.tile-button').title") == "a-1"

    visit(browser, server, scenario, faulty=True)
