"""What runs inside TouchDesigner: Python 3.9, standard library only, each file alone."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_tree import REPO, calls, imports, name_of, parsed, python_files

from td_project import build

INSIDE = [path for path in python_files("td_extensions") if path.name != "__init__.py"]
OUTSIDE = [path for path in python_files("td_project") if "rehearsal" not in path.parts and path.name != "__init__.py"]


def annotations_of(tree: ast.AST) -> Iterator[ast.expr]:
    """Every annotation in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            yield node.returns


def test_there_is_something_to_look_at() -> None:
    assert INSIDE


@pytest.mark.parametrize("path", [*INSIDE, *OUTSIDE], ids=name_of)
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


def test_each_file_loads_where_the_component_has_it(tmp_path: Path) -> None:
    # As Text DATs they lie flat under other names. -S hides site-packages, -I the current folder and PYTHONPATH.
    sources = build.sources(REPO)
    for name, text in sources.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    modules = sorted(name for name in sources if name != "interscene_endpoints")
    script = "import sys\nsys.path.insert(0, sys.argv[1])\nfor name in sys.argv[2:]: __import__(name)\n"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script, str(tmp_path), *modules],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(modules) == len({path.stem for path in [*INSIDE, *OUTSIDE]}) - 1, "all but the script that is typed"


AS_TEXT_DATS = """
import builtins, json, sys, types
sources, modules, plain = json.load(sys.stdin), {}, builtins.__import__
own = dict(vars(builtins))
def find(name, *rest):
    return load(name) if name in sources else plain(name, *rest)
def load(name):
    if name not in modules:
        modules[name] = types.ModuleType(name)
        modules[name].__dict__["__builtins__"] = own
        exec(compile(sources[name], name, "exec", dont_inherit=True), modules[name].__dict__)
    return modules[name]
own["__import__"] = find
table = json.loads(sources.pop("interscene_endpoints"))
for name in sources:
    load(name)
deck = modules["interscene_deck_model"].DeckModel(1)
deck.open(1, 0, "a.mov", 0)
deck.opened(1, 10)
deck.apply(1, {0: modules["interscene_player_model"].Command(1, 3.0, 30.0, 1.0)}, 1.0)
assert deck.shown(1.1)[0].frame == 6
assert len(modules["interscene_parameters"].pars(table["rows"], "", 2)) > 50
"""


@pytest.mark.parametrize("python", [sys.executable, "python3.9"])
def test_it_runs_as_text_dats_that_python_itself_does_not_know(python: str) -> None:
    found = shutil.which(python)
    if found is None or subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("there is no Python 3.9 here")
    done = subprocess.run([found, "-I", "-S", "-c", AS_TEXT_DATS], input=json.dumps(build.sources(REPO)),
                          capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


def test_no_two_files_of_the_component_share_a_name() -> None:
    names = [path.stem for path in [*INSIDE, *OUTSIDE]]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("path", [*INSIDE, *OUTSIDE], ids=name_of)
def test_no_dataclass_stands_beside_lazy_annotations(path: Path) -> None:
    # Python 3.9 looks for the module of such a class in sys.modules, where a Text DAT is not.
    text = path.read_text(encoding="utf-8")
    assert not ("from __future__ import annotations" in text and "@dataclass" in text)
