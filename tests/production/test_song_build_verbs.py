"""The verbs that build, list, show and compare stories, as a person types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_songs import make_song

import cli
from media_tools.song_build import _bytes
from media_tools.step_lines import StepLines
from server.library.songs.stories import read_story
from server.production.build_steps import Step, StepState


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return make_song(tmp_path / "hills")


def test_one_button_and_everything_that_can_be_asked_of_its_story(song: Path,
                                                                   capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["song", "build", str(song), "--seed", "4", "--note", "first try", "--atlas"]) == 0
    out = capsys.readouterr()
    assert "[1/7] song: done (8 pictures; transitions: 22 there)" in out.err
    assert "[9/9] lock: done" in out.err
    assert "2 sections" in out.out
    assert "8 pictures and 22 transitions" in out.out

    assert cli.main(["song", "build", str(song)]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert cli.main(["song", "build", str(song), "--seed", "5"]) == 1
    assert "the seed was 4 and is 5" in capsys.readouterr().err

    assert cli.main(["song", "story", str(song), "main", "--approve"]) == 0
    shown = capsys.readouterr().out
    assert "APPROVED FOR STAGE" in shown
    assert "note: first try" in shown
    assert "section 2: stories/main/section_2.mov" in shown
    assert read_story(song, "main").approved

    assert cli.main(["song", "seams", str(song), "--all"]) == 0
    shown = capsys.readouterr().out
    assert "hills_main_combined.mov: 4 seams, 4 compared with their sources byte for byte, none wrong" in shown
    assert cli.main(["song", "diff", str(song)]) == 0
    assert "5 the same" in capsys.readouterr().out
    assert cli.main(["song", "build", str(song), "--verify", "main"]) == 0
    assert "made again byte for byte" in capsys.readouterr().out


def test_a_tampered_story_fails_its_verification(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["song", "build", str(song), "--story", "kv fix"]) == 0
    (song / "stories" / "kv fix" / "section_2.mov").unlink()

    assert cli.main(["song", "build", str(song), "--verify", "kv fix"]) == 1
    assert "section_2.mov is not there" in capsys.readouterr().out


def test_a_missing_transition_is_told_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    song = make_song(tmp_path / "hills", edges="none")

    assert cli.main(["song", "build", str(song)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert any("5 transitions of the way are missing" in line for line in lines)
    assert any("way: done" in line for line in lines)
    assert any("transitions: failed" in line for line in lines)
    assert cli.main(["song", "build", str(song), "--bridge", "--resume"]) == 0


def test_what_would_have_no_effect_and_what_there_is_not_is_said(song: Path,
                                                                 capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["song", "build", str(song), "--budget", "2GB"]) == 1
    assert "add --atlas" in capsys.readouterr().err
    assert cli.main(["song", "build", str(song), "--sequence", "zz"]) == 1
    assert "'zz'; there are: the plain one, which has no name" in capsys.readouterr().err


def test_a_song_without_stories_says_how_to_begin(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["song", "story", str(song)]) == 0
    assert "interscene song build" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "size"), [("2GB", 2_000_000_000), ("500 mb", 500_000_000), ("1.5k", 1500), ("9", 9)])
def test_sizes_of_files_are_read(text: str, size: int) -> None:
    assert _bytes(text) == size


def test_running_steps_move_on_a_terminal_only() -> None:
    class Terminal:
        text = ""

        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> int:
            self.text += text
            return len(text)

        def flush(self) -> None:
            pass

    terminal = Terminal()
    times = iter(range(100))
    with StepLines(stream=terminal, clock=lambda: float(next(times))) as lines:  # type: ignore[arg-type]
        lines([Step("song", StepState.RUNNING, 1, 2, 3.0)])
        lines([Step("song", StepState.DONE, 2, 2, None, "all of it")])

    assert "[1/1] song: 50 %, about 3 s left" in terminal.text
    assert "[1/1] song: done (all of it)\n" in terminal.text
