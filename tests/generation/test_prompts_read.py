"""Prompts as people write them: mixtures, weights, nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError
from server.render.child.diffusion.prompts import Part, Piece, parse_prompt


def test_plain_text_stays_as_it_is() -> None:
    for text in ("", "a (red) cat, 4:3, [x] {y} a::b", "C:\\x :: y"):
        parts = parse_prompt(text)
        assert [part.text for part in parts] == [text]
        assert parts[0].share == 1
        assert all(piece.weight == 1 for piece in parts[0].pieces)


def test_shares_add_up_to_one() -> None:
    parts = parse_prompt("a red cat::3 the sea::1")
    assert [(part.text, part.share) for part in parts] == [("a red cat", 0.75), ("the sea", 0.25)]
    assert [part.share for part in parse_prompt("a::1 b")] == [0.5, 0.5]


def test_words_are_pressed() -> None:
    assert parse_prompt("a (very red:1.5) cat")[0] == Part(
        (Piece("a ", 1.0), Piece("very red", 1.5), Piece(" cat", 1.0)), 1.0)


@pytest.mark.parametrize(("text", "words"), [
    ("a::1 b::-1", "sum to zero"), ("a::0", "sum to zero"), ("(a:0)", "weight zero"), ("(a:99)", "from -10 to 10"),
    (" ".join(f"p{number}::1" for number in range(9)), "at most 8"),
])
def test_nonsense_is_said(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_prompt(text)


@given(st.text(alphabet="ab ():.-+0123456789", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parts = parse_prompt(text)
    except InputError:
        return
    assert abs(sum(part.share for part in parts) - 1) < 1e-6
