"""Folders of numbered frames, `<a>-<seed4> to <b>-<seed4>/frame000000.png`, judged by names and sizes only.

What a picture holds is somebody else's question; that a folder exists says nothing here.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from server.errors import MissingFile
from server.library.formats.oddity import counted, listed

JOINT: Final = " to "
_TRANSITION: Final = re.compile(r"(?P<first>.+?-\d+) to (?P<second>.+-\d+)", re.DOTALL)
_FRAME: Final = re.compile(r"frame(?P<number>\d{1,9})\.(?:png|jpe?g)", re.IGNORECASE | re.ASCII)
_COPY: Final = re.compile(r"(?P<stem>.+?)(?: ?\(\d{1,3}\)| - (?:Copy|Kopie|copie)(?: ?\(\d{1,3}\))?| copy(?: \d{1,3})?)"
                          r"(?P<suffix>\.[A-Za-z0-9]{1,5})?", re.DOTALL)
_COPY_BEFORE: Final = re.compile(r"(?:Copy of|Kopie von|Copie de) (?P<name>.+)", re.IGNORECASE | re.DOTALL)
_OF_THE_SYSTEM: Final = frozenset((".ds_store", "desktop.ini", "thumbs.db", "icon\r"))
_UNFINISHED: Final = (".part", ".tmp", ".crdownload", ".download")


class TransitionName(NamedTuple):
    """The two ends of a transition as its name has them: `name-seed`, the seed perhaps cut to four digits."""

    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.first}{JOINT}{self.second}"


@dataclass(frozen=True, slots=True)
class FrameFolder:
    """The frames of a folder by number, and all that keeps it from being one whole transition.

    `copies`: files that a synced drive or a file manager doubled. `doubled`: further files of a number that one has.
    `empty`: frames without a byte. `missing`: numbers below the last that have no frame.
    """

    frames: Mapping[int, str]
    missing: tuple[int, ...] = ()
    doubled: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def problems(self, wanted: int | None = None) -> tuple[str, ...]:
        """What is wrong, in words; `wanted` is the number of frames that the settings ask for."""
        found = [] if self.frames else ["no frames are in it"]
        if self.missing:
            found.append(f"{counted(len(self.missing), 'frame')} missing: {listed(_runs(self.missing))}")
        for names, words in ((self.empty, "empty (0 bytes)"), (self.unfinished, "not written to the end")):
            if names:
                found.append(f"{counted(len(names), 'file')} {words}: {listed(names, 3)}")
        if self.doubled:
            found.append(f"{counted(len(self.doubled), 'frame')} there twice: {listed(self.doubled, 3)}")
        if wanted is not None and self.frames and not self.missing and len(self.frames) != wanted:
            found.append(f"{counted(len(self.frames), 'frame')}, and the settings ask for {wanted}")
        return tuple(found)

    def remarks(self) -> tuple[str, ...]:
        """What is there and harms nothing, in words."""
        found = [f"{counted(len(self.copies), 'copy', 'copies')} made by a synced drive: {listed(self.copies, 3)}"] \
            if self.copies else []
        return (*found, *([f"other files: {listed(self.others, 3)}"] if self.others else []))

    def in_order(self) -> tuple[str, ...]:
        """The names of the frames by number."""
        return tuple(self.frames[number] for number in sorted(self.frames))


def parse_transition_name(name: str) -> TransitionName | None:
    """The ends that the name of a folder or of a movie's stem says; None when it is no such name."""
    match = _TRANSITION.fullmatch(name)
    return TransitionName(match["first"], match["second"]) if match else None


def original_of(name: str) -> str | None:
    """The name that a file or folder is a copy of, by what programs add to copies; None when it is no copy."""
    before = _COPY_BEFORE.fullmatch(name)
    if before:
        return before["name"]
    match = _COPY.fullmatch(name)
    return match["stem"] + (match["suffix"] or "") if match else None


def frames_of_names(files: Iterable[tuple[str, int]]) -> FrameFolder:
    """Judge a folder by the names and sizes of its files.

    Of several files with one number counts one that is not empty, in the usual spelling before others.
    """
    numbered: dict[int, list[tuple[str, int]]] = {}
    rest: dict[str, list[str]] = {"copies": [], "unfinished": [], "others": []}
    for name, size in files:
        match = _FRAME.fullmatch(unicodedata.normalize("NFKC", name))
        if match:
            numbered.setdefault(int(match["number"]), []).append((name, size))
        elif (kind := _kind_of(name)) is not None:
            rest[kind].append(name)
    chosen: dict[int, str] = {}
    doubled, empty = [], []
    for number, found in numbered.items():
        usual = f"frame{number:06d}.png"
        candidates = sorted((size == 0, name != usual, name) for name, size in found)
        chosen[number] = candidates[0][2]
        doubled += [name for _, _, name in candidates[1:]]
        empty += [candidates[0][2]] if candidates[0][0] else []
    return FrameFolder(chosen, _missing(chosen), tuple(sorted(doubled)), tuple(sorted(rest["copies"])),
                       tuple(sorted(empty)), tuple(sorted(rest["unfinished"])), tuple(sorted(rest["others"])))


def scan_frame_folder(folder: Path) -> FrameFolder:
    """Judge a folder by a look at its names; what lies deeper is not looked at. Raises MissingFile."""
    try:
        with os.scandir(folder) as entries:
            return frames_of_names(list(_files(entries)))
    except OSError as reason:
        raise MissingFile(f"{folder} cannot be read: {reason.strerror or reason}; check its permissions") from None


def doubled_folders(names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Names of transitions that are the same but for case, for accents' spelling, or as a copy, by their first."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        original = original_of(name) or name
        groups.setdefault(unicodedata.normalize("NFC", original).casefold(), []).append(name)
    return {group[0]: tuple(group[1:])
            for group in (sorted(group, key=lambda name: original_of(name) is not None) for group in groups.values())
            if len(group) > 1}


def _files(entries: Iterable[os.DirEntry[str]]) -> Iterable[tuple[str, int]]:
    for entry in entries:
        try:
            if entry.is_file():
                yield entry.name, entry.stat().st_size
            else:
                yield entry.name + "/", 0
        except OSError:
            yield entry.name, 0


def _kind_of(name: str) -> str | None:
    """What a file is that is no frame; None for what systems leave everywhere."""
    if name.startswith(".") or name.casefold() in _OF_THE_SYSTEM:
        return None
    if name.lower().endswith(_UNFINISHED):
        return "unfinished"
    original = original_of(name)
    return "copies" if original is not None and _FRAME.fullmatch(original) else "others"


def _missing(frames: Mapping[int, str], most: int = 100_000) -> tuple[int, ...]:
    """Numbers from 0 to the last that no frame has, at most so many: a stray number makes no million of them."""
    found: list[int] = []
    expected = 0
    for number in sorted(frames):
        found.extend(range(expected, min(number, expected + most - len(found))))
        expected = number + 1
    return tuple(found)


def _runs(numbers: Iterable[int]) -> list[str]:
    """`3 to 7, 9` of 3, 4, 5, 6, 7, 9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [str(low) if low == high else f"{low} to {high}" for low, high in runs]

