"""encode, join, sheet and numbered as people type them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from made_media import leftovers, save_jpegs, save_numbered, shown_numbers, write_video

import cli
from media_tools.movie_output import movie_output
from server.errors import InputError, PathRefused
from server.library.sequences import SequenceRow, TransitionSequence, write_sequence


def run(*words: object) -> int:
    return cli.main([str(word) for word in words])


def test_numbered_encode_join_sheet(tmp_media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("numbered", tmp_media / "n.mov", "--count", 12, "--size", "96x64", "--rate", "23.976") == 0
    assert run("encode", tmp_media / "n.mov", tmp_media / "e.mov", "--size", "64x64", "--fit", "stretch") == 0
    assert run("join", tmp_media / "n.mov", tmp_media / "n.mov", tmp_media / "j.mov") == 0
    assert run("sheet", tmp_media / "n.mov", "--cell", 64) == 0
    out = capsys.readouterr().out

    assert shown_numbers(tmp_media / "e.mov") == list(range(12))
    assert shown_numbers(tmp_media / "j.mov") == [*range(12), *range(12)]
    assert (tmp_media / "n_001_sheet.png").exists()
    assert f"{tmp_media / 'e.mov'}: 12 frames, 64×64 420, 23.976 fps, 0:00.50" in out
    assert "ms a frame in TouchDesigner" in out
    assert "Mbit/s" in out


def test_a_folder_gets_the_next_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_jpegs(tmp_path / "sun flower", range(3))

    for _ in range(2):
        assert run("encode", tmp_path / "sun flower", f"{tmp_path}/takes/") == 0
    assert run("encode", tmp_path / "sun flower", tmp_path / "takes", "--song", "mine", "--inbetween") == 0
    assert run("encode", tmp_path / "takes" / "sun flower_002_movie.mov", tmp_path / "takes", "--inbetween",
               "--rate", 60) == 0

    assert [name for name in leftovers(tmp_path) if name.endswith(".mov")] == [
        "mine_001_inbetween.mov", "sun flower_001_movie.mov", "sun flower_002_inbetween.mov",
        "sun flower_002_movie.mov"]
    assert "3 of 3 frames are the source's own JPEGs" in capsys.readouterr().out


def test_a_sequence_of_folders_is_encoded(tmp_path: Path) -> None:
    home = tmp_path / "song"
    save_numbered(home, [])
    (home / "transition_images").mkdir()
    save_numbered(home / "transition_images" / "a-1 to b-2", range(5))
    save_numbered(home / "transition_images" / "c-3 to b-2", range(4, 9))
    (home / "story").mkdir()
    write_sequence(home / "story" / "trans_sequence.csv", TransitionSequence((
        SequenceRow("a-1", "b-2", "1"), SequenceRow("b-2", "c-3", "2", reversed=True))))

    csv = home / "story" / "trans_sequence.csv"
    assert run("encode", csv, tmp_path / "out.mov", "--rate", 10) == 0
    assert run("encode", csv, tmp_path / "two.mov", "--section", 2) == 0

    assert shown_numbers(tmp_path / "out.mov") == [0, 1, 2, 3, 8, 7, 6, 5, 4]
    assert shown_numbers(tmp_path / "two.mov") == [8, 7, 6, 5, 4]


def test_a_sequence_of_movies_is_joined_by_section(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "transitions").mkdir()
    run("numbered", tmp_path / "transitions" / "a-1 to b-2.mov", "--count", 5, "--size", "64x64")
    run("numbered", tmp_path / "transitions" / "b-2 to c-3.mov", "--count", 5, "--size", "64x64", "--first", 4)
    write_sequence(tmp_path / "transition_sequence.csv", TransitionSequence((
        SequenceRow("a-1", "b-2", "1"), SequenceRow("b-2", "c-3", "2"), SequenceRow("c-3", "b-2", "2"))))

    assert run("join", tmp_path / "transition_sequence.csv", tmp_path / "out.mov", "--sections",
               "--list", tmp_path / "list.txt") == 0

    assert shown_numbers(tmp_path / "out.mov") == [0, 1, 2, 3, 4, 5, 6, 7, 8, 7, 6, 5, 4]
    assert shown_numbers(tmp_path / "out_sections" / "section_2.mov") == [4, 5, 6, 7, 8, 7, 6, 5, 4]
    assert "3 doubled frames" not in capsys.readouterr().out
    assert (tmp_path / "list.txt").read_text().count("file ") == 3


def test_a_list_of_what_was_joined_keeps_what_ran_backwards(tmp_path: Path) -> None:
    for name, first in (("a", 0), ("b", 8)):
        run("numbered", tmp_path / f"{name}.mov", "--count", 4, "--size", "64x64", "--first", first)

    assert run("join", tmp_path / "a.mov", tmp_path / "b.mov", tmp_path / "one.mov", "--reverse", tmp_path / "b.mov",
               "--list", tmp_path / "lists" / "l.txt") == 0
    assert run("join", tmp_path / "lists" / "l.txt", tmp_path / "two.mov") == 0

    assert shown_numbers(tmp_path / "one.mov") == [0, 1, 2, 3, 11, 10, 9, 8]
    assert shown_numbers(tmp_path / "two.mov") == shown_numbers(tmp_path / "one.mov")


def test_encoding_a_list_says_what_it_does_not_turn_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("numbered", tmp_path / "a.mov", "--count", 3, "--size", "64x64")
    (tmp_path / "l.txt").write_text("# interscene: reverse\nfile a.mov\n")

    assert run("encode", tmp_path / "l.txt", tmp_path / "out.mov") == 0

    assert "wants a.mov backwards, which only interscene join does" in capsys.readouterr().err


def test_missing_folders_are_made_and_only_for_what_is_written(tmp_path: Path) -> None:
    save_jpegs(tmp_path / "pics", range(2))
    (tmp_path / "text.mov").write_bytes(b"x" * 500)

    assert run("encode", tmp_path / "pics", tmp_path / "e" / "first" / "out.mov") == 0
    assert run("numbered", tmp_path / "n" / "deep" / "n.mov", "--count", 3, "--size", "64x64") == 0
    assert run("join", tmp_path / "n" / "deep" / "n.mov", tmp_path / "j" / "out.mov", "--sections") == 0
    assert run("sheet", tmp_path / "pics", tmp_path / "s" / "pics.png") == 0
    before = sorted(tmp_path.rglob("*"))
    assert run("encode", tmp_path / "text.mov", tmp_path / "x" / "y" / "out.mov") == 1
    assert run("encode", tmp_path / "text.mov", f"{tmp_path}/takes/") == 1
    assert run("join", tmp_path / "n" / "deep" / "n.mov", tmp_path / "e" / "first" / "out.mov",
               tmp_path / "x" / "out.mov", "--sections") == 1
    assert run("sheet", tmp_path / "text.mov", tmp_path / "x" / "s.png") == 1

    assert sorted(tmp_path.rglob("*")) == before
    assert leftovers(tmp_path / "j") == ["out.mov", "out.mov.frames", "section_1.mov", "section_1.mov.frames"]


def test_patterns_are_understood_by_every_writing_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_numbered(tmp_path / "shots", [1, 2, 10], stem="shot{}")
    save_numbered(tmp_path / "odd [1]", [7], stem="a")
    monkeypatch.chdir(tmp_path)

    assert run("encode", "shots/*.png", "takes/") == 0
    assert run("encode", "shots/shot?.png", "two.mov") == 0
    assert run("encode", "odd [[]1]/a.png", "odd [1]/*.png", "odd.mov") == 0
    assert run("join", "t*.mov", "odd.mov", "joined.mov", "--rate", 30, "--reverse", "t?o.mov") == 0
    assert run("sheet", "shots/*.png", "sheet.png", "--cell", 64) == 0

    assert shown_numbers(tmp_path / "takes" / "shots_001_movie.mov") == [1, 2, 10]
    assert shown_numbers(tmp_path / "odd.mov") == [7, 7]
    assert shown_numbers(tmp_path / "joined.mov") == [2, 1, 7, 7]


def test_a_folder_of_movies_gets_a_sheet_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    takes = tmp_path / "takes"
    for name in ("a", "b"):
        run("numbered", takes / f"{name}.mov", "--count", 5, "--size", "64x64")
    (takes / "c.mov").write_bytes(b"x" * 500)
    save_numbered(tmp_path / "pics", range(2))
    capsys.readouterr()

    assert run("sheet", takes, "--cell", 64) == 0
    assert run("sheet", takes, "--cell", 64) == 0
    assert run("sheet", tmp_path / "pics", tmp_path / "pics" / "all_sheet.png", "--cell", 64) == 0
    assert run("sheet", tmp_path / "pics", tmp_path / "again.png", "--cell", 64) == 0

    said = capsys.readouterr()
    assert "takes_001_sheet.png: 3 pictures" in said.out
    assert "takes_002_sheet.png: 3 pictures" in said.out
    assert "again.png: 2 pictures" in said.out
    assert "c.mov is no movie that can be opened" in said.err
    assert "its place on the sheet is blank" in said.err


def test_a_sheet_of_a_take_is_replaced_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    movie = tmp_path / "a_001_movie.mov"
    run("numbered", movie, "--count", 3, "--size", "64x64")

    assert [run("sheet", movie, *words) for words in ((), (), ("--overwrite",))] == [0, 1, 0]
    assert "replace it with --overwrite" in capsys.readouterr().err


def test_what_an_option_does_not_do_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_numbered(tmp_path / "pics", range(3))
    run("numbered", tmp_path / "a.mov", "--count", 3, "--size", "64x64")
    capsys.readouterr()

    assert run("encode", tmp_path / "a.mov", tmp_path / "b.mov", "--hold", 3) == 0
    assert "--hold is for pictures" in capsys.readouterr().err
    assert run("encode", tmp_path / "pics", tmp_path / "c.mov", "--inbetween") == 0
    assert "taken as 10 pictures a second; --source-rate 5 if" in capsys.readouterr().err
    assert run("encode", tmp_path / "pics", tmp_path / "d.mov", "--inbetween", "--source-rate", 5) == 0
    assert capsys.readouterr().err == ""
    assert run("encode", tmp_path / "pics", tmp_path / "e.mov", "--inbetween", "--hold", 1) == 0
    assert "--inbetween does nothing for them" in capsys.readouterr().err


def test_warnings_go_to_the_error_stream(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_video(tmp_path / "a.mov", "mjpeg", "yuvj420p", range(3), sound=True)

    assert run("encode", source, tmp_path / "out.mov") == 0

    captured = capsys.readouterr()
    assert "WARNING: a.mov has sound" in captured.err
    assert "has sound" not in captured.out


def test_auto_says_what_it_chose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_numbered(tmp_path / "pics", range(2))
    assert run("encode", tmp_path / "pics", tmp_path / "out.mov", "--preset", "auto") == 0
    assert "preset full: " in capsys.readouterr().out


@pytest.mark.parametrize(("words", "code", "says"), [
    (("encode", "a.mov"), 1, "last the movie to write"),
    (("encode", "gone.mov", "out.mov"), 1, "gone.mov is not there"),
    (("encode", "a.mov", "out.mp4"), 1, "it 'out.mov'"),
    (("encode", "a.mov", "CON.mov"), 1, "device on Windows"),
    (("encode", "a.mov", "out.mov", "--preset", "x"), 1, "there is no preset"),
    (("encode", "a.mov", "out.mov", "--size", "big"), 2, "no size"),
    (("encode", "a.mov", "out.mov", "--rate", "0"), 2, "frame rate lies between"),
    (("encode", "a.mov", "out.mov", "--quality", "101"), 2, "no quality"),
    (("encode", "a.mov", "out.mov", "--hold", "-1"), 2, "--hold"),
    (("encode", "a.mov", "out.mov", "--hold", "nan"), 2, "no time in seconds"),
    (("encode", "trans_sequence.csv", "out.mov"), 1, "trans_sequence.csv"),
    (("join", "a.mov"), 1, "last the movie to write"),
    (("join", "gone.mov", "out.mov"), 1, "gone.mov"),
    (("join", "a.mov", "out.mov", "--reverse", "b.mov"), 1, "none of the movies"),
    (("sheet", "pics"), 1, "name the .png"),
    (("sheet", "gone.mov"), 1, "gone.mov"),
    (("numbered", "out.mov", "--size", "8x8"), 1, "at least 64×64"),
    (("numbered", "out.mov", "--count", "0"), 2, "no number"),
    (("numbered", "a.mov/out.mov"), 1, "the folder a.mov cannot be made: there is a file in its way"),
    (("encode", "a.mov", "a.mov"), 1, "replace it with --overwrite"),
    (("encode", "*.png", "out.mov"), 1, "nothing is named like *.png"),
    (("join", "nowhere/*.mov", "out.mov"), 1, "nothing is named like"),
    (("sheet", "x?.mov"), 1, "nothing is named like x?.mov"),
    (("probe", "x[ab].mov"), 1, "nothing is named like x[ab].mov")])
def test_mistakes_are_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                       capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int,
                                       says: str) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "a.mov", "mjpeg", "yuvj420p", range(2))
    save_jpegs(tmp_path / "pics", range(2))

    assert run(*words) == code

    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert says in last
    assert "out.mov" not in leftovers(tmp_path)
    monkeypatch.undo()


@pytest.mark.parametrize("verb", ["encode", "join", "sheet", "numbered"])
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(verb, "--help") == 0
    assert f"usage: interscene {verb}" in capsys.readouterr().out


INTERRUPTS = {
    "between frames": "from server.media import encode\ntold = encode.Progress.__init__\n"
                      "def interrupted(self, done, of):\n"
                      "    told(self, done, of)\n"
                      "    if done == 20: os.kill(os.getpid(), signal.SIGINT)\n"
                      "encode.Progress.__init__ = interrupted\n",
    "inside the muxer": "from server.media import part_file\nwrite = part_file.PartFile._sync_meanwhile\n"
                        "def interrupted(self):\n"
                        "    os.kill(os.getpid(), signal.SIGINT)\n"
                        "    for _ in range(1000): pass\n"
                        "part_file.PartFile._sync_meanwhile = interrupted\npart_file._SYNC_EVERY = 1\n"}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal on Windows")
@pytest.mark.parametrize("moment", INTERRUPTS)
def test_an_interrupt_leaves_nothing(tmp_path: Path, moment: str) -> None:
    # Started in the background, as by some runners, a program would ignore Ctrl-C from the start.
    program = ("import os, signal, sys, cli\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
               f"{INTERRUPTS[moment]}sys.exit(cli.main(sys.argv[1:]))\n")
    write_video(tmp_path / "a.mkv", "ffv1", "yuv420p", range(60))

    done = subprocess.run([sys.executable, "-c", program, "encode", str(tmp_path / "a.mkv"), str(tmp_path / "out.mov")],
                          capture_output=True, text=True)

    assert done.returncode == 130, done.stderr
    assert "out.mov was cancelled; nothing of it was kept" in done.stderr
    assert leftovers(tmp_path) == []


def test_the_next_run_tidies_up_after_a_killed_one(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", range(2))
    (tmp_path / "dead.mov.part").write_bytes(b"half")
    (tmp_path / "dead.mov.frames.12-34.part").write_bytes(b"half")

    assert run("encode", tmp_path / "pics", tmp_path / "out.mov") == 0
    assert leftovers(tmp_path) == ["out.mov", "out.mov.frames"]


def test_names_of_outputs(tmp_path: Path) -> None:
    assert movie_output(str(tmp_path / "a"), song="s", kind="movie") == tmp_path / "a.mov"
    assert movie_output(f"{tmp_path}/new/", song="s", kind="movie") == tmp_path / "new" / "s_001_movie.mov"
    for name in ("a.mkv", "a.mov.txt"):
        with pytest.raises(InputError, match="name it"):
            movie_output(str(tmp_path / name), song="s", kind="movie")
    for name in ("nul.mov", "a?.mov", "trailing .", "tab\t.mov"):
        with pytest.raises((PathRefused, InputError)):
            movie_output(str(tmp_path / name), song="s", kind="movie")
