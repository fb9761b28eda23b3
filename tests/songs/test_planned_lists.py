"""The two lists of a plan, written into a song beside what was there."""

from __future__ import annotations

from pathlib import Path

from server.library.formats.transition_lists import FOLDER, INTER, INTRA, PlannedTransition, parse_transition_list
from server.library.graph.identity import PictureId
from server.library.songs.planned_lists import write_lists

A, B, C = PictureId("a", 1000), PictureId("b c", 9006264050842235), PictureId("a", 1001)


def test_a_plan_is_written_into_two_files(tmp_path: Path) -> None:
    plan = [PlannedTransition(A, B, "s1", "s2"), PlannedTransition(A, C, "s1", "s1"),
            PlannedTransition(C, B, "s1", "s2", compute=False)]
    inter, intra = write_lists(tmp_path, plan)
    assert inter.read_text() == (
        ",from_name,from_seed,to_name,to_seed,compute,duration,scene_from,scene_to\n"
        "0,a,1000,b c,9006264050842235,y,5,s1,s2\n1,a,1001,b c,9006264050842235,n,5,s1,s2\n")
    assert intra.read_text() == (",from_name,from_seed,to_name,to_seed,compute,duration,scene\n"
                                 "0,a,1000,a,1001,y,5,s1\n")
    assert inter.parent == tmp_path / "transition_meta"


def test_a_new_plan_keeps_the_columns_of_others_and_the_list_before_it(tmp_path: Path) -> None:
    one, two, three = (PictureId("sun", seed) for seed in (1, 2, 3))
    path = tmp_path / FOLDER / INTRA
    path.parent.mkdir()
    old = (b"id,from_name,from_seed,to_name,to_seed,compute,duration,scene,my note\r\n"
           b"0,sun,2,sun,1,y,5,sun,lovely\r\n1,sun,1,sun,3,y,5,sun,ugly\r\n")
    path.write_bytes(old)

    write_lists(tmp_path, [PlannedTransition(one, two, "sun", "sun"), PlannedTransition(two, three, "sun", "sun")])

    again = parse_transition_list(path.read_bytes(), INTRA)
    assert [row.edge for row in again.rows] == [(one, two), (two, three)]
    assert [again.table.get(record, "my note") for record in again.table.rows] == ["lovely", ""]
    assert path.with_suffix(".old.csv").read_bytes() == old


def test_the_numbers_of_the_rows_are_no_column_of_others(tmp_path: Path) -> None:
    plan = [PlannedTransition(A, B, "s1", "s2"), PlannedTransition(A, C, "s1", "s1")]
    before = [path.read_bytes() for path in write_lists(tmp_path, plan)]
    assert [path.read_bytes() for path in write_lists(tmp_path, plan)] == before
    assert not list(tmp_path.rglob("*.old.csv"))
    for path in write_lists(tmp_path, [PlannedTransition(C, B, "s1", "s2"), *plan]):
        assert "column" not in path.read_text()


def test_a_list_that_nobody_can_read_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / FOLDER / INTER
    path.parent.mkdir()
    path.write_bytes(b"nothing of the kind")

    write_lists(tmp_path, [])
    write_lists(tmp_path, [])

    assert parse_transition_list(path.read_bytes(), INTER).rows == ()
    assert path.with_suffix(".old.csv").read_bytes() == b"nothing of the kind"
