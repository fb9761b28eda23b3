"""The table itself: consistent, complete and true in its documents."""

from __future__ import annotations

import pytest

from server.protocol.documentation import endpoints_markdown
from server.protocol.endpoints import ALIASES, BY_ADDRESS, COMMANDS, FEEDBACK, TABLE, is_forwarded
from server.protocol.row import Arg, Row


def test_no_address_is_there_twice() -> None:
    assert len(BY_ADDRESS) == len(TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.address)
def test_a_row_is_complete(row: Row) -> None:
    assert row.address.startswith("/")
    assert row.doc.endswith(".")
    assert row.changes or row.address == "/system/ping"
    assert (row.access == "r") == (row in FEEDBACK)
    assert row.required <= len(row.example) <= len(row.args)
    assert all(not arg.optional for arg in row.args[:row.required]), "an optional argument before a required one"
    assert not row.trigger or not row.args
    assert not row.continuous or all(arg.low is not None and arg.high is not None for arg in row.args)
    assert row.usage().isprintable()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.address)
def test_limits_and_defaults_fit_their_type(row: Row) -> None:
    for arg in row.args:
        assert arg.tag in "ihfsTb"
        assert arg.low is None or arg.high is None or arg.low < arg.high
        assert not arg.choices or (arg.tag == "s" and len(set(arg.choices)) == len(arg.choices) >= 2)
        assert arg.switch is None or set(arg.switch) <= set(arg.choices or ())
    if row.default is not None and row.args[0].choices:
        assert row.default in row.args[0].choices


def test_aliases_lead_to_rows() -> None:
    for alias, address in ALIASES.items():
        template = address.replace("/deck/1/", "/deck/{n}/").replace("/deck/2/", "/deck/{n}/")
        assert alias not in BY_ADDRESS
        assert BY_ADDRESS[template] in COMMANDS


@pytest.mark.parametrize("address", ["/FX/hue_shift", "/tension/riser_bars", "/param1", "/param8", "/preset", "/page",
                                     "/extra/xy1/x", "/extra/multitoggle/16", "/param/x"])
def test_the_effects_of_old_controllers_are_handed_on(address: str) -> None:
    assert is_forwarded(address)


@pytest.mark.parametrize("address", ["/fx/hue", "/FXhue", "/parameter", "/song", "/deck/1/FX/hue", "/", "", "/pages"])
def test_nothing_else_is_handed_on(address: str) -> None:
    assert not is_forwarded(address)


def test_no_address_of_ours_is_handed_on() -> None:
    assert not any(is_forwarded(row.address) for row in TABLE)
    assert not any(is_forwarded(alias) for alias in ALIASES)


def test_the_document_names_everything() -> None:
    page = endpoints_markdown()

    for row in TABLE:
        assert f"| `{row.address}` |" in page
        assert row.doc.replace("|", "\\|") in page
    for alias in ALIASES:
        assert f"`{alias}`" in page
    assert all(line.count("|") - line.count("\\|") in (0, 3, 5) for line in page.splitlines())


def test_the_page_tells_how_to_ask_and_what_the_pulse_does() -> None:
    page = endpoints_markdown()

    assert "`/deck/1/speed ?` is answered by `/deck/1/speed 1.0`" in page
    assert "`/deck/1/state/clip emit/waves.mov`" in page
    for part in ("add", "multiply"):
        row = BY_ADDRESS[f"/deck/{{n}}/pulse/{part}"]
        assert "(add + multiply × filtered beat ramp) × range" in row.doc
        assert row.default == 0.0


def test_a_usage_line_shows_signature_and_example() -> None:
    assert BY_ADDRESS["/deck/{n}/load"].usage() == (
        "/deck/{n}/load s:movie [f:fade], for example /deck/1/load waves.mov 2.0")


@pytest.mark.parametrize(("arg", "text"), [
    (Arg("x", "f", 0, 1), "0 to 1"), (Arg("x", "i", 1), "at least 1"), (Arg("x", "f", None, 9.5), "at most 9.5"),
    (Arg("x", "s", choices=("a", "b", "c")), "a, b or c"), (Arg("x", "s"), ""),
])
def test_limits_are_said_in_words(arg: Arg, text: str) -> None:
    assert arg.limits() == text
