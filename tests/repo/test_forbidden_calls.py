"""What no file may do: run a shell, print from the server, read a clock outside the clock, name this machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from source_tree import REPO, calls, imports, name_of, parsed, python_files, texts

CLOCK = "server/playback/clock.py"
CLOCKS = {f"time.{name}{suffix}" for name in ("time", "perf_counter", "monotonic", "process_time")
          for suffix in ("", "_ns")} | {"datetime.now", "datetime.datetime.now", "datetime.utcnow"}
Look = Callable[[ast.AST], Iterator[int]]
RUNS_WHAT_IT_READS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
EVALUATES = {"eval", "exec", "torch.load"}
SHELLS = {"os.system", "os.popen", "os.fork", "os.forkpty", "subprocess.getoutput", "subprocess.getstatusoutput"}


def shells(tree: ast.AST) -> Iterator[int]:
    """Lines that run a shell, or fork."""
    for name, call in calls(tree):
        if name in SHELLS or any(key.arg == "shell" and _is_true(key.value) for key in call.keywords):
            yield call.lineno


def unpickles(tree: ast.AST) -> Iterator[int]:
    """Lines that could run what a file says: pickles in any wrapping, and Python source."""
    yield from (line for module, line in imports(tree) if module.partition(".")[0] in RUNS_WHAT_IT_READS)
    for name, call in calls(tree):
        if name in EVALUATES or any(key.arg == "allow_pickle" and _is_true(key.value) for key in call.keywords):
            yield call.lineno


def prints(tree: ast.AST) -> Iterator[int]:
    """Lines that print."""
    return (call.lineno for name, call in calls(tree) if name == "print")


def clock_reads(tree: ast.AST) -> Iterator[int]:
    """Lines that read a clock, or take one by another name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _last_two(node) in CLOCKS:
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for alias in node.names if f"time.{alias.name}" in CLOCKS)


def signals(tree: ast.AST) -> Iterator[int]:
    """Lines that import signal handling."""
    return (line for module, line in imports(tree) if module == "signal")


def test_nothing_runs_a_shell_or_forks() -> None:
    assert _found(shells, python_files()) == []


def test_nothing_that_is_read_is_run() -> None:
    shipped = python_files("server", "media_tools", "td_extensions", "td_project")
    assert _found(unpickles, [*shipped, REPO / "cli.py", REPO / "start.py"]) == []


def test_only_the_application_prints() -> None:
    assert _found(prints, [path for path in python_files("server") if "app" not in path.parts]) == []


def test_only_the_clock_reads_a_clock() -> None:
    assert _found(clock_reads, [path for path in python_files("server") if name_of(path) != CLOCK]) == []


def test_only_the_application_handles_signals() -> None:
    inside = [path for path in python_files("server", "media_tools", "td_extensions") if "app" not in path.parts]
    assert _found(signals, inside) == []


@pytest.mark.parametrize(
    ("look", "source"),
    [
        (shells, "import subprocess\nsubprocess.run('ls', shell=True)"),
        (shells, "import os\nos.system('ls')"),
        (unpickles, "import pickle"),
        (unpickles, "from shelve import open"),
        (unpickles, "import torch\ntorch.load('a.pt')"),
        (unpickles, "import numpy\nnumpy.load('a.npy', allow_pickle=True)"),
        (unpickles, "eval('1')"),
        (prints, "def f():\n    print('x')"),
        (clock_reads, "import time\nnow = time.perf_counter()"),
        (clock_reads, "import time\nclock = time.monotonic_ns"),
        (clock_reads, "from time import time"),
        (clock_reads, "import datetime\ndatetime.datetime.now()"),
        (signals, "import signal"),
        (signals, "from signal import SIGINT"),
    ],
)
def test_each_look_finds_what_it_looks_for(look: Look, source: str) -> None:
    assert list(look(ast.parse(source)))


def test_no_file_names_a_machine_or_a_package_server() -> None:
    # put together here, so that this file is not the one it finds
    machine = "|".join(("/ro" + "ot/", "/wo" + "rk/", "/ho" + "me/[a-z]", "/Us" + "ers/[A-Za-z]"))
    server = r"https?://[\w.-]*(" + "|".join(("py" + "pi", "python" + "hosted", "deb" + "ian", "npm" + "js")) + ")"
    marks = re.compile(f"(?<![A-Za-z0-9.])({machine})|{server}|" + "/tm" + "p/w/")
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if marks.search(line)
    ]
    assert found == []


def test_it_finds_its_own_repository() -> None:
    assert (REPO / "pyproject.toml").is_file()
    assert len(python_files("server")) > 10


def _found(look: Look, paths: Iterable[Path]) -> list[str]:
    return [f"{name_of(path)}:{line}" for path in paths for line in look(parsed(path))]


def _is_true(node: ast.expr) -> bool:
    return not (isinstance(node, ast.Constant) and not node.value)


def _last_two(node: ast.Attribute) -> str:
    """`time.time` also of `self.time.time`; a local function called `now` is none of them."""
    before = node.value
    left = before.id if isinstance(before, ast.Name) else before.attr if isinstance(before, ast.Attribute) else ""
    return f"{left}.{node.attr}"
