"""The list of what waits to be made, on disk: what was wished, not what came of it. It outlives the server.

One server at a time keeps it for a media folder; another one has none, and forgets its jobs when it ends.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from server.app.making_task import Task
from server.errors import OutputError
from server.library.songs.listing import HIDDEN
from server.media.part_file import claim, write_file
from server.show.making_state import Recipe

log = logging.getLogger("interscene.maker")

NAME: Final = "making.json"
FORMAT: Final = "interscene.making"
VERSION: Final = 1
ASIDE: Final = "making.unreadable.json"
BYTES_MOST: Final = 8 << 20
"""Of a list: a hundred jobs with long prompts."""
_KINDS: Final = ("transition", "picture")
_NUMBER: Final = re.compile("[0-9]{1,9}")


class WaitingList:
    """Tasks by number. `root` is the media folder; a disk that cannot be written is said once, in the log."""

    def __init__(self, root: Path) -> None:
        self._path = root / HIDDEN / NAME
        self._rows: dict[str, dict[str, Any]] = {}
        self._lock: Any = None
        self._failed = self._closed = self._together = self._changed = False
        # Nothing is written before something waits.
        if self._path.is_file():
            self._keeps()

    def close(self) -> None:
        """Leave the list to the next server."""
        self._closed = True
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def tasks(self) -> list[Task]:
        """What waited when it was read, in its order."""
        return [_task(number, row) for number, row in self._rows.items()]

    def put(self, task: Task) -> None:
        """Write down that a task waits; a detour cannot be made again, and is not."""
        if task.what in _KINDS:
            self._rows[task.number] = {
                "what": task.what, "folder": task.folder, "first": task.first, "second": task.second,
                "recipe": asdict(task.recipe), "negative": task.facts.get("negative", ""), "client": task.client}
            self._write()

    def remove(self, number: str) -> None:
        """It waits no longer."""
        if self._rows.pop(number, None) is not None:
            self._write()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write once for all that changes inside: each time is a disk's."""
        self._together = True
        try:
            yield
        finally:
            self._together = False
            if self._changed:
                self._write()

    def _keeps(self) -> bool:
        """Whether the list is ours to keep; once another server has it, it stays with that."""
        if self._lock is None and not self._closed and not self._failed:
            self._lock = _claimed(self._path.with_name(f"{NAME}.lock"))
            self._failed = self._lock is None
            if self._lock is not None:
                found = _read(self._path)
                self._rows = {**found, **self._rows}
                if found and not self._path.is_file():
                    self._write()
        return self._lock is not None

    def _write(self) -> None:
        self._changed = self._together
        if self._together or not self._keeps():
            return
        document = {"format": FORMAT, "version": VERSION, "jobs": self._rows}
        try:
            write_file(self._path, json.dumps(document, ensure_ascii=True, indent=1).encode("ascii"))
        except OutputError as error:
            if not self._failed:
                log.warning("what waits to be made is forgotten when the server ends: %s", error)
            self._failed = True


def _claimed(path: Path) -> Any:
    """An open file that says who keeps the list; None where another server does, or nothing can be written."""
    try:
        path.parent.mkdir(exist_ok=True)
        file = path.open("ab")
    except OSError:
        return None
    if claim(file):
        return file
    file.close()
    return None


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The rows that can be understood. A list with anything else in it is kept under another name, which is said."""
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MOST + 1)
    except FileNotFoundError:
        return {}
    except OSError as reason:
        log.warning("%s cannot be read (%s); nothing of it is made", path, reason.strerror or reason)
        return {}
    try:
        rows = _rows(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        _set_aside(path, "nothing of it")
        return {}
    found = {number: row for number, row in rows.items() if _NUMBER.fullmatch(number) and _fits(row)}
    if len(found) < len(rows):
        _set_aside(path, f"{len(found)} of {len(rows)} jobs in it")
    return found


def _rows(data: bytes) -> dict[str, Any]:
    """What a list has. Raises ValueError, KeyError, TypeError, AttributeError, RecursionError."""
    if len(data) > BYTES_MOST:
        raise ValueError("too long")
    document = json.loads(data)
    if document["format"] != FORMAT or document["version"] > VERSION:
        raise ValueError("another kind of list")
    return dict(document["jobs"].items())


def _set_aside(path: Path, understood: str) -> None:
    aside = path.with_name(ASIDE)
    log.warning("%s: %s can be made; as it was it is kept as %s", path, understood, aside.name)
    try:
        path.replace(aside)
    except OSError as reason:
        log.warning("%s cannot be kept (%s)", aside, reason.strerror or reason)


def _fits(row: Any) -> bool:
    texts = ("folder", "first", "second", "negative", "client")
    return (isinstance(row, dict) and row.get("what") in _KINDS and isinstance(row.get("recipe"), dict)
            and all(isinstance(row.get(name), str) for name in texts))


def _task(number: str, row: dict[str, Any]) -> Task:
    usual = Recipe()
    given = {one.name: row["recipe"][one.name] for one in fields(Recipe)
             if isinstance(row["recipe"].get(one.name), type(getattr(usual, one.name)))}
    task = Task(number, row["what"], row["folder"], row["first"], row["second"], Recipe(**given), client=row["client"])
    task.facts = {"negative": row["negative"]} if row["what"] == "picture" else {}
    return task
