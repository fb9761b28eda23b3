"""What a written movie is called: `<song>_<take>_<kind>.mov`. One rule for every writer; it writes nothing itself.

Everything derived from a take (joined, in-betweened, numbered …) carries the take's number, so that a folder
sorts and groups by itself, and nothing is ever overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import InputError, OutputError, PathRefused
from server.library.paths import safe_name, shortened

SUFFIX: Final = ".mov"
KINDS: Final = ("movie", "joined", "section", "inbetween", "numbered", "sheet", "atlas", "demo")
"""What a file is; another kind may be any word of letters, digits and hyphens."""
TAKES: Final = 999_999
_NAME: Final = re.compile(r"(?P<song>.+)_(?P<take>\d{3,6})_(?P<kind>[a-z0-9][a-z0-9-]*)(?P<suffix>\.[A-Za-z0-9]+)")
_KIND: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_RESERVED: Final = frozenset('<>"|?*:/\\')


@dataclass(frozen=True, slots=True)
class TakeName:
    """The parts of a name."""

    song: str
    take: int
    kind: str
    suffix: str = SUFFIX

    def __str__(self) -> str:
        return f"{self.song}_{self.take:03d}_{self.kind}{self.suffix}"


def song_name(text: str) -> str:
    """Return a name that is a file name on every system. Raises PathRefused, saying why."""
    if "/" in text or "\\" in text:
        raise PathRefused(f"{shortened(text)} has a path separator in it; a name is one word or several, no path")
    name = safe_name(text)
    if name != text.strip() or name.startswith(".") or name.endswith("."):
        raise PathRefused(f"{shortened(text)} begins or ends with a dot or a blank, which hides it or which Windows "
                          "drops; leave it out")
    forbidden = sorted(set(name) & _RESERVED)
    if forbidden:
        raise PathRefused(f"{shortened(text)} has {' '.join(forbidden)} in it, which Windows does not allow")
    return name


def take_name(song: str, take: int, kind: str, suffix: str = SUFFIX) -> TakeName:
    """Return a name from its parts. Raises PathRefused, InputError."""
    if not _KIND.fullmatch(kind):
        raise InputError(f"a kind is a word of small letters, digits and hyphens, like {KINDS[0]}; not {kind!r}")
    if not 0 <= take <= TAKES:
        raise InputError(f"takes are numbered from 0 to {TAKES}, not {take}")
    name = TakeName(song_name(song), take, kind, suffix)
    safe_name(str(name))
    return name


def parse_take(name: str) -> TakeName | None:
    """Read a name back; None when it does not follow the rule."""
    match = _NAME.fullmatch(name)
    if match is None or f"{int(match['take']):03d}" != match["take"]:
        return None
    return TakeName(match["song"], int(match["take"]), match["kind"], match["suffix"])


def next_take(names: Iterable[str], song: str) -> int:
    """Return the number after the highest take of a song, whatever its kinds; 1 for the first."""
    wanted = song.casefold()
    takes = [parsed.take for name in names
             if (parsed := parse_take(_bare(name))) is not None and parsed.song.casefold() == wanted]
    return max(takes, default=0) + 1


def free_path(folder: Path, song: str, kind: str, suffix: str = SUFFIX) -> Path:
    """Return the path of the next take in a folder: it does not exist. Raises PathRefused, OutputError."""
    try:
        names = [path.name for path in folder.iterdir()] if folder.exists() else []
    except OSError as reason:
        raise OutputError(f"{folder} cannot be read: {reason.strerror}; choose another folder") from None
    return folder / str(take_name(song, next_take(names, song), kind, suffix))


def derived_path(source: Path, kind: str, suffix: str = SUFFIX, *, overwrite: bool = False) -> Path:
    """Return the path of something made from a take, beside it and with its number. Raises OutputError if taken.

    A source that does not follow the rule is a take of its own: `<stem>_001_<kind>`, or the next free number.
    """
    parsed = parse_take(source.name)
    if parsed is None:
        return free_path(source.parent, source.stem, kind, suffix)
    path = source.with_name(str(take_name(parsed.song, parsed.take, kind, suffix)))
    if path.exists() and not overwrite:
        raise OutputError(f"{path} is already there; name another file, or replace it with --overwrite")
    return path


def group_takes(names: Iterable[str]) -> Mapping[tuple[str, int], tuple[str, ...]]:
    """Group file names by (song, take), sorted, the source first; names that follow no rule are left out."""
    groups: dict[tuple[str, int], list[tuple[bool, str]]] = {}
    for name in names:
        parsed = parse_take(name)
        if parsed is not None:
            groups.setdefault((parsed.song, parsed.take), []).append((parsed.kind != KINDS[0], name))
    return {key: tuple(name for _, name in sorted(groups[key])) for key in sorted(groups)}


def _bare(name: str) -> str:
    """A name without what stands behind a movie's own: its index, or that it is still being written."""
    return name.removesuffix(".part").removesuffix(".frames")
