"""A picture that is asked for while the show goes on: by OSC and on the page, with a real worker and a tiny model."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

import pytest
from PIL import Image

sys.path += [str(Path(__file__).parents[1] / name) for name in ("app", "frontends")]
from chromium import Browser, Tab, find_chromium
from graph_song import make_song
from running import Client, running

from server.app.serving import Parts
from server.library.songs.recipe import recipe_of
from server.library.songs.song_folder import open_song
from server.show.making_state import Job

CHROMIUM = find_chromium()
PATIENCE = 60.0
TINY = "tiny sd1"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    make_song(tmp_path / "media" / "ring", (("a-1", "b-2"), ("c-3", "d-4")), size=(64, 64), frames=5)
    return tmp_path / "media" / "ring"


@pytest.fixture
def server(song: Path, models: Path) -> Iterator[Parts]:
    with running(song.parent, generate="cpu", generate_ahead="no", model_cache_dir=str(models)) as parts:
        yield parts


def job(parts: Parts, number: str = "1") -> Job | None:
    return parts.loop.show.state.making.job(number)


def until(true: Callable[[], bool]) -> bool:
    """Wait for a worker that opens torch on a busy computer."""
    pause = threading.Event()
    for _ in range(round(PATIENCE / 0.1)):
        if true():
            return True
        pause.wait(0.1)
    return False


@pytest.mark.full
def test_a_picture_is_made_told_and_part_of_the_song(server: Parts, song: Path) -> None:
    states: list[tuple[str, str]] = []

    def over(number: str) -> bool:
        now = job(server, number)
        if now is not None and (not states or states[-1] != (now.state, now.reason)):
            states.append((now.state, now.reason))
        return now is not None and now.over

    with Client(server) as client:
        assert client.ask("/song", "ring") == ()
        code, text = client.ask("/generate/picture", "a red storm", "77", "storm")
        assert code == "input", "there are several models, and nobody said which"
        assert TINY in text
        assert client.ask("/generate/model", TINY) == ()
        assert client.ask("/generate/steps", 3) == ()
        assert client.ask("/generate/picture", "a red storm", "77", "storm") == ()
        assert until(lambda: over("1"))
        assert states[-1] == ("done", ""), states
        assert "loading" in [state for state, _ in states], "opening torch takes seconds, and is told"
        done = job(server)
        assert done is not None
        assert (done.what, done.first, done.second, done.mode, done.frames) == (
            "picture", "storm-77", "a red storm", "", 0)
        assert client.value("/job/1/state") == "done"
        assert client.value("/job/1/progress") == 1.0
        made = (song / "prompt_images" / "storm_77.jpg").read_bytes()
        recipe = recipe_of(made)
        assert (recipe["prompt"], recipe["seed"], recipe["steps"], recipe["model_name"]) == (
            "a red storm", "77", 3, TINY)
        with urlopen(f"{server.http.url}job/1/frame.jpg", timeout=10) as answer:
            assert Image.open(BytesIO(answer.read())).size == (64, 64)
        assert client.ask("/generate/picture", "a red storm", "78", "storm") == ()
        assert until(lambda: over("2"))
    assert (song / "prompt_images" / "storm_77.jpg").read_bytes() == made
    assert {one.stem for one in open_song(song).pictures if one.name == "storm"} == {"storm_77", "storm_78"}


@pytest.mark.full
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium, Chrome or Edge on this machine's PATH")
def test_a_picture_is_seen_on_the_page(server: Parts, song: Path) -> None:
    async def says(tab: Tab, selector: str, words: str) -> None:
        await tab.until(f"(document.querySelector(\"{selector}\")?.textContent ?? '').includes('{words}')")

    async def scene(client: Client) -> None:
        assert CHROMIUM is not None
        browser = Browser(CHROMIUM)
        try:
            async with browser.tab() as tab:
                await tab.open(f"{server.http.url}#jobs")
                await tab.until("document.querySelector('.panel-jobs') && interscene.connected()")
                await asyncio.to_thread(client.ask, "/generate/picture", "a blue sea", "5", "deep")
                asked = Job("1", "picture", "", "", "")
                await says(tab, "[data-job='1']", "a blue sea")
                assert await asyncio.to_thread(until, lambda: (job(server) or asked).over)
                await says(tab, ".over [data-job='1']", "done")
                await tab.until("document.querySelector(\"[data-job='1'] img\").naturalWidth === 64")
                await says(tab, "[data-job='1']", "deep-5")
                assert tab.errors == []
        finally:
            browser.close()

    with Client(server) as client:
        assert client.ask("/song", "ring") == ()
        assert client.ask("/generate/model", TINY) == ()
        asyncio.run(scene(client))
    assert (song / "prompt_images" / "deep_5.jpg").is_file()
