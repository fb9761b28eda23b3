"""`interscene song new | import | add | export` as a person types them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from real_songs import SONGS, contents, fill, png, small_song

import cli
from media_tools import song
from media_tools.song_report import MOST, say_oddities
from server.library.formats.oddity import Oddity


def run(*words: object) -> int:
    return cli.main(["song", *map(str, words)])


def test_alone_it_lists_its_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    shown = capsys.readouterr().out
    for name, verb in song.VERBS.items():
        assert f"  {name} " in shown
        assert verb.help in " ".join(shown.split()) or verb.help in shown
    assert run() == cli.USAGE


def test_a_verb_that_there_is_not_is_named_with_what_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("imprt", "x") == cli.FAILED
    assert "did you mean 'song import'" in capsys.readouterr().err
    assert run("zzzzz") == cli.FAILED
    assert "import" in capsys.readouterr().err


@pytest.mark.parametrize("verb", song.VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(verb, "--help") == 0
    shown = capsys.readouterr().out
    assert f"interscene song {verb}" in shown


def test_only_the_verb_that_runs_is_loaded(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("media_tools.song_")]:
        monkeypatch.delitem(sys.modules, name)
    run("--help")
    assert not [name for name in sys.modules if name.startswith("media_tools.song_")]


def test_the_whole_way_of_a_real_song(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", SONGS / "cycle_mask_low", tmp_path / "cycle") == 0
    shown = capsys.readouterr().out
    assert "to look at:" in shown
    assert "only so that you know:" in shown
    assert "scene_sequence.csv, line 22: the anchor 'envelop2_6329813242655007'" in shown
    assert "393 pictures (0 on disk) in 69 scenes" in shown
    assert "sequence (plain): 50 scenes" in shown
    assert run("export", tmp_path / "cycle", tmp_path / "back") == 0
    assert contents(tmp_path / "back") == contents(SONGS / "cycle_mask_low")
    assert "both cycle_purple_plume-4787" in capsys.readouterr().out


def test_an_import_over_a_song_needs_to_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, there = small_song(tmp_path / "in" / "x"), fill(tmp_path / "x", {"mine.txt": "m"})
    assert run("import", source, there) == cli.FAILED
    assert "--overwrite" in capsys.readouterr().err
    assert run("import", source, "--overwrite", there) == 0
    assert contents(there) == {**contents(source), "mine.txt": b"m"}


def test_a_song_from_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path / "pictures", {"sea_5.png": png(), "holiday.png": png(shade=3), "list.txt": "x"})
    assert run("new", tmp_path / "x", "--size", "64x64", "--frames", 4) == 0
    assert "interscene song add" in capsys.readouterr().out
    assert run("add", tmp_path / "x", tmp_path / "pictures", "--prompt", "the sea") == 0
    shown = capsys.readouterr().out
    assert "sea_5.png is sea_5\n" in shown
    assert "holiday.png is holiday_0 (its name has no seed: it is number 0)" in shown
    assert "2 pictures added" in shown
    assert run("add", tmp_path / "x", tmp_path / "pictures" / "sea_5.png") == 0
    assert "it is there already" in capsys.readouterr().out
    assert run("add", tmp_path / "x", tmp_path / "pictures" / "list.txt") == cli.FAILED
    assert "is no picture" in capsys.readouterr().err


def test_an_interrupted_import_says_that_nothing_was_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("server.library.songs.importing.copy_file", interrupt)
    assert run("import", small_song(tmp_path / "in" / "x"), tmp_path / "x") == cli.INTERRUPTED
    assert "nothing of it was kept" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_flood_of_oddities_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    say_oddities([Oddity("a.csv", line, "it is odd", "kept", note=line > 3) for line in range(1, MOST + 100)])
    said = capsys.readouterr().out
    assert said.count("it is odd") == 3 + MOST
    assert "and 96 more" in said
