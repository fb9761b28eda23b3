"""The list of what waits to be made, on disk: what was wished, not what came of it. It outlives the server.

One server at a time keeps it for a media folder; another one has none, and forgets its jobs when it ends.
"""

from __future__ import annotations

import json
import logging
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
_KINDS: Final = ("transition", "picture")


class WaitingList:
    """Tasks by number. `root` is the media folder; a disk that cannot be written is said once, in the log."""

    def __init__(self, root: Path) -> None:
        self._path = root / HIDDEN / NAME
        self._rows: dict[str, dict[str, Any]] = {}
        self._lock: Any = None
        self._failed = self._closed = False
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

    def _keeps(self) -> bool:
        """Whether the list is ours to keep; once another server has it, it stays with that."""
        if self._lock is None and not self._closed and not self._failed:
            self._lock = _claimed(self._path.with_name(f"{NAME}.lock"))
            self._failed = self._lock is None
            if self._lock is not None:
                self._rows = {**_read(self._path), **self._rows}
        return self._lock is not None

    def _write(self) -> None:
        if not self._keeps():
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
    """The rows that can be understood; a list that cannot be read is an empty one."""
    try:
        document = json.loads(path.read_bytes())
        rows = document["jobs"] if document["format"] == FORMAT and document["version"] <= VERSION else {}
        return {number: row for number, row in rows.items() if number.isascii() and number.isdecimal() and _fits(row)}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        log.warning("%s cannot be read; nothing of it is made", path)
        return {}


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
