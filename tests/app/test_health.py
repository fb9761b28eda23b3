"""What is said of a running server's vitals: how bad it is, and what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.app.examinations.finding import Finding, Level
from server.app.health import RendererVitals, Storage, Traffic, Vitals, WorkerVitals, judged
from server.app.process_facts import overflowed, resident_memory, windows_memory
from server.show.lateness import Figures

WELL = Vitals(
    uptime=3725.0, tick=1 / 60, stream=Figures(3600, 0, 0.1, 0.5, 4.0), traffic=Traffic(100, 100, 0, 0, 0, 0, 50, 0),
    renderers=(RendererVitals("stage", "10.0.0.2", False, 0.2, 60.0, 60.0, 16.7, 0, 0, 30.0, 4.0, 512.0),),
    storage=Storage(100 << 30, 5e8, 2e7), worker=WorkerVitals("ready", "cuda:0", "sd-turbo"), planner="running",
    planner_starts=1, memory=100 << 20)


def found(part: str, **changes: Any) -> Finding:
    """The worst finding of a part after something has changed."""
    return max((each for each in judged(replace(WELL, **changes)) if each.part == part), key=lambda each: each.level)


def test_a_server_that_is_well_has_nothing_but_green() -> None:
    assert {each.level for each in judged(WELL)} == {Level.GOOD}
    assert [each.part for each in judged(WELL)] == [
        "stream", "renderer stage", "packets", "worker", "disk", "disk", "planner", "server"]
    assert "up for 1 h 2 min" in found("server").text


@pytest.mark.parametrize(("part", "changes", "level", "words"), [
    ("stream", {"stream": Figures(0, 0, 0, 0, 0)}, Level.NOTE, "no tick"),
    ("stream", {"stream": Figures(3600, 0, 0.1, 0.5, 30.0)}, Level.NOTE, "worst 30.0 ms"),
    ("stream", {"stream": Figures(3600, 0, 1.0, 6.0, 12.0)}, Level.POOR, "close what loads"),
    ("stream", {"stream": Figures(3500, 100, 1.0, 3.0, 12.0)}, Level.BAD, "100 ticks missed"),
    ("renderers", {"renderers": ()}, Level.NOTE, "Textport"),
    ("packets", {"traffic": Traffic(9, 9, 0, 0, 0, 7, 9, 0)}, Level.BAD, "7 were lost"),
    ("packets", {"traffic": Traffic(9, 9, 0, 0, 3, None, 9, 0)}, Level.BAD, "3 were lost"),
    ("packets", {"traffic": Traffic(9, 9, 0, 0, 0, None, 9, 0)}, Level.GOOD, "this system tells of"),
    ("packets", {"traffic": Traffic(1, 1, 0, 0, 0, None, 1, 0)}, Level.GOOD, "1 OSC packet in, 1 message, 0 not"),
    ("packets", {"traffic": Traffic(9, 9, 0, 0, 0, 0, 9, 4)}, Level.POOR, "could not be sent"),
    ("packets", {"traffic": Traffic(9, 9, 0, 5, 0, 0, 9, 0)}, Level.NOTE, "--allow"),
    ("worker", {"worker": None}, Level.GOOD, "only plays"),
    ("worker", {"worker": WorkerVitals("off")}, Level.GOOD, "starts when something is to be made"),
    ("worker", {"worker": WorkerVitals("off", reason="switched off")}, Level.GOOD, "off: switched off"),
    ("worker", {"worker": WorkerVitals("safe", reason="it died 5 times")}, Level.BAD, "/generate/again"),
    ("worker", {"worker": WorkerVitals("safe", reason="it died 5 times")}, Level.BAD, "given up: it died"),
    ("worker", {"worker": WorkerVitals("restarting", reason="killed", restarts=2)}, Level.POOR, "2 restarts"),
    ("card", {"cards": ("RTX 4090",), "worker": WorkerVitals("ready", "cpu")}, Level.POOR, "unused"),
    ("card", {"cards": ("RTX 4090",)}, Level.GOOD, "RTX 4090"),
    ("disk", {"storage": Storage(2 << 30, 5e8, 2e7)}, Level.POOR, "make room"),
    ("disk", {"storage": Storage(1 << 20, 5e8, 2e7)}, Level.BAD, "make room"),
    ("disk", {"storage": Storage(100 << 30, 2e7, 2e7)}, Level.BAD, "SSD"),
    ("disk", {"storage": Storage(100 << 30, 5e7, 2e7)}, Level.POOR, "needs 20.0 MB/s"),
    ("disk", {"storage": Storage(None, 5e7, 0.0)}, Level.GOOD, "50.0 MB/s"),
    ("planner", {"planner": "down", "planner_starts": 3}, Level.POOR, "started again 2 times"),
    ("planner", {"planner": "idle"}, Level.GOOD, "not needed"),
    ("server", {"memory": 2 << 30}, Level.POOR, "start it again"),
    ("server", {"memory": None, "uptime": 5.0}, Level.GOOD, "up for 5 s"),
])
def test_what_is_wrong_is_said_with_what_to_do(part: str, changes: dict[str, Any], level: Level, words: str) -> None:
    finding = found(part, **changes)
    assert finding.level == level
    assert words in f"{finding.text} {finding.advice}"
    assert finding.advice or finding.level < Level.POOR or "restarts" in finding.text


@pytest.mark.parametrize(("changes", "level", "words"), [
    ({"lost": True, "silent": 7.2}, Level.BAD, "not heard for 7 s"),
    ({"fps": None}, Level.NOTE, "has not told"),
    ({"fps": 57.0}, Level.POOR, "Performance Monitor"),
    ({"fps": 30.0}, Level.BAD, "60 fps"),
    ({"misses": 3}, Level.POOR, "3 read too late"),
    ({"misses": 3, "span": 0.0}, Level.GOOD, "so far"),
    ({"decode_ms": 14.0}, Level.POOR, "--quality"),
    ({"dropped": 2}, Level.NOTE, "2 frames dropped"),
])
def test_a_renderer_is_judged_by_what_it_tells(changes: dict[str, Any], level: Level, words: str) -> None:
    finding = found("renderer stage", renderers=(WELL.renderers[0]._replace(**changes),))
    assert finding.level == level
    assert words in f"{finding.text} {finding.advice}"


@given(st.builds(Figures, *[st.integers(0, 10**6)] * 2, *[st.floats(0, 1e6)] * 3),
       st.builds(Storage, st.integers(0, 1 << 50), st.floats(0, 1e12), st.floats(0, 1e12)), st.floats(0, 1e8))
def test_every_figure_has_words_on_one_line(stream: Figures, storage: Storage, uptime: float) -> None:
    for each in judged(replace(WELL, stream=stream, storage=storage, uptime=uptime)):
        assert each.text
        assert "\n" not in each.text + each.advice


def test_memory_and_overflow_come_from_the_system(tmp_path: Path) -> None:
    statm = tmp_path / "statm"
    statm.write_text("1000 250 3 4 5 6 0\n")
    assert (resident_memory(statm) or 0) % 250 == 0
    assert (resident_memory(tmp_path / "none") or 1) > 0
    table = tmp_path / "udp"
    line = "  12: 0100007F:{:04X} 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 5 2 0000 {}\n"
    table.write_text("  sl  local_address rem_address drops\n" + line.format(7500, 12) + line.format(9000, 99))
    assert overflowed([7500], [table]) == 12
    assert overflowed([7500], [tmp_path / "none"]) is None


def test_windows_tells_its_working_set() -> None:
    class Kernel:
        def __init__(self, answer: int) -> None:
            class Process:
                restype: Any = None

                def __call__(self) -> int:
                    return -1

            class Info:
                argtypes: Any = None

                def __call__(self, _process: int, place: Any, size: int) -> int:
                    place._obj.resident = 12345678
                    assert place._obj.cb == size
                    return answer

            self.GetCurrentProcess, self.K32GetProcessMemoryInfo = Process(), Info()

    class Libraries:
        def __init__(self, answer: int) -> None:
            self.kernel32 = Kernel(answer)

    assert windows_memory(Libraries(1)) == 12345678
    assert windows_memory(Libraries(0)) is None
