"""The stage frames of a song: each picture as the one JPEG that every movie of it begins and ends with.

They are made once, kept in `stage_frames/` by their hash, and carry in a comment what they were made from, so that
they are recognised without any list. It makes no transitions.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import Cancelled, LibraryError, MediaError, MissingFile
from server.index.format import Mark
from server.index.jpeg import jpeg_header, jpeg_problem
from server.index.opening import sidecar
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Picture, Presence, SongGraph
from server.library.songs.catalogue import READ, save_catalogue
from server.library.songs.listing import STAGE
from server.library.songs.song_folder import OpenSong, open_with_catalogue
from server.library.songs.song_size import STAGE_QUALITY, stage_key, wanted_of
from server.library.songs.stage_list import made_of, read_stage_list, sha1, with_comment
from server.library.songs.versions import is_held, newest_version, next_version, versions_of
from server.media.indexing import index_of
from server.media.jpeg import encode_rgb
from server.media.parallel import ordered_map
from server.media.part_file import write_file
from server.media.picture import decode_picture, read_picture
from server.media.placement import place, place_rgb
from server.media.writer import MovieWriter

Size = tuple[int, int]
Progress = Callable[[int, int], None]
_SMALLEST: Final = 16
STILLS: Final = "stills.mov"
STILLS_RATE: Final = Fraction(30)


@dataclass(frozen=True, slots=True)
class StageFrame:
    """A stage frame on disk; `hash` is the SHA-1 of its bytes, and its name."""

    path: Path
    hash: str

    def jpeg(self) -> bytes:
        """Its bytes. Raises MissingFile when it was taken away meanwhile."""
        return read_picture(self.path)


class StageFrames:
    """The stage frames of one song at one size and quality; every thread may ask."""

    def __init__(self, song: Path, size: Size, quality: int = STAGE_QUALITY) -> None:
        self._song, self.size, self._quality = song, size, quality
        self._folder = song / STAGE
        self.key = stage_key(size, quality)
        self._lock = threading.Lock()
        self._known = read_stage_list(song)

    def known(self, data: bytes) -> str:
        """The hash of the stage frame that these bytes of a picture file have; empty when none was made yet."""
        if _fits(data, self.size):
            return sha1(data)
        with self._lock:
            return self._known.get(made_of(data, self.key), "")

    def frame(self, picture: Picture) -> StageFrame:
        """The stage frame of a picture, made now if it was not yet. Raises MissingFile, NotAMovie, DamagedMovie."""
        if not picture.file:
            raise MissingFile(f"{picture.id.stem} has no picture file; make it, or put it into prompt_images")
        path = self._song / picture.file
        data = read_picture(path)
        known = self.known(data)
        if known and self._is_whole(known):
            return StageFrame(self._folder / f"{known}.jpg", known)
        jpeg = self.jpeg_of(data, path)
        made = StageFrame(self._folder / f"{sha1(jpeg)}.jpg", sha1(jpeg))
        with self._lock:
            if not self._is_whole(made.hash):
                write_file(made.path, jpeg)
            self._known[made_of(data, self.key)] = made.hash
        return made

    def _is_whole(self, known: str) -> bool:
        """Whether the file is what its name says: a disk that was full or pulled out leaves halves."""
        try:
            return sha1((self._folder / f"{known}.jpg").read_bytes()) == known
        except OSError:
            return False

    def jpeg_of(self, data: bytes, path: Path) -> bytes:
        """Make a stage frame of the bytes of a picture file, without keeping it. Raises NotAMovie, DamagedMovie."""
        if _fits(data, self.size):
            return data
        loaded = decode_picture(data, path)
        placement = place((loaded.rgb.shape[1], loaded.rgb.shape[0]), self.size, "cover")
        jpeg = encode_rgb(place_rgb(loaded.rgb, placement), self._quality)
        return with_comment(jpeg, made_of(data, self.key))


def stage_frame(song: Path, picture: Picture, size: Size | None = None, quality: int = STAGE_QUALITY) -> StageFrame:
    """The stage frame of one picture; for many, a `StageFrames` is quicker. Raises MediaError, LibraryError."""
    return StageFrames(song, size or song_size(song), quality).frame(picture)


def song_size(song: Path) -> Size:
    """Width and height at which a song is shown: of its settings, else of its pictures. Raises LibraryError."""
    return wanted_of(song).size or usable_size(open_with_catalogue(song))


def usable_size(song: OpenSong) -> Size:
    """The same of a song that is open. Raises LibraryError."""
    if song.size is None or min(song.size) < _SMALLEST:
        raise LibraryError(f"{song.graph.name} has no size yet: put res_width and res_height into tgen_settings.json, "
                           "or a picture into prompt_images")
    return song.size


def shown_pictures(graph: SongGraph) -> list[Picture]:
    """The pictures of a song that can be shown, in its order: those that exist and may be shown."""
    return [each for each in graph.pictures.values() if each.presence is Presence.EXISTS and each.id not in graph.never]


def make_stage_frames(song: OpenSong, pictures: Iterable[Picture] | None = None, *, progress: Progress | None = None,
                      cancelled: Callable[[], bool] | None = None) -> dict[PictureId, StageFrame | str]:
    """Make the stage frames of pictures, those of the whole song if none are named; of one that cannot be used, why.

    What was made is remembered in the catalogue. Raises LibraryError, OutputError, Cancelled.
    """
    frames = StageFrames(song.folder, usable_size(song))
    wanted = list(shown_pictures(song.graph) if pictures is None else pictures)

    def one(picture: Picture) -> StageFrame | str:
        try:
            return frames.frame(picture)
        except MediaError as reason:
            return str(reason).partition(";")[0]

    made: dict[PictureId, StageFrame | str] = {}
    for picture, result in zip(wanted, ordered_map(one, wanted), strict=True):
        if cancelled is not None and cancelled():
            raise Cancelled(f"the stage frames of {song.graph.name} were cancelled; those that were made are kept")
        made[picture.id] = result
        remember_stage(song, picture, result, frames.key)
        if progress is not None:
            progress(len(made), len(wanted))
    save_catalogue(song.folder, song.catalogue)
    return made


def remember_stage(song: OpenSong, picture: Picture, result: StageFrame | str, key: str) -> None:
    """Note in the catalogue, not on disk yet, which stage frame a picture has; or that it cannot have one."""
    old = song.catalogue.findings.get(picture.file)
    if old is None:
        return
    if isinstance(result, str):
        new = old._replace(level=READ, presence=Presence.DAMAGED, reason=result.rpartition(": ")[2])
    else:
        new = old._replace(stage=result.hash, stage_key=key)
    song.catalogue.findings[picture.file] = new


def make_stills(song: Path, *, progress: Progress | None = None,
                cancelled: Callable[[], bool] | None = None) -> Path:
    """Put the stage frames of all pictures into one movie, a frame each, with marks; one that is right is kept.

    Raises LibraryError, OutputError, Cancelled.
    """
    opened = open_with_catalogue(song)
    frames = make_stage_frames(opened, progress=progress, cancelled=cancelled)
    stage = [(opened.graph.pictures[which], frame) for which, frame in frames.items() if isinstance(frame, StageFrame)]
    if not stage:
        raise LibraryError(f"{song.name} has no pictures that can be shown; interscene song check says why")
    made = {"generator": "stills", "stage": [frame.hash for _, frame in stage]}
    old = find_stills(song)
    if old is not None and _holds(old, made):
        return old
    width, height = usable_size(opened)
    out = next_version(song / STILLS)
    marks = [Mark(place, picture.id.node, frame.hash, picture.prompt or None, picture.id.seed)
             for place, (picture, frame) in enumerate(stage)]
    with MovieWriter(out, width=width, height=height, rate=STILLS_RATE, marks=marks, made=made) as movie:
        for _, frame in stage:
            movie.add(frame.jpeg())
    if not is_held(song):
        for _, path in versions_of(song / STILLS)[:-1]:
            with contextlib.suppress(OSError):  # it is open somewhere, and goes another time
                path.unlink()
                sidecar(path).unlink(missing_ok=True)
    return out


def find_stills(song: Path) -> Path | None:
    """The newest movie of the stage frames of a song, fresh or not; None when there is none."""
    return newest_version(song / STILLS)


def _holds(movie: Path, made: dict[str, Any]) -> bool:
    try:
        return index_of(movie).made == made
    except MediaError:
        return False


def _fits(data: bytes, size: Size) -> bool:
    """Whether a picture file can be a stage frame as it is, byte for byte."""
    try:
        header = jpeg_header(data)
    except MediaError:
        return False
    return ((header.width, header.height, header.chroma) == (*size, "420") and header.components == 3
            and header.muxable and header.orientation is None and jpeg_problem(data) is None)
