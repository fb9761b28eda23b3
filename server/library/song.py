"""Songs: folders of movies that a performer switches to by name. It opens no movie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from server.errors import LibraryError
from server.library.media_folder import MediaFolder, close_to, folded
from server.library.paths import safe_name, shortened

if TYPE_CHECKING:
    from server.library.songlist import SongEntry

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Song:
    """The movies of one song in running order. `first`: where to begin; `playback_mode`: as the list says."""

    name: str
    folder: str
    movies: tuple[str, ...]
    first: int = 0
    playback_mode: int | None = None

    @property
    def movie(self) -> str:
        """The movie to begin with."""
        return self.movies[self.first]


def song_of_folder(media: MediaFolder, folder: str) -> Song:
    """The song of a folder below the media folder. Raises PathRefused, LibraryError."""
    movies = media.movies_of(folder)
    if not movies:
        raise LibraryError(f"{shortened(folder or str(media.root))} holds no movies; encode some into it")
    return Song(folder.rpartition("/")[2] or media.root.name, folder, movies)


def song_by_name(media: MediaFolder, name: str, entries: Sequence[SongEntry] = ()) -> Song:
    """The song that a name means: an entry of the song list, else a folder. Raises PathRefused, LibraryError.

    Case may differ, and of a folder's path the last part is enough while that is clear; `.` is the media folder.
    """
    if name == ".":
        return song_of_folder(media, "")
    for entry in _matching([(entry.song_name, entry) for entry in entries], name)[:1]:
        return _song_of_entry(media, entry)
    wanted = safe_name(name)
    folders = [folder for folder in media.songs if folder]
    found = (_matching([(folder, folder) for folder in folders], wanted)
             or [folder for folder in folders if f"/{folded(folder)}".endswith(f"/{folded(wanted)}")])
    if len(found) == 1:
        return song_of_folder(media, found[0])
    if found:
        raise LibraryError(f"{shortened(name)} may be {', '.join(found[:5])}; say which")
    known = {folded(text): text for text in (*folders, *(entry.song_name for entry in entries))}
    close = [known[text] for text in close_to(wanted, known)]
    hint = f"; did you mean {' or '.join(close)}?" if close else _all_songs(list(known.values()))
    raise LibraryError(f"there is no song {shortened(name)}{hint}")


def _song_of_entry(media: MediaFolder, entry: SongEntry) -> Song:
    folder = safe_name(entry.subfolder) if entry.subfolder.strip(" ./\\") else ""
    movies = media.movies_of(folder)
    if not movies:
        folder, movies = next(((known, media.movies_of(known)) for known in media.songs
                               if folded(known) == folded(folder)), (folder, ()))
    if not 0 <= entry.file_idx < len(movies):
        raise LibraryError(f"the song list puts {shortened(entry.song_name)} at movie {entry.file_idx} of "
                           f"{shortened(folder)}, which has {len(movies)}; correct the list")
    return Song(entry.song_name, folder, movies, entry.file_idx, entry.playback_mode)


def _matching(named: Sequence[tuple[str, Thing]], name: str) -> list[Thing]:
    exact = [thing for text, thing in named if text == name]
    return exact or [thing for text, thing in named if folded(text) == folded(name)]


def _all_songs(names: list[str]) -> str:
    if not names:
        return ": the media folder has none yet; run interscene demo, or put a folder of movies there"
    return f"; there are {', '.join(names[:8])}" + (" and others" if len(names) > 8 else "")
