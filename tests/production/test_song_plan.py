"""The verbs plan, route and draw on real song folders: what they print, write and refuse."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import cli
from server.library.formats.transition_lists import INTER, INTRA, parse_transition_list
from server.library.graph.coverage import plan_coverage
from server.library.graph.guarantee import demands_of, shortfalls
from server.library.graph.identity import PictureId, edge_of
from server.library.graph.plan_graph import PlanGraph
from server.library.sequences import read_sequence
from server.library.songs.song_folder import open_song

SONGS = Path(__file__).resolve().parents[1] / "data" / "songs"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """A copy of a real song, without any media."""
    return Path(shutil.copytree(SONGS / "cosmos_knows", tmp_path / "cosmos_knows"))


def listed(song: Path) -> list[tuple[PictureId, PictureId]]:
    return [edge_of(row.first, row.second) for name in (INTER, INTRA)
            for row in parse_transition_list((song / "transition_meta" / name).read_bytes(), name).rows if row.compute]


def test_a_plan_is_written_as_the_older_programs_read_it(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["song", "plan", str(song), "--more", "7"]) == 0
    said = capsys.readouterr().out
    expected = plan_coverage(open_song(song), more=7, seed=1)
    assert f"{expected.minimum} transitions so that no picture is a dead end" in said
    assert "30 of 30 pictures without a dead end" in said
    edges = listed(song)
    assert len(edges) == len(set(edges)) == expected.minimum + 7
    graph = open_song(song)
    assert set(edges) == set(graph.transitions)
    plan = PlanGraph.of(graph, "listed")
    demands = demands_of(graph, PlanGraph.of(graph))
    assert shortfalls(demands, len(plan.pictures), [(one, other) for one, other, _ in plan.each_edge()]) == []
    way = read_sequence(song / "story" / "trans_sequence_gen.csv").rows
    assert len(way) == 5 * 2 + 4
    assert {edge_of(PictureId.of_node(row.c1), PictureId.of_node(row.c2)) for row in way} <= set(edges)
    assert [row.extra["scene_from"] for row in way][:3] == ["luna"] * 3


def test_planning_again_gives_the_same_and_says_what_is_dropped(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["song", "plan", str(song), "--more", "5"]) == 0
    first = listed(song)
    assert cli.main(["song", "plan", str(song), "--more", "5"]) == 0
    assert listed(song) == first
    capsys.readouterr()
    assert cli.main(["song", "plan", str(song)]) == 0
    assert "5 transitions that were listed before are not in this plan" in capsys.readouterr().out


def test_a_budget_of_minutes_and_a_dry_run(song: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["song", "plan", str(song), "--minutes", "10", "--seconds-per-transition", "120"]
    assert cli.main([*words, "--dry-run"]) == 0
    assert not (song / "transition_meta").exists()
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert "5 transitions, which is what the time allows" in said
    assert "5 × 120 s = 10 min" in said
    assert "trans_sequence_gen.csv is not written: no route" in said
    assert len(listed(song)) == 5


def test_a_route_in_words_and_as_a_sequence(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "way.csv"
    words = ["song", "route", str(song), "--from", "luna_1", "--to", "p4", "--via", "p2_3", "--csv", str(out)]
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert "4 hops, 5 pictures; 4 transitions of it are missing; no way is better" in said
    rows = read_sequence(out).rows
    assert rows[0].c1 == "luna-1"
    assert rows[1].c2 == "p2-3"
    assert cli.main(words) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert cli.main(["song", "route", str(song), "--seed", "3"]) == 0
    assert "14 hops, 15 pictures" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "nobody_1"], "no picture"), (["--from", "luna", "--to", "p1"], "name one of them"),
        (["--from", "luna_1", "--to", "p4_1", "--existing"], "opens once these transitions are made"),
        (["--sequence", "nothing"], "no scene sequence"), (["--to", "p1_1"], "where the route begins"),
        (["--rule", "maze"], "there is no rule 'maze'"),
        (["--from", "luna_1", "--to", "p1_1", "--avoid", "p1_1"], "once p1_1 may be shown"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(song: Path, words: list[str], said: str,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["song", "route", str(song), *words]) == 1
    line, = capsys.readouterr().err.splitlines()
    assert said in line


def test_the_graph_is_drawn_with_a_route(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["song", "plan", str(song)]) == 0
    svg, png = tmp_path / "graph.svg", tmp_path / "graph.png"
    way = song / "story" / "trans_sequence_gen.csv"
    assert cli.main(["song", "draw", str(song), str(svg), "--route", str(way)]) == 0
    assert cli.main(["song", "draw", str(song), str(png), "--from", "luna_1", "--to", "p4_1", "--rule", "listed"]) == 0
    text = svg.read_text(encoding="utf-8")
    ET.fromstring(text)
    assert "route of 14 hops" in text
    assert png.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    capsys.readouterr()
    assert cli.main(["song", "draw", str(song), str(svg)]) == 1
    assert "already there" in capsys.readouterr().err
    assert cli.main(["song", "draw", str(song), str(tmp_path / "graph.gif")]) == 1
    assert ".svg, .png or .jpg" in capsys.readouterr().err
