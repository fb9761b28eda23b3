"""Eleven real songs: each imports with its oddities in words, and comes back byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_songs import NAMES, SONGS, contents

from server.library.graph.identity import PictureId
from server.library.songlist import read_song_list
from server.library.songs.exporting import export_song
from server.library.songs.file_graph import resolve
from server.library.songs.importing import ImportReport, import_song
from server.library.songs.song_files import read_song_folder

PICTURES = {"acai": 116, "antic": 88, "cosmos_knows": 30, "cycle_mask_low": 393, "elationstation": 47, "emit": 378,
            "escape_cnet": 144, "heist": 197, "nspiral": 78, "pipey": 227, "spacetrain": 142}
ODDITIES = {
    "acai": ("line 1: the file begins with a byte order mark", "the first column numbers the rows in no order"),
    "antic": ("line 13: 1 row with nothing in it", "masks that are not in the folder masks: blank"),
    "cosmos_knows": ("line 2: seeds of 'luna' begin with zeros (0001", "shapes/circle_full"),
    "cycle_mask_low": ("res_height is 564", "2 empty columns without a name",
                       "cycle_purple_plume_4787899403024087 and cycle_purple_plume_478774411904993 are both called",
                       "line 22: the anchor 'envelop2_6329813242655007' is not in its scene 'envelop'",
                       "treestroy_art is perhaps treestroy"),
    "elationstation": ("line 9: the name 'elation e' is there twice; line 8 has it too", "inference_steps is the older",
                       "scene_sequence.csv: there is no such file"),
    "emit": ("line 12: 'cloud goddess' has no seeds", "line 17: the seed 5031760333126699 of 'cloud goddess6'",
             "cloud goddess5_8732083924873385 and cloud goddess5_873232394369376 are both called cloud goddess5-8732",
             "scene_sequence_laD.csv, line 2: 35 scenes that are neither a prompt with seeds nor a folder",
             "s1 as bleak forest2"),
    "escape_cnet": ("00003", "hc/f10"),
    "heist": ("shapes/gear_mask2", "no order (18, 22, 23, 19 and 25 more)"),
    "nspiral": ("scene_sequence.csv, line 1: the lines end as on Windows", "1 empty column without a name",
                "none of its scenes and anchors means a picture", "left out, since nothing says what they are: s1, s2"),
    "pipey": ("line 6: 947 rows with nothing in them", "line 20: the name 'red eye depth3' is there twice",
              "2 seeds of this line not used", "5 blanks", "s15 as ganesha6"),
    "spacetrain": ("line 5: 981 rows with nothing in them", "res_height is 564", "numbers that come twice"),
}


@pytest.fixture(params=NAMES)
def report(request: pytest.FixtureRequest, tmp_path: Path) -> ImportReport:
    return import_song([SONGS / request.param], tmp_path / request.param)


def test_there_are_eleven() -> None:
    assert set(NAMES) == set(PICTURES) == set(ODDITIES)


def test_a_real_song_imports_with_every_oddity_in_words(report: ImportReport) -> None:
    name = report.graph.name
    said = [str(each) for each in report.oddities]
    for words in ODDITIES[name]:
        assert any(words in line for line in said), (words, said)
    assert len(report.graph.pictures) == PICTURES[name]
    assert not any("\n" in line for line in said)
    notes = [each.note for each in report.oddities]
    assert notes == sorted(notes), "what changes nothing comes last"


def test_a_real_song_comes_back_byte_for_byte(report: ImportReport, tmp_path: Path) -> None:
    name = report.graph.name
    source = contents(SONGS / name)
    assert contents(report.song) == source
    out = export_song(report.song, tmp_path / "out" / name)
    assert contents(out.folder) == source
    split = export_song(report.song, tmp_path / "split", split=True)
    again = import_song([split.folder], tmp_path / "again" / name)
    assert contents(again.song) == source
    assert again.graph == report.graph
    assert again.oddities == report.oddities


def test_every_parsed_file_is_written_back_as_it_was(report: ImportReport) -> None:
    files = report.files
    assert files.prompts is not None
    source = SONGS / report.graph.name
    assert files.prompts.table.bytes() == (source / "prompt_image_definitions.csv").read_bytes()
    for variant, sequence in files.sequences.items():
        name = f"scene_sequence_{variant}.csv" if variant else "scene_sequence.csv"
        assert sequence.table.bytes() == (source / name).read_bytes()


def test_every_scene_and_step_of_a_real_song_can_be_walked(report: ImportReport) -> None:
    graph = report.graph
    assert graph.scenes
    assert {picture for scene in graph.scenes.values() for picture in scene.pictures} == set(graph.pictures)
    assert graph.sequences
    for steps in graph.sequences.values():
        assert steps
        for step in steps:
            pictures = set(graph.scenes[step.scene].pictures)
            assert pictures
            assert set(step.start) <= pictures
            assert step.hops < len(pictures)


def test_seeds_are_whole_integers_and_collisions_are_kept_apart() -> None:
    graph = resolve(read_song_folder(SONGS / "cycle_mask_low")).graph
    twins = [PictureId("cycle_purple_plume", seed) for seed in (4787899403024087, 478774411904993)]
    assert all(twin in graph.pictures for twin in twins)
    assert twins[0].alias == twins[1].alias
    largest = max(picture.seed for song in NAMES for picture in resolve(read_song_folder(SONGS / song)).graph.pictures)
    assert largest == 9006264050842235


def test_the_variants_of_a_song_are_sequences_of_their_own() -> None:
    graph = resolve(read_song_folder(SONGS / "emit")).graph
    assert set(graph.sequences) == {"laD", "meta", "rand_KV1"}
    step = next(step for step in graph.sequences["laD"] if len(step.start) == 4)
    assert step.scene == "ent goddess2"
    assert step.avoid == {PictureId("ent goddess2", 3365100344071777)}
    cut = next(step for step in graph.sequences["laD"] if step.scene == "cloud goddess4")
    assert {str(each.seed)[:4] for each in cut.avoid} == {"4440", "2889", "4750"}


def test_the_list_of_songs_of_the_older_player_is_read_whole() -> None:
    found = read_song_list(SONGS / "song_list.csv")
    assert len(found.entries) == 9
    assert found.problems == ()
    assert found.entries[4].subfolder == "1_Show/Emit"


def test_settings_of_a_variant_are_a_file_of_their_own() -> None:
    files = read_song_folder(SONGS / "acai")
    assert set(files.settings) == {"", "169"}
    assert files.size == (512, 512)
    assert (files.settings["169"].usual.width, files.settings["169"].usual.height) == (1024, 576)
