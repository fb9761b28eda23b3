"""The last path of a verb: the movie to write, or a folder in which the next take gets its name by the rule."""

from __future__ import annotations

import os
from pathlib import Path

from server.errors import InputError, OutputError
from server.library.naming import SUFFIX, derived_path, free_path, parse_take, song_name
from server.media.sweep import sweep_parts


def movie_output(text: str, *, song: str, kind: str, source: Path | None = None, overwrite: bool = False) -> Path:
    """Return the movie to write. What is made from a take, in its folder, keeps the take's number.

    What a killed run left in the folder is tidied first. A folder that is missing is made when the movie is begun.

    Raises InputError for another suffix, PathRefused for a name that is none everywhere, OutputError.
    """
    path = Path(text)
    sweep_parts(path if path.is_dir() else path.parent, below=False)
    if not path.is_dir() and not text.endswith(("/", os.sep)):
        if path.suffix and path.suffix.lower() != SUFFIX:
            raise InputError(f"what is written is a {SUFFIX} movie; name it {path.with_suffix(SUFFIX).name!r}")
        song_name(path.name)
        return path if path.suffix else path.with_name(path.name + SUFFIX)
    if path.exists() and not path.is_dir():
        raise OutputError(f"the folder {path} cannot be made: there is a file in its way; choose another one")
    if source is not None and parse_take(source.name) and source.absolute().parent == path.absolute():
        return derived_path(source, kind, overwrite=overwrite)
    return free_path(path, song, kind)
