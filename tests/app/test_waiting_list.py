"""What waits to be made survives the server, whatever lies where its list should."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.app import waiting_list
from server.app.making_task import Task
from server.app.waiting_list import ASIDE, BYTES_MOST, NAME, WaitingList
from server.show.making_state import Recipe

RECIPE = Recipe("bridge", "sd-turbo", 90, "1" * 60, 4, 0.7, 1.5, "slerp", "full", False)


def task(number: str, what: str = "transition") -> Task:
    made = Task(number, what, "ring", "a-1", "b-2", RECIPE, client="osc 10.0.0.9:9000", live=True)
    made.facts = {"negative": "blurry"} if what == "picture" else {}
    return made


def again(root: Path) -> list[Task]:
    """What the next server finds."""
    with closing(WaitingList(root)) as waiting:
        return waiting.tasks()


def test_it_is_there_again_in_its_order(tmp_path: Path) -> None:
    waiting = WaitingList(tmp_path)
    for one in (task("2"), task("10", "picture"), task("3"), task("4", "detour")):
        waiting.put(one)
    waiting.remove("3")
    waiting.remove("77")
    waiting.close()
    found = again(tmp_path)
    assert [(one.number, one.what, one.recipe, one.live) for one in found] == [
        ("2", "transition", RECIPE, False), ("10", "picture", RECIPE, False)]
    assert found[1].facts == {"negative": "blurry"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no locks of this kind")
def test_a_second_server_leaves_the_list_of_the_first_alone(tmp_path: Path) -> None:
    first = WaitingList(tmp_path)
    first.put(task("1"))
    second = WaitingList(tmp_path)
    assert second.tasks() == []
    second.put(task("9"))
    second.close()
    first.close()
    assert [one.number for one in again(tmp_path)] == ["1"]


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / ".interscene").write_text("in the way", encoding="utf-8")
    waiting = WaitingList(tmp_path)
    waiting.put(task("1"))
    waiting.remove("1")
    assert waiting.tasks() == []


@given(st.one_of(st.binary(max_size=60), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["format", "version", "jobs", "1", "what", "recipe", "folder"]), inner),
    max_leaves=12).map(lambda value: json.dumps(value).encode())))
def test_whatever_lies_there_is_read_or_left(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    root = tmp_path_factory.mktemp("list")
    (root / ".interscene").mkdir()
    (root / ".interscene" / NAME).write_bytes(data)
    waiting = WaitingList(root)
    assert all(isinstance(one, Task) for one in waiting.tasks())
    waiting.close()


def test_rows_of_another_shape_are_left_out_and_recipes_mended(tmp_path: Path) -> None:
    waiting = WaitingList(tmp_path)
    waiting.put(task("1"))
    waiting.put(task("2"))
    waiting.close()
    path = tmp_path / ".interscene" / NAME
    document = json.loads(path.read_bytes())
    document["jobs"]["1"]["folder"] = 7
    document["jobs"]["2"]["recipe"] = {"mode": "blend", "frames": "many", "what": "ever"}
    path.write_text(json.dumps(document), encoding="utf-8")
    for _ in range(2):
        (found,) = again(tmp_path)
        assert (found.number, found.recipe) == ("2", Recipe(mode="blend"))
        assert json.loads(path.with_name(ASIDE).read_bytes()) == document, "nothing of it is lost"


@pytest.mark.parametrize("data", [
    b"{", b'{"format": "interscene.making", "version": 2, "jobs": {"1": {}}}', b"[" * 99_999,
    b'{"format": "interscene.making", "version": 1, "jobs": {"%s": {}}}' % (b"9" * 5000),
    b" " * (BYTES_MOST + 1)], ids=["half", "newer", "deep", "number", "long"])
def test_a_list_that_is_not_understood_is_kept_under_another_name_and_said(
        tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / ".interscene" / NAME
    path.parent.mkdir()
    path.write_bytes(data)
    with closing(WaitingList(tmp_path)) as waiting:
        assert waiting.tasks() == []
        waiting.put(task("1"))
    assert path.with_name(ASIDE).read_bytes() == data
    assert ASIDE in caplog.text
    assert [one.number for one in again(tmp_path)] == ["1"]


def test_many_at_once_are_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(waiting_list, "write_file", lambda path, data: written.append(data))
    with closing(WaitingList(tmp_path)) as waiting:
        for number in range(1, 6):
            waiting.put(task(str(number)))
        written.clear()
        with waiting.together():
            for number in range(1, 5):
                waiting.remove(str(number))
        assert [list(json.loads(data)["jobs"]) for data in written] == [["5"]]
        with waiting.together():
            waiting.remove("77")
        assert len(written) == 1, "nothing has changed"


def test_a_list_in_which_nothing_waits_is_a_list(tmp_path: Path) -> None:
    with closing(WaitingList(tmp_path)) as waiting:
        waiting.put(task("1"))
        waiting.remove("1")
    assert again(tmp_path) == []
    assert not (tmp_path / ".interscene" / ASIDE).exists()
