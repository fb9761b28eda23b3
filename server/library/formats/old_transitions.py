"""Where the earliest programs put transitions: one movie each, and a second one that had been reversed beforehand.

`transitions/<a> to <b>.mp4`, `transitions_rev/<a> to <b>.mp4`, `scenes/<scene>/<a> to <b>.mp4` and
`scenes/<scene>/rev/<a> to <b>.mp4`. Names only; it opens no movie.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from server.library.formats.frame_folders import TransitionName, original_of, parse_transition_name
from server.library.formats.oddity import Oddity

_MOVIES: Final = (".mp4", ".mov", ".avi", ".mkv")
_FORWARD: Final = "transitions"
_REVERSED: Final = frozenset(("transitions_rev", "rev"))
_SCENES: Final = "scenes"


@dataclass(frozen=True, slots=True)
class OldTransition:
    """A transition as one movie. `reversed_copy`: where it lies turned round, which is not needed any more."""

    name: TransitionName
    movie: str
    scene: str = ""
    reversed_copy: str = ""


def old_transitions(paths: Iterable[str]) -> tuple[tuple[OldTransition, ...], tuple[Oddity, ...]]:
    """The transitions among paths relative to the song, with /; what is there twice or only reversed is said."""
    found: dict[str, OldTransition] = {}
    turned: dict[str, str] = {}
    oddities: list[Oddity] = []
    for path in sorted(paths):
        folder, _, file = path.rpartition("/")
        stem, dot, suffix = file.rpartition(".")
        place = folder.split("/")
        if not dot or f".{suffix.lower()}" not in _MOVIES or not _is_home(place):
            continue
        name = parse_transition_name(stem)
        if name is None:
            if original_of(file) is not None:
                oddities.append(Oddity(path, None, "it is a copy that a synced drive made", "it is left out"))
            continue
        if place[-1].casefold() in _REVERSED:
            turned.setdefault(str(name), path)
        elif str(name) in found:
            oddities.append(Oddity(path, None, f"it is there already as {found[str(name)].movie}", "it is left out"))
        else:
            found[str(name)] = OldTransition(name, path, place[1] if place[0].casefold() == _SCENES else "")
    for text, path in turned.items():
        if text in found:
            before = found[text]
            found[text] = OldTransition(before.name, before.movie, before.scene, path)
        else:
            oddities.append(Oddity(path, None, "only the reversed copy of this transition is there",
                                   "it is not used; turn it round with: interscene encode --reverse MOVIE OUT.mov"))
    return tuple(found.values()), tuple(oddities)


def _is_home(place: list[str]) -> bool:
    folded = [part.casefold() for part in place]
    if len(folded) == 1:
        return folded[0] == _FORWARD or folded[0] in _REVERSED
    return folded[0] == _SCENES and (len(folded) == 2 or (len(folded) == 3 and folded[2] in _REVERSED))
