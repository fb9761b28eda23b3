"""Folders of frames become movies with pinned ends; stale ends are mended by exchanging two packets."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from song_samples import SIZE, STEPS, drawn, make_frames, make_song, make_transition, mixed, save

from server.errors import Cancelled
from server.index.format import FrameIndex
from server.index.reader import FrameReader
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Presence, Transition
from server.library.songs.song_folder import open_song
from server.library.songs.watch import SongWatcher
from server.media.difference import difference, thumbnail_of_jpeg, thumbnail_of_rgb
from server.media.indexing import index_of
from server.media.verify import verify
from server.production.convert_frames import ConvertOptions, convert_song
from server.production.mend import mend_song
from server.production.overview import overview
from server.production.song_check import check_song
from server.production.stage_song import StageFrames

SUN, SUN2, SEA, SEA2 = (PictureId(*each) for each in (("sun", 1001), ("sun", 1002), ("sea", 2001), ("sea", 2002)))


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_song(tmp_path / "emit")


def frames(movie: Path) -> tuple[FrameIndex, list[bytes]]:
    index = index_of(movie)
    with FrameReader(movie, index) as reader:
        return index, [reader.read(number) for number in range(index.count)]


def stage(song: Path, which: PictureId) -> bytes:
    return StageFrames(song, SIZE).frame(open_song(song).pictures[which]).jpeg()


def between(song: Path, one: PictureId, other: PictureId) -> Transition:
    found = open_song(song).between(one, other)
    assert found is not None
    return found


def test_a_folder_becomes_a_movie_that_begins_and_ends_with_its_pictures(song: Path) -> None:
    folder = make_frames(song, SUN, SEA)

    report = convert_song(song)

    assert report.made == ["transitions/sun-1001 to sea-2001.mov"]
    assert (report.left, report.notes) == ([], [])
    index, stored = frames(song / report.made[0])
    assert (stored[0], stored[-1]) == (stage(song, SUN), stage(song, SEA))
    assert (index.count, index.rate) == (STEPS, Fraction(10))
    assert [(mark.frame, mark.name, mark.seed) for mark in index.marks] == [
        (0, "sun-1001", 1001), (STEPS - 1, "sea-2001", 2001)]
    for number in range(1, STEPS - 1):
        wanted = thumbnail_of_rgb(mixed(drawn(1001), drawn(2001), number / (STEPS - 1)))
        assert difference(thumbnail_of_jpeg(stored[number]), wanted) < 3
    assert verify(song / report.made[0], full=True) is not None
    assert len(list(folder.iterdir())) == STEPS
    assert between(song, SUN, SEA).playable
    assert check_song(song, deep=True).bad == ()


def test_converting_again_makes_nothing_again(song: Path) -> None:
    make_frames(song, SUN, SEA)
    convert_song(song)
    times = {path.name: path.stat().st_mtime_ns for path in (song / "transitions").iterdir()}
    make_frames(song, SUN2, SEA)

    report = convert_song(song)

    assert report.made == ["transitions/sun-1002 to sea-2001.mov"]
    assert report.there == ["transitions/sun-1001 to sea-2001.mov"]
    assert {name: (song / "transitions" / name).stat().st_mtime_ns for name in times} == times


def test_a_cancelled_run_leaves_whole_movies_only_and_goes_on(song: Path) -> None:
    make_frames(song, SUN, SEA)
    make_frames(song, SUN, SEA2)
    done: list[int] = []

    with pytest.raises(Cancelled, match="the 1 movies"):
        convert_song(song, progress=lambda count, _: done.append(count), cancelled=lambda: len(done) > STEPS + 1)

    assert sorted(path.name for path in (song / "transitions").iterdir()) == [
        "sun-1001 to sea-2001.mov", "sun-1001 to sea-2001.mov.frames"]
    assert len(convert_song(song).made) == 1


def test_a_frame_of_which_the_lower_part_never_came_is_not_made_into_a_movie(song: Path) -> None:
    folder = make_frames(song, SUN, SEA)
    make_frames(song, SUN2, SEA)
    torn = drawn(77)
    torn[20:] = 0
    save(folder / "frame000002.png", torn)

    report = convert_song(song)

    assert report.made == ["transitions/sun-1002 to sea-2001.mov"]
    (path, reason), = report.left
    assert path == f"transition_images/{folder.name}"
    assert reason.startswith("frame000002.png: its last 28 of 48 rows are exactly black")
    assert between(song, SUN, SEA).presence is Presence.DAMAGED
    assert not list((song / "transitions").glob("sun-1001*"))


def test_full_seeds_are_in_the_name_and_short_ones_are_told_apart_by_their_frames(tmp_path: Path) -> None:
    song = make_song(tmp_path / "emit", {"sun": (100150000, 100160000), "sea": (2001,)})
    make_frames(song, PictureId("sun", 100160000), PictureId("sea", 2001))
    assert (song / "transition_images" / "sun-1001 to sea-2001").is_dir()

    report = convert_song(song)

    assert report.made == ["transitions/sun-100160000 to sea-2001.mov"]


def test_short_seeds_that_no_frame_explains_are_left_with_the_reason(tmp_path: Path) -> None:
    song = make_song(tmp_path / "emit", {"sun": (100150000, 100160000), "sea": (2001,)})
    make_frames(song, PictureId("sun", 777), PictureId("sea", 2001), name="sun-1001 to sea-2001")

    report = convert_song(song)

    assert report.made == []
    assert "can mean several pictures" in report.left[0][1]


def test_damaged_folders_and_missing_pictures_are_left_with_the_reason(song: Path) -> None:
    (make_frames(song, SUN, SEA) / "frame000002.png").unlink()
    make_frames(song, SUN2, SEA)
    (song / "prompt_images" / "sun_1002.png").unlink()

    report = convert_song(song)

    assert report.made == []
    assert sorted(report.left) == [
        ("transition_images/sun-1001 to sea-2001", "1 frame missing: 2"),
        ("transition_images/sun-1002 to sea-2001", "its picture sun_1002 is missing")]


def test_ends_that_differ_from_their_pictures_are_told(song: Path) -> None:
    make_frames(song, PictureId("sun", 555), SEA, name="sun-1001 to sea-2001")

    report = convert_song(song)

    assert report.made == ["transitions/sun-1001 to sea-2001.mov"]
    assert len(report.notes) == 1
    assert "its first frame is" in report.notes[0][1]
    assert "jump" in report.notes[0][1]


def test_frames_that_run_backwards_get_the_name_that_is_true(song: Path) -> None:
    make_frames(song, SEA, SUN, name="sun-1001 to sea-2001")

    report = convert_song(song)

    assert report.made == ["transitions/sea-2001 to sun-1001.mov"]
    assert "the other way" in report.notes[0][1]


def test_frames_of_another_size_are_scaled_and_the_rate_is_that_of_the_song(song: Path) -> None:
    make_frames(song, SUN, SEA, size=(128, 96))

    convert_song(song, ConvertOptions(rate=Fraction(24)))
    make_frames(song, SUN, SEA2)
    report = convert_song(song)

    assert [index_of(path).rate for path in sorted((song / "transitions").glob("*.mov"))] == [Fraction(24)] * 2
    assert index_of(song / report.made[0]).width == SIZE[0]
    assert index_of(song / report.there[0]).width == SIZE[0]


def test_a_frame_that_is_damaged_inside_leaves_no_movie(song: Path) -> None:
    frame = make_frames(song, SUN, SEA) / "frame000002.png"
    data = bytearray(frame.read_bytes())
    data[len(data) // 2] ^= 0x55
    frame.write_bytes(data)

    report = convert_song(song)

    assert report.made == []
    assert "checksum" in report.left[0][1]
    assert not list((song / "transitions").glob("*"))


def retouched(song: Path, which: PictureId) -> None:
    """The same picture, a little brighter."""
    rgb = (drawn(which.seed).astype(int) + 6).clip(0, 255).astype("uint8")
    save(song / "prompt_images" / f"{which.stem}.png", rgb)


def test_mending_exchanges_two_packets_and_nothing_else(song: Path) -> None:
    movie = make_transition(song, SUN, SEA)
    old_index, old = frames(movie)
    retouched(song, SUN)
    assert check_song(song).counts["transition"] == {"stale": 1}

    report = mend_song(song)

    assert report.mended == ["transitions/sun-1001 to sea-2001 ~2.mov"]
    assert report.removed == ["transitions/sun-1001 to sea-2001.mov"]
    index, new = frames(song / report.mended[0])
    assert new[1:] == old[1:]
    assert new[0] == stage(song, SUN)
    assert new[0] != old[0]
    assert (index.rate, index.count) == (old_index.rate, old_index.count)
    assert index.difference is not None
    assert old_index.difference is not None
    assert index.difference[2:].tolist() == pytest.approx(old_index.difference[2:].tolist(), abs=0.5)
    assert index.made is not None
    assert index.made["mended"]["from"] == movie.name
    assert between(song, SUN, SEA).movie == report.mended[0]
    assert check_song(song, deep=True).counts["transition"] == {"exists": 1}


def test_mending_twice_does_nothing_more(song: Path) -> None:
    make_transition(song, SUN, SEA)
    retouched(song, SEA)
    mend_song(song)

    report = mend_song(song)

    assert (report.mended, report.left, report.removed) == ([], [], [])


def test_another_picture_altogether_is_not_mended_unless_asked(song: Path) -> None:
    make_transition(song, SUN, SEA)
    save(song / "prompt_images" / "sun_1001.png", drawn(4242))

    report = mend_song(song)

    assert report.mended == []
    assert "another one now" in report.left[0][1]
    assert mend_song(song, anyway=True).mended == ["transitions/sun-1001 to sea-2001 ~2.mov"]


def test_the_old_movie_stays_while_the_song_is_played(song: Path) -> None:
    old = make_transition(song, SUN, SEA)
    retouched(song, SUN)
    with SongWatcher(song):
        report = mend_song(song)

        assert report.removed == []
        assert report.waiting == ["transitions/sun-1001 to sea-2001.mov"]
        assert old.is_file()

    assert mend_song(song).removed == ["transitions/sun-1001 to sea-2001.mov"]
    assert not old.exists()


def test_only_the_named_are_mended(song: Path) -> None:
    make_transition(song, SUN, SEA)
    make_transition(song, SUN, SEA2)
    retouched(song, SUN)

    assert mend_song(song, names=["sea-2002 to sun-1001"]).mended == ["transitions/sun-1001 to sea-2002 ~2.mov"]
    assert between(song, SUN, SEA).presence is Presence.STALE


def test_a_movie_of_another_size_is_brought_to_it_when_that_is_asked_for(song: Path) -> None:
    make_transition(song, SUN, SEA)
    settings = song / "tgen_settings.json"
    settings.write_text(settings.read_text().replace('"res_width": 64', '"res_width": 96'))

    report = mend_song(song)

    assert report.mended == []
    assert report.left == [("transitions/sun-1001 to sea-2001.mov", "it is 64×48, and the song is 96×48")]
    assert overview(song).next_step.command.endswith("--resize")

    report = mend_song(song, resize=True)

    assert report.mended == ["transitions/sun-1001 to sea-2001 ~2.mov"]
    index, stored = frames(song / report.mended[0])
    assert (index.width, index.height, index.count) == (96, 48, STEPS)
    graph = open_song(song)
    ends = [StageFrames(song, (96, 48)).frame(graph.pictures[which]).jpeg() for which in (SUN, SEA)]
    assert [stored[0], stored[-1]] == ends
    assert between(song, SUN, SEA).presence is Presence.EXISTS
    assert check_song(song, deep=True).bad == ()
