"""What is planned and missing becomes morphs: a song can be walked without any model."""

from __future__ import annotations

from pathlib import Path

import pytest
from song_samples import SIZE, make_song

import cli
from server.errors import Cancelled
from server.index.reader import FrameReader
from server.library.graph.identity import PictureId
from server.library.songs.song_folder import open_song
from server.media.indexing import index_of
from server.production.mend import mend_song
from server.production.song_check import check_song
from server.production.song_morphs import MorphChoice, morph_song, wanted
from server.production.stage_song import StageFrames, find_stills

FEW = MorphChoice(frames=5)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A song whose plan is written, without any transition."""
    song = make_song(tmp_path / "emit")
    assert cli.main(["song", "plan", str(song)]) == 0
    return song


def test_every_planned_transition_is_made_with_pinned_ends(song: Path) -> None:
    asked = wanted(open_song(song))
    assert asked

    report = morph_song(song, FEW)

    assert (len(report.made), report.left) == (len(asked), [])
    graph, frames = open_song(song), StageFrames(song, SIZE)
    for edge in (each.edge for each in asked):
        found = graph.transitions[edge]
        assert found.playable
        index = index_of(song / found.movie)
        with FrameReader(song / found.movie, index) as reader:
            assert reader.read(0) == frames.frame(graph.pictures[found.first]).jpeg()
            assert reader.read(index.count - 1) == frames.frame(graph.pictures[found.second]).jpeg()
        assert [mark.name for mark in index.marks] == [found.first.node, found.second.node]
    assert find_stills(song) is not None
    assert not check_song(song).bad
    assert morph_song(song, FEW).made == []
    assert mend_song(song).left == []


def test_at_most_so_many_in_the_order_of_the_plan(song: Path) -> None:
    asked = wanted(open_song(song))

    report = morph_song(song, FEW, most=1)

    assert report.made == [f"transitions/{asked[0].first.node} to {asked[0].second.node}.mov"]


def test_stopped_it_keeps_what_is_whole_and_goes_on(song: Path) -> None:
    asked, done = wanted(open_song(song)), 0

    def count(now: int, _of: int) -> None:
        nonlocal done
        done = now

    with pytest.raises(Cancelled, match="1 that were finished are kept"):
        morph_song(song, FEW, progress=count, cancelled=lambda: done >= 7)
    assert [path.name for path in (song / "transitions").glob("*.part")] == []
    assert len(morph_song(song, FEW).made) == len(asked) - 1


def test_a_damaged_picture_leaves_its_transitions_alone(song: Path) -> None:
    graph = open_song(song)
    bad = wanted(graph)[0].first
    (song / graph.pictures[bad].file).write_bytes(b"\x89PNG half")

    report = morph_song(song, FEW)

    assert report.made
    assert all(bad.node not in path for path in report.made)
    assert isinstance(bad, PictureId)


def test_the_verb(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["song", "morph", str(song), "--frames", "5", "--most", "2"]) == 0
    assert "2 made, 0 left; play it: interscene serve" in capsys.readouterr().out
    assert cli.main(["song", "morph", str(song), "--frames", "5"]) == 0
    assert cli.main(["song", "morph", str(song), "--frames", "5"]) == 0
    assert "nothing to make" in capsys.readouterr().out
