"""What a public project, wtkns/TDPyMovieplayer, tells in notes and tests of TouchDesigner 2025, the fake does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_td import FakeTouchDesigner, Quirks
from fake_td.errors import tdError
from making import MakeTd

BUILD = "2025.32820"
READ_OUT = ("hardware_decode", "pre_read_misses", "num_pre_read_frames", "last_frame_decode_time",
            "last_gpu_upload_time", "has_decode_errors", "loop_frame", "last_pre_read_miss_wait",
            "hard_drive_timeouts", "first_index_to_read", "last_frame_hd_read_time", "open", "opening", "open_failed",
            "fully_pre_read", "true_length", "hardware_yuv_to_rgb", "pre_read_fails", "disk_read_mbit_rate",
            "num_decode_chunks")


def watched(td: FakeTouchDesigner, path: Path) -> tuple[Any, Any]:
    """A player with a movie, and its Info CHOP."""
    td.disk.open_time = lambda path, chance: 0.05
    player, info = td.root.create("moviefileinTOP", "player"), td.root.create("infoCHOP", "info")
    player.par.file, info.par.op = str(path), player
    td.view(player)
    td.seconds(0.5)
    return player, info


def test_every_channel_that_it_reads_out_is_there_and_dropped_frames_is_not(make_td: MakeTd, media: Path) -> None:
    _, info = watched(make_td(BUILD), media / "a.mov")
    assert [name for name in READ_OUT if info[name] is None] == []
    assert info["dropped_frames"] is None, "it is Video Device Out's"


def test_a_channel_is_evaluated_and_never_formatted(make_td: MakeTd, media: Path) -> None:
    _, info = watched(make_td(BUILD), media / "a.mov")
    assert f"{info['open'].eval():.1f}" == "1.0"
    with pytest.raises(TypeError):
        f"{info['open']:.1f}"


def test_a_column_has_its_head_and_one_that_is_not_there_is_none(make_td: MakeTd) -> None:
    table = make_td(BUILD).root.create("tableDAT", "playlist")
    for row in (["name", "path"], ["one.mkv", "media/one.mkv"]):
        table.appendRow(row)
    assert [cell.val for cell in table.col("path")] == ["path", "media/one.mkv"]
    assert table.col("index") is None


def test_create_may_append_a_digit_to_a_name_that_is_free(make_td: MakeTd) -> None:
    root = make_td(BUILD, quirks=Quirks(create_adds_digit=True)).root
    made = root.create("nullTOP", "mix")
    assert made.name == "mix1"
    made.name = "mix"
    assert root.op("mix") is made


def test_enums_are_not_in_the_module(make_td: MakeTd) -> None:
    with pytest.raises(AttributeError):
        _ = make_td(BUILD).td.ParMode


def test_a_button_is_pulsed(make_td: MakeTd, media: Path) -> None:
    td = make_td(BUILD)
    player, _ = watched(td, media / "a.mov")
    before = len(td.disk.opens)
    player.par.reloadpulse.pulse()
    td.seconds(0.5)
    assert len(td.disk.opens) == before + 1
    with pytest.raises(tdError):
        player.par.index.pulse()


def test_the_same_path_is_not_opened_again(make_td: MakeTd, media: Path) -> None:
    td = make_td(BUILD)
    player, _ = watched(td, media / "a.mov")
    before = len(td.disk.opens)
    player.par.file = player.par.file.eval()
    td.seconds(0.5)
    assert len(td.disk.opens) == before
