"""Export: what people wrote comes back as it was; what can be made again stays here."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_songs import PROMPTS, contents, fill, frames, png, small_song

from server.errors import Cancelled, InputError, MissingFile, OutputError
from server.library.formats.gexf import parse_gexf
from server.library.formats.oddity import Oddities
from server.library.songs.exporting import export_song
from server.library.songs.importing import import_song
from server.media.jpeg import encode_rgb
from server.media.picture import load_picture
from server.media.writer import MovieWriter
from server.production.export_frames import FrameExport

MADE_AGAIN = {"stage_frames/a.jpg": b"j", "atlas.mov": b"m", "atlas.mov.frames": b"f", "stills.mov": b"m",
              ".interscene/catalogue.sqlite": b"c", "quarantine/1/x.png": b"q", "half.mov.part": b"p"}
OURS = {"transitions/sun-1000 to moon-2000.mov": b"m", "transitions/sun-1000 to moon-2000.mov.frames": b"f",
        "stories/a/story.json": b"{}", "masks/shapes/hex.png": png(), "notes.txt": b"n", "never_again.txt": b"# none\n"}


def test_everything_that_people_wrote_is_exported(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x", {**OURS, **MADE_AGAIN})
    report = export_song(song, tmp_path / "out")
    assert contents(report.folder) == {name: data for name, data in contents(song).items() if name not in MADE_AGAIN}


def test_inputs_and_media_can_lie_apart_as_the_older_programs_have_them(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x", {"masks/shapes/hex.png": png(), "scene_sequence_a.csv": "scene\nsun\n"})
    out = export_song(song, tmp_path / "out", split=True).folder
    meta, media = contents(out / "meta" / "x"), contents(out / "media" / "x")
    assert set(meta) == {"prompt_image_definitions.csv", "scene_sequence.csv", "scene_sequence_a.csv",
                         "tgen_settings.json", "masks/shapes/hex.png"}
    assert {**meta, **media} == contents(song)
    env = (out / ".env").read_text()
    assert f"media_dir='{out / 'media'}'" in env
    assert f"meta_dir='{out / 'meta'}'" in env


def test_the_list_of_songs_goes_with_inputs_and_media(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    words = b"\xef\xbb\xbfsong_name,subfolder,file_idx,playback_mode\r\nx,1_Show\\X,0,1\r\n"
    (tmp_path / "song_list.csv").write_bytes(words)
    out = export_song(song, tmp_path / "out", split=True).folder
    assert (out / "song_list.csv").read_bytes() == words
    again = import_song([out], tmp_path / "again" / "x")
    assert contents(again.song) == contents(song)
    assert any("lists several songs" in each.what for each in again.oddities)
    assert not (export_song(song, tmp_path / "plain").folder / "song_list.csv").exists()


def test_the_small_files_can_go_alone(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x", {"masks/a.png": png(), "transition_meta/existing_transitions.csv": ",a\n",
                                       "story/trans_sequence.csv": "c1,c2\na-1,b-2\n"})
    found = set(contents(export_song(song, tmp_path / "out", inputs_only=True).folder))
    assert found == {"prompt_image_definitions.csv", "scene_sequence.csv", "tgen_settings.json", "masks/a.png",
                     "transition_meta/existing_transitions.csv", "story/trans_sequence.csv"}


def test_what_older_programs_cannot_tell_apart_or_read_is_said(tmp_path: Path) -> None:
    prompts = PROMPTS + "red-sky,x,5\nsun2,y,12345 12349\n"
    song = small_song(tmp_path / "x", {
        "prompt_image_definitions.csv": prompts, "transitions/sun-1001 to moon-2001.mov": b"m"})
    said = [str(each) for each in export_song(song, tmp_path / "out").oddities]
    for words in ("'red-sky'", "sun2_12345 and sun2_12349 are both sun2-1234", "1 transition as movies"):
        assert any(words in line for line in said), said


def test_an_export_replaces_nothing_unasked(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    out = fill(tmp_path / "out", {"mine.txt": "mine", "tgen_settings.json": "old"})
    with pytest.raises(OutputError, match="--overwrite"):
        export_song(song, out)
    export_song(song, out, overwrite=True)
    assert contents(out) == {**contents(song), "mine.txt": b"mine"}


def test_an_export_can_be_cancelled(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    with pytest.raises(Cancelled):
        export_song(song, tmp_path / "out", cancelled=lambda: True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]


def test_places_that_cannot_be_are_refused(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    with pytest.raises(InputError, match="lie in each other"):
        export_song(song, song / "out")
    with pytest.raises(MissingFile, match="no song folder"):
        export_song(tmp_path / "none", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="nothing to export"):
        export_song(tmp_path / "empty", tmp_path / "out")


NAMES = st.sampled_from(["scene_sequence.csv", "scene_sequence_é 1.csv", "tgen_settings_169.json", "notes é.txt",
                         "transition_meta/existing_transitions.csv", "story/trans_sequence_gen.csv",
                         "stories/a/videos.txt", "masks/shapes/hex.png", "scenes/s 1/sun_1000.png",
                         "explore_images/sun/image_0.png", "transitions/sun-1000 to moon-2000.mov", "never_again.txt"])


@settings(max_examples=25)
@given(st.dictionaries(NAMES, st.binary(max_size=40), max_size=6), st.booleans())
def test_export_and_import_are_the_identity(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes],
                                            split: bool) -> None:
    root = tmp_path_factory.mktemp("round")
    song = fill(root / "x", {"prompt_image_definitions.csv": PROMPTS, **frames("sun-1000 to moon-2000", 2), **files})
    out = export_song(song, root / "out", split=split).folder
    again = import_song([out], root / "again" / "x")
    assert contents(again.song) == contents(song)
    twice = export_song(again.song, root / "out2", split=split).folder
    assert {name: data for name, data in contents(twice).items() if name != ".env"} == {
        name: data for name, data in contents(out).items() if name != ".env"}


def test_movies_become_folders_of_frames_for_the_older_programs(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    movie = song / "transitions" / "sun-1001 to moon-2001.mov"
    with MovieWriter(movie, width=32, height=16, rate=Fraction(10)) as writer:
        for shade in (0, 100, 200):
            writer.add(encode_rgb(np.full((16, 32, 3), shade, np.uint8), 95))
    (song / "transitions" / "moon-2000 to sun-1001.mov").write_bytes(b"no movie")
    report = export_song(song, tmp_path / "out", split=True, frames=FrameExport(song))
    folder = tmp_path / "out" / "media" / "x" / "transition_images" / "sun-1001 to moon-2001"
    assert sorted(path.name for path in folder.iterdir()) == [f"frame{number:06d}.png" for number in range(3)]
    shades = [int(load_picture(path).rgb.mean()) for path in sorted(folder.iterdir())]
    assert shades == pytest.approx([0, 100, 200], abs=3)
    assert {each.file for each in report.oddities} == {"transitions/moon-2000 to sun-1001.mov"}
    assert not (folder.parent / "moon-2000 to sun-1001").exists()


def test_frames_that_are_being_written_can_be_cancelled(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x")
    movie = song / "transitions" / "sun-1001 to moon-2001.mov"
    with MovieWriter(movie, width=16, height=16, rate=Fraction(10)) as writer:
        writer.add(encode_rgb(np.zeros((16, 16, 3), np.uint8), 95))
    with pytest.raises(Cancelled):
        export_song(song, tmp_path / "out", frames=FrameExport(song, cancelled=lambda: True))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]


def test_the_graph_as_it_is_now_goes_along_when_asked_for(tmp_path: Path) -> None:
    song = small_song(tmp_path / "x", {"story/graph_existing_transitions.gexf": "old"})
    out = export_song(song, tmp_path / "out", graph=True).folder
    oddities = Oddities("g")
    found = parse_gexf((out / "story" / "graph_existing_transitions.gexf").read_bytes(), oddities)
    assert {node.id: node.scene for node in found.nodes} == {
        "sun-1000": "sun", "sun-1001": "sun", "moon-2000": "moon", "moon-2001": "moon"}
    assert [(edge.source, edge.target, edge.transition_type) for edge in found.edges] == [
        ("sun-1000", "moon-2000", "inter")]
    assert (song / "story" / "graph_existing_transitions.gexf").read_text() == "old"
