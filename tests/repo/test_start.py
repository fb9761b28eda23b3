"""start.py: what it installs and when, what it mends, and what it says on a machine where it cannot."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from source_tree import REPO, imports, parsed

import start


class FakePip:
    """Stands in for the steps that take minutes: makes what they make, fails when told to."""

    def __init__(self, windows: bool = False) -> None:
        self.ran: list[str] = []
        self.commands: list[Sequence[str]] = []
        self.fails = False
        self.dies = False
        self.windows = windows

    def __call__(self, label: str, command: Sequence[str], log: Path) -> int:
        self.ran.append(label)
        self.commands.append(command)
        if self.dies:
            raise KeyboardInterrupt
        if self.fails:
            log.write_text("Collecting av\nERROR: no matching distribution\n", encoding="utf-8")
            return 1
        if "venv" in command:
            self._make(Path(command[-1]))
        return 0

    def _make(self, folder: Path) -> None:
        python = folder / ("Scripts/python.exe" if self.windows else "bin/python")
        python.parent.mkdir(parents=True)
        python.write_bytes(b"")
        home = Path(sys.executable).resolve().parent
        (folder / "pyvenv.cfg").write_text(f"home = {home}\nversion = 3.11.7\n", encoding="utf-8")


@pytest.fixture
def repo(tmp_media: Path) -> Path:
    """A repository with nothing but what start.py reads."""
    (tmp_media / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    (tmp_media / "constraints.txt").write_text("av==1\n", encoding="utf-8")
    return tmp_media


@pytest.fixture
def pip() -> FakePip:
    return FakePip()


def environment(repo: Path, pip: FakePip) -> start.Environment:
    return start.Environment(repo, step=pip, windows=pip.windows)


@pytest.mark.parametrize("windows", [False, True])
def test_the_first_start_makes_and_installs_the_second_does_nothing(repo: Path, windows: bool) -> None:
    pip = FakePip(windows)
    assert environment(repo, pip).state([]) == "make"
    environment(repo, pip).ensure([])
    assert pip.ran == ["making the environment", "installing packages"]
    assert pip.commands[1][0] == str(repo / ".venv" / ("Scripts/python.exe" if windows else "bin/python"))
    assert [*pip.commands[1][-4:]] == ["--constraint", "constraints.txt", "--editable", "."]
    environment(repo, pip).ensure([])
    assert len(pip.ran) == 2


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_what_is_wanted_changed_so_it_installs_again(repo: Path, pip: FakePip, name: str) -> None:
    environment(repo, pip).ensure([])
    with (repo / name).open("a", encoding="utf-8") as file:
        file.write("# more\n")
    environment(repo, pip).ensure([])
    assert pip.ran[2:] == ["installing packages"]
    assert environment(repo, pip).state([]) == "ready"


def test_extras_are_added_and_stay(repo: Path, pip: FakePip) -> None:
    environment(repo, pip).ensure(["bench"])
    environment(repo, pip).ensure(["test"])
    assert pip.commands[-1][-1] == ".[bench,test]"
    assert environment(repo, pip).state(["bench", "test"]) == "ready"


def test_an_interrupted_install_is_made_anew(repo: Path, pip: FakePip) -> None:
    environment(repo, pip).ensure([])
    (repo / "constraints.txt").write_text("av==2\n", encoding="utf-8")
    (repo / ".venv" / "half a package").mkdir()
    pip.dies = True
    with pytest.raises(KeyboardInterrupt):
        environment(repo, pip).ensure([])
    assert environment(repo, pip).state([]) == "make"
    pip.dies = False
    environment(repo, pip).ensure([])
    assert environment(repo, pip).state([]) == "ready"
    assert not (repo / ".venv" / "half a package").exists()


@pytest.mark.parametrize("broken", ["bin/python", "pyvenv.cfg", "interscene.json"])
def test_a_half_environment_is_made_anew(repo: Path, pip: FakePip, broken: str) -> None:
    environment(repo, pip).ensure([])
    (repo / ".venv" / broken).unlink()
    environment(repo, pip).ensure([])
    assert pip.ran[2:] == ["making the environment", "installing packages"]
    assert environment(repo, pip).state([]) == "ready"


@pytest.mark.parametrize("stamp", [b"", b"{", b"[]", b"7", b"\xff\xfe", b'{"installing": true}'])
def test_a_stamp_that_says_nothing_means_half_made(repo: Path, pip: FakePip, stamp: bytes) -> None:
    environment(repo, pip).ensure([])
    (repo / ".venv" / "interscene.json").write_bytes(stamp)
    assert environment(repo, pip).state([]) == "make"


def test_a_python_that_is_gone_means_make(repo: Path, pip: FakePip) -> None:
    environment(repo, pip).ensure([])
    (repo / ".venv" / "pyvenv.cfg").write_text("home = /no/such/python\nversion = 3.11.7\n", encoding="utf-8")
    assert environment(repo, pip).state([]) == "make"


def test_a_repository_that_moved_installs_itself_again(repo: Path, pip: FakePip, tmp_path: Path) -> None:
    environment(repo, pip).ensure([])
    moved = repo.rename(tmp_path / "elsewhere")
    stamp = json.loads((moved / ".venv" / "interscene.json").read_text(encoding="utf-8"))
    stamp["base"] = stamp["base"].replace(str(repo), str(moved))  # the fake's python is a file, not a link
    (moved / ".venv" / "interscene.json").write_text(json.dumps(stamp), encoding="utf-8")
    assert environment(moved, pip).state([]) == "install"


def test_without_network_a_first_start_says_where_to_look(
    repo: Path, pip: FakePip, capsys: pytest.CaptureFixture[str]
) -> None:
    pip.fails = True
    with pytest.raises(start.StartError, match=r"failed .*network.*install\.log"):
        environment(repo, pip).ensure([])
    assert "ERROR: no matching distribution" in capsys.readouterr().err
    assert environment(repo, pip).state([]) == "make"


def test_without_network_an_older_environment_goes_on(
    repo: Path, pip: FakePip, capsys: pytest.CaptureFixture[str]
) -> None:
    environment(repo, pip).ensure([])
    (repo / "constraints.txt").write_text("av==2\n", encoding="utf-8")
    pip.fails = True
    environment(repo, pip).ensure([])
    assert "going on with what was installed before" in capsys.readouterr().err
    assert environment(repo, pip).state([]) == "install"
    with pytest.raises(start.StartError):
        environment(repo, pip).ensure(["test"])
    assert environment(repo, pip).state([]) == "install"


def test_a_folder_that_cannot_be_written_is_one_line(repo: Path, pip: FakePip) -> None:
    (repo / ".venv").write_bytes(b"a file where the folder belongs")
    with pytest.raises(start.StartError, match=r"cannot write in .*copy Interscene to a folder of your own"):
        environment(repo, pip).ensure([])


def test_a_python_without_venv_names_the_package(repo: Path, pip: FakePip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(start.StartError, match=r"sudo apt install python3\.\d+-venv"):
        environment(repo, pip).ensure([])


@pytest.mark.parametrize(
    ("words", "extras", "rest"),
    [
        ([], [], []),
        (["serve", "--with", "bench"], [], ["serve", "--with", "bench"]),
        (["--with", "bench", "bench"], ["bench"], ["bench"]),
        (["--with=bench,test", "--with", "bench", "x"], ["bench", "test", "bench"], ["x"]),
    ],
)
def test_with_takes_extras_in_front_of_the_verb(words: list[str], extras: list[str], rest: list[str]) -> None:
    assert start.split_extras(words, ["bench", "test"]) == (extras, rest)


@pytest.mark.parametrize("words", [["--with"], ["--with", "torsh"], ["--with=", "x"]])
def test_an_extra_that_is_not_there_is_refused(words: list[str]) -> None:
    with pytest.raises(start.StartError, match="one of: bench, test"):
        start.split_extras(words, ["bench", "test"])


def test_the_extras_are_those_of_the_project() -> None:
    assert start.known_extras(REPO) == ["bench", "generate", "midi", "test"]


@pytest.mark.parametrize(("system", "nvidia", "builds"), [
    ("win32", True, ["cu130", "cu126"]), ("win32", False, []), ("darwin", False, []), ("darwin", True, []),
    ("linux", True, []), ("linux", False, ["cpu"])])
def test_torch_is_built_for_what_there_is(system: str, nvidia: bool, builds: list[str]) -> None:
    assert list(start.torch_builds(system, nvidia)) == builds


def test_a_card_on_windows_is_told_by_its_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path))
    assert not start.has_nvidia("win32")
    (tmp_path / "System32").mkdir()
    (tmp_path / "System32" / "nvcuda.dll").write_bytes(b"")
    assert start.has_nvidia("win32")
    assert not start.has_nvidia("darwin")


def test_torch_comes_from_its_own_index_before_anything_asks_for_it(repo: Path) -> None:
    pip = FakePip()
    made = start.Environment(repo, step=pip, windows=False, builds=["cu130", "cu126"])
    made.ensure(["test"])
    assert "installing torch (cu130)" not in pip.ran
    made.ensure(["generate"])
    assert pip.ran[-2:] == ["installing torch (cu130)", "installing packages (with generate, test)"]
    assert pip.commands[-2][-3:] == ["--index-url", "https://download.pytorch.org/whl/cu130", "torch"]
    assert "--no-deps" in pip.commands[-2]
    assert "--index-url" not in pip.commands[-1]
    (repo / "constraints.txt").write_text("av==2\n", encoding="utf-8")
    made.ensure(["generate"])
    assert pip.ran[-1] == "installing packages (with generate, test)"
    assert len(pip.ran) == 5


def test_without_the_index_of_torch_the_usual_build_is_installed_and_it_is_said(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class NoIndex(FakePip):
        def __call__(self, label: str, command: Sequence[str], log: Path) -> int:
            return 1 if "--index-url" in command and not self.ran.append(label) else super().__call__(
                label, command, log)

    for builds, said in ((["cu130", "cu126"], True), (["cpu"], False)):
        pip = NoIndex()
        made = start.Environment(repo, step=pip, windows=False, builds=builds)
        made.ensure(["generate"])
        assert pip.ran[-1] == "installing packages (with generate)"
        assert len(pip.ran) == 2 + len(builds)
        assert ("processor" in capsys.readouterr().err) == said
        made.stamp.unlink()


def test_the_tests_have_what_generates(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[str] = []
    monkeypatch.setattr(start.Environment, "ensure", lambda self, extras: wanted.extend(extras))
    monkeypatch.setattr(start, "run_tests", lambda environment, arguments: 0)
    assert start.main(["test"]) == 0
    assert sorted(wanted) == ["generate", "test"]


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 9), (3, 10)])
def test_an_old_python_is_told_in_one_line(version: tuple[int, int]) -> None:
    line = start.version_problem(*version)
    assert f"Python {version[0]}.{version[1]}," in line
    assert "\n" not in line


@pytest.mark.parametrize("version", [(3, 11), (3, 14), (4, 0)])
def test_a_new_python_is_welcome(version: tuple[int, int]) -> None:
    assert start.version_problem(*version) == ""


def test_an_old_python_can_read_as_far_as_the_line() -> None:
    ast.parse((REPO / "start.py").read_text(encoding="utf-8"), feature_version=(3, 6))
    foreign = [module for module, _ in imports(parsed(REPO / "start.py")) if module.split(".")[0] not in known()]
    assert foreign == []


def known() -> frozenset[str]:
    return frozenset(sys.stdlib_module_names)


def test_the_file_to_double_click_finds_its_own_folder_and_stays_open_on_an_error() -> None:
    text = (REPO / "start.bat").read_bytes()
    lines = text.decode("ascii").split("\r\n")
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert '%python% "%~dp0start.py" %*' in lines
    assert lines.index("pause") > lines.index('if "%code%"=="0" exit /b 0')
    assert lines[-2] == "exit /b %code%"


def test_a_step_shows_its_time_and_keeps_its_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "step.log"
    assert start.run_step("counting", [sys.executable, "-c", "print('one'); print('  '); print('two')"], log) == 0
    assert start.run_step("failing", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "other.log") == 3
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("  counting ... ")
    assert second.endswith("s, FAILED")
    assert start.tail(log, 5) == ["one", "two"]


@pytest.mark.parametrize(("line", "shown"), [
    ("Collecting numpy<3,>=2.2 (from interscene==0.1.0)", "collecting numpy"),
    ("  Downloading opencv_python_headless-4.11.0-cp37-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl (50 MB)",
     "downloading opencv_python_headless"),
    ("Using cached av-17.0-cp311-cp311-win_amd64.whl.metadata (4 kB)", "using av"),
    ("  Installing build dependencies: started", "installing build dependencies"),
    ("Installing collected packages: zeroconf, numpy, av", "installing collected packages"),
    ("something that pip has never said before and that is longer than a line",
     "something that pip has never said ..."),
    ("", ""), ("Downloading", "downloading"),
])
def test_the_progress_line_is_whole_words(line: str, shown: str) -> None:
    assert start.what_it_does(line, 40) == shown
    assert start.what_it_does(line, 3) == ""


def test_a_command_that_is_waited_for_gives_its_code() -> None:
    assert start.wait_for([sys.executable, "-c", "raise SystemExit(7)"]) == 7


def test_only_one_start_installs(tmp_path: Path) -> None:
    lock = tmp_path / "start.lock"
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import pathlib, start\n"
        "with start.one_at_a_time(pathlib.Path(sys.argv[2])): print('in'); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(REPO), str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as other:
        assert other.stdout
        assert other.stdin
        assert other.stdout.readline() == "in\n"
        with lock.open("a+b") as handle:
            assert not start.take_lock(handle)
            other.stdin.close()
            other.wait()
            assert start.take_lock(handle)


@pytest.mark.skipif(os.name == "nt", reason="on Windows a lock goes with the process that took it")
def test_a_start_that_was_killed_leaves_the_lock_to_the_pip_that_goes_on(tmp_path: Path) -> None:
    lock, log = tmp_path / "start.lock", tmp_path / "pip.log"
    pip = "import sys; print('pip runs', flush=True); open(sys.argv[1]).read()"
    os.mkfifo(tmp_path / "end")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import pathlib, start\n"
        "with start.one_at_a_time(pathlib.Path(sys.argv[2])):\n"
        "    start.run_step('x', [sys.executable, '-c', sys.argv[4], sys.argv[5]], pathlib.Path(sys.argv[3]))\n"
    )
    words = [str(REPO), str(lock), str(log), pip, str(tmp_path / "end")]
    with (
        subprocess.Popen([sys.executable, "-c", script, *words], stderr=subprocess.DEVNULL) as killed,
        (tmp_path / "end").open("w"),  # opens when pip has opened it to read, and lets pip end when closed
    ):
        killed.kill()
        killed.wait()
        with lock.open("a+b") as handle:
            assert not start.take_lock(handle)
    with start.one_at_a_time(lock):
        assert start.tail(log, 1) == ["pip runs"]


@pytest.mark.full
def test_a_new_copy_installs_itself_and_runs(tmp_media: Path) -> None:
    """For real, with the network: a copy of the repository, from another folder, twice."""
    copy = tmp_media / "interscene copy"
    copy.mkdir()
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPO, capture_output=True, encoding="utf-8", check=True,
    )
    for name in filter(None, tracked.stdout.split("\0")):
        if (REPO / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((REPO / name).read_bytes())
    command = [sys.executable, str(copy / "start.py"), "docs", "--check"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "VIRTUAL_ENV"))}
    first = subprocess.run(command, cwd=tmp_media, env=clean, capture_output=True, encoding="utf-8", check=False)
    assert first.returncode == 0, first.stderr
    assert "installing packages ..." in first.stderr
    assert first.stdout == "every page is fresh\n"
    second = subprocess.run(command, cwd=tmp_media, env=clean, capture_output=True, encoding="utf-8", check=False)
    assert (second.returncode, second.stderr) == (0, "")
