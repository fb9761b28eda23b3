"""What tells one movie file from another: size, time of change, and SHA-1 over its first and last MiB."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import stat
from pathlib import Path
from typing import Final

from server.errors import MissingFile, NotAMovie
from server.index.format import MovieIdentity

_MIB: Final = 1 << 20


def fingerprint_of(path: Path) -> str:
    """Return hexadecimal SHA-1 over the first and last MiB of a file. Raises MissingFile."""
    try:
        with path.open("rb") as file:
            digest = hashlib.sha1(file.read(_MIB), usedforsecurity=False)
            end = file.seek(0, os.SEEK_END)
            file.seek(max(_MIB, end - _MIB))
            digest.update(file.read(_MIB))
    except OSError as reason:
        raise unreadable(path, reason) from None
    return digest.hexdigest()


def identity_of(path: Path, name: str | None = None) -> MovieIdentity:
    """Return the identity of a movie, under the `name` that it will have once it is in its place.

    Raises MissingFile, NotAMovie.
    """
    facts = stat_of(path)
    return MovieIdentity(name or stored_name(path), facts.st_size, facts.st_mtime_ns, fingerprint_of(path))


def stored_name(path: Path) -> str:
    """Return the name of a file as an index can hold it: bytes that are no text, as some disks have them, escaped."""
    return path.name.encode("utf-8", "backslashreplace").decode("utf-8")


def stat_of(path: Path) -> os.stat_result:
    """Return size and times of a file. Raises MissingFile; NotAMovie for folders and empty files."""
    try:
        facts = path.stat()
    except (OSError, ValueError) as reason:
        raise unreadable(path, reason) from None
    if stat.S_ISDIR(facts.st_mode):
        raise NotAMovie(f"{path} is a folder, not a movie; make one of its pictures: interscene encode")
    if not stat.S_ISREG(facts.st_mode):
        raise NotAMovie(f"{path} is no ordinary file, and so no movie")
    if facts.st_size == 0:
        raise NotAMovie(f"{path} is empty; copy or record it again")
    return facts


def encode_command(path: Path, what: str = "intra", options: str = "") -> str:
    """Return the command that makes a movie named after `what` beside a source, ready to be pasted."""
    command = f"interscene encode {typed(path)} {typed(path.with_name(f'{path.stem}-{what}.mov'))}"
    return f"{command} {options}".rstrip()


def typed(path: Path) -> str:
    """Return a path as it can be typed from the working folder: relative where that is shorter, and quoted."""
    text = str(path)
    with contextlib.suppress(OSError, ValueError):  # no working folder any more; another drive of Windows
        relative = os.path.relpath(path)
        text = relative if len(relative) < len(text) else text
    if text.startswith("-"):
        text = os.path.join(".", text)  # noqa: PTH118  (a Path drops the dot)
    if os.name != "nt" and set(text) & set('"$`\\!'):
        return shlex.quote(text)
    return f'"{text}"'


def unreadable(path: Path, reason: Exception) -> MissingFile:
    """Word an error of the file system for the person who can act."""
    if isinstance(reason, FileNotFoundError):
        return MissingFile(f"{path} is not there; check the name and whether its disk is connected")
    if isinstance(reason, PermissionError):
        return MissingFile(f"{path} may not be read; change its permissions")
    text = reason.strerror if isinstance(reason, OSError) else str(reason)
    return MissingFile(f"{str(path)!r} cannot be read: {text}")
