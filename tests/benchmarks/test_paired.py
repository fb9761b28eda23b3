"""Medians, percentiles and paired rounds: numbers with known answers."""

from __future__ import annotations

import statistics
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.paired import median, middle_half, percentile, ratios, rounds_of
from server.errors import InputError

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@given(NUMBERS)
def test_the_median_is_the_median(values: list[float]) -> None:
    assert median(values) == pytest.approx(statistics.median(values))


@given(NUMBERS, st.floats(0, 1), st.floats(0, 1))
def test_percentiles_rise_and_stay_inside(values: list[float], one: float, two: float) -> None:
    low, high = sorted((one, two))

    assert min(values) <= percentile(values, low) <= percentile(values, high) + 1e-9
    assert percentile(values, high) <= max(values)
    assert percentile(values, 0) == min(values)
    assert percentile(values, 1) == max(values)


def test_percentiles_lie_between_neighbours() -> None:
    assert percentile([0, 10], 0.25) == 2.5
    assert percentile(list(range(101)), 0.99) == 99
    assert middle_half([1, 2, 3, 4, 5]) == (2, 4)


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(InputError):
        percentile([], 0.5)


def test_ratios_are_of_the_same_round() -> None:
    assert ratios([2, 9], [1, 3]) == [2, 3]
    with pytest.raises(InputError, match="not 2 and 1"):
        ratios([1, 2], [1])


def test_every_method_runs_once_a_round_in_a_changing_order() -> None:
    called: list[tuple[str, int]] = []

    def method(name: str, turn: int) -> float:
        called.append((name, turn))
        return turn * 10.0

    taken = rounds_of({name: partial(method, name) for name in "abc"}, 20)

    assert taken == {name: [turn * 10.0 for turn in range(20)] for name in "abc"}
    orders = {tuple(name for name, _ in called[i:i + 3]) for i in range(0, 60, 3)}
    assert len(orders) > 3
    assert all(set(order) == {"a", "b", "c"} for order in orders)
