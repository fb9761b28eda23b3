"""Transition sequences: read in any state, written back whole, found wherever they lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError, LibraryError, MissingFile, OutputError
from server.library.sequence_source import entries_of_sequence, pictures_of_sequence, sections_of
from server.library.sequences import (
    FoundTransition,
    SequenceRow,
    TransitionSequence,
    find_transitions,
    format_sequence,
    frames_of,
    is_sequence,
    parse_sequence,
    read_sequence,
    write_sequence,
)

EXAMPLE = ("\ufeff,path_section,section,scene_from,c1,c2,reversed,input_image_folder\r\n"
           "0,0,1,sun,sun-1234,sea-5678,False,G:\\My Drive\\song\\transition_images\\sun-1234 to sea-5678\r\n"
           ",,,,,,,\r\n"
           "1,0,2.0, sea ,sea-5678,moon-0001,True,D:/x/transition_images\r\n\r\n")

cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)
nodes = cells.filter(bool)
known = {"c1", "c2", "section", "reversed", "scene_from", "input_image_folder"}
columns = st.lists(nodes.filter(lambda name: name.casefold() not in known and ";" not in name and "," not in name),
                   unique=True, max_size=3)


@st.composite
def sequences(draw: st.DrawFn) -> TransitionSequence:
    names = ["c1", "c2", "section", "reversed", *draw(columns)]
    rows = draw(st.lists(st.tuples(nodes, nodes, cells.filter(lambda text: not text.endswith(".0")), st.booleans(),
                                   st.lists(cells, min_size=len(names) - 4, max_size=len(names) - 4)), max_size=5))
    return TransitionSequence(tuple(
        SequenceRow(c1, c2, section, flag, dict(zip(names[4:], extra, strict=True)))
        for c1, c2, section, flag, extra in rows), tuple(names))


@given(sequences())
def test_what_is_written_reads_back(sequence: TransitionSequence) -> None:
    assert parse_sequence(format_sequence(sequence)) == sequence


@given(st.one_of(st.binary(max_size=120), st.text(max_size=120).map(lambda text: text.encode("utf-8", "replace")),
                 st.lists(st.sampled_from(["c1", "c2", ",", "\n", '"', "\r", ";", "a", "true", "\0"]), max_size=30)
                 .map(lambda parts: "".join(parts).encode())))
def test_any_bytes_are_a_sequence_or_refused_in_one_line(data: bytes) -> None:
    try:
        sequence = parse_sequence(data)
    except InputError:
        return
    assert parse_sequence(format_sequence(sequence)).rows == sequence.rows


def test_a_file_as_the_older_programs_and_a_spreadsheet_leave_it() -> None:
    sequence = parse_sequence(EXAMPLE.encode())

    assert [(row.c1, row.c2, row.section, row.reversed) for row in sequence.rows] == [
        ("sun-1234", "sea-5678", "1", False), ("sea-5678", "moon-0001", "2", True)]
    assert sequence.rows[1].extra == {"": "1", "path_section": "0", "scene_from": "sea",
                                      "input_image_folder": "D:/x/transition_images"}
    written = format_sequence(sequence).decode().splitlines()
    assert written[0] == ",path_section,section,scene_from,c1,c2,reversed,input_image_folder"
    assert written[2] == "1,0,2,sea,sea-5678,moon-0001,True,D:/x/transition_images"


def test_semicolons_extra_cells_and_latin_letters() -> None:
    sequence = parse_sequence("c1;c2;note\na-1;b-2;\xe4;more\n".encode("cp1252"))

    assert sequence.rows[0].extra["note"] == "ä"
    assert "more" in sequence.rows[0].extra.values()
    assert parse_sequence(format_sequence(sequence)).rows[0].c2 == "b-2"


@pytest.mark.parametrize(("text", "says"), [
    ("", "is empty"), ("a,b\n1,2\n", "the column 'c1' is missing"), ("c1,c2\na,\n", "line 2: a row needs"),
    ("c1,c2,reversed\na,b,maybe\n", "line 2: reversed is true or false, not 'maybe'")])
def test_mistakes_are_told_with_their_line(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_sequence(text.encode())


@pytest.mark.parametrize(("name", "is_one"), [
    ("trans_sequence.csv", True), ("transition_sequence.csv", True), ("trans_sequence_gen.csv", True),
    ("Transition_Sequence_short.CSV", True), ("trans_sequence.txt", False), ("scene_sequence.csv", False)])
def test_both_spellings(name: str, is_one: bool) -> None:
    assert is_sequence(Path(name)) is is_one


def test_files_on_disk(tmp_path: Path) -> None:
    sequence = parse_sequence(EXAMPLE.encode())
    write_sequence(tmp_path / "trans_sequence.csv", sequence)
    assert read_sequence(tmp_path / "trans_sequence.csv") == sequence
    assert sections_of(tmp_path / "trans_sequence.csv") == ["1", "2"]
    assert [(name, len(rows)) for name, rows in sequence.sections()] == [("1", 1), ("2", 1)]
    with pytest.raises(MissingFile):
        read_sequence(tmp_path / "gone.csv")
    with pytest.raises(OutputError, match="a file in its way"):
        write_sequence(tmp_path / "trans_sequence.csv" / "trans_sequence.csv", sequence)


def song(tmp_path: Path, *names: str) -> Path:
    """A song with these transitions; returns its sequence file."""
    for name in names:
        (tmp_path / "transition_images" / name).mkdir(parents=True)
        for number in range(3):
            (tmp_path / "transition_images" / name / f"frame{number:06d}.png").write_bytes(b"x")
    (tmp_path / "story").mkdir()
    return tmp_path / "story" / "trans_sequence.csv"


def test_folders_are_found_again_and_stored_paths_ignored(tmp_path: Path) -> None:
    path = song(tmp_path, "a-1234 to b-5678", "c-1111 to b-5678")
    elsewhere = {"input_image_folder": "/somewhere/else"}

    found = find_transitions(path, [
        SequenceRow("a-1234", "b-5678", extra=elsewhere), SequenceRow("b-5678", "c-1111", reversed=True),
        SequenceRow("a-123456789", "b-567899"), SequenceRow("b-5678", "a-1234")])

    home = tmp_path / "transition_images"
    assert [(each.path, each.backwards) for each in found] == [
        (home / "a-1234 to b-5678", False), (home / "c-1111 to b-5678", True), (home / "a-1234 to b-5678", False),
        (home / "a-1234 to b-5678", True)]


def test_a_sequence_two_folders_down_finds_them_too(tmp_path: Path) -> None:
    song(tmp_path, "a-1 to b-2")
    deeper = tmp_path / "stories" / "out"
    deeper.mkdir(parents=True)

    assert find_transitions(deeper / "trans_sequence_out.csv", [SequenceRow("a-1", "b-2")])[0].path.is_dir()


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    path = song(tmp_path, "a-1 to b-2")
    with pytest.raises(LibraryError, match=r"b-2 to c-3; c-3 to \.\./d-4: make these|b-2 to c-3; c-3 to"):
        find_transitions(path, [SequenceRow("a-1", "b-2"), SequenceRow("b-2", "c-3"), SequenceRow("c-3", "../d-4")])
    with pytest.raises(LibraryError, match="there is no folder transition_images"):
        find_transitions(tmp_path / "x" / "y" / "z" / "w" / "trans_sequence.csv", [SequenceRow("a", "b")])


def test_the_doubled_joint_frame_is_dropped_and_no_other(tmp_path: Path) -> None:
    pictures = {"ab": ["a", "1", "b"], "bc": ["b", "2", "c"], "xy": ["x", "3", "y"]}

    def found(c1: str, c2: str, name: str, backwards: bool = False) -> FoundTransition:
        return FoundTransition(SequenceRow(c1, c2), Path(name), backwards)

    frames = frames_of([found("a-1", "b-2", "ab"), found("b-2", "c-3", "bc"), found("c-3", "b-2", "bc", True),
                        found("x-1", "y-2", "xy")], lambda path: [Path(name) for name in pictures[path.name]])

    assert [frame.name for frame in frames] == ["a", "1", "b", "2", "c", "2", "b", "x", "3", "y"]


def test_sequences_as_sources(tmp_path: Path) -> None:
    path = song(tmp_path, "a-1 to b-2", "b-2 to c-3")
    write_sequence(path, TransitionSequence((SequenceRow("a-1", "b-2", "1"), SequenceRow("b-2", "c-3", "2"))))

    pictures, warnings = pictures_of_sequence(path)
    assert len(pictures.paths) == 5
    assert warnings == ()
    assert len(pictures_of_sequence(path, section="2")[0].paths) == 3
    with pytest.raises(InputError, match="no transitions in section '9'"):
        pictures_of_sequence(path, section="9")
    with pytest.raises(InputError, match="interscene encode"):
        entries_of_sequence(path)

    movies = tmp_path / "movies"
    movies.mkdir()
    for name in ("a-1 to b-2.mov", "b-2 to c-3.mov"):
        (movies / name).write_bytes(b"x")
    assert [(entry.path.name, entry.section) for entry in entries_of_sequence(path, folder=movies)] == [
        ("a-1 to b-2.mov", "1"), ("b-2 to c-3.mov", "2")]
    with pytest.raises(InputError, match="interscene join"):
        pictures_of_sequence(path, folder=movies)
