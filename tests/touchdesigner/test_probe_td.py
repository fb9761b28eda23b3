"""The probe runs in the fake of every build, finds what is there to be found, and survives trouble."""

from __future__ import annotations

import importlib.util
import json
import shutil
import time
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from component_builder import build
from fake_td import FakeTouchDesigner, Quirks, toxfile
from fake_td.tops import TOP
from making import MakeTd
from show_in_td import free_ports

from server.media.jpeg import decode_rgb, encode_rgb
from server.media.numbered import numbered_frame, write_numbered
from td_project import probe_movies

PROBE = Path(probe_movies.__file__).with_name("probe_td.py")
LINE = f"import pathlib; p=r'{PROBE}'; exec(compile(pathlib.Path(p).read_text('utf-8'), p, 'exec'))"


@pytest.fixture(scope="module")
def movies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("probe media")
    write_numbered(folder / "probe-numbers.mov", 320, 160, 96, Fraction(30))
    write_numbered(folder / "probe-others.mov", 120, 160, 96, Fraction(30), first=5000)
    return folder


def run(td: FakeTouchDesigner, movies: Path, out: Path) -> dict[str, Any]:
    """Type the line, wait until the probe says that it is done, and read what it wrote."""
    with td.installed():
        td.execute(f"{LINE}; start(r'{movies}', r'{out}')")
        td.until(lambda: _sent_back(td))
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def _sent_back(td: FakeTouchDesigner) -> bool:
    if td.connections:
        time.sleep(0.001)  # its frames are much shorter than real ones, and who answers a socket lives in real time
    return any("Send back" in line for line in td.textport)


def test_it_runs_in_every_build(make_td: MakeTd, movies: Path, tmp_path: Path, any_build: str) -> None:
    td = make_td(any_build, commercial=False)
    found = run(td, movies, tmp_path / "probe.json")
    steps = found["steps"]
    assert found["trouble"] == {}
    assert found["complete"]
    assert found["facts"]["build"] == any_build
    assert any(str(tmp_path / "probe.json") in line for line in td.textport), "it says what to send back"
    movie = steps["parameters"]["moviefileinTOP"]
    assert movie["playmode"]["menuNames"] == ["locked", "specify", "sequential", "timecodeop"]
    assert ("inputcolorspace" in movie) == any_build.startswith("2025")
    modern = not any_build.startswith("2022")
    assert steps["extensions"]["parameters"]["ext0object"] == modern
    assert steps["extensions"]["promoted"] == 7
    assert steps["seeking"]["wrong [wanted, shown, lastIndexUploaded]"] == []
    assert steps["seeking"]["index becomes number"]["7.99"] == 7
    assert [each["number"] for each in steps["opening"]["runs"]] == [100, 5100] * 3
    assert steps["failing"]["probe-missing.mov"]["isInvalid"]
    assert steps["osc burst"]["heard"] == 500
    rows = steps["script top"]["four channels, the first row red"]
    assert (rows["at the bottom"][0], rows["at the top"][0], rows["raised"]) == (1.0, 0.0, "")
    assert steps["script top"]["a jpg, its upper half white"]["at the top"][0] > 0.9
    assert steps["script top"]["values seen when a Dependency becomes 1, 2, 2"] == [0, 1, 2]
    asked = steps["websocket"]["asked for [request, Host, Origin]"]
    assert asked["{host}/ws?a=b"][0].startswith("GET /ws?a=b ")
    assert asked["ws://{host}/ws?a=b"][0].startswith("GET / ")
    heard = steps["websocket"]["heard [what, type, size, frame]"]
    assert [(each[0], each[2]) for each in heard[:3]] == [("connected", 0), ("text", 5), ("binary", 1 << 20)]
    assert steps["websocket"]["pongs without a callback that sends them"] == 0
    assert [each[0] for each in steps["websocket"]["heard of a port where nobody listens"]] == ["disconnected"]
    assert steps["largest picture"]["4096x2160 becomes"] == [1280, 675]
    bars = steps["colours"]["as it comes"]
    assert all(value > 235 for value in bars["white"])
    assert all(value < 25 for value in bars["black"])
    assert bars["red"][0] > 150 > 60 > bars["red"][2]
    assert not any("probe-copy" in path.name or "broken" in path.name for path in movies.iterdir())


def test_it_sees_the_quirks(make_td: MakeTd, movies: Path, tmp_path: Path) -> None:
    quirks = Quirks(menus_refuse=False, create_adds_digit=True, second_page_refused=False, index_rounds=True,
                    interp_blends_in_specify=False, negative_index_wraps=True, bundles_backwards=True,
                    black_while_opening=False, enums_in_td=True, taken_ports_are_silent=True)
    found = run(make_td(quirks=quirks), movies, tmp_path / "probe.json")
    steps = found["steps"]
    assert found["trouble"] == {}
    assert steps["habits"]["create gives the name"] == "free_name1"
    assert steps["habits"]["unknown menu entry"] == ""
    assert steps["habits"]["same page again"] == ""
    assert steps["seeking"]["index becomes number"]["7.99"] == 8
    assert steps["seeking"]["index becomes number"]["-1"] == 319
    assert steps["interpolation"]["differences"]["at 10.25, interp"]["at 10"] == 0.0
    heard = steps["osc order"]["heard [address, values, time stamp, frame, type of the last, arguments]"]
    assert [each[0] for each in heard[:2]] == ["/td/deck/1/c", "/td/deck/1/b"]
    assert steps["while opening"]["number, opening, open at every frame"][0][0] is not None
    assert found["facts"]["names_in_td"]["ParMode"]


def test_without_the_movies_it_says_how_to_make_them(make_td: MakeTd, tmp_path: Path) -> None:
    td = make_td()
    with td.installed():
        td.execute(f"{LINE}; start(r'{tmp_path}')")
    assert "interscene numbered" in "\n".join(td.textport)
    assert td.root.op("interscene_probe") is None


def test_a_step_that_fails_does_not_stop_the_others(
    make_td: MakeTd, movies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    td = make_td()
    monkeypatch.setattr(TOP, "numpyArray", lambda top: 1 / 0)
    found = run(td, movies, tmp_path / "probe.json")
    assert "ZeroDivisionError" in found["trouble"]["seeking"][-1]
    assert found["complete"]
    assert "osc ports" in found["steps"]


def test_a_saved_component_carries_it(make_td: MakeTd, movies: Path, tmp_path: Path) -> None:
    td = make_td()
    comp = build(td, *free_ports(3))
    data = comp.saveByteArray()
    comp.destroy()
    again = toxfile.load(td, td.root.op("project1"), bytes(data))
    folder = tmp_path / "media"
    shutil.copytree(movies, folder)
    again.par.Mediafolder = str(folder)
    with td.installed():
        td.frame(10)
        again.par.Probe.pulse()
        td.until(lambda: any("rhythm" in line for line in td.textport))
    found = json.loads((folder / f"interscene-probe-{td.build_text}.json").read_text(encoding="utf-8"))
    assert found["trouble"] == {}
    assert "order of a frame" in found["steps"]


def test_it_is_safe_to_run_twice(make_td: MakeTd, movies: Path, tmp_path: Path) -> None:
    td = make_td()
    with td.installed():
        for _ in range(2):
            td.execute(f"{LINE}; start(r'{movies}', r'{tmp_path / 'out.json'}')")
            td.frame(20)
    assert [op.name for op in td.root.children if "probe" in op.name] == ["interscene_probe"]


@pytest.mark.parametrize(("width", "height"), [(64, 64), (160, 96), (640, 360), (1280, 720), (1920, 1080), (333, 777)])
def test_it_reads_numbers_as_the_server_writes_them(width: int, height: int) -> None:
    for number in (0, 7, 599, 2**24 - 1):
        picture = numbered_frame(number, width, height)
        shown = decode_rgb(encode_rgb(picture, 85, "420")).astype(np.float32) / 255
        assert probe_movies.number_in(shown) == number
    assert probe_movies.number_in(np.zeros((height, width, 4), np.float32)) is None


def test_the_files_are_python_3_9_modules_that_load_alone() -> None:
    for name in ("probe_td", "probe_operators", "probe_movies", "probe_osc", "probe_live"):
        spec = importlib.util.spec_from_file_location(name, PROBE.with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert isinstance(module, ModuleType)
