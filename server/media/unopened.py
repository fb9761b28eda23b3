"""Why a file does not open as a movie, in words for the person who has it. It tries to open nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from server.errors import NotAMovie
from server.index.boxes import lacks_table
from server.index.identity import unreadable

_PLAIN: Final = {
    "Invalid data found when processing input": "its data makes no sense",
    "End of file": "it ends where it should begin",
    "Protocol not found": "it leads to other files",
}


def why(reason: Exception) -> str:
    """FFmpeg's words without the number and the address that PyAV puts around them, or better ones."""
    text = str(getattr(reason, "strerror", None) or reason)
    return _PLAIN.get(text, text)


def not_a_movie(path: Path, reason: Exception) -> NotAMovie:
    """Word the refusal of a file that FFmpeg does not open. Raises MissingFile when it cannot be read."""
    try:
        with path.open("rb") as file:
            cut = lacks_table(file, path.stat().st_size)
    except OSError as gone:
        raise unreadable(path, gone) from None
    if cut:
        return NotAMovie(f"{path} cannot be opened: its end is missing, and with it the table of its frames; copy it "
                         "again, or record it again")
    return NotAMovie(f"{path} is no movie that can be opened ({why(reason)}); check the file, or make one with: "
                     "interscene encode")
