"""Writing down that a picture is never to be shown again."""

from __future__ import annotations

from pathlib import Path

from server.library.formats.never_again import FILE_NAME, format_never_again, parse_never_again
from server.library.formats.oddity import Oddities
from server.library.graph.identity import PictureId


def write_never(folder: Path, node: str) -> None:
    """Put a picture on its song's list, comments and all kept. Raises InputError, OSError."""
    path = folder / FILE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    old = parse_never_again(data, Oddities(FILE_NAME))
    new = old.added(PictureId.of_node(node))
    if new is not old:
        part = path.with_name(path.name + ".part")
        part.write_bytes(format_never_again(new))
        part.replace(path)
