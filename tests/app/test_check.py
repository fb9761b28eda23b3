"""The check as a program of its own: real processes, real UDP; and that it can fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.app import check
from server.app.check import Pace, Report, Seen, frames_a_second
from server.app.children import Child, start_server
from server.errors import ServeError
from server.media.numbered import write_numbered

RIGHT = Pace(45, 45.1)


@pytest.fixture(scope="module")
def movies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check")
    check.write_movies(folder)
    return folder


def test_every_seek_shows_the_frame_asked_for(movies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "PLAY_TIME", 1.0)
    report = check.check(movies, seeks=20, open_ms="20-60")

    assert report.good, report.lines()
    assert len(report.delays) == 20
    assert report.played > 20
    assert [pace.asked for pace in report.paces] == [45, -60]


@pytest.mark.parametrize("speed", [0.97, 0.0])
def test_a_server_at_another_speed_fails_the_check(movies: Path, monkeypatch: pytest.MonkeyPatch,
                                                   speed: float) -> None:
    say = check._Stage.say

    def say_another(stage: check._Stage, address: str, *args: float | int | str) -> None:
        factor = speed if address == "/deck/1/speed" else 1
        say(stage, address, *(arg if isinstance(arg, str) else arg * factor for arg in args))

    monkeypatch.setattr(check._Stage, "say", say_another)
    monkeypatch.setattr(check, "ATTEMPTS", 1)
    report = check.check(movies, seeks=2, open_ms="20-60")

    assert (report.wrong, report.late, report.misplayed) == ([], [], [])
    assert not report.good
    assert not any(pace.good for pace in report.paces)


def pictures(rate: float, cooks: int = 60, phase: float = 0.0) -> list[Seen]:
    """What a right deck reports of a movie that plays at `rate` frames a second."""
    told = [(int((rate * n / cooks + phase) // 1), n / cooks) for n in range(int(check.PLAY_TIME * cooks))]
    return [Seen(frame, frame, at) for n, (frame, at) in enumerate(told) if not n or frame != told[n - 1][0]]


@given(st.sampled_from([45, -60]), st.sampled_from([30, 50, 60, 75, 120]), st.floats(0, 1), st.floats(2, 50))
@settings(max_examples=40, deadline=None)
def test_the_speed_is_read_from_the_pictures(rate: int, cooks: int, phase: float, error: float) -> None:
    assert Pace(rate, frames_a_second(pictures(rate, cooks, phase))).good
    for wrong in (rate + error, rate - error, -rate, rate / 1000):
        assert not Pace(rate, frames_a_second(pictures(wrong, cooks, phase))).good


def test_a_stall_and_a_late_start_do_not_change_the_speed() -> None:
    right = pictures(45)
    start = [Seen(0, 0, seen.at) for seen in right[:6]]

    assert Pace(45, frames_a_second(start + right[6:30] + right[45:])).good


@pytest.mark.parametrize("watched", [[], pictures(45)[:check.READINGS_MIN - 1], [Seen(1, 1, 5.0)] * 20])
def test_too_little_to_tell_a_speed_is_no_speed(watched: list[Seen]) -> None:
    assert frames_a_second(watched) is None
    assert not Pace(45, None).good
    assert "no speed" in str(Pace(45, None))


def test_a_movie_with_other_frames_than_its_name_says_fails_the_check(
        movies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "PLAY_TIME", 0.5)
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
    Report(seeks=1, delays=[], late=[5], played=1, paces=[RIGHT]),
    Report(seeks=1, delays=[], wrong=[(5, 6)], played=1, paces=[RIGHT]),
    Report(seeks=1, delays=[0.1], played=1, misplayed=[(1, 2)], paces=[RIGHT]),
    Report(seeks=1, delays=[0.1], played=0, paces=[RIGHT]), Report(seeks=1, delays=[0.1], played=1),
    Report(seeks=1, delays=[0.1], played=1, paces=[RIGHT, Pace(-60, 60)]),
])
def test_anything_wrong_late_or_missing_is_a_failure(report: Report) -> None:
    assert not report.good
    assert report.lines()
    assert Report(seeks=1, delays=[0.1], played=1, paces=[RIGHT]).good


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
