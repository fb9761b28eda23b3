"""Damaged songs: every kind is imported, used as far as it goes, and told in words with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_songs import PROMPTS, SEQUENCE, SETTINGS, contents, fill, frames, png, small_song

from server.errors import InputError
from server.library.graph.identity import PictureId, edge_of
from server.library.songs.file_graph import resolve
from server.library.songs.importing import ImportReport, import_song
from server.library.songs.song_files import read_song_folder

SUN, MOON = PictureId("sun", 1000), PictureId("moon", 2000)


def imported(tmp_path: Path, files: dict[str, str | bytes], *, song: bool = True) -> tuple[ImportReport, list[str]]:
    source = small_song(tmp_path / "in" / "x", files) if song else fill(tmp_path / "in" / "x", files)
    before = contents(source)
    report = import_song([source], tmp_path / "x")
    assert contents(report.song) == before
    return report, [str(each) for each in report.oddities]


@pytest.mark.parametrize(("file", "content", "words"), [
    ("prompt_image_definitions.csv", b"\xef\xbb\xbf" + PROMPTS.replace("\n", "\r\n").encode(),
     "line 1: the file begins with a byte order mark, as spreadsheets write it, and its lines end as on Windows"),
    ("prompt_image_definitions.csv", PROMPTS.replace("a sun", "Küste").encode("cp1252"), "cp1252"),
    ("prompt_image_definitions.csv", PROMPTS.encode("utf-16"), "UTF-16"),
    ("prompt_image_definitions.csv", PROMPTS + ",,,\n" * 981, "line 4: 981 rows"),
    ("prompt_image_definitions.csv", PROMPTS + "sun,again,7,7.5\n", "line 4: the name 'sun' is there twice; line 2"),
    ("prompt_image_definitions.csv", PROMPTS + "red-sky,x,7,7.5\n", "line 4: the name 'red-sky' has a hyphen"),
    ("prompt_image_definitions.csv", PROMPTS + "big,x,1.23E+15,7.5\n", "line 4: a spreadsheet has rounded a seed"),
    ("prompt_image_definitions.csv", PROMPTS + "big,x,1000.0,7.5\n", "line 4: seeds of 'big' are written as decimals"),
    ("prompt_image_definitions.csv", "name,prompt\nsun,x\n", "line 1: there is no column 'seeds'"),
    ("prompt_image_definitions.csv", "", "the file is empty"),
    ("prompt_image_definitions.csv", b"\x00\x01\x02\xff", "prompt_image_definitions.csv"),
    ("scene_sequence.csv", "duration,section\n1,1\n", "line 1: there is no column 'scene'"),
    ("scene_sequence.csv", ",scene\n0,sun\n", "line 1: there is no column 'duration'"),
    ("scene_sequence.csv", SEQUENCE + "2,nowhere,1,1,\n", "line 4: 1 scene that is neither"),
    ("scene_sequence.csv", ",scene,duration,section,start\n", "no rows"),
    ("scene_sequence.csv", SEQUENCE.replace("sun_1000", "moon_2000"), "line 2: the anchor 'moon_2000' is not in its"),
    ("scene_sequence.csv", SEQUENCE.replace("sun_1000", "mars_1"), "line 2: the anchor 'mars_1' of 'sun' is no "),
    ("scene_sequence.csv", SEQUENCE.replace("sun,1", "sun,7"), "line 2: 7 hops are to be made in 'sun', which has 2"),
    ("scene_sequence.csv", ",scene,duration,section,start,avoid\n0,sun,1,1,,\"sun_1000,sun_1001\"\n",
     "line 2: avoid leaves no picture of 'sun'"),
    ("scene_sequence.csv", ",scene,duration,section,start,avoid\n0,sun,1,1,sun_1000,sun_1000\n", "start and avoided"),
    ("scene_sequence.csv", ",scene,duration,section,start,avoid\n0,sun,1,1,,mars_7\n", "'mars_7' is to be avoided"),
    ("scene_sequence.csv", SEQUENCE + "2,sun,0,1,\n", "the sequence comes back to 'sun'"),
    ("scene_sequence.csv", SEQUENCE.replace("sun,1", "Sun,1"), "line 2: the scene 'Sun' is written 'sun' elsewhere"),
    ("tgen_settings.json", "{'a': 1}", "line 1: texts stand between"),
    ("tgen_settings.json", "{\n\"res_width\": 64,\n\"res_height\": 64\n\"a\": 1}", "line 4"),
    ("tgen_settings.json", '{"res_width": "64", "res_height": 64}', "res_width is written as the text '64'"),
    ("tgen_settings.json", '{"res_width": 564, "res_height": 64}', "res_width is 564"),
    ("tgen_settings.json", "[]", "a list"),
    ("tgen_settings.json", b"\xef\xbb\xbf" + SETTINGS.encode(), "byte order mark"),
    ("never_again.txt", "mars\n", "line 1: 'mars'"),
    ("never_again.txt", "sun\nmoon\n", "every picture of the song is listed"),
    ("transition_meta/interscene_transitions.csv", "from_name,from_seed,to_name,to_seed\nsun,1000,mars,1\n",
     "1 transition between pictures that the song does not have"),
    ("transition_meta/intrascene_transitions.csv", "a,b\n", "transition_meta/intrascene_transitions.csv, line 1"),
    ("story/trans_sequence.csv", "c1\nx\n", "story/trans_sequence.csv"),
    ("story/graph.gexf", "<gexf>", "story/graph.gexf"),
    ("prompt_images/sun_1001 (1).png", png(), "prompt_images/sun_1001 (1).png: it is a copy"),
    ("prompt_images/sun_9 (1).png", png(), "there is no sun_9.png"),
    ("prompt_images/sun_1001.png", png()[:-20], "prompt_images/sun_1001.png: it is cut short"),
    ("prompt_images/sun_1001.png", b"", "it is empty (0 bytes)"),
    ("prompt_images/sun_1001.png", b"\0" * 900, "zeros"),
    ("prompt_images/notes.doc", "x", "1 file that is no picture: notes.doc"),
    ("prompt_images/holiday.png", png(), "its name does not end in _ and a seed"),
    ("prompt_images/sun_77.png", png(), "line 2: 1 picture of 'sun' on disk that the definitions do not list"),
    ("prompt_images/mars_77.png", png(), "1 picture of 'mars' on disk"),
    ("transition_images/sun-1000 to mars-7/frame000000.png", png(), "the song has no picture mars-7"),
    ("transition_images/loose.txt", "x", "transition_images/loose.txt: it is a file among the folders"),
    ("transition_images/strange/frame000000.png", png(), "its name is not 'name-seed to name-seed'"),
    ("transition_images/sun-1000 to moon-2000 (1)/frame000000.png", png(), "it is a copy"),
    ("transition_images/sun-1000 to moon-2000/frame000002 (1).png", png(), "1 copy made by a synced drive"),
    ("transition_images/sun-1000 to moon-2000/frame000005.png", png(), "2 frames missing: 3 to 4"),
    ("transition_images/sun-1001 to moon-2000/frame000000.png", png(), "1 frame, and the settings ask for 3"),
    ("transition_images/sun-1000 to moon-2000/frame000001.png", b"", "empty (0 bytes): frame000001.png"),
    ("transition_images/moon-2000 to sun-1000/frame000000.png", png(), "the way back is there, too"),
    ("scene_sequence_x (1).csv", SEQUENCE, "scene_sequence_x (1).csv: its name is that of a copy"),
    ("tgen_settings (1).json", SETTINGS, "tgen_settings (1).json: its name is that of a copy"),
])
def test_damage_is_told_with_its_place_and_the_song_is_there(
        tmp_path: Path, file: str, content: str | bytes, words: str) -> None:
    report, said = imported(tmp_path, {file: content})
    assert any(words in line and file.split("/")[0].split(".")[0][:5] in line for line in said), said
    assert report.graph.pictures
    assert report.graph.scenes
    assert report.graph.sequences[""] or file == "scene_sequence.csv"


@pytest.mark.parametrize(("file", "words"), [
    ("prompt_image_definitions.csv", "it is a folder where a file should be"),
    ("scene_sequence.csv", "it is a folder where a file should be"),
    ("tgen_settings.json", "it is a folder where a file should be"),
    ("never_again.txt", "it is a folder where a file should be"),
    ("transition_meta/interscene_transitions.csv", "it is a folder where a file should be"),
    ("prompt_images/sun_1001.png", "it is a folder where a picture should be"),
])
def test_a_folder_where_a_file_should_be_is_told(tmp_path: Path, file: str, words: str) -> None:
    source = small_song(tmp_path / "in" / "x")
    (source / file).unlink(missing_ok=True)
    fill(source, {f"{file}/inner.txt": "x"})
    report = import_song([source], tmp_path / "x")
    assert any(each.file == file and words in each.what for each in report.oddities)
    assert (report.song / file / "inner.txt").exists()
    assert report.graph.pictures


@pytest.mark.parametrize("folder", ["scenes", "transitions", "story", "masks"])
def test_a_file_where_a_folder_should_be_is_told(tmp_path: Path, folder: str) -> None:
    _, said = imported(tmp_path, {folder: "x"})
    assert any(line.startswith(f"{folder}: it is a file where a folder should be") for line in said)


def test_a_file_that_is_cut_while_it_is_read_is_told(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    (song / "scene_sequence.csv").chmod(0)
    try:
        files = read_song_folder(song)
    finally:
        (song / "scene_sequence.csv").chmod(0o600)
    assert files.prompts is not None  # where permissions count, the sequence is said to be unreadable
    assert files.sequences or any("cannot be read" in each.what for each in files.oddities)


def test_names_that_older_programs_mix_up_are_resolved_by_lists_or_told(tmp_path: Path) -> None:
    prompts = "name,prompt,seeds\nsun,x,12345 12349\nmoon,y,7\nstar,z,8\n"
    listed = "from_name,from_seed,to_name,to_seed,compute\nsun,12349,moon,7,y\n"
    report, said = imported(tmp_path, {
        "prompt_image_definitions.csv": prompts, "transition_meta/interscene_transitions.csv": listed,
        **frames("sun-1234 to moon-7", 3), **frames("star-8 to sun-1234", 3), **frames("star-8 to sun-12345", 3)},
        song=False)
    graph = report.graph
    assert edge_of(PictureId("sun", 12349), PictureId("moon", 7)) in graph.transitions
    assert edge_of(PictureId("sun", 12345), PictureId("moon", 7)) not in graph.transitions
    assert edge_of(PictureId("sun", 12345), PictureId("star", 8)) in graph.transitions
    assert any("sun_12345 and sun_12349 are both called sun-1234" in line for line in said)
    assert any(line.startswith("transition_images/star-8 to sun-1234: sun-1234 may be sun-12345 or sun-12349") and
               "'star-8 to sun-12349'" in line for line in said), said
    assert any("taken as sun-12349 to moon-7" in line for line in said)


def test_names_with_hyphens_and_to_are_told_apart_by_the_pictures_there_are(tmp_path: Path) -> None:
    prompts = "name,prompt,seeds\nred-sky,x,12\na to b,y,3\nmy-1 to x,z,4\n"
    report, _ = imported(tmp_path, {"prompt_image_definitions.csv": prompts, **frames("red-sky-12 to a to b-3", 3),
                                    **frames("my-1 to x-4 to red-sky-12", 3)}, song=False)
    assert set(report.graph.transitions) == {
        edge_of(PictureId("red-sky", 12), PictureId("a to b", 3)),
        edge_of(PictureId("my-1 to x", 4), PictureId("red-sky", 12))}


def test_scenes_are_prompts_else_folders_else_what_a_graph_says(tmp_path: Path) -> None:
    gexf = ('<gexf xmlns="http://www.gexf.net/1.2draft"><graph><attributes class="node"><attribute id="0" '
            'title="scene" type="string"/></attributes><nodes><node id="moon-2001"><attvalues><attvalue for="0" '
            'value="s2"/></attvalues></node></nodes></graph></gexf>')
    report, said = imported(tmp_path, {
        "scene_sequence.csv": ",scene,duration,section,start\n0,s1,1,1,\n1,s2,0,1,\n2,sun,0,1,\n3,s9,0,1,moon_2000\n",
        "scenes/s1/sun_1001.png": png(), "scenes/s1/moon_2000.png": png(), "story/graph.gexf": gexf,
        "scenes/sun/sun_1000.png": png()})
    scenes = report.graph.scenes
    assert set(scenes["s1"].pictures) == {PictureId("sun", 1001), MOON}
    assert scenes["s2"].pictures == (PictureId("moon", 2001),)
    assert len(scenes["sun"].pictures) == 2
    assert [step.scene for step in report.graph.sequences[""]] == ["s1", "s2", "sun", "moon"]
    assert any("'sun' is a prompt with 2 pictures and a folder with 1; the prompt counts" in line for line in said)
    assert any("line 5: 1 scene that is neither" in line and "s9 as moon" in line for line in said)


def test_pictures_that_are_never_shown_again(tmp_path: Path) -> None:
    report, _ = imported(tmp_path, {"never_again.txt": "# enough of these\nsun_1000\nmoon  # all of them\n"})
    assert report.graph.never == {SUN, MOON, PictureId("moon", 2001)}


def test_a_folder_that_is_no_song_is_refused(tmp_path: Path) -> None:
    for number, files in enumerate(({}, {"letter.txt": "x"}, {"deep/deeper/x.csv": "a,b\n"})):
        source = fill(tmp_path / str(number), files)
        source.mkdir(exist_ok=True)
        with pytest.raises(InputError, match="holds no song"):
            import_song([source], tmp_path / "x")
    with pytest.raises(InputError, match="is a file"):
        import_song([tmp_path / "1" / "letter.txt"], tmp_path / "x")
    assert not (tmp_path / "x").exists()


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from([
    "prompt_image_definitions.csv", "scene_sequence.csv", "tgen_settings.json", "never_again.txt",
    "transition_meta/interscene_transitions.csv", "story/trans_sequence.csv"]),
    st.binary(max_size=60) | st.text(alphabet='sunmo_,;"\n 0129-{}:randomscenestart', max_size=90).map(str.encode),
    max_size=4))
def test_any_contents_of_a_song_give_a_graph(tmp_path_factory: pytest.TempPathFactory,
                                             files: dict[str, bytes]) -> None:
    song = small_song(tmp_path_factory.mktemp("any") / "x", files)
    found = read_song_folder(song)
    resolved = resolve(found)
    graph = resolved.graph
    assert all(picture in graph.pictures for scene in graph.scenes.values() for picture in scene.pictures)
    for steps in graph.sequences.values():
        assert all(step.scene in graph.scenes for step in steps)
    for each in (*found.oddities, *resolved.oddities):
        assert each.what
        assert each.done
        assert "\n" not in str(each)


def test_a_seed_that_a_spreadsheet_rounded_is_found_by_its_picture(tmp_path: Path) -> None:
    prompts = "name,prompt,seeds\nsun,x,9006264050842230\n"
    report, said = imported(tmp_path, {"prompt_image_definitions.csv": prompts,
                                       "prompt_images/sun_9006264050842235.png": png()}, song=False)
    assert PictureId("sun", 9006264050842235) in report.graph.pictures
    assert any("line 2: the seed 9006264050842230 of 'sun' looks like 9006264050842235" in line for line in said)


def test_an_anchor_with_a_cut_seed_may_be_two_pictures_and_says_which(tmp_path: Path) -> None:
    report, said = imported(tmp_path, {
        "prompt_image_definitions.csv": "name,prompt,seeds\nsun,x,12345 12349 7\n",
        "scene_sequence.csv": ",scene,duration,section,start,avoid\n0,sun,0,1,sun_1234,sun_7\n"}, song=False)
    step = report.graph.sequences[""][0]
    assert step.start == (PictureId("sun", 12345), PictureId("sun", 12349))
    assert step.avoid == {PictureId("sun", 7)}
    assert any("line 2: the anchor 'sun_1234' may be sun_12345 or sun_12349" in line for line in said)


@pytest.mark.parametrize("name", ["prompt_image_definitions.csv", "scene_sequence.csv", "tgen_settings.json"])
def test_an_empty_folder_where_a_file_should_be_is_told(tmp_path: Path, name: str) -> None:
    source = small_song(tmp_path / "in" / "x")
    (source / name).unlink()
    (source / name).mkdir()
    (source / "masks").mkdir(exist_ok=True)
    told = [str(each) for each in import_song([source], tmp_path / "x").oddities]
    assert any(name in each and "it is an empty folder where a file should be" in each for each in told), told
    assert not any("masks" in each and "folder where" in each for each in told), "a folder that should be one is none"


def test_a_sequence_that_cannot_be_read_is_not_said_to_be_missing(tmp_path: Path) -> None:
    _, told = imported(tmp_path, {"scene_sequence.csv": ""})
    about = [each for each in told if each.startswith("scene_sequence.csv")]
    assert any("the file is empty" in each for each in about)
    assert not any("there is no such file" in each for each in about), about
    assert any("every scene is visited in turn" in each for each in about)
