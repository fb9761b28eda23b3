"""Import of every layout that the older programs have had, and of songs in several places at once."""

from __future__ import annotations

import io
import tarfile
import unicodedata
from pathlib import Path

import pytest
from real_songs import PROMPTS, SEQUENCE, SETTINGS, contents, fill, frames, png, small_song

from server.errors import InputError
from server.library.graph.identity import PictureId, edge_of
from server.library.songs.importing import import_song

MADE = Path(__file__).parents[1] / "data" / "made_formats"
META = {"prompt_image_definitions.csv": PROMPTS, "scene_sequence.csv": SEQUENCE, "tgen_settings.json": SETTINGS}
LIST = (",from_name,from_seed,to_name,to_seed,compute,duration,scene_from,scene_to\n"
        "0,sun,1000,moon,2000,y,5,sun,moon\n")
MEDIA = {"prompt_images/sun_1000.png": png(), "transition_meta/interscene_transitions.csv": LIST,
         "stories/first/videos.txt": "file 'x/sections/section_1.mov'\n", "notes.txt": "remember",
         **frames("sun-1000 to moon-2000", 3)}


def below(song: str, files: dict[str, str | bytes]) -> dict[str, str | bytes]:
    return {f"{song}/{name}": content for name, content in files.items()}


def test_folders_of_inputs_and_of_media_are_merged(tmp_path: Path) -> None:
    meta, media = fill(tmp_path / "in" / "meta" / "x", META), fill(tmp_path / "in" / "media" / "x", MEDIA)
    report = import_song([meta, media], tmp_path / "x")
    assert contents(report.song) == {**contents(meta), **contents(media)}
    assert report.graph.pictures[PictureId("sun", 1000)].file == "prompt_images/sun_1000.png"
    assert report.graph.pictures[PictureId("sun", 1001)].file == ""
    edge = edge_of(PictureId("sun", 1000), PictureId("moon", 2000))
    assert set(report.graph.transitions) == {edge}
    assert "folder of frames" in report.graph.transitions[edge].reason
    assert contents(meta).keys() == META.keys(), "what is imported is never touched"


@pytest.mark.parametrize(("env", "tree"), [
    ("media_dir={root}/media\nmeta_dir={root}/meta\n", {"meta/x": META, "media/x": MEDIA}),
    ("media_dir=media\nmeta_dir=meta\nlambda_api_key=secret\n", {"meta/x": META, "media/x": MEDIA}),
    ("base_dir=base\nssh_user=me\n", {"base/x": {**META, **{
        name.replace("transition_meta", "prompt_data"): content for name, content in MEDIA.items()}}}),
    ("REPO_DIR={root}/repo\n", {"repo/song_meta/x": META, "repo/cloud/prompt_data/x": {
        "interscene_transitions.csv": LIST}, "repo/cloud/output/x": {
            name: content for name, content in MEDIA.items() if not name.startswith("transition_meta")}}),
])
def test_a_folder_with_a_dotenv_leads_to_the_song_in_all_eras(
        tmp_path: Path, env: str, tree: dict[str, dict[str, str | bytes]]) -> None:
    root = tmp_path / "programs"
    for folder, files in tree.items():
        fill(root / folder, files)
        fill(root / Path(folder).parent / "another", META)
    fill(root, {".env": env.format(root=root)})
    report = import_song([root], tmp_path / "songs" / "x")
    wanted = {name: content if isinstance(content, bytes) else content.encode()
              for name, content in {**META, **MEDIA}.items()}
    assert contents(report.song) == wanted
    assert not any("secret" in str(each) for each in report.oddities)


def test_a_dotenv_that_names_folders_of_another_machine_is_said(tmp_path: Path) -> None:
    root = fill(tmp_path / "programs", {".env": "media_dir=G:\\somewhere\\media\n", **below("x", META)})
    report = import_song([root], tmp_path / "x")
    assert any(each.file == ".env" and "not on this machine" in each.what for each in report.oddities)


def test_of_several_songs_the_name_chooses(tmp_path: Path) -> None:
    root = fill(tmp_path / "all", {**below("One", META), **below("two", META)})
    assert import_song([root], tmp_path / "one").copied == 3
    with pytest.raises(InputError, match="One, two"):
        import_song([root], tmp_path / "three")
    assert not (tmp_path / "three").exists()


def test_a_single_song_may_get_another_name(tmp_path: Path) -> None:
    root = fill(tmp_path / "all", below("One", META))
    report = import_song([root], tmp_path / "renamed")
    assert report.graph.name == "renamed"
    assert any("'renamed'" in each.done for each in report.oddities)


def test_lists_in_old_places_go_where_they_belong_and_that_is_said(tmp_path: Path) -> None:
    old = fill(tmp_path / "in", {**META, "prompt_data/intrascene_transitions.csv": LIST.replace("y,5", "n,5"),
                                 "prompt_data/trans_sequence.csv": ",c1,c2,section\n0,sun-1000,moon-2000,1\n"})
    report = import_song([old], tmp_path / "x")
    assert "transition_meta/intrascene_transitions.csv" in contents(report.song)
    assert list(report.files.plans) == ["story/trans_sequence.csv"]
    assert any("layout of an older program" in each.what for each in report.oddities)


def test_movies_of_the_earliest_program_are_kept_and_said(tmp_path: Path) -> None:
    old = fill(tmp_path / "in", {**META, "transitions/sun-1000 to moon-2000.mp4": b"mp4",
                                 "transitions_rev/sun-1000 to moon-2000.mp4": b"4pm",
                                 "scene_sequence_auto.csv": SEQUENCE})
    report = import_song([old], tmp_path / "x")
    assert set(report.graph.sequences) == {"", "auto"}
    said = {each.file: each for each in report.oddities}
    assert "older program" in said["transitions/sun-1000 to moon-2000.mp4"].what
    assert "turned round" in said["transitions_rev/sun-1000 to moon-2000.mp4"].what


def test_an_archive_is_imported_beside_folders(tmp_path: Path) -> None:
    meta = fill(tmp_path / "in" / "meta" / "x", META)
    archive = tmp_path / "x_20240601_120000.tar"
    with tarfile.open(archive, "w") as tar:
        for name, content in {**MEDIA, "../evil.txt": "no"}.items():
            data = content if isinstance(content, bytes) else content.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    report = import_song([meta, archive], tmp_path / "songs" / "x")
    wanted = {name: content if isinstance(content, bytes) else content.encode()
              for name, content in {**META, **MEDIA}.items()}
    assert contents(report.song) == wanted
    assert not (tmp_path / "songs" / "evil.txt").exists()
    assert any("evil" in str(each) for each in report.oddities)


def test_tabs_of_a_spreadsheet_become_definitions_and_lists(tmp_path: Path) -> None:
    root = fill(tmp_path / "in", {"input_data.xlsx": (MADE / "made_input_data.xlsx").read_bytes()})
    report = import_song([root], tmp_path / "made song")
    assert PictureId("big", 9006264050842235) in report.graph.pictures
    assert edge_of(PictureId("far dunes", 1001), PictureId("harbour_1", 42)) in report.graph.transitions
    assert any(each.file == "input_data.xlsx" and "prompt_image_definitions.csv" in each.done
               for each in report.oddities)


@pytest.mark.parametrize("run", ["made_dunes(0)_settings.txt", "made_dunes(1)_settings.txt"])
def test_a_run_of_pop_diffusion_becomes_the_beginning_of_a_song(tmp_path: Path, run: str) -> None:
    files: dict[str, str | bytes] = {name: (MADE / name).read_bytes() for name in (
        run, "made_dunes(1)_stats.txt", "made_antarctic_text_prompts.txt")}
    batch = fill(tmp_path / "made_dunes", {**files, "made_dunes(1)_0000.png": png()})
    report = import_song([batch], tmp_path / "dunes")
    kept = contents(report.song)
    assert kept[f"runs/made_dunes/{run}"] == files[run]
    assert report.graph.pictures
    assert all(picture.prompt for picture in report.graph.pictures.values())
    assert report.files.size is not None
    assert any("what of it Stable Diffusion knows" in each.done for each in report.oddities)
    assert any("not used here" in each.what for each in report.oddities)


def test_all_other_kinds_of_file_are_read_kept_and_judged(tmp_path: Path) -> None:
    others = {
        "story/graph_existing_transitions.gexf": (MADE / "made_graph_existing_transitions.gexf").read_bytes(),
        "stories/a/videos.txt": (MADE / "made_videos_frames.txt").read_bytes(),
        "stories/a/trans_sequence_a.csv": b"c1\nx\n", "explore/combos.json": b"{",
        "interpolation_observations.txt": (MADE / "made_interpolation_observations_json.txt").read_bytes(),
        "batch(3)_stats.txt": b"[]", "batch(3)_settings.txt": (MADE / "made_dunes(1)_settings.txt").read_bytes()}
    report = import_song([fill(tmp_path / "in", {**META, **others})], tmp_path / "x")
    kept = contents(report.song)
    assert {name: kept[name] for name in others} == others
    said = [str(each) for each in report.oddities]
    for words in ("explore/combos.json, line 1", "batch(3)_stats.txt", "stories/a/trans_sequence_a.csv"):
        assert any(line.startswith(words) for line in said), words
    assert report.files.graphs


def test_where_folders_differ_the_first_counts_and_both_are_named(tmp_path: Path) -> None:
    one = fill(tmp_path / "one", {**META, "same.txt": "same"})
    two = fill(tmp_path / "two", {"tgen_settings.json": "{}", "same.txt": "same", "Prompt_Images/a_1.png": png(),
                                  "prompt_images/A_1.png": png(shade=9)})
    report = import_song([one, two], tmp_path / "x")
    assert (report.song / "tgen_settings.json").read_text() == SETTINGS
    twice = [each for each in report.oddities if "there twice and differs" in each.what]
    assert {each.file for each in twice} == {"tgen_settings.json", "prompt_images/A_1.png"}
    assert any(str(two) in each.what and str(one) in each.what for each in twice)
    swapped = import_song([two, one], tmp_path / "y")
    assert (swapped.song / "tgen_settings.json").read_text() == "{}"


def test_what_systems_and_downloads_leave_is_not_copied(tmp_path: Path) -> None:
    source = fill(tmp_path / "in", {**META, ".DS_Store": "x", "Thumbs.db": "x", "prompt_images/desktop.ini": "x",
                                    "prompt_images/sun_1000.png.crdownload": "x", ".git/config": "x",
                                    "~$prompt_image_definitions.csv": "x", ".interscene/catalogue.sqlite": "x"})
    links = ("looped: it is a link to a folder", "gone.png")
    try:
        (source / "looped").symlink_to(source, target_is_directory=True)
        (source / "gone.png").symlink_to(source / "nowhere.png")
    except OSError:
        links = ()  # Windows lets only some people make links
    report = import_song([source], tmp_path / "x")
    assert contents(report.song).keys() == META.keys()
    said = [str(each) for each in report.oddities]
    for words in ("sun_1000.png.crdownload", "~$prompt_image", *links):
        assert any(words in line for line in said), words


def test_a_song_can_be_imported_from_itself_under_another_name(tmp_path: Path) -> None:
    song = small_song(tmp_path / "one")
    first = import_song([song], tmp_path / "two")
    assert contents(first.song) == contents(song)
    with pytest.raises(InputError, match="lie in each other"):
        import_song([song], song)
    with pytest.raises(InputError, match="lie in each other"):
        import_song([song], song / "inner")


def test_lists_in_the_folders_of_scenes_are_read_where_they_are(tmp_path: Path) -> None:
    inner = "from_name,from_seed,to_name,to_seed,compute\nsun,1000,sun,1001,y\n"
    report = import_song([fill(tmp_path / "in", {
        **META, "scenes/sun/transitions.csv": inner, "scenes/sun/sun_1000.png": png(),
        "scenes/interscene_transitions.csv": LIST})], tmp_path / "x")
    sun, other, moon = PictureId("sun", 1000), PictureId("sun", 1001), PictureId("moon", 2000)
    assert set(report.graph.transitions) == {edge_of(sun, other), edge_of(sun, moon)}
    assert set(report.files.lists) == {"scenes/sun/transitions.csv", "scenes/interscene_transitions.csv"}


def test_accents_may_be_stored_in_two_ways(tmp_path: Path) -> None:
    one, other = (unicodedata.normalize(form, "Küste") for form in ("NFC", "NFD"))
    report = import_song([fill(tmp_path / "in", {
        "prompt_image_definitions.csv": f"name,prompt,seeds\n{one},x,1 2\n",
        "scene_sequence.csv": f"scene,duration,section,start\n{other},1,1,{other}_2\n",
        f"prompt_images/{other}_1.png": png()})], tmp_path / "x")
    assert list(report.graph.pictures) == [PictureId(one, 1), PictureId(one, 2)]
    assert report.graph.pictures[PictureId(one, 1)].file
    assert report.graph.sequences[""][0].start == (PictureId(one, 2),)


def test_the_new_song_may_lie_below_the_folder_that_is_searched(tmp_path: Path) -> None:
    root = fill(tmp_path / "all", {**below("meta/x", META), **below("media/x", MEDIA)})
    first = import_song([root], root / "songs" / "x")
    again = import_song([root], root / "songs" / "x", overwrite=True)
    assert first.copied == again.copied == len(META) + len(MEDIA)
    assert contents(again.song) == {**contents(root / "meta" / "x"), **contents(root / "media" / "x")}
