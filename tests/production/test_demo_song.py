"""The demo song: whole, byte-equal ends, kept when right, made anew when not, and clear about bad pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from server.errors import MissingFile, NotAMovie, OutputError
from server.index.format import FrameIndex
from server.index.reader import FrameReader
from server.library.media_folder import MediaFolder
from server.library.song import song_by_name
from server.media.indexing import index_of
from server.media.jpeg import decode_rgb, encode_rgb
from server.media.numbered import read_number
from server.production import demo_song, stage_frames
from server.production.art import draw
from server.production.demo_song import make_demo_song
from server.production.stage_frames import stage_size


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_song, "NUMBERED", 12)
    monkeypatch.setattr(stage_frames, "DRAWN_SIZE", (192, 108))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "meine Bilder 🎬"
    folder.mkdir()
    for number, kind in enumerate(("silk", "cells", "ripples", "strata"), 1):
        save(folder / f"{number} {kind} é.png", draw(kind, number, 128, 72))
    return folder


def save(path: Path, rgb: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(path.suffix, rgb[..., ::-1])[1].tobytes())


def frames(movie: Path) -> tuple[FrameIndex, list[bytes]]:
    index = index_of(movie)
    with FrameReader(movie, index) as reader:
        return index, [reader.read(number) for number in range(index.count)]


def test_without_pictures_it_draws_two_scenes_and_walks_in_a_circle(tmp_path: Path) -> None:
    folder = make_demo_song(tmp_path / "demo", seconds=0.2)

    song = song_by_name(MediaFolder(tmp_path), "demo")
    assert song.movie == "demo/00-all.mov"
    assert [movie.rpartition("/")[2] for movie in song.movies[1:]] == [
        "01-caustics-silk.mov", "02-silk-cells.mov", "03-cells-nebula.mov", "04-nebula-strata.mov",
        "05-strata-spiral.mov", "06-spiral-caustics.mov"]
    index, together = frames(folder / "00-all.mov")
    assert index.count == 6 * 6 + 1
    assert [(mark.frame, mark.name) for mark in index.marks] == [
        (0, "water / caustics"), (6, "water / silk"), (12, "water / cells"), (18, "fire / nebula"),
        (24, "fire / strata"), (30, "fire / spiral"), (36, "water / caustics")]
    assert index.marks[1].seed == 12
    assert together[0] == together[-1]
    drawn = sorted((folder / "pictures").glob("*.jpg"))
    assert [path.read_bytes() for path in drawn] == [together[mark.frame] for mark in index.marks[:-1]]


def test_transitions_begin_and_end_with_the_bytes_of_the_pictures(tmp_path: Path, pictures: Path) -> None:
    folder = make_demo_song(tmp_path / "song", pictures, seconds=0.2)

    movies = sorted(folder.glob("0[1-4]-*.mov"))
    assert [path.name for path in movies] == ["01-1-silk-e-2-cells-e.mov", "02-2-cells-e-3-ripples-e.mov",
                                              "03-3-ripples-e-4-strata-e.mov", "04-4-strata-e-1-silk-e.mov"]
    every = [frames(path) for path in movies]
    for place, (index, jpegs) in enumerate(every):
        following, after = every[(place + 1) % 4]
        assert jpegs[-1] == after[0]
        assert index.ends is not None
        assert following.ends is not None
        assert index.ends[1] == following.ends[0]
        assert [mark.frame for mark in index.marks] == [0, index.count - 1]
        assert len(set(jpegs)) > 4
    _, together = frames(folder / "00-all.mov")
    assert together == [jpeg for _, jpegs in every for jpeg in jpegs[:-1]] + [every[-1][1][-1]]


def test_the_numbered_movie_says_its_numbers(tmp_path: Path, pictures: Path) -> None:
    folder = make_demo_song(tmp_path / "song", pictures, seconds=0.1)

    _, jpegs = frames(folder / "test" / "numbered.mov")

    assert [read_number(decode_rgb(jpeg)) for jpeg in jpegs] == list(range(12))


def test_what_is_whole_is_kept_and_what_is_not_is_made_anew(tmp_path: Path, pictures: Path) -> None:
    folder = make_demo_song(tmp_path / "song", pictures, seconds=0.1)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.mov")}
    whole = {path: path.read_bytes() for path in before}
    broken, gone = sorted(folder.glob("0[1-4]-*.mov"))[1:3]
    broken.write_bytes(broken.read_bytes()[:2000])
    gone.unlink()
    told: list[str] = []

    make_demo_song(tmp_path / "song", pictures, told.append, seconds=0.1)

    assert {path: path.read_bytes() for path in folder.rglob("*.mov")} == whole
    remade = {path for path in before if path.stat().st_mtime_ns != before[path]}
    assert remade == {broken, gone}
    assert len([line for line in told if "→" in line]) == 2
    assert not list(folder.rglob("*.part"))


def test_another_picture_makes_only_its_own_transitions_anew(tmp_path: Path, pictures: Path) -> None:
    folder = make_demo_song(tmp_path / "song", pictures, seconds=0.1)
    save(pictures / "2 cells é.png", draw("cells", 99, 128, 72))
    told: list[str] = []

    make_demo_song(tmp_path / "song", pictures, told.append, seconds=0.1)

    assert [line for line in told if "→" in line] == ["1 silk é → 2 cells é", "2 cells é → 3 ripples é"]
    index, jpegs = frames(folder / "00-all.mov")
    assert jpegs[index.marks[1].frame] == frames(next(folder.glob("01-*.mov")))[1][-1]


def test_jpegs_that_fit_are_taken_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    originals = [encode_rgb(draw("silk", seed, 128, 72), 97) for seed in (1, 2)]
    for number, jpeg in enumerate(originals):
        (folder / f"{number}.jpg").write_bytes(jpeg)

    song = make_demo_song(tmp_path / "song", folder, seconds=0.1)

    _, jpegs = frames(next(song.glob("01-*.mov")))
    assert [jpegs[0], jpegs[-1]] == originals
    assert len(list(song.glob("0[1-9]-*.mov"))) == 1


def test_odd_pictures_are_told_and_the_rest_goes_on(tmp_path: Path, pictures: Path) -> None:
    (pictures / "0 empty.png").touch()
    (pictures / "5 broken.jpg").write_bytes(encode_rgb(draw("silk", 1, 128, 72), 90)[:900])
    save(pictures / "6 tall.png", draw("cells", 5, 60, 180))
    (pictures / "notes.txt").write_text("not a picture")
    save(pictures / "7 grey.png", draw("cells", 6, 128, 72)[..., 0])
    told: list[str] = []

    folder = make_demo_song(tmp_path / "song", pictures, told.append, seconds=0.1)

    lines = "\n".join(told)
    assert "0 empty.png is empty" in lines
    assert "5 broken.jpg" in lines
    assert "left out" in lines
    assert "1 of 6 pictures have another shape than 128×72" in lines
    index = index_of(folder / "00-all.mov")
    assert (index.width, index.height) == (128, 72)
    assert len(index.marks) == 7


def test_progress_has_an_estimate(tmp_path: Path, pictures: Path) -> None:
    class Slow:
        """Every look at it takes a second."""

        seconds = 0.0

        def now(self) -> float:
            self.seconds += 1.0
            return self.seconds

        def sleep_until(self, t: float) -> None:
            self.seconds = max(self.seconds, t)

    told: list[str] = []

    make_demo_song(tmp_path / "song", pictures, told.append, seconds=0.2, clock=Slow())

    assert "50 %, about 14 s left" in told


@pytest.mark.parametrize("content", [(), ("a.png",)])
def test_too_few_pictures_are_refused_in_words(tmp_path: Path, content: tuple[str, ...]) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in content:
        save(folder / name, draw("silk", 1, 64, 64))

    with pytest.raises((MissingFile, NotAMovie), match="pictures"):
        make_demo_song(tmp_path / "song", folder)


def test_a_missing_folder_and_a_file_in_the_way_are_said(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="there is no folder"):
        make_demo_song(tmp_path / "song", tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be made"):
        make_demo_song(tmp_path / "file" / "song")


@pytest.mark.parametrize(("sizes", "expected"), [
    ([(512, 512)], (512, 512)), ([(3840, 2160), (64, 64), (3840, 2160)], (1920, 1080)), ([(4000, 3000)], (1440, 1080)),
    ([(769, 433)], (768, 432)), ([(3, 2)], (96, 64)), ([(10_000, 10)], (1920, 64))])
def test_the_stage_has_the_size_of_most_pictures(sizes: list[tuple[int, int]], expected: tuple[int, int]) -> None:
    assert stage_size(sizes) == expected
