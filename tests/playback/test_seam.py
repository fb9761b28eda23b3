"""The seam of a loop: rounding to just before it must not add the last frame once more."""

from __future__ import annotations

from fractions import Fraction

import pytest

from server.playback.transport import Transport
from server.units import shown


@pytest.mark.parametrize("off", [0.0, 1e-12, -1e-12, 1e-9, -1e-9])
@pytest.mark.parametrize("start", [0.0, 1000.0833, 13754.216666])
def test_a_tick_that_falls_on_the_seam_is_at_the_beginning(start: float, off: float) -> None:
    transport = Transport(count=120, rate=Fraction(30), anchor_time=start, anchor=-0.5, playing=True, end="loop")
    assert shown(transport.position(start + 4.0 + off)) == 0
    assert transport.position(start + 4.0 + off) < -0.49
    assert shown(transport.position(start + 4.0 - 1e-4)) == 119
