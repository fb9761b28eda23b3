"""A song as the page is told of it: pictures, scenes and edges as one compact JSON text. It opens no picture."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from server.library.graph.identity import Edge, PictureId
from server.library.graph.song_graph import Presence, SceneStep, SongGraph
from server.library.songs.stories import Story

REASONS_MAX: Final = 400
"""Transitions of which it is told why they cannot be played, or not well."""
_PRESENCE: Final = {Presence.EXISTS: 0, Presence.MISSING: 1, Presence.DAMAGED: 2, Presence.STALE: 0}
MAKING: Final = "making"


def song_id(folder: str) -> str:
    """What the page calls a song by: twelve digits of the hash of its folder, with /, as it was opened."""
    return hashlib.sha1(folder.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:12]


def key_of(name: str) -> str:
    """What the page calls a picture by, of its node, or a scene, of its name."""
    return hashlib.sha1(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:12]


def song_document(graph: SongGraph, making: Collection[Edge], stories: Iterable[Story], stamps: Mapping[PictureId, str],
                  undo: str) -> bytes:
    """The song as JSON. `stamps`: what a picture looks like, in a word; `undo`: what would be taken back.

    `pictures`: [node, key, prompt, 0 exists 1 missing 2 damaged, stamp, why, 1 never again]. `scenes`: [name, key,
    numbers of pictures]. `edges` by what is known of them, flat: two numbers of pictures each. `reasons`: [one,
    other, why].
    """
    numbers = {picture: number for number, picture in enumerate(graph.pictures)}
    edges: dict[str, list[int]] = {kind: [] for kind in (*(each.value for each in Presence), MAKING)}
    reasons: list[list[Any]] = []
    for edge, transition in graph.transitions.items():
        if transition.first not in numbers or transition.second not in numbers:
            continue
        ends = numbers[transition.first], numbers[transition.second]
        edges[MAKING if edge in making else transition.presence].extend(ends)
        if transition.reason and transition.presence is not Presence.MISSING and len(reasons) < REASONS_MAX:
            reasons.append([*ends, transition.reason])
    for one, other in making:
        if (one, other) not in graph.transitions and one in numbers and other in numbers:
            edges[MAKING].extend((numbers[one], numbers[other]))
    return json.dumps({
        "name": graph.name,
        "pictures": [[each.id.node, key_of(each.id.node), each.prompt, _PRESENCE[each.presence],
                      stamps.get(each.id, ""), each.reason, int(each.id in graph.never)]
                     for each in graph.pictures.values()],
        "scenes": [[scene.name, key_of(scene.name), [numbers[each] for each in scene.pictures if each in numbers]]
                   for scene in graph.scenes.values()],
        "edges": edges,
        "reasons": reasons,
        "sequences": [[name, [_step(step, numbers) for step in steps]] for name, steps in graph.sequences.items()],
        "stories": [_story(each) for each in stories],
        "undo": undo,
    }, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def _step(step: SceneStep, numbers: Mapping[PictureId, int]) -> list[Any]:
    return [step.scene, step.hops, step.section, [numbers[each] for each in step.start if each in numbers]]


def _story(story: Story) -> dict[str, Any]:
    return {"name": story.name, "approved": story.approved, "note": story.note, "problem": story.problem,
            "sections": [[section.name, round(section.frames / float(section.rate), 3) if section.rate else 0.0,
                          section.problem, section.marks[0].name if section.marks else ""]
                         for section in story.sections]}
