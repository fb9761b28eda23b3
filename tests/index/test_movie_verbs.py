"""The verbs index, probe and verify as they are typed: several files and folders, one line for each failure."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from types import ModuleType

import pytest
from stamped_movies import long_gop_movie, stamped_jpeg, steady_movie

import media_tools.index
import media_tools.probe
import media_tools.verify
from media_tools.progress import ProgressLine
from server.index.opening import read_sidecar, sidecar


def _run(verb: ModuleType, *words: object) -> int:
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    return int(verb.run(parser.parse_args([str(word) for word in words])))


@pytest.fixture
def folder(tmp_media: Path) -> Path:
    steady_movie(tmp_media / "clip 10.mov", 4)
    steady_movie(tmp_media / "clip 9.mov", 5)
    (tmp_media / "more").mkdir()
    steady_movie(tmp_media / "more" / "last.mkv", 6)
    (tmp_media / "notes.txt").write_text("no movie")
    return tmp_media


def test_index_writes_every_sidecar_of_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(media_tools.index, folder) == 0

    said = capsys.readouterr().out.splitlines()
    assert [line.split("/")[-1] for line in said] == [
        "clip 9.mov.frames: 5 frames, 30 fps, written", "clip 10.mov.frames: 4 frames, 30 fps, written",
        "last.mkv.frames: 6 frames, 30 fps, written"]
    assert _run(media_tools.index, folder) == 0
    assert "fresh" in capsys.readouterr().out


def test_full_adds_what_is_missing_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    movie = folder / "clip 9.mov"
    assert _run(media_tools.index, movie) == 0
    assert _run(media_tools.index, "--full", movie) == 0
    assert _run(media_tools.index, "--full", movie) == 0
    assert _run(media_tools.index, "--force", movie) == 0

    assert [line.rpartition(", ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "written", "written", "fresh", "written"]
    index = read_sidecar(movie)
    assert index is not None
    assert index.crc32 is not None, "the movie is the same, so what --full found still holds"
    assert index.difference is not None


def test_checksums_of_other_bytes_are_given_up_and_it_is_said(folder: Path,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    movie = folder / "clip 9.mov"
    assert _run(media_tools.index, "--full", movie) == 0
    steady_movie(movie, 6)
    capsys.readouterr()

    assert _run(media_tools.index, movie) == 0

    assert "checksums and differences were of other bytes and are gone; --full" in capsys.readouterr().out
    index = read_sidecar(movie)
    assert index is not None
    assert index.crc32 is None


def test_movies_may_be_named_by_a_pattern(folder: Path, monkeypatch: pytest.MonkeyPatch,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(folder)
    steady_movie(folder / "odd [1].mov", 3)

    assert _run(media_tools.index, "clip*.mov", "odd [1].mov", "m*e/*") == 0
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "clip 9.mov.frames", "clip 10.mov.frames", "odd [1].mov.frames", str(Path("more/last.mkv.frames"))]
    assert _run(media_tools.verify, "m*e/*") == 0, "the index beside the movie is not meant"
    assert capsys.readouterr().out.count("frames, ") == 1
    assert _run(media_tools.probe, "clip?.mov", "clip 9.mov") == 1
    said = capsys.readouterr()
    assert "nothing is named like clip?.mov" in said.err
    assert "clip 9.mov" in said.out


def test_verify_says_that_it_did_not_look_inside(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    movie = folder / "clip 9.mov"
    assert _run(media_tools.verify, movie) == 0
    assert "all whole; the pictures were not decoded: --full looks inside" in capsys.readouterr().out
    assert _run(media_tools.verify, "--full", movie) == 0
    assert "decoded" not in capsys.readouterr().out


def test_one_that_fails_stops_no_other(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.mov").touch()

    assert _run(media_tools.index, folder / "gone.mov", folder) == 1

    said = capsys.readouterr()
    assert [line.partition("; ")[0].split("/")[-1] for line in said.err.splitlines()] == [
        "gone.mov is not there", "a.mov is empty"]
    assert sidecar(folder / "more" / "last.mkv").exists()


def test_a_long_gop_movie_fails_with_the_command(tmp_media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long_gop_movie(tmp_media / "long.mp4")

    assert _run(media_tools.index, tmp_media) == 1
    assert "interscene encode" in capsys.readouterr().out


def test_damaged_pictures_are_told_by_a_full_index(tmp_media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steady_movie(tmp_media / "torn.mov", 3, jpegs=[stamped_jpeg(0), stamped_jpeg(1)[:-90], stamped_jpeg(2)])

    _run(media_tools.index, "--full", tmp_media)

    assert "2 frames have no distance" in capsys.readouterr().out


def test_a_folder_without_movies_is_an_error(tmp_media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(media_tools.probe, tmp_media) == 1
    assert "holds no movie" in capsys.readouterr().err


def test_probe_as_text_and_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(media_tools.probe, folder) == 0
    assert capsys.readouterr().out.count("  picture  64×64 mjpeg 420") == 3

    assert _run(media_tools.probe, "--json", "--rate", "59.94", folder) == 0
    documents = json.loads(capsys.readouterr().out)
    assert [document["count"] for document in documents] == [5, 4, 6]
    assert documents[0]["cost"]["rate"] == "60000/1001"


def test_a_rate_that_is_none_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _run(media_tools.probe, "--rate", "fast", folder)
    assert "no frame rate" in capsys.readouterr().err


def test_verify_says_what_is_damaged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(media_tools.verify, folder) == 0
    assert capsys.readouterr().out.count("all whole") == 3

    steady_movie(folder / "torn.mov", 3, jpegs=[stamped_jpeg(0), stamped_jpeg(1)[:-90], stamped_jpeg(2)])

    assert _run(media_tools.verify, "--full", folder) == 1
    assert "  frame 1: the picture is cut short" in capsys.readouterr().out
    assert _run(media_tools.verify, "--json", folder / "torn.mov", folder / "gone.mov") == 1
    documents = json.loads(capsys.readouterr().out)
    assert [len(document["problems"]) for document in documents] == [1, 1]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_with_an_estimate() -> None:
    now = [0.0]
    terminal, log = _Terminal(), io.StringIO()
    for stream in (terminal, log):
        with ProgressLine("indexing clip.mov", stream=stream, clock=lambda: now[0]) as progress:
            for done in range(1, 101):
                now[0] += 1.0
                progress(done, 100)

    assert "\rindexing clip.mov: 25 %, 1:15 left" in terminal.getvalue()
    assert terminal.getvalue().endswith(" \r")
    assert "\n" not in terminal.getvalue()
    assert log.getvalue() == ""


def test_what_cannot_be_counted_yet_is_said_and_slow_work_by_its_seconds() -> None:
    now, terminal = [0.0], _Terminal()
    with ProgressLine("pictures", stream=terminal, clock=lambda: now[0]) as progress:
        progress.say("reading turbo (1 of 5)")
        now[0] += 8.0
        progress(2, 4)
    assert "\rpictures: reading turbo (1 of 5)" in terminal.getvalue()
    assert "2 of 4, 4 s each" in terminal.getvalue()
