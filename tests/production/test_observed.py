"""Failures that older programs wrote down are told before as much is tried on the same card again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from server.library.formats.observations import Observation, format_observations
from server.production.observed import FILE, observations_in, warnings

FAILED = Observation("1", "v100", 768, 512, 5, 4, success=False)
CARD = "Tesla V100-SXM2-16GB"
"""5 frames and four passes are 65."""


@pytest.mark.parametrize(("device", "size", "frames", "told"), [
    (CARD, (768, 512), 65, True), (CARD, (1024, 576), 100, True), (CARD, (640, 512), 65, False),
    (CARD, (768, 512), 61, False), ("NVIDIA A100", (1024, 576), 100, False), ("", (1024, 576), 100, False),
])
def test_what_is_at_least_as_large_on_the_same_card_is_warned_of(
        device: str, size: tuple[int, int], frames: int, told: bool) -> None:
    lines = list(warnings([FAILED, replace(FAILED, gpu="", frames=2)], device, size, frames))
    assert len(lines) == told
    assert all("768×512 to 65 frames failed before" in line for line in lines)


def test_where_more_went_well_nothing_is_said_and_what_nobody_knows_says_nothing() -> None:
    better = Observation("2", "V100", 1024, 576, 5, 5, success=True)
    assert list(warnings([FAILED, better], CARD, (768, 512), 65)) == []
    assert list(warnings([replace(FAILED, success=None)], CARD, (768, 512), 65)) == []
    assert list(warnings([replace(FAILED, passes=99)], CARD, (768, 512), 65)) == []


def test_they_are_found_wherever_they_lie_in_a_song_and_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / FILE).write_bytes(format_observations([FAILED]))
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00")
    found = observations_in(tmp_path, [f"old/{FILE}", FILE, f"gone/{FILE}", "notes.txt"])
    assert FAILED in found
