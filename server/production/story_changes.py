"""What is not as it was when a story was locked, in words: its sequence, way, transitions, pictures and settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from importlib import metadata
from platform import python_version
from typing import Final

from server.library.graph.identity import edge_of
from server.library.songs.story_lock import Hop, StoryLock
from server.units import format_rate

_PACKAGES: Final = {"interscene": "interscene", "av": "av", "numpy": "numpy", "opencv": "opencv-python-headless",
                    "simplejpeg": "simplejpeg"}
_KINDS: Final = {"transition": "was used as it lies in the song", "fitted": "was used with other ends or size",
                 "bridge": "was bridged by a morph"}


def versions() -> dict[str, str]:
    """The programs that have a say in what the bytes of a story are."""
    found = {"python": python_version()}
    for name, package in _PACKAGES.items():
        try:
            found[name] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[name] = "unknown"
    return found


def differences(was: StoryLock, now: StoryLock) -> list[str]:
    """Every difference between two stories in what they are made from; their movies are not looked at."""
    found = list(_of_sequence(was, now))
    for what, before, after in (("the seed", was.seed, now.seed), ("the quality", was.quality, now.quality),
                                ("the rate", format_rate(was.rate), format_rate(now.rate)),
                                ("the size", "×".join(map(str, was.size)), "×".join(map(str, now.size)))):
        if before != after:
            found.append(f"{what} was {before} and is {after}")
    found += _of_way(was.hops, now.hops)
    found += _of_transitions(was, now)
    found += [f"{picture.node} has another stage frame: {was.stage[picture][:8]} before, {now.stage[picture][:8]} now"
              for picture in sorted(was.stage) if picture in now.stage and was.stage[picture] != now.stage[picture]]
    return found


def other_programs(was: StoryLock) -> list[str]:
    """Which programs are not the ones that a story was built with; that alone changes nothing."""
    now = versions()
    return [f"{name} was {before} and is {now.get(name, 'gone')}" for name, before in was.programs.items()
            if now.get(name) != before]


def _of_sequence(was: StoryLock, now: StoryLock) -> Iterator[str]:
    if was.sequence_hash == now.sequence_hash:
        return
    names = was.edited or was.sequence, now.edited or now.sequence
    if names[0] != names[1]:
        yield f"the scene sequence was {names[0]!r} and is {names[1]!r}"
    for change in changed_rows(was.steps, now.steps):
        yield f"the scene sequence {names[1]!r}: {change}"


def changed_rows(was: Sequence[str], now: Sequence[str]) -> list[str]:
    """Every row that is another one, new, or gone; numbered from 1."""
    found = []
    for what, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        both = min(b - a, d - c)
        found += [f"row {c + i + 1} was '{was[a + i]}' and is '{now[c + i]}'" for i in range(both)]
        found += [f"row {place + 1} is gone: '{was[place]}'" for place in range(a + both, b)]
        found += [f"row {place + 1} is new: '{now[place]}'" for place in range(c + both, d)]
    return found


def _of_way(was: Sequence[Hop], now: Sequence[Hop]) -> list[str]:
    for number, (before, after) in enumerate(zip(was, now, strict=False), 1):
        if (before.first, before.second) != (after.first, after.second):
            return [f"the way is another one from hop {number} on: it went {_hop(before)} and goes {_hop(after)}"]
    if len(was) != len(now):
        return [f"the way had {len(was)} hops and has {len(now)}"]
    return [f"hop {number} was in section {before.section} and is in section {after.section}"
            for number, (before, after) in enumerate(zip(was, now, strict=True), 1) if before.section != after.section]


def _of_transitions(was: StoryLock, now: StoryLock) -> Iterator[str]:
    before = {edge_of(each.first, each.second): each for each in was.transitions}
    for after in now.transitions:
        earlier = before.get(edge_of(after.first, after.second))
        if earlier is None:
            continue
        name = f"{after.first.node} to {after.second.node}"
        if earlier.kind != after.kind:
            yield f"{name} {_KINDS[earlier.kind]} and now {_KINDS[after.kind].removeprefix('was ')}"
        elif earlier.hash != after.hash:
            yield f"{name} has other frames: {earlier.frames} before, {after.frames} now, their bytes differ"


def _hop(hop: Hop) -> str:
    return f"{hop.first.node} to {hop.second.node}"
