"""FFmpeg's concat lists: read as FFmpeg reads them, written so that it reads them back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_media import save_numbered, shown_numbers, write_video

from server.errors import InputError, MissingFile
from server.media.concat import (
    ConcatEntry,
    ConcatList,
    format_concat,
    parse_concat,
    parse_seconds,
    quote,
    read_concat,
    unquote,
    write_concat,
)
from server.media.encode import EncodeOptions, encode

names = st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1, max_size=30)
times = st.one_of(st.none(), st.integers(0, 10**12).map(lambda n: Fraction(n, 10**9)))
entries = st.builds(ConcatEntry, names, times, times, times, st.booleans())


@given(st.lists(entries, min_size=1, max_size=6))
def test_what_is_written_reads_back(written: list[ConcatEntry]) -> None:
    assert parse_concat(format_concat(ConcatList(tuple(written)))).entries == tuple(written)


@given(names)
def test_any_name_survives_quoting(name: str) -> None:
    assert unquote(quote(name)) == name
    escaped = "".join("\\" + letter for letter in name)
    assert unquote(escaped) == name


@given(st.text(max_size=80))
def test_any_text_is_a_list_or_refused_in_one_line(text: str) -> None:
    try:
        concat = parse_concat(text)
    except InputError as reason:
        said = str(reason)
    else:
        said = ""
        assert concat.entries
    assert "\n" not in said


@pytest.mark.parametrize(("text", "name"), [
    ("plain.mov", "plain.mov"), ("'with space.mov'", "with space.mov"), (r"with\ space.mov", "with space.mov"),
    (r"'it'\''s.mov'", "it's.mov"), (r"a'b c'd", "ab cd"), (r"\'", "'"), ("'back\\slash'", "back\\slash"),
    (r"G:\\song\\a.png", r"G:\song\a.png"), ("  padded  ", "padded"), (r"end\ ", "end ")])
def test_quoting_as_ffmpeg_documents_it(text: str, name: str) -> None:
    assert unquote(text) == name


@pytest.mark.parametrize(("text", "says"), [
    ("", "names no files"), ("# only a comment\n", "names no files"),
    ("file\n", "line 1: a name or a value is missing"),
    ("file ''\n", "missing"), ("file 'open\n", "line 1: \"'open\" opens a quote"),
    ("file a b.mov\n", "more than one word; put it in single quotes"),
    ("file a\nduration x\n", "line 2: 'x' is no time"), ("file a\nduration -1\n", "negative"),
    ("ffconcat version 2.0\nfile a", "version 2.0")])
def test_mistakes_are_told_with_their_line(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_concat(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(("text", "seconds"), [
    ("1.5", Fraction(3, 2)), ("0.1", Fraction(1, 10)), (".5", Fraction(1, 2)), ("2.", 2), ("250ms", Fraction(1, 4)),
    ("40us", Fraction(1, 25_000)), ("3s", 3), ("1:02", 62), ("1:02:03.5", Fraction(7447, 2)),
    ("1e-3", Fraction(1, 1000)), ("-0:01", -1)])
def test_times_as_ffmpeg_writes_them(text: str, seconds: Fraction) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "1:2:3:4", "nan", "inf", "1,5", "0x10", "--1"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(InputError):
        parse_seconds(text)


def test_comments_newlines_and_unknown_lines() -> None:
    concat = parse_concat("\tffconcat version 1.0\r\n# c\r\noption x y\r\nfile a.mov\r  duration\t2\rstream\n\n"
                          "exact_stream_id 0x1\nfile 'b c'")

    assert concat.others == ("option x y",)
    assert concat.entries == (ConcatEntry("a.mov", Fraction(2), others=("stream", "exact_stream_id 0x1")),
                              ConcatEntry("b c"))
    assert parse_concat(format_concat(concat)) == concat


def test_lists_on_disk(tmp_media: Path) -> None:
    write_concat(tmp_media / "l.txt", [ConcatEntry("ü 'x'.mov", Fraction(1, 10))])
    assert read_concat(tmp_media / "l.txt").entries == (ConcatEntry("ü 'x'.mov", Fraction(1, 10)),)
    (tmp_media / "bom.txt").write_bytes("\ufefffile a\r\n".encode())
    assert read_concat(tmp_media / "bom.txt").entries == (ConcatEntry("a"),)
    (tmp_media / "latin.txt").write_bytes(b"file \xe4\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_concat(tmp_media / "latin.txt")
    with pytest.raises(MissingFile):
        read_concat(tmp_media / "gone.txt")
    with pytest.raises(InputError, match="line break"):
        write_concat(tmp_media / "x.txt", [ConcatEntry("a\nb")])


def test_a_list_of_pictures_as_the_older_programs_write_it(tmp_media: Path) -> None:
    save_numbered(tmp_media / "a-1234 to b-5678", range(6))
    (tmp_media / "videos.txt").write_text("".join(
        f"file a-1234\\ to\\ b-5678/frame{number:06d}.png\nduration 0.033333\n" for number in range(6)))

    report = encode([tmp_media / "videos.txt"], tmp_media / "out.mov")

    assert report.index.rate == 30
    assert shown_numbers(report.out) == list(range(6))
    assert (report.dropped, report.doubled) == (0, 0)


def test_a_list_of_pictures_and_movies(tmp_media: Path) -> None:
    write_video(tmp_media / "m.mov", "mjpeg", "yuvj420p", range(30))
    save_numbered(tmp_media / "pics", [200, 201])
    (tmp_media / "l.ffconcat").write_text(
        "ffconcat version 1.0\nfile m.mov\ninpoint 0.1\noutpoint 0.2\nfile pics/frame000200.png\nduration 0.1\n"
        "file pics/frame000201.png\nfile m.mov\ninpoint 0.9\noption unknown\n")

    report = encode([tmp_media / "l.ffconcat"], tmp_media / "out.mov")

    assert shown_numbers(report.out) == [3, 4, 5, 200, 200, 200, 201, 27, 28, 29]
    assert report.warnings == ("l.ffconcat: the line 'option unknown' is not understood and was left out",)


def test_durations_add_up_without_drift(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", range(10))
    (tmp_path / "l.txt").write_text("".join(
        f"file pics/frame{number:06d}.png\nduration {0.24 if number % 2 else 0.04}\n" for number in range(10)))

    report = encode([tmp_path / "l.txt"], tmp_path / "out.mov", EncodeOptions(rate=Fraction(10)))

    assert report.index.count == 14
    assert set(shown_numbers(report.out)) >= {1, 3, 5, 7, 9}
    assert report.index.count == report.doubled + 10 - report.dropped


@pytest.mark.parametrize("line", ["file gone.png\nduration 1\n", "file gone.mov\n", "file ../up/gone.png\n"])
def test_a_missing_file_of_a_list_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "l.txt").write_text(line)
    with pytest.raises(MissingFile, match="gone"):
        encode([tmp_path / "l.txt"], tmp_path / "out.mov")


def test_a_picture_without_time_is_refused(tmp_path: Path) -> None:
    save_numbered(tmp_path, [1])
    (tmp_path / "l.txt").write_text("file frame000001.png\nduration 0\n")
    with pytest.raises(InputError, match="duration of 0"):
        encode([tmp_path / "l.txt"], tmp_path / "out.mov")
