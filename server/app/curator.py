"""`python -m server.app.curator ROOT`: the process that answers what the page asks about songs, so that no other must.

It reads questions from stdin, a line each (`wire.py`), and answers on stdout: a line, and behind it as many bytes as
the line says. It decodes pictures, makes large JSON and writes the songs' files; it ends when stdin closes.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final

from server.app import wire
from server.app.curator_song import CuratedSong, opened
from server.app.curator_strips import Strips
from server.errors import InputError, IntersceneError
from server.playback.clock import Clock, SystemClock

log = logging.getLogger("interscene.curator")

SONGS_KEPT: Final = 6
NICE: Final = 10
PICTURES: Final = ("thumb", "strip")


class Curator:
    """Answers questions one after another; `out` takes lines and bytes."""

    def __init__(self, root: Path, out: IO[bytes], clock: Clock) -> None:
        self._root, self._out, self._clock = root, out, clock
        self._songs: OrderedDict[str, CuratedSong] = OrderedDict()
        self._strips = Strips()
        self._kinds: Mapping[str, Callable[[wire.Said, CuratedSong], bytes]] = {
            "song": lambda _, song: song.document(self._clock.now()),
            "thumb": lambda asked, song: song.thumb(asked["key"]),
            "move": lambda asked, song: song.move(asked["key"], asked["source"], asked["target"]).encode(),
            "undo": lambda _, song: song.undo().encode(),
        }

    def serve(self, questions: SimpleQueue[wire.Said | None]) -> None:
        """Answer until None comes; small pictures, of which there are many, last."""
        waiting: deque[wire.Said] = deque()
        while True:
            asked = waiting.popleft() if waiting and questions.empty() else questions.get()
            if asked is None:
                break
            if asked["say"] in PICTURES and not questions.empty():
                waiting.append(asked)
            else:
                self.answer(asked)
        for song in self._songs.values():
            song.close()

    def answer(self, asked: wire.Said) -> None:
        """Answer one question; what stands in the way is said in words."""
        ticket = asked.get("ticket", 0)
        try:
            place = str(asked["place"])
            act = self._kinds.get(asked["say"])
            if act is not None:
                body = act(asked, self._song(place))
            elif asked["say"] == "strip":
                body = self._strips.of(self._root / place)
            else:
                raise InputError(f"nobody knows how to answer {asked['say']!r}")
            self._say(body, ticket=ticket)
        except IntersceneError as error:
            # A page may be on another machine: it is told of the song, not of this machine's folders.
            text = str(error).replace(str(self._root / str(asked.get("place", ""))), str(asked.get("place", "")))
            self._say(b"", ticket=ticket, code=error.code, kind=type(error).__name__, text=text)
        except Exception:  # one question's trouble must not end the answering of others
            log.exception("a question could not be answered")
            self._say(b"", ticket=ticket, code="internal", kind="",
                      text="that could not be answered; the server's log says why")

    def _song(self, place: str) -> CuratedSong:
        song = self._songs.get(place)
        if song is None:
            song = self._songs[place] = opened(self._root / place)
            while len(self._songs) > SONGS_KEPT:
                self._songs.popitem(last=False)[1].close()
        self._songs.move_to_end(place)
        return song

    def _say(self, body: bytes, **facts: Any) -> None:
        self._out.write(wire.line("answer", bytes=len(body), **facts))
        self._out.write(body)
        self._out.flush()


def stand_back() -> None:
    """Let everybody else go first."""
    if sys.platform != "win32":
        os.nice(NICE)


def main() -> int:
    """Answer until stdin closes."""
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    questions: SimpleQueue[wire.Said | None] = SimpleQueue()

    def read() -> None:
        for data in sys.stdin.buffer:
            found = wire.said(data)
            if found is not None:
                questions.put(found)
        questions.put(None)

    threading.Thread(target=read, name="questions", daemon=True).start()
    stand_back()
    Curator(Path(sys.argv[1]), sys.stdout.buffer, SystemClock()).serve(questions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
