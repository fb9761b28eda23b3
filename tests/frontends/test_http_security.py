"""Host, Origin and token rules as pure functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.frontends.security import Guard, bearer, host_name, is_loopback


@pytest.mark.parametrize(("header", "name"), [
    ("localhost", "localhost"), ("localhost:7580", "localhost"), ("LocalHost.:7580", "localhost"),
    ("127.0.0.1:80", "127.0.0.1"), ("[::1]:7580", "[::1]"), ("[::1]", "[::1]"), ("stage.local", "stage.local"),
    ("", None), (None, None), ("::1", None), ("a b", None), ("host:port", None), ("user@localhost", None),
    ("localhost/x", None), ("evil.com,localhost", None), (":7580", None), ("localhost:7580:7580", None),
])
def test_the_name_in_a_host_header(header: str | None, name: str | None) -> None:
    assert host_name(header) == name


@given(st.text(max_size=60))
def test_only_known_names_pass_whatever_the_header(header: str) -> None:
    guard = Guard.of(["stage.local"], None)
    if guard.refuse_host(header, "192.168.1.5") is None:
        assert host_name(header) in {"localhost", "127.0.0.1", "[::1]", "stage.local", "192.168.1.5"}


def test_names_and_the_address_that_was_called() -> None:
    guard = Guard.of(["Stage.local"], None)
    for good in ("localhost:1", "127.0.0.1:1", "[::1]:1", "stage.LOCAL:1", "192.168.1.5:1"):
        assert guard.refuse_host(good, "192.168.1.5") is None
    for bad in ("evil.com", "localhost.evil.com", "192.168.1.6", "127.0.0.1.nip.io", "", None):
        refusal = guard.refuse_host(bad, "192.168.1.5")
        assert refusal is not None
        assert "localhost" in refusal
        assert "\n" not in refusal


@pytest.mark.parametrize(("origin", "passes"), [
    (None, True), ("http://localhost:7580", True), ("HTTP://LOCALHOST:7580", True), ("https://localhost:7580", True),
    ("http://localhost:3000", False), ("http://localhost", False), ("http://evil.com", False), ("null", False),
    ("", False), ("file://", False), ("chrome-extension://abc", False), ("http://[", False),
    ("http://localhost:7580.evil.com", False), ("http://localhost:7580@evil.com", False),
])
def test_only_the_own_page_is_an_origin(origin: str | None, passes: bool) -> None:
    assert (Guard.of([], None).refuse_origin(origin, "localhost:7580") is None) == passes


@given(st.text(max_size=60), st.text(max_size=30))
def test_origins_never_raise(origin: str, host: str) -> None:
    Guard.of([], None).refuse_origin(origin, host)


def test_the_token() -> None:
    guard = Guard.of([], "schlüssel")
    assert guard.admits("schlüssel")
    assert guard.admits(None, "wrong", "schlüssel")
    for offered in ((), (None,), ("",), ("Schlüssel",), ("schlüsse",), ("\udc80",)):
        assert not guard.admits(*offered)
    assert Guard.of([], None).admits()


def test_a_bearer() -> None:
    assert bearer("Bearer  abc") == "abc"
    assert bearer("bearer abc") == "abc"
    assert bearer("Basic abc") is None
    assert bearer(None) is None


@pytest.mark.parametrize(("host", "inside"), [
    ("127.0.0.1", True), ("127.5.0.1", True), ("localhost", True), ("::1", True), ("[::1]", True),
    ("0.0.0.0", False), ("::", False), ("", False), ("192.168.1.5", False), ("stage.local", False),
])
def test_what_is_reached_from_this_machine_only(host: str, inside: bool) -> None:
    assert is_loopback(host) is inside
