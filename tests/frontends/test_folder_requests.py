"""Requests as files: what is asked reaches the show, every id gets its answer, and nothing else there counts."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError, LibraryError, OutputError
from server.frontends.folder import BYTES_MOST, KEPT, MISSED_MOST, FolderRequests
from server.frontends.folder_wishes import KINDS, wish_of
from server.frontends.ports import Answer
from server.protocol.command import Source

PICTURE = {"picture": {"prompt": "a red sea", "seed": 10 ** 30, "name": "sea"}, "client": "booth"}


class Show:
    """Takes every command, gives it the next number, and tells of jobs what the test says."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...], str]] = []
        self.refusal: Answer | None = None
        self.jobs: dict[str, dict[str, Any]] = {}

    def submit(self, address: str, args: Sequence[bool | float | str], source: Source) -> Future[Answer]:
        self.asked.append((address, tuple(args), source.host))
        future: Future[Answer] = Future()
        future.set_result(self.refusal or Answer("", str(len(self.asked))))
        return future

    def snapshot(self) -> dict[str, Any]:
        usual = {"state": "making", "progress": 0.0, "eta": None, "what": "picture", "from": "sea", "to": "a red sea",
                 "reason": "", "rung": ""}
        return {"jobs": [{"id": number, **usual, **job} for number, job in self.jobs.items()]}

    def job_picture(self, job: str) -> bytes:
        if self.jobs[job].get("state") != "done":
            raise LibraryError("not yet")
        return b"jpeg of " + job.encode()


@pytest.fixture
def show() -> Show:
    return Show()


@pytest.fixture
def folder(tmp_path: Path, show: Show) -> FolderRequests:
    return FolderRequests(tmp_path, show)  # type: ignore[arg-type]


def leave(root: Path, name: str, what: object) -> Path:
    path = root / "request" / name
    path.write_bytes(what if isinstance(what, bytes) else json.dumps(what).encode())
    return path


def looks(folder: FolderRequests, times: int = 3) -> None:
    for _ in range(times):
        folder.look()


def answer(root: Path, name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((root / "answer" / f"{name}.json").read_text("utf-8"))
    assert told["id"] == name
    return told


def test_a_request_is_asked_followed_and_answered_under_its_id(
        tmp_path: Path, folder: FolderRequests, show: Show) -> None:
    request = leave(tmp_path, "4f2a.json", PICTURE)
    folder.look()
    assert show.asked == [], "whoever writes it may not be ready"
    folder.look()
    assert show.asked == [("/generate/picture", ("a red sea", str(10 ** 30), "sea", ""), "folder booth")]
    assert not request.exists()
    assert answer(tmp_path, "4f2a")["job"] == "1"
    show.jobs["1"] = {"progress": 0.5, "eta": 3.0}
    folder.look()
    told = answer(tmp_path, "4f2a")
    assert (told["state"], told["progress"], told["eta"]) == ("making", 0.5, 3.0)
    show.jobs["1"] = {"state": "done", "progress": 1.0, "from": "sea-1"}
    looks(folder)
    assert (answer(tmp_path, "4f2a")["state"], answer(tmp_path, "4f2a")["from"]) == ("done", "sea-1")
    assert (tmp_path / "answer" / "4f2a.jpg").read_bytes() == b"jpeg of 1"


def test_many_clients_at_once_get_their_own_answers(tmp_path: Path, folder: FolderRequests, show: Show) -> None:
    for name in ("a", "b"):
        wish = {"from": name, "to": "z", "frames": 9}
        leave(tmp_path, f"{name}.json", {"transition": wish, "client": name, "deck": 2})
    looks(folder)
    assert {asked[0] for asked in show.asked} == {"/deck/2/generate/transition"}
    assert [(asked[1][:4], asked[2]) for asked in show.asked] == [
        (("a", "z", "", 9), "folder a"), (("b", "z", "", 9), "folder b")]
    assert {answer(tmp_path, name)["job"] for name in "ab"} == {"1", "2"}


@pytest.mark.parametrize(("data", "words"), [
    (b"{", "no JSON"), (b"[" * 60_000, "no JSON"), (b"\xff\xfe", "no JSON"), (b"[]", "no JSON object"),
    (b"{}", "it asks for one of picture or transition"), (b" " * (BYTES_MOST + 1), "64 KiB"),
    ({"picture": {}, "transition": {}}, "one of"), ({"picture": {}, "run": "rm"}, "not for 'run'"),
    ({"picture": {"path": "/etc"}}, "not 'path'"), ({"picture": {"prompt": ["x"]}}, "prompt is a text"),
    ({"picture": {"prompt": "x" * 5000}}, "5000 characters"), ({"picture": {"prompt": "a", "negative": "#x"}}, "#"),
    ({"transition": {"frames": -1}}, "frames is a whole number"), ({"picture": {"seed": True}}, "seed is a text"),
])
def test_what_is_no_request_is_refused_in_words(tmp_path: Path, folder: FolderRequests, show: Show, data: object,
                                                words: str) -> None:
    request = leave(tmp_path, "odd.json", data)
    looks(folder)
    assert answer(tmp_path, "odd")["state"] == "refused"
    assert words in answer(tmp_path, "odd")["reason"]
    assert not request.exists()
    assert show.asked == []


def test_what_the_show_refuses_is_told(tmp_path: Path, folder: FolderRequests, show: Show) -> None:
    show.refusal = Answer("not-now", "this server makes nothing")
    leave(tmp_path, "a.json", PICTURE)
    looks(folder)
    assert answer(tmp_path, "a") == {"id": "a", "state": "refused", "code": "not-now",
                                     "reason": "this server makes nothing"}


class Broken(Show):
    """Fails over one client's requests: at once over `taken`, with its answer over `answered`."""

    def submit(self, address: str, args: Sequence[bool | float | str], source: Source) -> Future[Answer]:
        if source.host == "folder taken":
            raise ZeroDivisionError
        if source.host == "folder answered":
            future: Future[Answer] = Future()
            future.set_exception(ZeroDivisionError())
            return future
        return super().submit(address, args, source)


def test_a_request_that_the_server_fails_over_keeps_no_other_one_unanswered(tmp_path: Path) -> None:
    folder = FolderRequests(tmp_path, Broken())  # type: ignore[arg-type]
    for name, client in (("a", "taken"), ("b", "answered"), ("c", "booth")):
        leave(tmp_path, f"{name}.json", {**PICTURE, "client": client})

    looks(folder)

    assert [answer(tmp_path, name)["state"] for name in "abc"] == ["refused", "refused", "waiting"]
    assert answer(tmp_path, "a")["code"] == answer(tmp_path, "b")["code"] == "internal"
    assert not list((tmp_path / "request").iterdir())


def test_only_plain_files_with_an_id_for_a_name_count(tmp_path: Path, folder: FolderRequests, show: Show) -> None:
    names = ("..x.json", "a b.json", "x.JSON.json", "-x.json", "x" * 65 + ".json", "notes.txt")
    left = [leave(tmp_path, name, PICTURE) for name in names]
    (tmp_path / "request" / "folder.json").mkdir()
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(PICTURE), encoding="utf-8")
    with contextlib.suppress(OSError):  # Windows asks for a right that few have
        (tmp_path / "request" / "link.json").symlink_to(secret)
    looks(folder)
    assert show.asked == []
    assert all(path.exists() for path in (*left, secret))
    assert list((tmp_path / "answer").iterdir()) == []


def test_an_id_is_used_once(tmp_path: Path, folder: FolderRequests, show: Show) -> None:
    for _ in range(2):
        leave(tmp_path, "a.json", PICTURE)
        looks(folder)
        show.jobs["1"] = {"state": "done"}
        looks(folder)
    assert len(show.asked) == 1
    assert list((tmp_path / "request").iterdir()) == []


def test_a_server_that_runs_again_goes_on_with_what_it_still_knows(
        tmp_path: Path, folder: FolderRequests, show: Show) -> None:
    leave(tmp_path, "a.json", PICTURE)
    looks(folder)
    show.jobs["1"] = {}
    leave(tmp_path, "b.json", PICTURE)
    looks(folder)
    again = FolderRequests(tmp_path, show)  # type: ignore[arg-type]
    # Number 1 is the same job, number 2 is another one by now.
    show.jobs = {"1": {"state": "done", "from": "sea-7"}, "2": {"what": "transition", "state": "done"}}
    looks(again, MISSED_MOST)
    assert answer(tmp_path, "a")["from"] == "sea-7"
    assert answer(tmp_path, "b")["state"] == "failed"
    assert "started again" in answer(tmp_path, "b")["reason"]


def test_old_answers_go_and_a_folder_that_is_away_is_waited_for(
        tmp_path: Path, folder: FolderRequests, show: Show, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(KEPT + 5):
        (tmp_path / "answer" / f"old{number}.json").write_text('{"state": "done"}', encoding="utf-8")
    looks(folder, 1)
    assert len(list((tmp_path / "answer").iterdir())) == KEPT
    (tmp_path / "request").rename(tmp_path / "away")
    looks(folder)
    assert len(caplog.records) == 1, "said once"
    (tmp_path / "away").rename(tmp_path / "request")
    leave(tmp_path, "a.json", PICTURE)
    looks(folder)
    assert len(show.asked) == 1


def test_where_no_folder_can_be_made_the_server_says_so(tmp_path: Path, show: Show) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        FolderRequests(tmp_path / "file", show)  # type: ignore[arg-type]


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["picture", "transition", "prompt", "seed", "from", "to", "frames", "deck", "client", "x"]), inner, max_size=4),
    max_leaves=12).map(lambda value: json.dumps(value).encode()))
def test_reading_is_total(data: bytes) -> None:
    try:
        wish = wish_of(data)
    except InputError:
        return
    assert wish.kind in KINDS
    assert len(wish.args) == len(KINDS[wish.kind])
