"""Pictures that are never to be shown again: lists that people write by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import refusal, said

from server.errors import InputError
from server.library.formats.never_again import NeverAgain, format_never_again, parse_never_again
from server.library.formats.oddity import Oddities
from server.library.graph.identity import PictureId

DUNES = (PictureId("far dunes", 1001), PictureId("far dunes", 90062640), PictureId("far dunes", 90069999))
GEO = (PictureId("geo_1", 7), PictureId("geo", 1))
PICTURES = (*DUNES, *GEO)


def read(text: str) -> NeverAgain:
    return parse_never_again(text.encode(), Oddities("never_again.txt"))


def meant(text: str, oddities: Oddities | None = None) -> set[PictureId]:
    return set(read(text).pictures(PICTURES, Oddities("never_again.txt") if oddities is None else oddities))


@pytest.mark.parametrize(
    ("text", "pictures"),
    [
        ("", set()),
        ("# nothing yet\n\n", set()),
        ("far dunes_1001", {DUNES[0]}),
        ("  far dunes_1001  # too green\r\n", {DUNES[0]}),
        ("far dunes_1001.png", {DUNES[0]}),
        ("far dunes-1001", {DUNES[0]}),
        ("far dunes", set(DUNES)),
        ("Far Dunes", set(DUNES)),
        ("far dunes_9006", {DUNES[1], DUNES[2]}),
        ("geo_1", {GEO[1]}),
        ("geo_1_7", {GEO[0]}),
        ("geo", {GEO[1]}),
        ("geo\nfar dunes_1001", {GEO[1], DUNES[0]}),
    ],
)
def test_what_people_write(text: str, pictures: set[PictureId]) -> None:
    assert meant(text) == pictures


def test_lines_that_mean_nothing_are_said() -> None:
    oddities = Oddities("never_again.txt")
    assert meant("# c\nnowhere_3\ngeo_1_7", oddities) == {GEO[0]}
    assert said(oddities) == ("never_again.txt, line 2: 'nowhere_3' is no picture and no prompt of this song; "
                              "it has no effect")


def test_pictures_come_and_go_and_comments_stay() -> None:
    found = read("# green ones\nfar dunes_1001")
    more = found.added(GEO[0]).added(GEO[0]).added(DUNES[0])
    assert format_never_again(more) == b"# green ones\nfar dunes_1001\ngeo_1_7\n"
    assert read(more.text) == more
    assert format_never_again(more.without(DUNES[0])) == b"# green ones\ngeo_1_7\n"
    for name in ("a\nb", "#a", " a"):
        with pytest.raises(InputError, match="rename the prompt"):
            found.added(PictureId(name, 1))


@given(st.lists(st.builds(PictureId, st.from_regex("[a-z#][a-z# _0-9]{0,6}[a-z]", fullmatch=True),
                          st.integers(0, 10**17)), max_size=5, unique=True))
def test_what_was_added_is_meant(pictures: list[PictureId]) -> None:
    found = NeverAgain()
    added = []
    for picture in pictures:
        if " #" in picture.stem or picture.stem.startswith("#"):
            continue
        found = found.added(picture)
        added.append(picture)
    again = parse_never_again(format_never_again(found), Oddities("f"))
    assert again == found
    assert again.pictures(added, Oddities("f")) == frozenset(added)


@given(st.binary(max_size=60))
def test_any_bytes_give_a_list_or_an_error_in_words(data: bytes) -> None:
    refusal(lambda: parse_never_again(data, Oddities("f")).pictures(PICTURES, Oddities("f")))
