"""A folder of frames: all there, numbered without a gap, of one size, none cut short; and whose pictures are its ends.

That the folder exists says nothing. The folder of an interrupted run looks like any other.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import MediaError
from server.library.formats.frame_folders import FrameFolder, frames_of_names
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Picture, Presence
from server.library.songs.catalogue import DEEP, READ, UNREAD, Finding
from server.library.songs.listing import Stamp
from server.library.songs.naming import Named
from server.library.songs.presence import glance_at_picture, picture_structure
from server.media.difference import Thumbnail, difference, thumbnail_of_rgb
from server.media.picture import decode_picture, read_picture
from server.media.placement import place, place_rgb
from server.production.check_picture import reason_of
from server.production.flat_tail import missing_part

Size = tuple[int, int]
ALIKE: Final = 10.0
"""RMS levels at 1/8 size up to which a frame is a picture: JPEG, scaling and other versions stay far below."""
_CLEARER: Final = 1.5
"""How many times farther off the second best candidate must be."""
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class FramesInQuestion:
    """A folder of frames, how it is named, and what the song wants of it."""

    path: Path
    stamp: Stamp
    named: Named | None
    steps: int | None

    @property
    def key(self) -> str:
        """What a judgement depends on beside the files."""
        return f"{self.steps} {self.named}"


class Likeness:
    """How far frames are from the pictures of a song; each picture is decoded once. Every thread may ask."""

    def __init__(self, song: Path, pictures: Mapping[PictureId, Picture], size: Size | None) -> None:
        self._song, self._pictures, self._size = song, pictures, size
        self._small: dict[PictureId, Thumbnail | None] = {}

    def far(self, frame: Path, picture: PictureId) -> float:
        """RMS levels between a frame and a picture, infinite where one of them cannot be read."""
        wanted = self._of_picture(picture)
        if wanted is None:
            return math.inf
        try:
            apart = difference(self._thumbnail(frame), wanted)
        except MediaError:
            return math.inf
        return math.inf if math.isnan(apart) else apart

    def best(self, frame: Path, candidates: Sequence[PictureId]) -> tuple[PictureId | None, float]:
        """Which of several pictures a frame shows, None when that is not clear; and how far it is from it."""
        ranked = sorted((self.far(frame, each), each) for each in candidates)
        apart, which = ranked[0]
        clear = len(ranked) == 1 or (apart <= ALIKE and ranked[1][0] > max(_CLEARER * apart, 1.0))
        return (which if clear else None), apart

    def _of_picture(self, which: PictureId) -> Thumbnail | None:
        if which not in self._small:
            picture = self._pictures.get(which)
            small = None
            if picture is not None and picture.file and picture.presence is Presence.EXISTS:
                try:
                    small = self._thumbnail(self._song / picture.file)
                except MediaError:
                    small = None
            self._small[which] = small
        return self._small[which]

    def _thumbnail(self, path: Path) -> Thumbnail:
        rgb = decode_picture(read_picture(path), path).rgb
        size = self._size or (rgb.shape[1], rgb.shape[0])
        return thumbnail_of_rgb(place_rgb(rgb, place((rgb.shape[1], rgb.shape[0]), size, "cover")))


def contents_of(folder: Path) -> tuple[FrameFolder, str]:
    """The frames of a folder by their names, and a digest of all names, sizes and times. Raises OSError."""
    digest = hashlib.sha1(usedforsecurity=False)
    files = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            name, size, changed = entry.name, 0, 0
            if entry.is_dir():
                name += "/"
            else:
                with contextlib.suppress(OSError):  # a link to nowhere is as good as an empty file
                    facts = entry.stat()
                    size, changed = facts.st_size, facts.st_mtime_ns
            files.append((name, size))
            digest.update(f"{name}\0{size}\0{changed}\0".encode("utf-8", "surrogateescape"))
    return frames_of_names(files), digest.hexdigest()


def examine_frames(asked: FramesInQuestion, likeness: Likeness, *, deep: bool,
                   cancelled: Callable[[], bool] | None = None) -> Finding:
    """Look at every frame's head and end and decode the last one, with `deep` all of them. Never raises.

    Of names that can mean several pictures, the ends say which: `edge` of the finding.
    """
    level = DEEP if deep else READ
    if not asked.stamp.folder:
        return Finding(asked.stamp, level, Presence.DAMAGED, "it is a file where a folder of frames should be")
    try:
        frames, digest = contents_of(asked.path)
    except OSError as reason:
        return Finding(UNREAD, level, Presence.DAMAGED, f"it cannot be read: {reason.strerror or reason}")
    paths = [asked.path / name for name in frames.in_order()]
    finding = Finding(asked.stamp, level, Presence.EXISTS, "", len(paths), stage=digest, stage_key=asked.key,
                      notes=frames.remarks())
    problems = list(frames.problems())
    sizes, broken = _read(paths, deep, cancelled)
    if sizes is None:
        return finding._replace(level=READ - 1)
    problems += broken
    if len(sizes) == 1:
        finding = finding._replace(width=sizes[0][0], height=sizes[0][1])
    elif len(sizes) > 1:
        problems.append(f"its frames have several sizes: {', '.join(f'{width}×{height}' for width, height in sizes)}")
    if problems:
        return finding._replace(presence=Presence.DAMAGED, reason="; ".join(problems))
    return _judged(_with_edge(finding, asked, paths, likeness), asked, paths, likeness)


def _read(paths: Sequence[Path], deep: bool,
          cancelled: Callable[[], bool] | None) -> tuple[list[Size] | None, list[str]]:
    """The sizes that there are, and what is wrong with single frames; no sizes at all when it was cancelled."""
    sizes: dict[Size, None] = {}
    broken: dict[str, list[str]] = {}
    for path in paths:
        if cancelled is not None and cancelled():
            return None, []
        size, problem = examine_frame(path, decoded=deep or path == paths[-1])
        if problem:
            broken.setdefault(problem, []).append(path.name)
        elif size != (0, 0):
            sizes[size] = None
    return list(sizes), [f"{_some(names)}: {problem}" for problem, names in broken.items()]


def examine_frame(path: Path, *, decoded: bool = True) -> tuple[Size, str]:
    """Width and height of one frame, zeros where they cannot be told, and what is wrong with it. Never raises."""
    try:
        facts = path.stat()
        if not decoded:
            found = glance_at_picture(path, Stamp(facts.st_size, facts.st_mtime_ns))
            return (found.width, found.height), found.reason
        data = read_picture(path)
        size, problem = picture_structure(data)
        if problem:
            return size, problem
        rgb = decode_picture(data, path).rgb
        return (rgb.shape[1], rgb.shape[0]), missing_part(rgb)
    except MediaError as reason:
        return (0, 0), reason_of(reason, path)
    except OSError as reason:
        return (0, 0), f"it cannot be read: {reason.strerror or reason}"


def _with_edge(finding: Finding, asked: FramesInQuestion, paths: Sequence[Path], likeness: Likeness) -> Finding:
    named = asked.named
    if named is None or named.clear:
        return finding
    chosen = [likeness.best(frame, candidates)[0]
              for frame, candidates in ((paths[0], named.first), (paths[-1], named.second))]
    if chosen[0] is None or chosen[1] is None:
        note = "its name can mean several pictures, and its end frames look like none of them, or like more than one"
        return finding._replace(notes=(*finding.notes, note))
    return finding._replace(edge=(chosen[0].node, chosen[1].node))


def _judged(finding: Finding, asked: FramesInQuestion, paths: Sequence[Path], likeness: Likeness) -> Finding:
    """Hold the number of frames against the settings."""
    if asked.steps is not None and len(paths) != asked.steps:
        last = _last_picture(finding, asked)
        whole = last is not None and likeness.far(paths[-1], last) <= ALIKE
        count = f"it has {len(paths)} frames, and the settings ask for {asked.steps}"
        if not whole:
            return finding._replace(presence=Presence.DAMAGED,
                                    reason=f"{count}; its last frame is not its second picture")
        note = f"{count}; its last frame is its second picture, so that it is whole"
        finding = finding._replace(notes=(*finding.notes, note))
    return finding


def _last_picture(finding: Finding, asked: FramesInQuestion) -> PictureId | None:
    if finding.edge is not None:
        return PictureId.of_node(finding.edge[1])
    return asked.named.second[0] if asked.named is not None and asked.named.clear else None


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


