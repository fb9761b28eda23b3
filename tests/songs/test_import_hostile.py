"""Import and export against messy disks and files that mean harm: nothing is lost, followed, or left half done."""

from __future__ import annotations

import io
import os
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from real_songs import PROMPTS, SETTINGS, contents, fill, frames, png, small_song

from server.errors import InputError, MissingFile, OutputError
from server.library.graph.identity import PictureId
from server.library.songs.adding import add_pictures
from server.library.songs.exporting import export_song
from server.library.songs.file_graph import resolve
from server.library.songs.importing import import_song
from server.library.songs.new_song import make_song
from server.library.songs.song_files import read_song_folder
from server.library.songs.staging import StagedFolder

links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


def archive(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def write(folder: StagedFolder, files: Mapping[str, bytes]) -> None:
    with folder as staged:
        for name, data in files.items():
            staged.write(name, data)
        staged.publish()


def test_a_file_in_place_of_a_folder_costs_no_file(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x", {"transitions/keep.mov": b"hours of work"})
    before = contents(song)
    source = fill(tmp_path / "in", {"prompt_image_definitions.csv": PROMPTS, "transitions": b"a file"})
    with pytest.raises(OutputError, match="transitions is a folder in one of the two"):
        import_song([source], song, overwrite=True)
    assert contents(song) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "x"]


@links
def test_a_song_that_is_a_link_stays_one(tmp_path: Path) -> None:
    real = small_song(tmp_path / "disk" / "x", {"mine.txt": b"mine"})
    (tmp_path / "x").symlink_to(real, target_is_directory=True)
    source = fill(tmp_path / "in", {"never_again.txt": b"sun_1000\n"})
    fill(source, {"prompt_image_definitions.csv": PROMPTS})
    import_song([source], tmp_path / "x", overwrite=True)
    assert (tmp_path / "x").is_symlink()
    assert (real / "mine.txt").read_bytes() == b"mine"
    assert (real / "never_again.txt").exists()
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["x"]


@links
def test_a_folder_of_a_song_that_is_a_link_is_not_replaced(tmp_path: Path) -> None:
    other = fill(tmp_path / "disk", {"a.mov": b"far away"})
    song = small_song(tmp_path / "x")
    (song / "transitions").symlink_to(other, target_is_directory=True)
    with pytest.raises(OutputError, match="a link in the other"):
        write(StagedFolder(song, overwrite=True), {"transitions/b.mov": b"new"})
    assert (song / "transitions" / "a.mov").read_bytes() == b"far away"


def test_an_interrupt_while_folders_are_exchanged_leaves_no_half_song(tmp_path: Path,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "x", {"mine.txt": b"mine", "old/a": b"a", "old/b": b"b"})
    rename, calls = Path.rename, iter(range(100))

    def interrupted(self: Path, target: Path) -> Path:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    write(StagedFolder(tmp_path / "x", overwrite=True), {"new.txt": b"new"})
    assert contents(tmp_path / "x") == {"mine.txt": b"mine", "new.txt": b"new", "old/a": b"a", "old/b": b"b"}
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_an_interrupt_between_two_renames_puts_the_song_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "x", {"mine.txt": b"mine"})
    rename, calls = Path.rename, iter(range(100))

    def interrupted(self: Path, target: Path) -> Path:
        if next(calls) == 1:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(StagedFolder(tmp_path / "x", overwrite=True), {"new.txt": b"new"})
    assert contents(tmp_path / "x") == {"mine.txt": b"mine"}


def test_what_cannot_be_put_back_is_said_and_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "x", {"held.mov": b"open in a player"})
    rename = Path.rename

    def refused(self: Path, target: Path) -> Path:
        if self.name == "held.mov":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(OutputError, match=r"held\.mov: Permission denied.*the rest lies in"):
        write(StagedFolder(tmp_path / "x", overwrite=True), {"new.txt": b"new"})
    monkeypatch.undo()
    write(StagedFolder(tmp_path / "x", overwrite=True), {"newer.txt": b"newer"})
    assert contents(tmp_path / "x") == {"held.mov": b"open in a player", "new.txt": b"new", "newer.txt": b"newer"}


def test_hidden_files_of_an_archive_stay_in_it(tmp_path: Path) -> None:
    tar = archive(tmp_path / "x_20240601_120000.tar", {
        "prompt_image_definitions.csv": PROMPTS.encode(), ".interscene/catalogue.sqlite": b"poison", "._a.png": b"",
        "__MACOSX/a": b"x", "a.png.crdownload": b"half"})
    report = import_song([tar], tmp_path / "x")
    assert list(contents(report.song)) == ["prompt_image_definitions.csv"]
    said = " ".join(map(str, report.oddities))
    assert "3 files hidden, or of the system" in said
    assert "1 file not fetched" in said


def test_an_archive_with_its_folder_in_it_is_a_song(tmp_path: Path) -> None:
    song = small_song(tmp_path / "in")
    tar = archive(tmp_path / "x.tar", {f"emit/{name}": data for name, data in contents(song).items()})
    report = import_song([tar], tmp_path / "x")
    assert contents(report.song) == contents(song)


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_file_and_a_folder_of_one_name_do_not_stop_an_import(tmp_path: Path, order: tuple[str, str]) -> None:
    fill(tmp_path / "a", {"prompt_image_definitions.csv": PROMPTS, "masks": b"a file"})
    fill(tmp_path / "b", {"prompt_image_definitions.csv": PROMPTS, "masks/one.png": png(), "masks/two.png": png()})
    report = import_song([tmp_path / name for name in order], tmp_path / "x")
    said = [str(each) for each in report.oddities if "a file in one place and a folder in another" in str(each)]
    assert len(said) == 1
    assert (report.song / "masks").is_file() == (order[0] == "a")


@links
def test_a_link_that_leads_to_itself_is_left_out(tmp_path: Path) -> None:
    source = small_song(tmp_path / "in")
    (source / "loop").symlink_to("loop")
    report = import_song([source], tmp_path / "x")
    assert any(each.file == "loop" and each.done == "not copied" for each in report.oddities)


def test_a_folder_that_cannot_be_looked_into_stops_an_export_in_words(tmp_path: Path,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    song = small_song(tmp_path / "x")
    scandir = os.scandir

    def locked(path: Path) -> object:
        if Path(path).name == "transition_images":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    with pytest.raises(MissingFile, match="transition_images cannot be read"):
        export_song(song, tmp_path / "out")


def test_older_atlases_are_not_exported(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x", {"atlas.mov": b"1", "atlas ~2.mov": b"2", "atlas ~2.mov.frames": b"3",
                                       "stills ~12.mov": b"4", "atlas of mine.mov": b"5"})
    export_song(song, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").glob("*.mov*")} == {"atlas of mine.mov"}


def test_a_full_disk_stops_new_and_export_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    song = small_song(tmp_path / "in")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    for name, do in (("new", lambda: make_song(tmp_path / "new")),
                     ("out", lambda: export_song(song, tmp_path / "out", split=True))):
        with pytest.raises(OutputError, match="the disk is full"):
            do()
        assert not (tmp_path / name).exists()


def test_a_new_song_has_transitions_of_at_least_two_frames(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 to 100000 frames, not -5"):
        make_song(tmp_path / "x", frames=-5)
    assert not (tmp_path / "x").exists()


@links
def test_a_name_in_no_encoding_is_said_and_not_used(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    try:
        (song / "prompt_images" / "caf\udce9_1.png").write_bytes(png())
    except OSError:
        pytest.skip("this disk takes no such name")
    files = read_song_folder(song)
    graph = resolve(files).graph
    assert not [each for each in graph.pictures if each.name.startswith("caf")]
    assert any("no known encoding" in each.what and each.file.isascii() for each in files.oddities)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no two such names can be there")
def test_settings_that_are_there_in_other_letters_too_are_said(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x", {"TGEN_SETTINGS.json": SETTINGS.replace("16", "64")})
    files = read_song_folder(song)
    assert files.size == (16, 16)
    assert [each.file for each in files.oddities if "in other letters" in each.what] == ["TGEN_SETTINGS.json"]


def test_thousands_of_pictures_of_one_alias_are_no_matter(tmp_path: Path) -> None:
    seeds = " ".join(str(123400000 + number) for number in range(3000))
    song = fill(tmp_path / "x", {"prompt_image_definitions.csv": f"name,prompt,seeds\nsun,a sun,{seeds}\n",
                                 **frames("sun-1234 to sun-1234", 1)})
    resolved = resolve(read_song_folder(song))
    assert not resolved.graph.transitions
    assert max(len(str(each)) for each in resolved.oddities) < 2000


def test_a_picture_that_is_added_closes_a_quotation_mark_left_open(tmp_path: Path) -> None:
    song = fill(tmp_path / "x", {"prompt_image_definitions.csv":
                                 'name,prompt,seeds\nsun,"a sun,1000\nmoon,a moon,2000\n'})
    before = set(resolve(read_song_folder(song)).graph.pictures)
    fill(tmp_path, {"sea_3.png": png()})
    add_pictures(song, [tmp_path / "sea_3.png"], prompt='a sea, "calm"')
    after = set(resolve(read_song_folder(song)).graph.pictures)
    assert after == before | {PictureId("sea", 3)}
    assert PictureId("moon", 2000) in after


def test_a_picture_that_replaces_one_of_another_kind_leaves_one_file(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x", {"prompt_images/sun_5.jpg": b"old"})
    fill(tmp_path, {"sun_5.png": png(shade=3)})
    add_pictures(song, [tmp_path / "sun_5.png"], overwrite=True)
    assert [path.name for path in (song / "prompt_images").glob("sun_5.*")] == ["sun_5.png"]


def test_pictures_without_a_number_are_not_added_twice(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    fill(tmp_path, {"sea.png": png(shade=3)})
    first, again = (add_pictures(song, [tmp_path / "sea.png"])[0] for _ in range(2))
    assert (first.id, first.known, again.known) == (again.id, False, True)
    assert len(list((song / "prompt_images").glob("sea_*"))) == 1


@pytest.mark.parametrize(("file", "name"), [
    (".hid_1.png", "hid"), ("trail _1.png", "trail"), ("cafe\u0301_1.png", "caf\u00e9"), ("._1.png", "picture")])
def test_names_that_would_hide_or_change_are_put_right(tmp_path: Path, file: str, name: str) -> None:
    song = small_song(tmp_path / "x")
    fill(tmp_path, {file: png(shade=3)})
    added = add_pictures(song, [tmp_path / file])[0]
    files = read_song_folder(song)
    picture = resolve(files).graph.pictures[added.id]
    assert added.id == PictureId(name, 1)
    assert picture.file == added.file
    assert files.prompts is not None
    assert added.id in set(files.prompts.pictures)


def test_a_list_of_songs_beside_a_song_is_said(tmp_path: Path) -> None:
    small_song(tmp_path / "in" / "x")
    fill(tmp_path / "in", {"song_list.csv": "song_name,subfolder,file_idx,playback_mode\nx,1_Show,0,1\n"})
    report = import_song([tmp_path / "in"], tmp_path / "x")
    assert [each.done for each in report.oddities if each.file == "song_list.csv"] == [
        "not a part of this one; put it into the folder that holds your songs, where interscene serve reads it"]
