"""The navigation subject looks at the right part of the right movie."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import navigation
from benchmarks.stage import Heard
from server.protocol.stream import StreamTemplate


@pytest.mark.parametrize("packed", [True, False])
def test_it_knows_where_every_transition_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    monkeypatch.setattr(navigation, "PICTURES", 3)
    song = navigation.make_song(tmp_path / "song", packed=packed)
    edges = navigation.edges_of(song, packed=packed)

    assert set(edges) == {frozenset(pair) for pair in (("p0-1", "p1-2"), ("p0-1", "p2-3"), ("p1-2", "p2-3"))}
    assert all(last - first == navigation.FRAMES - 1 for _, first, last in edges.values())
    assert len({movie for movie, _, _ in edges.values()}) == (1 if packed else 3)
    if packed:
        ranges = sorted((first, last) for _, first, last in edges.values())
        assert all(one[1] < other[0] for one, other in pairwise(ranges))


def test_only_a_visible_player_on_that_part_counts() -> None:
    stage: Any = SimpleNamespace(movies={3: "a.mov", 4: "b.mov"})
    packet = StreamTemplate(1).pack(1, [(3, 9.0, 30.0, 0.0), (4, 12.0, 30.0, 0.5), (0, 0.0, 0.0, 0.0)])

    assert navigation.on(stage, Heard(0, packet), "b.mov", 10, 20)
    assert not navigation.on(stage, Heard(0, packet), "b.mov", 13, 20)
    assert not navigation.on(stage, Heard(0, packet), "a.mov", 0, 20)
