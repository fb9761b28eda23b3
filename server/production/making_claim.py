"""That only one program makes a song at a time, and that the song is still where it was. It knows nothing of making."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from server.errors import OutputError
from server.library.songs.listing import HIDDEN
from server.media.part_file import claim, make_folders, output_error, remove_abandoned

CLAIM: Final = "making"


@contextlib.contextmanager
def alone_in(song: Path) -> Iterator[None]:
    """Keep other programs from making this song meanwhile; a program that was killed keeps nobody. Raises OutputError.

    Two at once would make everything twice.
    """
    still_there(song)
    path = song / HIDDEN / CLAIM
    make_folders(path.parent)
    try:
        if not remove_abandoned(path):
            raise FileExistsError
        file = path.open("xb")
    except FileExistsError:
        raise OutputError(f"{song.name} is being made by another program; wait for it, or stop it first") from None
    except OSError as reason:
        raise output_error(path, reason) from None
    try:
        claim(file)
        yield
    finally:
        file.close()
        with contextlib.suppress(OSError):
            path.unlink()


def still_there(song: Path) -> None:
    """Raise OutputError when a song was renamed or taken away: nothing may grow where it was."""
    if not song.is_dir():
        raise OutputError(f"the song {song} is not there any more; give its new name, and what is missing is made then")
