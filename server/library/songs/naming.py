"""How pictures and transitions of a song are called on disk, and what a name on disk means. Opens no file.

Of one transition there may be several movies: a new content gets a new name (`… ~2.mov`), since an open movie cannot
be replaced everywhere; the highest number counts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.songs.listing import MOVIE_SUFFIX, MOVIES, PICTURE_SUFFIXES, same_text

JOINT: Final = " to "
_VERSION: Final = re.compile(r"(?P<stem>.+) ~(?P<number>[1-9]\d{0,5})", re.DOTALL)
_COPY: Final = re.compile(r"(?P<stem>.+?) ?\((?P<number>\d{1,3})\)", re.DOTALL)
_PAIR: Final = re.compile(r"(.+?-[0-9]+) to (.+-[0-9]+)", re.DOTALL)


class Named(NamedTuple):
    """What the name of a movie or a folder of frames says: its two pictures, perhaps several could be meant."""

    first: tuple[PictureId, ...]
    second: tuple[PictureId, ...]
    version: int = 1

    @property
    def clear(self) -> bool:
        """Whether each end can be one picture only."""
        return len(self.first) == 1 and len(self.second) == 1

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All edges that can be meant."""
        return tuple(dict.fromkeys(edge_of(one, other) for one in self.first for other in self.second if one != other))


class Names:
    """The pictures of a song by all the ways in which file names write them."""

    def __init__(self, pictures: Iterable[PictureId]) -> None:
        self._nodes: dict[str, PictureId] = {}
        self._stems: dict[str, PictureId] = {}
        aliases: defaultdict[str, list[PictureId]] = defaultdict(list)
        for picture in pictures:
            self._nodes[picture.node] = picture
            self._stems[picture.stem] = picture
            aliases[picture.alias].append(picture)
        self._aliases: Mapping[str, list[PictureId]] = aliases
        self._singles = {node: (picture,) for node, picture in self._nodes.items()}
        self._folded = {same_text(node): picture for node, picture in self._nodes.items()}

    def pictures(self, node: str) -> tuple[PictureId, ...]:
        """The pictures that `name-seed` can mean: the whole seed counts before the four digits of older programs."""
        exact = self._nodes.get(node)
        if exact is not None:
            return (exact,)
        found = self._aliases.get(node)
        if found:
            return tuple(found)
        return self._otherwise(node)

    def _otherwise(self, node: str) -> tuple[PictureId, ...]:
        folded = self._folded.get(same_text(node))
        if folded is not None:
            return (folded,)
        name, joint, seed = node.rpartition("-")
        if not joint or not seed.isdecimal() or not seed.isascii():
            return ()
        written = PictureId(name, int(seed))  # leading zeros, which integers do not have
        return self.pictures(written.node) if written.node != node else ()

    def of_picture_file(self, name: str) -> PictureId | None:
        """The picture that a file name means, known to the song or not; None when it is none."""
        stem, dot, suffix = name.rpartition(".")
        if not dot or f".{suffix.lower()}" not in PICTURE_SUFFIXES:
            return None
        known = self._stems.get(stem)
        if known is not None:
            return known
        before, joint, seed = stem.rpartition("_")
        if not joint or not before or not (seed.isdecimal() and seed.isascii()):
            return None
        meant = PictureId(before, int(seed))
        return self._folded.get(same_text(meant.node), meant)

    def of_transition(self, stem: str) -> Named | None:
        """What `<a>-<seed> to <b>-<seed>` means, with or without a version behind; None when it is no such name.

        An end without known pictures is what its digits say.
        """
        first, joint, second = stem.partition(JOINT)
        if not joint:
            return None
        ends = self._singles.get(first), self._singles.get(second)
        if ends[0] and ends[1]:
            return Named(ends[0], ends[1])
        return self._pair(*split_version(stem))

    def _pair(self, bare: str, version: int) -> Named | None:
        parts = bare.split(JOINT)
        for place in range(1, len(parts)):  # names may hold " to " themselves
            ends = self.pictures(JOINT.join(parts[:place])), self.pictures(JOINT.join(parts[place:]))
            if ends[0] and ends[1]:
                return Named(*ends, version)
        match = _PAIR.fullmatch(bare)
        if match is None:
            return None
        first, second = (self.pictures(text) or (PictureId.of_node(text),) for text in match.groups())
        return Named(first, second, version)


def copy_of(stem: str) -> str | None:
    """The stem that `name (1)` is a copy of, as synced drives and file managers make them; None when it is none."""
    match = _COPY.fullmatch(stem)
    return match["stem"] if match is not None else None


def movie_name(first: PictureId, second: PictureId, version: int = 1) -> str:
    """The path in the song folder of a transition's movie, full seeds in it."""
    numbered = "" if version == 1 else f" ~{version}"
    return f"{MOVIES}/{first.node}{JOINT}{second.node}{numbered}{MOVIE_SUFFIX}"


def split_version(stem: str) -> tuple[str, int]:
    """A stem without its version, and the version."""
    match = _VERSION.fullmatch(stem)
    return (match["stem"], int(match["number"])) if match is not None else (stem, 1)
