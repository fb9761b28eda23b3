"""Archives of a song, `<song>_<day>_<time>.tar`, read without unpacking what does not belong below a folder.

Plain tar, names relative to the song. Absolute names, `..`, links and devices are refused one by one; the rest is read.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, NamedTuple

from server.errors import InputError, MissingFile, PathRefused
from server.library.formats.oddity import Oddities
from server.library.paths import safe_name, shortened

SUFFIX: Final = ".tar"
_NAME: Final = re.compile(r"(?P<song>.+?)(?P<transitions>_transitions)?_(?P<stamp>\d{8}_\d{6})\.tar", re.DOTALL)
_BLOCK: Final = 512
_MAGIC: Final = slice(257, 262)
_MOST: Final = 2_000_000
_GZIP: Final = b"\x1f\x8b"


class ArchiveName(NamedTuple):
    """What the name of an archive says: whose it is, when it was made (`YYYYmmdd_HHMMSS`), what is in it."""

    song: str
    stamp: str
    transitions_only: bool


class Member(NamedTuple):
    """A file in an archive: its safe name relative to the song, with /, where it begins, and its size."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of an archive by name; of one that is in it twice, the later, as unpacking would leave it."""

    path: Path
    members: dict[str, Member] = field(default_factory=dict)
    whole: bool = True

    def size(self) -> int:
        """Bytes of all files together."""
        return sum(member.size for member in self.members.values())


def archive_name(name: str) -> ArchiveName | None:
    """What the name of an archive says; None when it is no such name."""
    match = _NAME.fullmatch(name)
    return ArchiveName(match["song"], match["stamp"], match["transitions"] is not None) if match else None


def list_archive(path: Path, oddities: Oddities) -> Archive:
    """List an archive; what is refused or cut off is said. Raises MissingFile, InputError for what is no tar."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            _check_kind(file.read(_BLOCK), path, size)
        with path.open("rb") as file:
            return _listed(file, path, size, oddities)
    except OSError as reason:
        raise MissingFile(f"{path} cannot be read: {reason.strerror or reason}; check its disk") from None


@contextmanager
def open_member(archive: Archive, name: str) -> Iterator[IO[bytes]]:
    """A file of an archive, to be read from its beginning. Raises MissingFile."""
    member = archive.members.get(name)
    if member is None:
        raise MissingFile(f"{shortened(name)} is not in {archive.path.name}")
    try:
        file = archive.path.open("rb")
    except OSError as reason:
        raise MissingFile(f"{archive.path} cannot be read: {reason.strerror or reason}; check its disk") from None
    with file:
        file.seek(member.offset)
        yield _Window(file, member.size)  # type: ignore[misc]


def read_member(archive: Archive, name: str, most: int = 64 << 20) -> bytes:
    """The bytes of a small file of an archive. Raises MissingFile, InputError when it is larger than `most`."""
    member = archive.members.get(name)
    if member is not None and member.size > most:
        raise InputError(f"{shortened(name)} in {archive.path.name} has {member.size} bytes; unpack the archive")
    with open_member(archive, name) as file:
        return file.read()


class _Window:
    """The part of an open file that is one member: it reads that far and no further."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most so many; all that are left for -1."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        return data


def _check_kind(head: bytes, path: Path, size: int) -> None:
    if head.startswith(_GZIP):
        raise InputError(f"{path.name} is compressed; unpack it once, so that a plain .tar remains")
    if size and (len(head) < _BLOCK or (head[_MAGIC] != b"ustar" and not _checks(head) and any(head))):
        raise InputError(f"{path.name} is no tar archive; look at what it is")


def _checks(head: bytes) -> bool:
    """Whether the check sum of a header is right: archives of old programs carry no other mark."""
    said = head[148:156].strip(b"\0 ")
    return bool(said) and said.isdigit() and said.translate(None, b"01234567") == b"" \
        and int(said, 8) == sum(head[:148]) + 8 * 32 + sum(head[156:])


def _listed(file: IO[bytes], path: Path, size: int, oddities: Oddities) -> Archive:
    members: dict[str, Member] = {}
    whole = True
    try:
        with tarfile.open(fileobj=file, mode="r:", errorlevel=0) as tar:
            while whole and (info := tar.next()) is not None:
                tar.members = []  # type: ignore[attr-defined]  # it would keep every header of a large archive
                if len(members) >= _MOST:
                    raise InputError(f"{path.name} holds more than {_MOST} files; no song does")
                whole = _add(info, members, size, oddities)
    except tarfile.TarError as reason:
        oddities.say(None, f"the archive is damaged behind its {len(members)} readable files ({reason})",
                     "those are read; fetch it again")
        whole = False
    if whole and size and not _ends(file, size):
        oddities.say(None, "the archive is cut short", f"its {len(members)} whole files are read; fetch it again")
        whole = False
    return Archive(path, members, whole)


def _ends(file: IO[bytes], size: int) -> bool:
    """Whether a block of zeros stands at the end, as every finished archive has it."""
    file.seek(max(0, size - _BLOCK))
    return not any(file.read(_BLOCK))


def _add(info: tarfile.TarInfo, members: dict[str, Member], size: int, oddities: Oddities) -> bool:
    """Take a file over, or say why not; False when it is cut off."""
    if info.isdir():
        return True
    shown = shortened(info.name)
    if not info.isreg() or info.issparse():
        kind = "a link" if info.issym() or info.islnk() else "no plain file"
        oddities.say(None, f"{shown} is {kind}", "it is left out")
        return True
    try:
        name = safe_name(info.name)
    except PathRefused as reason:
        oddities.say(None, str(reason).partition(";")[0], "it is left out")
        return True
    if info.size < 0 or info.offset_data + info.size > size:
        oddities.say(None, f"{shown} is cut off", "it is left out; fetch the archive again")
        return False
    if name in members:
        oddities.say(None, f"{shown} is in the archive twice", "the later one counts")
    members[name] = Member(name, info.offset_data, info.size)
    return True
