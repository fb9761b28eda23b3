"""Files of folders that others change: tests of server/media/files_below.py."""

from __future__ import annotations

import shutil
from pathlib import Path

from server.media.files_below import files_below, files_in


def test_files_are_found_in_the_order_of_their_names_and_folders_are_none(tmp_path: Path) -> None:
    for name in ("b.mov", "a.mov", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "d.mov").mkdir()
    (tmp_path / "d.mov" / "below.mov").touch()
    assert [path.name for path in files_in(tmp_path, "*.mov")] == ["a.mov", "b.mov"]
    assert [path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path, "*.mov")] == [
        "a.mov", "b.mov", "d.mov/below.mov"]
    assert [path.name for path in files_in(tmp_path)] == ["a.mov", "b.mov", "c.txt"]


def test_a_folder_that_goes_while_it_is_listed_is_no_error(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.mov").touch()
    found = files_below(tmp_path)
    first = next(found)
    shutil.rmtree(tmp_path / ("b" if first.parent.name == "a" else "a"))
    assert list(found) == []
    assert list(files_in(tmp_path / "nowhere")) == []
    assert list(files_below(tmp_path / "nowhere")) == []


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "again").symlink_to(tmp_path / "media", target_is_directory=True)
    (tmp_path / "media" / "one.mov").touch()
    assert [path.name for path in files_below(tmp_path / "media", "*.mov")] == ["one.mov"]
