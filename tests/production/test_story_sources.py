"""Stories of songs that are not as they should be: bridges, other ends, other sizes, frame folders."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from built_songs import (
    FRAMES,
    HEIGHT,
    WIDTH,
    build,
    draw,
    frames_of,
    make_song,
    make_transition,
    movies,
    pictures,
    transition_between,
    write_scenes,
)

from server.errors import LibraryError
from server.index.opening import read_sidecar
from server.library.graph.identity import PictureId
from server.library.songs.song_folder import open_song
from server.media.colour import PlaneMaker, Planes
from server.media.indexing import index_of
from server.media.jpeg import Picture, encode_rgb
from server.media.writer import MovieWriter
from server.production import story_parts
from server.production.build_steps import Step
from server.production.story_build import build_story
from server.production.story_copies import remove_unneeded
from server.production.story_plan import BuildOptions
from server.production.story_verify import story_seams, verify_story

WHOLE = "hills_main_combined.mov"
REAL_SONGS = Path(__file__).parents[1] / "data" / "songs"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_song(tmp_path / "hills")


def test_bridges_are_morphs_between_the_pictures_and_say_so(tmp_path: Path) -> None:
    song = make_song(tmp_path / "hills", edges="none")

    report = build(song, bridge=True)

    hops = report.lock.hops
    assert {each.kind for each in report.lock.transitions} == {"bridge"}
    assert any("bridged by morphs" in note for note in report.notes)
    index = index_of(report.folder / WHOLE)
    assert all("(bridge)" in mark.name for mark in index.marks[:-1])
    whole = frames_of(report.folder / WHOLE)
    stages = {path.stem: path.read_bytes() for path in (song / "stage_frames").glob("*.jpg")}
    way = [*(hop.first for hop in hops), hops[-1].second]
    assert [whole[mark.frame] for mark in index.marks] == [stages[report.lock.stage[picture]] for picture in way]
    with (report.folder / "trans_sequence_main.csv").open(encoding="utf-8", newline="") as file:
        assert {row["kind"] for row in csv.DictReader(file)} == {"bridge"}
    before = movies(report.folder)
    shutil.rmtree(song / ".interscene")
    shutil.rmtree(report.folder)
    assert movies(build(song, bridge=True).folder) == before


def test_existing_transitions_are_preferred_to_bridges(tmp_path: Path) -> None:
    there = [(pictures("dawn")[0], pictures("noon")[1])]
    song = make_song(tmp_path / "hills", edges=there)
    write_scenes(song, [("dawn", 0, 1), ("noon", 0, 1), ("dusk", 0, 1)])

    report = build(song, bridge=True)

    assert [each.kind for each in report.lock.transitions] == ["transition", "bridge"]


def test_ends_of_older_pictures_are_exchanged_in_a_copy_and_the_original_stays(song: Path) -> None:
    way = build(song, label="before").lock.hops
    first, second = way[1].first, way[1].second
    old = tuple(encode_rgb(255 - draw(picture), 95) for picture in (first, second))
    path = make_transition(song, first, second, ends=(old[0], old[1]))
    (song / "transitions" / f"{second.node} to {first.node}.mov").unlink(missing_ok=True)
    bytes_before = path.read_bytes()

    report = build(song, label="after")

    kinds = {frozenset((each.first, each.second)): each.kind for each in report.lock.transitions}
    assert kinds[frozenset((first, second))] == "fitted"
    assert any("copies of them were fitted" in note for note in report.notes)
    assert path.read_bytes() == bytes_before
    whole = index_of(report.folder / "hills_after_combined.mov")
    frames = frames_of(report.folder / "hills_after_combined.mov")
    assert frames[whole.marks[1].frame] == encode_rgb(draw(first), 95)
    assert frames[whole.marks[2].frame] == encode_rgb(draw(second), 95)


def test_copies_that_no_story_needs_any_more_go_and_the_others_stay(song: Path) -> None:
    small = build(song, size=(32, 24), label="small")
    other = build(song, size=(40, 24), label="other")
    kept = sorted((song / story_parts.FITTED).glob("*.mov"))
    assert len(kept) == len({*small.lock.transitions}) + len({*other.lock.transitions})
    assert not any("no story needs" in note for note in (*small.notes, *other.notes))

    shutil.rmtree(small.folder)
    report = build(song, label="plain")

    left = sorted((song / story_parts.FITTED).glob("*.mov"))
    assert set(left) < set(kept)
    assert len(left) == len({*other.lock.transitions})
    assert any(f"{len(kept) - len(left)} copies that no story needs any more were removed" in each
               for each in report.notes)
    assert verify_story(song, "other").problems == ()


@pytest.mark.parametrize("trouble", ["unfinished", "unreadable"])
def test_no_copy_goes_while_it_is_not_known_what_is_needed(song: Path, trouble: str) -> None:
    small = build(song, size=(32, 24), label="small")
    kept = sorted((song / story_parts.FITTED).iterdir())
    (small.folder / "story.json").unlink()
    if trouble == "unfinished":
        (small.folder / "building.json").write_text("{}")
    else:
        (small.folder / "story.json").write_text("{")
    assert remove_unneeded(song) == (0, 0)
    assert sorted((song / story_parts.FITTED).iterdir()) == kept


def test_a_size_makes_everything_that_size(song: Path) -> None:
    report = build(song, size=(32, 24), label="small")

    index = index_of(report.folder / "hills_small_combined.mov")
    assert (index.width, index.height) == (32, 24)
    assert {each.kind for each in report.lock.transitions} == {"fitted"}
    assert index.count == len(report.lock.hops) * (FRAMES - 1) + 1


def test_transitions_of_another_rate_are_shown_frame_by_frame_and_said(song: Path) -> None:
    hop = build(song, label="before").lock.hops[0]
    path = transition_between(song, hop.first, hop.second)
    first, second = (PictureId.of_node(node) for node in path.stem.split(" to "))
    make_transition(song, first, second, rate=Fraction(25))

    report = build(song, label="after")

    assert report.lock.rate == 10
    assert any("25" in note for note in report.notes)
    assert build(song, label="fast", rate=Fraction(30)).lock.rate == 30


def test_a_damaged_transition_is_bridged_or_stops_the_build(song: Path) -> None:
    hop = build(song, label="before").lock.hops[0]
    path = transition_between(song, hop.first, hop.second)
    index = read_sidecar(path)
    assert index is not None
    data = bytearray(path.read_bytes())
    data[int(index.offset[2]) + 200] ^= 0xFF
    stamp = path.stat()
    path.write_bytes(bytes(data))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    with pytest.raises(LibraryError, match="not the bytes that were indexed"):
        build(song)
    report = build(song, bridge=True)
    assert "bridge" in {each.kind for each in report.lock.transitions}


def test_a_movie_of_another_chroma_is_fitted(song: Path) -> None:
    hop = build(song, label="before").lock.hops[0]
    path = transition_between(song, hop.first, hop.second)
    jpegs = [encode_rgb(draw(hop.first), 90, "444") for _ in range(FRAMES)]
    with MovieWriter(path, width=WIDTH, height=HEIGHT, rate=Fraction(10), chroma="444", overwrite=True) as writer:
        for jpeg in jpegs:
            writer.add(jpeg)

    report = build(song, label="after")

    assert "fitted" in {each.kind for each in report.lock.transitions}
    assert index_of(report.folder / "hills_after_combined.mov").chroma == "420"


def frame_folder(song: Path, one: PictureId, other: PictureId, frames: int = FRAMES) -> Path:
    """The transition as an older program leaves it: numbered PNG files, seeds cut to four digits."""
    folder = song / "transition_images" / f"{one.alias} to {other.alias}"
    folder.mkdir(parents=True)
    a, b = (draw(picture).astype(float) for picture in (one, other))
    for number in range(frames):
        t = number / (frames - 1)
        picture = (a * (1 - t) + b * t).astype(np.uint8)
        cv2.imwrite(str(folder / f"frame{number:06d}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return folder


def test_frame_folders_of_older_programs_are_made_into_movies_on_the_way(tmp_path: Path) -> None:
    song = make_song(tmp_path / "hills", edges="none")
    write_scenes(song, [("dawn", 0, 1), ("noon", 0, 1)])
    one, other = pictures("dawn")[1], pictures("noon")[2]
    frame_folder(song, one, other)
    seen: list[Sequence[Step]] = []

    report = build_story(song, BuildOptions(), observer=seen.append)

    assert [(hop.first, hop.second) for hop in report.lock.hops] == [(one, other)]
    assert [step.name for step in seen[-1]][:4] == ["song", "way", "frames", "transitions"]
    assert [each.kind for each in report.lock.transitions] == ["transition"]
    frames = frames_of(report.folder / WHOLE)
    assert [frames[0], frames[-1]] == [encode_rgb(draw(picture), 95) for picture in (one, other)]
    assert len(frames) == FRAMES


def test_a_frame_folder_that_is_cut_short_is_missing_with_its_reason(tmp_path: Path) -> None:
    song = make_song(tmp_path / "hills", edges="none")
    write_scenes(song, [("dawn", 0, 1), ("noon", 0, 1)])
    folder = frame_folder(song, pictures("dawn")[1], pictures("noon")[2])
    last = folder / f"frame{FRAMES - 1:06d}.png"
    last.write_bytes(last.read_bytes()[:200])

    with pytest.raises(LibraryError, match="1 transitions of the way are missing") as caught:
        build(song)

    assert "cut short" in str(caught.value)
    assert {each.kind for each in build(song, bridge=True).lock.transitions} == {"bridge"}


def test_a_story_shows_the_pictures_that_are_there_now(tmp_path: Path) -> None:
    song = make_song(tmp_path / "hills", edges="none")
    write_scenes(song, [("dawn", 0, 1), ("noon", 0, 1), ("dusk", 0, 1)])
    way = [pictures(scene)[0] for scene in ("dawn", "noon", "dusk")]
    for first, second in pairwise(way):
        make_transition(song, first, second, says=True)
    build(song, label="before")
    new = encode_rgb(255 - draw(way[1]), 95)
    (song / "prompt_images" / f"{way[1].stem}.jpg").write_bytes(new)

    report = build(song, label="after")

    assert {each.kind for each in report.lock.transitions} == {"fitted"}
    assert frames_of(report.folder / "hills_after_combined.mov")[FRAMES - 1] == new
    assert any("2 of them jump at an end" in note for note in report.notes)
    with pytest.raises(LibraryError, match=f"{way[1].node} has another stage frame"):
        build(song, label="before")


class Dissolve:
    """A bridge that costs nothing."""

    def __init__(self, first: Picture, second: Picture, seed: int, *, frames: int) -> None:
        self._first, self._second = first, second

    def planes(self, t: float) -> Planes:
        mixed = cv2.addWeighted(self._first, 1 - t, self._second, t, 0)
        return PlaneMaker("420", 0.0).planes(np.asarray(mixed, dtype=np.uint8))


@pytest.mark.parametrize(("name", "sequence"), [
    ("pipey", "laB"), *(pytest.param(*each, marks=pytest.mark.full) for each in (
        ("acai", ""), ("antic", ""), ("cosmos_knows", ""), ("cycle_mask_low", ""), ("elationstation", ""),
        ("emit", "laD"), ("emit", "meta"), ("emit", "rand_KV1"), ("escape_cnet", ""), ("heist", ""), ("nspiral", ""),
        ("pipey", "meta"), ("spacetrain", "")))])
def test_every_seam_of_a_real_song_is_the_same_bytes(tmp_path: Path, name: str, sequence: str,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    # Two hundred real morphs take minutes, and seams do not ask what lies between.
    monkeypatch.setattr(story_parts, "Morph", Dissolve)
    song = tmp_path / name
    shutil.copytree(REAL_SONGS / name, song)
    (song / "prompt_images").mkdir(exist_ok=True)
    for picture in open_song(song).pictures:
        (song / "prompt_images" / f"{picture.stem}.jpg").write_bytes(encode_rgb(draw(picture), 90))

    report = build(song, sequence=sequence, label="made", bridge=True, size=(32, 32), seed=3)

    shown = story_seams(song, "made")
    assert sum(len(found) for found in shown.values()) == 2 * len(report.lock.hops) - 1 - len(report.lock.sections)
    assert all(seam.compared and not seam.problem for found in shown.values() for seam in found)
