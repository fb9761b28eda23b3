"""At which frames a Pop-Diffusion run asks for a caption: `10,50`, or `x20` for every twentieth. Numbers only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from server.errors import InputError
from server.library.formats.key_frames import LAST_FRAME
from server.library.paths import shortened

_EVERY: Final = re.compile(r"[xX]\s*(\d{1,9})")
_NUMBER: Final = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class CaptionFrames:
    """Frames in order, each once; or every so many of them from the first multiple on, where `every` is not 0."""

    frames: tuple[int, ...] = ()
    every: int = 0

    def until(self, count: int) -> tuple[int, ...]:
        """The frames of a run of so many."""
        if self.every:
            return tuple(range(self.every, count, self.every))
        return tuple(frame for frame in self.frames if frame < count)


def parse_caption_frames(text: str) -> CaptionFrames:
    """Parse `10,50`, `x20` or nothing. Raises InputError that quotes what cannot be read."""
    bare = text.strip()
    if match := _EVERY.fullmatch(bare):
        every = int(match[1])
        if not 1 <= every <= LAST_FRAME:
            raise InputError(f"{shortened(bare)}: every how many frames is 1 or more")
        return CaptionFrames(every=every)
    found: set[int] = set()
    for part in filter(None, (part.strip() for part in bare.split(","))):
        if not _NUMBER.fullmatch(part) or int(part) > LAST_FRAME:
            raise InputError(f"{shortened(part, 40)} is no frame; frames are like 10, 50, or x20 for every twentieth")
        found.add(int(part))
    return CaptionFrames(tuple(sorted(found)))


def format_caption_frames(frames: CaptionFrames) -> str:
    """The text that `parse_caption_frames` reads back as the same."""
    return f"x{frames.every}" if frames.every else ",".join(map(str, frames.frames))
