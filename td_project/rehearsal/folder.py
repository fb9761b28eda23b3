"""The media folder: which file a path of an `open` message means, and which paths are refused.

Knows nothing of what is in a file.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from server.errors import MissingFile, PathRefused

_NEVER_IN_A_NAME = frozenset("\\:") | {chr(code) for code in range(32)}
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL"}) | {f"{port}{n}" for port in ("COM", "LPT")
                                                      for n in range(1, 10)}
"""Windows opens these wherever they stand and whatever their suffix."""


def resolve(folder: Path | None, name: str) -> Path:
    """The file that `name`, relative with /, means in the media folder. Raises PathRefused or MissingFile."""
    if folder is None:
        raise PathRefused("no media folder is known yet; it comes with the server's welcome, or use --media")
    shown = name if len(name) <= 200 else name[:200] + "…"
    parts = PurePosixPath(name).parts
    if (not parts or parts[0] == "/" or ".." in parts or any(char in name for char in _NEVER_IN_A_NAME)
            or any(part.partition(".")[0].strip().upper() in _DEVICES for part in parts)):
        raise PathRefused(f"{shown!r} is refused: a path is relative to the media folder, written with /")
    try:
        root = folder.resolve()
        target = (root / name).resolve()
        found = target.is_relative_to(root) and target.is_file()
    # A name too long, a folder that may not be read, links in a circle (RuntimeError before Python 3.13).
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise MissingFile(f"{shown} cannot be looked for in {folder} ({why}); check its name and permissions") from None
    if not target.is_relative_to(root):
        raise PathRefused(f"{shown!r} is refused: it leads outside {root}")
    if not found:
        raise MissingFile(f"there is no {shown} in {root}")
    return target
