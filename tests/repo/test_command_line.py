"""The command line: verbs, exit codes, and one line for whatever goes wrong."""

from __future__ import annotations

import argparse
import errno
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from source_tree import REPO

import cli
from server.errors import MissingFile, SettingsError

HEAVY = {"av", "cv2", "numpy", "simplejpeg"}
FakeVerb = Callable[[Callable[[argparse.Namespace], int]], None]


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeVerb:
    """Makes `probe` run a function; logs of crashes land in the test's own folder."""

    def plant(run: Callable[[argparse.Namespace], int]) -> None:
        module = SimpleNamespace(HELP="does as told", run=run)
        module.add_arguments = lambda parser: parser.add_argument("--token")
        monkeypatch.setitem(sys.modules, cli.VERBS["probe"].module, module)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv(cli.DEBUG, raising=False)
    return plant


def raising(error: BaseException) -> Callable[[argparse.Namespace], int]:
    """A verb that fails."""

    def run(options: argparse.Namespace) -> int:
        raise error

    return run


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_alone_it_lists_every_verb(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, entry in cli.VERBS.items():
        assert f"  {name:<12}{entry.help}" in lines
    assert max(map(len, lines)) < 90


@pytest.mark.parametrize("name", cli.VERBS)
def test_every_verb_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"usage: interscene {name}")
    assert shown.err == ""


@pytest.mark.parametrize("name", cli.VERBS)
def test_every_verb_refuses_a_flag_it_does_not_have(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--no-such-flag"]) == cli.USAGE
    line, = capsys.readouterr().err.splitlines()
    assert line.startswith(f"interscene {name}: error:")
    assert line.endswith(f"; interscene {name} --help tells what there is")


@pytest.mark.parametrize(("words", "said"), [
    (["transition", "a", "b", "c", "--mod", "walk"], "there is no '--mod'; did you mean --mode?;"),
    (["serve", "--media_dir=here"], "there is no '--media_dir'; did you mean --media-dir?;"),
    (["song", "plan", "x", "--secnds-per-transition", "3"], "did you mean --seconds-per-transition?;"),
    (["serve", "--tokn=secret"], "there is no '--tokn'; did you mean --token?;"),
    (["serve", "--xyzzy"], "there is no '--xyzzy'; interscene serve --help"),
    (["judge", "a", "b", "c", "d"], "'d' is a word too many;"),
])
def test_what_was_perhaps_meant_is_said(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == cli.USAGE
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_it_says_its_version(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([word]) == 0
    wanted = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert capsys.readouterr().out.startswith(f"interscene {wanted} (Python 3.")


def test_options_without_a_verb_are_those_of_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[argparse.Namespace] = []
    monkeypatch.setattr("server.app.demo.run", lambda options: given.append(options) or 0)
    assert cli.main(["--no-browser", "--decks", "3"]) == 0
    assert cli.main(["demo", "--no-browser", "--decks", "3"]) == 0
    assert given[0] == given[1]
    assert given[0].no_browser


@pytest.mark.parametrize(
    ("word", "meant"), [("encod", "did you mean 'encode'"), ("PROBE", "'probe'"), ("xyzzy", "interscene --help")]
)
def test_an_unknown_verb_is_a_mistake_of_use(word: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([word]) == cli.USAGE
    line = capsys.readouterr().err
    assert line.startswith(f"interscene: there is no {word!r}; ")
    assert meant in line


def test_the_code_of_the_verb_is_the_code(verb: FakeVerb) -> None:
    verb(lambda options: 7)
    assert cli.main(["probe"]) == 7


def test_an_error_of_ours_is_one_line(verb: FakeVerb, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verb(raising(MissingFile("nothing is at 'a.mov'; give a movie")))
    assert cli.main(["probe"]) == cli.FAILED
    assert capsys.readouterr().err == "interscene: nothing is at 'a.mov'; give a movie\n"
    assert list(tmp_path.iterdir()) == []


def test_every_problem_with_settings_has_its_line(verb: FakeVerb, capsys: pytest.CaptureFixture[str]) -> None:
    verb(raising(SettingsError(("one is wrong", "two is wrong"))))
    assert cli.main(["probe"]) == cli.FAILED
    assert capsys.readouterr().err == "interscene: one is wrong\ninterscene: two is wrong\n"


def test_ctrl_c_says_nothing(verb: FakeVerb, capsys: pytest.CaptureFixture[str]) -> None:
    verb(raising(KeyboardInterrupt()))
    assert cli.main(["probe"]) == cli.INTERRUPTED
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "out.mov"), "No space left on device: out.mov"),
        (ZeroDivisionError("division by zero"), "a mistake of its own (ZeroDivisionError: division by zero)"),
    ],
)
def test_the_unexpected_is_one_line_and_a_file(
    verb: FakeVerb, tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception, said: str
) -> None:
    verb(raising(error))
    assert cli.main(["probe", "--token", "hunter2"]) == cli.FAILED
    line = capsys.readouterr().err
    assert said in line
    assert line.count("\n") == 1
    (log,) = tmp_path.iterdir()
    assert line.endswith(f"details: {log}\n")
    text = log.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert "hunter2" not in text.splitlines()[0]


def test_debugging_shows_the_traceback(
    verb: FakeVerb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(cli.DEBUG, "1")
    verb(raising(MissingFile("nothing there")))
    assert cli.main(["probe"]) == cli.FAILED
    assert "Traceback" in capsys.readouterr().err


def test_a_missing_package_is_named(verb: FakeVerb, capsys: pytest.CaptureFixture[str]) -> None:
    verb(raising(ModuleNotFoundError("No module named 'av'", name="av")))
    assert cli.main(["probe"]) == cli.FAILED
    assert "'av' is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["send", "--help"], ["monitor", "--help"], ["docs", "--help"]])
def test_a_light_command_loads_nothing_heavy(words: list[str]) -> None:
    script = f"import sys, cli; cli.main({words!r}); print(sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPO, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stderr.strip() == "[]"


def test_a_reader_that_has_enough_is_no_error() -> None:
    script = "import sys, cli; sys.exit(cli.main(['docs', '--check']))"
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    said = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert "Traceback" not in said
    assert "BrokenPipe" not in said
