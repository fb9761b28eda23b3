"""The benchmark of a large song: it measures what it says, on a song that is as large as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import song_load
from benchmarks.bench import Bench


def test_a_small_run_measures_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(song_load, "PICTURES", 40)
    monkeypatch.setattr(song_load, "TRANSITIONS", 90)

    figures = song_load.measure(Bench(tmp_path))

    assert [figure.subject for figure in figures] == ["song_load"] * 3
    assert all(figure.value is not None and figure.value > 0 for figure in figures)
    assert (figures[0].limit, figures[0].at_least) == (0.5, False)
    assert "40 pictures and 90 transitions" in figures[0].name
    assert not (tmp_path / "song").exists()


def test_a_quick_run_does_not_claim_the_whole_song(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(song_load, "PICTURES", 40)
    monkeypatch.setattr(song_load, "TRANSITIONS", 90)

    figures = song_load.measure(Bench(tmp_path, quick=True))

    assert figures[0].value is None
    assert "9 transitions" in figures[1].name
