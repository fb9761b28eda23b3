"""Builds the component inside TouchDesigner, or brings one that is there up to date. Python 3.9.

Safe to run twice: parameters, places and outside wires of a component that is there stay. Knows nothing of files;
what it puts in comes as texts.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping
from typing import Any

from td_extensions.deck_ext import PROFILES
from td_extensions.state_model import template
from td_extensions.status_ext import LACKS
from td_project.guard import Report, find_par, set_par
from td_project.network import GRID_X, GRID_Y, TAG, Node, deck_nodes, main_nodes
from td_project.pages import Pages
from td_project.parameters import PAGES, pars
from td_project.scripts import SCRIPTS
from td_project.wiring import outside_wires, rewire, wire

NAME = "interscene"
SHORTCUT = "Interscene"
DECKS = 2
PREFIX = "interscene_"
ENDPOINTS = "interscene_endpoints"
DRIVEN = frozenset(("resolutionw", "resolutionh", "fit", "opacity", "index", "text", "port", "address|netaddress"))
PROFILED = {name: tuple(dict(profile)[name] for profile in PROFILES.values()) for name in dict(PROFILES["play"])}
PROFILED["interp"] = (False, True)
EXTENSIONS = {NAME: ("op('./source/interscene_link_ext').module.LinkExt(me)",
                     "op('./source/interscene_panel_ext').module.PanelExt(me)",
                     "op('./source/interscene_live_ext').module.LiveExt(me)"),
              "deck": ("op('../source/interscene_deck_ext').module.DeckExt(me)",)}


def build(td: Any, sources: Mapping[str, str], version: str = "", parent: Any = None,
          decks: int | None = None, comp: Any = None) -> tuple[Any, Report]:
    """Build in `parent`, else in /project1, else at the root. Returns the component and what there is to report.

    `sources` holds modules by the names they get in the component, and the endpoint table as `interscene_endpoints`.
    `comp` is the component to bring up to date, else the one that is in the parent, also under another name.
    """
    report = Report()
    parent = parent or td.op("/project1") or td.root
    comp = comp or _ours(parent)
    fresh = comp is None
    if fresh:
        comp = _create(parent, NAME, "baseCOMP", report)
    wires = [] if fresh else outside_wires(comp)
    if decks is None:
        chosen = getattr(comp.par, "Decks", None)
        decks = DECKS if chosen is None else max(1, min(8, int(chosen.eval())))
    table = json.loads(sources[ENDPOINTS])
    label = f"Interscene {version} for TouchDesigner {td.app.build}".replace("  ", " ")
    Pages(comp, report).build(PAGES, pars(table["rows"], label, decks))
    nodes = main_nodes(decks, tuple(table["forwarded"]))
    _sweep(comp, {node.name for node in nodes}, report)
    _make(comp, nodes, report)
    changed = _embed(comp.op("source"), sources, report)
    restarted = []
    for number in range(1, decks + 1):
        deck = comp.op(f"deck{number}")
        inside = deck_nodes()
        _sweep(deck, {node.name for node in inside}, report)
        _make(deck, inside, report)
        if _extend(deck, EXTENSIONS["deck"], report) or changed:
            restarted.append(deck)
        wire(deck, inside, report)
    wire(comp, nodes, report)
    rewire(comp, wires, report)
    if _extend(comp, EXTENSIONS[NAME], report) or changed:
        restarted.append(comp)
    if fresh:
        _shortcut(td, comp, report)
        comp.viewer = True
        viewer = find_par(comp, "opviewer")
        if viewer is not None and not viewer.eval():
            viewer.val = "./out1"
    _start(comp, restarted)
    link = getattr(comp.ext, "LinkExt", None)
    comp.store(LACKS, len(report.skipped))
    if link is not None:
        for line in report.lines():
            link.Say(line)
        link.Tell()
    return comp, report


def _shortcut(td: Any, comp: Any, report: Report) -> None:
    """Let scripts anywhere in the project say `op.Interscene`, unless they mean somebody else by that."""
    try:
        taken = getattr(td.op, SHORTCUT, None) is not None
    except Exception:  # noqa: BLE001 - the border to a build we do not know: it may have an error of its own for that
        taken = False
    if not taken:
        set_par(comp, "opshortcut", SHORTCUT, report)


def _start(comp: Any, restarted: list[Any]) -> None:
    """Start extensions: setting one, or changing a text that it imports, starts nothing by itself."""
    for each in restarted:
        again = find_par(each, "reinitextensions")
        if again is not None:
            again.pulse()
    if comp not in restarted:
        comp.ext.LinkExt.Renew()


def rebuild(comp: Any) -> Report:
    """Build a component again from what is embedded in it."""
    td: Any = __import__("td")
    sources = {dat.name: dat.text for dat in comp.op("source").children if dat.isDAT}
    label = str(comp.par.Build.eval()).split()
    version = label[1] if len(label) > 1 and label[1] != "for" else ""
    try:
        _, report = build(td, sources, version, comp.parent(), comp=comp)
    except Exception as error:  # the border to a person: it is said on the component, and goes on to the Textport
        comp.ext.LinkExt.Say(f"Rebuild stopped half way: {type(error).__name__}: {error}")
        raise
    return report


def embedded(modules: Mapping[str, str]) -> dict[str, str]:
    """Modules as they are in the component, where they lie flat: names and imports say `interscene_…`."""
    flat = {}
    for name, text in modules.items():
        module = name.rpartition(".")[2]
        flat[PREFIX + module] = text.replace("td_extensions.", PREFIX).replace("td_project.", PREFIX)
    # A text is run again only when it has changed itself, so one change is a change of all.
    mark = binascii.crc32("".join(flat[name] for name in sorted(flat)).encode("utf-8"))
    return {name: f"{text}\n# of the set {mark:08x}\n" for name, text in flat.items()}


def _ours(parent: Any) -> Any:
    """The component that is there already; None where there is none. Somebody else's operator is none."""
    found = [child for child in parent.children
             if TAG in child.tags and child.isCOMP and getattr(child.par, "Build", None) is not None]
    named = [child for child in found if child.name == NAME]
    return (named or found or [None])[0]


def _create(parent: Any, name: str, kind: str, report: Report) -> Any:
    op = parent.create(kind, name)
    if op.name != name and parent.op(name) is None:
        op.name = name  # some builds add a digit to names that are free
    op.tags.add(TAG)
    report.made.append(op.path)
    return op


def _sweep(comp: Any, wanted: set[str], report: Report) -> None:
    """Remove what an earlier version of the component had; what an artist has put in stays."""
    for child in list(comp.children):
        if TAG in child.tags and child.name not in wanted:
            report.removed.append(child.path)
            child.destroy()


def _make(comp: Any, nodes: tuple[Node, ...], report: Report) -> None:
    for node in nodes:
        op = comp.op(node.name)
        if op is not None and TAG not in op.tags:
            where = op.path
            op.name = f"{node.name}_mine"
            report.kept.append(f"{where} as {op.name}: the component needs its name")
            op = None
        if op is not None and op.OPType != node.kind:
            report.removed.append(f"{op.path}, which was a {op.OPType}")
            op.destroy()
            op = None
        if op is None:
            op = _create(comp, node.name, node.kind, report)
            op.nodeX, op.nodeY = node.place[0] * GRID_X, -node.place[1] * GRID_Y
            op.viewer = node.viewer
            op.comment = node.comment
            if node.text == "callbacks":
                op.text = template()
        if node.text in SCRIPTS and op.text != SCRIPTS[node.text]:
            op.text = SCRIPTS[node.text]
    for node in nodes:  # when all are there: parameters name others
        op = comp.op(node.name)
        for name, value in node.pars:
            if op.path in report.made or not _driven(op, name):
                set_par(op, name, value, report)


def _driven(op: Any, name: str) -> bool:
    """Whether the component itself sets this parameter while it runs; what it says now is no artist's doing."""
    par = find_par(op, name)
    return name in DRIVEN or (par is not None and par.eval() in PROFILED.get(name, ()))


def _embed(source: Any, sources: Mapping[str, str], report: Report) -> bool:
    """Put the texts in. Returns whether one of them is another than it was."""
    changed = False
    _sweep(source, set(sources), report)
    for index, (name, text) in enumerate(sorted(sources.items())):
        dat = source.op(name)
        if dat is None:
            dat = _create(source, name, "textDAT", report)
            dat.nodeX, dat.nodeY = index % 6 * GRID_X, -(index // 6) * GRID_Y
        language = getattr(dat.par, "language", None)
        if language is not None and name != ENDPOINTS:
            set_par(dat, "language", "python", report)
        if dat.text != text:
            dat.text, changed = text, True
    return changed


def _extend(comp: Any, expressions: tuple[str, ...], report: Report) -> bool:
    """Set the extensions, under the names that this build has for them. Returns whether that was news."""
    news = False
    modern = find_par(comp, "ext0object") is not None
    if modern and len(expressions) > 1:
        try:
            comp.seq.ext.numBlocks = max(comp.seq.ext.numBlocks, len(expressions))
        except AttributeError as error:
            report.skipped.append(f"{comp.path}.seq.ext: {error}")
    for index, expression in enumerate(expressions):
        names = (f"ext{index}object", f"ext{index}promote") if modern else (f"extension{index + 1}",
                                                                           f"promoteextension{index + 1}")
        par = find_par(comp, names[0])
        news |= par is not None and par.eval() != expression
        set_par(comp, names[0], expression, report)
        set_par(comp, names[1], True, report)
    return news
