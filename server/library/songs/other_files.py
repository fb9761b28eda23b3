"""Files of a song that no graph is made from: lists of frames, runs of Pop-Diffusion, statistics, searches.

They are read so that what is odd about them is known, and kept as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from server.errors import InputError
from server.library.formats.explore_files import parse_combos
from server.library.formats.gexf import parse_gexf
from server.library.formats.observations import parse_observations
from server.library.formats.oddity import Oddities, Oddity
from server.library.formats.pop_settings import parse_pop_settings
from server.library.formats.run_stats import parse_run_stats
from server.library.formats.video_list import parse_video_list
from server.library.formats.weighted_prompts import parse_prompt_file
from server.library.songs.song_files import plan_of, refused

Parser = Callable[[bytes, Oddities], Any]
_LARGEST: Final = 64 << 20


PARSERS: Final[Mapping[re.Pattern[str], Parser]] = {re.compile(pattern, re.IGNORECASE | re.DOTALL): parser for
                                                    pattern, parser in {
    r"(?:.+/)?videos[^/]*\.txt": parse_video_list,
    r"(?:.+/)?[^/]+\(-?\d{1,9}\)_settings\.txt": parse_pop_settings,
    r"(?:.+/)?[^/]+\(-?\d{1,9}\)_stats\.txt": parse_run_stats,
    r"(?:.+/)?interpolation_observations\.txt": parse_observations,
    r"(?:.+/)?antarctic_text_prompts\.txt": parse_prompt_file,
    r"(?:.+/)?combos\.json": parse_combos,
    r"stories/[^/]+/trans(?:ition)?_sequence[^/]*\.csv": plan_of,
    r"(?!story/).+\.gexf": parse_gexf,
}.items()}
"""Parsers by what a path in the song looks like; those of `story` are read with the song itself."""


def read_other_files(folder: Path, paths: Iterable[str]) -> tuple[Mapping[str, Any], tuple[Oddity, ...]]:
    """The contents of all such files by path, and what is odd about them. Never raises."""
    found: dict[str, Any] = {}
    said: list[Oddity] = []
    for path in sorted(paths):
        parser = next((parser for pattern, parser in PARSERS.items() if pattern.fullmatch(path)), None)
        if parser is None:
            continue
        oddities = Oddities(path)
        try:
            if (folder / path).stat().st_size > _LARGEST:
                raise InputError(f"{path}: it is larger than {_LARGEST >> 20} MiB, which no such file is")
            found[path] = parser((folder / path).read_bytes(), oddities)
        except InputError as reason:
            said.append(refused(path, reason))
        except OSError as reason:
            said.append(Oddity(path, None, f"it cannot be read: {reason.strerror or reason}", "kept and not used"))
        said.extend(oddities)
    return found, tuple(said)
