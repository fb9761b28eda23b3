"""Which of a main and a backup server a component speaks to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_td import FakeTouchDesigner
from show_in_td import together

from td_extensions.servers_model import TURN, ServersModel
from td_extensions.settings_model import Raw, read_settings

MAIN, BACKUP = ("10.0.0.1", 7500), ("10.0.0.2", 7500)


def model(*places: tuple[str, int]) -> ServersModel:
    servers = ServersModel()
    servers.know(places)
    return servers


def asked(servers: ServersModel, seconds: float, linked: bool = False) -> list[int]:
    found = []
    for k in range(round(seconds * 10)):
        servers.turn(linked, k / 10)
        found.append(servers.at)
    return found


def test_the_main_server_is_spoken_to_first_and_the_other_where_it_does_not_answer() -> None:
    found = asked(model(MAIN, BACKUP), 5.0)
    assert found[:12] == [0] * 12
    assert found.index(1) == pytest.approx(TURN * 10, abs=1)
    assert found[-1] in (0, 1)
    assert 0 in found[found.index(1):], "and back again"


def test_while_one_answers_and_where_there_is_only_one_nothing_changes() -> None:
    assert set(asked(model(MAIN, BACKUP), 5.0, linked=True)) == {0}
    assert set(asked(model(MAIN), 5.0)) == {0}


def test_whoever_welcomes_is_spoken_to() -> None:
    servers = model(MAIN, BACKUP)
    servers.welcomed([1], ["backup", 1, 60.0, 1, "/media", 8, 7500], 3.0)
    assert servers.at == 1
    servers.welcomed([], ["stranger", 1, 60.0, 1, "/media", 8], 3.5)
    assert servers.at == 1
    servers.know([MAIN, BACKUP])
    assert servers.at == 1
    servers.know([BACKUP])
    assert servers.at == 0


def test_two_servers_on_one_computer_are_told_apart_by_their_ports() -> None:
    servers = model(("127.0.0.1", 7500), ("127.0.0.1", 7600))
    servers.welcomed([0, 1], ["b", 1, 60.0, 1, "/media", 8, 7600], 1.0)
    assert servers.at == 1
    servers.welcomed([0, 1], ["old", 1, 60.0, 1, "/media", 8], 2.0)
    assert servers.at == 0


def test_a_backup_stands_behind_a_comma() -> None:
    settings = read_settings(Raw(server="10.0.0.1:7500, stage-b:7600"), 0)
    assert (settings.host, settings.port, settings.spare) == ("10.0.0.1", 7500, ("stage-b", 7600))
    assert read_settings(Raw(server="10.0.0.1"), 0).spare == ("", 0)
    assert read_settings(Raw(server="10.0.0.1,"), 0).trouble == ()
    assert len(read_settings(Raw(server="10.0.0.1, no host"), 0).trouble) == 1


def test_a_component_follows_the_backup_that_welcomes_it_and_believes_the_other_no_more(
        media: Path, make_td: Callable[..., FakeTouchDesigner]) -> None:
    with together(media) as stage:
        assert stage.server is not None
        main = stage.comp.par.Server.eval()
        stage.comp.par.Server = f"{main}, 10.0.0.66:7600"
        stage.run(1.0)
        ext: Any = stage.comp.ext.LinkExt
        out = stage.comp.op("oscout_server").par
        assert out.address.eval() == "127.0.0.1"
        ext.Event("/td/deck/1/open", [900, 0, "b.mov", 0], "10.0.0.66")
        stage.run(0.6)
        assert any("10.0.0.66 sends" in line for line in stage.log()), "muted, it has nothing to say"
        ext.Event("/system/welcome", ["backup", 1, 60.0, 1, str(media), 99, 7600], "10.0.0.66")
        stage.run(1 / 60)
        assert (ext.Renderer.server, out.address.eval(), out.port.eval()) == ("backup", "10.0.0.66", 7600)
        ext.Event("/system/welcome", ["intruder", 1, 60.0, 1, "/elsewhere", 5, 7500], "10.0.0.77")
        ext.Event("/td/deck/1/open", [901, 0, "b.mov", 0], "127.0.0.1")
        stage.run(1 / 60)
        assert ext.Renderer.server == "backup"
        assert ext.Renderer.decks[1].player_of(901) is None
