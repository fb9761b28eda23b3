"""The page in a real browser: its size, how soon it works, and the program picture from the server to the screen."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from benchmarks.bench import Bench
from benchmarks.browser import Browser, Tab, find_chromium
from benchmarks.figures import Figure, absent
from benchmarks.paired import median, middle_half, percentile
from benchmarks.processes import cpu_seconds
from benchmarks.stage import HERE, Stage, Told, serving_ports, told
from server.media.numbered import read_number, write_numbered

SUBJECT: Final = "page"
SIZE: Final = (1280, 720)
COUNT: Final = 900
RATE: Final = 30
KILOBYTES: Final = 150.0
INTERACTIVE: Final = 1.0
SHARE: Final = 5.0
GLASS_MS: Final = 100.0
PICTURES: Final = 29.0
CELLS: Final = (20, 2)
"""Columns and rows of the cells that hold the number, in the lowest eighth of the picture."""
_WATCH_START: Final = """
const look = setInterval(() => {
  if (!window.interscene?.connected() || window.interscene.pictures() === 0) return;
  clearInterval(look);
  window.interactiveAt = performance.now();
}, 4);
"""
_SIZES: Final = """
JSON.stringify([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter(({ name }) => !new URL(name).pathname.startsWith("/frame/"))
  .map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize]))
"""
_WATCH_PICTURES: Final = """
window.seen = [];
(() => {
  const canvas = document.querySelector("#program");
  const context = canvas.getContext("2d");
  let count = -1;
  let drawn = null;
  const bits = () => {
    const { width, height } = canvas;
    return [0, 1].map((row) => {
      const line = context.getImageData(0, Math.round(height * (7 / 8 + (row + 0.5) / 16)), width, 1).data;
      const green = Array.from({ length: 20 }, (_, n) => line[4 * Math.round(width * (n + 0.5) / 20) + 1]);
      return green.map((level) => (level > 127 ? "1" : "0")).join("");
    }).join("");
  };
  requestAnimationFrame(function look() {
    // What was drawn before the last of these moments is on the screen by now.
    if (drawn !== null) seen.push([drawn, performance.timeOrigin + performance.now()]);
    drawn = null;
    if (interscene.pictures() !== count) {
      count = interscene.pictures();
      drawn = bits();
    }
    requestAnimationFrame(look);
  });
})();
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture on the screen: the number in it, and when, in Unix seconds."""

    number: int
    at: float


def measure(bench: Bench) -> list[Figure]:
    """At most 150 kB and a second to begin; 30 pictures a second within 100 ms for at most 5 % of a core."""
    chromium = find_chromium()
    if chromium is None:
        return [absent(SUBJECT, "the page in a browser", "there is no Chromium, Chrome or Edge on this machine's PATH")]
    song = bench.folder / "page"
    song.mkdir()
    write_numbered(song / "numbered.mov", COUNT, *SIZE, Fraction(RATE))
    browser = Browser(chromium)
    try:
        with serving_ports(song, "--end", "loop", "--no-announce") as (child, ports), Stage(ports["osc"]) as stage:
            stage.join()
            stage.load("numbered.mov")
            stage.say("/deck/1/play")
            url = f"http://{HERE}:{ports['http']}/"
            return [*asyncio.run(_first(browser, url, bench.few(9, 3))),
                    *_live(bench, browser, url, child.pid, stage)]
    finally:
        browser.close()


async def _first(browser: Browser, url: str, rounds: int) -> list[Figure]:
    """The page opened with nothing kept from before."""
    took: list[float] = []
    sizes: list[tuple[str, int]] = []
    for _ in range(rounds):
        async with browser.tab() as tab:
            await _fresh(tab, _WATCH_START)
            await tab.open(url)
            took.append(await tab.until("window.interactiveAt") / 1000)
            sizes = [(name, int(size)) for name, size in json.loads(await tab.evaluate(_SIZES))]
    total = sum(size for _, size in sizes) / 1000
    largest = ", ".join(f"{name.rpartition('/')[2] or 'page'} {size / 1000:.0f}"
                        for name, size in sorted(sizes, key=lambda one: -one[1])[:3])
    return [Figure(SUBJECT, "all files of the first page", total, "kB", KILOBYTES, at_least=False,
                   note=f"{len(sizes)} files; {largest}"),
            Figure(SUBJECT, "from the address to the first picture, with answers to commands", median(took), "s",
                   INTERACTIVE, at_least=False, spread=middle_half(took), rounds=rounds)]


async def _fresh(tab: Tab, script: str) -> None:
    await tab.call("Network.enable")
    await tab.call("Network.setCacheDisabled", cacheDisabled=True)
    await tab.call("Page.enable")
    await tab.call("Page.addScriptToEvaluateOnNewDocument", source=script)


def _live(bench: Bench, browser: Browser, url: str, pid: int, stage: Stage) -> list[Figure]:
    """The same seconds without and with a browser on the program picture, in turn."""
    rounds, seconds = bench.few(5, 2), bench.few(10, 5)
    shares: list[float] = []
    lags: list[float] = []
    pictures: list[float] = []
    for _ in range(rounds):
        idle, _ = _used(pid, seconds)
        ticks, seen, share = asyncio.run(_watched(browser, url, pid, stage, seconds))
        if idle is not None and share is not None:
            shares.append(100 * (share - idle))
        lags += [1000 * late for late in lag(ticks, seen, COUNT, RATE)]
        pictures.append(len({one.number for one in seen}) / seconds)
    shape = f"{SIZE[0]}×{SIZE[1]} at {RATE} fps"
    cost = Figure(SUBJECT, f"{shape} to a browser, of one core above idle", median(shares), "%", SHARE, at_least=False,
                  spread=middle_half(shares), rounds=rounds) if shares else absent(
        SUBJECT, f"{shape} to a browser", "this system does not tell a process's time; install psutil")
    return [cost,
            Figure(SUBJECT, "different pictures a second on its screen", median(pictures), "", PICTURES,
                   spread=middle_half(pictures), rounds=rounds),
            Figure(SUBJECT, "glass to glass, p99: from when a frame is due to when it is on the screen",
                   percentile(lags, 0.99), "ms", GLASS_MS, at_least=False, spread=middle_half(lags), rounds=len(lags),
                   note=f"median {median(lags):.0f} ms")]


def _used(pid: int, seconds: float) -> tuple[float | None, float]:
    """Cores that a process used, and over how many seconds."""
    before, begin = cpu_seconds(pid), time.perf_counter()
    time.sleep(seconds)
    after, took = cpu_seconds(pid), time.perf_counter() - begin
    return (None if before is None or after is None else (after - before) / took), took


async def _watched(browser: Browser, url: str, pid: int, stage: Stage,
                   seconds: int) -> tuple[list[Told], list[Seen], float | None]:
    """What the stream told, what was on the screen, and the cores that the server used."""
    async with browser.tab() as tab:
        await tab.open(f"{url}output?deck=1", *SIZE)
        await tab.until("window.interscene && interscene.pictures() > 10")
        await tab.evaluate(_WATCH_PICTURES)
        stage.forget()
        used, _ = await asyncio.to_thread(_used, pid, seconds)
        found: Any = await tab.evaluate("seen")
        ticks = [one for heard in stage.hear(0.3) if (one := told(heard)) is not None]
    return ticks, numbers(found), used


def numbers(found: Sequence[Sequence[Any]]) -> list[Seen]:
    """What stood in the cells of each picture; those that cannot be read are left out."""
    columns, rows = CELLS
    seen = []
    for bits, at in found:
        cells = np.array([bit == "1" for bit in bits], dtype=np.uint8).reshape(rows, columns) * 255
        picture = np.zeros((128, 160, 3), dtype=np.uint8)
        picture[112:] = np.kron(cells, np.ones((8, 8), dtype=np.uint8))[..., None]
        number = read_number(picture)
        if number is not None:
            seen.append(Seen(number, at / 1000))
    return seen


def lag(ticks: Sequence[Told], seen: Sequence[Seen], count: int, rate: float) -> list[float]:
    """Seconds that each picture came after its frame was due, of a movie that loops and plays at its own rate.

    A frame is due from when the position is nearest to it, half a frame before its middle.
    """
    if not ticks:
        return []
    start = ticks[len(ticks) // 2]
    lags = []
    for one in seen:
        position = start.frame + rate * (one.at - start.at / 1e9)
        late = (position - (one.number - 0.5)) % count
        lags.append((late if late < count / 2 else late - count) / rate)
    return lags

