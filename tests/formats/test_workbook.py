"""Excel workbooks: what spreadsheets write, tabs of songs, and zip files that are none."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import made, refusal, said

from server.errors import InputError
from server.library.formats.input_workbook import parse_input_workbook
from server.library.formats.oddity import Oddities
from server.library.formats.workbook import parse_workbook, rows_to_csv

BOOK = '<workbook xmlns:r="r"><sheets><sheet name="one" sheetId="1" r:id="rId1"/></sheets></workbook>'
LINKS = '<Relationships><Relationship Id="rId1" Target="/xl/worksheets/sheet1.xml"/></Relationships>'


def book(sheet: str, **others: str) -> bytes:
    """A workbook of one sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in ({"xl/workbook.xml": BOOK, "xl/_rels/workbook.xml.rels": LINKS,
                            "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{sheet}</sheetData></worksheet>"}
                           | {name.replace("__", "/") + ".xml": text for name, text in others.items()}).items():
            archive.writestr(name, text)
    return out.getvalue()


def rows(sheet: str, oddities: Oddities | None = None, **others: str) -> list[list[str]]:
    found = parse_workbook(book(sheet, **others), Oddities("f") if oddities is None else oddities)
    return [list(row) for row in found.sheets["one"]]


def test_the_tabs_of_a_song() -> None:
    oddities = Oddities("input_data.xlsx")
    tabs = parse_input_workbook(made("made_input_data.xlsx"), oddities)
    assert list(tabs) == ["made song"]
    definitions, transitions = tabs["made song"].definitions, tabs["made song"].transitions
    assert definitions is not None
    assert transitions is not None
    assert definitions.decode().split("\n") == [
        "name,prompt,seeds,guidance_scale", 'far dunes,"far dunes, ""golden"" hour","1001, 1002",7.5',
        "harbour_1,a harbour,42,8", "", "big,one large seed,9006264050842235,7.5", ""]
    assert transitions.decode().splitlines()[1] == "far dunes,1001,harbour_1,42,y,5"
    assert "tabs that belong to no song: notes" in said(oddities)
    assert "more digits than a spreadsheet keeps" in said(oddities)


def test_cells_of_every_kind() -> None:
    oddities = Oddities("f")
    found = rows(
        '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="C1" t="inlineStr"><is><t>in</t></is></c></row>'
        '<row r="3"><c t="b"><v>1</v></c><c t="str"><v>f</v></c><c t="e"><v>#REF!</v></c><c><v>2.50</v></c>'
        '<c><v>7.0</v></c><c t="s"><v>9</v></c><c/><c r="AA3"><v>1E3</v></c></row>',
        oddities, xl__sharedStrings="<sst><si><t>no</t></si><si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>ruby</t></rPh>"
                                    "</si></sst>")
    assert found[0] == ["rich", "", "in"]
    assert found[1] == []
    assert found[2][:5] == ["True", "f", "", "2.50", "7"]
    assert found[2][26] == "1000"
    assert "row 3: a cell says '#REF!'" in said(oddities)
    assert "a text is numbered '9', which is not there" in said(oddities)


def test_a_row_at_the_end_of_the_world_takes_no_memory() -> None:
    assert len(rows('<row r="1"><c><v>1</v></c></row><row r="1048576"><c><v>2</v></c></row>')) == 3


@pytest.mark.parametrize(
    ("sheet", "words"),
    [('<row r="99999999"/>', None), ('<row r="9999999"/>', "no workbook has such a row"),
     ('<row><c r="ZZZ1"><v>1</v></c></row>', "more than 16384 cells"), ('<row><c r="1A"/></row>', "no name of a cell"),
     ("<row>", "line 1")],
)
def test_cells_in_places_that_no_sheet_has(sheet: str, words: str | None) -> None:
    if words is None:
        assert rows(sheet) == []
        return
    with pytest.raises(InputError, match=words):
        rows(sheet)


def _zip(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "no .xlsx"), (b"PK\x03\x04", "no .xlsx"), (_zip(a="x"), "no workbook"), (book("")[:-40], "no .xlsx"),
     (b"name,prompt\n", "no .xlsx")],
)
def test_what_is_no_workbook_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_workbook(data, Oddities("input_data.xlsx"))


def test_what_would_unpack_to_absurd_sizes_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", LINKS)
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (65 << 20))
    assert len(out.getvalue()) < 200_000
    with pytest.raises(InputError, match="would unpack to"):
        parse_workbook(out.getvalue(), Oddities("f"))


def test_a_sheet_that_is_named_and_not_there() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", LINKS)
    oddities = Oddities("f")
    assert parse_workbook(out.getvalue(), oddities).sheets == {}
    assert "the sheet 'one' is named and not there" in said(oddities)


@given(st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=3)), max_size=4))
def test_a_damaged_workbook_gives_rows_or_an_error_in_words(damage: list[tuple[int, bytes]]) -> None:
    data = bytearray(made("made_input_data.xlsx"))
    for place, new in damage:
        data[place:place + len(new)] = new
    assert "f" in (refusal(lambda: parse_input_workbook(bytes(data), Oddities("f"))) or "f")


def test_rows_as_csv() -> None:
    assert rows_to_csv((("a", 'b "c"'), (), ("d,e",))) == b'a,"b ""c"""\n\n"d,e"\n'
