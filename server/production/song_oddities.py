"""Files of a song that mean nothing, or something else than they look like: copies, changed case, doubles, strays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from server.library.formats.frame_folders import original_of
from server.library.formats.oddity import Oddity
from server.library.graph.identity import PictureId
from server.library.songs.file_graph import resolve
from server.library.songs.listing import MOVIE_SUFFIX, MOVIES, PICTURES, SCENES, by_place
from server.library.songs.naming import Names, split_version
from server.library.songs.song_files import read_song_folder
from server.library.songs.song_folder import OpenSong

_NOT_USED: Final = "it is not used"


def oddities_of(song: OpenSong) -> list[Oddity]:
    """Everything odd about a song's own files and about the names of the others. Raises LibraryError."""
    places = by_place(song.listing)
    movies = set(places.get(MOVIES, ()))
    files = read_song_folder(song.folder,
                             listing={path: stamp for path, stamp in song.listing.items() if path not in movies})
    found = list(dict.fromkeys((*files.oddities, *resolve(files).oddities)))
    names = Names(song.graph.pictures)
    found += _movies(song, names, sorted(movies))
    found += _spellings(song, names, places)
    found += _scene_copies(song, names, places.get(SCENES, ()))
    return found


def _movies(song: OpenSong, names: Names, paths: Sequence[str]) -> Iterator[Oddity]:
    newest: dict[str, int] = {}
    for path in paths:
        stem, version = split_version(path.removesuffix(MOVIE_SUFFIX))
        newest[stem] = max(version, newest.get(stem, 0))
    for path in paths:
        if not path.endswith(MOVIE_SUFFIX):
            if path.lower().endswith(MOVIE_SUFFIX):
                yield Oddity(path, None, "its suffix is not written .mov", f"{_NOT_USED}; rename it")
            elif not song.listing[path].folder:
                yield Oddity(path, None, "it is no movie with instant access", f"{_NOT_USED}; interscene encode makes "
                             "one of it", note=True)
            continue
        stem = path.rpartition("/")[2].removesuffix(MOVIE_SUFFIX)
        named = names.of_transition(stem)
        original = original_of(stem)
        if named is None and original is not None and names.of_transition(original) is not None:
            there = f"{MOVIES}/{original}{MOVIE_SUFFIX}" in song.listing
            yield Oddity(path, None, "it is a copy which a synced drive or a file manager made",
                         f"{_NOT_USED}; " + ("delete it" if there else "rename it if it is the right one"))
        elif named is None:
            yield Oddity(path, None, "its name is not 'name-seed to name-seed'", _NOT_USED)
        elif unknown := [each.node for side in named[:2] for each in side if each not in song.graph.pictures]:
            yield Oddity(path, None, f"the song has no picture {', '.join(unknown)}", f"{_NOT_USED}; put the picture "
                         "into prompt_images, or its seed into the definitions")
        elif not named.clear and any(path == other for other, _ in song.unclear):
            yield Oddity(path, None, "its name can mean several pictures", f"{_NOT_USED}; write the whole seeds")
        elif named.version < newest[split_version(path.removesuffix(MOVIE_SUFFIX))[0]]:
            yield Oddity(path, None, "there is a newer version of it", "it goes when nobody plays it any more",
                         note=True)


def _spellings(song: OpenSong, names: Names, places: Mapping[str, Sequence[str]]) -> Iterator[Oddity]:
    """Files that are the song's only when case, leading zeros or the way of storing accents do not count."""
    for place in (PICTURES, SCENES):
        for path in places.get(place, ()):
            stem = path.rpartition("/")[2].rpartition(".")[0]
            which = names.of_picture_file(path.rpartition("/")[2])
            if which is not None and which in song.graph.pictures and stem != which.stem and _same(stem, which):
                yield Oddity(path, None, f"the song calls this picture {which.stem}", "taken as that", note=True)
    for place in sorted({path.partition("/")[0] for path in song.listing if "/" in path}):
        if place != place.casefold():
            yield Oddity(place, None, f"the folder should be called {place.casefold()}", "taken as that", note=True)


def _same(stem: str, which: PictureId) -> bool:
    return stem.casefold() == which.stem.casefold() or stem.rpartition("_")[2].lstrip("0") == str(which.seed)


def _scene_copies(song: OpenSong, names: Names, paths: Sequence[str]) -> Iterator[Oddity]:
    for path in paths:
        which = names.of_picture_file(path.rpartition("/")[2])
        picture = song.graph.pictures.get(which) if which is not None else None
        if picture is None or not picture.file or picture.file == path or not picture.file.startswith(PICTURES):
            continue
        if song.listing[path].size != song.listing[picture.file].size:
            yield Oddity(path, None, f"it is another picture than {picture.file}", f"{picture.file} counts")
