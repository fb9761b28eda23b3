"""Layouts of all eras: one movie a transition, `.env` files, and which folders are songs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import made, said

from server.errors import MissingFile
from server.library.formats.env_folders import EnvFolders, Era, format_env_folders, parse_env_folders
from server.library.formats.oddity import Oddities
from server.library.formats.old_transitions import old_transitions
from server.library.formats.song_folders import (
    FolderKind,
    FoundFolders,
    find_song_folders,
    kind_of_names,
    place_in_song,
)


def tree(root: Path, *paths: str) -> Path:
    """Files, and folders where a path ends with /."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            (root / path).mkdir(exist_ok=True)
        else:
            (root / path).write_bytes(b"")
    return root


def parts(found: FoundFolders, root: Path) -> dict[str, list[tuple[str, str]]]:
    return {song.name: [(part.kind.name, part.path.relative_to(root).as_posix()) for part in song.parts]
            for song in found.songs}


def test_movies_of_the_earliest_programs() -> None:
    found, oddities = old_transitions([
        "transitions/a-1 to b-2.mp4", "transitions_rev/a-1 to b-2.mp4", "transitions/a-1 to b-2 (1).mp4",
        "scenes/s1/c-3 to d-4.mp4", "scenes/s1/rev/c-3 to d-4.mp4", "scenes/s1/rev/e-5 to f-6.mp4",
        "scenes/s2/a-1 to b-2.mp4", "scenes/s1/a_1.png", "stories/x/y/a-1 to b-2.mp4", "transitions/notes.mp4"])
    assert [(str(one.name), one.movie, one.scene, one.reversed_copy) for one in found] == [
        ("c-3 to d-4", "scenes/s1/c-3 to d-4.mp4", "s1", "scenes/s1/rev/c-3 to d-4.mp4"),
        ("a-1 to b-2", "scenes/s2/a-1 to b-2.mp4", "s2", "transitions_rev/a-1 to b-2.mp4")]
    words = "\n".join(map(str, oddities))
    assert "transitions/a-1 to b-2.mp4: it is there already as scenes/s2/a-1 to b-2.mp4" in words
    assert "transitions/a-1 to b-2 (1).mp4: it is a copy" in words
    assert "scenes/s1/rev/e-5 to f-6.mp4: only the reversed copy" in words


def test_env_files_of_three_eras() -> None:
    oddities = Oddities(".env")
    first = parse_env_folders(made("made_2023.env"), oddities)
    assert (first.era, first.base) == (Era.ONE_FOLDER, "G:\\My Drive\\Art")
    assert "addresses and keys: 'ssh_key_path', 'ssh_user', 'ssh_ip_address'; they are not taken over" in said(oddities)
    second = parse_env_folders(made("made_2024_spring.env"), oddities)
    assert (second.era, second.repository, second.base) == (Era.CLOUD, "~/Art", "/Volumes/show/Art")
    third = parse_env_folders(made("made_2024_summer.env"), oddities)
    assert third.era is Era.SPLIT
    assert third.roots() == ("/shows/song_meta", "/shows/media")
    assert third.left_out == ("lambda_api_key",)
    assert "made-secret" not in said(oddities)
    assert parse_env_folders(b"\xff\x00nonsense", oddities).era is Era.UNKNOWN


def test_env_files_that_contradict_themselves() -> None:
    oddities = Oddities(".env")
    folders = parse_env_folders(b"MEDIA_DIR=/a\nmedia_dir='/b'\nmeta_dir=\nPORT=3\n", oddities)
    assert folders.media == "/b"
    assert ".env, line 2: media_dir stands there twice; the last one counts" in said(oddities)
    assert "meta_dir is empty" in said(oddities)
    assert "settings of other programs: 'PORT'" in said(oddities)


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="$"), max_size=20)


@given(st.builds(EnvFolders, NAMES, NAMES, NAMES, NAMES, NAMES))
def test_folders_are_read_back_as_they_were_written(folders: EnvFolders) -> None:
    assert parse_env_folders(format_env_folders(folders), Oddities(".env")) == folders


def test_songs_since_inputs_and_media_are_apart(tmp_media: Path) -> None:
    root = tree(tmp_media, ".env", "song_meta/emit/prompt_image_definitions.csv", "song_meta/emit/masks/a.png",
                "song_meta/win/scene_sequence_meta.csv", "media/emit/prompt_images/", "media/Win/transition_images/",
                "media/loose/readme.txt", "song_meta/song_list.csv")
    found = find_song_folders(root)
    assert parts(found, root) == {"emit": [("META", "song_meta/emit"), ("MEDIA", "media/emit")],
                                  "Win": [("META", "song_meta/win"), ("MEDIA", "media/Win")]}
    assert found.env_files == (root / ".env",)
    assert found.song_lists == (root / "song_meta/song_list.csv",)
    assert found.oddities == ()
    assert parts(find_song_folders(root / "media/emit", root / "song_meta/emit"), root)["emit"][0][0] == "META"


def test_songs_of_the_cloud_era_and_of_one_folder(tmp_media: Path) -> None:
    root = tree(tmp_media, "Repo/song_meta/emit/tgen_settings_169.json",
                "Repo/cloud/prompt_data/emit/interscene_transitions.csv",
                "Repo/cloud/output/emit/transition_images/", "Repo/cloud/ti_gz/emit_transitions_20240501_120000.tar",
                "drive/acai/prompt_data/prompt_image_definitions.csv", "drive/acai/scenes/s1/",
                "drive/input_data.xlsx", "drive/acai/all_transitions.csv", "images_out/dunes/dunes(0)_settings.txt")
    found = find_song_folders(root)
    assert parts(found, root) == {
        "emit": [("META", "Repo/song_meta/emit"), ("LISTS", "Repo/cloud/prompt_data/emit"),
                 ("MEDIA", "Repo/cloud/output/emit"),
                 ("ARCHIVE", "Repo/cloud/ti_gz/emit_transitions_20240501_120000.tar")],
        "acai": [("COMBINED", "drive/acai")], "dunes": [("BATCH", "images_out/dunes")]}
    assert found.workbooks == (root / "drive/input_data.xlsx",)


def test_links_are_said_and_not_followed(tmp_media: Path) -> None:
    root = tree(tmp_media, "real/emit/prompt_images/", "songs/")
    try:
        (root / "songs/emit").symlink_to(root / "real/emit", target_is_directory=True)
        (root / "songs/round").symlink_to(root, target_is_directory=True)
    except OSError:
        pytest.skip("links need a permission here")
    found = find_song_folders(root / "songs")
    assert found.songs == ()
    assert [str(oddity) for oddity in found.oddities] == [
        f"{name}: it is a link to a folder; it is not followed; name that folder itself" for name in ("emit", "round")]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="check the name"):
        find_song_folders(tmp_path / "nowhere")
    assert find_song_folders(tmp_path).songs == ()


def test_what_names_say_of_a_folder() -> None:
    assert kind_of_names(["Prompt_Image_Definitions.CSV"], ["Prompt_Images"]) is FolderKind.COMBINED
    assert kind_of_names([], [], ["scene_sequence.csv"]) is FolderKind.META
    assert kind_of_names(["readme.md"], ["src"]) is None


@pytest.mark.parametrize(
    ("path", "kind", "place"),
    [
        ("prompt_data/prompt_image_definitions.csv", FolderKind.COMBINED, "prompt_image_definitions.csv"),
        ("prompt_data/scene_sequence_kv3.csv", FolderKind.COMBINED, "scene_sequence_kv3.csv"),
        ("prompt_data/existing_transitions.csv", FolderKind.COMBINED, "transition_meta/existing_transitions.csv"),
        ("prompt_data/transition_sequence_gen.csv", FolderKind.COMBINED, "story/transition_sequence_gen.csv"),
        ("interscene_transitions.csv", FolderKind.LISTS, "transition_meta/interscene_transitions.csv"),
        ("prompt_data/notes.txt", FolderKind.COMBINED, "prompt_data/notes.txt"),
        ("story/trans_sequence.csv", FolderKind.MEDIA, "story/trans_sequence.csv"),
        ("all_transitions.csv", FolderKind.COMBINED, "all_transitions.csv"),
        ("masks/shapes/hex.png", FolderKind.META, "masks/shapes/hex.png"),
    ],
)
def test_where_a_file_of_an_old_layout_belongs(path: str, kind: FolderKind, place: str) -> None:
    assert place_in_song(path, kind) == place
