"""`interpolation_observations.txt`: which sizes and counts a graphics card managed to in-between, in three spellings.

JSON by run; before that lines like `"gpu" = "v100", "width" = 768, … status = fail`; first of all lines like
`p100, [768,512], 40 frames, 9 interp - fail`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from server.errors import InputError
from server.library.formats.json_text import format_json, parse_object
from server.library.formats.oddity import Oddities
from server.library.formats.text import decoded
from server.library.formats.typed_values import read_typed
from server.library.paths import shortened

# A word is tried once, from its beginning: a long line without = would else be read as often as it has letters.
_PAIR: Final = re.compile(r'"?(?<!\w)(\w+)"?\s*=\s*"?([^",]*)"?')
_FIRST: Final = re.compile(
    r"(?P<gpu>[^,\[\]]+),\s*\[(?P<width>\d{1,9})\s*,\s*(?P<height>\d{1,9})\]\s*,\s*(?P<frames>\d{1,9})\s*frames\s*,"
    r"\s*(?P<interp_num>\d{1,9})\s*interp\s*-\s*(?P<status>\w*)\s*")
_STATUS: Final[Mapping[str, bool | None]] = {"success": True, "fail": False, "failed": False, "": None}
_WHOLES: Final = ("width", "height", "frames", "interp_num")


@dataclass(frozen=True, slots=True)
class Observation:
    """One attempt: this many frames of this size, in-betweened `passes` times. None: nobody wrote how it ended."""

    run: str
    gpu: str
    width: int
    height: int
    frames: int
    passes: int
    success: bool | None = None


def parse_observations(data: bytes, oddities: Oddities) -> tuple[Observation, ...]:
    """Parse a file in any of the three spellings; what is no attempt is said. Raises InputError for what is no text."""
    text, _ = decoded(data, oddities)
    inner = text.strip()
    if not inner:
        return ()
    try:
        stored = parse_object(data, Oddities(oddities.file))
    except InputError:
        return tuple(_of_lines(text, oddities))
    return _of_json(stored, oddities)


def format_observations(observations: Iterable[Observation]) -> bytes:
    """The bytes of a file, in the latest spelling."""
    return format_json({
        one.run: {"gpu": one.gpu, "width": one.width, "height": one.height, "frames": one.frames,
                  "interp_num": one.passes,
                  "status": "" if one.success is None else "success" if one.success else "fail"}
        for one in observations})


def frames_after(count: int, passes: int) -> int:
    """How many frames in-betweening gives: every pass puts one between each two. Raises InputError."""
    if count < 1 or not 0 <= passes <= 40:
        raise InputError(f"{passes} passes over {count} frames cannot be made")
    return ((count - 1) << passes) + 1


def _of_json(stored: Mapping[str, Any], oddities: Oddities) -> tuple[Observation, ...]:
    found = []
    for run, entry in stored.items():
        one = _observation(str(run), entry) if isinstance(entry, Mapping) else None
        if one is None:
            oddities.say(None, f"{shortened(str(run))} is no attempt with gpu, width, height, frames, interp_num",
                         "it is left out")
        else:
            found.append(one)
    return tuple(found)


def _of_lines(text: str, oddities: Oddities) -> Iterable[Observation]:
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if not line.strip(" \t{},"):
            continue
        match = _FIRST.fullmatch(line.strip())
        entry = match.groupdict() if match else dict(_PAIR.findall(line))
        one = _observation(str(number), entry)
        if one is None:
            oddities.say(number, f"{shortened(line.strip(), 40)} is no attempt", "it is left out")
        else:
            yield one


def _observation(run: str, entry: Mapping[str, Any]) -> Observation | None:
    try:
        width, height, frames, passes = (read_typed("whole", entry.get(name)) for name in _WHOLES)
    except InputError:
        return None
    status = str(entry.get("status") or "").strip().lower()
    if status not in _STATUS or min(width, height, frames, passes) < 0:
        return None
    return Observation(run, str(entry.get("gpu") or "").strip(), width, height, frames, passes, _STATUS[status])
