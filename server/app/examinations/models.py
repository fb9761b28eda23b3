"""Whether there are models to generate with. Opens none of them."""

from __future__ import annotations

from pathlib import Path

from server.app.examinations.finding import Finding, Level
from server.units import format_bytes


def examine_models(folder: Path) -> list[Finding]:
    """Say what lies in the folder of models."""
    folder = folder.expanduser()
    if not folder.is_dir():
        return [Finding(Level.NOTE, "models", f"no models ({folder} is not there)",
                        "transitions are morphs, which need none; interscene model add FILE brings one in")]
    files = [path for path in folder.rglob("*.safetensors") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    return [Finding(Level.GOOD if files else Level.NOTE, "models", f"{format_bytes(size)} of weights in {folder}")]
