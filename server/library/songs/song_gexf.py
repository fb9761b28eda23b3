"""A song's graph as a GEXF file for Gephi, networkx and the older programs. It draws nothing and opens no file."""

from __future__ import annotations

from typing import Final

from server.library.formats.gexf import EXISTS, INTER, INTRA, SCENE, TYPE, Gexf, GexfEdge, GexfNode
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import SongGraph, Transition

FILE_NAME: Final = "graph_existing_transitions.gexf"
"""What the older programs call it, below `story`."""


def gexf_of_song(song: SongGraph) -> Gexf:
    """The pictures of a song with their scenes, and its transitions with whether they can be played.

    A picture of several scenes has the first; more than the older programs, every edge says why it is missing.
    """
    scenes: dict[PictureId, str] = {}
    for scene in song.scenes.values():
        for picture in scene.pictures:
            scenes.setdefault(picture, scene.name)
    # A transition may lead to a picture that the song has lost: a graph needs it as a node all the same.
    ends = (end for transition in song.transitions.values() for end in transition.edge)
    pictures = dict.fromkeys((*scenes, *song.pictures, *ends))
    nodes = tuple(GexfNode(picture.node, picture.node, {SCENE: scenes.get(picture, "")}) for picture in pictures)
    return Gexf(nodes, tuple(_edge(transition, scenes) for transition in song.transitions.values()), name=song.name)


def _edge(transition: Transition, scenes: dict[PictureId, str]) -> GexfEdge:
    first, second = transition.first, transition.second
    inside = scenes.get(first) is not None and scenes.get(first) == scenes.get(second)
    return GexfEdge(first.node, second.node, {
        EXISTS: transition.playable, TYPE: INTRA if inside else INTER, "presence": transition.presence.value})
