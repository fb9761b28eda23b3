"""Requests as files, for programs that can write files and nothing else: answers lie beside them under the same id.

`request/ID.json` asks for a picture or a transition, `answer/ID.json` says what becomes of it. Nothing else can be
asked, and nothing of a request becomes a path but an id of letters and digits.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from typing import Any, Final

from server.errors import InputError, IntersceneError, LibraryError, OutputError
from server.frontends.folder_wishes import wish_of
from server.frontends.ports import Answer, ShowPort
from server.media.part_file import make_folders, write_file
from server.protocol.command import Source
from server.units import Seconds

log = logging.getLogger("interscene.folder")

REQUESTS: Final = "request"
ANSWERS: Final = "answer"
EVERY: Final[Seconds] = 0.5
BYTES_MOST: Final = 64 << 10
OPEN_MOST: Final = 100
"""Requests that are followed; more wait in their folder."""
LISTED_MOST: Final = 2000
KEPT: Final = 1000
"""Answers that stay; of more the oldest go."""
MISSED_MOST: Final = 20
"""Looks after which a job that nobody knows is given up."""
OVER: Final = frozenset(("done", "failed", "cancelled", "refused"))
TOLD: Final = ("state", "progress", "eta", "what", "from", "to", "reason", "rung")
FAILED: Final = Answer("internal", "the server failed to do this and says why in its log")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class FolderRequests:
    """`look` does everything once; a thread does it twice a second. Raises OutputError where no folder can be made."""

    def __init__(self, folder: Path, show: ShowPort) -> None:
        self._requests, self._answers, self._show = folder / REQUESTS, folder / ANSWERS, show
        for each in (self._requests, self._answers):
            make_folders(each)
        self._seen: dict[str, tuple[int, int]] = {}
        self._asked: dict[str, tuple[str, Future[Answer]]] = {}
        self._told = dict(self._unfinished())
        self._jobs = {name: str(told["job"]) for name, told in self._told.items()}
        self._missed: dict[str, int] = {}
        self._trouble = ""
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="folder requests", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Look no more; what is being made is followed again by the next server."""
        self._ends.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)

    def _run(self) -> None:
        while not self._ends.wait(EVERY):
            self.look()

    def look(self) -> None:
        """Take what is new, and tell what has changed. Raises nothing."""
        try:
            for name in self._settled():
                if len(self._asked) + len(self._jobs) >= OPEN_MOST:
                    break
                self._take(name)
            for name, (kind, answer) in [(name, one) for name, one in self._asked.items() if one[1].done()]:
                del self._asked[name]
                self._answered(name, _said(answer), kind)
            self._follow()
            self._tidy()
            self._trouble = ""
        except (OSError, OutputError) as reason:
            # A share that is away for a while is looked at again, and spoken of once.
            if str(reason) != self._trouble:
                self._trouble = str(reason)
                log.warning("requests in %s cannot be dealt with: %s", self._requests.parent, reason)
        except Exception:  # a thread's top: the folder is looked at again
            log.exception("requests in %s could not be dealt with", self._requests.parent)

    def _settled(self) -> list[str]:
        """Ids of requests that are as they were at the look before: whoever writes one takes a moment."""
        found = dict(_files(self._requests, ".json"))
        settled = sorted(name for name, stamp in found.items() if self._seen.get(name) == stamp)
        self._seen = found
        return [name for name in settled if name not in self._asked and name not in self._jobs]

    def _take(self, name: str) -> None:
        path = self._requests / f"{name}.json"
        if (self._answers / f"{name}.json").exists():
            path.unlink(missing_ok=True)  # an id is used once
            return
        try:
            with path.open("rb") as file:
                data = file.read(BYTES_MOST + 1)
            if len(data) > BYTES_MOST:
                raise InputError(f"it has more than {BYTES_MOST >> 10} KiB, which no request has")
            wish = wish_of(data)
            source = Source(f"folder {wish.client}".rstrip(), 0, "http")
            self._asked[name] = wish.kind, self._show.submit(wish.address, wish.args, source)
        except IntersceneError as reason:
            self._answered(name, Answer(reason.code, str(reason)))
        except OSError:
            raise
        except Exception:  # the border of a request: left where it is, it would keep all behind it unanswered
            log.exception("the request %s could not be dealt with", name)
            self._answered(name, FAILED)

    def _answered(self, name: str, answer: Answer, kind: str = "") -> None:
        """It has a job now, or is refused; then the request goes."""
        if answer.code:
            self._write(name, {"state": "refused", "code": answer.code, "reason": answer.text})
        else:
            self._jobs[name] = answer.text
            self._told[name] = {"state": "waiting", "job": answer.text, "what": kind}
            self._write(name, self._told[name])
        (self._requests / f"{name}.json").unlink(missing_ok=True)

    def _follow(self) -> None:
        if not self._jobs:
            return
        known = {str(job["id"]): job for job in self._show.snapshot()["jobs"]}
        for name, number in list(self._jobs.items()):
            job = known.get(number)
            if job is None or any(self._told[name].get(field, job[field]) != job[field] for field in ("what", "to")):
                self._missing(name, number)
                continue
            told = {"job": number, **{field: job[field] for field in TOLD}}
            if told == self._told.get(name):
                continue
            self._told[name] = told
            if job["state"] == "done" and job["what"] == "picture":
                with contextlib.suppress(LibraryError):
                    write_file(self._answers / f"{name}.jpg", self._show.job_picture(number))
            self._write(name, told)
            if job["state"] in OVER:
                del self._jobs[name], self._told[name]

    def _missing(self, name: str, number: str) -> None:
        """A server before gave this number; where nobody knows it any more, it will not be made."""
        self._missed[name] = self._missed.get(name, 0) + 1
        if self._missed[name] >= MISSED_MOST:
            del self._jobs[name], self._told[name], self._missed[name]
            self._write(name, {"state": "failed", "job": number, "reason": "the server was started again and knows "
                               "nothing of it; ask once more, under another id"})

    def _write(self, name: str, told: Mapping[str, Any]) -> None:
        text = json.dumps({"id": name, **told}, ensure_ascii=False, indent=1)
        write_file(self._answers / f"{name}.json", text.encode("utf-8", "replace"))

    def _unfinished(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Answers of a server before, whose jobs go on with this one."""
        for name, _ in islice(_files(self._answers, ".json"), OPEN_MOST):
            try:
                told = json.loads((self._answers / f"{name}.json").read_bytes()[:BYTES_MOST])
            except (OSError, ValueError, RecursionError):
                continue
            if isinstance(told, dict) and told.get("state") not in OVER and isinstance(told.get("job"), str):
                yield name, told

    def _tidy(self) -> None:
        answers = sorted(((stamp[1], name) for name, stamp in _files(self._answers, ".json")), reverse=True)
        for _, name in answers[KEPT:]:
            if name not in self._jobs:
                for suffix in (".json", ".jpg"):
                    (self._answers / f"{name}{suffix}").unlink(missing_ok=True)


def _said(future: Future[Answer]) -> Answer:
    """What the show answered; its own failure is an answer, too."""
    try:
        return future.result()
    except Exception:  # the border of a request, as above
        log.exception("a request could not be answered")
        return FAILED


def _files(folder: Path, suffix: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """(id, (size, time)) of plain files whose names are ids; links and whatever else lies there are left alone."""
    with os.scandir(folder) as entries:
        for entry in islice(entries, LISTED_MOST):
            name, dot, ending = entry.name.partition(".")
            if f"{dot}{ending}" == suffix and _ID.fullmatch(name) and entry.is_file(follow_symlinks=False):
                stat = entry.stat(follow_symlinks=False)
                yield name, (stat.st_size, stat.st_mtime_ns)
