"""Documents are held true: generated pages are fresh, and every verb is written about where people look."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from source_tree import REPO

import cli
from server.app import docs

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
