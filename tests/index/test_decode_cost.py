"""The cost model against the timings it was fitted to, and the preset that a budget allows."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.decode_cost import CostModel, DecodeCost, choose_preset, estimated_cost

ONE_CORE = CostModel(machine=1.0)


@pytest.mark.parametrize(("width", "height", "kilobytes", "milliseconds"), [
    (1920, 1080, 424, 5.70), (1280, 720, 202, 2.66), (1920, 1080, 107, 2.66), (1920, 1080, 740, 7.99)])
def test_the_fit_is_within_half_a_millisecond_of_what_was_timed(width: int, height: int, kilobytes: int,
                                                                milliseconds: float) -> None:
    assert ONE_CORE.milliseconds(width, height, kilobytes * 1000) == pytest.approx(milliseconds, abs=0.5)


@pytest.mark.parametrize(("width", "height", "kilobytes", "milliseconds"), [
    (1280, 720, 294, 8.7), (1920, 1080, 633, 13.0), (3840, 2160, 2470, 42.0)])
def test_the_machine_factor_lies_among_the_timings_of_ffmpeg(width: int, height: int, kilobytes: int,
                                                             milliseconds: float) -> None:
    assert 0.6 < CostModel().milliseconds(width, height, kilobytes * 1000) / milliseconds < 1.3


@given(width=st.integers(1, 8000), height=st.integers(1, 8000), size=st.integers(1, 10**7))
def test_more_bytes_pixels_or_chroma_cost_more(width: int, height: int, size: int) -> None:
    model = CostModel()
    cost = model.milliseconds(width, height, size)

    assert 0 < cost < model.milliseconds(width, height, size + 1000)
    assert cost < model.milliseconds(width + 10, height, size)
    costs = [model.milliseconds(width, height, size, chroma) for chroma in ("gray", "420", "422", "444")]
    assert costs == sorted(costs)
    assert model.milliseconds(width, height, size, "unheard of") == costs[-1]


@dataclass(frozen=True)
class Sample:
    name: str
    size: tuple[int, int] | None
    quality: int
    chroma: str = "420"


PRESETS = (Sample("source", None, 92), Sample("1080", (1920, 1080), 85), Sample("720", (1280, 720), 85),
           Sample("small", (1280, 720), 70), Sample("tiny", (640, 360), 50))


@pytest.mark.parametrize(("width", "height", "rate", "name"), [
    (1280, 720, 60, "source"), (1920, 1080, 30, "source"), (1920, 1080, 60, "1080"), (3840, 2160, 60, "1080"),
    (3840, 2160, 30, "1080"), (3840, 2160, 120, "720")])
def test_the_best_preset_that_holds_is_chosen(width: int, height: int, rate: int, name: str) -> None:
    chosen = choose_preset(PRESETS, width, height, Fraction(rate))

    assert chosen.name == name
    assert estimated_cost(chosen, width, height, Fraction(rate)).holds


def test_rich_pictures_need_a_smaller_preset() -> None:
    plain = choose_preset(PRESETS, 1920, 1080, Fraction(60), 200_000)
    rich = choose_preset(PRESETS, 1920, 1080, Fraction(60), 2_000_000)

    assert (plain.name, rich.name) == ("source", "small")


def test_where_none_holds_the_cheapest_is_chosen() -> None:
    assert choose_preset(PRESETS, 7680, 4320, Fraction(1000)).name == "tiny"


def test_presets_never_enlarge() -> None:
    cost = estimated_cost(PRESETS[1], 640, 360, Fraction(30))

    assert (cost.width, cost.height) == (640, 360)


@pytest.mark.parametrize("quality", [1, 50, 77, 85, 100])
def test_bytes_known_at_another_quality_are_carried_over(quality: int) -> None:
    same = Sample("same", None, quality)

    cost = estimated_cost(same, 1920, 1080, Fraction(60), 300_000, quality=quality)

    assert cost.peak == pytest.approx(CostModel().milliseconds(1920, 1080, 300_000))


def test_what_does_not_hold_says_what_to_do() -> None:
    slow = DecodeCost(20.0, 25.0, Fraction(60), 3840, 2160)
    fast = DecodeCost(2.0, 2.5, Fraction(60), 1280, 720)

    assert not slow.holds
    assert any(line.startswith("WARNING: it will not hold 60 fps") for line in slow.lines())
    assert any("Non-Commercial" in line for line in slow.lines())
    assert fast.holds
    assert len(fast.lines()) == 1
    assert fast.headroom == pytest.approx(1000 / 60 * 0.8 / 2.5)
