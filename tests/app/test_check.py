"""The check as a program of its own: real processes, real UDP; and that it can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.app import check
from server.app.check import Report
from server.app.children import Child, start_server
from server.errors import ServeError
from server.media.numbered import write_numbered


@pytest.fixture(scope="module")
def movies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check")
    check.write_movies(folder)
    return folder


def test_every_seek_shows_the_frame_asked_for(movies: Path) -> None:
    report = check.check(movies, seeks=40, open_ms="20-60")

    assert report.good, report.lines()
    assert len(report.delays) == 40
    assert report.played > 20


def test_a_movie_with_other_frames_than_its_name_says_fails_the_check(movies: Path, tmp_path: Path) -> None:
    first, second = check.MOVIES
    for name in check.MOVIES:
        for file in (name, f"{name}.frames"):
            (tmp_path / file).write_bytes((movies / file).read_bytes())
    write_numbered(tmp_path / second, check.COUNT, 128, 128, first=check.MOVIES[second] + 1, overwrite=True)

    report = check.check(tmp_path, seeks=6, open_ms="20-60")

    assert not report.good
    assert {asked - shown for asked, shown in report.wrong} == {-1}
    assert (tmp_path / first).exists()


@pytest.mark.parametrize("report", [
    Report(seeks=1, delays=[], late=[5], played=1), Report(seeks=1, delays=[], wrong=[(5, 6)], played=1),
    Report(seeks=1, delays=[0.1], played=1, misplayed=[(1, 2)]), Report(seeks=1, delays=[0.1], played=0),
])
def test_anything_wrong_late_or_missing_is_a_failure(report: Report) -> None:
    assert not report.good
    assert report.lines()


def test_a_program_that_does_not_start_says_why() -> None:
    with pytest.raises(ServeError, match="no media folder"):
        start_server([], "--media-dir", "a folder that is not there")


def test_a_child_ends_when_its_stdin_closes(movies: Path) -> None:
    child, osc, http = start_server([movies])
    assert osc > 0
    assert http > 0
    assert child.running
    child.stop()

    assert not child.running


def test_a_child_that_is_no_program_is_reported() -> None:
    with Child("nonsense", "no_such_module") as child, pytest.raises(ServeError, match="No module named"):
        child.line_with("never")
