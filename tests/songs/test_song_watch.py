"""A song that changes while it is played: one new graph at a time, nothing half copied, bounded work, renames."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from song_samples import drawn, make_frames, make_song, make_transition, save

from server.errors import MissingFile
from server.index.format import FrameIndex
from server.index.opening import sidecar
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Presence, SongGraph
from server.library.songs import presence, song_folder, watch
from server.library.songs.catalogue import load_catalogue
from server.library.songs.song_folder import open_song
from server.library.songs.versions import SongHold, is_held, superseded, tidy
from server.library.songs.watch import SongWatcher

SUN, SUN2, SEA, SEA2 = (PictureId(*each) for each in (("sun", 1001), ("sun", 1002), ("sea", 2001), ("sea", 2002)))


@pytest.fixture
def song(tmp_path: Path) -> Path:
    folder = make_song(tmp_path / "songs" / "emit")
    make_transition(folder, SUN, SUN2)
    return folder


class Show:
    """Drives a watcher as a show does, ten times a second of its own time."""

    def __init__(self, folder: Path) -> None:
        self.watcher = SongWatcher(folder)
        self.now = 100.0

    def wait(self, seconds: float) -> list[SongGraph]:
        graphs = []
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            graph = self.watcher.poll(self.now)
            if graph is not None:
                graphs.append(graph)
        return graphs


def test_a_file_that_could_not_be_read_for_a_moment_is_not_condemned(
        song: Path, play: Callable[[Path], Show], monkeypatch: pytest.MonkeyPatch) -> None:
    show = play(song)
    show.wait(3.0)
    real = presence.open_index

    def away(path: Path) -> FrameIndex:
        raise MissingFile(f"{path} is not there; check the name")

    monkeypatch.setattr(presence, "open_index", away)
    make_transition(song, SEA, SEA2)
    show.wait(5.0)
    assert show.watcher.graph.between(SEA, SEA2) is not None
    show.watcher.close()
    assert not any("not there" in each.reason for each in load_catalogue(song).findings.values())
    assert open_song(song).transitions[(SEA, SEA2)].presence is Presence.DAMAGED
    monkeypatch.setattr(presence, "open_index", real)
    assert open_song(song).transitions[(SEA, SEA2)].presence is Presence.EXISTS
    show.wait(15.0)
    found = show.watcher.graph.between(SEA, SEA2)
    assert found is not None
    assert found.presence is Presence.EXISTS


@pytest.mark.skipif(os.name == "nt", reason="Windows renames no folder in which files are open")
def test_a_folder_renamed_after_another_took_its_place_is_followed_too(
        song: Path, play: Callable[[Path], Show]) -> None:
    show = play(song)
    show.wait(3.0)
    shutil.copytree(song, song.with_name("copy"))
    song.rename(song.with_name("old"))
    song.with_name("copy").rename(song)
    show.wait(3.0)
    song.rename(song.with_name("new"))
    show.wait(3.0)
    assert show.watcher.folder.name == "new"


@pytest.fixture
def play() -> Iterator[Callable[[Path], Show]]:
    shows: list[Show] = []

    def begin(folder: Path) -> Show:
        shows.append(Show(folder))
        return shows[-1]

    yield begin
    for show in shows:
        show.watcher.close()


Play = Callable[[Path], Show]


def test_nothing_new_nothing_said(song: Path, play: Play) -> None:
    show = play(song)

    assert show.wait(5) == []
    assert show.watcher.graph.between(SUN, SUN2) is not None


def test_a_movie_that_appears_becomes_one_new_graph(song: Path, play: Play) -> None:
    show = play(song)
    before = show.watcher.graph
    make_transition(song, SEA, SEA2)

    graphs = show.wait(5)

    assert len(graphs) == 1
    assert graphs[0] is show.watcher.graph
    assert before.between(SEA, SEA2) is None
    found = graphs[0].between(SEA, SEA2)
    assert found is not None
    assert found.playable


def test_a_movie_that_is_still_being_copied_is_not_taken(song: Path, play: Play) -> None:
    source = make_transition(song, SEA, SEA2)
    data = source.read_bytes()
    sidecar(source).unlink()
    source.unlink()
    show = play(song)
    for size in range(400, len(data), 400):
        source.write_bytes(data[:size])
        assert show.wait(1.1) == []

    source.write_bytes(data)
    graphs = show.wait(5)

    assert len(graphs) == 1
    assert graphs[0].between(SEA, SEA2) is not None
    assert [each.presence for each in graphs[0].transitions.values()] == [Presence.EXISTS] * 2


def test_a_movie_that_is_still_being_copied_is_not_taken_when_another_one_is_announced(song: Path, play: Play) -> None:
    source = make_transition(song, SEA, SEA2)
    sidecar(source).unlink()
    data, other = source.read_bytes(), song / "transitions" / "sun-1002 to sea-2001.mov"
    source.unlink()
    show = play(song)
    show.wait(2.0)
    source.write_bytes(data[:400])
    show.wait(1.2)
    make_transition(song, SUN2, SEA)
    show.watcher.announce(f"transitions/{other.name}")
    (graph,) = show.wait(0.8)
    assert graph.between(SUN2, SEA) is not None
    assert graph.between(SEA, SEA2) is None, "the other one has not been as it is for a second"


def test_what_vanishes_is_gone_at_the_next_look(song: Path, play: Play) -> None:
    show = play(song)
    (song / "transitions" / "sun-1001 to sun-1002.mov").unlink()
    (song / "prompt_images" / "sea_2001.png").unlink()

    graphs = show.wait(3)

    assert len(graphs) == 1
    assert graphs[0].between(SUN, SUN2) is None
    assert graphs[0].pictures[SEA].presence is Presence.MISSING


def test_a_folder_that_appears_is_found(tmp_path: Path, play: Play) -> None:
    folder = make_song(tmp_path / "emit")
    show = play(folder)
    make_frames(folder, SUN, SEA)
    save(folder / "scenes" / "beach" / "sand_7.png", drawn(7))

    graph = show.wait(5)[-1]

    assert graph.between(SUN, SEA) is not None
    assert graph.pictures[PictureId("sand", 7)].presence is Presence.EXISTS


def test_a_replaced_picture_and_new_definitions_are_taken(song: Path, play: Play) -> None:
    show = play(song)
    (song / "prompt_images" / "sun_1001.png").write_bytes(b"broken")
    (song / "prompt_image_definitions.csv").write_text("name,prompt,seeds\nsun,bright,1001 1002 1003\nsea,wide,2001\n")

    graph = show.wait(5)[-1]

    assert graph.pictures[SUN].presence is Presence.DAMAGED
    assert graph.pictures[PictureId("sun", 1003)].presence is Presence.MISSING
    assert graph.pictures[SUN2].prompt == "bright"


def test_a_song_that_is_renamed_during_the_show_is_followed(song: Path, play: Play) -> None:
    show = play(song)
    moved = song.rename(song.with_name("emit fixed"))
    make_transition(moved, SEA, SEA2)

    graphs = show.wait(6)

    assert show.watcher.folder == moved
    assert graphs[-1].name == "emit fixed"
    assert graphs[-1].between(SEA, SEA2) is not None
    assert show.watcher.problem == ""


def test_a_song_that_is_gone_keeps_its_last_graph_and_comes_back(song: Path, tmp_path: Path, play: Play) -> None:
    show = play(song)
    before = show.watcher.graph
    away = tmp_path / "elsewhere"
    shutil.move(song, away)

    assert show.wait(3) == []
    assert "no song folder" in show.watcher.problem
    assert show.watcher.graph == before

    shutil.move(away, song)
    show.wait(3)
    assert show.watcher.problem == ""


def test_a_song_that_cannot_be_read_for_a_while_is_read_later(
        song: Path, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    show = play(song)
    make_transition(song, SEA, SEA2)

    def fail(*_: object) -> None:
        raise OSError(5, "the network is away")

    with monkeypatch.context() as broken:
        broken.setattr(watch, "combine", fail)
        assert show.wait(5) == []
        assert "network" in show.watcher.problem

    assert len(show.wait(5)) == 1
    assert show.watcher.problem == ""


def test_a_poll_looks_at_few_files_only(song: Path, monkeypatch: pytest.MonkeyPatch, play: Play) -> None:
    monkeypatch.setattr(watch, "LOOKS", 3)
    looked: list[int] = []
    look = song_folder.Looker.look

    def counting(self: song_folder.Looker, subject: song_folder.Subject, stamp: song_folder.Stamp) -> object:
        looked[-1] += 1
        return look(self, subject, stamp)

    show = play(song)
    monkeypatch.setattr(song_folder.Looker, "look", counting)
    for number in range(20):
        save(song / "prompt_images" / f"new_{number}.png", drawn(number))
    graphs = []
    for _ in range(60):
        looked.append(0)
        graphs += show.wait(0.1)

    assert max(looked) == 3
    assert sum(looked) == 20
    assert len(graphs) == 1
    assert len(graphs[0].pictures) == 24


def test_what_was_found_out_is_remembered(song: Path, play: Play) -> None:
    show = play(song)
    make_transition(song, SEA, SEA2)
    show.wait(5)
    show.watcher.close()

    assert "transitions/sea-2001 to sea-2002.mov" in load_catalogue(song).findings


def test_a_song_that_is_played_says_so_until_it_is_let_go(song: Path) -> None:
    assert not is_held(song)
    watcher = SongWatcher(song)
    assert is_held(song)
    watcher.close()
    assert not is_held(song)
    assert list((song / ".interscene").glob("held-*")) == []


def test_a_hold_of_a_killed_program_does_not_count(song: Path) -> None:
    hold = SongHold(song)
    left = next((song / ".interscene").glob("held-*"))
    hold.close()
    left.write_bytes(b"")

    assert not is_held(song)


def test_older_versions_go_when_nobody_holds_the_song_and_the_newest_is_whole(song: Path) -> None:
    for version in (2, 3):
        make_transition(song, SUN, SUN2, version=version)
    one, two, three = (f"transitions/sun-1001 to sun-1002{end}.mov" for end in ("", " ~2", " ~3"))

    assert [path.relative_to(song).as_posix() for path in superseded(song / "transitions")] == [two, one]
    assert tidy(song, "transitions", [], held=False) == ([], [])
    assert tidy(song, "transitions", [three], held=True) == ([], [two, one])
    assert tidy(song, "transitions", [three], held=False) == ([two, one], [])
    assert sorted(path.name for path in (song / "transitions").iterdir()) == [
        f"sun-1001 to sun-1002 ~3.mov{suffix}" for suffix in ("", ".frames")]


def test_a_show_that_begins_clears_up_what_was_mended(song: Path, play: Play) -> None:
    make_transition(song, SUN, SUN2, version=2)
    first = play(song)
    assert sorted(path.name for path in (song / "transitions").glob("*.mov")) == ["sun-1001 to sun-1002 ~2.mov"]
    make_transition(song, SUN, SUN2, version=3)
    play(song)

    assert len(list((song / "transitions").glob("*.mov"))) == 2
    graph = first.wait(5)[-1]
    found = graph.between(SUN, SUN2)
    assert found is not None
    assert found.movie.endswith("~3.mov")


def test_a_folder_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        SongWatcher(tmp_path / "nowhere")


def test_a_file_whose_writer_says_that_it_is_whole_is_there_at_once(song: Path, play: Play) -> None:
    show = play(song)
    show.wait(3.0)
    movie = make_transition(song, SEA, SEA2)
    show.watcher.announce(movie.relative_to(song).as_posix())

    graphs = show.wait(0.5)

    assert len(graphs) == 1
    assert graphs[0].between(SEA, SEA2) is not None


def test_a_file_that_was_announced_and_never_came_is_not_looked_for_for_ever(song: Path, play: Play,
                                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    show = play(song)
    show.wait(3.0)
    show.watcher.announce("transitions/sea-2001 to sun-1001.mov")
    show.wait(3.0)
    looks = 0
    real = watch.scan_song

    def counted(folder: Path) -> object:
        nonlocal looks
        looks += 1
        return real(folder)

    monkeypatch.setattr(watch, "scan_song", counted)
    show.wait(5.0)

    assert looks <= 6
