"""A first judgement on imported pictures and folders of frames, by names, sizes and the ends of files.

`song check` looks deeper; nothing is decoded here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from server.library.formats.frame_folders import doubled_folders, frames_of_names
from server.library.formats.oddity import Oddity
from server.library.formats.old_transitions import old_transitions
from server.library.graph.song_graph import Presence
from server.library.songs.import_plan import ImportPlan, PlannedFile
from server.library.songs.listing import FRAMES, MOVIE_SUFFIX, Stamp
from server.library.songs.presence import glance_at_picture
from server.library.songs.song_files import SongFiles

_ENCODE = "kept; interscene encode makes a movie with instant access of it"


def media_oddities(plan: ImportPlan, root: Path, files: SongFiles) -> list[Oddity]:
    """What is wrong with pictures and folders of frames, as far as a glance tells."""
    return [*_frame_folders(plan.files, files), *_pictures(plan.files, root, files), *_old_movies(plan.files)]


def _frame_folders(planned: Mapping[str, PlannedFile], files: SongFiles) -> Iterable[Oddity]:
    """Folders of frames that are not whole; of which length they should be, the settings say."""
    inside: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for file in planned.values():
        parts = file.target.split("/", 2)
        if len(parts) == 3 and parts[0].casefold() == FRAMES:
            inside[parts[1]].append((parts[2], file.size))
    wanted = {each.frames for settings in files.settings.values() for each in settings.settings.values()}
    for name, twins in doubled_folders(inside).items():
        for twin in twins:
            yield Oddity(f"{FRAMES}/{twin}", None, f"it is {FRAMES}/{name} once more, by a synced drive or in other "
                         "letters", "kept and not used")
    for name, names in sorted(inside.items()):
        folder = frames_of_names(names)
        length = len(folder.frames)
        asked = None if not wanted or length in wanted else usual(files)
        for problem in folder.problems(asked):
            yield Oddity(f"{FRAMES}/{name}", None, problem, "counted as damaged; song check tells what to do")
        for remark in folder.remarks():
            yield Oddity(f"{FRAMES}/{name}", None, remark, "kept and not used", note=True)


def usual(files: SongFiles) -> int:
    """The frames of a transition by the plain settings."""
    chosen = files.settings.get("") or next(iter(files.settings.values()))
    return chosen.usual.frames


def _pictures(planned: Mapping[str, PlannedFile], root: Path, files: SongFiles) -> Iterable[Oddity]:
    for path in (*files.pictures, *(path for paths in files.scene_pictures.values() for path in paths)):
        size = planned[path].size if path in planned else 0
        if not size:
            continue  # said when the folder was read
        finding = glance_at_picture(root / path, Stamp(size, 0))
        if finding.presence is Presence.DAMAGED:
            yield Oddity(path, None, finding.reason, "counted as damaged; make or fetch it again")


def _old_movies(planned: Mapping[str, PlannedFile]) -> Iterable[Oddity]:
    """Movies of the earliest programs; ours have full seeds in their names, and `.mov` behind them."""
    found, oddities = old_transitions(planned)
    yield from oddities
    for each in found:
        if not each.movie.lower().endswith(MOVIE_SUFFIX):
            yield Oddity(each.movie, None, "it is a movie of an older program, which may not be played by frame",
                         _ENCODE)
        if each.reversed_copy:
            yield Oddity(each.reversed_copy, None, f"it is {each.movie} turned round",
                         "kept and not used, since movies play backwards", note=True)
