"""One song as the curator holds it: its JSON text, made anew when its files have changed, and small pictures of it."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Final

from server.app.song_page import key_of, song_document
from server.errors import InputError, IntersceneError, LibraryError, MediaError
from server.index.opening import open_index
from server.index.reader import FrameReader
from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.graph.song_graph import SongGraph
from server.library.songs.listing import MOVIE_SUFFIX, MOVIES
from server.library.songs.naming import Names
from server.library.songs.regroup import regroup, undo_regroup
from server.library.songs.regroup_journal import newest_change
from server.library.songs.stories import STORIES, Story, read_stories
from server.library.songs.watch import SongWatcher
from server.media.part_file import PART
from server.media.picture import read_picture
from server.media.small import small_jpeg
from server.units import Seconds

POLLS: Final = 120
"""Steps of the watcher that one question pays for: what is new in 20,000 files is found by two questions."""
THUMB_WIDTH: Final = 192
THUMBS_KEPT: Final = 4000
"""Small pictures of a song, of some 5 KiB each."""


class CuratedSong:
    """A song that the page looks at. Raises MissingFile, LibraryError when it is made."""

    def __init__(self, folder: Path) -> None:
        self._open(folder)
        self._thumbs: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._told: tuple[SongGraph | None, frozenset[Edge], object, str] = (None, frozenset(), None, "")
        self._document = b""
        self._stories: tuple[tuple[object, ...], tuple[Story, ...]] = ((), ())

    def _open(self, folder: Path) -> None:
        self._watcher = SongWatcher(folder, hold=False)
        self._names: Names | None = None
        self._graph: SongGraph | None = None

    @property
    def folder(self) -> Path:
        return self._watcher.folder

    @property
    def problem(self) -> str:
        """Why the folder cannot be read now; the song stays as it was."""
        return self._watcher.problem

    def close(self) -> None:
        self._watcher.close()

    def document(self, now: Seconds) -> bytes:
        """The song as JSON, the same bytes as long as nothing has changed."""
        for _ in range(POLLS):
            if self._watcher.poll(now) is not None:
                break
        graph = self._known()
        told = graph, self._making(), self._read_stories(), newest_change(self.folder)
        if not self._document or any(a is not b and a != b for a, b in zip(told[1:], self._told[1:], strict=True)) or (
                graph is not self._told[0]):
            stamps = {picture: self._stamp(picture) for picture in graph.pictures}
            self._document = song_document(graph, told[1], told[2], stamps, told[3])
            self._told = told
        return self._document

    def thumb(self, key: str) -> bytes:
        """A small JPEG of a picture by its key. Raises LibraryError, MediaErrors."""
        picture = self._picture(key)
        stamp = self._stamp(picture)
        kept = self._thumbs.get((key, stamp))
        if kept is None:
            kept = small_jpeg(*self._bytes(picture), THUMB_WIDTH)
            self._thumbs[key, stamp] = kept
            while len(self._thumbs) > THUMBS_KEPT:
                self._thumbs.popitem(last=False)
        return kept

    def move(self, key: str, source: str, target: str) -> str:
        """Move a picture to another scene; says what was done. Raises InputError, LibraryError, OutputError."""
        done = regroup(self.folder, self._picture(key), self._scene(source), self._scene(target))
        self._again()
        return done.text

    def undo(self) -> str:
        """Take the newest move back; says what was undone. Raises InputError, OutputError."""
        text = undo_regroup(self.folder)
        self._again()
        return text

    def _again(self) -> None:
        """Read the song anew at once: the watcher waits until files have settled."""
        folder = self.folder
        self._watcher.close()
        self._open(folder)

    def _known(self) -> SongGraph:
        graph = self._watcher.graph
        if graph is not self._graph:
            self._graph, self._names = graph, Names(graph.pictures)
            self._keys = {key_of(picture.node): picture for picture in graph.pictures}
            self._ends: dict[PictureId, tuple[str, bool]] = {}
            for transition in graph.transitions.values():
                if transition.playable:
                    self._ends.setdefault(transition.first, (transition.movie, True))
                    self._ends.setdefault(transition.second, (transition.movie, False))
        return graph

    def _picture(self, key: str) -> PictureId:
        self._known()
        picture = self._keys.get(key)
        if picture is None:
            raise LibraryError("that picture is not in the song any more; look again")
        return picture

    def _scene(self, key: str) -> str:
        name = next((name for name in self._known().scenes if key_of(name) == key), None)
        if name is None:
            raise LibraryError("that scene is not in the song any more; look again")
        return name

    def _source(self, picture: PictureId) -> str:
        """The file that a picture is seen in: a transition, whose ends are small to read, else its own."""
        known = self._known().pictures[picture]
        return self._ends[picture][0] if picture in self._ends else known.file

    def _stamp(self, picture: PictureId) -> str:
        source = self._source(picture)
        stamp = self._watcher.song.listing.get(source)
        return f"{zlib.crc32(f'{source} {stamp}'.encode('utf-8', 'surrogatepass')):08x}" if source else ""

    def _bytes(self, picture: PictureId) -> tuple[bytes, Path]:
        known = self._known().pictures[picture]
        if picture in self._ends:
            movie, begins = self._ends[picture]
            try:
                return self._end(self.folder / movie, first=begins), self.folder / movie
            except MediaError:
                # It was damaged or taken away since; the picture may have a file of its own.
                if not known.file:
                    raise
        if not known.file:
            raise LibraryError(f"there is no file of {picture.node}; make or add it")
        return read_picture(self.folder / known.file), self.folder / known.file

    @staticmethod
    def _end(path: Path, *, first: bool) -> bytes:
        """The stored bytes of the first or last frame of a movie."""
        index = open_index(path)
        reader = FrameReader(path, index)
        try:
            return reader.read(0 if first else index.count - 1)
        finally:
            reader.close()

    def _making(self) -> frozenset[Edge]:
        """Transitions that somebody is writing at this moment: their movies are not whole yet."""
        assert self._names is not None
        found: set[Edge] = set()
        try:
            parts = [path.name for path in (self.folder / MOVIES).iterdir() if path.name.endswith(PART)]
        except OSError:
            return frozenset()
        for name in parts:
            named = self._names.of_transition(name.removesuffix(PART).removesuffix(MOVIE_SUFFIX))
            if named is not None and named.clear:
                found.add(edge_of(named.first[0], named.second[0]))
        return frozenset(found)

    def _read_stories(self) -> tuple[Story, ...]:
        """The stories; read again when one of their folders has changed."""
        place = self.folder / STORIES
        try:
            stamps: tuple[object, ...] = tuple(sorted(
                (each.name, each.stat().st_mtime_ns) for each in place.iterdir() if each.is_dir()))
        except OSError:
            stamps = ()
        if stamps != self._stories[0]:
            self._stories = stamps, read_stories(self.folder)
        return self._stories[1]


def opened(folder: Path) -> CuratedSong:
    """A song for the page. Raises LibraryError, MissingFile, InputError in words without the machine's paths."""
    try:
        return CuratedSong(folder)
    except IntersceneError:
        raise
    except (OSError, ValueError) as reason:
        raise InputError(f"{folder.name} cannot be opened: {reason}") from None
