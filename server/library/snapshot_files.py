"""Snapshots on disk: one JSON file each, the versions before it kept beside it. Knows nothing of what is in them.

`chorus.json` is the newest, `chorus.1.json` the one before. What is deleted goes into the folder `deleted`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from server.errors import InputError, LibraryError, Locked, MissingFile, OutputError, PathRefused
from server.library.media_folder import close_to, folded
from server.library.paths import shortened
from server.library.snapshot_names import VERSIONS, read_name
from server.media.part_file import write_file

FOLDER: Final = "snapshots"
DELETED: Final = "deleted"
SUFFIX: Final = ".json"
LARGEST: Final = 4 << 20
MOST: Final = 1000
LINE: Final = 118


class Stamp(NamedTuple):
    """By which it is known whether a file has changed."""

    mtime_ns: int
    size: int


class SnapshotFolder:
    """The snapshots of one place. Used by one thread; the folder is made when the first is saved."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> dict[str, Stamp]:
        """The snapshots that there are; of more than a thousand only so many. Without a folder there are none."""
        found: dict[str, Stamp] = {}
        try:
            for entry in sorted(self.path.iterdir()):
                name = entry.name.removesuffix(SUFFIX)
                if entry.name.endswith(SUFFIX) and _is_name(name) and entry.is_file() and len(found) < MOST:
                    facts = entry.stat()
                    found[name] = Stamp(facts.st_mtime_ns, facts.st_size)
        except OSError:
            return found
        return found

    def spelt(self, name: str) -> str | None:
        """The name as it is written on disk, where case may differ; None where there is no such snapshot."""
        known = self.names()
        return name if name in known else next((one for one in known if folded(one) == folded(name)), None)

    def versions(self, name: str) -> list[int]:
        """The older versions that there are."""
        return [number for number in range(1, VERSIONS + 1) if self._file(name, number).is_file()]

    def read(self, name: str, version: int = 0) -> dict[str, Any]:
        """The document of a snapshot. Raises LibraryError, InputError, MissingFile."""
        spelt = self._known(name)
        path = self._file(spelt, version)
        if version and not path.is_file():
            there = ", ".join(f"{spelt}.{number}" for number in self.versions(spelt))
            raise LibraryError(f"{spelt} has no version {version}" + (f"; there are {there}" if there else
                               "; it was saved only once"))
        return _document(path)

    def save(self, name: str, document: dict[str, Any]) -> str:
        """Write a snapshot; what had its name becomes version 1. Returns the name.

        Raises Locked, InputError, OutputError.
        """
        known = self.spelt(name)
        if known is None and len(self.names()) >= MOST:
            raise InputError(f"there are {MOST} snapshots already; delete some first, or save over one")
        name = known or name
        newest = self._file(name)
        if newest.is_file():
            self._may_change(name)
            self._keep(name)
        _write(newest, document)
        return name

    def lock(self, name: str, on: bool | None) -> str:
        """Lock it or let it go; None: the other way round. Raises LibraryError, InputError, OutputError."""
        name = self._known(name)
        document = _document(self._file(name))
        document["locked"] = not document.get("locked") if on is None else on
        _write(self._file(name), document)
        return name

    def rename(self, name: str, to: str) -> str:
        """Give it and its versions another name. Raises Locked, LibraryError, InputError, OutputError."""
        name = self._known(name)
        self._may_change(name)
        other = self.spelt(to)
        if other not in (None, name):
            raise InputError(f"there is a snapshot {other} already; choose another name, or delete that one first")
        # The newest last: until then everything is still under the old name.
        for number in (*range(VERSIONS, 0, -1), 0):
            self._move(self._file(name, number), self._file(to, number))
        return to

    def delete(self, name: str) -> str:
        """Move it and its versions into the folder of those that were deleted. Raises Locked, LibraryError."""
        name = self._known(name)
        self._may_change(name)
        for number in range(VERSIONS + 1):
            file = self._file(name, number)
            self._move(file, file.parent / DELETED / file.name)
        return name

    def _file(self, name: str, version: int = 0) -> Path:
        return self.path / (f"{name}.{version}{SUFFIX}" if version else name + SUFFIX)

    def _known(self, name: str) -> str:
        spelt = self.spelt(name)
        if spelt is None:
            raise LibraryError(no_such(name, self.names()))
        return spelt

    def _may_change(self, name: str) -> None:
        try:
            locked = bool(_document(self._file(name)).get("locked"))
        except (InputError, MissingFile):
            return  # what cannot be read has nothing to protect, and is kept as a version
        if locked:
            raise Locked(f"the snapshot {name} is locked; /snapshot/lock {shortened(name)} 0 lets it be changed")

    def _keep(self, name: str) -> None:
        """Make version 1 of the newest, which stays where it is until another takes its place."""
        for number in range(VERSIONS - 1, 0, -1):
            self._move(self._file(name, number), self._file(name, number + 1))
        try:
            data = self._file(name).read_bytes()
        except OSError as error:
            raise OutputError(f"{self._file(name)} cannot be kept as an older version: {error.strerror}") from None
        write_file(self._file(name, 1), data)

    @staticmethod
    def _move(old: Path, new: Path) -> None:
        if not old.is_file():
            return
        try:
            new.parent.mkdir(exist_ok=True)
            old.replace(new)
        except OSError as error:
            raise OutputError(f"{old.name} cannot be moved to {new.name}: {error.strerror or error}") from None


def no_such(name: str, known: dict[str, Any]) -> str:
    """That there is no snapshot of this name, and which there are."""
    by_fold = {folded(one): one for one in known}
    near = [by_fold[one] for one in close_to(name, by_fold)]
    if not known:
        return f"there is no snapshot {shortened(name)}; there is none yet: /snapshot/save NAME makes one"
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(list(known)[:8])}"
    return f"there is no snapshot {shortened(name)}; {hint}"


def _is_name(text: str) -> bool:
    try:
        return read_name(text) == text
    except (InputError, PathRefused):
        return False


def _document(path: Path) -> dict[str, Any]:
    """The file as values. Raises InputError, MissingFile."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise MissingFile(f"{path.name} cannot be read: {error.strerror or error}") from None
    if len(data) > LARGEST:
        raise InputError(f"{path.name} is larger than {LARGEST >> 20} MiB; that is no snapshot")
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name} is no JSON ({error}); mend it, or recall an older version") from None
    if not isinstance(found, dict):
        raise InputError(f"{path.name} is no snapshot; recall an older version")
    return found


def _write(path: Path, document: dict[str, Any]) -> None:
    write_file(path, (json_text(document) + "\n").encode())


def json_text(value: object, indent: str = "") -> str:
    """JSON as a person reads it: what fits on a line stands on one. Python's own holds up every thread meanwhile."""
    if not isinstance(value, dict | list) or not value:
        return json.dumps(value)
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(str(key))}: {json_text(one, inner)}" for key, one in value.items()]
        begin, end = "{}"
    else:
        parts = [json_text(one, inner) for one in value]
        begin, end = "[]"
    if len(indent) + sum(map(len, parts)) + 2 * len(parts) <= LINE and not any("\n" in part for part in parts):
        return begin + ", ".join(parts) + end
    return f"{begin}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{end}"
