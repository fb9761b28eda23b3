"""What the verbs about the truth print, their exit codes, and the overview of a song and of a media folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from song_samples import drawn, make_frames, make_song, make_transition, save

import cli
from server.library.graph.identity import PictureId
from server.production.overview import overview, songs_below

SUN, SUN2, SEA, SEA2 = (PictureId(*each) for each in (("sun", 1001), ("sun", 1002), ("sea", 2001), ("sea", 2002)))
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def song(tmp_path: Path) -> Path:
    folder = make_song(tmp_path / "media" / "emit")
    make_transition(folder, SUN, SUN2)
    make_transition(folder, SUN2, SEA)
    return folder


def interscene(*words: object) -> int:
    return cli.main(["song", *map(str, words)])


def test_check_of_a_whole_song(song: Path, capsys: Capture) -> None:
    assert interscene("check", song) == 0

    out = capsys.readouterr().out
    assert "emit, 64×48: 4 pictures (4 there); 2 transitions (2 there)" in out
    assert "--deep" in out
    assert "next:" not in out


def test_check_names_what_is_bad_and_the_next_step(song: Path, capsys: Capture) -> None:
    (song / "prompt_images" / "sea_2002.png").write_bytes(b"")
    save(song / "prompt_images" / "sun_1001.png", drawn(9))

    assert interscene("check", song, "--deep") == 1

    out = capsys.readouterr().out
    assert "picture sea_2002 (prompt_images/sea_2002.png): it is empty (0 bytes)" in out
    assert "transition sun-1001 to sun-1002" in out
    assert "song check" in out.splitlines()[-1]
    assert "--quarantine" in out.splitlines()[-1]


def test_check_as_json(song: Path, capsys: Capture) -> None:
    (song / "prompt_images" / "sea_2002.png").write_bytes(b"")

    assert interscene("check", song, "--json", "--quarantine") == 1

    document = json.loads(capsys.readouterr().out)
    assert document["counts"] == {"picture": {"exists": 3, "damaged": 1}, "transition": {"exists": 2}}
    assert [each["name"] for each in document["items"] if each["presence"] == "damaged"] == ["sea_2002"]
    assert document["quarantined"]["paths"] == ["prompt_images/sea_2002.png"]
    assert interscene("restore", song) == 0
    assert (song / "prompt_images" / "sea_2002.png").is_file()


def test_quarantine_by_name_and_back(song: Path, capsys: Capture) -> None:
    assert interscene("quarantine", song, "sun_1001", "--reason", "too dark") == 0
    assert "quarantined: prompt_images/sun_1001.png" in capsys.readouterr().out
    assert interscene("restore", song, "sun_1001.png") == 0
    assert "restored: prompt_images/sun_1001.png" in capsys.readouterr().out


def test_without_says_what_breaks(song: Path, capsys: Capture) -> None:
    assert interscene("without", song, "sea_2002") == 0
    assert "nothing else breaks" in capsys.readouterr().out
    assert interscene("without", song, "sun-1002") == 1
    out = capsys.readouterr().out
    assert "2 transitions could not be played" in out
    assert "no transition would lead from sun to sea" in out
    assert interscene("without", song, "sun_1002", "--json") == 1
    assert json.loads(capsys.readouterr().out)["parted"] == [["sun", "sea"]]


def test_convert_and_mend(song: Path, capsys: Capture) -> None:
    make_frames(song, SEA, SEA2)
    assert interscene("convert", song) == 0
    assert "1 made, 0 there already, 0 left" in capsys.readouterr().out
    rgb = (drawn(1001).astype(int) + 5).clip(0, 255).astype("uint8")
    save(song / "prompt_images" / "sun_1001.png", rgb)
    assert interscene("mend", song) == 0
    out = capsys.readouterr().out
    assert "mended: transitions/sun-1001 to sun-1002 ~2.mov" in out
    assert "removed: transitions/sun-1001 to sun-1002.mov" in out


def test_stills(song: Path, capsys: Capture) -> None:
    assert interscene("stills", song) == 0
    assert "stills.mov: 4 pictures" in capsys.readouterr().out
    save(song / "prompt_images" / "sun_1001.png", drawn(9))
    assert interscene("stills", song) == 0
    assert "stills ~2.mov: 4 pictures" in capsys.readouterr().out
    assert [path.name for path in song.glob("stills*.mov")] == ["stills ~2.mov"]


def test_what_cannot_be_converted_is_told(song: Path, capsys: Capture) -> None:
    (make_frames(song, SEA, SEA2) / "frame000001.png").unlink()

    assert interscene("convert", song) == 1
    assert "left: transition_images/sea-2001 to sea-2002: 1 frame missing: 1" in capsys.readouterr().err


def test_overview_of_a_song(song: Path, capsys: Capture) -> None:
    (song / "story").mkdir()
    (song / "story" / "trans_sequence.csv").write_text(",c1,c2\n")
    assert interscene("overview", song) == 0

    out = capsys.readouterr().out
    assert "4 pictures (all there)" in out
    assert "sun: 2 pictures (all there); transitions: 1 of 1 inside, 1 to the next" in out
    assert "sea: 2 pictures (all there); transitions: 0 of 1 inside, 1 picture without any" in out
    assert "last plan: story/trans_sequence.csv" in out
    assert "next: interscene song build" in out


def test_overview_of_a_media_folder(song: Path, capsys: Capture) -> None:
    make_song(song.parent / "sets" / "acai", {"tree": (1,)}, pictures=False)
    (song.parent / "movies").mkdir()

    assert songs_below(song.parent) == [song, song.parent / "sets" / "acai"]
    assert interscene("overview", song.parent) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("emit: 4 pictures (all there), 2 transitions (all there); next: interscene song build ")
    assert lines[1].startswith(f"{Path('sets') / 'acai'}: 1 picture (1 missing), no transitions; next: ")


def test_an_empty_media_folder_says_what_to_do(tmp_path: Path, capsys: Capture) -> None:
    assert interscene("overview", tmp_path) == 1
    assert "interscene song new" in capsys.readouterr().err
    assert interscene("overview", tmp_path / "nowhere") == 1


@pytest.mark.parametrize(("state", "command"), [
    ("damaged", "song check {} --quarantine"), ("folders", "song convert {}"), ("stale", "song mend {}"),
    ("missing", "make {}"), ("apart", "song plan {}"),
    ("planned", "song morph {}"), ("whole", "song build {}")])
def test_the_next_step_is_the_first_that_is_not_done(song: Path, state: str, command: str) -> None:
    if state == "damaged":
        (song / "prompt_images" / "sea_2002.png").write_bytes(b"")
    elif state == "folders":
        make_frames(song, SEA, SEA2)
    elif state == "stale":
        save(song / "prompt_images" / "sun_1001.png", drawn(9))
        interscene("check", song)
    elif state == "missing":
        (song / "prompt_images" / "sea_2002.png").unlink()
    elif state in ("apart", "planned"):
        if state == "planned":
            (song / "transition_meta").mkdir()
            (song / "transition_meta" / "interscene_transitions.csv").write_text(
                ",from_name,from_seed,to_name,to_seed,compute,duration\n0,sun,1002,sea,2001,y,5\n")
        for path in (song / "transitions").glob("sun-1002 to sea*"):
            path.unlink()

    step = overview(song).next_step

    assert step.command.startswith("interscene " + command.split("{}")[0])
    assert step.command.endswith(command.split("{}")[1])
    assert step.why
