"""Snapshots on disk: versions, locks, other names, and what becomes of what is deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import InputError, IntersceneError, LibraryError, Locked, OutputError, PathRefused
from server.library import snapshot_files
from server.library.snapshot_files import SnapshotFolder, json_text
from server.library.snapshot_names import VERSIONS, read_name, read_version


@pytest.fixture
def folder(tmp_path: Path) -> SnapshotFolder:
    return SnapshotFolder(tmp_path / "snapshots")


def number(document: dict[str, Any]) -> int:
    return int(document["number"])


def test_without_a_folder_there_are_none(folder: SnapshotFolder) -> None:
    assert folder.names() == {}
    with pytest.raises(LibraryError, match="there is none yet"):
        folder.read("chorus")


def test_what_had_the_name_is_kept_as_older_versions(folder: SnapshotFolder) -> None:
    for i in range(VERSIONS + 3):
        assert folder.save("chorus", {"number": i}) == "chorus"
    last = VERSIONS + 2
    assert number(folder.read("chorus")) == last
    assert [number(folder.read("chorus", i)) for i in range(1, VERSIONS + 1)] == [last - i for i in
                                                                                  range(1, VERSIONS + 1)]
    assert list(folder.names()) == ["chorus"], "versions are no snapshots of their own"
    assert folder.versions("chorus") == list(range(1, VERSIONS + 1))
    folder.save("new", {"number": 0})
    with pytest.raises(LibraryError, match="saved only once"):
        folder.read("new", 1)


def test_case_does_not_make_two_of_one(folder: SnapshotFolder) -> None:
    folder.save("Chorus", {"number": 1})
    assert folder.save("chorus", {"number": 2}) == "Chorus"
    assert list(folder.names()) == ["Chorus"]
    assert number(folder.read("CHORUS", 1)) == 1


def test_a_locked_one_is_neither_overwritten_nor_renamed_nor_deleted(folder: SnapshotFolder) -> None:
    folder.save("chorus", {"number": 1})
    folder.lock("chorus", True)
    for change in (lambda: folder.save("chorus", {"number": 2}), lambda: folder.rename("chorus", "x"),
                   lambda: folder.delete("chorus")):
        with pytest.raises(Locked, match="/snapshot/lock 'chorus' 0"):
            change()
    assert number(folder.read("chorus")) == 1
    assert folder.versions("chorus") == [], "a lock makes no version"
    folder.lock("chorus", None)
    folder.save("chorus", {"number": 2})
    assert number(folder.read("chorus")) == 2


def test_another_name_takes_the_versions_along(folder: SnapshotFolder) -> None:
    for i in range(3):
        folder.save("chorus", {"number": i})
    folder.save("verse", {"number": 9})
    with pytest.raises(InputError, match="there is a snapshot verse already"):
        folder.rename("chorus", "Verse")
    assert folder.rename("chorus", "refrain") == "refrain"
    assert [number(folder.read("refrain", i)) for i in range(3)] == [2, 1, 0]
    assert sorted(folder.names()) == ["refrain", "verse"]
    assert folder.rename("refrain", "Refrain") == "Refrain"


def test_what_is_deleted_lies_beside_the_others(folder: SnapshotFolder) -> None:
    for i in range(2):
        folder.save("chorus", {"number": i})
    folder.delete("chorus")
    assert folder.names() == {}
    assert sorted(path.name for path in (folder.path / "deleted").iterdir()) == ["chorus.1.json", "chorus.json"]
    folder.save("chorus", {"number": 7})
    folder.delete("chorus")
    assert json.loads((folder.path / "deleted" / "chorus.json").read_text(encoding="utf-8")) == {"number": 7}


def test_killed_at_any_moment_there_is_a_whole_snapshot(folder: SnapshotFolder, monkeypatch: pytest.MonkeyPatch
                                                        ) -> None:
    folder.save("chorus", {"number": 1})
    real = snapshot_files.write_file
    for allowed in range(3):
        calls: list[Path] = []

        def write(path: Path, data: bytes, calls: list[Path] = calls, allowed: int = allowed) -> None:
            calls.append(path)
            if len(calls) > allowed:
                raise OutputError("killed")
            real(path, data)

        monkeypatch.setattr(snapshot_files, "write_file", write)
        try:
            folder.save("chorus", {"number": 2 + allowed})
        except OutputError:
            assert number(folder.read("chorus")) == 1
        else:
            assert number(folder.read("chorus")) == 2 + allowed
            assert number(folder.read("chorus", 1)) == 1


@pytest.mark.parametrize(("text", "words"), [
    ("[1, 2]", "is no snapshot"), ("{", "is no JSON"), ("[" * 100_000, "is no JSON"), ("", "is no JSON")])
def test_a_damaged_file_is_refused_with_words_and_may_be_saved_over(folder: SnapshotFolder, text: str, words: str
                                                                    ) -> None:
    folder.path.mkdir()
    (folder.path / "bad.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        folder.read("bad")
    folder.save("bad", {"number": 1})
    assert number(folder.read("bad")) == 1
    assert (folder.path / "bad.1.json").read_text(encoding="utf-8") == text


def test_a_huge_file_is_not_read(folder: SnapshotFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_files, "LARGEST", 10)
    folder.path.mkdir()
    (folder.path / "big.json").write_text('{"a": "0123456789"}', encoding="utf-8")
    with pytest.raises(InputError, match="larger than"):
        folder.read("big")


def test_there_is_an_end_to_how_many_there_may_be(folder: SnapshotFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_files, "MOST", 2)
    for name in ("a", "b"):
        folder.save(name, {})
    with pytest.raises(InputError, match="delete some first"):
        folder.save("c", {})
    folder.save("A", {"number": 1})
    assert folder.versions("a") == [1]


def test_a_name_that_is_meant_is_suggested(folder: SnapshotFolder) -> None:
    folder.save("chorus", {})
    folder.save("verse", {})
    with pytest.raises(LibraryError, match="did you mean chorus"):
        folder.read("chorsu")
    with pytest.raises(LibraryError, match="there are chorus, verse"):
        folder.read("zzz")


def test_files_that_are_none_of_ours_are_left_out(folder: SnapshotFolder) -> None:
    folder.save("chorus", {})
    for name in (".hidden.json", "notes.txt", "what,this.json", "a.b.json"):
        (folder.path / name).write_text("{}", encoding="utf-8")
    (folder.path / "folder.json").mkdir()
    assert list(folder.names()) == ["a.b", "chorus"]


@pytest.mark.parametrize(("text", "meant"), [
    ("chorus", ("chorus", 0)), (" chorus ", ("chorus", 0)), ("chorus.1", ("chorus", 1)), ("7", ("7", 0)),
    ("a.b", ("a.b", 0)), ("a.10", ("a.10", 0)), ("Übergang 2", ("Übergang 2", 0))])
def test_names_and_versions(text: str, meant: tuple[str, int]) -> None:
    assert read_version(text) == meant


@given(st.text(max_size=60))
def test_every_name_is_one_file_in_the_folder_or_is_refused(text: str) -> None:
    try:
        name = read_name(text)
    except (InputError, PathRefused):
        return
    path = Path("snapshots") / f"{name}.json"
    assert path.parent == Path("snapshots")
    assert not name.startswith((".", "#"))
    assert len(f"{name}.1.json".encode()) < 255


@settings(max_examples=40)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
                    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(), inner, max_size=8)))
def test_readable_json_says_the_same(value: Any) -> None:
    assert json.loads(json_text(value)) == json.loads(json.dumps(value))


@given(st.binary(max_size=200))
def test_damaged_bytes_make_one_kind_of_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = SnapshotFolder(tmp_path_factory.mktemp("damaged"))
    (folder.path / "x.json").write_bytes(data)
    try:
        said = str(type(folder.read("x")))
    except IntersceneError as error:
        said = str(error)
    assert said.startswith(("x.json", "<class 'dict'>"))
