"""The files of the repository as tests look at them: parsed, walked, named from the root."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PACKAGES = ("server", "media_tools", "td_extensions", "td_project", "benchmarks")
_NOT_OURS = {".git", ".venv", "build", "dist", "__pycache__", "interscene-media", "node_modules"}
_TEXT = {".py", ".md", ".toml", ".txt", ".js", ".css", ".html", ".json", ".bat", ".ini", ".cfg", ".csv", ""}


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the project, whether committed yet or not."""
    return tuple(sorted(_walk(REPO)))


def _walk(folder: Path) -> Iterator[Path]:
    """What is there now: other tests, and people, may take a folder away while it is looked into."""
    entries: list[Path] = []
    with contextlib.suppress(FileNotFoundError):
        entries = list(folder.iterdir())
    for entry in entries:
        if entry.name in _NOT_OURS or entry.name.endswith(("_cache", ".egg-info")) or entry.name == ".hypothesis":
            continue
        if entry.is_dir():
            yield from _walk(entry)
        elif entry.name not in (".env", ".coverage"):
            yield entry


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of every text file."""
    for path in files():
        if path.suffix in _TEXT:
            yield name_of(path), path.read_bytes().decode("utf-8")


def python_files(*folders: str) -> list[Path]:
    """The Python files in these folders of the repository; all of them when none is named."""
    roots = [REPO / folder for folder in folders] or [REPO]
    return [path for path in files() if path.suffix == ".py" and any(path.is_relative_to(root) for root in roots)]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_bytes(), filename=str(path))


def name_of(path: Path) -> str:
    """A path as it is written in a message."""
    return path.relative_to(REPO).as_posix()


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with its dotted name, `os.system` or `print`; calls of anything else have none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; empty for what is no dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every absolute module that a file imports, at whatever depth, with its line; relative ones begin with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or ""), node.lineno
