"""The arithmetic of the live subjects: lateness, right values, what a stream packet says, sizes at equal quality."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.encode import size_at
from benchmarks.osc_in import packets_for
from benchmarks.server import make_library, memory_of
from benchmarks.stage import Heard, Told, told
from benchmarks.tick import lateness, wrong_values
from server.library.media_folder import MediaFolder
from server.protocol.command import Command, Source
from server.protocol.dispatch import Dispatcher
from server.protocol.stream import StreamTemplate

TICK = 1_000_000_000 / 60


@given(st.lists(st.floats(0, 0.015), min_size=30, max_size=120), st.floats(-1e-4, 1e-4))
def test_lateness_is_counted_from_the_grid_whatever_the_clock_drifts(late: list[float], drift: float) -> None:
    late[0] = late[1] = late[-1] = late[-2] = 0.0
    start = 1_700_000_000_000_000_000
    ticks = [(100 + i, start + round(i * TICK * (1 + drift) + late[i] * 1e9)) for i in range(len(late))]

    found = lateness(ticks)

    assert min(found) == 0
    assert max(abs(a - b * 1000) for a, b in zip(found, late, strict=True)) < 1.0


def test_one_late_tick_makes_no_other_late() -> None:
    ticks = [(i, round(i * TICK)) for i in range(60)]
    ticks[30] = (30, ticks[30][1] + 5_000_000)

    found = lateness(ticks)

    assert found[30] == pytest.approx(5, abs=0.01)
    assert max(found[:30] + found[31:]) < 0.01


def stream(frames: list[float], first: int = 7) -> list[Told]:
    return [Told(0, first + i, 1, frame, 30.0, 1.0) for i, frame in enumerate(frames)]


def test_values_on_the_line_are_right_also_round_the_loop() -> None:
    assert wrong_values(stream([(i / 2 + 0.5) % 20 - 0.5 for i in range(100)]), 20) == 0


@pytest.mark.parametrize("frames", [[0, 0.5, 1.1, 1.5], [0, 0.5, 0.5, 1.5], [25, 25.5], []])
def test_values_beside_the_line_are_counted(frames: list[float]) -> None:
    assert wrong_values(stream(frames), 20) > 0


def test_a_tick_that_comes_twice_is_wrong() -> None:
    ticks = stream([0, 0.5, 1.0])

    assert wrong_values([*ticks, ticks[1]], 20) == 1


def test_the_visible_player_is_read_from_a_packet() -> None:
    packet = StreamTemplate(2).pack(41, [(3, 9.0, 30.0, 0.0), (4, 12.25, 30.0, 1.0), (0, 0.0, 0.0, 0.0)])

    assert told(Heard(5, packet), deck=2) == Told(5, 41, 4, 12.25, 30.0, 1.0)
    assert told(Heard(5, packet), deck=1) is None


def test_every_packet_of_the_dispatch_subject_is_a_command_of_its_own() -> None:
    packets = packets_for(1000)
    dispatcher = Dispatcher(200)

    results = [result for packet in packets for result in dispatcher.dispatch(packet, Source("h", 1), 0.0, 0.0)]

    assert len(set(packets)) == len(results) == 1000
    assert all(isinstance(result, Command) for result in results)


def test_a_library_of_links_looks_like_many_movies(tmp_path: Path) -> None:
    make_library(tmp_path / "library", 250)

    media = MediaFolder(tmp_path / "library")

    assert len(media.scan()) == 250
    assert media.movies_of("song 001")[-1] == "song 001/take 99.mov"


def test_memory_of_this_process_is_told() -> None:
    used = memory_of(os.getpid())

    assert used is None or 1 < used[0] <= used[1] * 1.1


def test_sizes_are_interpolated_between_steps() -> None:
    ladder = [(30.0, 100.0), (40.0, 400.0)]

    assert size_at(35, ladder) == pytest.approx(200)
    assert size_at(30, ladder) == pytest.approx(100)
    assert math.isnan(size_at(50, ladder))
