"""One `controllers.toml` on disk: read again when somebody edits it, changed without touching what a hand wrote."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from server.errors import InputError, OutputError
from server.media.part_file import write_file
from server.protocol.controllers.mapping import Where
from server.protocol.controllers.mapping_edit import Edit, edited
from server.protocol.controllers.mapping_file import FILE_NAME, MappingFile, parse, read_mappings
from server.protocol.targets import Targets
from server.settings.toml_hints import toml_hint
from server.show.control_events import ControlsRead

LARGEST: Final = 4 << 20
_MISSING: Final = (-1, -1)
Stamp = tuple[int, int]


class ControllerFile:
    """The file of every song, or of one; none while there is no song. Used by one thread."""

    def __init__(self, where: Where, targets: Targets) -> None:
        self.where = where
        self.path: Path | None = None
        self._targets = targets
        self._text = ""
        self._file = MappingFile()
        self._broken = ""
        self._read: Stamp | None = None
        self._seen: Stamp | None = None

    def move(self, folder: Path | None) -> ControlsRead | None:
        """The file of another folder from now on; None when it is the same one."""
        path = folder / FILE_NAME if folder is not None else None
        if path == self.path:
            return None
        self.path, self._text, self._broken, self._file = path, "", "", MappingFile()
        self._read = self._seen = None
        return self._look() if path is not None else ControlsRead(self.where, "", self._file)

    def poll(self) -> ControlsRead | None:
        """What the file says now; None when it is as it was, or is being written at this moment."""
        if self.path is None:
            return None
        stamp = _stamp(self.path)
        if stamp == self._read:
            self._seen = stamp
            return None
        if stamp != self._seen:
            # Editors write in several steps: what rests from one look to the next is whole.
            self._seen = stamp
            return None
        return self._look()

    def edit(self, edits: Iterable[Edit]) -> ControlsRead:
        """Change the file. Raises InputError when a change cannot be made: then nothing was.

        Where the disk does not take it, it counts all the same, and the answer's `error` says so.
        """
        if self.path is None:
            raise InputError("the selected deck has no song that could keep this; use global, or load a song")
        if _stamp(self.path) != self._read or self._broken:
            self._look()
        if self._broken:
            raise InputError(f"{self.path.name} {self._broken}; mend it first")
        text = self._text
        for edit in edits:
            text = edited(text, edit)
        file = read_mappings(text, self._targets)
        wrong = [line for line in file.problems if line not in self._file.problems]
        if wrong:
            raise InputError("; ".join(wrong))
        self._text, self._file = text, file
        try:
            write_file(self.path, text.encode())
        except OutputError as error:
            return self._told(f"{error}; what was changed counts until the server stops")
        self._read = self._seen = _stamp(self.path)
        return self._told()

    def _look(self) -> ControlsRead:
        """Read the file; what cannot be read leaves what counted before."""
        assert self.path is not None
        self._read = self._seen = _stamp(self.path)
        try:
            text = _text_of(self.path)
            self._file = read_mappings(text, self._targets)
        except InputError as error:
            self._broken = str(error)
            return self._told(self._broken)
        self._text, self._broken = text, ""
        return self._told()

    def _told(self, error: str = "") -> ControlsRead:
        return ControlsRead(self.where, str(self.path), self._file, error)


def _stamp(path: Path) -> Stamp:
    try:
        facts = path.stat()
    except OSError:
        return _MISSING
    return facts.st_mtime_ns, facts.st_size


def _text_of(path: Path) -> str:
    """The text; empty where there is no file. Raises InputError."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}") from None
    if len(data) > LARGEST:
        raise InputError(f"is larger than {LARGEST >> 20} MiB; that is no list of controllers")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("is no UTF-8 text; save it as UTF-8") from None
    try:
        parse(text)
    except InputError as error:
        raise InputError(f"{error}{toml_hint(text, str(error))}") from None
    return text
