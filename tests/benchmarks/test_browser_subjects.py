"""The arithmetic of the subjects that browsers and WebSocket clients are in: lags, numbers, frames, nodes, seconds."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.oscquery import DECKS, MARKS, marked_decks, masked, taken
from benchmarks.page import Seen, lag, numbers
from benchmarks.processes import cpu_seconds
from benchmarks.stage import Told
from server.frontends.oscquery_stream import BINARY, frame
from server.media.numbered import numbered_frame
from server.protocol.oscquery_table import Shape, address_space


def ticks(at: float = 1000.0, position: float = 100.0) -> list[Told]:
    return [Told(round((at + n / 60) * 1e9), n, 1, (position + n / 2) % 900, 30.0, 1.0) for n in range(60)]


@given(st.floats(0, 29.9), st.floats(0, 0.2))
def test_a_picture_is_as_late_as_it_is(when: float, late: float) -> None:
    number = int(100 + 30 * when) % 900
    due = 1000 + (int(100 + 30 * when) - 0.5 - 100) / 30
    found, = lag(ticks(), [Seen(number, due + late)], 900, 30)
    assert found == pytest.approx(late, abs=1e-3)


def test_a_picture_that_comes_too_early_is_told_as_such() -> None:
    found, = lag(ticks(), [Seen(110, 1000.0)], 900, 30)
    assert found == pytest.approx(-9.5 / 30, abs=1e-3)
    assert lag([], [Seen(1, 1.0)], 900, 30) == []


@pytest.mark.parametrize("number", [0, 1, 899, 123456])
def test_the_number_is_read_from_its_bits(number: int) -> None:
    strip = numbered_frame(number, 1280, 720)[630:, :, 1]
    levels = strip[23::45, 32::64].ravel()
    bits = "".join("1" if level > 127 else "0" for level in levels)
    assert numbers([[bits, 5000.0], ["0" * 40, 5000.0]]) == [Seen(number, 5.0)]


@given(st.lists(st.binary(max_size=70_000), max_size=5), st.integers(1, 5000))
def test_whole_frames_are_counted_however_they_come(payloads: list[bytes], step: int) -> None:
    data = b"".join(frame(BINARY, payload) for payload in payloads)
    buffer, count = bytearray(), 0
    for place in range(0, len(data), step):
        buffer += data[place:place + step]
        count += taken(buffer)
    assert count == len(payloads)
    assert buffer == b""


def test_a_clients_message_is_masked() -> None:
    sent = masked(b"LISTEN")
    assert sent[:2] == bytes((0x81, 0x80 | 6))
    assert np.frombuffer(sent[6:], np.uint8).tobytes() == b"LISTEN", "the mask is of zeros"


def test_a_tree_of_so_many_nodes_can_be_made() -> None:
    full = Shape(tuple((number, "") for number in range(1, MARKS + 1)))
    decks = marked_decks(2000)
    assert len(address_space([full] * decks + [Shape()] * (DECKS - decks))) >= 2000
    assert marked_decks(1) == 0


def test_processor_time_grows_with_work() -> None:
    before = cpu_seconds(os.getpid())
    if before is None:
        pytest.skip("this system does not tell")
    end = time.process_time() + 0.05
    while time.process_time() < end:
        sum(range(1000))
    assert (cpu_seconds(os.getpid()) or 0) > before
