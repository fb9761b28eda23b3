"""docs/touchdesigner.md is held true: its lines run in the fake, and what it names is what is built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from component_builder import REPOSITORY, build
from making import MakeTd
from show_in_td import free_ports

from td_extensions.state_model import CALLBACKS

PAGE = (REPOSITORY / "docs" / "touchdesigner.md").read_text(encoding="utf-8")
LINES = [line.strip() for line in PAGE.splitlines() if line.strip().startswith("import pathlib; p=r'")]


def test_the_line_for_the_textport_builds_the_component(make_td: MakeTd, any_build: str) -> None:
    td = make_td(any_build)
    line = next(line for line in LINES if "build.py" in line).replace(
        r"C:\interscene\td_project\build.py", str(REPOSITORY / "td_project" / "build.py"))
    with td.installed():
        td.execute(line)
        comp = td.root.op("project1/interscene")
        assert comp.op("out1") is not None
        comp.par.Name = "left wall"
        td.execute(line)
    assert [op.name for op in td.root.op("project1").children] == ["interscene"]
    assert td.root.op("project1/interscene").par.Name.eval() == "left wall"
    assert td.project.written == [], "it touches no project setting"


def test_the_line_of_the_probe_says_what_is_missing(make_td: MakeTd, tmp_path: Path) -> None:
    td = make_td()
    line = next(line for line in LINES if "probe_td.py" in line)
    line = line.replace(r"C:\interscene\td_project\probe_td.py", str(REPOSITORY / "td_project" / "probe_td.py"))
    with td.installed():
        td.execute(line.replace("start(r'M')", f"start(r'{tmp_path}')"))
    assert "probe-numbers.mov" in "\n".join(td.textport)


def test_every_output_page_parameter_and_callback_is_told(make_td: MakeTd) -> None:
    comp = build(make_td(), *free_ports(3), decks=2)
    outputs = [connector.outOP.name for connector in comp.outputConnectors]
    missing = [name for name in outputs if f"`{name}`" not in PAGE]
    missing += [name for name, _ in CALLBACKS if f"`{name}`" not in PAGE]
    for page in comp.customPages:
        missing += [] if f"*{page.name}*" in PAGE else [page.name]
        if page.name != "Play":
            missing += [group.label for group in page.parGroups if f"**{group.label}**" not in PAGE]
    assert missing == []


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\]\(([\w/.]+\.md)\)", PAGE))))
def test_links_lead_somewhere(name: str) -> None:
    assert (REPOSITORY / "docs" / name).is_file()
