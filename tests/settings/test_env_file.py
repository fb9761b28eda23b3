"""`.env` files as people and other programs write them, and any bytes at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.library.formats.env_file import decode_env, read_env


def pairs(text: str, **environ: str) -> dict[str, str]:
    return {pair.name: pair.value for pair in read_env(text, environ)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=b", "b"),
        ("  a  =  b  ", "b"),
        ("export a=b", "b"),
        ("a=", ""),
        ("a=b c", "b c"),
        ("a=b # why", "b"),
        ("a=# nothing", ""),
        ("a=b#c", "b#c"),
        ("a=b\r\nz=1\r\n", "b"),
        ("a=b\rz=1", "b"),
        ("# a=x\na=b", "b"),
        ("a=x\na=b", "b"),
        ("nonsense\n=\n!\na=b", "b"),
        ("a='b # c'", "b # c"),
        ('a="b # c" # why', "b # c"),
        ('a="say \\"hi\\""', 'say "hi"'),
        ("a='it\\'s'", "it's"),
        (r'a="D:\new\table"', r"D:\new\table"),
        (r"a=D:\new\table", r"D:\new\table"),
        (r'a="D:\\media"', r"D:\media"),
        ("a=/Volumes/Bühne 🎬/media", "/Volumes/Bühne 🎬/media"),
        ('a="two\nlines"', "two\nlines"),
        ('a="never closed', '"never closed'),
        ("a='never closed\nz=1'", "'never closed"),
        ("a=${HOME}/media", "/home-of/me/media"),
        ('a="${HOME}/media"', "/home-of/me/media"),
        ("a='${HOME}/media'", "${HOME}/media"),
        ("base=/x\na=${base}/y", "/x/y"),
        ("a=${nowhere}/y", "/y"),
        ("a=${nowhere:-here}/y", "here/y"),
        ("a=${a}", ""),
        ("a=$HOME", "$HOME"),
        ("a=100%", "100%"),
        ("a=x=y", "x=y"),
    ],
)
def test_what_people_write(text: str, value: str) -> None:
    assert pairs(text, HOME="/home-of/me")["a"] == value


def test_what_follows_a_quote_that_never_closes_is_still_read() -> None:
    assert pairs("a='oops\nb=2\nc=3") == {"a": "'oops", "b": "2", "c": "3"}


def test_every_pair_knows_its_line() -> None:
    assert [(pair.line, pair.name) for pair in read_env("\n# x\na=1\n\nb='1\n2'\nc=3", {})] == [
        (3, "a"), (5, "b"), (7, "c")
    ]


@pytest.mark.parametrize(
    "data",
    [
        "a=Bühne".encode(),
        "\ufeffa=Bühne".encode(),
        "\ufeffa=Bühne".encode("utf-16-le"),
        "\ufeffa=Bühne".encode("utf-16-be"),
        "a=Bühne".encode("cp1252"),
    ],
)
def test_a_file_from_any_editor(data: bytes) -> None:
    assert pairs(decode_env(data)) == {"a": "Bühne"}


@given(st.binary(max_size=200) | st.text("ab=\"'\\#$ {}:-\n\r\t", max_size=60).map(str.encode))
def test_any_bytes_give_some_pairs(data: bytes) -> None:
    for pair in read_env(decode_env(data), {"a": "b"}):
        assert pair.name.isascii()
        assert pair.line >= 1


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text(
    st.characters(exclude_categories=("Cs", "Cc")), max_size=20), max_size=4))
def test_what_is_quoted_is_read_as_it_was(values: dict[str, str]) -> None:
    text = "\n".join(
        f"{name}='" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for name, value in values.items()
    )
    assert pairs(text) == values


def test_a_huge_file_of_open_quotes_takes_no_longer_than_its_length() -> None:
    # each quote opens anew: read from each to the end of the file, this would take minutes
    assert len(read_env("a='x\n" * 50_000, {})) == 50_000
