"""What a song is by its own files (pictures, scenes, sequences), as a graph and as a document to be remembered.

What the files of pictures and transitions are worth is not its business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from server.library.graph.identity import PictureId, edge_of
from server.library.graph.song_graph import Picture, Scene, SceneStep, SongGraph, Transition
from server.library.songs.file_graph import graph_of_files
from server.library.songs.listing import FRAMES, META, MOVIES, PICTURES, SCENES, STORY, Listing
from server.library.songs.song_files import read_song_folder
from server.library.songs.song_size import Size, of_settings

_SHAPE: Final = 1
"""Number of the form of the document; another one is read from the song's files again."""


@dataclass(frozen=True, slots=True)
class Structure:
    """`graph` knows no movies and no folders of frames, only transitions that lists want.

    `size` and `steps` are what the settings say: width and height, and frames of a transition.
    """

    graph: SongGraph
    size: Size | None = None
    steps: int | None = None


def inputs_of(listing: Listing, places: Mapping[str, Sequence[str]]) -> str:
    """A digest of what the structure is read from: the song's own text files, and the names of its pictures."""
    digest = hashlib.sha1(str(_SHAPE).encode(), usedforsecurity=False)
    for place in ("", META, STORY):
        for path in sorted(places.get(place, ())):
            stamp = listing[path]
            if path.lower().endswith((".csv", ".json", ".txt")):
                digest.update(f"{path}\0{stamp.size}\0{stamp.mtime_ns}\0".encode("utf-8", "surrogateescape"))
    for place in (PICTURES, SCENES):
        for path in sorted(places.get(place, ())):
            digest.update(f"{path}\0{listing[path].folder}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def structure_of(folder: Path, listing: Listing, places: Mapping[str, Sequence[str]]) -> Structure:
    """Read the song's own files; no file of a picture or transition is looked at. Raises LibraryError."""
    others = {*places.get(MOVIES, ()), *places.get(FRAMES, ())}
    files = read_song_folder(folder, listing={path: stamp for path, stamp in listing.items() if path not in others})
    settings = of_settings(files.settings)
    return Structure(graph_of_files(files), settings.size, settings.steps)


def to_document(structure: Structure) -> dict[str, Any]:
    """The structure as plain lists and maps, to be remembered."""
    graph = structure.graph
    numbers = {picture: number for number, picture in enumerate(graph.pictures)}
    return {
        "shape": _SHAPE, "size": structure.size, "steps": structure.steps,
        "pictures": [[each.id.name, each.id.seed, each.prompt, dict(each.settings)]
                     for each in graph.pictures.values()],
        "scenes": [[scene.name, [numbers.get(each, -1) for each in scene.pictures]]
                   for scene in graph.scenes.values()],
        "wanted": [[numbers.get(each.first, -1), numbers.get(each.second, -1), each.reason]
                   for each in graph.transitions.values()],
        "sequences": [[name, [[step.scene, step.hops, step.section, _ids(step.start), step.random,
                               _ids(sorted(step.avoid))] for step in steps]]
                      for name, steps in graph.sequences.items()],
        "never": _ids(sorted(graph.never))}


def from_document(name: str, document: Any) -> Structure | None:
    """The structure that was remembered; None for what is no such document."""
    try:
        if document["shape"] != _SHAPE:
            return None
        size = document["size"]
        return Structure(_graph(name, document), (size[0], size[1]) if size else None, document["steps"])
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _ids(pictures: Sequence[PictureId]) -> list[list[Any]]:
    return [[each.name, each.seed] for each in pictures]


def _graph(name: str, document: Mapping[str, Any]) -> SongGraph:
    pictures = [Picture(PictureId(who, seed), prompt, settings)
                for who, seed, prompt, settings in document["pictures"]]
    known = [each.id for each in pictures]

    def ids(written: Sequence[Sequence[Any]]) -> tuple[PictureId, ...]:
        return tuple(PictureId(who, seed) for who, seed in written)

    wanted = [Transition(known[first], known[second], reason=reason)
              for first, second, reason in document["wanted"] if first >= 0 and second >= 0]
    return SongGraph(
        name, {each.id: each for each in pictures},
        {scene: Scene(scene, tuple(known[number] for number in inside if number >= 0))
         for scene, inside in document["scenes"]},
        {edge_of(each.first, each.second): each for each in wanted},
        {sequence: tuple(SceneStep(scene, hops, section, ids(start), bool(random), frozenset(ids(avoid)))
                         for scene, hops, section, start, random, avoid in steps)
         for sequence, steps in document["sequences"]},
        frozenset(ids(document["never"])))
