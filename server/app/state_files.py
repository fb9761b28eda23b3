"""The state of a running show on disk, so that another process can go on with it: what is written where, and read.

One server at a time keeps it for a media folder. It decides nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from server.app.slots import Kept, Slots
from server.errors import ArchiveDamaged
from server.library.songs.listing import HIDDEN
from server.media.part_file import claim
from server.show.archive import Packer, Unpacker, dump, load, packed, unpacked
from server.show.state import ShowState
from server.units import Seconds

log = logging.getLogger("interscene.state")

FOLDER: Final = "live"
LOCK: Final = "lock"
VERSION: Final = 1
_FAR: Final = 1 << 20
_SIGN: Final = struct.Struct("<dd")
_SIGN_TAG: Final = 1


class Alive(NamedTuple):
    """When a server was last known to live: on its own clock, and by the calendar."""

    at: Seconds
    wall: Seconds


@dataclass(frozen=True, slots=True)
class Before:
    """What a server left behind. `ended`: it was told to stop. `facts`: of its start, see `keeper.py`."""

    state: ShowState
    mind: dict[str, Any]
    facts: dict[str, Any]
    ended: bool
    alive: Alive


def alone(file: IO[bytes], system: Any = None) -> bool:
    """Take a file for this process until it is closed or the process ends; False when another has it.

    Windows locks bytes, and keeps others from reading those: one far behind the end is taken.
    """
    if system is None:
        try:
            import msvcrt as system
        except ImportError:
            return claim(file)
    file.seek(_FAR)
    try:
        system.locking(file.fileno(), system.LK_NBLCK, 1)
    except OSError:
        return False
    finally:
        file.seek(0)
    return True


@dataclass(slots=True)
class StateFiles:
    """Below the media folder; nothing is made before something is written. Methods raise OSError where said."""

    root: Path
    boot: str
    _lock: Any = None
    _state: Slots | None = None
    _movies: Slots | None = None
    _alive: Slots | None = None
    _known: dict[int, int] = field(default_factory=dict)
    _lasting: list[object] = field(default_factory=list)
    _generation: int = 0

    @property
    def folder(self) -> Path:
        return self.root / HIDDEN / FOLDER

    @property
    def kept(self) -> bool:
        """Whether the files are there, and ours."""
        return self._lock is not None

    def claim(self, *, make: bool) -> bool:
        """Have the files for ourselves; `make`: also when there are none yet. False when another server has them.

        Raises OSError where nothing can be written.
        """
        if self._lock is not None:
            return True
        if not self.folder.is_dir():
            if not make:
                return True
            self.folder.mkdir(parents=True, exist_ok=True)
        lock = (self.folder / LOCK).open("ab")
        if not alone(lock):
            lock.close()
            return False
        self._lock = lock
        # For people who look for the process.
        lock.truncate(0)
        lock.write(str(os.getpid()).encode())
        lock.flush()
        self._state, self._movies, self._alive = (Slots(self.folder, name) for name in ("state", "movies", "alive"))
        return True

    def read(self) -> Before | None:
        """What the server before left here; None where there is nothing, or nothing that can be read, which is said."""
        if self._state is None or self._movies is None or self._alive is None:
            return None
        movies = {kept.number: kept for kept in self._movies.read()}
        found = self._state.read()
        for kept in found:
            try:
                return self._before(kept, movies[kept.tag])
            except (ArchiveDamaged, KeyError, TypeError, ValueError, IndexError) as problem:
                log.warning("what the server before left cannot be used: %s", problem)
        return None

    def _before(self, kept: Kept, movies: Kept) -> Before:
        places, tree = load(kept.content)
        lasting = unpacked(movies.content)
        document = Unpacker([lasting[place] for place in places]).value(tree)
        facts = document["facts"]
        if facts["version"] != VERSION:
            raise ArchiveDamaged(f"it was left by another version ({facts['version']}, here {VERSION})")
        sign = Alive(document["at"], document["wall"])
        for alive in (self._alive.read() if self._alive is not None else [])[:1]:
            if alive.tag == _SIGN_TAG and len(alive.content) == _SIGN.size:
                sign = max(sign, Alive(*_SIGN.unpack(alive.content)), key=lambda one: one.wall)
        state = document["state"]
        if not isinstance(state, ShowState):
            raise ArchiveDamaged("it holds no show")
        return Before(state, dict(document["mind"]), dict(facts), bool(document["ended"]), sign)

    def write(self, state: ShowState, mind: dict[str, Any], facts: dict[str, Any], sign: Alive, *,
              ended: bool = False) -> None:
        """Keep a state. Raises OSError, and InputError where a part of it has no place in an archive."""
        assert self._state is not None
        packer = Packer(apart=True)
        tree = packer.tree({"state": state, "mind": mind, "facts": {**facts, "version": VERSION, "boot": self.boot},
                            "ended": ended, "at": sign.at, "wall": sign.wall})
        if not all(id(one) in self._known for one in packer.lasting) or not self._generation:
            self._write_movies(packer.lasting, sign.at)
        places = [self._known[id(one)] for one in packer.lasting]
        self._state.write(dump([places, tree]), self._generation, sign.at)

    def _write_movies(self, lasting: list[object], now: Seconds) -> None:
        assert self._movies is not None
        self._generation = self._movies.write(packed(tuple(lasting)), 0, now)
        self._lasting = list(lasting)
        self._known = {id(one): place for place, one in enumerate(self._lasting)}

    def sign(self, alive: Alive) -> None:
        """Say that the server lives. Raises OSError."""
        assert self._alive is not None
        self._alive.write(_SIGN.pack(*alive), _SIGN_TAG, alive.at)

    def close(self) -> None:
        """Leave the files to the next server."""
        for slots in (self._state, self._movies, self._alive):
            if slots is not None:
                slots.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Leave nothing."""
        for slots in (self._state, self._movies, self._alive):
            if slots is not None:
                slots.remove()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.close()
            with contextlib.suppress(OSError):
                (self.folder / LOCK).unlink()
                self.folder.rmdir()
                self.folder.parent.rmdir()
