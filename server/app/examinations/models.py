"""Whether there are models to generate with, and whether they can be read. Opens no weights."""

from __future__ import annotations

from pathlib import Path

from server.app.examinations.finding import Finding, Level
from server.library.models.registry import Registry
from server.units import format_bytes


def examine_models(folder: Path) -> list[Finding]:
    """Say what lies in the models folder."""
    folder = folder.expanduser()
    models, problems = Registry(folder).look()
    found = [Finding(Level.POOR, "models", line.partition(";")[0], line.partition(";")[2].strip()) for line in problems]
    checkpoints = [model for model in models if model.kind == "checkpoint"]
    if not checkpoints:
        return [*found, Finding(Level.NOTE, "models", f"no model in {folder}", "transitions are morphs, which need "
                                "none; interscene model add FILE brings one in")]
    names = ", ".join(model.name for model in checkpoints)
    size = format_bytes(sum(model.bytes for model in models))
    return [*found, Finding(Level.GOOD, "models", f"{names} ({size} with what is added to them)")]
