"""Where a song list may lie: beside the movies or the settings, or where the old player kept it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from server.errors import IntersceneError
from server.library.songlist import FILE_NAME, SongEntry, read_song_list

OLD_PLACE: Final = "song_control"
"""The folder in which the old player kept its song list."""

log = logging.getLogger("interscene.library")


def song_entries(folders: Iterable[Path]) -> tuple[SongEntry, ...]:
    """The first song list there is; what is wrong in it is reported, not fatal."""
    for folder in dict.fromkeys(folders):
        for path in (folder / FILE_NAME, folder / OLD_PLACE / FILE_NAME):
            if not path.is_file():
                continue
            try:
                found = read_song_list(path)
            except IntersceneError as error:
                log.warning("%s", error)
                continue
            for problem in found.problems:
                log.warning("%s", problem)
            return found.entries
    return ()
