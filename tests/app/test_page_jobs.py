"""Jobs of a real worker in a real browser: watched until they are done, and stopped, on the page of a real server."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from graph_song import FRAMES, make_song
from running import Client, running

from server.app import making
from server.app.serving import Parts
from server.render.local_pool import PoolOptions

sys.path.append(str(Path(__file__).parents[1] / "frontends"))
from chromium import Browser, Tab, find_chromium

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium, Chrome or Edge on this machine's PATH")
LENGTH = 61
EVERYTHING = 1000
Scenario = Callable[[Tab, Client, Parts], Awaitable[None]]


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets frames be made up to a number."""
    file = tmp_path / "gate"
    file.write_text("0", encoding="ascii")
    monkeypatch.setattr(making, "pool_options", lambda _: PoolOptions(
        options={"gate": str(file)}, generators={"morph": "gated:Gated"}, back_off=(0.05,)))
    places = (str(Path(__file__).parent), os.environ.get("PYTHONPATH"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, places)))

    def upto(number: int) -> None:
        part = file.with_suffix(".part")
        part.write_text(str(number), encoding="ascii")
        part.replace(file)

    return upto


@pytest.fixture
def play(tmp_path: Path, gate: Callable[[int], None]) -> Callable[[Scenario], None]:
    """Plays a scenario on the panel of jobs of a server with a song that lacks transitions."""
    make_song(tmp_path / "media" / "ring", (("a-1", "b-2"), ("c-3", "d-4")), size=(128, 96), frames=FRAMES)
    settings = tmp_path / "media" / "ring" / "tgen_settings.json"
    settings.write_text(settings.read_text("utf-8").replace(f": {FRAMES}", f": {LENGTH}"), encoding="utf-8")

    def run(scenario: Scenario) -> None:
        async def scene(client: Client, parts: Parts) -> None:
            assert CHROMIUM is not None
            browser = Browser(CHROMIUM)
            try:
                async with browser.tab() as tab:
                    await tab.open(f"{parts.http.url}#jobs")
                    await tab.until("document.querySelector('.panel-jobs') && interscene.connected()")
                    await scenario(tab, client, parts)
                    assert tab.errors == []
            finally:
                browser.close()

        with running(tmp_path / "media", generate="auto", generate_ahead="no") as parts, Client(parts) as client:
            assert client.ask("/song", "ring") == ()
            asyncio.run(scene(client, parts))

    return run


async def says(tab: Tab, selector: str, words: str) -> None:
    await tab.until(f"document.querySelector(\"{selector}\").textContent.includes('{words}')")


@pytest.mark.full
def test_one_job_is_watched_to_its_end_and_another_is_stopped(
        play: Callable[[Scenario], None], gate: Callable[[int], None], tmp_path: Path) -> None:
    movie = tmp_path / "media/ring/transitions/b-2 to c-3.mov"

    async def scenario(tab: Tab, client: Client, parts: Parts) -> None:
        await says(tab, ".panel-jobs .summary", "The worker starts")
        await asyncio.to_thread(client.ask, "/generate/transition", "b", "c")
        await says(tab, "[data-job='1']", "b-2 → c-3")
        gate(30)
        await tab.until("document.querySelector(\"[data-job='1'] progress\").value > 0.3")
        await tab.until("document.querySelector(\"[data-job='1'] img\").naturalWidth === 128")
        assert not movie.exists()
        gate(EVERYTHING)
        await says(tab, ".over [data-job='1']", "done")
        assert movie.exists()
        gate(20)
        await asyncio.to_thread(client.ask, "/generate/transition", "d", "a")
        await tab.until("document.querySelector(\"[data-job='2'] progress\").value > 0.2")
        await tab.evaluate("document.querySelector(\"[data-job='2'] .alarm\").click()")
        await says(tab, ".over [data-job='2']", "cancelled")
        assert parts.loop.show.state.making.open_jobs() == ()
        assert not (movie.parent / "d-4 to a-1.mov").exists()

    play(scenario)
