"""The media folder: what a scan finds, and what a name means."""

from __future__ import annotations

import os
import sys
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import LibraryError, PathRefused
from server.library.media_folder import MediaFolder, close_to, natural_order

FOLDER = ("clip 10.mov", "clip 9.mov", "Zebra.MOV", "emit/01.mov", "emit/02.mov", "emit/notes.txt",
          "emit/deep/er/01.mp4", "1_Show/Win.mkv", "1_Show/corpus.avi", ".hidden.mov", ".trash/old.mov",
          "emit/03.mov.part", "emit/01.mov.frames", "emit/02.mov.2f.part", "noise.mp3")


@pytest.fixture
def media(tmp_path: Path) -> MediaFolder:
    for name in FOLDER:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return MediaFolder(tmp_path)


def test_scan_lists_movies_in_natural_order(media: MediaFolder) -> None:
    assert media.scan() == ["1_Show/corpus.avi", "1_Show/Win.mkv", "clip 9.mov", "clip 10.mov", "emit/01.mov",
                            "emit/02.mov", "emit/deep/er/01.mp4", "Zebra.MOV"]
    assert media.problems == ()


def test_what_a_song_has_in_quarantine_is_not_for_a_show(tmp_path: Path) -> None:
    for name in ("song/transitions/a.mov", "song/quarantine/2026/transitions/b.mov", "quarantine/c.mov"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    folder = MediaFolder(tmp_path)
    folder.scan()

    assert set(folder.names) == {"song/transitions/a.mov", "quarantine/c.mov"}


def test_songs_are_the_folders_that_hold_movies(media: MediaFolder) -> None:
    assert media.songs == ("1_Show", "", "emit", "emit/deep/er")
    assert media.movies_of("emit") == ("emit/01.mov", "emit/02.mov")
    assert media.movies_of("") == ("clip 9.mov", "clip 10.mov", "Zebra.MOV")
    assert media.movies_of("emit/deep") == ()


@pytest.mark.parametrize(("wanted", "found"), [
    ("emit/01.mov", "emit/01.mov"), ("emit/01", "emit/01.mov"), (r"emit\02", "emit/02.mov"), ("02", "emit/02.mov"),
    ("EMIT/02.MOV", "emit/02.mov"), ("zebra", "Zebra.MOV"), ("zebra.mov", "Zebra.MOV"), ("win", "1_Show/Win.mkv"),
    ("er/01", "emit/deep/er/01.mp4"), ("clip 9", "clip 9.mov"), ("1_show/CORPUS", "1_Show/corpus.avi"),
])
def test_find_understands_short_names(media: MediaFolder, wanted: str, found: str) -> None:
    assert media.find(wanted) == found


def test_an_ambiguous_name_is_answered_with_the_candidates(media: MediaFolder) -> None:
    with pytest.raises(LibraryError, match=r"'01' may be emit/01\.mov, emit/deep/er/01\.mp4; say which"):
        media.find("01")


@pytest.mark.parametrize(("wanted", "meant"), [
    ("zebar", "Zebra.MOV"), ("korpus", "1_Show/corpus.avi"), ("clip9", "clip 9.mov"), ("emit/22", "emit/02.mov"),
    ("Win.mov", "1_Show/Win.mkv"),
])
def test_a_mistyped_name_is_answered_with_what_may_be_meant(media: MediaFolder, wanted: str, meant: str) -> None:
    with pytest.raises(LibraryError, match="did you mean") as caught:
        media.find(wanted)

    assert meant in str(caught.value)


def test_a_name_like_no_other_is_told_so(media: MediaFolder) -> None:
    with pytest.raises(LibraryError, match="there is no movie 'qqqq'") as caught:
        media.find("qqqq")

    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize("wanted", ["../clip", "/etc/passwd", "http://host/a.mov", "C:clip", ".", "nul"])
def test_find_refuses_paths_that_lead_out(media: MediaFolder, wanted: str) -> None:
    with pytest.raises(PathRefused):
        media.find(wanted)


def test_of_twins_the_encoded_movie_is_meant(tmp_path: Path) -> None:
    for name in ("clip.mp4", "clip.mov", "clip.avi"):
        (tmp_path / name).touch()
    media = MediaFolder(tmp_path)

    assert media.find("clip") == "clip.mov"
    assert media.find("clip.avi") == "clip.avi"


def test_exact_case_and_exact_place_win(tmp_path: Path) -> None:
    for name in ("a/clip.mov", "clip.mov", "b/Take.mov", "c/take.mov"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    media = MediaFolder(tmp_path)

    assert media.find("clip") == "clip.mov"
    assert media.find("Take") == "b/Take.mov"
    with pytest.raises(LibraryError, match="say which"):
        media.find("TAKE")


def test_accents_match_however_they_are_stored(tmp_path: Path) -> None:
    stored = unicodedata.normalize("NFD", "Café.mov")
    (tmp_path / stored).touch()

    found = MediaFolder(tmp_path).find(unicodedata.normalize("NFC", "café"))

    assert unicodedata.normalize("NFC", found) == "Café.mov"


def test_a_movie_that_came_after_the_scan_is_found_by_its_exact_name(media: MediaFolder) -> None:
    media.scan()
    (media.root / "emit" / "new.mov").touch()

    assert media.find("emit/new.mov") == "emit/new.mov"
    with pytest.raises(LibraryError):
        media.find("new")
    media.scan()
    assert media.find("new") == "emit/new.mov"


def test_links_neither_lead_out_nor_in_circles(tmp_path: Path) -> None:
    root = tmp_path / "media"
    (root / "song").mkdir(parents=True)
    (root / "song" / "a.mov").touch()
    (tmp_path / "outside.mov").touch()
    try:
        (root / "song" / "again").symlink_to(root / "song", target_is_directory=True)
        (root / "loop.mov").symlink_to(root / "loop.mov")
        (root / "gone.mov").symlink_to(root / "nothing.mov")
        (root / "alias.mov").symlink_to(root / "song" / "a.mov")
        (root / "out.mov").symlink_to(tmp_path / "outside.mov")
    except OSError:
        pytest.skip("this system lets nobody make links")
    media = MediaFolder(root)

    assert media.scan() == ["alias.mov", "song/a.mov"]
    assert [problem for problem in media.problems if "out.mov" in problem]
    assert [problem for problem in media.problems if "song/again" in problem]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps such names")
@pytest.mark.parametrize("bad", [b"bad\xff.mov", b"a:b.mov", b"back\\slash.mov", b"nul.mov", b"line\nbreak.mov"])
def test_a_name_that_nobody_could_ask_for_is_reported_and_left_out(tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "good.mov").touch()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + bad)).touch()
    media = MediaFolder(tmp_path)

    assert media.scan() == ["good.mov"]
    assert len(media.problems) == 1
    assert "rename" in media.problems[0]
    assert media.problems[0].isprintable()


@given(st.text(st.sampled_from("ab .:\\'é"), min_size=1, max_size=8))
def test_every_listed_name_can_be_asked_for(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            (Path(folder) / f"{text}.mov").touch()
        except OSError:
            return
        media = MediaFolder(Path(folder))

        assert [media.find(name) for name in media.scan()] == list(media.names)
        assert all(media.path(name).is_file() for name in media.names)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unreadable for root")
def test_a_folder_that_may_not_be_read_is_reported_and_the_rest_goes_on(media: MediaFolder) -> None:
    (media.root / "emit").chmod(0)
    try:
        assert "Zebra.MOV" in media.scan()
        assert "emit" in media.problems[0]
    finally:
        (media.root / "emit").chmod(0o755)


def test_a_missing_media_folder_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="there is no media folder"):
        MediaFolder(tmp_path / "nowhere").scan()


def test_ten_thousand_movies_are_scanned_found_and_suggested(tmp_path: Path) -> None:
    for song in range(100):
        folder = tmp_path / f"song {song}"
        folder.mkdir()
        for take in range(100):
            (folder / f"take {song} {take}.mov").touch()
    media = MediaFolder(tmp_path)

    names = media.scan()

    assert len(names) == 10_000
    assert names[0] == "song 0/take 0 0.mov"
    assert names[-1] == "song 99/take 99 99.mov"
    assert media.find("take 42 7") == "song 42/take 42 7.mov"
    with pytest.raises(LibraryError, match=r"did you mean .*take 42 7"):
        media.find("tkae 42 7")


@given(st.lists(st.text(st.sampled_from("ab9/01 é²"), min_size=1, max_size=8), max_size=12))
def test_natural_order_sorts_any_names_and_keeps_them_apart(names: list[str]) -> None:
    ordered = sorted(names, key=natural_order)

    assert sorted(ordered) == sorted(names)
    names.sort(key=natural_order, reverse=True)
    assert names[::-1] == ordered


def test_suggestions_are_few_and_the_closest_first() -> None:
    assert close_to("marbel", ["marble", "marbles", "silk", "marlin"])[0] == "marble"
    assert close_to("zzz", ["marble"]) == []
