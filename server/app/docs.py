"""`interscene docs`: write the generated pages of docs/, or check that they are fresh. Knows no page's content."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

HELP: Final = "Write the generated pages of docs/, or check that they are fresh."
FOLDER: Final = Path(__file__).resolve().parents[2] / "docs"
COMPONENT: Final = "../td_project/endpoints.json"
"""The table that the TouchDesigner component is built with; it lies beside the component, not beside the pages."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of the verb."""
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is not fresh")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the pages are (default: docs/)")


def run(options: argparse.Namespace) -> int:
    """Write what is not fresh, or with `check` only name it; 1 when a check finds something."""
    old = stale(options.folder)
    for name, text in () if options.check else old.items():
        (options.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (options.folder / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"wrote {options.folder / name}")
    if options.check and old:
        for name in old:
            print(f"{options.folder / name} is not fresh; write it with: interscene docs", file=sys.stderr)
        return 1
    if not old:
        print("every page is fresh")
    return 0


def pages() -> dict[str, str]:
    """The generated pages: file name and text."""
    from server.protocol.documentation import endpoints_markdown
    from server.settings.documentation import settings_markdown

    return {"endpoints.md": endpoints_markdown(), "settings.md": settings_markdown()}


def stale(folder: Path) -> dict[str, str]:
    """The pages that are missing from a folder or differ there, with the text they ought to have."""
    return {name: text for name, text in _wanted(folder).items() if _written(folder / name) != text}


def _wanted(folder: Path) -> dict[str, str]:
    from server.protocol.component_table import component_json

    return {**pages(), COMPONENT: component_json()} if folder.resolve() == FOLDER else pages()


def _written(path: Path) -> str:
    # Line ends are git's business: a checkout on Windows is as fresh as any other.
    return path.read_bytes().decode("utf-8").replace("\r\n", "\n") if path.is_file() else ""
