"""Atlases of real small songs, judged by bytes; fresh only while everything they were packed from is as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from built_songs import FRAMES, all_edges, draw, frames_of, make_song, make_transition, pictures, transition_between

from server.errors import Cancelled, InputError, LibraryError
from server.index.opening import sidecar
from server.library.graph.identity import PictureId, edge_of
from server.library.songs.song_folder import open_song
from server.library.songs.versions import SongHold
from server.media.jpeg import encode_rgb
from server.media.writer import MovieWriter
from server.production.atlas import atlas_problem, atlas_versions, described, read_atlas
from server.production.atlas_packing import AtlasReport, build_atlas, in_order_of_use, uses_of
from server.production.story_build import build_story
from server.production.story_plan import BuildOptions


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_song(tmp_path / "hills")


def pack(song: Path, **options: object) -> AtlasReport:
    return build_atlas(song, open_song(song), **options)  # type: ignore[arg-type]


def test_every_way_between_two_pictures_is_a_span_of_one_movie(song: Path) -> None:
    report = pack(song)

    atlas = read_atlas(song)

    assert atlas is not None
    assert (atlas.movie, atlas.rate, atlas.frames) == ("atlas.mov", Fraction(10), report.index.count)
    frames = frames_of(report.path)
    for one, other in all_edges():
        path = transition_between(song, one, other)
        stored = frames_of(path)
        first, second = (PictureId.of_node(node) for node in path.stem.split(" to "))
        there, back = atlas.span(first, second), atlas.span(second, first)
        assert there is not None
        assert back == there[::-1]
        assert frames[there[0]:there[1] + 1] == stored
    for picture in [each for scene in ("dawn", "noon", "dusk") for each in pictures(scene)]:
        still = atlas.still(picture)
        assert still is not None
        assert frames[still] == encode_rgb(draw(picture), 95)
    assert atlas.span(pictures("dawn")[0], pictures("dusk")[0]) is None
    assert atlas.still(PictureId("moon", 1)) is None
    assert [mark.seed for mark in report.index.marks] == [
        PictureId.of_node(mark.name.rpartition(" / ")[2]).seed for mark in report.index.marks]
    assert report.index.movie.bytes <= 4_000_000_000


def test_what_is_there_already_is_kept(song: Path) -> None:
    first = pack(song)

    again = pack(song)

    assert (again.kept, again.path) == (True, first.path)
    assert len(atlas_versions(song)) == 1


def test_the_least_used_is_left_out_and_said(song: Path) -> None:
    used = [edge_of(hop.first, hop.second) for hop in build_story(song, BuildOptions()).lock.hops]
    whole = pack(song).index.movie.bytes

    report = pack(song, budget=int(whole * 0.6))

    assert report.index.movie.bytes <= whole * 0.6
    assert report.edges + len(report.left_out) == len(all_edges())
    assert report.left_out
    assert {why for _, why in report.left_out} == {"it does not fit, used 0 times"}
    line, = described(report.left_out)
    assert line.startswith(f"{len(report.left_out)} because it does not fit, used 0 times: ")
    atlas = read_atlas(song)
    assert atlas is not None
    assert all(atlas.span(*edge) for edge in used)


def test_a_budget_too_small_for_the_pictures_is_refused(song: Path) -> None:
    with pytest.raises(InputError, match="alone have"):
        pack(song, budget=1000)
    assert not atlas_versions(song)


def test_uses_count_stories_and_the_sequences_of_older_programs(song: Path) -> None:
    a, b, c = pictures("dawn")
    (song / "story").mkdir()
    (song / "story" / "trans_sequence.csv").write_text(f"c1,c2\n{a.node},{b.node}\n{b.node},{a.node}\n",
                                                       encoding="utf-8")
    edited = song / "edited.csv"
    edited.write_text(f"c1,c2\n{a.node},{c.node}\n", encoding="utf-8")
    build_story(song, BuildOptions(hops_file=edited))

    uses = uses_of(song, open_song(song))

    assert dict(uses) == {edge_of(a, b): 2, edge_of(a, c): 1}


def test_of_equally_used_edges_those_come_first_that_reach_new_pictures() -> None:
    a, b, c, d = (PictureId(name, 1) for name in "abcd")
    edges = [(a, b), (a, c), (b, c), (c, d)]

    assert in_order_of_use(edges, {}) == [(a, b), (a, c), (c, d), (b, c)]
    assert in_order_of_use(edges, {(b, c): 3})[0] == (b, c)


@pytest.mark.parametrize(("change", "words"), [
    (lambda song: transition_between(song, *pictures("dawn")[:2]).unlink(), "is gone"),
    (lambda song: make_transition(song, *pictures("dawn")[:2], shift=4), "has changed"),
    (lambda song: make_transition(song, *pictures("dawn")[:2], version=2), "has come in place of"),
    (lambda song: _draw_otherwise(song / "prompt_images" / "dawn_1001.jpg"), "has changed"),
    (lambda song: (song / "atlas.mov").write_bytes(b"nothing"), "cannot be used"),
    (lambda song: sidecar(song / "atlas.mov").unlink(), "is not used"),
])
def test_an_atlas_is_stale_as_soon_as_anything_in_it_is(song: Path, change: Callable[[Path], object],
                                                         words: str) -> None:
    pack(song)
    change(song)

    assert read_atlas(song) is None
    assert words in atlas_problem(song)


def _draw_otherwise(path: Path) -> None:
    path.write_bytes(encode_rgb(255 - draw(PictureId.of_stem(path.stem)), 95))


def test_a_copied_song_with_other_times_is_still_fresh(song: Path) -> None:
    pack(song)
    for path in (*(song / "transitions").iterdir(), *(song / "prompt_images").iterdir()):
        os.utime(path, (1_700_000_000, 1_700_000_000))

    assert read_atlas(song) is not None


def test_new_content_gets_a_new_name_and_the_last_one_stays_for_who_plays_it(song: Path) -> None:
    pack(song)
    old = (song / "atlas.mov").read_bytes()
    make_transition(song, *pictures("dawn")[:2], shift=4)
    hold = SongHold(song)

    second = pack(song)

    assert second.path.name == "atlas ~2.mov"
    assert (song / "atlas.mov").read_bytes() == old
    atlas = read_atlas(song)
    assert atlas is not None
    assert atlas.movie == "atlas ~2.mov"
    hold.close()
    make_transition(song, *pictures("dawn")[:2], shift=8)
    third = pack(song)
    assert [path.name for path in third.removed] == ["atlas ~2.mov", "atlas.mov"]
    assert [number for number, _ in atlas_versions(song)] == [3]
    assert not sidecar(song / "atlas.mov").exists()


def test_transitions_of_another_size_are_left_out_with_the_reason(song: Path) -> None:
    path = transition_between(song, *pictures("dawn")[:2])
    with MovieWriter(path, width=32, height=24, rate=Fraction(10), overwrite=True) as writer:
        for _ in range(FRAMES):
            writer.add(encode_rgb(draw(pictures("dawn")[0])[:24, :32], 90))

    report = pack(song)

    assert [why for _, why in report.left_out] == ["it is 32×24 420, the song 64×48 420"]


def test_a_stopped_atlas_leaves_nothing(song: Path) -> None:
    asked = iter([False] * 12)

    with pytest.raises(Cancelled):
        pack(song, cancelled=lambda: next(asked, True))

    assert not list(song.glob("atlas*"))


def test_a_song_of_nothing_has_no_atlas(tmp_path: Path) -> None:
    song = make_song(tmp_path / "hills", edges="none")
    for path in (song / "prompt_images").iterdir():
        path.unlink()

    with pytest.raises(LibraryError, match="neither pictures nor transitions"):
        pack(song)
    assert "has no atlas; make one with" in atlas_problem(song)


def test_a_picture_that_is_never_to_be_shown_again_is_not_packed(song: Path) -> None:
    (song / "never_again.txt").write_text("dawn_1001\n", encoding="utf-8")

    pack(song)

    atlas = read_atlas(song)
    assert atlas is not None
    assert PictureId("dawn", 1001) not in atlas.stills
    assert len(atlas.spans) == len([edge for edge in all_edges() if PictureId("dawn", 1001) not in edge])
