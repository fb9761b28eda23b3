"""Start Interscene: `python3 start.py VERB ...` makes `.venv` on first use, then is `interscene VERB ...`.

Standard library only; any Python 3 can read it as far as the version check. Knows nothing of what it starts.
"""
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

REPO = Path(os.path.abspath(__file__)).parent  # noqa: PTH100 - resolve() would leave a subst or network drive
OLDEST = (3, 11)
CHECKS = (
    ("ruff", ["-m", "ruff", "check", "--output-format", "concise", "."]),
    ("mypy", ["-m", "mypy"]),
    ("import-linter", ["-c", "from importlinter.cli import lint_imports_command as run; run(['--no-logo'])"]),
)

TORCH_INDEX = "https://download.pytorch.org/whl/"
NVIDIA = (("cu130", "cards of 2018 and later"), ("cu126", "older cards"))


class StartError(Exception):
    """What stops a start; the text is for the person in front of it."""


def version_problem(major: int, minor: int) -> str:
    """One line when this Python is too old, else nothing."""
    if (major, minor) >= OLDEST:
        return ""
    return (
        f"interscene: this is Python {major}.{minor}, and 3.11 or newer is needed; "
        "install one from python.org, then start with it "
        "(Windows: py start.py, elsewhere for example: python3.12 start.py)"
    )


if version_problem(*sys.version_info[:2]):
    sys.exit(version_problem(*sys.version_info[:2]))


def say(text: str, end: str = "\n") -> None:
    """Tell the person; on stderr, so that a verb's own output can be piped."""
    sys.stderr.write(text + end)
    sys.stderr.flush()


def tail(log: Path, lines: int) -> list[str]:
    """The last lines of a log that say anything."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]


def what_it_does(line: str, room: int) -> str:
    """A line of pip's as its verb and a package's name, whole words only; nothing where they do not fit."""
    verb, _, rest = line.strip().partition(" ")
    if verb in ("Collecting", "Downloading", "Using", "Building", "Preparing", "Installing", "Obtaining"):
        words = rest.replace("cached ", "", 1).split()
        # numpy>=2.2,<3 and numpy-2.2.6-cp311-cp311-manylinux_2_17_x86_64.whl are both numpy
        name = re.match(r"[A-Za-z0-9_.]+?(?=-\d|[<>=!~;\[]|$)|[A-Za-z]+", Path(words[0]).name if words else "")
        line = f"{verb.lower()} {name[0] if name else ''}".rstrip()
        if verb in ("Building", "Preparing", "Installing"):
            line = f"{verb.lower()} {' '.join(words)}".partition(":")[0]
    return textwrap.shorten(line, room, placeholder=" ...") if room >= 10 else ""


def run_step(label: str, command: Sequence[str], log: Path) -> int:
    """Run one step with its output in a log, on one line that shows the time; return its exit code."""
    started, on_screen = time.monotonic(), sys.stderr.isatty()
    say(f"  {label} ...", end="")
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=REPO, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, close_fds=False
        )
        try:
            while True:
                try:
                    code = process.wait(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    if on_screen:
                        begun = f"  {label} ... {time.monotonic() - started:.0f} s  "
                        room = shutil.get_terminal_size().columns - len(begun) - 1
                        say(f"\r\x1b[2K{begun}{what_it_does(''.join(tail(log, 1)), room)}", end="")
        except BaseException:
            process.kill()
            process.wait()
            raise
    if on_screen:
        say(f"\r\x1b[2K  {label} ...", end="")
    say(f" {time.monotonic() - started:.1f} s{'' if code == 0 else ', FAILED'}")
    return code


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock that goes with the process, so that two starts never install at once."""
    with path.open("a+b") as handle:
        # pip inherits the lock: should this start be killed, the next one waits until its pip has ended too
        os.set_inheritable(handle.fileno(), True)
        waited = False
        while not take_lock(handle):
            if not waited:
                say("interscene: another start is installing; waiting for it")
            waited = True
            time.sleep(0.5)
        yield


def take_lock(handle: IO[bytes]) -> bool:
    """Take the lock on an open file, unless another process has it."""
    return (_take_windows if os.name == "nt" else _take_posix)(handle)


def _take_posix(handle: IO[bytes]) -> bool:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network drive without locks: better unlocked than not started
        return True
    return True


def _take_windows(handle: IO[bytes]) -> bool:
    import msvcrt

    handle.seek(0)
    try:
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        return False
    return True


Step = Callable[[str, Sequence[str], Path], int]


def has_nvidia(system: str = sys.platform) -> bool:
    """Whether there is a card of NVIDIA's with its driver."""
    if system == "win32":
        return Path(os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32", "nvcuda.dll").is_file()
    return system.startswith("linux") and Path("/proc/driver/nvidia/version").is_file()


def torch_builds(system: str, nvidia: bool) -> Sequence[str]:
    """Which builds of torch to ask its makers' own index for, the best first; none where the usual one is right.

    The usual one has no CUDA on Windows, and gigabytes of it on Linux.
    """
    if system == "win32":
        return [name for name, _ in NVIDIA] if nvidia else []
    return ["cpu"] if system.startswith("linux") and not nvidia else []


class Environment:
    """The `.venv` of a repository; its stamp tells what was installed, for where, and whether to the end."""

    def __init__(self, repo: Path, step: Step = run_step, windows: bool = os.name == "nt",
                 builds: Sequence[str] = ()) -> None:
        self.repo = repo
        self._builds = builds
        self.folder = repo / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if windows else "bin/python")
        self.stamp = self.folder / "interscene.json"
        self.log = self.folder / "install.log"
        self._step = step

    def ensure(self, extras: Sequence[str]) -> None:
        """Make, mend or update the environment until it has these extras. Raises StartError."""
        if self.state(extras) == "ready":
            return
        try:
            self.folder.mkdir(exist_ok=True)
            with one_at_a_time(self.folder / "start.lock"):
                state = self.state(extras)  # another start may have done it while this one waited
                if state == "make":
                    self._make()
                if state != "ready":
                    self._install(extras)
        except OSError as error:
            raise StartError(
                f"cannot write in {self.folder} ({error.strerror or error}); "
                "close what runs from it, or copy Interscene to a folder of your own"
            ) from error

    def state(self, extras: Sequence[str]) -> str:
        """`ready`, `install` (something changed) or `make` (missing, half made, or its Python is gone)."""
        stamp = self._read_stamp()
        if not stamp or stamp.get("installing") or stamp.get("base") != self._base():
            return "make"
        same = stamp.get("repo") == str(self.repo) and stamp.get("digest") == self._digest()
        return "ready" if same and set(extras) <= set(stamp.get("extras", ())) else "install"

    def _base(self) -> str:
        """The Python behind the environment's own; empty when it is gone."""
        with contextlib.suppress(OSError):
            settings = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
            pairs = dict(line.split(" = ", 1) for line in settings.splitlines() if " = " in line)
            home = Path(pairs.get("home", ""))
            if self.python.is_file() and home.is_dir():
                return f"{pairs.get('version', '')} {home} {self.python.resolve()}"
        return ""

    def _digest(self) -> str:
        """Changes whenever what has to be installed may have changed."""
        wanted = hashlib.sha256()
        for name in ("pyproject.toml", "constraints.txt"):
            wanted.update((self.repo / name).read_bytes() + b"\0")
        return wanted.hexdigest()

    def _read_stamp(self) -> dict[str, Any]:
        try:
            stamp = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def _write_stamp(self, stamp: dict[str, Any]) -> None:
        part = self.stamp.with_suffix(".part")
        part.write_text(json.dumps(stamp), encoding="utf-8")
        part.replace(self.stamp)

    def _make(self) -> None:
        """Build an empty environment where there was none, or only a half."""
        if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
            raise StartError(
                "this Python cannot make environments; on Debian and Ubuntu: "
                f"sudo apt install python3.{sys.version_info[1]}-venv"
            )
        say("interscene: making its environment in .venv (once; about half a minute on a good line)")
        for entry in self.folder.iterdir():
            if entry.name == "start.lock":
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        self._must("making the environment", [sys.executable, "-I", "-m", "venv", str(self.folder)])

    def _install(self, extras: Sequence[str]) -> None:
        before = self._read_stamp()
        had = before.get("extras", [])
        wanted = sorted({*extras, *had})
        self._write_stamp({"installing": True})
        target = f".[{','.join(wanted)}]" if wanted else "."
        label = "installing packages" + (f" (with {', '.join(wanted)})" if wanted else "")
        # PYTHON* variables and the user's own packages would leak into the environment: -I.
        pip = [str(self.python), "-I", "-m", "pip", "--no-input", "--disable-pip-version-check"]
        try:
            if "generate" in wanted and "generate" not in had:
                self._torch([*pip, "install", "--constraint", "constraints.txt"])
            self._must(label, [*pip, "install", "--constraint", "constraints.txt", "--editable", target])
        except StartError as error:
            # pip resolves and downloads before it touches anything: what was there before still works.
            if not before:
                self.stamp.unlink()
                raise
            self._write_stamp(before)
            if not set(extras) <= set(had):
                raise
            say(f"interscene: {error}\ninterscene: going on with what was installed before")
            return
        self._write_stamp(
            {"repo": str(self.repo), "base": self._base(), "digest": self._digest(), "extras": wanted}
        )

    def _torch(self, install: Sequence[str]) -> None:
        """Install the build of torch that fits this machine, before anything asks for the usual one."""
        for build in self._builds:
            # One package from one index: asked for all of them, it would be searched for each.
            command = [*install, "--no-deps", "--retries", "1", "--index-url", TORCH_INDEX + build, "torch"]
            if self._step(f"installing torch ({build})", command, self.log) == 0:
                return
        if self._builds and self._builds[0] != "cpu":
            say("interscene: torch for NVIDIA cards could not be fetched; without it pictures are made on the "
                "processor. Delete .venv and start again when there is a network")

    def _must(self, label: str, command: Sequence[str]) -> None:
        code = self._step(label, command, self.log)
        if code != 0:
            say("".join(f"    {line}\n" for line in tail(self.log, 15)), end="")
            raise StartError(f"{label} failed (is there a network?); the whole log: {self.log}")


def split_extras(arguments: Sequence[str], known: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take the leading `--with EXTRA` off. Raises StartError for an extra that is not known."""
    extras, rest = [], list(arguments)
    while rest and (rest[0] == "--with" or rest[0].startswith("--with=")):
        first = rest.pop(0)
        names = first[len("--with=") :] if "=" in first else (rest.pop(0) if rest else "")
        extras += [name.strip() for name in names.split(",")]
    for name in extras:
        if name not in known:
            raise StartError(f"--with takes one of: {', '.join(known)}; not {name!r}")
    return extras, rest


def known_extras(repo: Path) -> list[str]:
    """The optional parts that pyproject.toml names."""
    import tomllib

    with (repo / "pyproject.toml").open("rb") as file:
        return sorted(tomllib.load(file)["project"].get("optional-dependencies", {}))


def wait_for(command: Sequence[str]) -> int:
    """Run a command to its end; Ctrl-C is the command's to answer, and it got it from the same terminal."""
    with subprocess.Popen(command) as process:
        while True:
            with contextlib.suppress(KeyboardInterrupt):
                return process.wait()


def become(command: Sequence[str]) -> int:
    """Run a command in place of this process, signals included; where that is impossible, return its code."""
    if os.name == "posix":
        os.execv(command[0], list(command))  # noqa: S606 - an argument list, no shell
    return wait_for(command)  # Windows' exec returns to the prompt at once


def run_tests(environment: Environment, arguments: Sequence[str]) -> int:
    """Run every check, then pytest, whose closing line comes last; 0 only when all passed."""
    full = "--full" in arguments
    rest = [argument for argument in arguments if argument != "--full"]
    failed = []
    say("interscene: checks")
    for name, command in CHECKS:
        log = environment.folder / f"{name}.log"
        if run_step(name, [str(environment.python), *command], log) != 0:
            say("".join(f"    {line}\n" for line in tail(log, 200)), end="")
            failed.append(name)
    if failed:
        say(f"interscene: failed already: {', '.join(failed)}; the tests run all the same")
    workers = str(min(max(os.cpu_count() or 2, 2), 8))
    pytest = [str(environment.python), "-m", "pytest", "--verbosity=0", "-n", workers, "--dist", "loadfile"]
    os.chdir(environment.repo)
    code = wait_for([*pytest, *([] if full else ["-m", "not full"]), *rest])
    return code or int(bool(failed))


def main(arguments: Sequence[str]) -> int:
    """Prepare the environment, then run the verb, or the tests, in it."""
    environment = Environment(REPO, builds=torch_builds(sys.platform, has_nvidia()))
    try:
        extras, rest = split_extras(arguments, known_extras(REPO))
        if rest[:1] == ["test"]:
            environment.ensure([*extras, "generate", "test"])
            return run_tests(environment, rest[1:])
        environment.ensure(extras)
        return become([str(environment.python), str(REPO / "cli.py"), *(rest or ["demo"])])
    except StartError as error:
        say(f"interscene: {error}")
        return 1
    except KeyboardInterrupt:
        say("\ninterscene: interrupted; the next start begins where it must")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
