"""Small rooms: no file over 400 lines, no function over 60, every module says what it is."""

from __future__ import annotations

import ast

from source_tree import PACKAGES, files, name_of, parsed, python_files

FILE_LINES = 400
FUNCTION_LINES = 60
EXCEPTIONS: dict[str, int] = {}  # name -> the lines it may have instead, with a reason beside it


def test_no_file_is_longer_than_a_person_keeps_in_mind() -> None:
    long = {
        name_of(path): count
        for path in files()
        if path.suffix in (".py", ".js", ".css", ".html")
        and (count := len(path.read_bytes().splitlines())) > EXCEPTIONS.get(name_of(path), FILE_LINES)
    }
    assert not long


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": count
        for path in python_files()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (count := (node.end_lineno or node.lineno) - node.lineno + 1)
        > EXCEPTIONS.get(f"{name_of(path)} {node.name}", FUNCTION_LINES)
    }
    assert not long


def test_every_exception_is_still_needed() -> None:
    known = {name_of(path) for path in files()}
    assert {name for name in EXCEPTIONS if name.split(" ")[0] not in known} == set()


def test_every_module_says_what_it_is() -> None:
    silent = [name_of(path) for path in python_files(*PACKAGES) if not ast.get_docstring(parsed(path))]
    assert not silent


def test_there_is_no_room_for_odds_and_ends() -> None:
    banned = {"utils.py", "helpers.py", "misc.py", "common.py", "util.py"}
    assert [name_of(path) for path in python_files(*PACKAGES) if path.name in banned] == []


def test_no_two_test_files_share_a_name() -> None:
    # tests have no packages: of two files with one name, only the first would ever be imported
    names = [path.name for path in python_files("tests") if path.name != "conftest.py"]
    assert {name for name in names if names.count(name) > 1} == set()
