"""A song as a graph, made from its files. What a file of a picture or movie is worth is found out elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from server.library.formats.never_again import FILE_NAME as NEVER
from server.library.formats.oddity import Oddities, Oddity, counted, listed
from server.library.formats.transition_lists import EXISTING
from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.graph.song_graph import Presence, SongGraph, Transition
from server.library.songs.listing import MOVIE_SUFFIX
from server.library.songs.naming import Named
from server.library.songs.song_files import SongFiles
from server.library.songs.song_pictures import SongPictures, pictures_of
from server.library.songs.song_scenes import scenes_of

_MOST_PAIRS: Final = 1000
_NAMED: Final = 6
_CONVERT: Final = "it is a folder of frames; interscene song convert makes a movie of it"


@dataclass(frozen=True, slots=True)
class Resolved:
    """The graph, and what was odd when names were taken for pictures."""

    graph: SongGraph
    oddities: tuple[Oddity, ...] = ()


def graph_of_files(files: SongFiles) -> SongGraph:
    """The graph of a song; transitions are those that folders, movies and lists name."""
    return resolve(files).graph


def resolve(files: SongFiles) -> Resolved:
    """The graph of a song, and everything that names in its files left open."""
    pictures = pictures_of(files)
    scenes = scenes_of(files, pictures)
    oddities = [*pictures.oddities, *scenes.oddities]
    wanted = _listed(files, pictures, oddities)
    transitions = dict(wanted)
    found = [(path, path.rpartition("/")[2]) for path in files.frame_folders]
    found += [(path, path.rpartition("/")[2].removesuffix(MOVIE_SUFFIX)) for path in files.movies]
    movies = frozenset(files.movies)
    for path, stem in found:
        ends = _ends(path, stem, pictures, wanted, oddities)
        if ends is None:
            continue
        movie = path if path in movies else ""
        old = transitions.get(edge_of(*ends))
        if old is None or movie or not old.movie:
            transitions[edge_of(*ends)] = Transition(*ends, Presence.EXISTS if movie else Presence.MISSING, movie,
                                                     reason="" if movie else _CONVERT)
    _say_reverse_pairs(files, oddities)
    graph = SongGraph(files.folder.name, pictures.pictures, scenes.scenes, transitions, scenes.sequences,
                      _never(files, pictures, oddities))
    return Resolved(graph, tuple(oddities))


def _listed(files: SongFiles, pictures: SongPictures, oddities: list[Oddity]) -> dict[Edge, Transition]:
    """The transitions that lists want, or say to exist."""
    wanted: dict[Edge, Transition] = {}
    for path, rows in files.lists.items():
        name = path.rpartition("/")[2]
        unknown: list[str] = []
        for row in rows.rows:
            ends = [pictures.names.pictures(each.node) for each in (row.first, row.second)]
            if not all(ends):
                unknown.append(f"{row.first.node} to {row.second.node} (line {row.line})")
                continue
            if len(ends[0]) > 1 or len(ends[1]) > 1:
                oddities.append(Oddity(path, row.line, _may_be(Named(ends[0], ends[1])), "not used"))
                continue
            first, second = ends[0][0], ends[1][0]
            if first == second or not row.compute:
                continue
            reason = f"it is listed in {name}" + (", but is not here" if name == EXISTING else "")
            wanted.setdefault(edge_of(first, second), Transition(first, second, reason=reason))
        if unknown:
            oddities.append(Oddity(path, None, f"{counted(len(unknown), 'transition')} between pictures "
                                   f"that the song does not have: {listed(unknown, 3)}", "not used, but kept"))
    return wanted


def _ends(path: str, stem: str, pictures: SongPictures, wanted: Mapping[Edge, Transition],
          oddities: list[Oddity]) -> tuple[PictureId, PictureId] | None:
    """The two pictures that a folder or movie means; None, with an oddity, when that is not clear."""
    named = pictures.names.of_transition(stem)
    if named is None:
        oddities.append(Oddity(path, None, "its name is not 'name-seed to name-seed'", "not used"))
        return None
    unknown = [each.node for each in (*named.first, *named.second) if each not in pictures.pictures]
    if unknown:
        oddities.append(Oddity(path, None, f"the song has no picture {listed(unknown)}",
                               "not used; put the picture into prompt_images, or its seed into the definitions"))
        return None
    several = len(named.first) * len(named.second) > _MOST_PAIRS
    pairs = [] if several else [(one, other) for one in named.first for other in named.second if one != other]
    if several or len(pairs) > 1:
        asked = _asked(named, wanted)
        if len(asked) != 1:
            oddities.append(Oddity(path, None, _may_be(named), "not used; rename it with the whole seeds: "
                                   + listed((f"'{one.node} to {other.node}'" for one, other in pairs
                                             or zip(named.first, named.second[::-1], strict=False)), 4)))
            return None
        oddities.append(Oddity(path, None, _may_be(named), f"taken as {asked[0][0].node} to {asked[0][1].node}, the "
                               "only one that the lists ask for; rename it so to be sure"))
        return asked[0]
    if not pairs:
        oddities.append(Oddity(path, None, "it leads from a picture to itself", "not used"))
        return None
    return pairs[0]


def _asked(named: Named, wanted: Mapping[Edge, Transition]) -> list[tuple[PictureId, PictureId]]:
    """Those that the lists want of all pairs that can be meant."""
    firsts, seconds = frozenset(named.first), frozenset(named.second)
    found = []
    for one, other in wanted:
        if one in firsts and other in seconds:
            found.append((one, other))
        elif other in firsts and one in seconds:
            found.append((other, one))
    return found


def _may_be(named: Named) -> str:
    return "; ".join(f"{side[0].alias} may be {_or(side)}" for side in named[:2] if len(side) > 1
                     ) + ", since seeds were cut to four digits"


def _or(pictures: Sequence[PictureId]) -> str:
    more = f" or {len(pictures) - _NAMED} others" if len(pictures) > _NAMED else ""
    return " or ".join(each.node for each in pictures[:_NAMED]) + more


def _say_reverse_pairs(files: SongFiles, oddities: list[Oddity]) -> None:
    """Both ways of one transition on disk: one of them is enough, since movies play backwards."""
    stems: defaultdict[frozenset[str], list[str]] = defaultdict(list)
    for path in files.frame_folders:
        first, joint, second = path.rpartition("/")[2].partition(" to ")
        if joint:
            stems[frozenset((first, second))].append(path)
    for paths in stems.values():
        if len(paths) > 1:
            oddities.append(Oddity(paths[0], None, f"the way back is there, too: {listed(paths[1:])}",
                                   "both are kept; one is enough, since it plays backwards", note=True))


def _never(files: SongFiles, pictures: SongPictures, oddities: list[Oddity]) -> frozenset[PictureId]:
    said = Oddities(NEVER)
    found = files.never.pictures(pictures.pictures, said)
    if pictures.pictures and found >= pictures.pictures.keys():
        said.say(None, "every picture of the song is listed",
                 "kept; the song cannot be shown until the list is shorter")
    oddities.extend(said)
    return found
