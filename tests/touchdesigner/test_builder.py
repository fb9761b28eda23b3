"""The builder: one line, three TouchDesigner series, safe to run twice, and honest about what a build lacks."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from component_builder import REPOSITORY, embedded
from fake_td import BUILDS, FakeTouchDesigner, Quirks
from show_in_td import free_ports

from server.app.textport import textport_line
from td_project import builder
from td_project.guard import Report, set_par
from td_project.network import deck_nodes, main_nodes

MakeTd = Callable[..., FakeTouchDesigner]


def built(td: FakeTouchDesigner, decks: int | None = None) -> tuple[Any, Report]:
    with td.installed():
        return builder.build(td.td, embedded(), "0.1.0", decks=decks)


def test_one_line_in_the_textport_builds_it(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    td.execute(textport_line())
    comp = td.find(td.root, "/project1/interscene")
    assert comp is not None
    assert td.textport[-1] == "interscene: /project1/interscene is ready; its picture is /project1/interscene/out1"
    assert "0 things skipped" in td.textport[0]
    assert any_build in comp.par.Build.eval()
    for name, kind in (("out1", "outTOP"), ("picture1", "outTOP"), ("preview2", "outTOP"), ("state", "outCHOP"),
                       ("controls", "outCHOP"), ("info", "outDAT"), ("log", "outDAT"), ("callbacks", "textDAT"),
                       ("deck1/player0", "moviefileinTOP"), ("deck2/player2", "moviefileinTOP"),
                       ("deck1/picture", "outTOP"), ("deck1/preview", "outTOP")):
        assert comp.op(name).OPType == kind
    assert [page.name for page in comp.customPages] == ["Interscene", "Deck", "Play", "About"]


@pytest.mark.parametrize("build_name", BUILDS[1:])
def test_a_build_that_still_answers_to_the_old_names_of_extensions(
        make_td: MakeTd, tmp_path: Path, build_name: str) -> None:
    quirks = Quirks(old_extension_names=True)
    td, other = make_td(build_name, quirks=quirks), make_td(build_name, quirks=quirks)
    comp, report = built(td, decks=1)
    assert report.skipped == []
    path = comp.save(tmp_path / "show.tox")
    loaded = other.find(other.root, "/project1").loadTox(path)
    for each, where in ((td, comp), (other, loaded)):
        where.par.Streamport, where.par.Eventport = free_ports(2)
        each.frame(40)
        assert "no server answers" in where.par.Status.eval()
        assert (type(where.ext.LinkExt).__name__, type(where.ext.PanelExt).__name__) == ("LinkExt", "PanelExt")


def test_scripts_anywhere_find_it_by_its_shortcut(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    comp, _ = built(td, decks=1)
    assert td.td.op.Interscene is comp
    comp.par.opshortcut = "Stage"
    with td.installed():
        other, _ = builder.build(td.td, embedded(), "0", td.create(td.root, "baseCOMP", "elsewhere"), decks=1)
    assert td.td.op.Interscene is other
    built(td)
    assert comp.par.opshortcut.eval() == "Stage"
    with td.installed():
        third, _ = builder.build(td.td, embedded(), "0", td.create(td.root, "baseCOMP", "third"), decks=1)
    assert third.par.opshortcut.eval() == "", "it is taken"


def test_it_touches_no_project_setting_and_python_stays_as_it_was(make_td: MakeTd) -> None:
    import sys

    td = make_td()
    before, modules = list(sys.path), set(sys.modules)
    td.execute(textport_line())
    assert td.project.written == []
    assert sys.path == before
    assert {name for name in set(sys.modules) - modules if name.startswith("td_")} == set()


def test_building_twice_changes_nothing(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    comp, _ = built(td)
    before = [(op.path, op.id) for op in comp.findChildren()]
    wires = len(td.wires)
    again, report = built(td)
    assert again is comp
    assert (report.made, report.removed, report.skipped, report.kept) == ([], [], [], [])
    assert [(op.path, op.id) for op in comp.findChildren()] == before
    assert len(td.wires) == wires


def test_a_rebuild_keeps_parameters_places_wires_and_what_artists_put_in(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    comp, _ = built(td)
    comp.par.Server = "192.168.1.7:7500"
    comp.par.Sizew.expr = "absTime.frame + 100"
    comp.par.Lostserver = "black"
    comp.nodeX, comp.nodeY = 777, -55
    comp.op("deck1").nodeX = 4321
    comp.op("callbacks").text = "def onTake(info):\n    pass\n"
    comp.op("deck1/player0").par.prereadframes = 42
    own = comp.create("textDAT", "mine")
    null = comp.parent().create("nullTOP", "stage")
    null.inputConnectors[0].connect(comp.outputConnectors[0])
    _, report = built(td)
    assert comp.par.Server.eval() == "192.168.1.7:7500"
    assert comp.par.Sizew.expr == "absTime.frame + 100"
    assert comp.par.Lostserver.eval() == "black"
    assert (comp.nodeX, comp.nodeY, comp.op("deck1").nodeX) == (777, -55, 4321)
    assert "def onTake" in comp.op("callbacks").text
    assert comp.op("deck1/player0").par.prereadframes.eval() == 42
    assert any("prereadframes as it was set by hand" in line for line in report.kept)
    assert own.valid
    assert null.inputs == [comp.op("out1")]


def test_more_and_fewer_decks(make_td: MakeTd) -> None:
    td = make_td()
    comp, _ = built(td, decks=1)
    null = comp.parent().create("nullTOP", "stage")
    null.inputConnectors[0].connect(comp.outputConnectors[0])
    comp.par.Decks = 4
    built(td)
    assert comp.op("deck4/player2") is not None
    comp.par.Decks = 2
    _, report = built(td)
    assert comp.op("deck3") is None
    assert any("deck3" in line for line in report.removed)
    assert null.inputs == [comp.op("out1")]
    assert comp.op("null_mix").inputs == [comp.op("over_deck2")]


def test_rebuild_from_what_is_embedded_needs_no_repository(make_td: MakeTd, any_build: str, tmp_path: Path) -> None:
    td = make_td(any_build)
    comp, _ = built(td)
    path = comp.save(tmp_path / "interscene.tox")
    other = make_td(any_build)
    loaded = other.find(other.root, "/project1").loadTox(path)
    loaded.op("deck1/fit_player1").destroy()
    loaded.par.Rebuild.pulse()
    other.frame(5)
    assert loaded.op("deck1/fit_player1") is not None
    assert loaded.op("deck1/level_player1").inputs == [loaded.op("deck1/fit_player1")]


def test_what_a_build_lacks_is_reported_and_the_rest_is_built(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    lost = {"moviefileinTOP": ("loadingerrorimage",), "oscinDAT": ("typetag", "splitbundle"),
            "scriptCHOP": ("timeslice",), "textTOP": ("wordwrap", "aligny")}
    td.tables.update({kind: table.__class__(tuple(p for p in table.pars if p.name not in lost.get(kind, ())),
                                            table.sequences) for kind, table in td.tables.items()})
    comp, report = built(td, decks=1)
    for names in lost.values():
        for name in names:
            assert any(f".par.{name}: this build does not have it" in line for line in report.skipped)
    assert comp.op("out1") is not None
    td.view(comp.op("out1"))
    comp.par.Streamport, comp.par.Eventport = free_ports(2)
    td.frame(10)
    assert "no server answers" in comp.par.Status.eval()


def test_menus_without_an_entry_are_reported(make_td: MakeTd) -> None:
    td = make_td()
    comp, _ = built(td, decks=1)
    report = Report()
    set_par(comp.op("deck1/fit_player0"), "fit", "sideways", report)
    assert len(report.skipped) == 1
    assert "sideways" in report.skipped[0]


@pytest.mark.parametrize("quirks", [Quirks(create_adds_digit=True), Quirks(second_page_refused=False),
                                    Quirks(replaced_pars_keep_values=True),
                                    Quirks(extensions_start_by_themselves=True)])
def test_habits_of_builds_do_not_matter(make_td: MakeTd, quirks: Quirks, any_build: str) -> None:
    td = make_td(any_build, quirks=quirks)
    comp, report = built(td)
    again, second = built(td)
    assert again is comp
    assert report.skipped == second.skipped == []
    assert comp.op("deck2/level_player1") is not None


def test_nodes_are_named_and_placed_so_that_people_find_them() -> None:
    for nodes in (deck_nodes(), main_nodes(4, ("/FX",))):
        names = [node.name for node in nodes]
        assert len(names) == len(set(names))
        assert all(name == name.lower() and name.replace("_", "").isalnum() for name in names)
        places = [node.place for node in nodes]
        assert len(places) == len(set(places)), "no operator lies on another"


def test_the_line_names_the_script_of_this_copy() -> None:
    assert (REPOSITORY / "td_project" / "build.py").as_posix() in textport_line()
    assert "\n" not in textport_line()
    compile(textport_line(), "line", "exec")


@pytest.mark.parametrize("folder", ["it's here", 'say "so"', "back\\slash", "Bühne süß 舞台", "C:/Program Files/a"])
def test_the_line_is_python_wherever_the_copy_is(folder: str) -> None:
    line = textport_line(Path(folder) / "td_project" / "build.py")
    place = line.partition("; ")[2].partition("; exec")[0]
    assert ast.literal_eval(place.removeprefix("p=")) == f"{folder}/td_project/build.py"


@pytest.mark.parametrize("seed", range(2))
def test_a_build_that_lacks_half_the_parameters_says_so_and_breaks_nowhere(
        make_td: MakeTd, any_build: str, seed: int) -> None:
    td, chance = make_td(any_build), random.Random(seed)
    for kind, table in td.tables.items():
        names = [par.name for par in table.pars if not par.name.startswith(("ext", "promoteext"))]
        td.hidden[kind] = set(chance.sample(names, len(names) // 2))
    comp, report = built(td, decks=1)
    comp.par.Streamport, comp.par.Eventport = free_ports(2)
    td.view(comp.op("out1"))
    td.frame(60)
    assert len(report.skipped) > 10
    assert all(": this build does not have it" in line for line in report.skipped)
    log = [" ".join(cell.val for cell in row) for row in comp.op("table_log").rows()]
    assert sum("this build does not have it" in line for line in log) == len(report.skipped)
    assert f"lacks {len(report.skipped)} things" in comp.par.Status.eval()
    assert td.failures == []
