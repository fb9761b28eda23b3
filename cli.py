"""The command line: a table of verbs, each a module that is imported only when it is the one to run.

Knows no verb's options and does none of their work; it is the last border at which an error is caught.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib
import os
import platform
import signal
import sys
import tempfile
import threading
import tomllib
import traceback
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

FAILED: Final = 1
USAGE: Final = 2
USUAL: Final = "demo"
"""The verb that options without one belong to."""
INTERRUPTED: Final = 130
PROJECT: Final = Path(__file__).resolve().with_name("pyproject.toml")
DEBUG: Final = "INTERSCENE_DEBUG"


class Verb(NamedTuple):
    """Where a verb lives, and what it does in a few words."""

    module: str
    help: str


class VerbModule(Protocol):
    """What a verb's module offers."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


GROUPS: Final[Mapping[str, Mapping[str, Verb]]] = MappingProxyType({
    "Try it": {
        "demo": Verb("server.app.demo", "make a song, play it, and open its page"),
        "check": Verb("server.app.check", "prove on this machine that the frame asked for is shown"),
        "soak": Verb("server.app.soak", "try a show for hours, with everything at once and processes killed"),
    },
    "Play": {
        "serve": Verb("server.app.serve", "play songs, driven by OSC and by the page"),
        "rehearse": Verb("server.app.rehearse", "play songs with stand-ins where TouchDesigner would be"),
        "send": Verb("server.app.send", "send one OSC message and print the answer"),
        "monitor": Verb("server.app.monitor", "print what the server says, or what arrives on another port"),
        "replay": Verb("server.app.replay", "replay a show log: to TouchDesigner, as text, or to compare"),
        "record": Verb("server.app.record", "make a movie of what was played, from a show log"),
        "midi": Verb("server.app.midi", "list MIDI devices, or print what their controls say"),
        "doctor": Verb("server.app.doctor", "look at this computer before a show, and say what to do"),
    },
    "Movies": {
        "encode": Verb("media_tools.encode", "make a movie with instant access from pictures or any movie"),
        "index": Verb("media_tools.index", "write the index beside movies"),
        "probe": Verb("media_tools.probe", "say what movies are, and what they cost to play"),
        "verify": Verb("media_tools.verify", "read every frame and say what is damaged"),
        "sheet": Verb("media_tools.sheet", "draw a contact sheet of a movie"),
        "join": Verb("media_tools.join", "put movies one behind another without encoding them again"),
        "transition": Verb("media_tools.transition", "make a movie from one picture to another"),
        "judge": Verb("media_tools.judge", "say how good a transition between two pictures is"),
        "numbered": Verb("media_tools.numbered", "make a test movie with its frame numbers in the picture"),
    },
    "Songs": {
        "song": Verb("media_tools.song", "import, check, plan, build and export songs"),
    },
    "Make": {
        "model": Verb("server.app.model", "add, list and remove models that make pictures and transitions"),
        "explore": Verb("media_tools.explore", "find prompts and seeds: many pictures of a prompt on one sheet"),
        "make": Verb("media_tools.make", "make a song's missing pictures and planned transitions"),
    },
    "Look behind": {
        "bench": Verb("benchmarks.run", "measure speed, beside other programs in the same run"),
        "docs": Verb("server.app.docs", "write the generated pages of docs/, or check that they are fresh"),
    },
})
VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {name: verb for group in GROUPS.values() for name, verb in group.items()}
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code: 0, 1 failed, 2 not understood, 130 interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _tolerate_any_text()
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if words[0] in ("-V", "--version", "version"):
        print(f"interscene {version()} (Python {platform.python_version()})")
        return 0
    if words[0].startswith("-"):
        words.insert(0, USUAL)
    if words[0] not in VERBS:
        _complain(_unknown(words[0]))
        return USAGE
    return _guarded(words)


def overview() -> str:
    """Every verb on a line of its own, by group."""
    lines = ["usage: interscene VERB ...          interscene VERB --help tells more", ""]
    for title, verbs in GROUPS.items():
        lines += [title, *(f"  {name:<12}{verb.help}" for name, verb in verbs.items()), ""]
    return "\n".join(lines).rstrip()


def version() -> str:
    """The version of this copy; what was installed from it may be older."""
    with contextlib.suppress(OSError):
        return str(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"])
    return metadata.version("interscene")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the flag that was perhaps meant; the whole usage would push it out of
    sight."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: error: {message}; {self.prog} --help tells what there is\n")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, but for what it says of flags that there are not."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            word = unknown[0].partition("=")[0]
            self.error(f"there is no {word!r}{self._meant(word)}" if word.startswith("-") else
                       f"{unknown[0]!r} is a word too many")
        return found

    def _meant(self, word: str) -> str:
        flags = [flag for action in self._actions for flag in action.option_strings if flag.startswith("--")]
        begun = [flag for flag in flags if word.strip("-") and flag.startswith(word)]
        near = begun[:1] or difflib.get_close_matches(word.lower().replace("_", "-"), flags, n=1)
        return f"; did you mean {near[0]}?" if near else ""


def parser_for(name: str) -> tuple[argparse.ArgumentParser, VerbModule]:
    """The parser of one verb and its module, which is imported here."""
    module = cast("VerbModule", importlib.import_module(VERBS[name].module))
    parser = _Parser(prog=f"interscene {name}", description=module.HELP, allow_abbrev=False)
    module.add_arguments(parser)
    return parser, module


def _run(words: Sequence[str]) -> int:
    parser, module = parser_for(words[0])
    options = parser.parse_args(words[1:])
    with _interruptible():
        code = module.run(options)
    sys.stdout.flush()  # a closed pipe shows here, where it is caught, and not at exit
    return code


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C come through wherever it arrives: not every place can let an exception out."""
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(_number: int, frame: FrameType | None) -> None:
    part_file = sys.modules.get("server.media.part_file")
    if part_file is None or not part_file.holds_back(frame):
        raise KeyboardInterrupt


def _guarded(words: Sequence[str]) -> int:
    """Run a verb; whatever goes wrong becomes one line and an exit code."""
    from server.errors import IntersceneError

    try:
        return _run(words)
    except SystemExit as end:  # argparse has printed the usage, or the help that was asked for
        return end.code if isinstance(end.code, int) else 0 if end.code is None else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except IntersceneError as error:
        _show_when_debugging()
        _complain(str(error))
    except BrokenPipeError:
        # Whoever read the output has enough. Python would flush into the closed pipe once more at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ModuleNotFoundError as error:
        _show_when_debugging()
        _complain(f"the part {error.name!r} is not installed; start.py installs what is missing")
    except OSError as error:
        named = f"{error.strerror}: {error.filename}" if error.strerror and error.filename else str(error)
        _complain(f"{named}{_details(words)}")
    except Exception as error:  # noqa: BLE001 - the outermost border: the person reads a line, the file the rest
        _complain(f"stopped by a mistake of its own ({type(error).__name__}: {error}){_details(words)}")
    return FAILED


def _complain(text: str) -> None:
    for line in text.splitlines() or ["failed without a word"]:
        print(f"interscene: {line}", file=sys.stderr)


def _unknown(word: str) -> str:
    near = difflib.get_close_matches(word.lower(), VERBS, n=1)
    return f"there is no {word!r}; " + (
        f"did you mean {near[0]!r}?" if near else "interscene --help lists what there is"
    )


def _show_when_debugging() -> None:
    if os.environ.get(DEBUG):
        traceback.print_exc()


def _details(words: Sequence[str]) -> str:
    """Put the traceback into a file, and say where."""
    _show_when_debugging()
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="interscene-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
        ) as log:
            print("interscene", *_masked(words), file=log)
            print(f"Python {platform.python_version()} on {platform.platform()}", file=log)
            traceback.print_exc(file=log)
    except OSError:
        return f"; {DEBUG}=1 shows where"
    return f"; details: {log.name}"


def _masked(words: Sequence[str]) -> list[str]:
    """The command line without the token, so that a log can be shown to others."""
    masked, hide = [], False
    for word in words:
        masked.append("****" if hide else "--token=****" if word.startswith("--token=") else word)
        hide = word == "--token"
    return masked


def _tolerate_any_text() -> None:
    """Let a console that lacks a character print an escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
