"""All or nothing: what an import leaves behind when it is cancelled, refused, killed or runs out of room."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from real_songs import contents, fill, small_song

from server.errors import Cancelled, InputError, OutputError
from server.library.songs.importing import import_song
from server.library.songs.staging import StagedFolder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return small_song(tmp_path / "in" / "x")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_progress_counts_every_file(source: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = import_song([source], tmp_path / "x", progress=lambda done, of: seen.append((done, of)))
    assert seen == [(number, report.copied) for number in range(report.copied + 1)]


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_cancelled_import_leaves_nothing(source: Path, tmp_path: Path, after: int) -> None:
    calls = iter(range(100))
    with pytest.raises(Cancelled, match="nothing of it was kept"):
        import_song([source], tmp_path / "new" / "deep" / "x", cancelled=lambda: next(calls) >= after)
    assert names(tmp_path) == ["in"]


def test_an_interrupted_import_leaves_nothing(source: Path, tmp_path: Path) -> None:
    def interrupt(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_song([source], tmp_path / "x", progress=interrupt)
    assert names(tmp_path) == ["in"]


def test_a_file_that_vanishes_on_the_way_leaves_nothing(source: Path, tmp_path: Path) -> None:
    def pull_the_disk(done: int, _: int) -> None:
        if done == 2:
            shutil.rmtree(source)

    with pytest.raises(OutputError, match="vanished"):
        import_song([source], tmp_path / "x", progress=pull_the_disk)
    assert names(tmp_path) == ["in"]


def test_a_full_disk_is_told_before_anything_is_copied(source: Path, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(OutputError, match="free some space"):
        import_song([source], tmp_path / "x")
    assert names(tmp_path) == ["in"]


def test_a_song_that_is_there_is_refused_and_untouched(source: Path, tmp_path: Path) -> None:
    fill(tmp_path / "x", {"mine.txt": "mine"})
    with pytest.raises(OutputError, match="--overwrite"):
        import_song([source], tmp_path / "x")
    assert contents(tmp_path / "x") == {"mine.txt": b"mine"}
    assert names(tmp_path) == ["in", "x"]


def test_an_empty_folder_is_filled(source: Path, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    import_song([source], tmp_path / "x")
    assert contents(tmp_path / "x") == contents(source)


def test_overwriting_replaces_files_and_keeps_the_others(source: Path, tmp_path: Path) -> None:
    fill(tmp_path / "x", {"tgen_settings.json": "{}", "transitions/long work.mov": "hours", "masks/a/b.png": "m"})
    import_song([source], tmp_path / "x", overwrite=True)
    assert contents(tmp_path / "x") == {**contents(source), "transitions/long work.mov": b"hours",
                                        "masks/a/b.png": b"m"}
    assert names(tmp_path) == ["in", "x"]


def test_an_import_over_a_file_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("a file")
    with pytest.raises(OutputError, match="is a file"):
        import_song([source], tmp_path / "x", overwrite=True)
    with pytest.raises(OutputError, match="file in its way"):
        import_song([source], tmp_path / "x" / "y")


def test_a_cancelled_overwrite_leaves_the_song_as_it_was(source: Path, tmp_path: Path) -> None:
    before = contents(small_song(tmp_path / "x", {"mine.txt": "mine"}))
    calls = iter(range(100))
    with pytest.raises(Cancelled):
        import_song([source], tmp_path / "x", overwrite=True, cancelled=lambda: next(calls) >= 4)
    assert contents(tmp_path / "x") == before


def test_what_a_killed_import_left_is_removed_by_the_next(source: Path, tmp_path: Path) -> None:
    fill(tmp_path / ".x.part", {"half.png": "ha"})
    import_song([source], tmp_path / "x")
    assert names(tmp_path) == ["in", "x"]


@pytest.mark.parametrize("after", ["the old song was moved away", "the new song was put there"])
def test_an_overwrite_that_was_killed_is_finished_by_the_next(source: Path, tmp_path: Path, after: str) -> None:
    fill(tmp_path / ".x.replaced", {"mine.txt": "mine", "tgen_settings.json": "old"})
    if after == "the new song was put there":
        small_song(tmp_path / "x")
    with pytest.raises(OutputError, match="--overwrite"):
        import_song([source], tmp_path / "x")
    found = contents(tmp_path / "x")
    assert found["mine.txt"] == b"mine"
    assert (found["tgen_settings.json"] == b"old") is (after == "the old song was moved away")
    assert names(tmp_path) == ["in", "x"]


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    with StagedFolder(tmp_path / "x") as first:
        (first.path / "a").write_text("a")
        with pytest.raises(OutputError, match="another program"), StagedFolder(tmp_path / "x"):
            pass
        first.publish()
    assert contents(tmp_path / "x") == {"a": b"a"}


@pytest.mark.parametrize("name", ["", ".", "..", "/"])
def test_a_place_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        StagedFolder(Path(name))


@pytest.mark.parametrize("name", ["con", "a:b", "x?", "dot."])
def test_a_name_that_is_none_everywhere_is_refused(source: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        import_song([source], tmp_path / name)
    assert names(tmp_path) == ["in"]


def test_times_are_kept_and_write_protection_is_not(source: Path, tmp_path: Path) -> None:
    old = source / "tgen_settings.json"
    old.chmod(0o444)
    import_song([source], tmp_path / "x")
    new = tmp_path / "x" / "tgen_settings.json"
    assert new.stat().st_mtime_ns == old.stat().st_mtime_ns
    assert new.stat().st_mode & 0o200
    old.chmod(0o644)
