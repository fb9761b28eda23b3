"""A file written beside its final name, claimed while it grows, and published by one rename or not at all.

It knows nothing of what is written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Final

from server.errors import OutputError

PART: Final = ".part"
_SYNC_EVERY: Final = 8 << 20
"""Bytes after which the disk is told to begin: what is left at the end is little, and a power cut takes little."""

_REASONS: Final = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the disk quota is used up; free some space and try again",
    errno.EFBIG: "the file would be larger than this disk allows; make it shorter or smaller",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.EACCES: "it may not be written there; close what plays it, change the permissions, or choose another place",
    errno.EPERM: "it may not be written there; close what plays it, change the permissions, or choose another place",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ENOENT: "its folder is gone; make it again",
    errno.ENOTDIR: "what should be its folder is a file; choose another place",
    errno.EEXIST: "what should be its folder is a file; choose another place",
}


def output_error(path: Path, reason: OSError) -> OutputError:
    """Word a failed write for the person who can act; nothing of the file is kept, and the line says so."""
    why = _REASONS.get(reason.errno or 0) or (reason.strerror or str(reason))
    return OutputError(f"{path.name} was not written and nothing of it was kept: {why}")


def make_folders(folder: Path) -> list[Path]:
    """Make a folder and what is missing above it; return what was made, the deepest first. Raises OutputError."""
    missing: list[Path] = []
    made: list[Path] = []
    try:
        for each in (folder, *folder.parents):
            if each.exists():
                break
            missing.append(each)
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            made.insert(0, each)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder")
    except OSError as reason:
        remove_empty(made)
        why = "there is a file in its way" if isinstance(reason, (NotADirectoryError, FileExistsError)) else (
            _REASONS.get(reason.errno or 0, "").partition(";")[0] or reason.strerror or str(reason))
        raise OutputError(f"the folder {folder} cannot be made: {why}; choose another one") from None
    return made


def remove_empty(folders: Sequence[Path]) -> None:
    """Remove folders, the deepest first, as far as they are empty."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


class PartFile:
    """The growing file of `final`. One process owns it: another one that sweeps the folder leaves it alone.

    Raises OutputError when the name is taken, or when another process is writing it.
    """

    def __init__(self, final: Path, *, overwrite: bool = False) -> None:
        self.final = final
        self.path = final.with_name(final.name + PART)
        self.name = str(self.path)
        try:
            there, is_folder = final.exists(), final.is_dir()
        except OSError as reason:
            raise output_error(final, reason) from None
        if is_folder:
            raise OutputError(f"{final} is a folder; name the file to write in it")
        if there and not overwrite:
            raise OutputError(f"{final} is already there; choose another name, or replace it with --overwrite")
        self._overwrite = overwrite
        self._failure: OSError | None = None
        self._unsynced = 0
        self._syncing: threading.Thread | None = None
        self._made = make_folders(final.parent)
        try:
            self._file = self._open()
        except OutputError:
            remove_empty(self._made)
            raise

    def _open(self) -> IO[bytes]:
        for _ in range(3):
            try:
                file = self.path.open("xb")
            except FileExistsError:
                if not remove_abandoned(self.path):
                    raise OutputError(f"{self.final.name} is being written by another program; wait for it, "
                                      "or choose another name") from None
                continue
            except OSError as reason:
                raise output_error(self.final, reason) from None
            # A sweep may have come between making the file and claiming it: then it is a file without a name.
            if claim(file) and self.path.exists():
                return file
            file.close()
        raise OutputError(f"{self.final.name} is being written by another program; choose another name")

    def write(self, data: bytes) -> int:
        """Append or overwrite at the present place; a failure is kept for `check`.

        A muxer that calls this cannot be trusted to hand an exception through, least of all while it closes.
        """
        if self._failure is None:
            try:
                self._file.write(data)
            except OSError as reason:
                self._failure = reason
            self._unsynced += len(data)
            if self._unsynced >= _SYNC_EVERY:
                self._sync_meanwhile()
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the place of the next write, and return it."""
        if self._failure is None:
            try:
                return self._file.seek(offset, whence)
            except OSError as reason:
                self._failure = reason
        return offset

    def tell(self) -> int:
        """Return the place of the next write."""
        return self._file.tell()

    def check(self) -> None:
        """Raise OutputError when a write has failed, KeyboardInterrupt when one was held back."""
        if _Held.interrupt:
            _Held.interrupt = False
            raise KeyboardInterrupt
        if self._failure is not None:
            raise output_error(self.final, self._failure)

    def flush(self) -> None:
        """Bring every byte to the disk. Raises OutputError."""
        self._synced()
        self.check()
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as reason:
            raise output_error(self.final, reason) from None

    def _sync_meanwhile(self) -> None:
        if self._syncing is not None and self._syncing.is_alive():
            return
        self._unsynced = 0
        self._syncing = threading.Thread(target=self._sync, name="media-sync", daemon=True)
        self._syncing.start()

    def _sync(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError as reason:
            self._failure = self._failure or reason

    def _synced(self) -> None:
        """Wait for the disk; nothing may close the file under it."""
        if self._syncing is not None:
            self._syncing.join()
            self._syncing = None

    def deafen(self) -> None:
        """Ignore what is still written: the file is about to be abandoned."""
        self._failure = self._failure or OSError(errno.ECANCELED, "cancelled")

    def publish(self) -> None:
        """Give the file its final name. Raises OutputError; then the part is still there, for `abandon`."""
        if self.final.exists() and not self._overwrite:
            raise OutputError(f"{self.final} appeared while it was being made; choose another name")
        try:
            if sys.platform == "win32":
                self._file.close()  # an open file cannot be renamed there
            self.path.replace(self.final)
        except OSError as reason:
            raise output_error(self.final, reason) from None
        self._file.close()
        _sync_folder(self.final.parent)

    def abandon(self) -> None:
        """Remove what was written; calling it twice, or after `publish`, does nothing."""
        if self._file.closed and not self.path.exists():
            return
        self._synced()
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self.path.unlink()
        remove_empty(self._made)


def write_file(path: Path, data: bytes, *, overwrite: bool = True) -> None:
    """Write a whole file, and its folder if that is missing, or leave everything as it was. Raises OutputError."""
    part = PartFile(path, overwrite=overwrite)
    try:
        part.write(data)
        part.flush()
        part.publish()
    finally:
        part.abandon()


class _Held:
    """What came at a bad time; there is one keyboard."""

    interrupt = False


def holds_back(frame: FrameType | None) -> bool:
    """Whether an interrupt in this frame has to wait, and then keep it for the next `check`.

    A muxer calls `write`, `seek` and `tell`, and an exception from there never reaches whoever called the muxer.
    """
    called_back = {method.__code__ for method in (PartFile.write, PartFile.seek, PartFile.tell)}
    while frame is not None and frame.f_code not in called_back:
        frame = frame.f_back
    _Held.interrupt = _Held.interrupt or frame is not None
    return frame is not None


def claim(file: IO[bytes]) -> bool:
    """Take a file for this process until it is closed; False when another process has it.

    Windows refuses to delete a file that somebody has open, so that there the open file is the claim.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # some network disks know no locks
    return True


def remove_abandoned(path: Path) -> bool:
    """Remove a part that nobody claims; True when it is gone."""
    try:
        with path.open("rb") as file:
            if not claim(file):
                return False
            if sys.platform != "win32":
                path.unlink()
        if sys.platform == "win32":
            path.unlink()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, where the system offers it for folders."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
