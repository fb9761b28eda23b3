"""Writing down that a picture is never to be shown again."""

from __future__ import annotations

from pathlib import Path

from server.errors import MissingFile
from server.library.formats.never_again import FILE_NAME, format_never_again, parse_never_again
from server.library.formats.oddity import Oddities
from server.library.graph.identity import PictureId
from server.media.part_file import write_file


def write_never(folder: Path, node: str) -> None:
    """Put a picture on its song's list, comments and all kept. Raises InputError, MissingFile, OutputError, OSError."""
    path = folder / FILE_NAME
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    old = parse_never_again(data, Oddities(FILE_NAME))
    new = old.added(PictureId.of_node(node))
    if new is not old:
        if not folder.is_dir():
            raise MissingFile(f"the folder {folder.name} is gone")
        write_file(path, format_never_again(new))
