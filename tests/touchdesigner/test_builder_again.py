"""Building where something is already: other names, other people's operators, newer code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from component_builder import REPOSITORY, embedded
from fake_td import FakeTouchDesigner
from show_in_td import free_ports

from td_project import builder
from td_project.guard import Report
from td_project.network import Node
from td_project.wiring import wire

MakeTd = Callable[..., FakeTouchDesigner]


def built(td: FakeTouchDesigner, sources: dict[str, str] | None = None, decks: int | None = None) -> tuple[Any, Report]:
    with td.installed():
        comp, report = builder.build(td.td, sources or embedded(), "0.1.0", decks=decks)
    if report.made[:1] == [comp.path]:
        comp.par.Streamport, comp.par.Eventport = free_ports(2)
    return comp, report


def test_rebuild_means_the_component_that_was_asked(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    comp, _ = built(td, decks=1)
    comp.name = "left"
    comp.op("deck1/fit_player1").destroy()
    comp.par.Rebuild.pulse()
    td.frame(5)
    assert comp.op("deck1/fit_player1") is not None
    assert comp.parent().op("interscene") is None


def test_the_line_brings_a_renamed_component_up_to_date(make_td: MakeTd) -> None:
    td = make_td()
    comp, _ = built(td, decks=1)
    comp.name = "left"
    again, report = built(td)
    assert again is comp
    assert (report.made, report.kept) == ([], [])


@pytest.mark.parametrize("kind", ["textDAT", "baseCOMP"])
def test_somebody_elses_operator_of_our_name_is_left_alone(make_td: MakeTd, kind: str, any_build: str) -> None:
    td = make_td(any_build)
    project: Any = td.find(td.root, "/project1")
    own = project.create(kind, "interscene")
    comp, _ = built(td, decks=1)
    assert comp is not own
    assert own.name == "interscene"
    assert own.children == []
    assert comp.op("out1") is not None
    assert built(td)[0] is comp


def test_an_artists_operator_makes_room_and_is_never_destroyed(make_td: MakeTd) -> None:
    td = make_td()
    comp, _ = built(td, decks=1)
    own = comp.create("textDAT", "deck2")
    own.text = "mine"
    comp.par.Decks = 2
    _, report = built(td)
    assert own.valid
    assert own.text == "mine"
    assert comp.op("deck2/player0") is not None
    assert any("the component needs its name" in line for line in report.kept)


def test_a_rebuild_turns_nothing_on_that_was_turned_off(make_td: MakeTd) -> None:
    td = make_td()
    comp, _ = built(td, decks=1)
    comp.viewer, comp.par.opviewer = False, ""
    built(td)
    assert (comp.viewer, comp.par.opviewer.eval()) == (False, None)


def test_newer_code_runs_though_only_a_text_beneath_has_changed(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    comp, _ = built(td, decks=1)
    td.frame(3)
    assert "no server answers" in comp.par.Status.eval()
    folder = REPOSITORY / "td_extensions"
    modules = {f"{path.parent.name}.{path.stem}": path.read_text(encoding="utf-8")
               for path in [*folder.glob("*.py"), *(REPOSITORY / "td_project").glob("*.py")]
               if path.stem not in ("__init__", "build")}
    modules["td_extensions.settings_model"] = modules["td_extensions.settings_model"].replace(
        "return Settings(host, port,", "return Settings('127.0.0.9', port,")
    built(td, {**builder.embedded(modules), builder.ENDPOINTS: embedded()[builder.ENDPOINTS]})
    td.frame(40)
    assert "no server answers at 127.0.0.9" in comp.par.Status.eval()


def test_extensions_are_started_when_they_are_set(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    pulsed: list[str] = []
    real = td.par_pulsed

    def watched(par: Any) -> None:
        if par.name == "reinitextensions":
            pulsed.append(par.owner.name)
        real(par)

    td.par_pulsed = watched  # type: ignore[method-assign]
    built(td, decks=2)
    assert pulsed == ["deck1", "deck2", "interscene"]
    pulsed.clear()
    built(td)
    assert pulsed == []


def test_what_an_artist_has_put_between_two_of_ours_stays_there(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    comp, _ = built(td, decks=2)
    deck = comp.op("deck1")
    for where, before, after in ((deck, "comp_mix", "over_prompt"), (comp, "null_mix", "out1")):
        own = where.create("levelTOP", "my_level")
        own.inputConnectors[0].connect(where.op(before))
        where.op(after).inputConnectors[1 if after == "over_prompt" else 0].connect(own)
    for again in range(2):
        if again:
            comp.par.Rebuild.pulse()
            td.frame(5)
        else:
            report = built(td)[1]
            assert report.kept == [f"{deck.path}/my_level between comp_mix and over_prompt",
                                   f"{comp.path}/my_level between null_mix and out1"]
        for where, after, index in ((deck, "over_prompt", 1), (comp, "out1", 0)):
            [wire_in] = where.op(after).inputConnectors[index].connections
            assert wire_in.owner is where.op("my_level")
    comp.op("my_level").destroy()
    built(td)
    [wire_in] = comp.op("out1").inputConnectors[0].connections
    assert wire_in.owner is comp.op("null_mix"), "what is open is wired again"


def test_an_operator_whose_inputs_are_counted_otherwise_is_wired_at_once() -> None:
    class Mixer:
        inputConnectors = ()  # noqa: N815 - TouchDesigner's name

        def __init__(self) -> None:
            self.given: list[object] = []

        def setInputs(self, sources: list[object]) -> None:  # noqa: N802 - TouchDesigner's name
            self.given = sources

    class Source:
        outputConnectors = (object(),)  # noqa: N815 - TouchDesigner's name

    ops: dict[str, Any] = {"comp_mix": Mixer(), "a": Source(), "b": Source()}
    comp = type("Comp", (), {"op": staticmethod(ops.get)})()
    wire(comp, (Node("comp_mix", "compositeTOP", (0, 0), inputs=("a", "b")),), Report())
    assert ops["comp_mix"].given == [ops["a"], ops["b"]]


def test_an_artists_expression_stays_also_where_it_says_what_we_say(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    comp, _ = built(td, decks=1)
    player = comp.op("deck1/player0")
    player.par.textendleft.expr = "'hold'"
    comp.op("abletonlink_beats").par.enable = True
    _, report = built(td)
    assert player.par.textendleft.mode.name == "EXPRESSION"
    assert comp.op("abletonlink_beats").par.enable.mode.name == "CONSTANT"
    assert [line.partition(" as ")[0].rpartition(".")[2] for line in sorted(report.kept)] == ["enable", "textendleft"]


def test_an_artists_parameter_on_our_page_stays_and_one_that_we_no_longer_have_goes(make_td: MakeTd) -> None:
    td = make_td()
    comp, _ = built(td, decks=1)
    page = next(page for page in comp.customPages if page.name == "Deck")
    page.appendFloat("Mine")
    comp.par.Mine = 0.5
    page.appendFloat("Old")
    comp.store("interscene_parameters", [*comp.fetch("interscene_parameters"), "Old"])
    _, report = built(td)
    assert comp.par.Mine.eval() == 0.5
    assert getattr(comp.par, "Old", None) is None
    assert report.removed == ["the parameter Old"]


def test_a_parameter_of_another_style_keeps_its_expression(make_td: MakeTd) -> None:
    td = make_td()
    comp, _ = built(td, decks=1)
    page = next(page for page in comp.customPages if page.name == "Play")
    comp.par.Speed.destroy()
    page.appendStr("Speed")
    comp.par.Speed.expr = "0.5 + 0.25"
    built(td)
    assert (comp.par.Speed.style, comp.par.Speed.expr, comp.par.Speed.eval()) == ("Float", "0.5 + 0.25", 0.75)
