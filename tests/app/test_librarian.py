"""Names and disks: what the librarian answers, in words, for whatever lies in the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.app.librarian import Librarian
from server.library.media_folder import MediaFolder
from server.library.shelf import MovieShelf
from server.library.songlist import SongEntry
from server.media.numbered import write_numbered
from server.show.events import Loaded, NeedMovie


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for name in ("song/a.mov", "song/b.mov", "other/c.mov"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_numbered(tmp_path / name, 3, 64, 64)
    return tmp_path


@pytest.fixture
def librarian(media: Path) -> Librarian:
    folder = MediaFolder(media)
    folder.scan()
    entries = (SongEntry("standing", "song", 1, 1), SongEntry("running", "song", 0, 2))
    return Librarian(folder, MovieShelf(folder), entries, lambda _: None)


def load(librarian: Librarian, name: str, *, song: bool = False) -> Loaded:
    return librarian.load(NeedMovie(1, name, "song" if song else "movie"))


def test_a_movie_comes_with_its_song(librarian: Librarian) -> None:
    answer = load(librarian, "b")

    assert answer.clip is not None
    assert (answer.clip.name, answer.clip.count) == ("song/b.mov", 3)
    assert (answer.song.name, answer.song.movies) == ("song", ("song/a.mov", "song/b.mov"))


def test_the_song_list_says_where_to_begin_and_whether_it_plays(librarian: Librarian) -> None:
    standing, running = load(librarian, "standing", song=True), load(librarian, "running", song=True)

    assert (standing.clip and standing.clip.name, standing.song.sequential) == ("song/b.mov", False)
    assert (running.clip and running.clip.name, running.song.sequential) == ("song/a.mov", True)


def test_a_movie_that_came_after_the_scan_is_found(librarian: Librarian, media: Path) -> None:
    write_numbered(media / "song" / "new.mov", 3, 64, 64)
    answer = load(librarian, "song/new.mov")

    assert answer.clip is not None
    assert "song/new.mov" in answer.song.movies


def test_mistakes_are_answered_in_words(librarian: Librarian) -> None:
    for name, code, word in (("aa", "library", "mean"), ("../x.mov", "path", ".."), ("zebra.mov", "library", "zebra")):
        answer = load(librarian, name)
        assert (answer.clip, answer.code) == (None, code)
        assert word in answer.error


def test_a_fault_of_our_own_does_not_end_the_reading_of_others(media: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = MediaFolder(media)
    folder.scan()

    def broken(_path: Path) -> object:
        raise ZeroDivisionError

    librarian = Librarian(folder, MovieShelf(folder, open_movie=broken), (), lambda _: None)  # type: ignore[arg-type]

    assert load(librarian, "c").code == "internal"
    assert "could not be loaded" in caplog.text


def test_spans_become_one_clip(librarian: Librarian) -> None:
    answer = librarian.load(NeedMovie(1, "a 0 1; c 2 0 ;b", "spans"))

    assert answer.clip is not None
    assert answer.clip.name == "a 0 1; c 2 0; b"
    assert [(span.movie.name, span.first, span.last) for span in answer.clip.spans] == [
        ("song/a.mov", 0, 1), ("other/c.mov", 2, 0), ("song/b.mov", 0, 2)]


def test_spans_outside_a_movie_and_empty_ones_are_refused(librarian: Librarian) -> None:
    assert librarian.load(NeedMovie(1, "a 0 3", "spans")).code == "frame"
    assert librarian.load(NeedMovie(1, " ; ", "spans")).code == "input"
    assert librarian.load(NeedMovie(1, "a;" * 300, "spans")).code == "input"


def test_what_killed_writers_left_is_removed_and_finished_movies_stay(librarian: Librarian, media: Path) -> None:
    for name in ("song/a.mov.part", "other/c.mov.frames.x1.part", "other/film.mkv.frames.x2.part"):
        (media / name).write_bytes(b"half of something")
    librarian.tidy()

    assert not list(media.rglob("*.part"))
    assert len(librarian.load(NeedMovie(1, "song", "song")).song.movies) == 2


def test_a_song_begins_with_its_first_playable_movie_and_names_the_others(librarian: Librarian, media: Path) -> None:
    (media / "song" / "0 broken.mov").write_bytes(b"nothing")
    (media / "song" / "z empty.mov").write_bytes(b"")
    answer = load(librarian, "song", song=True)

    assert answer.clip is not None
    assert answer.clip.name == "song/a.mov"
    assert [code for code, _ in answer.notes] == ["not-a-movie", "not-a-movie"]
    assert "0 broken.mov" in answer.notes[0][1]


def test_a_song_of_which_nothing_can_be_played_says_why(librarian: Librarian, media: Path) -> None:
    (media / "bad").mkdir()
    (media / "bad" / "x.mov").write_bytes(b"nothing")
    answer = load(librarian, "bad", song=True)

    assert (answer.clip, answer.code) == (None, "not-a-movie")
