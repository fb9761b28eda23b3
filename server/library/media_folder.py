"""The media folder: which movies it holds, and which of them a name means. It opens none of them."""

from __future__ import annotations

import difflib
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from server.errors import LibraryError, PathRefused
from server.library.paths import inside, safe_name, shortened

SUFFIXES: Final = (".mov", ".mp4", ".mkv", ".avi")
"""What counts as a movie. Of two files that differ in the suffix only, the earlier here is meant."""
QUARANTINE: Final = "quarantine"
"""The folder of a song with what was taken out of the way: nothing in it is for a show."""
_DEEPEST: Final = 32
_NUMBER: Final = re.compile(r"([0-9]+)")


def natural_order(name: str) -> tuple[object, ...]:
    """A sort key that puts `clip 9` before `clip 10`, and a folder's own movies together."""
    return tuple(_part_order(part) for part in folded(name).split("/")), name


def _part_order(part: str) -> tuple[tuple[str, int], ...]:
    pieces = [*_NUMBER.split(part), "-1"]
    return tuple((pieces[i], int(pieces[i + 1])) for i in range(0, len(pieces), 2))


def folded(text: str) -> str:
    """The text as it is compared where case and the way accents are stored should not matter."""
    return unicodedata.normalize("NFC", text).casefold()


def without_suffix(name: str) -> str:
    """The name of a movie without `.mov` and the like."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in SUFFIXES else name


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """One scan, never changed: readers on other threads keep the one that they have."""

    names: tuple[str, ...] = ()
    songs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    by_stem: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


class MediaFolder:
    """Names are relative, with `/`. Scans replace each other at once, so any thread may ask at any time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._catalogue: _Catalogue | None = None

    def scan(self) -> list[str]:
        """Read the folder anew and return its movies in natural order. Raises LibraryError.

        Left out are hidden and unfinished files; and linked folders, which could lead out or in circles.
        """
        if not self.root.is_dir():
            raise LibraryError(f"there is no media folder {self.root}; make it, or name another one")
        problems: list[str] = []
        names = sorted(_movies_below(self.root, problems), key=natural_order)
        songs, by_stem = defaultdict(list), defaultdict(list)
        for name in names:
            folder, _, last = name.rpartition("/")
            songs[folder].append(name)
            by_stem[folded(without_suffix(last))].append(name)
        self._catalogue = _Catalogue(tuple(names), dict(songs), dict(by_stem), tuple(problems))
        return names

    @property
    def names(self) -> tuple[str, ...]:
        """All movies of the last scan."""
        return self._scanned().names

    @property
    def songs(self) -> tuple[str, ...]:
        """The folders that hold movies themselves, in natural order; `""` is the media folder."""
        return tuple(self._scanned().songs)

    @property
    def problems(self) -> tuple[str, ...]:
        """What the last scan could not read, one line each."""
        return self._scanned().problems

    def movies_of(self, song: str) -> tuple[str, ...]:
        """The movies that lie in this folder itself, in natural order; none when there is no such folder."""
        return tuple(self._scanned().songs.get(song, ()))

    def path(self, name: str) -> Path:
        """Where a movie lies. Raises PathRefused."""
        return inside(self.root, name)

    def find(self, name: str) -> str:
        """The movie that a name means: `clip`, `clip.mov`, `song/clip`. Raises PathRefused, LibraryError.

        Case and folders may be left out while that stays clear; an exact name always counts.
        """
        wanted = safe_name(name)
        candidates = self._candidates(wanted)
        if wanted in candidates:
            return wanted
        if not candidates and self._appeared(wanted):
            return wanted
        for narrower in (_same_place, _same_case):
            candidates = narrower(wanted, candidates) or candidates
        stems = {without_suffix(candidate) for candidate in candidates}
        if len(stems) == 1:
            return min(candidates, key=_suffix_rank)
        if candidates:
            raise LibraryError(f"{shortened(name)} may be {_listed(candidates)}; say which")
        raise LibraryError(f"there is no movie {shortened(name)} in {self.root.name or self.root}"
                           f"{self._suggestion(wanted)}")

    def _scanned(self) -> _Catalogue:
        if self._catalogue is None:
            self.scan()
        return self._catalogue or _Catalogue()

    def _candidates(self, wanted: str) -> list[str]:
        """Every movie whose name ends in these parts, the suffix given or not, in any case."""
        by_stem = self._scanned().by_stem
        folder, _, last = folded(wanted).rpartition("/")
        place = f"/{folder}/{last}" if folder else f"/{last}"
        found = []
        for stem in dict.fromkeys((last, without_suffix(last))):
            for name in by_stem.get(stem, ()):
                whole = f"/{folded(name)}"
                if whole.endswith(place) or without_suffix(whole).endswith(place):
                    found.append(name)
        return found

    def _appeared(self, wanted: str) -> bool:
        """Whether a movie of exactly this name has come since the last scan."""
        last = wanted.rpartition("/")[2]
        return _is_movie(last) and inside(self.root, wanted).is_file()

    def _suggestion(self, wanted: str) -> str:
        catalogue = self._scanned()
        folder, _, last = wanted.rpartition("/")
        meant = [name for stem in close_to(last, catalogue.by_stem) for name in catalogue.by_stem[stem]]
        if folder and not meant:
            meant = [name for song, names in catalogue.songs.items()
                     if f"/{folded(song)}".endswith(f"/{folded(folder)}") for name in names]
        return f"; did you mean {_listed(meant)}?" if meant else ""


def close_to(wanted: str, known: Iterable[str]) -> list[str]:
    """At most three folded names that a mistyped one may have meant, the best first."""
    text = folded(without_suffix(wanted))
    chunks = {text[i:i + 3] for i in range(max(1, len(text) - 2))}
    # A full comparison with ten thousand names would take a third of a second.
    shared = sorted(((sum(chunk in name for chunk in chunks), name) for name in known), reverse=True)[:30]
    likely = [name for count, name in shared if count] or [name for _, name in shared]
    return difflib.get_close_matches(text, likely, n=3, cutoff=0.55)


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" or {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _same_place(wanted: str, candidates: Sequence[str]) -> list[str]:
    return [name for name in candidates if without_suffix(folded(name)) == without_suffix(folded(wanted))]


def _same_case(wanted: str, candidates: Sequence[str]) -> list[str]:
    stem = without_suffix(wanted)
    return [name for name in candidates if f"/{without_suffix(name)}".endswith(f"/{stem}")]


def _suffix_rank(name: str) -> tuple[int, str]:
    return SUFFIXES.index("." + name.rpartition(".")[2].lower()), name


def _is_movie(file: str) -> bool:
    return not file.startswith(".") and file.lower().endswith(SUFFIXES)


def _movies_below(root: Path, problems: list[str]) -> Iterable[str]:
    """Walk with one open folder at a time; links and Windows junctions do not count as folders."""
    real_root = os.path.realpath(root)
    waiting = [("", 0)]
    while waiting:
        folder, depth = waiting.pop()
        where = os.path.join(real_root, *folder.split("/")) if folder else real_root  # noqa: PTH118
        try:
            with os.scandir(where) as entries:
                for entry in entries:
                    name = f"{folder}/{entry.name}" if folder else entry.name
                    if folder and entry.name == QUARANTINE:
                        continue
                    if _is_folder(entry) and depth < _DEEPEST:
                        waiting.append((name, depth + 1))
                    elif entry.is_symlink() and os.path.isdir(entry.path):  # noqa: PTH112  (no error in a loop)
                        problems.append(f"{name!a} is a link to a folder, and links are not followed; move the "
                                        "folder here instead")
                    elif _is_movie(entry.name) and _is_usable_file(entry, name, real_root, problems):
                        yield name
        except OSError as reason:
            problems.append(f"{folder or root} cannot be read: {reason.strerror}; its movies are left out")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or not entry.is_dir(follow_symlinks=False):
        return False
    # A junction says that it is a folder and no link; only its real place tells.
    return os.name != "nt" or os.path.normcase(os.path.realpath(entry.path)) == os.path.normcase(entry.path)


def _is_usable_file(entry: os.DirEntry[str], name: str, real_root: str, problems: list[str]) -> bool:
    if not _is_playable_name(name):
        problems.append(f"{name!a} has a name that cannot be asked for on every system; rename it to play it")
        return False
    if not entry.is_symlink():
        return entry.is_file()
    target = os.path.realpath(entry.path)
    if not target.startswith(real_root + os.sep):
        problems.append(f"{name} is a link that leads out of the media folder; put the file into it")
        return False
    return os.path.isfile(target)  # noqa: PTH113


def _is_playable_name(name: str) -> bool:
    try:
        return safe_name(name) == name
    except PathRefused:
        return False
