"""OSC address patterns, against examples and against a slow matcher that follows the specification word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError
from server.protocol.match import WILDCARDS_MAX, WORDS_MAX, Mask, Pattern, Text, is_pattern


def matches(pattern: str, address: str) -> bool:
    return Pattern(pattern).matches(Text(address))


@pytest.mark.parametrize(("pattern", "address"), [
    ("/deck/1/play", "/deck/1/play"), ("/deck/?/play", "/deck/7/play"), ("/deck/*/play", "/deck/12/play"),
    ("/*/*/play", "/deck/1/play"), ("/deck/[1-3]/play", "/deck/2/play"), ("/deck/[!1-3]/play", "/deck/4/play"),
    ("/deck/[13]/play", "/deck/3/play"), ("/deck/1/{play,pause}", "/deck/1/pause"), ("//play", "/deck/1/play"),
    ("//play", "/play"), ("/deck//play", "/deck/1/play"), ("/deck//play", "/deck/play"), ("//", "/a/"),
    ("/a*", "/a"), ("/*b*", "/abc"), ("/{a,ab}c", "/abc"), ("/{a,ab}*c", "/abxc"), ("/{,x}y", "/y"),
    ("/a[-x]", "/a-"), ("/a[x-]", "/a-"), ("/a!b", "/a!b"), ("/***", "/abc"), ("//1//", "/deck/1/in/here/"),
])
def test_a_pattern_matches(pattern: str, address: str) -> None:
    assert matches(pattern, address)


@pytest.mark.parametrize(("pattern", "address"), [
    ("/deck/*", "/deck/1/play"), ("/deck?1", "/deck/1"), ("/deck[/]1", "/deck/1"), ("/deck[!a]1", "/deck/1"),
    ("/deck/1/pla", "/deck/1/play"), ("/deck/1/play/", "/deck/1/play"), ("/deck/?/play", "/deck/12/play"),
    ("/{a,b}", "/c"), ("/a*b", "/ac"), ("//play", "/deck/1/replay"), ("/a//b", "/ab"), ("/[]", "/a"), ("/*", "/"[:0]),
])
def test_a_pattern_does_not_match(pattern: str, address: str) -> None:
    assert not matches(pattern, address)


@pytest.mark.parametrize(("pattern", "reason"), [
    ("/[a", r"\[ is never closed"), ("/{a,b", r"\{ is never closed"), ("/" + "*" * 17, "at most 16 wildcards, not 17"),
    ("/{" + ",".join("abcdefghijklmnopq") + "}", "at most 16 alternatives, not 17"),
    ("/" + "a" * 255, "255 characters"),
])
def test_a_bad_pattern_says_why(pattern: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Pattern(pattern)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("pattern", ["/" + "*" * WILDCARDS_MAX + "z", "/" + "*a" * WILDCARDS_MAX + "z",
                                     "/" + "*{a,aa,aaa}" * 5 + "z", "//" * (WILDCARDS_MAX - 1) + "z"])
def test_no_pattern_is_slow(pattern: str) -> None:
    """A backtracking matcher would not end before the sun does."""
    text = Text("/" + "a" * 250)

    assert not any(Pattern(pattern).matches(text) for _ in range(200))


@given(address=st.text("/ab1", max_size=10).map(lambda text: "/" + text))
def test_an_address_without_wildcards_matches_itself_only(address: str) -> None:
    if not is_pattern(address):
        assert matches(address, address)
        assert not matches(address, address + "a")
        assert not matches(address, address[:-1])


PARTS = st.sampled_from(("a", "b", "/", "//", "?", "*", "[ab]", "[!a]", "[a-b]", "{a,b}", "{ab,b}", "{a,aa,}"))


@given(pattern=st.lists(PARTS, max_size=5).map("".join), address=st.text("ab/", max_size=8))
def test_it_agrees_with_the_slow_matcher(pattern: str, address: str) -> None:
    assert matches("/" + pattern, "/" + address) == _slowly("/" + pattern, "/" + address)


def _slowly(pattern: str, address: str) -> bool:
    """Try everything."""
    if not pattern:
        return not address
    if pattern.startswith("//"):
        rest = pattern.lstrip("/")
        return any(_slowly(rest, address[at + 1:]) for at in range(len(address))
                   if address[0] == "/" and address[at] == "/")
    if pattern[0] == "*":
        return _slowly(pattern[1:], address) or (address[:1] not in ("", "/") and _slowly(pattern, address[1:]))
    if pattern[0] == "{":
        words, rest = pattern[1:].split("}", 1)
        return any(address.startswith(word) and _slowly(rest, address[len(word):]) for word in words.split(","))
    if not address:
        return False
    if pattern[0] == "[":
        chars, rest = pattern[1:].split("]", 1)
        inside = {"ab": "ab", "!a": "b", "a-b": "ab"}[chars]
        return address[0] in inside and _slowly(rest, address[1:])
    fits = address[0] != "/" if pattern[0] == "?" else address[0] == pattern[0]
    return fits and _slowly(pattern[1:], address[1:])


def test_a_mask_is_several_patterns() -> None:
    mask = Mask("/deck/1/state/* /clock//tempo")

    assert mask.matches("/deck/1/state/frame")
    assert mask.matches("/clock/state/tempo")
    assert not mask.matches("/deck/2/state/frame")


@pytest.mark.parametrize("text", ["*", "", "  ", "/x *"])
def test_a_star_alone_is_everything(text: str) -> None:
    assert Mask(text).matches("/deck/1/state/frame")


def test_more_alternatives_than_allowed_are_counted_inside_braces_only() -> None:
    assert WORDS_MAX == 16
    assert matches("/a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r/{x,y}", "/a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r/x")
