"""Names from people and the network: which of them may lead to a file. It opens nothing."""

from __future__ import annotations

import errno
import re
import unicodedata
from pathlib import Path
from typing import Final

from server.errors import PathRefused

_LONGEST_NAME: Final = 1024
_WINDOWS_LOOP: Final = 1921
_LONGEST_PART: Final = 255
"""Bytes; what every file system in use takes."""
_DEVICES: Final = frozenset(
    ("con", "prn", "aux", "nul", "clock$", "conin$", "conout$",
     *(f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³")))
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def safe_name(text: str) -> str:
    """The name as a relative POSIX path that stays below any folder it is joined to. Raises PathRefused.

    Backslashes separate too, since they do on Windows. The same names are refused on every system, so that
    a show made on one plays on the other; the file system is not asked: `inside` does that.
    """
    if not text.strip():
        raise PathRefused("the name of a file is empty")
    if len(text) > _LONGEST_NAME:
        raise PathRefused(f"a name has at most {_LONGEST_NAME} characters, this one has {len(text)}")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise PathRefused(f"{shortened(text)} holds a control character")
    path = text.replace("\\", "/")
    if path.startswith("//"):
        raise PathRefused(f"{shortened(text)} is a network share; name a file in the media folder")
    if path.startswith("/"):
        raise PathRefused(f"{shortened(text)} is an absolute path; name a file in the media folder")
    if ":" in path:
        what = "a URL" if _SCHEME.match(path) else "a drive or a stream"
        raise PathRefused(f"{shortened(text)} names {what} (':'); name a file in the media folder")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    for part in parts:
        _check_part(part, text)
    if not parts:
        raise PathRefused(f"{shortened(text)} names no file")
    return "/".join(parts)


def _check_part(part: str, text: str) -> None:
    # Windows drops trailing dots and blanks, so "nul .mov" is NUL and ".. " is "..".
    if not part.rstrip(" ."):
        raise PathRefused(f"{shortened(text)} leads out or nowhere ({part!r}); name a file in the media folder")
    if part.split(".")[0].rstrip(" ").casefold() in _DEVICES:
        raise PathRefused(f"{shortened(text)} is the name of a device on Windows; rename the file")
    if len(part.encode()) > _LONGEST_PART:
        raise PathRefused(f"{shortened(text)} has a part longer than {_LONGEST_PART} bytes")


def inside(root: Path, name: str) -> Path:
    """The file of that name below the root, existing or not; no link may lead out. Raises PathRefused."""
    path = root / safe_name(name)
    try:
        real, real_root = path.resolve(), root.resolve()
        looped = _is_loop(path)
    except (OSError, RuntimeError):
        looped = True
    if looped:
        raise PathRefused(f"{shortened(name)} goes round in a loop of links")
    if not real.is_relative_to(real_root):
        raise PathRefused(f"{shortened(name)} is a link out of the media folder; put the file into it")
    return path


def _is_loop(path: Path) -> bool:
    """Whether links lead round in a circle; from Python 3.13 on `resolve` does not say so."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP or getattr(error, "winerror", None) == _WINDOWS_LOOP
    return False


def shortened(text: str, longest: int = 80) -> str:
    """A name in quotes, fit for one line: cut, and with everything escaped that does not print."""
    return repr(text if len(text) <= longest else text[:longest - 1] + "…")
