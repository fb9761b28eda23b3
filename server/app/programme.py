"""What is to be served: where the media folder is, and which song or movie each deck begins with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from server.app.graph_songs import find_graph_song, is_graph_song
from server.errors import LibraryError, ServeError
from server.library.media_folder import MediaFolder
from server.library.song import song_by_name
from server.library.songlist import SongEntry
from server.settings.resolved import DEFAULT, Settings

FIRST = "make a first song with: interscene demo"


@dataclass(frozen=True, slots=True)
class Programme:
    """The media folder, and for each deck the song or movie in it to begin with."""

    root: Path
    songs: tuple[tuple[str, bool], ...]
    """Name in the media folder, and whether it is a movie."""


def find(settings: Settings, songs: Sequence[str], entries: Sequence[SongEntry] = ()) -> Programme:
    """Where the songs lie. A song outside the media folder makes the folder that it is in the media folder.

    Raises ServeError when there is nothing to serve or songs lie in several places, LibraryError for a name that
    means nothing.
    """
    paths = [Path(song).resolve() if Path(song).exists() else None for song in songs]
    root = settings.media_dir.resolve()
    outside = [_home(path) for path in paths if path is not None and not path.is_relative_to(root)]
    if outside and settings.origin("media_dir") == DEFAULT:
        root = Path(os.path.commonpath(outside))
    elif outside:
        raise ServeError(f"{outside[0]} is not in the media folder {root}; move the song there, or give --media-dir "
                         "a folder that holds both")
    if not root.is_dir():
        if songs:
            raise ServeError(f"there is no folder or movie {songs[0]}; name one that is there, or {FIRST}")
        raise ServeError(f"there is no media folder {root}; name a song's folder (interscene serve FOLDER), "
                         f"give --media-dir, or {FIRST}")
    folder = MediaFolder(root)
    folder.scan()
    return Programme(root, tuple(
        _by_name(folder, song, entries) if path is None else _by_path(folder, path)
        for song, path in zip(songs, paths, strict=True)))


def in_force(settings: Settings, root: Path) -> Settings:
    """The settings as they are served: the folder that a song lies in stands where no media folder was named."""
    if settings.origin("media_dir") != DEFAULT or settings.media_dir.resolve() == root:
        return settings
    meta = settings.meta_dir if settings.origin("meta_dir") != "as media_dir" else root
    origins = {**settings.origins, "media_dir": "where the song lies"}
    return replace(settings, media_dir=root, meta_dir=meta, origins=MappingProxyType(origins))


def _home(path: Path) -> Path:
    """The folder that becomes the media folder for the sake of a song: the one above, or a folder of songs itself."""
    if path.is_file():
        return path.parent
    inside = MediaFolder(path)
    movies = inside.scan()
    if is_graph_song(inside):
        return path.parent
    if not movies:
        raise ServeError(f"{path} holds no movies; make some with: interscene encode SOURCE {path}")
    return path.parent if inside.movies_of("") else path


def _by_path(folder: MediaFolder, path: Path) -> tuple[str, bool]:
    name = path.relative_to(folder.root).as_posix() if path != folder.root else ""
    if path.is_file():
        if name not in folder.names:
            raise ServeError(f"{path.name} is no movie (.mov, .mp4, .mkv, .avi); make one of it with: "
                             "interscene encode")
        return name, True
    if name and find_graph_song(folder, name) == name:
        return name, False
    below = [song for song in folder.songs if song == name or not name or song.startswith(f"{name}/")]
    if not below:
        raise ServeError(f"{path} holds no movies; make some with: interscene encode SOURCE {path}")
    return below[0] or ".", False


def _by_name(folder: MediaFolder, name: str, entries: Sequence[SongEntry]) -> tuple[str, bool]:
    if find_graph_song(folder, name) is not None:
        return name, False
    try:
        song_by_name(folder, name, entries)
    except LibraryError as no_song:
        try:
            return folder.find(name), True
        except LibraryError:
            raise no_song from None
    return name, False
