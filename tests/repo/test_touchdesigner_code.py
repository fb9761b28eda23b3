"""What runs inside TouchDesigner: Python 3.9, standard library only, each file alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_tree import REPO, calls, imports, name_of, parsed, python_files

INSIDE = [path for path in python_files("td_extensions") if path.name != "__init__.py"]
OUTSIDE = [path for path in python_files("td_project") if "rehearsal" not in path.parts]


def annotations_of(tree: ast.AST) -> Iterator[ast.expr]:
    """Every annotation in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            yield node.returns


def test_there_is_something_to_look_at() -> None:
    assert INSIDE


@pytest.mark.parametrize("path", INSIDE, ids=name_of)
def test_it_is_written_in_python_3_9(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    newer = [
        f"{call.lineno} {name}"
        for name, call in calls(tree)
        for key in call.keywords
        if (name.split(".")[-1], key.arg) in {("dataclass", "slots"), ("dataclass", "kw_only"), ("zip", "strict")}
    ]
    assert newer == []
    lazy = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    unions = [node.lineno for note in annotations_of(tree) for node in ast.walk(note) if isinstance(node, ast.BinOp)]
    assert lazy or not unions, "`int | None` needs `from __future__ import annotations` here"


@pytest.mark.parametrize("path", [*INSIDE, *OUTSIDE], ids=name_of)
def test_it_imports_the_standard_library_only(path: Path) -> None:
    ours = {"td_extensions", "td_project"} if path in OUTSIDE else {"td_extensions"}
    known = sys.stdlib_module_names | ours | {one.stem for one in INSIDE}
    foreign = [
        f"{line} {module}" for module, line in imports(parsed(path))
        if module.startswith(".") or module.split(".")[0] not in known
    ]
    assert foreign == []


def test_each_file_loads_with_no_package_in_sight() -> None:
    # -S hides site-packages, -I the current folder and PYTHONPATH; siblings lie flat, as Text DATs do
    script = (
        "import sys, runpy\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "for name in sys.argv[2:]: __import__(name)\n"
    )
    names = [path.stem for path in INSIDE]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(REPO / "td_extensions"), *names],
        capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
