"""The one CSV reader: any encoding, newline and delimiter, and every byte kept."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from totality import value_or_refusal

from server.errors import InputError
from server.library.formats.csv_table import CsvTable, new_table, parse_csv
from server.library.formats.oddity import Oddities

KNOWN = ("name", "prompt", "seeds")
PLAIN = "name,prompt,seeds\nsun,a sun,1 2\nmoon,\"a moon, full\",3\n"


def read(data: bytes | str, known: tuple[str, ...] = KNOWN) -> tuple[CsvTable, list[str]]:
    oddities = Oddities("p.csv")
    table = parse_csv(data if isinstance(data, bytes) else data.encode(), oddities, known=known)
    return table, [str(each) for each in oddities]


def cells(table: CsvTable, column: str) -> list[str]:
    return [table.get(row, column) for row in table.rows]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_any_encoding_and_newline_reads_the_same(encoding: str, newline: str) -> None:
    data = PLAIN.replace("sun", "Küste").replace("\n", newline).encode(encoding)
    table, _ = read(data)
    assert cells(table, "name") == ["Küste", "moon"]
    assert cells(table, "prompt") == ["a Küste", "a moon, full"]
    assert table.bytes() == data


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_is_seen_and_kept(delimiter: str) -> None:
    data = f"name{delimiter}seeds\nsun{delimiter}\"1, 2\"\n".encode()
    table, _ = read(data)
    assert cells(table, "seeds") == ["1, 2"]
    added = table.with_row({"name": "moon", "seeds": "3"}).bytes().decode()
    assert added.endswith(f"moon{delimiter}3\n")


def test_the_line_that_names_the_delimiter_is_no_row() -> None:
    table, _ = read("sep=;\nname;seeds\nsun;1,2\n")
    assert cells(table, "name") == ["sun"]
    assert cells(table, "seeds") == ["1,2"]


def test_empty_rows_are_skipped_counted_and_kept() -> None:
    data = (PLAIN + ",,\n" * 981).encode()
    table, said = read(data)
    assert len(list(table.rows)) == 2
    assert any("981 rows" in line for line in said)
    assert table.bytes() == data


def test_columns_are_found_whatever_their_case_and_blanks() -> None:
    table, _ = read(" Name ,PROMPT,Seeds\nsun, x ,1\n")
    assert cells(table, "name") == ["sun"]
    assert cells(table, "prompt") == ["x"]


def test_unnamed_double_and_unknown_columns_are_said_and_kept() -> None:
    table, said = read("name,prompt,,name,mood,\nsun,a,stray,other,calm,\n")
    row = next(table.rows)
    assert table.get(row, "name") == "sun"
    assert table.others(row, KNOWN) == {"column 3": "stray", "name": "other", "mood": "calm"}
    assert any("without a name" in line and "3" in line for line in said)
    assert any("more than once" in line for line in said)
    assert any("mood" in line for line in said)


def test_ragged_rows_are_said_with_their_line() -> None:
    table, said = read("name,prompt,seeds\nsun\nmoon,a,1,more\n")
    assert cells(table, "seeds") == ["", "1"]
    assert any("line 2" in line and "fewer cells" in line for line in said)
    assert any("line 3" in line and "more cells" in line for line in said)


def test_a_quotation_mark_that_is_never_closed_spoils_its_own_line_only() -> None:
    table, said = read("name,prompt,seeds\nsun,\"a sun,1\nmoon,a moon,3\nstar,a star,4\n")
    assert cells(table, "name") == ["sun", "moon", "star"]
    assert any("line 2" in line and "never closed" in line for line in said)


def test_a_cell_over_several_lines_is_one_and_said() -> None:
    data = b"name,prompt,seeds\r\nsun,\"a\r\nsun\",1\r\nmoon,b,2\r\n"
    table, said = read(data)
    assert cells(table, "prompt") == ["a\r\nsun", "b"]
    assert [row.line for row in table.rows] == [2, 4]
    assert any("line 2" in line and "2 lines" in line for line in said)
    assert table.bytes() == data


@pytest.mark.parametrize(("data", "words"), [
    (b"", "empty"), (b"\r\n\r\n,,,\r\n", "empty"), (b"\xef\xbb\xbf", "empty"),
    (b"sun,a sun,1\nmoon,b,2\n", "line 1"), (b"na\0me,x\n", "zero bytes"),
    (b"\xff\xfen\0a\0\x00", "breaks off"),
    (b"name,prompt\nsun," + b"x" * 200_000 + b"\n", "line 2"),
])
def test_what_is_no_table_is_refused_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        read(data)
    assert "p.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_edit_leaves_all_other_bytes_alone() -> None:
    data = b"\xef\xbb\xbfname,prompt,seeds,\r\nsun, \"a  sun\" ,1,\r\n,,,\r\nmoon,\"b\",2,x\r\n,,,\r\n"
    table, _ = read(data)
    row = next(row for row in table.rows if table.get(row, "name") == "moon")
    edited = table.with_cell(row, "seeds", "2, 3").bytes()
    assert edited == data.replace(b'moon,"b",2,x', b'moon,b,"2, 3",x')
    longer = table.with_row({"name": "star", "seeds": "7"}).bytes()
    assert longer == data.replace(b"2,x\r\n", b"2,x\r\nstar,,7,\r\n")


def test_a_row_is_added_behind_a_last_line_without_its_end() -> None:
    table, _ = read("name,seeds\nsun,1")
    assert table.with_row({"name": "moon"}).bytes() == b"name,seeds\nsun,1\nmoon,\n"


def test_a_table_can_be_made_from_nothing() -> None:
    table = new_table(("name", "seeds")).with_row({"name": "a, b", "seeds": "1"})
    assert table.bytes() == b'name,seeds\n"a, b",1\n'
    assert cells(read(table.bytes())[0], "name") == ["a, b"]


def test_text_that_a_code_page_lacks_makes_the_file_utf_8() -> None:
    table, _ = read("name,seeds\nKüste,1\n".encode("cp1252"))
    data = table.with_row({"name": "東京"}).bytes()
    assert cells(read(data)[0], "name") == ["Küste", "東京"]


def test_an_edit_of_a_column_that_is_not_there_is_refused() -> None:
    table, _ = read(PLAIN)
    with pytest.raises(InputError, match="mood"):
        table.with_cell(next(table.rows), "mood", "x")
    with pytest.raises(InputError, match="mood"):
        table.with_row({"mood": "x"})


@given(st.binary(max_size=300))
def test_any_bytes_give_a_table_or_a_refusal(data: bytes) -> None:
    found = value_or_refusal(lambda: read(data, ()), "p.csv")
    assert found is None or found[0].bytes() == data


@given(st.text(alphabet='ab,;\t|"\r\n \ufeffé=sp', max_size=80))
def test_any_text_is_written_back_as_it_was(text: str) -> None:
    data = text.encode()
    try:
        table, _ = read(data, ())
    except InputError:
        return
    assert table.bytes() == data


CELLS = st.text(alphabet=st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\r"), max_size=12)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=6), st.sampled_from(["\r\n", "\n"]))
def test_what_another_writer_wrote_is_read(rows: list[tuple[str, str]], newline: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=newline)
    writer.writerow(("name", "prompt"))
    writer.writerows(rows)
    table, _ = read(out.getvalue().encode("utf-8-sig"))
    wanted = [(name.strip(), prompt.strip()) for name, prompt in rows if name.strip() or prompt.strip()]
    assert [(table.get(row, "name"), table.get(row, "prompt")) for row in table.rows] == wanted


ANY = st.characters(blacklist_categories=("Cs",), blacklist_characters="\0")


@given(st.text(alphabet=ANY, min_size=1, max_size=20),
       st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]), st.sampled_from(["\r\n", "\n"]))
def test_what_is_written_into_a_cell_is_read_again(text: str, encoding: str, newline: str) -> None:
    table, _ = read(PLAIN.replace("\n", newline).encode(encoding))
    edited = table.with_cell(next(table.rows), "prompt", text).with_row({"name": "new", "prompt": text})
    again, _ = read(edited.bytes())
    assert cells(again, "prompt") == [text.strip(), "a moon, full", text.strip()]
