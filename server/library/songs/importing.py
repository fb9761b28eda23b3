"""Import: the folders that the older programs left become one song folder, as a whole or not at all.

Files are copied and never changed; what is odd about them is told in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from server.errors import Cancelled, InputError
from server.library.formats.oddity import Oddity, counted, listed
from server.library.formats.tar_archives import open_member
from server.library.graph.song_graph import SongGraph
from server.library.naming import song_name
from server.library.songs.file_graph import resolve
from server.library.songs.import_plan import ImportPlan, PlannedFile, plan_import
from server.library.songs.imported_media import media_oddities
from server.library.songs.other_files import read_other_files
from server.library.songs.pop_song import add_run_as_song
from server.library.songs.song_files import SongFiles, read_song_folder
from server.library.songs.staging import StagedFolder, check_space, copy_failure, copy_file, copy_stream
from server.media.part_file import output_error

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What was imported, and every oddity: first those to look at, then those that change nothing."""

    song: Path
    files: SongFiles
    graph: SongGraph
    copied: int
    bytes: int
    oddities: tuple[Oddity, ...] = field(default=())


def import_song(folders: Sequence[Path], song: Path, *, overwrite: bool = False, progress: Progress | None = None,
                cancelled: Callable[[], bool] | None = None) -> ImportReport:
    """Import a song from one or several folders or archives, of which the first counts where they differ.

    Raises InputError, MissingFile, OutputError, Cancelled; then there is nothing new.
    """
    song_name(song.absolute().name)
    plan = plan_import(folders, song)
    add_run_as_song(plan)
    if not plan.files:
        raise InputError(f"there is nothing to import in {folders[0]}; name the folder of a song")
    with StagedFolder(song, overwrite=overwrite) as staged:
        check_space(song, plan.bytes)
        _without_unread(plan, _copy(plan, staged.path, progress, cancelled))
        files = read_song_folder(staged.path)
        resolved = resolve(files)
        found = (*plan.oddities, *files.oddities, *resolved.oddities, *media_oddities(plan, staged.path, files),
                 *read_other_files(staged.path, plan.files)[1])
        staged.publish()
    graph = replace(resolved.graph, name=song.absolute().name)
    return ImportReport(song, replace(files, folder=song), graph, len(plan.files), plan.bytes, in_order(found))


def in_order(oddities: Sequence[Oddity]) -> tuple[Oddity, ...]:
    """Those to look at before those that change nothing, each once, a file's own together by line."""
    places = {file: number for number, file in enumerate(dict.fromkeys(each.file for each in oddities))}
    return tuple(sorted(dict.fromkeys(oddities), key=lambda each: (each.note, places[each.file], each.line or 0)))


def _copy(plan: ImportPlan, root: Path, progress: Progress | None,
          cancelled: Callable[[], bool] | None) -> dict[str, str]:
    """Copy all files; return the targets of those that cannot be read, with the reason."""
    made: set[Path] = set()
    unread: dict[str, str] = {}
    for number, file in enumerate(plan.files.values()):
        if cancelled is not None and cancelled():
            raise Cancelled("the import was cancelled; nothing of it was kept")
        if progress is not None:
            progress(number, len(plan.files))
        target = root / file.target
        try:
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            _copy_one(file, target)
        except OSError as reason:
            failure = output_error(target, reason) if file.source is None else copy_failure(file.source, target, reason)
            if not isinstance(failure, InputError):
                raise failure from None
            unread[file.target] = reason.strerror or str(reason)
            target.unlink(missing_ok=True)
    if progress is not None:
        progress(len(plan.files), len(plan.files))
    return unread


def _without_unread(plan: ImportPlan, unread: Mapping[str, str]) -> None:
    """Leave out of the plan what cannot be read, and say so. Raises InputError when nothing remains."""
    if len(unread) == len(plan.files):
        first = next(iter(plan.files.values()))
        raise InputError(f"{first.origin} cannot be read: {unread[first.target]}, and no other file; check permissions "
                         "and disk; nothing was kept")
    for reason in dict.fromkeys(unread.values()):
        names = [target for target, why in unread.items() if why == reason]
        # A song of which a disk holds half is imported; what is missing is named, by its place in the song.
        plan.say(names[0] if len(names) == 1 else ".", f"{counted(len(names), 'file')} that cannot be read ({reason}): "
                 f"{listed(names, 20)}", "not copied; make it readable, and import again with --overwrite")
    for target in unread:
        del plan.files[target]


def _copy_one(file: PlannedFile, target: Path) -> None:
    if file.source is not None:
        copy_file(file.source, target)
    elif file.archive is not None:
        with open_member(file.archive, file.member) as stream:
            copy_stream(stream, target)
    else:
        target.write_bytes(file.data or b"")
