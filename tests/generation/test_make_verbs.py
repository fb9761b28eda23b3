"""From a prompt to a song, by the verbs that a person uses, with a real worker and a real model, if a tiny one."""

from __future__ import annotations

from pathlib import Path

import pytest

import cli
from server.index.reader import FrameReader
from server.library.songs.recipe import recipe_of
from server.library.songs.song_folder import open_song
from server.media.indexing import index_of
from server.production.exploring import explored
from server.production.run_log import RunLog
from server.production.song_check import check_song


@pytest.fixture
def song(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("model_cache_dir", str(models))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["song", "new", "emit", "--size", "64x64", "--frames", "5"]) == 0
    return tmp_path / "emit"


@pytest.mark.full
def test_from_a_prompt_to_a_song(song: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explore", str(song), "storm", "--steps", "none"]) == 2
    assert cli.main(["explore", str(song), "storm=a red storm", "--count", "3"]) == 1, "several models: which one?"
    assert "tiny sd1" in capsys.readouterr().err
    model = ["--model", "tiny sd1"]

    assert cli.main(["explore", str(song), "storm=a red storm", "--count", "3", *model]) == 0
    assert len(explored(song, "storm")) == 3
    assert cli.main(["explore", str(song), "storm", "--keep", "0", "2", "--reject", "all"]) == 0
    assert cli.main(["song", "plan", str(song)]) == 0
    assert cli.main(["make", str(song), *model]) == 0

    told = capsys.readouterr()
    assert "transitions: 1 of 1 made" in told.out
    (made,) = (each for each in open_song(song).transitions.values() if each.playable)
    index = index_of(song / made.movie)
    assert dict(index.made or {})["generator"] == "walk"
    pictures = [(song / open_song(song).pictures[which].file).read_bytes() for which in (made.first, made.second)]
    with FrameReader(song / made.movie, index) as reader:
        assert [reader.read(0), reader.read(4)] == pictures
    assert recipe_of(pictures[0])["prompt"] == "a red storm"
    assert not check_song(song).bad
    assert len(list((song / "reports").iterdir())) == 2
    assert all(run.fits for run in RunLog(models).runs)


@pytest.mark.full
def test_any_two_pictures_by_a_model(song: Path, ends: tuple[bytes, bytes], capsys: pytest.CaptureFixture[str]) -> None:
    for name, jpeg in zip(("a.jpg", "b.jpg"), ends, strict=True):
        Path(name).write_bytes(jpeg)
    words = ["transition", "a.jpg", "b.jpg", "way.mov", "--frames", "5", "--mode", "bridge",
             "--prompts", "a cat", "a sea"]

    assert cli.main([*words, "--model", "tiny sdxl", "--model", "nothing"]) == 1
    assert "there is no model 'nothing'" in capsys.readouterr().err
    assert cli.main([*words, "--model", "tiny sdxl"]) == 0

    made = dict(index_of(Path("way.mov")).made or {})
    assert (made["generator"], made["family"]) == ("bridge", "sdxl")
    with FrameReader(Path("way.mov"), index_of(Path("way.mov"))) as reader:
        assert (reader.read(0), reader.read(4)) == ends
