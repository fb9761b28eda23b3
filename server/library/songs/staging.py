"""A folder that is made beside its final place and appears there as a whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from server.errors import InputError, OutputError
from server.media.part_file import claim, make_folders, output_error, remove_empty

_GROWING: Final = ".{}.part"
_REPLACED: Final = ".{}.replaced"
_CLAIM: Final = ".{}.claim"
_COPY_BLOCK: Final = 1 << 20
_SPARE: Final = 64 << 20
"""Bytes of a disk that are left free."""


class StagedFolder:
    """A context manager: what is put into `path` becomes `final` by `publish`; without it nothing is left.

    With `overwrite`, files of a folder that is there are replaced by those that are new, and its others stay.
    Raises InputError, OutputError.
    """

    def __init__(self, final: Path, *, overwrite: bool = False) -> None:
        self.final = _behind_link(final)
        if not self.final.name or self.final.name in (".", ".."):
            raise InputError(f"{final} is no name of a folder to write; name a new one")
        if Path.cwd().is_relative_to(self.final):
            raise InputError(f"{self.final} is the folder that you are in, or one above it; name another one")
        self.path = self.final.with_name(_GROWING.format(self.final.name))
        self._old = self.final.with_name(_REPLACED.format(self.final.name))
        self._claim = self.final.with_name(_CLAIM.format(self.final.name))
        self._claimed: IO[bytes] | None = None
        self._made: list[Path] = []
        self._overwrite = overwrite

    def __enter__(self) -> Self:
        self._made = make_folders(self.final.parent)
        try:
            self._take()
            self._recover()
            if self.final.exists() and not self.final.is_dir():
                raise OutputError(f"{self.final} is a file; name a folder")
            if not self._overwrite and holds_something(self.final):
                raise OutputError(f"{self.final} is already there; name another folder, or use --overwrite: then files "
                                  "in it are replaced, and its others stay")
            _remove(self.path)
            self.path.mkdir()
        except OSError as reason:
            self._give_back()
            raise output_error(self.final, reason) from None
        except OutputError:
            self._give_back()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        _remove(self.path)
        self._give_back()

    def write(self, name: str, data: bytes) -> None:
        """Write a small file by its path in the folder. Raises OutputError."""
        target = self.path / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        except OSError as reason:
            raise output_error(target, reason) from None

    def folder(self, name: str) -> None:
        """Make a folder by its path in the folder, if it is not there. Raises OutputError."""
        try:
            (self.path / name).mkdir(parents=True, exist_ok=True)
        except OSError as reason:
            raise output_error(self.path / name, reason) from None

    def publish(self) -> None:
        """Give the folder its place. Raises OutputError; then what was there is there again."""
        try:
            _flush_all()
            if not self.final.exists():
                self.path.rename(self.final)
                return
            clash = _clash(self.path, self.final)
            if clash is not None:
                raise OutputError(f"{clash} is a folder in one of the two, and a file or a link in the other; nothing "
                                  "was written: move it away, or name another folder")
            self._exchange()
        except OSError as reason:
            raise output_error(self.final, reason) from None

    def _exchange(self) -> None:
        try:
            self.final.rename(self._old)
            self.path.rename(self.final)
        except BaseException:
            if self._old.exists() and not self.final.exists():
                self._old.rename(self.final)
            raise
        try:
            self._merge_back()
        except KeyboardInterrupt:
            self._merge_back()  # too late to cancel: half a song would be left in its place

    def _recover(self) -> None:
        """Finish what a run that was killed had begun."""
        if not self._old.exists():
            return
        if self.final.exists():
            self._merge_back()
        else:
            self._old.rename(self.final)

    def _merge_back(self) -> None:
        """Move the files that were there and are not replaced into the new folder."""
        stuck = ""
        for path in list(_files_below(self._old)):
            target = self.final / path.relative_to(self._old)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                if not os.path.lexists(target):
                    path.rename(target)
                elif path.is_dir() or target.is_dir():
                    stuck = stuck or f"{path.name} is a folder in one place and none in the other"
            except OSError as reason:
                stuck = stuck or f"{path.name}: {reason.strerror or reason}"
        if stuck:
            raise OutputError(f"{self.final.name} was written, but not everything that was there could be put back "
                              f"({stuck}); the rest lies in {self._old}, and is put back when this is done again")
        shutil.rmtree(self._old)

    def _take(self) -> None:
        self._claimed = self._claim.open("ab")
        if not claim(self._claimed):
            self._claimed.close()
            self._claimed = None
            raise OutputError(f"{self.final.name} is being written by another program; wait for it, or choose "
                              "another name")

    def _give_back(self) -> None:
        if self._claimed is not None:
            self._claimed.close()
            with contextlib.suppress(OSError):
                self._claim.unlink()
        if not self.final.exists():
            remove_empty(self._made)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file with its time, by which indexes know that they are fresh, and without its write protection."""
    shutil.copyfile(source, target)
    facts = source.stat()
    os.utime(target, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def check_space(final: Path, size: int) -> None:
    """Raise OutputError when so many bytes have no room where a folder is to be."""
    free = shutil.disk_usage(final.absolute().parent).free
    if size + _SPARE > free:
        raise OutputError(f"{final.name} needs {max(1, size >> 20)} MiB beside {_SPARE >> 20} MiB that are left free, "
                          f"and {free >> 20} MiB are free; choose another disk, or free some space")


def copy_failure(source: Path, target: Path, reason: OSError) -> InputError | OutputError:
    """What a failed copy is to be called: often it is the source that cannot be read."""
    if not source.exists():
        return OutputError(f"{source} vanished while it was copied; is its disk still connected?")
    try:
        with source.open("rb") as file:
            while file.read(_COPY_BLOCK):
                pass  # a disk may fail in the middle of a file
    except OSError as unreadable:
        return InputError(f"{source} cannot be read: {unreadable.strerror or unreadable}; check its permissions and "
                          "its disk, or take it out of the folder; nothing was kept")
    return output_error(target, reason)


def copy_stream(source: IO[bytes], target: Path) -> None:
    """Write what a stream holds to a new file."""
    with target.open("xb") as file:
        shutil.copyfileobj(source, file, _COPY_BLOCK)


def holds_something(folder: Path) -> bool:
    """Whether there is a folder with anything in it."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except (FileNotFoundError, NotADirectoryError):
        return False


def inside_each_other(one: Path, other: Path) -> bool:
    """Whether one of two places is the other or lies in it."""
    first, second = one.resolve(), other.resolve()
    return first == second or first in second.parents or second in first.parents


def _behind_link(final: Path) -> Path:
    """Where a folder really is: a song may be a link to another disk, and what is exchanged is the folder itself."""
    try:
        return final.resolve() if final.is_symlink() else final.absolute()
    except (OSError, RuntimeError):
        raise InputError(f"{final} is a link that goes round in a loop; name a folder") from None


def _clash(new: Path, old: Path) -> Path | None:
    """The first place where one is a folder and the other is none: neither could take in the files of the other."""
    with os.scandir(new) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        there = old / entry.name
        if not os.path.lexists(there):
            continue
        is_new, is_old = entry.is_dir(follow_symlinks=False), there.is_dir()
        if is_new != is_old or (is_old and there.is_symlink()):
            return there
        inner = _clash(Path(entry.path), there) if is_new else None
        if inner is not None:
            return inner
    return None


def _files_below(folder: Path) -> Iterator[Path]:
    """Every file; a folder that cannot be looked into counts as one."""
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except OSError:
        yield folder
        return
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path))
        else:
            yield Path(entry.path)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def _flush_all() -> None:
    """Bring everything to the disk at once: a call for each of a million frames would take minutes."""
    sync = getattr(os, "sync", None)  # Windows has none
    if sync is not None:
        sync()
