"""What a run made, in a file of its own beside the song: JSON for programs, text for people. It makes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from server.media.part_file import write_file
from server.production.making import MakeReport, Stage
from server.units import Seconds

FOLDER: Final = "reports"


def report_lines(report: MakeReport) -> list[str]:
    """A run in words: totals of each stage, then what was left and why."""
    stages = (("pictures", report.pictures), ("transitions", report.transitions))
    lines = [f"{name}: {_stage(stage)}" for name, stage in stages if stage.wanted is not None]
    if report.put_aside:
        lines.append(f"put aside as damaged: {', '.join(report.put_aside)} (interscene song restore puts them back)")
    if report.device:
        lines.append(f"device: {report.device}" + (f"; model: {report.model}" if report.model else ""))
    lines += list(report.notes)
    lines += [f"left: {what}: {why}" for stage in (report.pictures, report.transitions) for what, why in stage.left]
    if report.trouble:
        lines.append(f"it ended early: {report.trouble}")
    if report.stopped:
        lines.append("it was stopped; what was finished is kept, and the next run goes on from there")
    return lines


def write_report(song: Path, report: MakeReport, moment: str) -> Path:
    """Write both files; return the text's path. Raises OutputError."""
    path = song / FOLDER / f"make {moment}.txt"
    write_file(path.with_suffix(".json"), json.dumps(report.document(), indent=1, ensure_ascii=False).encode("utf-8"))
    write_file(path, ("\n".join([f"{report.song}, {moment}", *report_lines(report)]) + "\n").encode("utf-8"))
    return path


def _stage(stage: Stage) -> str:
    if not stage.wanted:
        return "nothing to make"
    text = f"{len(stage.made)} of {stage.wanted} made in {clock_time(stage.seconds)}"
    if stage.frames:
        text += f", {stage.seconds / stage.frames:.2f} s a frame"
    return text + (f", {len(stage.left)} left" if stage.left else "")


def clock_time(seconds: Seconds) -> str:
    """Such as 0:07, 12:30 or 2:05:00."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
