"""Which folders are songs of pictures with transitions between them. It opens no movie."""

from __future__ import annotations

from typing import Final

from server.errors import LibraryError, PathRefused
from server.library.media_folder import MediaFolder, folded
from server.library.paths import inside, safe_name, shortened

TRANSITIONS: Final = "transitions"
DEFINITIONS: Final = "prompt_image_definitions.csv"


def graph_songs(media: MediaFolder) -> tuple[str, ...]:
    """The folders below the media folder that hold transitions, with /, in natural order; `""` is itself one."""
    found = dict.fromkeys(parent for song in media.songs if (parent := _song_of(song)) is not None)
    return tuple(found)


def is_graph_song(media: MediaFolder) -> bool:
    """Whether a media folder is itself such a song."""
    return bool(media.movies_of(TRANSITIONS)) or (media.root / DEFINITIONS).is_file()


def _song_of(folder: str) -> str | None:
    """The song that a folder of movies is the transitions of."""
    if folder == TRANSITIONS:
        return ""
    return folder.removesuffix(f"/{TRANSITIONS}") if folder.endswith(f"/{TRANSITIONS}") else None


def graph_song_of(media: MediaFolder, movie: str) -> str | None:
    """The song of pictures that a movie belongs to: the nearest folder above it that is one."""
    known = set(graph_songs(media))
    folder = movie.rpartition("/")[0]
    while folder:
        if folder in known or _has_definitions(media, folder):
            return folder
        folder = folder.rpartition("/")[0]
    return None


def find_graph_song(media: MediaFolder, name: str) -> str | None:
    """The song of pictures that a name means; None when it means none. Raises PathRefused, LibraryError."""
    try:
        wanted = safe_name(name)
    except PathRefused:
        return None
    if _has_definitions(media, wanted):
        return wanted
    known = [song for song in graph_songs(media) if song]
    for matches in (
        [song for song in known if song == wanted],
        [song for song in known if folded(song) == folded(wanted)],
        [song for song in known if f"/{folded(song)}".endswith(f"/{folded(wanted)}")],
    ):
        if len(matches) > 1:
            raise LibraryError(f"{shortened(name)} may be {', '.join(matches[:5])}; say which")
        if matches:
            return matches[0]
    return None


def _has_definitions(media: MediaFolder, folder: str) -> bool:
    try:
        return (inside(media.root, folder) / DEFINITIONS).is_file()
    except PathRefused:
        return False
