"""Where the show log lies: a folder for every start of a server, in it numbered segments. Reads no segment."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from server.errors import MissingFile
from server.show.log_format import SUFFIX
from server.units import Seconds

FOLDER: Final = "show log"
"""Below the media folder, or the folder of settings where that is another one."""
_TRIES: Final = 100


def new_run(root: Path, run: int, wall: Seconds) -> Path:
    """Make the folder of a run that begins now. Raises OSError."""
    # In universal time, so that names are in order on the night when clocks are put back.
    stamp = datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d %H.%M.%S")
    root.mkdir(parents=True, exist_ok=True)
    for number in range(1, _TRIES):
        again = f" ({number})" if number > 1 else ""
        folder = root / f"{stamp} {run:06x}{again}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(f"{root} has {_TRIES} runs of this second")


def segment_path(folder: Path, number: int) -> Path:
    """The file of a segment."""
    return folder / f"{number:05}{SUFFIX}"


def log_files(root: Path) -> list[Path]:
    """Every segment of every run, the oldest first."""
    return sorted(path for path in root.glob(f"*/*{SUFFIX}") if path.is_file())


def segments_of(place: Path) -> list[Path]:
    """The segments that a person means: one file, those of a run, or those of the newest run. Raises MissingFile."""
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise MissingFile(f"{place} is not there; name a show log: a folder, or a file that ends in {SUFFIX}")
    own = sorted(place.glob(f"*{SUFFIX}"))
    if own:
        return own
    files = log_files(place) or log_files(place / FOLDER)
    if not files:
        raise MissingFile(f"there is no show log in {place}; the server keeps one in its media folder, in "
                          f"{FOLDER!r}, unless --no-show-log says otherwise")
    newest = files[-1].parent
    return [path for path in files if path.parent == newest]
