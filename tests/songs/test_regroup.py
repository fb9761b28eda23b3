"""Pictures moved between scenes: what the song is afterwards, what its files look like, and the way back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from song_samples import drawn, make_song, save

from server.errors import InputError, IntersceneError, LibraryError, OutputError
from server.library.graph.identity import PictureId
from server.library.songs import regroup as module
from server.library.songs.regroup import regroup, undo_regroup
from server.library.songs.regroup_journal import KEPT, newest_change
from server.library.songs.song_folder import open_song

PROMPTS = {"sun": (1, 2, 3), "sea": (4, 5), "sky": (6, 7)}
SUN_2 = PictureId("sun", 2)


@pytest.fixture
def song(tmp_media: Path) -> Path:
    return make_song(tmp_media / "song", PROMPTS)


def scenes(song: Path) -> dict[str, list[str]]:
    return {name: [each.node for each in scene.pictures] for name, scene in open_song(song).scenes.items()}


def everything(song: Path) -> Mapping[str, bytes]:
    """Every file that is the user's, and every folder."""
    found = {path.relative_to(song).as_posix(): path.read_bytes() if path.is_file() else b"/"
             for path in song.rglob("*") if ".interscene" not in path.parts}
    return dict(sorted(found.items()))


def test_a_picture_leaves_a_prompt_for_another_and_only_their_rows_change(song: Path) -> None:
    text = (b"\xef\xbb\xbf,scene,duration,section,start,mine\r\n7, sun ,2,1,,\"a, b\"\r\n\r\n"
            b"3,sky,1,1,,  kept  \r\n9,sea,1,2,,x\r\n")
    (song / "scene_sequence.csv").write_bytes(text)
    before = everything(song)

    done = regroup(song, SUN_2, "sun", "sea")

    assert "sun-2 moved from sun to sea" in done.text
    assert "sun by hand" in done.text
    assert done.written == ("scene_sequence.csv",)
    assert (song / "scene_sequence.csv").read_bytes() == (
        b"\xef\xbb\xbf,scene,duration,section,start,mine\r\n7,sun by hand,2,1,,\"a, b\"\r\n\r\n"
        b"3,sky,1,1,,  kept  \r\n9,sea by hand,1,2,,x\r\n")
    assert scenes(song) == {"sun by hand": ["sun-1", "sun-3"], "sky": ["sky-6", "sky-7"],
                            "sea by hand": ["sea-4", "sea-5", "sun-2"]}
    assert undo_regroup(song) == "sun-2 moved from sun to sea"
    assert everything(song) == before
    assert newest_change(song) == ""


def test_between_folders_only_a_file_moves(song: Path) -> None:
    regroup(song, SUN_2, "sun", "sea")
    sequence = (song / "scene_sequence.csv").read_bytes()
    before = everything(song)

    done = regroup(song, SUN_2, "sea by hand", "sun by hand")

    assert done.written == ()
    assert (song / "scene_sequence.csv").read_bytes() == sequence
    assert scenes(song)["sun by hand"] == ["sun-1", "sun-2", "sun-3"]
    assert not (song / "scenes" / "sea by hand" / "sun_2.png").exists()
    undo_regroup(song)
    assert everything(song) == before


def test_a_picture_whose_only_file_lies_in_its_scene_is_kept(song: Path) -> None:
    save(song / "scenes" / "rain" / "drop_9.png", drawn(9))
    save(song / "scenes" / "rain" / "drop_8.png", drawn(8))

    regroup(song, PictureId("drop", 9), "rain", "sun")

    assert "drop-9" in scenes(song)["sun by hand"]
    assert scenes(song)["rain"] == ["drop-8"]
    undo_regroup(song)
    assert set(scenes(song)["rain"]) == {"drop-8", "drop-9"}


def test_every_sequence_of_the_song_follows(song: Path) -> None:
    (song / "scene_sequence_late.csv").write_text("scene;duration;section;start\nSea;1;1;sea_4\nsky;1;1;\n")

    done = regroup(song, PictureId("sea", 4), "sea", "sky")

    assert set(done.written) == {"scene_sequence.csv", "scene_sequence_late.csv"}
    assert (song / "scene_sequence_late.csv").read_text() == (
        "scene;duration;section;start\nsea by hand;1;1;sea_4\nsky by hand;1;1;\n")
    assert "does not count there any more" in done.text


def test_a_song_without_a_sequence_gets_one(song: Path) -> None:
    (song / "scene_sequence.csv").unlink()
    before = everything(song)

    done = regroup(song, SUN_2, "sun", "sea")

    assert done.written == ("scene_sequence.csv",)
    assert scenes(song)["sea by hand"] == ["sea-4", "sea-5", "sun-2"]
    assert scenes(song)["sun by hand"] == ["sun-1", "sun-3"]
    undo_regroup(song)
    assert everything(song) == before


@pytest.mark.parametrize(("picture", "source", "target", "words"), [
    (SUN_2, "sun", "sun", "in sun already"),
    (SUN_2, "sea", "sky", "not in sea any more"),
    (SUN_2, "sun", "../sea", "no scene '../sea'"),
    (PictureId("sun", 99), "sun", "sea", "not in sun any more"),
])
def test_what_makes_no_sense_is_refused(song: Path, picture: PictureId, source: str, target: str, words: str) -> None:
    before = everything(song)
    with pytest.raises(InputError, match=words):
        regroup(song, picture, source, target)
    assert everything(song) == before


def test_the_last_picture_of_a_scene_that_is_visited_stays(song: Path) -> None:
    regroup(song, PictureId("sea", 4), "sea", "sky")
    with pytest.raises(InputError, match="the only picture of sea by hand"):
        regroup(song, PictureId("sea", 5), "sea by hand", "sun")


def test_a_picture_without_a_file_cannot_be_put_into_a_folder(song: Path) -> None:
    (song / "prompt_images" / "sun_2.png").unlink()
    before = everything(song)
    with pytest.raises(InputError, match=r"no file of sun-2; make or add it first"):
        regroup(song, SUN_2, "sun", "sea")
    assert everything(song) == before


def test_rows_that_go_by_their_pictures_are_told_and_nothing_changes(song: Path) -> None:
    (song / "scene_sequence.csv").write_text(",scene,duration,section,start\n0,Intro,1,1,sun_1\n1,sea,1,1,\n")
    before = everything(song)
    with pytest.raises(LibraryError, match="cannot be moved to sea: by the song"):
        regroup(song, SUN_2, "sun", "sea")
    assert everything(song) == before


def test_a_file_in_the_way_takes_everything_back(song: Path) -> None:
    (song / "scenes").write_text("no folder")
    before = everything(song)
    with pytest.raises(IntersceneError):
        regroup(song, SUN_2, "sun", "sea")
    assert everything(song) == before
    assert newest_change(song) == ""


def test_a_disk_that_fails_midway_takes_everything_back(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OutputError("the disk is full")

    before = everything(song)
    monkeypatch.setattr(module, "_verify", fails)
    with pytest.raises(OutputError, match="full"):
        regroup(song, SUN_2, "sun", "sea")
    assert everything(song) == before


def test_what_was_edited_since_is_not_undone(song: Path) -> None:
    regroup(song, SUN_2, "sun", "sea")
    with (song / "scene_sequence.csv").open("a") as file:
        file.write("9,sky,1,3,\n")
    before = everything(song)
    with pytest.raises(InputError, match=r"scene_sequence.csv was changed after it"):
        undo_regroup(song)
    assert everything(song) == before


def test_a_copy_that_was_painted_over_stays(song: Path) -> None:
    regroup(song, SUN_2, "sun", "sea")
    painted = song / "scenes" / "sea by hand" / "sun_2.png"
    save(painted, drawn(77))
    os.utime(painted, ns=(1, 1))
    undo_regroup(song)
    assert [path.name for path in (song / "scenes" / "sea by hand").iterdir()] == ["sun_2.png"]


def test_nothing_to_undo_is_said(song: Path) -> None:
    with pytest.raises(InputError, match="nothing to undo"):
        undo_regroup(song)


def test_only_so_many_changes_are_kept(song: Path) -> None:
    there, back = "sea", "sun"
    for _ in range(KEPT + 2):
        regroup(song, SUN_2, *(name if name in scenes(song) else f"{name} by hand" for name in (back, there)))
        there, back = back, there
    assert len(list((song / ".interscene" / "undo").iterdir())) == KEPT


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=6), st.booleans())
def test_any_moves_can_be_taken_back(tmp_path: Path, moves: list[tuple[int, int]], sequence: bool) -> None:
    shutil.rmtree(tmp_path / "song", ignore_errors=True)
    song = make_song(tmp_path / "song", PROMPTS, sequence=sequence)
    states = [everything(song)]
    for which, where in moves:
        known = scenes(song)
        places = [(node, name) for name, inside in known.items() for node in inside]
        node, source = places[which % len(places)]
        target = list(known)[where % len(known)]
        try:
            regroup(song, PictureId.of_node(node), source, target)
        except InputError:
            assert everything(song) == states[-1]
            continue
        now = scenes(song)
        assert sorted(each for inside in now.values() for each in inside) == sorted(
            each for inside in known.values() for each in inside), "no picture is lost, none is there twice"
        states.append(everything(song))
    for state in reversed(states[:-1]):
        undo_regroup(song)
        assert everything(song) == state


def test_a_scene_of_a_drawn_graph_leads_to_no_other_folder(song: Path) -> None:
    (song / "story").mkdir()
    (song / "story" / "graph.gexf").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><gexf xmlns="http://www.gexf.net/1.2draft" version="1.2"><graph>'
        '<attributes class="node"><attribute id="0" title="scene" type="string"/></attributes><nodes>'
        '<node id="sky-6" label="sky-6"><attvalues><attvalue for="0" value="../../out"/></attvalues></node>'
        "</nodes><edges/></graph></gexf>")
    (song / "scene_sequence.csv").write_text(",scene,duration,section,start\n0,sun,1,1,\n1,../../out,0,1,\n")
    assert scenes(song)["../../out"] == ["sky-6"]
    outside = sorted(song.parent.rglob("*.png"))

    regroup(song, SUN_2, "sun", "../../out")

    assert scenes(song)[".._.._out by hand".lstrip(" .")] == ["sky-6", "sun-2"]
    assert [path for path in sorted(song.parent.rglob("*.png")) if song not in path.parents] == [
        path for path in outside if song not in path.parents]
    undo_regroup(song)
    assert scenes(song)["../../out"] == ["sky-6"]
