"""The songs as the page sees them: which there are is known here, everything else the curator answers."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from server.app.curator_link import CuratorLink
from server.app.graph_songs import graph_songs
from server.app.navigator import Navigator
from server.app.song_page import song_id
from server.errors import LibraryError
from server.library.media_folder import MediaFolder
from server.library.songlist import SongEntry


class LiveSongs:
    """A `SongPort` over a media folder and a curator."""

    def __init__(self, folder: MediaFolder, curator: CuratorLink, navigator: Navigator,
                 entries: Sequence[SongEntry] = ()) -> None:
        self._folder, self._curator, self._navigator, self._entries = folder, curator, navigator, tuple(entries)
        self._named: tuple[tuple[str, ...], dict[str, str]] = ((), {})

    def songs(self) -> list[dict[str, Any]]:
        graphs = [song for song in graph_songs(self._folder) if song]
        told: list[dict[str, Any]] = [
            {"id": song_id(song), "name": song, "kind": "pictures", "movies": []} for song in graphs]
        for song in self._folder.songs:
            # Movies of a song of pictures are its transitions, its stories, its atlas: they are seen there.
            if song and not any(song == graph or song.startswith(f"{graph}/") for graph in graphs):
                told.append({"id": song_id(song), "name": song, "kind": "movies",
                             "movies": [[name, song_id(name)] for name in self._folder.movies_of(song)]})
        if loose := self._folder.movies_of(""):
            told.append({"id": song_id(""), "name": "", "kind": "movies",
                         "movies": [[name, song_id(name)] for name in loose]})
        known = {each["name"] for each in told}
        told += [{"id": song_id(entry.song_name), "name": entry.song_name, "kind": "listed", "movies": []}
                 for entry in self._entries if entry.song_name not in known]
        return told

    def song(self, song: str) -> Future[bytes]:
        return self._curator.ask("song", place=self._place(song))

    def thumb(self, song: str, picture: str) -> Future[bytes]:
        return self._curator.ask("thumb", place=self._place(song), key=picture)

    def strip(self, movie: str) -> Future[bytes]:
        names = self._folder.names
        if names is not self._named[0]:
            self._named = names, {song_id(name): name for name in names}
        name = self._named[1].get(movie)
        if name is None:
            raise LibraryError("there is no such movie any more; look again")
        return self._curator.ask("strip", place=name)

    def move(self, song: str, picture: str, source: str, target: str) -> Future[bytes]:
        return self._curator.ask("move", place=self._place(song), key=picture, source=source, target=target)

    def undo(self, song: str) -> Future[bytes]:
        return self._curator.ask("undo", place=self._place(song))

    def _place(self, song: str) -> str:
        """The folder of a song of pictures below the media folder. Raises LibraryError."""
        places = {song_id(folder): folder for folder in graph_songs(self._folder)}
        # One that is on a deck goes by the folder it was opened as, wherever it lies now.
        places |= {song_id(folder): place for folder, place in self._navigator.places().items()}
        place = places.get(song)
        if place is None:
            raise LibraryError("there is no such song of pictures any more; look again")
        return place
