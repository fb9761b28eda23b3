"""Parameters: the pages that come from the endpoint table, what they send, and what nonsense in them becomes."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol.command import Command, Source
from server.protocol.component_table import component_json
from server.protocol.dispatch import Dispatcher
from td_extensions.beat_model import EVERY, BeatModel
from td_extensions.log_model import LINES, LogModel
from td_extensions.media_path import movie_path, why_not
from td_extensions.panel_model import PanelModel, Spec, par_name, read_table, specs
from td_extensions.settings_model import FADE_OUT, Raw, lost_gain, read_settings
from td_extensions.state_model import CALLBACKS, StateModel, template
from td_extensions.stream_channels import channel_names, read_channels
from td_project.parameters import PAGES, pars

ROWS = read_table(component_json())
HERE = Source("127.0.0.1", 9)


def sample(spec: Spec) -> Any:
    """A value that a hand could choose."""
    if spec.style == "Menu":
        return spec.menu[-1]
    if spec.style in ("Float", "Int"):
        low = spec.low if spec.low is not None else 0.0
        value = max(low, min(1.0, spec.high if spec.high is not None else 1.0))
        return float(value) if spec.style == "Float" else int(value)
    return True if spec.style == "Toggle" else "a.mov"


def test_every_parameter_has_a_name_of_its_own_that_touchdesigner_takes() -> None:
    names = [par.name for par in pars(ROWS, "", 2)]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch("[A-Z][a-z0-9]*", name)] == []
    assert {par.page for par in pars(ROWS, "", 2)} == set(PAGES)


def test_the_page_play_has_every_command_of_a_deck() -> None:
    addresses = {spec.address for spec in specs(ROWS)}
    assert {row["address"] for row in ROWS if row["address"].startswith("/deck/{n}/")} <= addresses
    assert not any(spec.address.startswith("/td/") for spec in specs(ROWS))


@pytest.mark.parametrize("spec", [spec for spec in specs(ROWS) if spec.address], ids=lambda spec: spec.name)
def test_what_a_parameter_sends_is_understood_by_the_server(spec: Spec) -> None:
    model = PanelModel(ROWS)
    if spec.style == "Pulse":
        message = model.pulsed(spec.name, 2, 3, "seed")
    elif spec.help.rpartition("for example ")[1]:
        message = model.changed(spec.name, spec.help.rpartition("for example ")[2].replace("; ", ";"), 2, 3, "seed")
    else:
        message = model.changed(spec.name, sample(spec), 2, 3, "seed")
    assert message is not None
    results = Dispatcher(2).command(message[0], message[1], HERE)
    assert [type(result) for result in results] == [Command], results


def test_a_change_that_the_server_told_is_not_sent_back() -> None:
    model = PanelModel(ROWS)
    assert model.heard("/deck/1/state/speed", [2.0], 1) == ("Speed", 2.0)
    assert model.changed("Speed", 2.0, 1, 1, "seed") is None
    assert model.changed("Speed", 2.5, 1, 1, "seed") == ("/deck/1/speed", [2.5])
    assert model.heard("/deck/2/state/speed", [4.0], 1) is None, "another deck"
    assert model.heard("/deck/1/state/loop", ["bounce"], 1) == ("Loop", "bounce")
    assert model.heard("/deck/1/state/loop", ["sideways"], 1) is None


@pytest.mark.parametrize(("name", "written", "sent"), [
    ("Snapshotrecallover", '"verse 2" 4.0', ["verse 2", 4.0]), ("Snapshotrecallover", "o'clock 3", ["o'clock", 3.0]),
    ("Snapshotrecall", "verse 2", ["verse 2"]), ("Snapshotsave", "chorus", ["chorus"]),
    ("Snapshotrecallover", '"verse 4', ['"verse', 4.0])])
def test_a_name_with_blanks_stands_in_quotes_where_more_follows(name: str, written: str, sent: list[Any]) -> None:
    message = PanelModel(ROWS).changed(name, written, 1, 1, "seed")
    assert message is not None
    assert message[1] == sent


def test_names_say_where_a_parameter_belongs() -> None:
    assert par_name("/deck/{n}/pulse/add") == "Pulseadd"
    assert par_name("/deck/{n}/mark/{m}/set") == "Markset"
    assert par_name("/clock/tempo") == "Clocktempo"


def test_callbacks_are_told_once_for_each_moment() -> None:
    state = StateModel()
    assert state.heard("/deck/1/state/mark", ["intro"]) is None, "the first word is where we came in"
    assert state.heard("/deck/1/state/mark", ["verse"]) == ("onMark", {"deck": 1, "mark": "verse"})
    assert state.heard("/deck/1/state/mark", ["verse"]) is None
    state.heard("/deck/2/state/prompt", ["a field"])
    state.heard("/deck/2/state/picture", ["one"])
    assert state.heard("/deck/2/state/picture", ["two"]) is None
    assert state.pictures() == [("onPicture", {"deck": 2, "picture": "two", "prompt": "a field"})]
    assert state.pictures() == []
    assert state.heard("/job/17/state", ["done"]) == ("onJob", {"id": "17", "what": "state", "value": "done"})
    assert state.heard("/deck/1/state/frame", [12]) is None
    assert state.numbers == {"deck1/frame": 12.0}


def test_the_template_has_every_callback_and_runs() -> None:
    space: dict[str, Any] = {}
    exec(template(), space)
    for name, _ in CALLBACKS:
        assert space[name]({"deck": 1}) is None


@pytest.mark.parametrize("raw", [
    Raw(server="nonsense value"), Raw(server="host:99999"), Raw(server=""), Raw(server="http://x:1"),
    Raw(stream_port=0), Raw(stream_port=7502), Raw(event_port="x"), Raw(event_port=1e9), Raw(width=0),
    Raw(width=-5), Raw(height=float("nan")), Raw(height=1e9), Raw(fit="sideways"), Raw(lost="panic"),
    Raw(profile="fast"), Raw(width=None)])
def test_nonsense_becomes_words_and_something_that_works(raw: Raw) -> None:
    settings = read_settings(raw, 16384)
    assert len(settings.trouble) >= 1
    assert 0 < settings.port < 65536
    assert settings.stream_port != settings.event_port
    assert 16 <= settings.width <= 16384
    assert 16 <= settings.height <= 16384


def test_a_size_beyond_the_license_is_the_license() -> None:
    settings = read_settings(Raw(width=1920, height=1080), 1280)
    assert (settings.width, settings.height) == (1280, 1080)
    assert "1280" in settings.trouble[0]
    assert read_settings(Raw(), 1280).trouble == ()


def test_localhost_is_the_address_that_the_server_listens_on() -> None:
    assert read_settings(Raw(server="localhost"), 0)[:2] == ("127.0.0.1", 7500)


def test_a_lost_server_holds_or_fades_to_black() -> None:
    assert lost_gain("hold", 99.0, 2.0) == 1.0
    assert lost_gain("black", 2.0, 2.0) == 1.0
    levels = [lost_gain("black", 2.0 + FADE_OUT * n / 10, 2.0) for n in range(12)]
    assert all(a >= b for a, b in pairwise(levels))
    assert levels[-1] == 0.0


@pytest.mark.parametrize("name", ["../a.mov", "/a.mov", "C:/a.mov", "\\\\host\\a.mov", "http://h/a.mov", "a/NUL", "",
                                  "a//b", "x/../../a.mov", "aux.mov", "a\nb.mov"])
def test_paths_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="refused"):
        movie_path("C:\\media", name)


def test_a_path_in_the_media_folder(tmp_path: Any) -> None:
    assert movie_path("C:\\media\\", "song/a.mov") == "C:/media/song/a.mov"
    with pytest.raises(ValueError, match="Media Folder"):
        movie_path("", "a.mov")
    folder = tmp_path.as_posix()
    assert "there is no folder" in why_not(folder + "/gone", folder + "/gone/a.mov")
    assert why_not(folder, folder + "/song/a.mov") == f"there is no song/a.mov in {folder}"
    (tmp_path / "a.mov").write_bytes(b"")
    assert "interscene verify" in why_not(folder, folder + "/a.mov")


def test_beats_go_out_as_often_as_the_server_can_use() -> None:
    beats = BeatModel()
    assert sum(beats.due(True, n / 60) for n in range(60)) <= 1 / EVERY
    assert not beats.due(False, 100.0)
    assert beats.message(17.5, 128.0) == ("/clock/beats", [17.5, 128.0])
    assert beats.message(17.5, 0.0) == ("/clock/beats", [17.5])
    assert beats.message(-1.0, 120.0) is None
    assert beats.message(None, None) is None


def test_the_log_counts_repetitions_and_forgets_the_oldest() -> None:
    log = LogModel()
    for n in range(3):
        log.add("the same\nline", float(n))
    assert log.rows()[1:] == [["2.0", "the same line (3 times)"]]
    for n in range(2 * LINES):
        log.add(f"line {n}", 5.0)
    assert len(log.rows()) == LINES + 1


@given(st.lists(st.one_of(st.none(), st.floats(width=32)), min_size=13, max_size=13))
def test_any_channels_are_a_bundle_or_none(values: list[float | None]) -> None:
    assert len(channel_names(1)) == 13
    said = read_channels(values)
    if said is not None:
        assert len(said[1]) == 3
        assert all(command.finite for command in said[1].values())
