"""Stories and atlases under odd names, with locks and indexes that were tampered with: refused early, and in words."""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from built_songs import build, make_song, write_scenes

from media_tools import song_build
from server.errors import InputError, LibraryError, PathRefused
from server.index.opening import sidecar, write_sidecar
from server.library.songs.song_folder import open_song
from server.library.songs.stories import STORIES, read_stories
from server.library.songs.story_lock import LOCK
from server.media.indexing import index_of
from server.production.atlas import atlas_problem, read_atlas
from server.production.atlas_packing import build_atlas
from server.production.seams import seams


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_song(tmp_path / "song")


@pytest.mark.parametrize("label", [".hidden", "n" * 240, "é" * 120, "a/b", "CON", "..", 'a"b', "ends."])
def test_a_label_that_no_folder_may_have_is_refused_before_anything_is_made(song: Path, label: str) -> None:
    with pytest.raises((InputError, PathRefused, LibraryError)):
        build(song, label=label)
    assert not (song / STORIES).exists()


@pytest.mark.parametrize("label", ["emoji😀", "-dash", "two words", "main-2", "x.part", "n" * 150])
def test_a_story_of_any_other_label_is_found_again(song: Path, label: str) -> None:
    build(song, label=label)
    assert [(story.name, story.problem) for story in read_stories(song)] == [(label, "")]


def test_long_names_of_sections_are_cut_in_names_of_movies(song: Path) -> None:
    (song / "scene_sequence.csv").write_text(
        ",scene,duration,section,start\n" + "".join(f"{number},{scene},1,{'x' * 300}{number},\n"
                                                    for number, scene in enumerate(("dawn", "noon", "dusk"))))
    report = build(song)
    names = [each.movie for each in report.lock.sections]
    assert len(set(names)) == len(names) == 3
    assert max(map(len, names)) < 60


@pytest.mark.parametrize("change", [
    lambda lock: lock["sections"].pop(), lambda lock: lock.update(hops=[]), lambda lock: lock.update(transitions=[]),
    lambda lock: lock.update(size=[2_000_000_000, 2_000_000_000]), lambda lock: lock.update(label="a/b"),
    lambda lock: lock["whole"].update(movie="section_1.mov")],
    ids=("section", "hops", "transitions", "size", "label", "whole"))
def test_a_lock_that_was_tampered_with_builds_nothing(song: Path, change: Callable[[dict[str, Any]], object]) -> None:
    folder = build(song).folder
    movies = {path.name: path.read_bytes() for path in folder.glob("*.mov")}
    lock = json.loads((folder / LOCK).read_bytes())
    change(lock)
    (folder / LOCK).write_text(json.dumps(lock))
    with pytest.raises(InputError, match=r"story\.json: "):
        build(song)
    assert read_stories(song)[0].problem
    assert {path.name: path.read_bytes() for path in folder.glob("*.mov")} == movies


def test_a_movie_without_its_index_names_the_song_to_build(song: Path) -> None:
    write_scenes(song, [("dawn", 1, 1), ("noon", 1, 1)])
    movie = build(song).folder / "section_1.mov"
    sidecar(movie).unlink()
    with pytest.raises(InputError, match=r"interscene song build \S*song\"?$"):
        seams(song, movie)


@pytest.mark.parametrize("change", [
    lambda made: made["nodes"].__setitem__(0, "x"), lambda made: made["nodes"].__setitem__(0, 5),
    lambda made: made["edges"][0].__setitem__(0, -1), lambda made: made["edges"][0].__setitem__(2, 0.5),
    lambda made: made["stills"][0].__setitem__(1, True), lambda made: made["stills"][0].__setitem__(-4, [5]),
    lambda made: made.update(edges=None), lambda made: made.pop("stills")])
def test_an_atlas_whose_index_was_tampered_with_is_not_used(song: Path,
                                                            change: Callable[[dict[str, Any]], object]) -> None:
    path = build_atlas(song, open_song(song)).path
    index = index_of(path)
    made = copy.deepcopy(dict(index.made or {}))
    change(made)
    write_sidecar(path, replace(index, made=made))
    assert read_atlas(song) is None
    assert path.name in atlas_problem(song)


def test_an_atlas_of_another_size_than_the_song_is_not_used(song: Path) -> None:
    build_atlas(song, open_song(song))
    assert read_atlas(song) is not None
    settings = song / "tgen_settings.json"
    settings.write_text(settings.read_text().replace("64", "128"))
    assert read_atlas(song) is None
    assert "128×48 now" in atlas_problem(song)


@pytest.mark.parametrize("text", ["0", "0.0001k", "-5", "1e3", "1x", ""])
def test_a_budget_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        song_build._bytes(text)
