"""Probe steps about operators: every parameter with its menu, names, pages, extensions, and the order of a frame.

Python 3.9, standard library only; runs as a Text DAT beside probe_td.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

TYPES = (
    "baseCOMP", "containerCOMP",
    "moviefileinTOP", "nullTOP", "outTOP", "inTOP", "constantTOP", "levelTOP", "compositeTOP", "crossTOP", "switchTOP",
    "fitTOP", "selectTOP", "cacheTOP", "addTOP", "overTOP", "textTOP", "feedbackTOP", "resolutionTOP", "scriptTOP",
    "oscinCHOP", "infoCHOP", "constantCHOP", "nullCHOP", "outCHOP", "selectCHOP", "mergeCHOP", "renameCHOP",
    "scriptCHOP", "performCHOP", "abletonlinkCHOP",
    "oscinDAT", "oscoutDAT", "textDAT", "tableDAT", "executeDAT", "chopexecuteDAT", "parameterexecuteDAT",
    "datexecuteDAT", "infoDAT", "nullDAT", "outDAT", "selectDAT", "fifoDAT", "scriptDAT", "websocketDAT")
WATCHED_MEMBERS = ("moviefileinTOP", "oscinDAT", "oscoutDAT", "baseCOMP", "textDAT", "oscinCHOP", "scriptTOP",
                   "websocketDAT")
DEFAULT_TEXT = ("executeDAT", "parameterexecuteDAT", "chopexecuteDAT", "datexecuteDAT")


def described(par: Any) -> dict[str, Any]:
    """All there is to know of one parameter; what a build does not say is left out."""
    known = {}
    for name in ("label", "style", "default", "menuNames", "menuLabels", "min", "max", "clampMin", "clampMax",
                 "isSequence", "hidden"):
        try:
            value = getattr(par, name, None)
        except Exception as error:  # noqa: BLE001 - what cannot be asked is a finding
            value = str(error)
        if value not in (None, False, [], ()):
            known[name] = value
    try:
        known["page"] = par.page.name
        known["value"] = par.eval()
    except Exception as error:  # noqa: BLE001 - as above
        known["trouble"] = str(error)
    return known


def parameters(bench: Any) -> Iterator[int]:
    """Every parameter of every operator type that the component uses, with menus and defaults."""
    for kind in TYPES:
        if getattr(bench.td, kind, None) is None:
            bench.found[kind] = None
            continue
        op = bench.fresh(kind, "looked_at")
        bench.found[kind] = {par.name: described(par) for par in op.pars()}
        op.destroy()
        yield 1


def members(bench: Any) -> Iterator[int]:
    """What Python finds on the operators that the component talks to, and the text of new execute DATs."""
    for kind in WATCHED_MEMBERS:
        bench.found[kind] = [name for name in dir(bench.fresh(kind, "looked_at")) if not name.startswith("__")]
        yield 1
    for kind in DEFAULT_TEXT:
        bench.found["text of " + kind] = bench.fresh(kind, "looked_at").text
    bench.comp.op("looked_at").destroy()
    yield 1


def raised(action: Any) -> str:
    """What an action raises; empty when it does not."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - it is what we want to know
        return f"{type(error).__name__}: {error}"
    return ""


def habits(bench: Any) -> Iterator[int]:
    """What the documentation leaves open about names, pages, menus and references."""
    found, comp, td = bench.found, bench.comp, bench.td
    one = comp.create(td.baseCOMP, "free_name")
    found["create gives the name"] = one.name
    inner = bench.make(one, td.nullTOP, "inner")
    page = one.appendCustomPage("Page")
    par = page.appendFloat("Value")[0]
    par.val = 0.5
    found["same page again"] = raised(lambda: one.appendCustomPage("Page"))
    found["pages then"] = [each.name for each in one.customPages]
    page.appendFloat("Value")
    found["appended again keeps the value"] = one.par.Value.eval()
    movie = bench.fresh("moviefileinTOP", "looked_at")
    found["unknown menu entry"] = raised(lambda: setattr(movie.par, "playmode", "nonsense"))
    found["menu then"] = movie.par.playmode.eval()
    found["unknown parameter"] = raised(lambda: movie.par.nonsense)
    found["unknown parameter by index"] = repr(raised(lambda: movie.par["nonsense"]))
    found["text into a number"] = raised(lambda: setattr(movie.par, "index", "many"))
    found["pulse assigned"] = raised(lambda: setattr(movie.par, "reloadpulse", 1))
    found["op of another, inside"] = str(one.op("inner"))
    found["op of a plain operator, sibling"] = str(inner.op("inner"))
    found["op reference as text"] = _reference_text(bench, movie)
    found["type of a mode"] = f"{type(par.mode).__module__}.{type(par.mode).__name__}"
    found["json of a parameter"] = str(par)
    one.destroy()
    found["a destroyed operator"] = raised(lambda: one.par)
    found["valid of it"] = raised(lambda: one.valid) or str(one.valid)
    yield 1


def _reference_text(bench: Any, target: Any) -> str:
    info = bench.fresh("infoCHOP", "looker")
    info.par.op = target
    text = str(info.par.op.val)
    info.destroy()
    return text


def extensions(bench: Any) -> Iterator[int]:
    """The names of extension parameters, when extensions start, and how DATs import one another."""
    found, td = bench.found, bench.td
    comp = bench.fresh("baseCOMP", "extended")
    found["parameters"] = {name: getattr(comp.par, name, None) is not None for name in (
        "ext0object", "ext0name", "ext0promote", "extension1", "extname1", "promoteextension1", "reinitextensions",
        "initextonstart")}
    other = bench.make(comp, td.textDAT, "probe_other")
    other.text = "VALUE = 7\n"
    text = bench.make(comp, td.textDAT, "ProbeExt")
    text.text = ("import probe_other\n\n\nclass ProbeExt:\n\tdef __init__(self, owner):\n\t\tself.owner = owner\n"
                 "\t\towner.store('made', owner.fetch('made', 0) + 1)\n\t\tself.Value = probe_other.VALUE\n"
                 "\tdef onInitTD(self):\n\t\tself.owner.store('started', True)\n"
                 "\tdef onDestroyTD(self):\n\t\tself.owner.store('ended', 'onDestroyTD')\n"
                 "\tdef __delTD__(self):\n\t\tself.owner.store('ended', '__delTD__')\n")
    name = "ext0object" if getattr(comp.par, "ext0object", None) is not None else "extension1"
    setattr(comp.par, name, "op('./ProbeExt').module.ProbeExt(me)")
    promote = getattr(comp.par, "ext0promote", None) or getattr(comp.par, "promoteextension1", None)
    if promote is not None:
        promote.val = True
    yield 5
    found["made by itself"] = comp.fetch("made", 0)
    comp.par.reinitextensions.pulse()
    yield 5
    found["made by the pulse"] = comp.fetch("made", 0)
    found["promoted"] = raised(lambda: comp.Value) or comp.Value
    found["onInitTD called"] = comp.fetch("started", False)
    found["module name"] = text.module.__name__
    found["in sys.modules"] = [each for each in sys.modules if "probe_other" in each]
    comp.par.reinitextensions.pulse()
    yield 5
    found["ended by"] = comp.fetch("ended", "")
    copy = bench.comp.copy(comp, name="extended_copy")
    yield 5
    found["made by copying"] = copy.fetch("made", 0) - comp.fetch("made", 0)
    copy.destroy()
    comp.destroy()


def order_of_a_frame(bench: Any) -> Iterator[int]:
    """In which order callbacks, run() and parameter events come within a frame."""
    td = bench.td
    comp = bench.fresh("baseCOMP", "ordered")
    log: list[str] = []
    comp.store("log", log)
    comp.appendCustomPage("Page").appendFloat("Value")
    frames = bench.make(comp, td.executeDAT, "frames")
    frames.text = (
        "def onFrameStart(frame):\n\tlog = parent().fetch('log')\n\tlog.append('frame %d start' % frame)\n"
        "\tparent().par.Value = frame\n"
        "\trun(\"parent().fetch('log').append('run at the end')\", endFrame=True, fromOP=me)\n"
        "\trun(\"parent().fetch('log').append('run a frame later')\", delayFrames=1, fromOP=me)\n"
        "def onFrameEnd(frame):\n\tparent().fetch('log').append('frame %d end' % frame)\n")
    events = bench.make(comp, td.parameterexecuteDAT, "events")
    events.text = ("def onValueChange(par, *rest):\n\tparent().fetch('log').append('value changed')\n"
                   "def onValuesChanged(changes):\n\tparent().fetch('log').append('values changed')\n")
    bench.found["skipped"] = bench.set(events, op="..", pars="*", valuechange=True, valueschanged=True, custom=True)
    frames.par.framestart, frames.par.frameend = True, True
    yield 6
    frames.par.framestart, frames.par.frameend = False, False
    bench.found["log"] = list(log)
    called: list[int] = []
    bench.found["run takes a callable"] = raised(lambda: bench.td.run(called.append, 1, delayFrames=1))
    yield 4
    bench.found["and calls it"] = called
    comp.destroy()


def rhythm(bench: Any) -> Iterator[int]:
    """How evenly frames begin: 600 of them."""
    yield 600
    times = bench.frame_times[-600:]
    gaps = sorted(b[1] - a[1] for a, b in zip(times, times[1:]))  # noqa: B905, RUF007 - Python 3.9
    if not gaps:
        return
    bench.found["milliseconds between frames"] = {
        name: round(1000 * gaps[min(len(gaps) - 1, int(part * len(gaps)))], 3)
        for name, part in (("least", 0.0), ("half", 0.5), ("p95", 0.95), ("p99", 0.99), ("most", 1.0))}
    bench.found["frames counted"] = times[-1][0] - times[0][0]
    bench.found["frames seen"] = len(times) - 1


def largest_picture(bench: Any) -> Iterator[int]:
    """What the license makes of a large picture."""
    constant = bench.fresh("constantTOP", "large")
    bench.set(constant, outputresolution="custom", resolutionw=4096, resolutionh=2160)
    yield 2
    bench.found["4096x2160 becomes"] = [constant.width, constant.height]
    bench.found["warnings"] = str(constant.warnings())
    constant.destroy()


STEPS = [("parameters", parameters), ("members", members), ("habits", habits), ("extensions", extensions),
         ("order of a frame", order_of_a_frame), ("rhythm", rhythm), ("largest picture", largest_picture)]
