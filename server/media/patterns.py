"""Names with * ? [ ] in them, which Windows leaves to each program: expanded here, for every verb alike."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from server.errors import MissingFile
from server.media.sources import is_pattern, is_there, natural_key, shown

_MAGIC: Final = frozenset("*?[")
_OURS: Final = (".frames", ".part")
"""Files that stand beside movies: nobody means them by a star."""


def expanded(paths: Iterable[Path]) -> list[Path]:
    """Replace every pattern by the files that it means, in natural order. Raises MissingFile for one that means none.

    A file or folder that is literally named so is itself.
    """
    return [each for path in paths for each in _expanded(path)]


def has_magic(path: Path) -> bool:
    """Whether a path is a pattern, and nothing has it as its name."""
    return not is_there(path) and any(_MAGIC & set(part) for part in path.parts)


def _expanded(path: Path) -> list[Path]:
    if not has_magic(path):
        return [path]
    parts = path.parts
    found = [Path(parts[0])] if path.is_absolute() else [Path()]
    expanded_any = False
    for part in parts[1:] if path.is_absolute() else parts:
        following: list[Path] = []
        for folder in found:
            if is_there(folder / part) or not _MAGIC & set(part):
                following.append(folder / part)
            else:
                expanded_any = True
                following += _matching(folder, part)
        found = following
    if not expanded_any:
        return [path]
    there = [each for each in found if is_there(each) or is_pattern(each)]
    if not there:
        raise MissingFile(f"nothing is named like {shown(path)}; check the pattern, and the folder that it looks in")
    return there


def _matching(folder: Path, pattern: str) -> list[Path]:
    try:
        names = [each.name for each in folder.iterdir()]
    except OSError:
        return []
    wanted = [name for name in names if fnmatch(name, pattern) and (pattern.startswith(".") or name[0] != ".")
              and (not name.endswith(_OURS) or pattern.endswith(_OURS))]
    return [folder / name for name in sorted(wanted, key=natural_key)]
