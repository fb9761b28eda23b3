"""The verb: subjects that exist, options, exit codes, and figures that a subject hands over. No speed is asserted."""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import pytest

from benchmarks import run as verb
from benchmarks.bench import Bench, PeerMissing
from benchmarks.figures import Figure, read_report
from benchmarks.peers import FETCHERS, serve
from server.errors import InputError
from server.media.numbered import write_numbered


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    return parser.parse_args(words)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """What every subject measures in these tests."""
    handed = [Figure("subject", "name", 2.0, "×", 1.0)]
    monkeypatch.setattr(verb, "subject", lambda _name: lambda _bench: list(handed))
    return handed


@pytest.mark.parametrize("name", verb.SUBJECTS)
def test_every_subject_is_there(name: str) -> None:
    assert callable(verb.subject(name))


def test_an_unknown_subject_is_refused() -> None:
    with pytest.raises(InputError, match="frame_bytes"):
        verb.subject("speed_of_light")


def test_a_run_prints_and_stores_what_was_measured(
        tmp_path: Path, figures: list[Figure], capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run.json"

    code = verb.run(options("--only", "tick", "--only", "osc_in", "--json", str(out), "--folder", str(tmp_path)))

    assert code == 0
    assert read_report(out)[0] == figures * 2
    printed = capsys.readouterr()
    assert printed.out.count("≥ 1.00×") == 2
    assert "tick (1 of 2)" in printed.err
    assert list(tmp_path.iterdir()) == [out]


def test_a_missed_limit_is_an_exit_code(tmp_path: Path, figures: list[Figure]) -> None:
    figures.append(Figure("subject", "name", 0.5, "×", 1.0))

    assert verb.run(options("--only", "tick", "--folder", str(tmp_path))) == 1


def test_a_stored_run_fills_the_readme_without_measuring(tmp_path: Path, figures: list[Figure]) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("<!-- bench: written by interscene bench --readme -->\n<!-- bench: end -->\n")
    verb.run(options("--only", "tick", "--json", str(tmp_path / "run.json"), "--folder", str(tmp_path)))

    verb.run(options("--from", str(tmp_path / "run.json"), "--readme", str(readme)))

    assert "| subject: name | 2.00× | ≥ 1.00× | yes |" in readme.read_text()


def test_our_own_fetcher_fetches_the_right_frames_in_a_process_of_its_own(tmp_path: Path) -> None:
    movie = tmp_path / "numbered.mov"
    write_numbered(movie, 20, 640, 360)

    with Bench(tmp_path).peer("interscene", movie) as peer:
        assert peer.open() > 0
        times = peer.frames([3, 19, 0])
        assert peer.shown() == [3, 19, 0]
        assert len(times) == 3
        peer.frames([7])
        assert peer.shown() == [7]


@pytest.mark.parametrize("name", ["plain", "pyav", "opencv"])
def test_peers_speak_the_same_lines(tmp_path: Path, name: str) -> None:
    movie = tmp_path / "numbered.mov"
    write_numbered(movie, 12, 640, 360)
    out = io.StringIO()

    serve(FETCHERS[name](), str(movie), ["open\n", "frames 4 11\n", f"spill {tmp_path / 'x'}\n"], out)

    lines = out.getvalue().splitlines()
    assert [len(line.split()) for line in lines] == [1, 2, 4]
    assert lines[2] == "2 90 160 3"


def test_a_peer_that_is_not_installed_is_named(tmp_path: Path) -> None:
    python = tmp_path / "python"
    with pytest.raises((PeerMissing, OSError)):
        Bench(tmp_path, peer_python=str(python)).peer("decord", tmp_path / "movie.mov")
