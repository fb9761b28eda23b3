"""The on-site check: run once inside TouchDesigner, it writes down what TouchDesigner really does.

    import pathlib; p=r'.../td_project/probe_td.py'; exec(compile(pathlib.Path(p).read_text('utf-8'), p, 'exec'))
    start(r'.../media')

Both in one line in the Textport, with ; between them. It works in a component of its own, `/interscene_probe`, takes
about two minutes, and writes one JSON file. Python 3.9, standard library only.
"""

from __future__ import annotations

import importlib
import json
import platform
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME = "interscene_probe"
MODULES = ("probe_td", "probe_operators", "probe_movies", "probe_osc", "probe_live")
MOVIES = ("probe-numbers.mov", "probe-others.mov")
PATIENCE = 60.0
"""Seconds after which a step that does not end is given up."""
HOW_TO_MAKE = ("interscene numbered {folder}/probe-numbers.mov --count 600\n"
               "interscene numbered {folder}/probe-others.mov --count 300 --first 5000")
SEND_BACK = """
The check is done: {done} steps, {failed} of them with trouble.
Send back this one file, please:
    {path}
and tell us in words: did a picture flash or stand still while it ran, and which graphics card and driver this is.
The component /interscene_probe can be deleted now."""


def touchdesigner() -> Any:
    """The td module: `import td` would look like a missing package anywhere else."""
    return importlib.import_module("td")


def named(parent: Any, kind: Any, name: str) -> Any:
    """Create an operator, and give it the name that was asked for: `create` takes names as suggestions."""
    made = parent.create(kind, name)
    if made.name != name:
        made.name = name
    return made


class Bench:
    """What the steps share: the component they work in, and what they found."""

    def __init__(self, comp: Any, media: str) -> None:
        self.td = touchdesigner()
        self.comp = comp
        self.media = media
        self.found: dict[str, Any] = {}
        self.frame_times: list[tuple[int, float]] = []
        """Frame number and moment of the last frames that began."""

    @staticmethod
    def make(parent: Any, kind: Any, name: str) -> Any:
        """A new operator in any component."""
        return named(parent, kind, name)

    @staticmethod
    def now() -> float:
        """Seconds on a clock that only counts."""
        return time.perf_counter()

    def movie(self, number: int = 0) -> str:
        """The path of a test movie, with / everywhere as TouchDesigner writes it."""
        return Path(self.media, MOVIES[number]).as_posix()

    def fresh(self, kind: str, name: str) -> Any:
        """A new operator under exactly this name, in place of an old one."""
        old = self.comp.op(name)
        if old is not None:
            old.destroy()
        return named(self.comp, getattr(self.td, kind), name)

    def set(self, op: Any, /, **values: Any) -> list[str]:
        """Set parameters; returns what was skipped, and why."""
        skipped = []
        for name, value in values.items():
            par = getattr(op.par, name, None)
            if par is None:
                skipped.append(f"{op.name}.{name}: no such parameter")
                continue
            try:
                par.val = value
            except Exception as error:  # noqa: BLE001 - what is refused is a finding
                skipped.append(f"{op.name}.{name} = {value!r}: {error}")
        return skipped


class Probe:
    """Runs the steps one after the other, a little in every frame."""

    def __init__(self, bench: Bench, path: str) -> None:
        self.bench, self.path = bench, path
        self.result: dict[str, Any] = {"format": "interscene.probe", "version": 1, "steps": {}, "trouble": {}}
        self.finished = False
        self._steps: list[tuple[str, Any]] = []
        for module in MODULES[1:]:
            self._steps += bench.comp.op(module).module.STEPS
        self._running: Iterator[int] | None = None
        self._name = ""
        self._wait = 0
        self._began = 0.0

    def frame(self, number: int) -> None:
        """Go on; called at the start of every frame."""
        self.bench.frame_times = [*self.bench.frame_times[-1199:], (number, self.bench.now())]
        if self.finished:
            return
        if self._running is None:
            self._next()
        elif self._wait > 0:
            self._wait -= 1
        else:
            self._advance()

    def _next(self) -> None:
        if not self._steps:
            self._finish()
            return
        self._name, step = self._steps.pop(0)
        print("interscene probe:", self._name)
        self.bench.found = {}
        self._began = self.bench.now()
        self._running = step(self.bench)
        self._advance()

    def _advance(self) -> None:
        try:
            if self.bench.now() - self._began > PATIENCE:
                raise RuntimeError(f"it did not end within {PATIENCE:.0f} s")
            assert self._running is not None
            self._wait = max(0, next(self._running) - 1)
        except StopIteration:
            self._end()
        except Exception:  # noqa: BLE001 - a step's trouble is a finding, and the next one runs
            self.result["trouble"][self._name] = traceback.format_exc().splitlines()[-6:]
            self._end()

    def _end(self) -> None:
        self.result["steps"][self._name] = self.bench.found
        self._running, self._wait = None, 0
        self.write()

    def _finish(self) -> None:
        self.finished = True
        self.result["complete"] = True
        self.write()
        trouble = self.result["trouble"]
        print(SEND_BACK.format(done=len(self.result["steps"]), failed=len(trouble), path=self.path))
        for name, lines in trouble.items():
            print(f"  {name}: {lines[-1]}")

    def write(self) -> None:
        """Write what is known so far: a crash leaves the rest behind."""
        with Path(self.path).open("w", encoding="utf-8") as file:
            json.dump(plain(self.result), file, indent=1, sort_keys=True)


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    return str(value)


def facts(td: Any) -> dict[str, Any]:
    """What is running here."""
    licenses = getattr(td, "licenses", None)
    return {
        "build": td.app.build, "td_version": td.app.version, "product": td.app.product, "os": platform.platform(),
        "python": sys.version, "cook_rate": td.project.cookRate, "real_time": getattr(td.project, "realTime", None),
        "license": getattr(licenses, "type", None), "non_commercial": getattr(licenses, "isNonCommercial", None),
        "names_in_td": {name: hasattr(td, name) for name in ("ParMode", "JustifyType", "op", "run", "tdu", "licenses")}}


def start(media: str, out: str = "") -> Any:
    """Build the probe and let it run; returns its component. `out` is the JSON file, beside the movies unless named."""
    here = Path(start.__code__.co_filename).parent
    return start_with({name: Path(here, name + ".py").read_text(encoding="utf-8") for name in MODULES}, media, out)


def run_from_component(component: Any) -> Any:
    """Run the probe that a saved component carries with it, on the movies of the server that it is linked to."""
    source = component.op("source")
    renderer = component.ext.LinkExt.Renderer
    media = str(component.par.Mediafolder.eval()) or (renderer.media_folder if renderer is not None else "")
    return start_with({name: source.op("interscene_" + name).text for name in MODULES}, media)


def start_with(texts: dict[str, str], media: str, out: str = "") -> Any:
    """The same, with the modules as texts."""
    td = touchdesigner()
    missing = [name for name in MOVIES if not Path(media, name).is_file()]
    if missing:
        print(f"interscene probe: {' and '.join(missing)} is not in {media or 'the media folder'}; make them first:")
        print(HOW_TO_MAKE.format(folder=media or "FOLDER"))
        return None
    root = td.op("/")
    old = root.op(NAME)
    if old is not None:
        old.destroy()
    comp = named(root, td.baseCOMP, NAME)
    for name, text in texts.items():
        named(comp, td.textDAT, name).text = text
    path = Path(out or Path(media, f"interscene-probe-{td.app.build}.json")).as_posix()
    comp.op("probe_td").module.begin(comp, media, path)
    _run_every_frame(td, comp)
    return comp


_RUNNING: dict[str, Probe] = {}


def begin(comp: Any, media: str, path: str) -> None:
    """Make the probe; runs in the module of its own Text DAT, where it stays."""
    bench = Bench(comp, media)
    probe = Probe(bench, path)
    probe.result["facts"] = facts(bench.td)
    _RUNNING["probe"] = probe


def on_frame(number: int) -> None:
    """Called at the start of every frame."""
    probe = _RUNNING.get("probe")
    if probe is not None:
        probe.frame(number)


def running() -> Probe | None:
    """The probe that runs in this module."""
    return _RUNNING.get("probe")


def _run_every_frame(td: Any, comp: Any) -> None:
    frames = named(comp, td.executeDAT, "probe_frames")
    frames.text = "def onFrameStart(frame):\n\tparent().op('probe_td').module.on_frame(int(frame))\n"
    frames.par.framestart = True
    frames.par.active = True
    comp.viewer = False
