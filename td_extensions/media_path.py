"""Which file a path of an `open` message means: inside the media folder, and nowhere else.

Knows nothing of TouchDesigner, and looks at no disk but where it says so. Python 3.9, standard library only.
"""

from pathlib import Path, PurePath

_NEVER_IN_A_NAME = frozenset("\\:") | frozenset(chr(code) for code in range(32))
_DEVICES = frozenset(["CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))])
"""Windows opens these wherever they stand and whatever their suffix."""
_SHOWN = 200


def movie_path(folder: str, name: str) -> str:
    """The file that `name`, relative with /, means in the media folder, with /. Raises ValueError in words."""
    if not folder:
        raise ValueError("no media folder is known: it comes from the server, or stands in the parameter Media Folder")
    shown = name if len(name) <= _SHOWN else name[:_SHOWN] + "…"
    parts = name.split("/")
    if (not name or ".." in parts or any(char in _NEVER_IN_A_NAME for char in name) or "" in parts
            or any(part.partition(".")[0].strip().upper() in _DEVICES for part in parts)):
        raise ValueError(f"{shown!r} is refused: a path is relative to the media folder, written with /")
    return folder.replace("\\", "/").rstrip("/") + "/" + name


def whole_folder(folder: str, project: str) -> str:
    """A media folder as it is on disk: TouchDesigner writes one inside the project's folder relative to that."""
    return folder if not folder or PurePath(folder).is_absolute() else f"{project}/{folder}"


def why_not(folder: str, path: str) -> str:
    """Why a file that was refused cannot be played, from a look at the disk."""
    name = path[len(folder.replace("\\", "/").rstrip("/")) + 1:]
    if not Path(folder).is_dir():
        return f"there is no folder {folder} on this machine; set Media Folder to where this machine sees the movies"
    if not Path(path).is_file():
        return f"there is no {name} in {folder}"
    return f"TouchDesigner cannot open {name}; check it with: interscene verify"
