"""Links and files that cannot be read in songs that are imported and exported: what can be had comes along, all of it
is said, and nothing goes round in circles.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

import pytest
from real_songs import contents, fill, png, small_song

from server.errors import InputError, OutputError
from server.library.songs import importing, links
from server.library.songs.exporting import export_song
from server.library.songs.importing import import_song
from server.library.songs.song_files import read_song_folder
from server.library.songs.staging import copy_file

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


def linked_song(tmp_path: Path) -> tuple[Path, Path]:
    """A song whose pictures lie on what stands for another disk, with a link back to the song among them."""
    song, disk = small_song(tmp_path / "in" / "x"), tmp_path / "disk" / "pictures"
    disk.parent.mkdir()
    shutil.move(song / "prompt_images", disk)
    (song / "prompt_images").symlink_to(disk, target_is_directory=True)
    return song, disk


@needs_links
def test_pictures_on_another_disk_come_along_both_ways(tmp_path: Path) -> None:
    song, disk = linked_song(tmp_path)
    report = import_song([song], tmp_path / "x")
    assert not (report.song / "prompt_images").is_symlink()
    assert contents(report.song / "prompt_images") == contents(disk)
    assert any("a link to the folder" in each.what and str(disk.resolve()) in each.what and each.note
               for each in report.oddities)

    out = export_song(song, tmp_path / "out")
    assert contents(out.folder) == contents(report.song)
    assert any("a link to the folder" in each.what for each in out.oddities)


@needs_links
@pytest.mark.parametrize(("count", "words"), [(1, "it is a link to a file"), (3, "3 files that are links: ")])
def test_files_that_are_links_are_said_once(tmp_path: Path, count: int, words: str) -> None:
    song = small_song(tmp_path / "in" / "x")
    (song / "scenes" / "own").mkdir(parents=True)
    for number in range(count):
        (song / "scenes" / "own" / f"sun_{number}.png").symlink_to(song / "prompt_images" / "sun_1001.png")
    for oddities in (import_song([song], tmp_path / "x").oddities, export_song(song, tmp_path / "out").oddities):
        assert [each.note for each in oddities if each.what.startswith(words)] == [True]
    for copy in (tmp_path / "x", tmp_path / "out"):
        assert not (copy / "scenes" / "own" / "sun_0.png").is_symlink()
        assert (copy / "scenes" / "own" / "sun_0.png").read_bytes() == (song / "prompt_images" / "sun_1001.png"
                                                                        ).read_bytes()


@needs_links
def test_links_in_circles_end(tmp_path: Path) -> None:
    song, disk = linked_song(tmp_path)
    (disk / "up").symlink_to(song, target_is_directory=True)
    (disk / "again").symlink_to(disk, target_is_directory=True)
    (song / "scenes").mkdir(exist_ok=True)
    (song / "scenes" / "own").symlink_to(song / "prompt_images", target_is_directory=True)
    report = import_song([song], tmp_path / "x")
    out = export_song(song, tmp_path / "out")
    for oddities in (report.oddities, out.oddities):
        circles = [each.file for each in oddities if "that it lies in" in each.what]
        assert {"prompt_images/up", "prompt_images/again"} <= set(circles)
    assert contents(report.song / "scenes" / "own") == contents(report.song / "prompt_images")
    assert contents(out.folder).keys() == contents(report.song).keys()


@needs_links
def test_a_link_to_where_the_copy_is_written_is_not_followed(tmp_path: Path) -> None:
    song = small_song(tmp_path / "in" / "x")
    (tmp_path / "out").mkdir()
    (song / "masks").symlink_to(tmp_path / "out", target_is_directory=True)
    report = import_song([song], tmp_path / "out" / "x")
    assert any(each.file == "masks" and "the folder that is written" in each.what for each in report.oddities)
    exported = export_song(song, tmp_path / "out" / "y")
    assert any(each.file == "masks" and "the folder that is written" in each.what for each in exported.oddities)


@needs_links
def test_a_net_of_links_is_followed_so_far_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST", 3)
    song, other = small_song(tmp_path / "in" / "x"), fill(tmp_path / "other", {"m.png": png()})
    (song / "masks").mkdir(exist_ok=True)
    for number in range(5):
        (song / "masks" / f"m{number}").symlink_to(other, target_is_directory=True)
    report = import_song([song], tmp_path / "x")
    assert sorted(path.name for path in (report.song / "masks").iterdir() if path.is_dir()) == ["m0", "m1", "m2"]
    assert sum("after 3 others" in each.what for each in report.oddities) == 2


@needs_links
def test_a_link_that_leads_nowhere_is_said_by_the_export(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    (song / "notes.txt").symlink_to(song / "nowhere.txt")
    (song / "loop").symlink_to("loop")
    (song / ".mine").write_text("x")
    out = export_song(song, tmp_path / "out")
    said = {each.file: each.what for each in out.oddities}
    assert "leads nowhere" in said["notes.txt"]
    assert "loop" in said
    assert "hidden" in said[".mine"]
    assert not (out.folder / "notes.txt").exists()


def test_a_file_that_cannot_be_read_is_said_and_the_others_come(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = small_song(tmp_path / "in" / "x")
    bad = source / "prompt_images" / "sun_1001.png"
    there = contents(source)
    fails(monkeypatch, {bad})
    report = import_song([source], tmp_path / "x")
    assert contents(report.song).keys() == there.keys() - {"prompt_images/sun_1001.png"}
    assert report.copied == len(there) - 1
    words = next(str(each) for each in report.oddities if each.file == "prompt_images/sun_1001.png")
    assert "cannot be read (Input/output error)" in words
    assert "--overwrite" in words
    assert report.graph.pictures


def test_an_import_of_which_nothing_can_be_read_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = small_song(tmp_path / "in" / "x")
    fails(monkeypatch, set(source.rglob("*")))
    with pytest.raises(InputError, match="and no other file"):
        import_song([source], tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_disk_that_is_unplugged_ends_the_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = small_song(tmp_path / "in" / "x")

    def unplugged(path: Path, _target: Path) -> None:
        path.unlink()
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(importing, "copy_file", unplugged)
    with pytest.raises(OutputError, match="is its disk still connected"):
        import_song([source], tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.skipif(sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0),
                    reason="permissions do not count here")
def test_a_folder_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    source = small_song(tmp_path / "in" / "x")
    (source / "masks").mkdir(exist_ok=True)
    (source / "masks").chmod(0)
    try:
        report = import_song([source], tmp_path / "x")
    finally:
        (source / "masks").chmod(0o700)
    assert any(each.file == "masks" and "the folder cannot be read" in each.what for each in report.oddities)
    assert read_song_folder(report.song).pictures


def fails(monkeypatch: pytest.MonkeyPatch, bad: set[Path]) -> None:
    """Let these files fail in the middle, as a disk does."""
    copy, opened = copy_file, Path.open

    def copied(path: Path, target: Path) -> None:
        if path in bad:
            target.write_bytes(b"half of it")
            raise OSError(errno.EIO, "Input/output error")
        copy(path, target)

    def unreadable(path: Path, *words: object, **more: object) -> object:
        if path in bad:
            raise OSError(errno.EIO, "Input/output error")
        return opened(path, *words, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(importing, "copy_file", copied)
    monkeypatch.setattr(Path, "open", unreadable)
