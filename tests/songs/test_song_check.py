"""The truth about a song's files: what each kind of damage is called, and that nothing whole is called damaged."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from song_samples import SIZE, STEPS, drawn, make_frames, make_song, make_transition, mixed, save

from server.errors import Cancelled
from server.index.opening import sidecar
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Presence
from server.production.flat_tail import missing_part
from server.production.song_check import PICTURE, TRANSITION, CheckReport, Item, check_song

SUN, SUN2, SEA, SEA2 = (PictureId(*each) for each in (("sun", 1001), ("sun", 1002), ("sea", 2001), ("sea", 2002)))
FIRST = "prompt_images/sun_1001.png"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_song(tmp_path / "emit")


def item(report: CheckReport, name: str) -> Item:
    return next(each for each in report.items if each.name == name)


def said(report: CheckReport) -> str:
    return "\n".join(map(str, report.oddities))


def test_a_whole_song_has_nothing_bad(song: Path) -> None:
    make_transition(song, SUN, SUN2)
    make_frames(song, SUN2, SEA)

    report = check_song(song, deep=True)

    assert report.counts == {PICTURE: {"exists": 4}, TRANSITION: {"exists": 2}}
    assert report.bad == ()
    assert [each for each in report.oddities if not each.note] == []
    assert item(report, "sun-1002 to sea-2001").path == "transition_images/sun-1002 to sea-2001"


def test_what_is_not_there_is_missing(song: Path) -> None:
    (song / FIRST).unlink()
    (song / "transition_meta").mkdir()
    (song / "transition_meta" / "interscene_transitions.csv").write_text(
        ",from_name,from_seed,to_name,to_seed,compute,duration,scene_from,scene_to\n0,sun,1002,sea,2001,y,5,sun,sea\n")

    report = check_song(song)

    assert item(report, "sun_1001").presence is Presence.MISSING
    assert item(report, "sun-1002 to sea-2001").presence is Presence.MISSING
    assert item(report, "sun-1002 to sea-2001").reason


def test_a_picture_that_is_broken_inside_is_damaged(song: Path) -> None:
    data = bytearray((song / FIRST).read_bytes())
    data[len(data) // 2] ^= 0xFF
    (song / FIRST).write_bytes(data)

    found = item(check_song(song), "sun_1001")

    assert found.presence is Presence.DAMAGED
    assert "checksum" in found.reason


@pytest.mark.parametrize(("suffix", "fill"), [(".png", 0), (".png", 128), (".jpg", 128)])
def test_a_picture_of_which_only_the_upper_part_came_is_damaged(song: Path, suffix: str, fill: int) -> None:
    (song / FIRST).unlink()
    rgb = drawn(7)
    rgb[32:] = fill
    save(song / f"prompt_images/sun_1001{suffix}", rgb)

    found = item(check_song(song), "sun_1001")

    assert found.presence is Presence.DAMAGED
    assert "cut off" in found.reason
    assert "rows" in found.reason


def test_an_empty_picture_is_damaged(song: Path) -> None:
    save(song / FIRST, np.zeros((48, 64, 3), dtype=np.uint8))

    assert "every pixel is black" in item(check_song(song), "sun_1001").reason


@pytest.mark.parametrize("art", ["bars", "fading", "dark", "ground"])
def test_dark_art_is_not_called_damaged(art: str) -> None:
    rgb = drawn(7, (128, 96))
    if art == "bars":
        rgb[:12] = rgb[-12:] = 0
    elif art == "fading":
        rgb = (rgb * np.linspace(1, 0, 96)[:, None, None].clip(0.2, 1) - 0.2 * 255).clip(0, 255).astype(np.uint8)
    elif art == "dark":
        rgb = rgb // 64
        rgb[60:] = 0
    else:  # a black hill with an outline
        columns = 60 + (10 * np.sin(np.arange(128) / 9)).astype(int)
        for column, top in enumerate(columns):
            rgb[top:, column] = 0

    assert missing_part(rgb) == ""


@given(height=st.integers(40, 120), rows=st.integers(0, 39), fill=st.sampled_from([0, 128]), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_a_filled_part_is_found_whatever_its_size(height: int, rows: int, fill: int, seed: int) -> None:
    rgb = drawn(seed, (96, height)).clip(30, 100)
    if rows:
        rgb[-rows:] = fill

    assert bool(missing_part(rgb)) == (rows >= max(2, height / 32))


def test_frames_that_are_missing_doubled_or_empty_are_damage(song: Path) -> None:
    folder = make_frames(song, SUN, SUN2)
    (folder / "frame000002.png").unlink()
    (folder / "frame000003.png").write_bytes(b"")

    found = item(check_song(song), "sun-1001 to sun-1002")

    assert found.presence is Presence.DAMAGED
    assert "missing: 2" in found.reason
    assert "frame000003.png" in found.reason


def test_an_interrupted_folder_is_damaged_though_it_exists(song: Path) -> None:
    folder = make_frames(song, SUN, SUN2)
    (folder / f"frame{STEPS - 1:06d}.png").unlink()

    found = item(check_song(song), "sun-1001 to sun-1002")

    assert found.presence is Presence.DAMAGED
    assert f"4 frames, and the settings ask for {STEPS}" in found.reason


def test_another_number_of_frames_is_no_damage_when_the_end_is_reached(song: Path) -> None:
    make_frames(song, SUN, SUN2, frames=8)

    found = item(check_song(song), "sun-1001 to sun-1002")

    assert found.presence is Presence.EXISTS
    assert any("it is whole" in note for note in found.notes)


@pytest.mark.parametrize("which", [2, STEPS - 1])
def test_a_truncated_frame_is_damage(song: Path, which: int) -> None:
    frame = make_frames(song, SUN, SUN2) / f"frame{which:06d}.png"
    frame.write_bytes(frame.read_bytes()[:-300])

    found = item(check_song(song), "sun-1001 to sun-1002")

    assert found.presence is Presence.DAMAGED
    assert frame.name in found.reason
    assert "cut short" in found.reason


def test_only_a_deep_look_finds_damage_inside_a_frame(song: Path) -> None:
    folder = make_frames(song, SUN, SUN2)
    rgb = mixed(drawn(1001), drawn(1002), 0.5)
    rgb[24:] = 0
    save(folder / "frame000002.png", rgb)

    assert item(check_song(song), "sun-1001 to sun-1002").presence is Presence.EXISTS
    assert "cut off" in item(check_song(song, deep=True), "sun-1001 to sun-1002").reason


def test_frames_of_several_sizes_are_damage_and_of_another_size_are_stale(song: Path) -> None:
    save(make_frames(song, SUN, SUN2) / "frame000002.png", drawn(3, (32, 48)))
    make_frames(song, SEA, SEA2, size=(128, 96))

    report = check_song(song)

    assert "several sizes" in item(report, "sun-1001 to sun-1002").reason
    assert item(report, "sea-2001 to sea-2002").presence is Presence.STALE
    assert "128×96" in item(report, "sea-2001 to sea-2002").reason


def test_an_empty_folder_of_frames_is_not_a_transition(song: Path) -> None:
    (song / "transition_images" / "sun-1001 to sun-1002").mkdir(parents=True)

    found = item(check_song(song), "sun-1001 to sun-1002")

    assert (found.presence, found.reason) == (Presence.DAMAGED, "no frames are in it")


def test_frames_written_over_are_looked_at_again(song: Path) -> None:
    folder = make_frames(song, SUN, SUN2)
    assert check_song(song).bad == ()
    before = folder.stat().st_mtime_ns
    frame = folder / "frame000002.png"
    frame.write_bytes(frame.read_bytes()[:-300])
    assert folder.stat().st_mtime_ns == before

    assert len(check_song(song).bad) == 1


def test_a_picture_that_was_replaced_makes_its_transitions_stale(song: Path) -> None:
    make_transition(song, SUN, SUN2)
    make_transition(song, SEA, SEA2)
    assert check_song(song).bad == ()
    save(song / FIRST, drawn(77))

    report = check_song(song)

    assert [(each.name, each.presence) for each in report.bad] == [("sun-1001 to sun-1002", Presence.STALE)]
    assert "sun-1001" in report.bad[0].reason
    assert "mend" in report.bad[0].reason


def test_stale_ends_are_known_from_the_movie_without_its_index(song: Path) -> None:
    movie = make_transition(song, SUN, SUN2)
    sidecar(movie).unlink()
    save(song / FIRST, drawn(77))

    report = check_song(song)

    assert [each.presence for each in report.bad] == [Presence.STALE]
    assert "its index was missing; made anew" in said(report)
    assert sidecar(movie).is_file()


def test_a_movie_that_is_cut_short_is_damaged(song: Path) -> None:
    movie = make_transition(song, SUN, SUN2)
    movie.write_bytes(movie.read_bytes()[:-900])
    sidecar(movie).unlink()

    assert item(check_song(song), "sun-1001 to sun-1002").presence is Presence.DAMAGED


def test_only_a_deep_look_finds_a_damaged_frame_in_a_movie(song: Path) -> None:
    movie = make_transition(song, SUN, SUN2)
    data = bytearray(movie.read_bytes())
    from server.media.indexing import index_of

    index = index_of(movie)
    middle = int(index.offset[2]) + int(index.size[2]) // 2
    data[middle:middle + 40] = bytes(40)
    times = movie.stat().st_mtime_ns
    movie.write_bytes(data)
    import os

    os.utime(movie, ns=(times, times))

    assert check_song(song).bad == ()
    assert "frame 2" in check_song(song, deep=True).bad[0].reason


def test_names_that_mean_something_else_are_said(song: Path) -> None:
    movie = make_transition(song, SUN, SUN2)
    (movie.parent / "sun-1001 to sun-1002 (1).mov").write_bytes(movie.read_bytes())
    (movie.parent / "sun-1001 to moon-4.mov").write_bytes(movie.read_bytes())
    (movie.parent / "holiday.mov").write_bytes(movie.read_bytes())
    (song / "prompt_images" / "sun_1001 (1).png").write_bytes((song / FIRST).read_bytes())
    (song / "prompt_images" / "sea_2001.png").rename(song / "prompt_images" / "Sea_2001.PNG")

    report = check_song(song)

    text = said(report)
    assert "sun-1001 to sun-1002 (1).mov: it is a copy" in text
    assert "the song has no picture moon-4" in text
    assert "holiday.mov: its name is not" in text
    assert "sun_1001 (1).png: it is a copy" in text
    assert "Sea_2001.PNG: the song calls this picture sea_2001" in text
    assert item(report, "sea_2001").presence is Presence.EXISTS


def test_which_of_two_pictures_a_short_name_means_is_seen_from_its_frames(tmp_path: Path) -> None:
    song = make_song(tmp_path / "emit", {"sun": (10015, 10016), "sea": (2001,)})
    make_frames(song, PictureId("sun", 10016), PictureId("sea", 2001))

    report = check_song(song)

    assert [each.name for each in report.items if each.kind == TRANSITION] == ["sun-10016 to sea-2001"]


def test_nothing_is_looked_at_twice(song: Path) -> None:
    make_transition(song, SUN, SUN2)
    make_frames(song, SUN2, SEA)

    assert check_song(song).looked == 6
    assert check_song(song).looked == 0
    assert check_song(song, deep=True).looked == 2
    assert check_song(song, deep=True).looked == 0


def test_a_cancelled_check_goes_on_where_it_was(song: Path) -> None:
    done: list[int] = []

    with pytest.raises(Cancelled, match="goes on from there"):
        check_song(song, progress=lambda count, _: done.append(count), cancelled=lambda: len(done) >= 2)

    assert check_song(song).looked == 2


def test_pictures_of_another_size_and_shape_are_told(song: Path) -> None:
    save(song / FIRST, drawn(1, (128, 96)))
    save(song / "prompt_images" / "sun_1002.png", drawn(2, (96, 96)))

    report = check_song(song)

    assert report.bad == ()
    assert item(report, "sun_1001").notes == (f"it is 128×96 and is shown scaled at {SIZE[0]}×{SIZE[1]}",)
    assert "cropped" in item(report, "sun_1002").notes[0]


def test_transparency_is_told(song: Path) -> None:
    rgba = np.dstack([drawn(5), np.full((48, 64), 200, dtype=np.uint8)])
    (song / FIRST).write_bytes(cv2.imencode(".png", rgba)[1].tobytes())

    assert "transparency" in item(check_song(song), "sun_1001").notes[0]


def test_an_interrupted_check_keeps_what_it_found(song: Path) -> None:
    def interrupt(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_song(song, progress=interrupt)

    assert check_song(song).looked == 2


def test_a_folder_where_a_frame_should_be_is_a_missing_frame(song: Path) -> None:
    folder = make_frames(song, SUN, SUN2)
    (folder / "frame000002.png").unlink()
    (folder / "frame000002.png").mkdir()
    (folder / "frame000001.png").unlink()
    (folder / "frame000001.png").symlink_to(song / "nowhere.png")

    reason = item(check_song(song), "sun-1001 to sun-1002").reason

    assert "1 frame missing: 2" in reason
    assert "frame000001.png" in reason


def test_names_whose_accents_are_stored_otherwise_are_the_same(tmp_path: Path) -> None:
    song = make_song(tmp_path / "emit", {"caf\u00e9": (1,)}, pictures=False)
    save(song / "prompt_images" / "cafe\u0301_1.png", drawn(1))

    report = check_song(song)

    assert report.counts[PICTURE] == {"exists": 1}


def test_a_song_on_a_disk_that_cannot_be_written_is_checked_all_the_same(
        song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_transition(song, SUN, SUN2)
    make_frames(song, SUN2, SEA)
    before = {path: path.stat().st_mtime_ns for path in song.rglob("*")}

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "read-only")

    for name in ("mkdir", "write_bytes", "unlink", "replace"):
        monkeypatch.setattr(Path, name, refuse)

    assert check_song(song, deep=True).bad == ()
    assert {path: path.stat().st_mtime_ns for path in song.rglob("*")} == before


def test_damaged_files_that_others_replace_are_told(song: Path) -> None:
    make_transition(song, SUN, SUN2)
    (make_frames(song, SUN, SUN2) / "frame000002.png").unlink()

    report = check_song(song)

    assert report.bad == ()
    assert "transition_images/sun-1001 to sun-1002: 1 frame missing: 2; it is not used" in said(report)
