"""A picture moved from one scene of a song to another, all or nothing: folders of `scenes`, and the sequences.

A scene that is a prompt becomes a folder, as if somebody had grouped its pictures by hand: a picture cannot leave the
prompt that it was made from. Rows that name the scene are written anew, all others keep their bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from server.errors import InputError, LibraryError, PathRefused
from server.library.formats.oddity import listed
from server.library.formats.scene_sequence import FILE_NAME, format_scene_sequence, variant_of
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Scene
from server.library.paths import safe_name
from server.library.songs.listing import SCENES, same_text
from server.library.songs.naming import copy_of
from server.library.songs.regroup_journal import Change, perform, undo_newest
from server.library.songs.song_files import SongFiles, read_song_folder
from server.library.songs.song_pictures import SongPictures, pictures_of
from server.library.songs.song_scenes import scenes_of, usual_steps

_FORBIDDEN: Final = frozenset('<>"|?*:/\\')
_BY_HAND: Final = "by hand"


@dataclass(frozen=True, slots=True)
class Regrouped:
    """What was done, in words, and the text files that were written, as paths in the song."""

    text: str
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Song:
    """A song as it was before the move."""

    folder: Path
    files: SongFiles
    pictures: SongPictures
    scenes: Mapping[str, Scene]

    @classmethod
    def read(cls, folder: Path) -> _Song:
        files = read_song_folder(folder)
        pictures = pictures_of(files)
        return cls(folder, files, pictures, scenes_of(files, pictures).scenes)

    def is_folder(self, scene: str) -> bool:
        """Whether a scene is what lies in its folder, and not a prompt."""
        return not self.pictures.by_prompt().get(scene) and bool(self.pictures.in_folders.get(scene))

    def rows(self, scene: str) -> int:
        """How many rows of sequences name a scene; a song without any sequence visits each once."""
        if not self.files.sequences:
            return 1
        return sum(same_text(line.scene) == same_text(scene) for sequence in self.files.sequences.values()
                   for line in sequence.lines)

    def files_in(self, scene: str, picture: PictureId) -> list[str]:
        """The files of a picture in the folder of a scene."""
        return [path for path in self.files.scene_pictures.get(scene, ())
                if self.pictures.names.of_picture_file(path.rpartition("/")[2]) == picture]


@dataclass(slots=True)
class _Plan:
    """What is to be written: files to copy by where they go, files to take away, scenes under new names."""

    copies: dict[str, str] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)


def regroup(folder: Path, picture: PictureId, source: str, target: str) -> Regrouped:
    """Move a picture from scene `source` to scene `target`. It can be undone.

    Raises InputError when it cannot be done, LibraryError, MissingFile, OutputError; then nothing has changed.
    """
    song = _Song.read(folder)
    _check(song, picture, source, target)
    plan = _Plan()
    into = _enter(song, plan, picture, target)
    out = _leave(song, plan, picture, source)
    texts = _rewritten(song, plan.renamed)
    what = f"{picture.node} moved from {source} to {target}"
    change = Change(what, plan.copies, tuple(plan.taken), texts)
    with perform(folder, change) as work:
        after = _Song.read(folder)
        if not after.files.sequences:
            work.write(FILE_NAME, format_scene_sequence(usual_steps(
                {name: scene.pictures for name, scene in after.scenes.items()})))
            after = _Song.read(folder)
        _verify(song, after, picture, {source: out, target: into})
        return Regrouped(_in_words(song, what, picture, source, plan.renamed), work.written)


def undo_regroup(folder: Path) -> str:
    """Take the newest move back; says what was undone. Raises InputError when there is none or files have changed."""
    return undo_newest(folder)


def _check(song: _Song, picture: PictureId, source: str, target: str) -> None:
    for name in (source, target):
        if name not in song.scenes:
            raise InputError(f"there is no scene {name!r} any more; look again")
    if source == target:
        raise InputError(f"{picture.node} is in {target} already")
    if picture not in song.scenes[source].pictures:
        raise InputError(f"{picture.node} is not in {source} any more; look again")
    if picture in song.scenes[target].pictures:
        raise InputError(f"{picture.node} is in {target} already")
    if len(song.scenes[source].pictures) == 1 and song.rows(source):
        raise InputError(f"{picture.node} is the only picture of {source}, which a sequence visits; take that row out "
                         "of the sequence first")


def _enter(song: _Song, plan: _Plan, picture: PictureId, scene: str) -> str:
    """Put the picture into the folder of a scene, which is made where it has none; returns the scene's name then."""
    if song.is_folder(scene):
        _copy(song, plan, scene, (picture,))
        return scene
    return _made(song, plan, scene, (*song.scenes[scene].pictures, picture))


def _leave(song: _Song, plan: _Plan, picture: PictureId, scene: str) -> str:
    """Take the picture out of a scene; returns the scene's name then, the old one where nothing is left of it."""
    if song.is_folder(scene):
        plan.taken += song.files_in(scene, picture)
        return scene
    if not song.rows(scene):
        return scene  # of a prompt that no sequence names only those count that are in no other scene
    return _made(song, plan, scene, [each for each in song.scenes[scene].pictures if each != picture])


def _made(song: _Song, plan: _Plan, scene: str, pictures: Sequence[PictureId]) -> str:
    """A scene as a folder that holds these pictures."""
    name = scene
    # A drawn graph may call a scene anything, also what leads out of the song's folder.
    if song.pictures.by_prompt().get(scene) or not _is_folder_name(scene):
        taken = {same_text(each) for each in (*song.scenes, *song.pictures.in_folders, *song.pictures.by_prompt(),
                                              *plan.renamed.values())}
        name = _free(scene, taken)
        plan.renamed[scene] = name
    _copy(song, plan, name, pictures)
    return name


def _copy(song: _Song, plan: _Plan, folder: str, pictures: Iterable[PictureId]) -> None:
    known = song.pictures.pictures
    lost = [each.node for each in pictures if not known[each].file]
    if lost:
        raise InputError(f"a scene that is grouped by hand is a folder of pictures, and there is no file of "
                         f"{listed(lost)}; make or add {'it' if len(lost) == 1 else 'them'} first")
    for each in pictures:
        file = known[each].file
        plan.copies[f"{SCENES}/{folder}/{file.rpartition('/')[2]}"] = file


def _is_folder_name(name: str) -> bool:
    try:
        return safe_name(name) == name and "/" not in name and not name.startswith(".")
    except PathRefused:
        return False


def _free(scene: str, taken: set[str]) -> str:
    """A name for the folder of a scene that is no prompt and no scene yet."""
    clean = "".join("_" if each in _FORBIDDEN or ord(each) < ord(" ") else each for each in scene).strip(" .")
    for number in range(1, len(taken) + 2):
        name = f"{clean or 'scene'} {_BY_HAND}" + (f" {number}" if number > 1 else "")
        if same_text(name) not in taken:
            return name
    raise LibraryError(f"no folder can be named for {scene!r}; rename the scene")


def _rewritten(song: _Song, renamed: Mapping[str, str]) -> dict[str, bytes]:
    """The sequences with other names for these scenes, by file."""
    new = {same_text(old): name for old, name in renamed.items()}
    texts: dict[str, bytes] = {}
    for variant, sequence in song.files.sequences.items():
        table = sequence.table
        for line in sequence.lines:
            if same_text(line.scene) in new:
                row = next(row for row in table.rows if row.line == line.line)
                table = table.with_cell(row, "scene", new[same_text(line.scene)])
        if table is not sequence.table:
            texts[_file_of(song.folder, variant)] = table.bytes()
    return texts


def _file_of(folder: Path, variant: str) -> str:
    """The file of a sequence as it is spelt here."""
    return next(name for name in sorted(path.name for path in folder.iterdir())
                if variant_of(name) == variant and copy_of(name.rpartition(".")[0]) is None)


def _verify(before: _Song, after: _Song, picture: PictureId, moved: Mapping[str, str]) -> None:
    """What the files say now must be what was meant, and nothing else. Raises LibraryError.

    `moved`: the scene that the picture left and the one that it came into, by what they are called now.
    """
    source, target = moved
    meant: dict[str, set[PictureId]] = {}
    for name, scene in before.scenes.items():
        left = set(scene.pictures) - ({picture} if name == source else set())
        meant[moved.get(name, name)] = left | ({picture} if name == target else set())
    found = {name: set(scene.pictures) for name, scene in after.scenes.items()}
    wrong = [name for name in (*meant, *found) if meant.get(name, set()) != found.get(name, set())]
    if wrong:
        raise LibraryError(f"{picture.node} cannot be moved to {target}: by the song's files, "
                           f"{listed(dict.fromkeys(wrong))} would hold other pictures than now; nothing was changed. "
                           "Name every scene in a row of the sequence, by its own name and not by its pictures")


def _in_words(song: _Song, what: str, picture: PictureId, source: str, renamed: Mapping[str, str]) -> str:
    words = [what]
    if renamed:
        words.append("grouped by hand from now on: "
                     + listed(f"{old}, as {new!r}" for old, new in renamed.items()))
    if any(picture in song.pictures.meant(text) for sequence in song.files.sequences.values()
           for line in sequence.lines if same_text(line.scene) == same_text(source) for text in line.start):
        words.append(f"it was a start of {source}, and does not count there any more")
    return "; ".join(words)
