"""Plan and result of a story side by side, in words: what was gone as planned, what otherwise, what not at all."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from server.errors import MissingFile
from server.library.sequences import SequenceRow, TransitionSequence, read_sequence
from server.library.songs.stories import PLAN, STORIES

RESULT: Final = "trans_sequence_{}.csv"


def plan_and_result(song: Path, story: str) -> tuple[Path, Path]:
    """The two files of a story. Raises MissingFile."""
    folder = song / STORIES / story
    plan, result = folder / PLAN, folder / RESULT.format(story)
    for path, what in ((plan, "plan"), (result, "result")):
        if not path.is_file():
            raise MissingFile(f"the story {story} has no {what}: {path.name} is not there; name the file to compare")
    return plan, result


def diff_files(plan: Path, result: Path) -> list[str]:
    """Say how a result differs from its plan, line by line. Raises MissingFile, InputError."""
    return diff(read_sequence(plan), read_sequence(result))


def diff(plan: TransitionSequence, result: TransitionSequence) -> list[str]:
    """Say how a result differs from its plan, line by line; nothing when the way is the same."""
    was, now = [_hop(row) for row in plan.rows], [_hop(row) for row in result.rows]
    lines: list[str] = []
    for what, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if what == "equal":
            lines += _of_same(plan.rows[a:b], result.rows[c:d], c)
        elif what == "delete":
            lines.append(f"planned hop{_hops(a, b)} not in the story: {_way(plan.rows[a:b])}")
        elif what == "insert":
            lines.append(f"hop{_hops(c, d)} not planned: {_way(result.rows[c:d])}")
        else:
            lines.append(f"hop{_hops(c, d)}: planned {_way(plan.rows[a:b])}, gone {_way(result.rows[c:d])}")
    bridges = [number for number, row in enumerate(result.rows, 1) if row.extra.get("kind") == "bridge"]
    lines += [f"hop {number} is a morph, because its transition is missing: {_way([result.rows[number - 1]])}"
              for number in bridges]
    return lines


def summary(plan: TransitionSequence, result: TransitionSequence) -> str:
    """Plan and result in one line."""
    was, now = [_hop(row) for row in plan.rows], [_hop(row) for row in result.rows]
    same = sum(block.size for block in SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks())
    return (f"{len(was)} hops planned in {_sections(plan)} sections, {len(now)} in the story in {_sections(result)}; "
            f"{same} the same")


def _of_same(was: Sequence[SequenceRow], now: Sequence[SequenceRow], begin: int) -> list[str]:
    lines = []
    for number, (before, after) in enumerate(zip(was, now, strict=True), begin + 1):
        if before.section != after.section:
            lines.append(f"hop {number} ({_way([after])}) was planned for section {before.section or 'none'} and is in "
                         f"section {after.section or 'none'}")
    return lines


def _hop(row: SequenceRow) -> tuple[str, str]:
    """As the older programs tell pictures apart: seeds cut to four digits, for one of the two files may have those."""
    return _short(row.c1), _short(row.c2)


def _short(node: str) -> str:
    name, joint, seed = node.rpartition("-")
    return f"{name}-{seed[:4]}" if joint and seed.isdecimal() else node


def _way(rows: Sequence[SequenceRow]) -> str:
    nodes = [rows[0].c1, *(row.c2 for row in rows)]
    if len(nodes) > 8:
        return f"{' → '.join(nodes[:4])} → … → {nodes[-1]} ({len(rows)} hops)"
    return " → ".join(nodes)


def _hops(begin: int, end: int) -> str:
    return f" {begin + 1}" if end - begin == 1 else f"s {begin + 1} to {end}"


def _sections(sequence: TransitionSequence) -> int:
    return sum(1 for _ in sequence.sections())
