"""What older programs wrote down of this graphics card: sizes and lengths at which in-betweening failed there.

It warns of what is planned and at least as large. It reads no song but its list of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from server.errors import InputError
from server.library.formats.observations import Observation, frames_after, parse_observations
from server.library.formats.oddity import Oddities
from server.render.job import Size

FILE: Final = "interpolation_observations.txt"
_BYTES_MOST: Final = 8 << 20


def observations_in(song: Path, paths: Iterable[str]) -> list[Observation]:
    """All attempts that the files of a song tell of, in their order; what cannot be read tells nothing."""
    found: list[Observation] = []
    for path in sorted(paths):
        if path.rpartition("/")[2].casefold() != FILE:
            continue
        try:
            if (song / path).stat().st_size <= _BYTES_MOST:
                found += parse_observations((song / path).read_bytes(), Oddities(path))
        except (OSError, InputError):
            continue
    return found


def warnings(observations: Iterable[Observation], device: str, size: Size, frames: int) -> Iterator[str]:
    """What failed on this card with as many frames or fewer of this size or a smaller one, unless more went well."""
    seen = [one for one in observations if _same(one.gpu, device) and one.success is not None]
    pixels = size[0] * size[1]
    if any(one.success and one.width * one.height >= pixels and _frames(one) >= frames for one in seen):
        return
    for one in seen:
        if not one.success and 0 < one.width * one.height <= pixels and 0 < _frames(one) <= frames:
            yield (f"this may fail: on a {one.gpu} in-betweening {one.width}×{one.height} to {_frames(one):,} frames "
                   f"failed before, as {FILE} tells, and {frames:,} frames of {size[0]}×{size[1]} are planned")
            return


def _same(gpu: str, device: str) -> bool:
    """Whether short names such as v100 and long ones such as Tesla V100-SXM2-16GB mean the same card."""
    one, other = ("".join(sign for sign in name.casefold() if sign.isalnum()) for name in (gpu, device))
    return len(one) > 1 and len(other) > 1 and (one in other or other in one)


def _frames(one: Observation) -> int:
    try:
        return frames_after(one.frames, one.passes)
    except InputError:
        return 0
