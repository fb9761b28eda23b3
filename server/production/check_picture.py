"""One picture file read to the last byte: is it whole, is all of it drawn, what is its stage frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from server.errors import MediaError, MissingFile
from server.library.graph.song_graph import Presence
from server.library.songs.catalogue import DEEP, UNREAD, Finding
from server.library.songs.listing import Stamp
from server.library.songs.presence import glance_at_picture, picture_structure
from server.library.songs.stage_list import sha1
from server.media.picture import LOSSES, decode_picture, read_picture
from server.production.flat_tail import missing_part
from server.production.stage_song import StageFrames

_SHAPE: Final = 0.01
"""Difference in aspect from which on a picture is noticeably cropped."""


def examine_picture(path: Path, stamp: Stamp, stages: StageFrames | None) -> Finding:
    """Read and decode a picture; `stages` tells its stage frame, which is not kept. Never raises."""
    first = glance_at_picture(path, stamp)
    if first.presence is Presence.DAMAGED:
        return first._replace(level=DEEP)
    try:
        data = read_picture(path)
        size, problem = picture_structure(data)
        if problem:
            return Finding(stamp, DEEP, Presence.DAMAGED, problem, width=size[0], height=size[1])
        loaded = decode_picture(data, path)
        height, width = loaded.rgb.shape[:2]
        problem = missing_part(loaded.rgb)
        notes = [LOSSES[loss] for loss in sorted(loaded.losses)]
        if stages is not None:
            notes += _shape(width, height, stages)
        presence = Presence.DAMAGED if problem else Presence.EXISTS
        finding = Finding(stamp, DEEP, presence, problem, 0, width, height, notes=tuple(notes))
        if stages is None or problem:
            return finding
        stage = stages.known(data) or sha1(stages.jpeg_of(data, path))
        return finding._replace(stage=stage, stage_key=stages.key)
    except MediaError as reason:
        # What cannot be read now is not what the file is.
        return Finding(UNREAD if isinstance(reason, MissingFile) else stamp, DEEP, Presence.DAMAGED,
                       reason_of(reason, path))
    except OSError as reason:
        return Finding(UNREAD, DEEP, Presence.DAMAGED, f"it cannot be read: {reason.strerror or reason}")


def reason_of(reason: MediaError, path: Path) -> str:
    """What an error says of a file, without naming it again or saying what to do."""
    return str(reason).removeprefix(str(path)).removeprefix(path.name).lstrip(":/\\ ").partition(";")[0]


def _shape(width: int, height: int, stages: StageFrames) -> list[str]:
    across, down = stages.size
    if (width, height) == (across, down):
        return []
    cropped = abs(width * down - height * across) > _SHAPE * across * down * max(width / across, height / down)
    how = "cropped and scaled" if cropped else "scaled"
    return [f"it is {width}×{height} and is shown {how} at {across}×{down}"]


def settled(findings: Mapping[str, Finding], path: str, stamp: Stamp, key: str) -> bool:
    """Whether nothing new can be found out about a picture: it was read as it is, for this stage frame."""
    known = findings.get(path)
    return (known is not None and known.stamp == stamp and known.level >= DEEP
            and (known.presence is not Presence.EXISTS or not key or known.stage_key == key))
