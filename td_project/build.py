"""The script that a person starts with one line in TouchDesigner's Textport, its own place filled in:

    import pathlib; p='…/td_project/build.py'; exec(compile(pathlib.Path(p).read_text('utf-8'), p, 'exec'), …)

Reads the repository once, builds, says what it did, and leaves nothing behind in Python's search path. Python 3.9.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

OURS = ("td_extensions", "td_project")
NOT_EMBEDDED = frozenset({"__init__", "build"})


def sources(repository: Path) -> dict[str, str]:
    """Everything that the component carries with it, by the names it gets there. Raises OSError."""
    builder = _fresh(repository, "td_project.builder")
    modules = {f"{folder}.{path.stem}": path.read_text(encoding="utf-8") for folder in OURS
               for path in sorted((repository / folder).glob("*.py")) if path.stem not in NOT_EMBEDDED}
    flat: dict[str, str] = builder.embedded(modules)
    flat[builder.ENDPOINTS] = (repository / "td_project" / "endpoints.json").read_text(encoding="utf-8")
    return flat


def version(repository: Path) -> str:
    """The version that pyproject.toml names; empty where it cannot be read."""
    try:
        lines = (repository / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    found = [line.split('"')[1] for line in lines if line.startswith("version = ")]
    return found[0] if found else ""


def main(repository: Path, parent: Any = None) -> Any:
    """Build the component, print what there is to say, and return it."""
    td: Any = __import__("td")
    builder = _fresh(repository, "td_project.builder")
    comp, report = builder.build(td, sources(repository), version(repository), parent)
    for line in report.lines():
        print(f"interscene: {line}")
    print(f"interscene: {comp.path} is ready; its picture is {comp.path}/out1")
    return comp


def _fresh(repository: Path, name: str) -> Any:
    """A module as it is on disk now, and no trace of it for others: a second run sees what has changed since."""
    before = {known: sys.modules.pop(known) for known in list(sys.modules) if known.partition(".")[0] in OURS}
    sys.path.insert(0, str(repository))
    try:
        importlib.invalidate_caches()
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(repository))
        for known in [known for known in sys.modules if known.partition(".")[0] in OURS]:
            del sys.modules[known]
        sys.modules.update(before)


if "__file__" in globals() and __name__ != "td_project.build":
    main(Path(__file__).resolve().parents[1])
