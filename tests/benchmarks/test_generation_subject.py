"""The measurement of models on a card, in miniature on the processor: that it runs, and stores what it says it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("diffusers", reason="the extra `generate` is not installed")

from benchmarks import generation_gpu
from benchmarks.figures import read_report


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")
def test_it_runs_in_miniature(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "toy.json"
    assert generation_gpu.main(["--toy", "--quick", "--json", str(out), "--folder", str(tmp_path)]) == 0
    figures, machine = read_report(out)
    named = {figure.name: figure for figure in figures}
    assert machine["toy"] is True
    assert machine["torch"]
    for subject in ("SD-Turbo", "SDXL-Turbo", "SD 1.5 with LCM"):
        for what in ("frames a second to JPEG bytes in the parent", "beside a compiled pipeline, frame by frame",
                     "of the measured bf16 rate", "first frame, even speed, p99",
                     "first frame, speed as it comes, p99", "until cancelled work has ended, p99"):
            value = named[f"{subject}: {what}"].value
            assert value is not None
            assert value > 0
    assert all(figure.limit is None for figure in figures)
    assert "TFLOP a frame" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore")
def test_without_a_card_it_says_so_and_measures_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    out = tmp_path / "none.json"
    assert generation_gpu.main(["--json", str(out)]) == 0
    assert "no CUDA here" in capsys.readouterr().out
    assert json.loads(out.read_text(encoding="utf-8"))["complete"] is False
