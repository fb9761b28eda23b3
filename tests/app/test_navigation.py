"""Songs of pictures in a whole server: real movies, a real planner, real sockets, and everything taken away from it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import pytest
from graph_song import FRAMES, add_transition, make_song
from running import Client, running

from server.app.serving import Parts
from server.library.songs.song_folder import open_song
from server.media.jpeg import decode_rgb
from server.media.numbered import read_number, write_numbered
from server.production.atlas_packing import build_atlas
from server.show.song_map import SongMap

LAST = FRAMES - 1
PATIENCE = 20.0


@pytest.fixture
def media(tmp_path: Path) -> Path:
    make_song(tmp_path / "ring")
    return tmp_path


@pytest.fixture
def server(media: Path) -> Iterator[Parts]:
    with running(media) as parts:
        yield parts


@pytest.fixture
def client(server: Parts) -> Iterator[Client]:
    with Client(server) as client:
        assert client.ask("/song", "ring") == ()
        yield client


def until(true: Callable[[], bool]) -> bool:
    """Wait for something that comes from another process or thread."""
    pause = threading.Event()
    for _ in range(round(PATIENCE / 0.02)):
        if true():
            return True
        pause.wait(0.02)
    return False


def arrives(client: Client, picture: str, deck: int = 1) -> bool:
    return until(lambda: client.value(f"/deck/{deck}/state/picture") == picture
                 and client.value(f"/deck/{deck}/state/hops") == 0)


def graph(parts: Parts) -> SongMap:
    """The song of deck 1 as it is known now."""
    found = parts.loop.show.state.song(1).graph
    assert found is not None
    return found


def numbers(parts: Parts, deck: int = 1) -> list[int | None]:
    return [read_number(decode_rgb(parts.port.jpeg(layer.movie, layer.frame))) for layer in parts.port.layers(deck)]


def test_it_stands_on_the_first_picture_and_walks_frame_by_frame(server: Parts, client: Client) -> None:
    assert numbers(server) == [1000]
    assert client.value("/deck/1/state/prompt") == "a picture of a"
    assert client.ask("/go/pace", 0.3) == ()
    assert client.ask("/go/picture", "b_2") == ()
    seen: list[int] = []
    assert until(lambda: bool(seen.append(numbers(server)[0] or 0)) or seen[-1] == 1000 + LAST)
    assert seen == sorted(seen)
    assert client.ask("/go/picture", "c") == ()
    assert arrives(client, "c-3")
    assert numbers(server) == [2000 + LAST]
    assert client.ask("/go/back") == ()
    assert arrives(client, "b-2")
    assert numbers(server) == [2000]


def test_names_that_mean_nothing_are_answered_in_words(client: Client) -> None:
    code, text = client.ask("/go/picture", "bb-2")
    assert (code, "b-2" in text) == ("library", True)
    assert client.ask("/go/scene", "nowhere")[0] == "library"
    assert client.ask("/deck/2/go/picture", "a")[0] == "library"


def test_a_walk_without_end_and_another_deck(server: Parts, client: Client) -> None:
    assert client.ask("/deck/2/song", "ring") == ()
    for deck in (1, 2):
        assert client.ask(f"/deck/{deck}/go/pace", 0.2) == ()
        assert client.ask(f"/deck/{deck}/go/auto", 1) == ()
    for deck in (1, 2):
        assert until(lambda deck=deck: len(server.loop.show.state.walk(deck).visited) == 4)  # type: ignore[misc]
        assert client.value(f"/deck/{deck}/state/bridges") == 0


def test_a_transition_that_appears_is_walked_from_then_on(server: Parts, client: Client, media: Path) -> None:
    # Of the whole graph only the way round is there.
    assert client.ask("/go/picture/over", "c", 0.2) == ()
    assert arrives(client, "c-3")
    add_transition(media / "ring", ("a-1", "c-3"), 9000)
    there = "ring/transitions/a-1 to c-3.mov"
    assert until(lambda: there in graph(server).edges)
    assert client.ask("/go/picture/over", "a", 0.2) == ()
    assert arrives(client, "a-1")
    assert numbers(server) == [9000]


def test_a_transition_that_vanishes_is_gone_round(server: Parts, client: Client, media: Path) -> None:
    gone = media / "ring" / "transitions" / "a-1 to b-2.mov"
    gone.unlink()
    assert until(lambda: len(graph(server).edges) == 3)
    assert client.ask("/go/picture/over", "b", 0.4) == ()
    assert client.value("/deck/1/state/route") == "a-1 > d-4 > c-3 > b-2"
    assert arrives(client, "b-2")
    assert numbers(server) == [2000]


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no folder in which files are open")
def test_a_folder_renamed_during_a_show_is_followed(server: Parts, client: Client, media: Path) -> None:
    assert client.ask("/go/auto", 1) == ()
    (media / "ring").rename(media / "circle")
    assert until(lambda: graph(server).place == "circle")
    assert client.ask("/go/auto", 0) == ()
    assert until(lambda: client.value("/deck/1/state/walk") == "standing")
    for name in "abcd":
        assert client.ask("/go/picture/over", name, 0.2) == ()
        assert until(lambda name=name: client.value("/deck/1/state/picture")[0] == name)  # type: ignore[misc]
    assert client.value("/deck/1/state/movie").startswith("circle/")
    assert client.value("/deck/1/state/bridges") == 0


def test_a_folder_taken_away_is_said_and_the_picture_stays(server: Parts, client: Client, media: Path) -> None:
    shutil.rmtree(media / "ring")
    assert until(lambda: any("cannot be read" in c.text for c in server.loop.show.complaints))
    assert client.value("/deck/1/state/picture") == "a-1"
    assert client.value("/deck/1/state/walk") == "standing"


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no folder in which files are open")
def test_a_planner_started_anew_finds_a_renamed_folder_and_waits_for_one_that_is_away(
        server: Parts, client: Client, media: Path) -> None:
    def walks() -> bool:
        before = client.value("/deck/1/state/bridges")
        return (client.ask("/go/picture/over", "b", 0.2) == () and arrives(client, "b-2")
                and client.ask("/go/picture/over", "d", 0.2) == () and arrives(client, "d-4")
                and client.value("/deck/1/state/bridges") == before)

    (media / "ring").rename(media / "circle")
    assert until(lambda: graph(server).place == "circle")
    assert server.navigator.pid is not None
    os.kill(server.navigator.pid, 9)
    assert until(lambda: server.navigator.starts == 2)
    assert until(walks)

    (media / "circle").rename(media.parent / f"{media.name}-away")
    os.kill(server.navigator.pid, 9)
    assert until(lambda: any("cannot be read" in c.text for c in server.loop.show.complaints))
    (media.parent / f"{media.name}-away").rename(media / "circle")
    assert until(walks)


def test_never_again_is_written_down_with_the_song(client: Client, media: Path) -> None:
    (media / "ring" / "never_again.txt").write_text("# not these\nd_4\n", encoding="utf-8")
    assert client.ask("/go/never", "b") == ()
    assert until(lambda: (media / "ring" / "never_again.txt").read_text(encoding="utf-8")
                 == "# not these\nd_4\nb_2\n")
    assert client.ask("/go/picture", "b")[0] == "library"


def test_a_planner_that_dies_is_started_again_and_nobody_waits_for_it(server: Parts, client: Client) -> None:
    pid = server.navigator.pid
    assert pid is not None
    server.navigator.module = "server.app.no_such_planner"
    os.kill(pid, 9)
    assert client.ask("/go/picture", "c") == ()
    assert arrives(client, "c-3")
    assert client.value("/deck/1/state/bridges") == 1

    server.navigator.module = "server.app.planner"
    starts = server.navigator.starts
    assert until(lambda: server.navigator.starts > starts)
    assert until(lambda: client.ask("/go/picture/over", "b", 0.2) == () and arrives(client, "b-2")
                 and client.ask("/go/picture/over", "d", 0.2) == () and arrives(client, "d-4")
                 and client.value("/deck/1/state/route") in ("b-2 > c-3 > d-4", "b-2 > a-1 > d-4"))


def test_an_atlas_is_walked_without_opening_anything_else(media: Path) -> None:
    song = media / "whole"
    make_song(song, combinations(("a-1", "b-2", "c-3", "d-4"), 2))
    report = build_atlas(song, open_song(song))
    with running(media) as parts, Client(parts) as client:
        assert client.ask("/song", "whole") == ()
        for name in "bdcadb":
            assert client.ask("/go/picture/over", name, 0.2) == ()
            assert until(lambda name=name: client.value("/deck/1/state/picture")[0] == name)  # type: ignore[misc]
            assert client.value("/deck/1/state/movie") == f"whole/{report.path.name}"


def test_an_atlas_that_is_made_during_the_show_is_used_from_then_on(server: Parts, client: Client,
                                                                    media: Path) -> None:
    build_atlas(media / "ring", open_song(media / "ring"))
    assert until(lambda: "ring/atlas.mov" in graph(server).packed)
    assert client.ask("/go/picture/over", "b", 0.2) == ()
    assert until(lambda: client.value("/deck/1/state/movie") == "ring/atlas.mov")


def test_a_song_of_pictures_alone_says_what_it_needs(media: Path) -> None:
    (media / "bare").mkdir()
    (media / "bare" / "prompt_image_definitions.csv").write_text("name,prompt,seeds\nx,a field,1 2\n",
                                                                encoding="utf-8")
    with running(media) as parts, Client(parts) as client:
        code, text = client.ask("/song", "bare")
        assert (code, "nothing to show" in text) == ("library", True)
        assert text.endswith("interscene song stills FOLDER")


def test_a_damaged_definition_file_is_no_end(media: Path) -> None:
    (media / "ring" / "prompt_image_definitions.csv").write_bytes(b"\xff\xfe\x00\x00\x80garbage\n\n\n,,,\n")
    with running(media) as parts, Client(parts) as client:
        answer = client.ask("/song", "ring")
        assert answer == () or answer[0] == "library"
        assert client.ask("/deck/1/load", "a-1 to b-2") == ()


def test_a_song_is_served_by_its_folder(media: Path) -> None:
    from server.app.programme import find
    from server.settings.layers import load

    programme = find(load({}, environ={}), [str(media / "ring")])
    assert (programme.root, programme.songs) == (media, (("ring", False),))
    assert find(load({"media_dir": str(media)}, environ={}), ["ring"]).songs == (("ring", False),)


def test_plain_songs_are_walked_movie_by_movie_as_ever(media: Path) -> None:
    for name in ("one", "two"):
        (media / "set").mkdir(exist_ok=True)
        write_numbered(media / "set" / f"{name}.mov", 3, 64, 64)
    with running(media) as parts, Client(parts) as client:
        assert client.ask("/song", "set") == ()
        assert client.ask("/go/next") == ()
        assert client.value("/deck/1/state/movie") == "set/two.mov"


def test_a_story_is_played_by_cues(server: Parts, client: Client, media: Path) -> None:
    folder = media / "ring" / "stories" / "night"
    folder.mkdir(parents=True)
    for number in (1, 2):
        write_numbered(folder / f"section_{number}.mov", 30, 64, 64, first=5000 * number)
    assert client.ask("/story", "nigth")[0] == "library"
    assert client.ask("/story", "night") == ()
    assert client.value("/deck/1/state/cues") == 2
    assert client.ask("/cue/go") == ()
    assert client.ask("/cue/go")[0] == "not-now"
    assert until(lambda: numbers(server) == [5029])
    assert client.ask("/cue/arm", 2) == ()
    assert client.ask("/cue/go") == ()
    assert until(lambda: numbers(server) == [10029])
    assert client.ask("/go/picture", "d") == ()
    assert arrives(client, "d-4")


