"""The one line that builds the component when it is typed into TouchDesigner's Textport. Knows no more of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

BUILD: Final = Path(__file__).resolve().parents[2] / "td_project" / "build.py"


def textport_line(script: Path = BUILD) -> str:
    """The line, with the place of this copy of the project in it."""
    return (f"import pathlib; p={script.as_posix()!r}; exec(compile(pathlib.Path(p).read_text('utf-8'), p, 'exec'), "
            "{'__file__': p, '__name__': 'interscene_build'})")
