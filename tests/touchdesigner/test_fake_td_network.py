"""The fake itself: operators, parameters, wires, extensions, callbacks; it refuses what TouchDesigner refuses."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from fake_td import NotInTheFake, ParMode, Quirks, tdAttributeError, tdError, tdTypeError
from making import MakeTd

from td_extensions import deck_model  # only to have a real module's text at hand


def test_what_a_build_does_not_have_is_refused(make_td: MakeTd) -> None:
    old, new = make_td("2022.35320"), make_td("2025.32820")
    for td, yes, no in ((old, "extension1", "ext0object"), (new, "ext0object", "extension1")):
        comp = td.root.create("baseCOMP", "one")
        assert getattr(comp.par, no, None) is None
        comp.par[yes].val = "None"
        with pytest.raises(tdAttributeError, match=no):
            setattr(comp.par, no, "x")
    movie = new.root.create("moviefileinTOP")
    assert movie.name == "moviefilein1"
    assert movie.par.callbacks.eval() is None
    assert getattr(old.root.create("moviefileinTOP").par, "callbacks", None) is None
    assert movie.par.hwdecode.eval() is True


@pytest.mark.parametrize("wrong", [
    "me.create('nosuchTOP')", "me.nosuch", "td.nosuchTOP", "op('/project1').par.nosuch", "me.nosuch = 1",
    "op('/project1').create(moviefileinTOP).par.playmode = 'randomly'", "op('/project1').appendNothing('x')",
    "op('/project1').appendCustomPage('P').appendFloat('lower')", "op('/project1').par.reinitextensions = 1",
    "op('/project1').create(moviefileinTOP).par.prereadframes = 'many'", "td.ParMode"])
def test_what_does_not_exist_raises(make_td: MakeTd, wrong: str) -> None:
    with pytest.raises(tdError):
        make_td().execute(wrong)


def test_an_unknown_menu_entry_may_also_be_ignored(make_td: MakeTd) -> None:
    td = make_td(quirks=Quirks(menus_refuse=False, enums_in_td=True))
    movie = td.root.create("moviefileinTOP")
    movie.par.playmode = "randomly"
    assert movie.par.playmode.eval() == "sequential"
    assert td.td.ParMode is ParMode


def test_names_of_operators(make_td: MakeTd) -> None:
    td = make_td()
    one = td.root.create("baseCOMP", "deck")
    assert (one.name, td.root.create("baseCOMP", "deck").name) == ("deck", "deck1")
    odd = make_td(quirks=Quirks(create_adds_digit=True))
    comp = odd.root.create("baseCOMP", "deck")
    assert comp.name == "deck1"
    comp.name = "deck"
    assert odd.root.op("deck") is comp
    comp.name = "ab cd"
    assert comp.path == "/ab_cd"


def test_operators_are_found_as_scripts_find_them(make_td: MakeTd) -> None:
    td = make_td()
    comp = td.root.op("project1").create("baseCOMP", "show")
    dat, sibling = comp.create("textDAT", "code"), comp.create("nullTOP", "out")
    inner = comp.create("baseCOMP", "deck1").create("nullTOP", "picture")
    comp.par.opshortcut, comp.par.parentshortcut = "Show", "Above"
    names = td.execute(
        "a, b, c = op('out'), op('deck1/picture'), op('/project1/show/out')\n"
        "d, e = op.Show, parent.Above\nf = parent(2)\ng = op('nothing')\nh = ops('deck*', 'out')", dat)
    assert [names[each] for each in "abcdefg"] == [sibling, inner, sibling, comp, comp, td.root.op("project1"), None]
    assert len(names["h"]) == 2
    assert comp.op("deck1/picture") is inner, "a component's own op() looks inside"
    with pytest.raises(tdError):
        td.execute("opex('nothing')", dat)


def test_only_the_main_thread_touches_operators(make_td: MakeTd) -> None:
    movie = make_td().root.create("moviefileinTOP")
    caught: list[BaseException] = []

    def touch() -> None:
        try:
            movie.par.index = 3
        except NotInTheFake as error:
            caught.append(error)

    thread = threading.Thread(target=touch)
    thread.start()
    thread.join()
    assert caught


def test_a_destroyed_operator_is_dead(make_td: MakeTd) -> None:
    td = make_td()
    comp = td.root.create("baseCOMP", "one")
    inner = comp.create("nullTOP", "two")
    comp.destroy()
    assert not inner.valid
    for op in (comp, inner):
        with pytest.raises(tdError, match="destroyed"):
            op.par.opshortcut = "x"


def test_parameter_modes(make_td: MakeTd) -> None:
    td = make_td()
    comp = td.root.create("baseCOMP", "one")
    page = comp.appendCustomPage("Play")
    speed, name = page.appendFloat("Speed", label="Speed")[0], page.appendStr("Name")[0]
    speed.default, speed.min, speed.clampMin, speed.max, speed.clampMax = 1.0, -2.0, True, 2.0, True
    speed.val = 7
    assert speed.eval() == 2.0
    inner = comp.create("levelTOP", "level")
    inner.par.opacity.expr = "parent().par.Speed * 0.25"
    assert inner.par.opacity.eval() == 0.5
    assert inner.par.opacity.mode == ParMode.EXPRESSION
    inner.par.opacity = 0.75
    assert inner.par.opacity.mode == ParMode.CONSTANT
    inner.par.opacity.bindExpr = "parent().par.Speed"
    inner.par.opacity.val = 1.5
    assert speed.eval() == 1.5
    name.val = 12
    assert name.eval() == "12"
    with pytest.raises(tdTypeError):
        speed.val = "fast"
    with pytest.raises(tdError):
        inner.par.opacity.min = 3


def test_custom_pages_and_menus(make_td: MakeTd) -> None:
    comp = make_td().root.create("baseCOMP", "one")
    page = comp.appendCustomPage("Deck")
    with pytest.raises(tdError, match="Deck"):
        comp.appendCustomPage("Deck")
    menu = page.appendMenu("Fit")[0]
    menu.menuNames, menu.menuLabels = ["fill", "best"], ["Fill", "Best"]
    assert menu.eval() == "fill"
    menu.val = "best"
    assert menu.menuIndex == 1
    size = page.appendWH("Size")
    assert [par.name for par in size] == ["Sizew", "Sizeh"]
    assert [par.name for par in comp.customPars] == ["Fit", "Sizew", "Sizeh"]
    page.appendMenu("Fit")
    assert comp.par.Fit.eval() == "", "appended again it is a fresh parameter"
    size[0].destroy()
    assert getattr(comp.par, "Sizew", None) is None


def test_blocks_of_a_sequence(make_td: MakeTd) -> None:
    comp = make_td("2023.12600").root.create("baseCOMP", "one")
    assert getattr(comp.par, "ext1object", None) is None
    comp.seq.ext.numBlocks = 3
    comp.par.ext2object = "x"
    constant = comp.create("constantCHOP")
    constant.par.const0name, constant.par.const0value = "level", 0.1
    assert constant["level"].eval() == pytest.approx(0.1)
    assert constant["level"].eval() != 0.1, "a channel is float32"
    with pytest.raises(tdAttributeError):
        make_td("2022.35320").root.seq  # noqa: B018 - looking is what is tested


def test_a_channel_is_no_number(make_td: MakeTd) -> None:
    constant = make_td("2022.35320").root.create("constantCHOP")
    constant.par.name0, constant.par.value0 = "open", 1
    assert constant["none"] is None
    with pytest.raises(TypeError, match="format"):
        f"{constant['open']:.1f}"
    assert f"{constant['open'].eval():.1f}" == "1.0"


def test_a_table_is_read_as_scripts_read_it(make_td: MakeTd) -> None:
    table = make_td().root.create("tableDAT", "list")
    table.appendRows([["path", "length"], ["a.mov", 3], ["b.mov", 4]])
    assert [cell.val for cell in table.col("path")] == ["path", "a.mov", "b.mov"], "the header is part of a column"
    assert table.col("none") is None
    assert table["b.mov", "length"].val == "4"
    assert table["c.mov", "length"] is None
    assert table.text == "path\tlength\na.mov\t3\nb.mov\t4\n"


def test_wires_of_components_go_with_what_is_inside(make_td: MakeTd) -> None:
    td = make_td()
    comp, outside = td.root.create("baseCOMP", "show"), td.root.create("nullTOP", "wall")
    out = comp.create("outTOP", "out1")
    second = comp.create("outTOP", "out2")
    comp.outputConnectors[1].connect(outside)
    assert outside.inputs == [second]
    assert comp.outputConnectors[1].connections[0].owner is outside
    assert outside.inputConnectors[0].connections[0].owner is comp
    with pytest.raises(tdError, match="network"):
        out.inputConnectors[0].connect(outside)
    with pytest.raises(tdError, match="families"):
        comp.create("nullCHOP").outputConnectors[0].connect(comp.create("nullTOP"))
    second.destroy()
    assert outside.inputs == []


def test_extensions_are_compiled_when_they_are_referred_to(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    comp = td.root.create("baseCOMP", "show")
    text = comp.create("textDAT", "DeckExt")
    text.text = ("class DeckExt:\n    made = 0\n    def __init__(self, owner):\n        self.owner = owner\n"
                 "        self.Ready = owner.extensionsReady\n    def Where(self):\n        return self.owner.path\n")
    par = "ext0object" if getattr(comp.par, "ext0object", None) is not None else "extension1"
    setattr(comp.par, par, "op('./DeckExt').module.DeckExt(me)")
    first = comp.ext.DeckExt
    assert comp.Where() == "/show"
    assert first.Ready is False
    assert comp.ext.DeckExt is first
    comp.par.reinitextensions.pulse()
    second = comp.ext.DeckExt
    assert second is not first
    text.text += "    def More(self):\n        return 1\n"
    assert comp.More() == 1, "changed text is compiled again"
    with pytest.raises(tdAttributeError):
        comp.Nothing()


def test_modules_of_dats_find_each_other_and_the_fakes_time(make_td: MakeTd) -> None:
    td = make_td()
    comp = td.root.create("baseCOMP", "show")
    comp.create("textDAT", "deck_model").text = Path(deck_model.__file__).read_text(encoding="utf-8")
    other = comp.create("textDAT", "other")
    other.text = "import time\nimport first\nfrom first import VALUE\ndef now():\n    return time.perf_counter()\n"
    comp.create("textDAT", "first").text = "VALUE = 5\n"
    assert other.module.VALUE == 5
    assert other.module.now() == td.clock()
    other.text += "time.sleep(1)\n"
    with pytest.raises(NotInTheFake, match="sleep"):
        other.module  # noqa: B018 - compiling is what is tested


def test_callbacks_in_a_frame(make_td: MakeTd) -> None:
    td = make_td()
    comp = td.root.create("baseCOMP", "show")
    comp.appendCustomPage("Play").appendFloat("Speed")
    pulse = comp.appendCustomPage("Do").appendPulse("Take")[0]
    log: list[object] = []
    comp.store("log", log)
    execute = comp.create("executeDAT", "frames")
    execute.text = ("def onFrameStart(frame):\n\tparent().fetch('log').append('start')\n"
                    "\trun(\"parent().fetch('log').append('run')\", endFrame=True, fromOP=me)\n"
                    "def onFrameEnd(frame):\n\tparent().fetch('log').append('end')\n")
    execute.par.framestart = execute.par.frameend = True
    watch = comp.create("parameterexecuteDAT", "watch")
    watch.text = ("def onValueChange(par, *rest):\n\tparent().fetch('log').append((par.name, par.eval()))\n"
                  "def onPulse(par):\n\tparent().fetch('log').append(par.name)\n")
    comp.par.Speed = 1
    td.frame()
    assert log == ["start", "end", "run"], "without its source parameters it is silently inert"
    watch.par.op, watch.par.pars = "..", "*"
    log.clear()
    comp.par.Speed = 0.25
    comp.par.Speed = 0.5
    pulse.pulse()
    td.frame()
    assert log == ["Take", "start", ("Speed", 0.5), "end", "run"]


def test_a_failing_script_is_reported_and_the_show_goes_on(make_td: MakeTd) -> None:
    td = make_td()
    execute = td.root.create("executeDAT", "frames")
    execute.text = "def onFrameStart(frame):\n\traise ValueError('broken')\n"
    execute.par.framestart = True
    td.frame(2)
    assert [str(failure.error) for failure in td.failures] == ["broken", "broken"]
    assert "broken" in execute.scriptErrors()
    td.failures.clear()


def test_only_what_is_viewed_cooks(make_td: MakeTd) -> None:
    td = make_td()
    ramp, seen = td.root.create("constantTOP"), td.root.create("nullTOP")
    hidden = td.root.create("nullTOP")
    for null in (seen, hidden):
        ramp.outputConnectors[0].connect(null)
    td.view(seen)
    td.frame(3)
    assert (ramp.totalCooks, seen.totalCooks, hidden.totalCooks) == (1, 1, 0)
    ramp.par.colorr = 0.5
    td.frame(2)
    assert (ramp.totalCooks, seen.totalCooks, hidden.totalCooks) == (2, 2, 0)


def test_frames_come_at_their_rate_and_late_ones_are_counted(make_td: MakeTd) -> None:
    td = make_td(cook_rate=59.94, jitter=0.001)
    began = td.clock()
    td.frame(600)
    assert 0 <= td.clock() - began - 600 / 59.94 <= 0.001
    td.clock.now += 0.1  # type: ignore[attr-defined]
    td.frame()
    assert td.dropped_frames >= 5
    assert td.td.absTime.frame == td.absolute_frame == 601 + td.dropped_frames


def test_a_component_is_saved_and_opened_again(make_td: MakeTd, tmp_path: Path) -> None:
    td = make_td("2023.12600")
    comp = td.root.create("baseCOMP", "show")
    constant, level, out = comp.create("constantTOP", "c"), comp.create("levelTOP", "l"), comp.create("outTOP", "out1")
    constant.outputConnectors[0].connect(level)
    level.outputConnectors[0].connect(out)
    inner = comp.create("baseCOMP", "deck")
    inner_out = inner.create("outTOP", "out1")
    inner.outputConnectors[0].connect(comp.create("nullTOP", "from_deck"))
    menu = comp.appendCustomPage("Play").appendMenu("Fit")[0]
    menu.menuNames = ["fill", "best"]
    comp.par.Fit = "best"
    level.par.opacity.expr = "0.5"
    comp.create("textDAT", "code").text = "x = 1\n"
    comp.create("tableDAT", "table").appendRow(["a", "b"])
    comp.store("kept", {"seed": 2**80})
    comp.tags, comp.nodeX, level.dock = {"interscene"}, 400, constant
    comp.save(tmp_path / "show.tox")

    other = make_td("2025.32820")
    again = other.root.op("project1").loadTox(tmp_path / "show.tox")
    assert again.path == "/project1/show"
    assert again.op("out1").inputs == [again.op("l")]
    assert again.op("from_deck").inputs == [again.op("deck/out1")]
    assert again.par.Fit.eval() == "best"
    assert again.par.Fit.menuNames == ["fill", "best"]
    assert again.op("l").par.opacity.expr == "0.5"
    assert again.op("code").module.x == 1
    assert again.op("table")[0, 1].val == "b"
    assert again.fetch("kept") == {"seed": 2**80}
    assert (again.tags, again.nodeX, again.op("l").dock) == ({"interscene"}, 400, again.op("c"))
    assert inner_out.valid
    comp.store("lock", threading.Lock())
    with pytest.raises(tdError, match="cannot be saved"):
        comp.saveByteArray()


def test_a_copy_has_everything_but_the_name(make_td: MakeTd) -> None:
    td = make_td()
    one, two = td.root.create("constantTOP", "one"), td.root.create("nullTOP", "two")
    one.outputConnectors[0].connect(two)
    one.par.colorr = 0.25
    third, fourth = td.root.copyOPs([one, two])
    assert (third.name, fourth.name, fourth.inputs) == ("one1", "two1", [third])
    assert third.par.colorr.eval() == 0.25


def test_a_license_limits_pictures(make_td: MakeTd) -> None:
    td = make_td(commercial=False)
    constant = td.root.create("constantTOP")
    constant.par.outputresolution, constant.par.resolutionw, constant.par.resolutionh = "custom", 1920, 1080
    assert (constant.width, constant.height) == (1280, 720)
    assert "1280" in constant.warnings()
    assert td.td.licenses.isNonCommercial
