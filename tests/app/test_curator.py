"""The curator: what it says of a song and what it changes, in this process; then as a process that dies."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
from graph_song import make_song

from server.app import wire
from server.app.curator import Curator
from server.app.curator_link import GONE, CuratorLink, behind_others
from server.app.song_page import key_of
from server.errors import InputError, LibraryError, MediaError, ServeError
from server.media.jpeg import decode_rgb
from server.media.numbered import read_number, write_numbered

PATIENCE = 30.0


class Time:
    """The curator's clock; tests move it."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time


@pytest.fixture
def media(tmp_media: Path) -> Path:
    make_song(tmp_media / "ring", extra="e,never made,5,7.5\n", size=(256, 144))
    return tmp_media


class Asker:
    """Puts questions to a curator in this process; raises what it answers with `code`."""

    def __init__(self, media: Path) -> None:
        self.out, self.clock = io.BytesIO(), Time()
        self.curator = Curator(media, self.out, self.clock)  # type: ignore[arg-type]

    def ask(self, say: str, place: str = "ring", **facts: Any) -> bytes:
        begin = self.out.tell()
        self.curator.answer({"say": say, "place": place, "ticket": 7, **facts})
        self.out.seek(begin)
        head = wire.said(self.out.readline())
        assert head is not None
        assert (head["say"], head["ticket"]) == ("answer", 7)
        body = self.out.read(head["bytes"])
        assert self.out.read() == b""
        if "code" in head:
            raise LookupError(f"{head['code']}: {head['text']}")
        return body

    def song(self) -> dict[str, Any]:
        return dict(json.loads(self.ask("song")))

    def settle(self) -> dict[str, Any]:
        """The song after what has changed in its folder has been found and has settled."""
        for _ in range(8):
            self.clock.time += 2.0
            told = self.song()
        return told


@pytest.fixture
def asker(media: Path) -> Asker:
    return Asker(media)


def between(song: dict[str, Any], kind: str) -> set[tuple[str, str]]:
    nodes = [row[0] for row in song["pictures"]]
    ends = song["edges"][kind]
    return {(nodes[one], nodes[other]) for one, other in zip(ends[::2], ends[1::2], strict=True)}


def test_a_song_is_told_with_what_is_known_of_its_parts(asker: Asker) -> None:
    song = asker.song()
    assert [row[0] for row in song["pictures"]] == ["a-1", "b-2", "c-3", "d-4", "e-5"]
    assert song["pictures"][0][1:4] == [key_of("a-1"), "a picture of a", 1], "there is no file of it, only a movie"
    assert [(name, members) for name, _, members in song["scenes"]] == [
        ("a", [0]), ("b", [1]), ("c", [2]), ("d", [3]), ("e", [4])]
    assert between(song, "exists") == {("a-1", "b-2"), ("b-2", "c-3"), ("c-3", "d-4"), ("d-4", "a-1")}
    assert [name for name, _ in song["sequences"]] == [""]
    assert song["undo"] == ""
    assert asker.ask("song") == asker.ask("song"), "the same bytes while nothing changes"


def test_what_changes_in_the_folder_is_told(asker: Asker, media: Path) -> None:
    asker.song()
    movie = media / "ring" / "transitions" / "a-1 to b-2.mov"
    movie.write_bytes(movie.read_bytes()[:200])
    (media / "ring" / "transitions" / "a-1 to c-3.mov.part").write_bytes(b"")
    song = asker.settle()
    assert ("a-1", "b-2") in between(song, "damaged")
    assert between(song, "making") == {("a-1", "c-3")}
    assert song["reasons"]


def test_a_small_picture_is_the_frame_that_shows_it(asker: Asker) -> None:
    small = decode_rgb(asker.ask("thumb", key=key_of("b-2")))
    assert small.shape == (108, 192, 3)
    assert read_number(small) in (1029, 2000), "the last frame of a-1 to b-2, or the first of b-2 to c-3"
    with pytest.raises(LookupError, match="not in the song any more"):
        asker.ask("thumb", key="0" * 12)
    with pytest.raises(LookupError, match="no file of e-5"):
        asker.ask("thumb", key=key_of("e-5"))


def test_a_strip_shows_a_movie_from_beginning_to_end(asker: Asker, media: Path) -> None:
    write_numbered(media / "count.mov", 80, 320, 180, Fraction(30))
    strip = decode_rgb(asker.ask("strip", "count.mov"))
    assert strip.shape == (54, 768, 3)
    assert asker.ask("strip", "count.mov") == asker.ask("strip", "count.mov")
    write_numbered(media / "count.mov", 90, 320, 180, Fraction(30), first=500, overwrite=True)
    assert not np.array_equal(decode_rgb(asker.ask("strip", "count.mov")), strip), "another movie under the same name"
    with pytest.raises(LookupError, match=r"nothing\.mov cannot be opened"):
        asker.ask("strip", "nothing.mov")


def test_moves_are_made_and_taken_back(asker: Asker, media: Path) -> None:
    ring = media / "ring"
    (ring / "prompt_images").mkdir()
    for node in ("a_1", "b_2", "b_7"):
        (ring / "prompt_images" / f"{node}.jpg").write_bytes(asker.ask("thumb", key=key_of("a-1")))
    asker.settle()
    before = (ring / "scene_sequence.csv").read_bytes()

    said = asker.ask("move", key=key_of("b-7"), source=key_of("b"), target=key_of("a")).decode()

    song = asker.song()
    assert "b-7 moved from b to a" in said
    assert song["undo"] == "b-7 moved from b to a"
    assert "a by hand" in [name for name, _, _ in song["scenes"]]
    assert b"a by hand" in (ring / "scene_sequence.csv").read_bytes()
    assert asker.ask("undo").decode() == song["undo"]
    assert (ring / "scene_sequence.csv").read_bytes() == before
    assert asker.song()["undo"] == ""


@pytest.mark.parametrize(("say", "facts", "words"), [
    ("dance", {}, "nobody knows"),
    ("undo", {}, "nothing to undo"),
    ("move", {"key": "0" * 12, "source": key_of("a"), "target": key_of("b")}, "picture is not in the song"),
    ("move", {"key": key_of("a-1"), "source": "x", "target": key_of("b")}, "scene is not in the song"),
    ("song", {"place": "nowhere"}, "no song folder"),
])
def test_what_cannot_be_done_is_said(asker: Asker, media: Path, say: str, facts: dict[str, str], words: str) -> None:
    with pytest.raises(LookupError, match=words) as told:
        asker.ask(say, **facts)
    assert str(media) not in str(told.value), "a page need not know this machine's folders"


def test_trouble_of_one_question_ends_no_other(asker: Asker) -> None:
    with pytest.raises(LookupError, match="internal"):
        asker.ask("thumb")
    assert asker.song()


def test_small_pictures_wait_until_everything_else_is_answered(media: Path) -> None:
    asker = Asker(media)
    questions: SimpleQueue[wire.Said | None] = SimpleQueue()
    said = [{"say": say, "place": "ring", "key": key_of("a-1"), "ticket": n}
            for n, say in enumerate(("thumb", "thumb", "song", "undo"))]
    for each in said:
        questions.put(each)
    thread = threading.Thread(target=asker.curator.serve, args=(questions,))
    thread.start()
    tickets: list[int] = []
    pause = threading.Event()
    for _ in range(1000):
        if asker.out.getvalue().count(b'"say":"answer"') == len(said):
            break
        pause.wait(0.02)
    questions.put(None)
    thread.join(PATIENCE)
    asker.out.seek(0)
    while head := wire.said(asker.out.readline()):
        tickets.append(head["ticket"])
        asker.out.read(head["bytes"])
    assert tickets == [2, 3, 0, 1]


def test_on_windows_it_is_started_behind_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    assert behind_others() == {"creationflags": 0x4200}


# the process ----------------------------------------------------------------------------------


@pytest.fixture
def link(media: Path) -> Iterator[CuratorLink]:
    link = CuratorLink(media)
    yield link
    link.stop()
    threads = [each for each in threading.enumerate() if each.name == "curator answers"]
    for each in threads:
        each.join(PATIENCE)


def test_a_process_answers_and_its_errors_are_ours(link: CuratorLink) -> None:
    assert link.starts == 0, "nobody asked yet"
    song = link.ask("song", place="ring")
    thumb = link.ask("thumb", place="ring", key=key_of("a-1"))
    assert json.loads(song.result(PATIENCE))["name"] == "ring"
    assert read_number(decode_rgb(thumb.result(PATIENCE))) in (1000, 4029)
    for error, say, facts in ((MediaError, "song", {"place": "gone"}), (InputError, "undo", {"place": "ring"}),
                              (LibraryError, "thumb", {"place": "ring", "key": "f" * 12})):
        with pytest.raises(error):
            link.ask(say, **facts).result(PATIENCE)
    assert link.starts == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a process is stopped by a signal here")
def test_a_process_that_dies_is_told_and_started_again(link: CuratorLink) -> None:
    link.ask("song", place="ring").result(PATIENCE)
    assert link.pid is not None
    os.kill(link.pid, signal.SIGSTOP)
    waiting = link.ask("song", place="ring")
    os.kill(link.pid, signal.SIGKILL)
    with pytest.raises(ServeError, match=GONE):
        waiting.result(PATIENCE)
    assert json.loads(link.ask("song", place="ring").result(PATIENCE))["name"] == "ring"
    assert link.starts == 2


def test_half_an_answer_is_none(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    link = CuratorLink(media, module="scripted_curator")
    with pytest.raises(ServeError, match=GONE):
        link.ask("song", place="ring").result(PATIENCE)
    link.stop()


def test_more_questions_than_anybody_waits_for_are_refused(link: CuratorLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.app.curator_link.WAITING_MAX", 0)
    with pytest.raises(ServeError, match="0 questions about songs wait already; ask later"):
        link.ask("song", place="ring").result(PATIENCE)
    assert link.starts == 0


def test_after_the_end_nothing_is_asked(link: CuratorLink) -> None:
    link.ask("song", place="ring").result(PATIENCE)
    link.stop()
    with pytest.raises(ServeError, match="stopping"):
        link.ask("song", place="ring").result(PATIENCE)
