"""Documents are held true: generated pages are fresh, and every verb is written about where people look."""

from __future__ import annotations

import contextlib
import io
import re
from functools import cache
from pathlib import Path

import pytest
from source_tree import REPO

import cli
from server.app import docs
from server.protocol.command import Rejection, Source
from server.protocol.dispatch import Dispatcher
from server.protocol.endpoints import TABLE

# python3 start.py test is a verb of start.py alone
ALSO = ("test",)


def test_the_generated_pages_are_fresh() -> None:
    assert sorted(docs.stale(REPO / "docs")) == [], "write them with: interscene docs"


def test_check_names_what_is_not_fresh_and_writing_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--folder", str(tmp_path)]
    assert cli.main(["docs", "--check", *folder]) == 1
    assert "settings.md is not fresh" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert cli.main(["docs", *folder]) == 0
    assert cli.main(["docs", "--check", *folder]) == 0
    page = tmp_path / "settings.md"
    page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
    assert cli.main(["docs", "--check", *folder]) == 0
    page.write_text(page.read_text(encoding="utf-8") + "by hand\n", encoding="utf-8")
    assert cli.main(["docs", "--check", *folder]) == 1


@pytest.mark.parametrize("verb", [*cli.VERBS, *ALSO])
def test_the_readme_shows_every_verb(verb: str) -> None:
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"(interscene|start\.py) {verb}\b|`{verb}\b", readme)


@pytest.mark.parametrize("verb", cli.VERBS)
def test_the_architecture_page_says_which_file_a_verb_is_in(verb: str) -> None:
    page = (REPO / "docs" / "architecture.md").read_text(encoding="utf-8")
    row = re.search(rf"^\|\s*`{verb}`\s*\|\s*\[?`([^`]+)`", page, re.MULTILINE)
    assert row, f"docs/architecture.md has no row | `{verb}` | `file` |"
    assert row[1] == cli.VERBS[verb].module.replace(".", "/") + ".py"
    assert (REPO / row[1]).is_file()


PAGES = {path.name: path.read_text(encoding="utf-8") for path in (REPO / "README.md", *(REPO / "docs").glob("*.md"))
         if path.name not in ("endpoints.md", "settings.md")}
ROOTS = {row.address.split("/")[1] for row in TABLE if "{" not in row.address.split("/")[1]}
SENDER = Source("127.0.0.1", 0, "http")


@cache
def help_of(*words: str) -> str:
    """What `interscene VERB --help` prints."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert cli.main([*words, "--help"]) == 0, words
    return said.getvalue()


@pytest.mark.parametrize("page", sorted(PAGES))
def test_commands_in_a_page_have_the_flags_that_are_shown(page: str) -> None:
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", PAGES[page], re.MULTILINE | re.DOTALL)
    for line in re.findall(r"^\s*interscene (.+)$", "".join(blocks), re.MULTILINE):
        command = line.split("   ")[0].strip()
        words = command.split()
        verb = words[:2] if words[0] in ("song", "model") else words[:1]
        shown = help_of(*verb)
        for flag in re.findall(r"(?<!\S)--[a-z-]+", command):
            assert re.search(rf"{flag}\b(?!-)", shown), f"interscene {' '.join(verb)} has no {flag}"


@pytest.mark.parametrize("page", sorted(PAGES))
def test_addresses_in_a_page_are_those_of_the_table(page: str) -> None:
    dispatcher = Dispatcher(2)
    named = set(re.findall(r"(?:send |`)(/[a-z][a-z0-9/]*[a-z0-9])(?=[`\s])", PAGES[page]))
    for address in sorted(each for each in named if each.split("/")[1] in ROOTS):
        said = list(dispatcher.command(address, ["?"], SENDER))
        assert not any(isinstance(each, Rejection) and each.code == "address" for each in said), address
