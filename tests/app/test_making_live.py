"""Transitions made while they are played, in a whole server: real movies, planner, worker and sockets."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from gated import FIRST
from graph_song import FRAMES, make_song
from running import Client, running
from test_navigation import graph, numbers, until

from server.app import making
from server.app.serving import Parts
from server.index.opening import open_index
from server.index.reader import FrameReader
from server.render.local_pool import LocalPool, PoolOptions
from server.show.making_state import Job

GAP = (("a-1", "b-2"), ("c-3", "d-4"))
"""Two transitions with nothing between b and c."""
MADE = "ring/transitions/b-2 to c-3.mov"
LENGTH = 46
EVERYTHING = 1000


@pytest.fixture
def media(tmp_path: Path) -> Path:
    make_song(tmp_path / "media" / "ring", GAP, size=(128, 96), frames=FRAMES)
    settings = tmp_path / "media" / "ring" / "tgen_settings.json"
    settings.write_text(settings.read_text("utf-8").replace(f": {FRAMES}", f": {LENGTH}"), encoding="utf-8")
    return tmp_path / "media"


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let frames be made up to a number; they carry their numbers, and nothing is made before it is called."""
    file = tmp_path / "gate"
    file.write_text("0", encoding="ascii")
    monkeypatch.setattr(making, "pool_options", lambda _: PoolOptions(
        options={"gate": str(file)}, generators={"morph": "gated:Gated"}, back_off=(0.05,)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(Path(__file__).parent),
                                                                   os.environ.get("PYTHONPATH")))))

    def upto(number: int) -> None:
        part = file.with_suffix(".part")
        part.write_text(str(number), encoding="ascii")
        part.replace(file)

    return upto


@pytest.fixture
def server(media: Path) -> Iterator[Parts]:
    with running(media, generate="auto", generate_ahead="no", generate_wait="60") as parts:
        yield parts


@pytest.fixture
def client(server: Parts) -> Iterator[Client]:
    with Client(server) as client:
        assert client.ask("/song", "ring") == ()
        yield client


def jobs(parts: Parts) -> tuple[Job, ...]:
    return parts.loop.show.state.making.jobs


def job(parts: Parts, number: str = "1") -> Job:
    found = parts.loop.show.state.making.job(number)
    assert found is not None
    return found


def state_of(parts: Parts, number: str = "1") -> str:
    found = parts.loop.show.state.making.job(number)
    return found.state if found is not None else ""


def worker(parts: Parts) -> LocalPool:
    assert parts.maker is not None
    assert isinstance(parts.maker.pool, LocalPool)
    return parts.maker.pool


def there(client: Client, picture: str) -> bool:
    return until(lambda: client.value("/deck/1/state/picture") == picture
                 and client.value("/deck/1/state/hops") == 0)


def seen_until(parts: Parts, true: Callable[[], bool]) -> list[int]:
    """The numbers of the frames on screen until something is true."""
    frames: list[int] = []

    def look() -> bool:
        frames.extend(number for number in numbers(parts)[-1:] if number is not None)
        return true()

    assert until(look)
    return frames


def left_behind(media: Path) -> list[str]:
    """The hidden folders of what is made, and the files with such names; they go while they are looked for."""
    return [name for place, _, names in os.walk(media) for name in (Path(place).name, *names)
            if ".making" in name and name != "making.json" and not name.endswith(".lock")]


def test_a_missing_transition_is_made_played_meanwhile_and_there_from_then_on(
        media: Path, gate: Callable[[int], None], server: Parts, client: Client) -> None:
    assert client.ask("/go/picture", "c") == ()
    assert until(lambda: client.value("/deck/1/state/walk") == "making")
    assert client.value("/deck/1/state/picture") == "b-2"
    gate(20)
    seen = seen_until(server, lambda: (numbers(server)[-1] or 0) > FIRST)
    assert state_of(server) == "making", "it is on screen while it is made"
    assert not (media / MADE).exists()
    gate(EVERYTHING)
    seen += seen_until(server, lambda: client.value("/deck/1/state/picture") == "c-3")
    made = [number - FIRST for number in seen if FIRST < number < FIRST + LENGTH]
    assert all(b >= a for a, b in pairwise(made)), "it never goes back"
    assert client.value("/deck/1/state/bridges") == 0
    assert until(lambda: MADE in graph(server).edges)
    assert state_of(server) == "done"
    # The second time it is the movie of the song.
    assert client.ask("/go/picture/over", "a", 0.5) == ()
    assert there(client, "a-1")
    assert until(lambda: not left_behind(media)), "nobody shows the parts any more"
    assert client.ask("/go/picture", "c") == ()
    assert until(lambda: client.value("/deck/1/state/movie") == MADE)
    assert len(jobs(server)) == 1


def test_its_ends_are_the_pictures_byte_for_byte(media: Path, server: Parts, client: Client) -> None:
    assert client.ask("/generate/transition", "b", "c") == ()
    assert until(lambda: state_of(server) == "done")
    index = open_index(media / MADE)
    assert index.count == LENGTH
    with (FrameReader(media / MADE, index) as movie,
          FrameReader(media / "ring/transitions/a-1 to b-2.mov", open_index(
              media / "ring/transitions/a-1 to b-2.mov")) as before,
          FrameReader(media / "ring/transitions/c-3 to d-4.mov", open_index(
              media / "ring/transitions/c-3 to d-4.mov")) as after):
        assert bytes(movie.read(0)) == bytes(before.read(FRAMES - 1))
        assert bytes(movie.read(LENGTH - 1)) == bytes(after.read(0))
    assert [mark.name for mark in index.marks] == ["b-2", "c-3"]
    assert index.made is not None
    assert index.made["generator"] == "morph"


@pytest.mark.full
def test_what_was_made_is_judged_when_there_is_time(media: Path, server: Parts, client: Client) -> None:
    assert client.ask("/generate/transition", "b", "c") == ()
    assert until(lambda: state_of(server) == "done")
    assert until(lambda: "judgement" in (open_index(media / MADE).made or {})) or until(
        lambda: "judgement" in (open_index(media / MADE).made or {})), "it is at the lowest priority"


@pytest.mark.full
def test_the_number_of_the_job_is_the_answer(server: Parts, client: Client) -> None:
    client.tell("/generate/transition", "b", "c", "#x")
    assert client.wait_for("/ack", "/error").args == ("x", "1")
    client.tell("/generate/transition", "b", "c", "#y")
    assert client.wait_for("/ack", "/error").args == ("y", "1"), "it is being made already"
    assert until(lambda: client.value("/job/1/state") == "done")
    assert client.value("/job/1/progress") == 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL; the pool's own tests end it there")
def test_a_worker_that_is_killed_takes_nothing_off_the_screen(
        media: Path, gate: Callable[[int], None], server: Parts, client: Client) -> None:
    assert client.ask("/go/picture", "c") == ()
    gate(20)
    seen = seen_until(server, lambda: (numbers(server)[-1] or 0) > FIRST + 2)
    killed = worker(server).pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert until(lambda: worker(server).pid not in (None, killed))
    gate(EVERYTHING)
    seen += seen_until(server, lambda: client.value("/deck/1/state/picture") == "c-3")
    made = [number for number in seen if FIRST < number < FIRST + LENGTH]
    assert all(b >= a for a, b in pairwise(made))
    assert client.value("/deck/1/state/bridges") == 0
    assert until(lambda: state_of(server) == "done")
    with FrameReader(media / MADE, open_index(media / MADE)) as movie:
        assert movie.count == LENGTH


@pytest.mark.full
def test_cancelled_halfway_it_fades_on_and_leaves_nothing(
        media: Path, gate: Callable[[int], None], server: Parts, client: Client) -> None:
    assert client.ask("/go/picture", "c") == ()
    gate(20)
    seen_until(server, lambda: (numbers(server)[-1] or 0) > FIRST + 2)
    assert client.ask("/generate/cancel") == ()
    assert there(client, "c-3")
    assert client.value("/deck/1/state/bridges") == 1
    assert until(lambda: state_of(server) == "cancelled")
    assert until(lambda: not left_behind(media))
    assert not (media / MADE).exists()
    assert client.ask("/generate/cancel", "1")[0] == "not-now"


@pytest.mark.full
def test_a_detour_leaves_for_another_picture_and_what_it_left_is_finished(
        media: Path, gate: Callable[[int], None], server: Parts, client: Client) -> None:
    assert client.ask("/generate/frames", 120) == ()
    assert client.ask("/go/picture", "c") == ()
    gate(12)
    seen_until(server, lambda: (numbers(server)[-1] or 0) > FIRST)
    client.tell("/generate/retarget", "d", "#r")
    assert client.wait_for("/ack", "/error").args == ("r", "2")
    gate(EVERYTHING)
    assert there(client, "d-4")
    assert client.value("/deck/1/state/bridges") == 0
    assert until(lambda: state_of(server, "1") == state_of(server, "2") == "done")
    (detour,) = (media / "ring/detours").glob("*.mov")
    assert detour.name.startswith("b-2 to c-3 at ")
    assert (media / MADE).is_file()
    assert until(lambda: MADE in graph(server).edges)
    assert not any("detours" in movie for movie in graph(server).edges), "a detour is no edge"


def test_what_waits_is_made_when_the_server_runs_again(media: Path, gate: Callable[[int], None]) -> None:
    with running(media, generate="auto", generate_ahead="no") as parts, Client(parts) as client:
        assert client.ask("/song", "ring") == ()
        client.tell("/generate/transition", "b", "c", "#x")
        assert client.wait_for("/ack").args == ("x", "1")
        assert client.ask("/generate/transition", "a", "d") == ()
        gate(5)
        assert until(lambda: state_of(parts) == "making")
    assert not (media / MADE).exists()
    assert left_behind(media) == []
    gate(EVERYTHING)
    with running(media, generate="auto", generate_ahead="no") as parts:
        assert until(lambda: state_of(parts, "1") == state_of(parts, "2") == "done"), "nobody need play the song"
        assert (media / MADE).is_file()
    with running(media, generate="auto") as parts:
        assert until(lambda: parts.loop.show.state.making.worker.state == "off")
        assert jobs(parts) == ()


@pytest.mark.full
def test_panic_stops_what_is_made_until_told_otherwise(gate: Callable[[int], None], server: Parts,
                                                       client: Client) -> None:
    assert client.ask("/generate/transition", "a", "d") == ()
    assert client.ask("/go/picture", "c") == ()
    assert until(lambda: len(jobs(server)) == 2)
    assert client.ask("/cue/panic") == ()
    assert until(lambda: state_of(server, "2") == "cancelled")
    gate(EVERYTHING)
    assert client.value("/generate/pause") is True
    assert state_of(server, "1") != "done"
    assert client.ask("/generate/pause", False) == ()
    assert until(lambda: state_of(server, "1") == "done")


@pytest.mark.full
def test_a_newer_seed_for_what_is_being_made(gate: Callable[[int], None], server: Parts, client: Client) -> None:
    assert client.ask("/generate/transition", "b", "c") == ()
    gate(10)
    assert until(lambda: job(server).progress > 0.1)
    assert client.ask("/generate/skip", "1", "42") == ()
    gate(EVERYTHING)
    assert until(lambda: state_of(server) == "done")


@pytest.mark.full
def test_without_a_model_it_is_a_morph_and_that_is_said(server: Parts, client: Client, tmp_path: Path) -> None:
    assert client.ask("/generate/mode", "bridge") == ()
    assert client.ask("/generate/transition", "b", "c") == ()
    assert until(lambda: state_of(server) == "done")
    assert job(server).mode == "morph"
    assert "there is no model" in job(server).rung
    assert any("there is no model" in complaint.text for complaint in server.loop.show.complaints)
    code, text = client.ask("/generate/picture", "a field of thistles")
    assert (code, "interscene model add" in text) == ("input", True)


@pytest.mark.full
def test_a_full_disk_is_said_and_nobody_waits_for_it(server: Parts, client: Client,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        free = 0

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Full)
    assert client.ask("/go/picture", "c") == ()
    assert there(client, "c-3")
    assert client.value("/deck/1/state/bridges") == 1
    assert "make room" in job(server).reason


@pytest.mark.full
def test_a_picture_that_nothing_shows_cannot_be_an_end(media: Path, server: Parts, client: Client) -> None:
    definitions = media / "ring" / "prompt_image_definitions.csv"
    definitions.write_text(definitions.read_text("utf-8") + "zebra,a zebra,9,7.5\n", encoding="utf-8")
    assert until(lambda: "zebra-9" in graph(server).spots)
    assert client.ask("/generate/transition", "b", "zebra") == ()
    assert until(lambda: state_of(server) == "failed")
    assert "zebra-9" in job(server).reason


def test_the_newest_frame_of_a_job_can_be_looked_at(gate: Callable[[int], None], server: Parts, client: Client) -> None:
    assert client.ask("/generate/transition", "b", "c") == ()
    gate(10)
    assert until(lambda: job(server).progress > 0.1)
    with urlopen(f"{server.http.url}job/1/frame.jpg") as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.read().startswith(b"\xff\xd8")
    with pytest.raises(HTTPError) as refused, urlopen(f"{server.http.url}job/77/frame.jpg"):
        pass
    with refused.value:
        assert refused.value.code == 404
    assert server.port.snapshot()["jobs"][0]["id"] == "1"


@pytest.mark.full
def test_a_server_that_makes_nothing_walks_as_ever(media: Path) -> None:
    with running(media) as parts, Client(parts) as client:
        assert client.ask("/song", "ring") == ()
        assert client.ask("/go/picture/over", "c", 0.5) == ()
        assert there(client, "c-3")
        assert client.value("/deck/1/state/bridges") == 1
        assert client.ask("/generate/transition", "b", "c")[0] == "not-now"
        assert not (media / ".interscene").exists()


def test_a_server_that_is_asked_for_nothing_leaves_nothing(media: Path) -> None:
    with running(media, generate="auto", generate_ahead="no") as parts, Client(parts) as client:
        assert client.ask("/song", "ring") == ()
        assert client.value("/generate/state/worker") == "off"
        assert worker(parts).pid is None, "the worker is started when it is first needed"
    assert not (media / ".interscene").exists()


@pytest.mark.full
def test_beginnings_are_made_while_nothing_else_is(media: Path, gate: Callable[[int], None]) -> None:
    gate(EVERYTHING)
    with running(media, generate="auto", generate_wait="60") as parts, Client(parts) as client:
        assert client.ask("/song", "ring") == ()
        assert client.ask("/go/picture/over", "b", 0.3) == ()
        assert parts.maker is not None
        kept = parts.maker.floor.beginnings
        assert until(lambda: kept.has("ring", "b-2", "c-3"))
        assert jobs(parts) == ()
        assert until(lambda: worker(parts).status().state in ("ready", "off"))
        gate(0)
        assert client.ask("/go/picture", "c") == ()
        assert until(lambda: (numbers(parts)[-1] or 0) > FIRST), "what is kept needs nobody to make it"
        gate(EVERYTHING)
        assert until(lambda: state_of(parts) == "done")


@pytest.mark.full
def test_parts_are_in_no_list_of_movies(gate: Callable[[int], None], server: Parts, client: Client) -> None:
    assert client.ask("/go/picture", "c") == ()
    gate(20)
    seen_until(server, lambda: (numbers(server)[-1] or 0) > FIRST)
    server.folder.scan()
    assert not [name for name in server.folder.names if "making" in name]
