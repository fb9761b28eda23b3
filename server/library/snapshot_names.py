"""What snapshots may be called, and how an older version is named. Knows no file."""

from __future__ import annotations

import re
from typing import Final

from server.errors import InputError
from server.library.paths import safe_name, shortened

VERSIONS: Final = 9
"""Older ones that are kept of each snapshot."""
_NAME_BYTES: Final = 120
_REFUSED: Final = '/\\<>:"|?*,'
_VERSION: Final = re.compile(r"(.+)\.([1-9])")


def read_name(text: str) -> str:
    """A name that a file may have on every system. Raises InputError, PathRefused."""
    name = text.strip()
    found = sorted(set(name) & set(_REFUSED))
    if found:
        raise InputError(f"the name of a snapshot has none of {' '.join(_REFUSED)} in it; leave {' '.join(found)} out")
    if name.startswith(("#", ".")) or name.endswith(".") or _VERSION.fullmatch(name):
        raise InputError(f"{shortened(name)} is no name for a snapshot: it begins with neither . nor #, and ends in "
                         "neither . nor .1, which is an older version")
    if len(name.encode("utf-8", "replace")) > _NAME_BYTES:
        raise InputError(f"the name of a snapshot has at most {_NAME_BYTES} bytes")
    return safe_name(name)


def read_version(text: str) -> tuple[str, int]:
    """A name with the version that is meant: 0 is the newest. Raises InputError, PathRefused."""
    older = _VERSION.fullmatch(text.strip())
    return (read_name(older[1]), int(older[2])) if older is not None else (read_name(text), 0)
