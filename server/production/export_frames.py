"""Transitions that are movies, written as the folders of frames that the older programs read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from server.errors import Cancelled, MediaError
from server.index.reader import FrameReader
from server.library.formats.oddity import Oddity
from server.library.graph.song_graph import SongGraph, Transition
from server.library.songs.listing import FRAMES
from server.media.indexing import index_of
from server.media.jpeg import decode_rgb
from server.media.part_file import output_error
from server.media.png import encode_png


@dataclass(frozen=True, slots=True)
class FrameExport:
    """Writes the movies of a song as folders of frames. `progress` is called with (done, of) transitions."""

    song: Path
    progress: Callable[[int, int], None] | None = None
    cancelled: Callable[[], bool] | None = None

    def __call__(self, graph: SongGraph, folder: Path) -> tuple[Oddity, ...]:
        """Write what is not there yet into `folder`; say what was left out. Raises OutputError, Cancelled."""
        movies = [each for each in graph.transitions.values() if each.movie]
        said: list[Oddity] = []
        for number, each in enumerate(movies):
            if self.progress is not None:
                self.progress(number, len(movies))
            home = folder / FRAMES / f"{each.first.alias} to {each.second.alias}"
            back = folder / FRAMES / f"{each.second.alias} to {each.first.alias}"
            if home.exists() or back.exists():
                said.append(Oddity(each.movie, None, f"there is a folder {home.name} already, as the older programs "
                                   "cut its name", "its frames are not written a second time", note=True))
                continue
            try:
                self._write(each, home)
            except MediaError as reason:
                shutil.rmtree(home, ignore_errors=True)
                said.append(Oddity(each.movie, None, str(reason).partition(";")[0], "its frames are left out"))
        return tuple(said)

    def _write(self, transition: Transition, home: Path) -> None:
        frames = self._frames(self.song / transition.movie)
        first = next(frames, None)
        if first is None:
            return
        try:
            home.mkdir(parents=True)
            for number, data in enumerate(chain((first,), frames)):
                (home / f"frame{number:06d}.png").write_bytes(data)
        except OSError as reason:
            raise output_error(home, reason) from None

    def _frames(self, movie: Path) -> Iterator[bytes]:
        index = index_of(movie)
        with FrameReader(movie, index) as reader:
            for frame in range(index.count):
                if self.cancelled is not None and self.cancelled():
                    raise Cancelled("the export was cancelled; nothing of it was kept")
                yield encode_png(decode_rgb(reader.read(frame)))
