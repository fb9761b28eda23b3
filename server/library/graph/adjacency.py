"""Which transitions a song might have: rules that join the pictures of a scene, and those of neighbouring scenes.

Rules are a table of small functions over numbers; they know nothing of what exists, and of no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.errors import InputError
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import SceneStep, SongGraph

Pairs = NDArray[np.int32]
"""(n, 2): the numbers of two pictures, in any order."""
_OLD_FIRST: Final = 3
"""How many pictures of a scene the older `gen_intrascene_transitions` joined."""


@dataclass(frozen=True, slots=True)
class Members:
    """A scene as rules see it: numbers of its pictures, who they are, and the draw that belongs to it."""

    numbers: NDArray[np.int32]
    pictures: Sequence[PictureId]
    draw: str
    """What seeded orders are drawn from; the same for the same song, scene and seed."""
    k: int = 4

    def shuffled(self) -> NDArray[np.int32]:
        """The numbers in the seeded order."""
        order = list(range(len(self.numbers)))
        Random(self.draw).shuffle(order)
        return self.numbers[order]


class Rule(NamedTuple):
    """What joins pictures inside a scene, what joins those of neighbours, and when one wants that."""

    inside: str
    between: str
    doc: str


def _pairs(pairs: Iterable[tuple[int, int]]) -> Pairs:
    return np.array(list(pairs), dtype=np.int32).reshape(-1, 2)


def _all_inside(scene: Members) -> Pairs:
    rows, columns = np.triu_indices(len(scene.numbers), 1)
    return np.column_stack((scene.numbers[rows], scene.numbers[columns]))


def _ring(scene: Members) -> Pairs:
    return np.column_stack((scene.numbers, np.roll(scene.numbers, -1)))


def _near_inside(scene: Members) -> Pairs:
    """Every picture with the k/2 that follow it in the seeded order, which closes to a ring."""
    order = scene.shuffled()
    reach = min(max(1, (scene.k + 1) // 2), max(1, len(order) // 2))
    return np.concatenate([np.column_stack((order, np.roll(order, -step))) for step in range(1, reach + 1)])


def _first_three(scene: Members) -> Pairs:
    return _all_inside(Members(scene.numbers[:_OLD_FIRST], scene.pictures[:_OLD_FIRST], scene.draw))


def _alike(scene: Members, key: Callable[[PictureId], object]) -> Pairs:
    groups: dict[object, list[int]] = {}
    for number, picture in zip(scene.numbers.tolist(), scene.pictures, strict=True):
        groups.setdefault(key(picture), []).append(number)
    return _pairs((one, other) for group in groups.values()
                  for place, one in enumerate(group) for other in group[place + 1:])


def _none(*_scenes: Members) -> Pairs:
    return _pairs(())


def _all_between(one: Members, other: Members) -> Pairs:
    left = np.repeat(one.numbers, len(other.numbers))
    return np.column_stack((left, np.tile(other.numbers, len(one.numbers))))


def _modulo(one: Members, other: Members) -> Pairs:
    """The longer scene with the shorter one, which is gone through again and again: everybody has a way out."""
    if not len(one.numbers) or not len(other.numbers):
        return _none()
    count = max(len(one.numbers), len(other.numbers))
    return np.column_stack((np.resize(one.numbers, count), np.resize(other.numbers, count)))


def _near_between(one: Members, other: Members) -> Pairs:
    """Both scenes laid along one line in their seeded orders; every picture with those of the other nearest to it."""
    left, right = one.shuffled().tolist(), other.shuffled().tolist()
    reach = max(1, one.k // 2)
    pairs = []
    for near, far, swap in ((left, right, False), (right, left, True)):
        for place, number in enumerate(near):
            middle = (place + 0.5) * len(far) / len(near) - 0.5
            nearest = np.argsort(np.abs(np.arange(len(far)) - middle), kind="stable")[:reach].tolist()
            pairs += [(far[at], number) if swap else (number, far[at]) for at in nearest]
    return _pairs(pairs)


def _same_seed(one: Members, other: Members) -> Pairs:
    seeds: dict[int, list[int]] = {}
    for number, picture in zip(other.numbers.tolist(), other.pictures, strict=True):
        seeds.setdefault(picture.seed, []).append(number)
    return _pairs((number, there) for number, picture in zip(one.numbers.tolist(), one.pictures, strict=True)
                  for there in seeds.get(picture.seed, ()))


def _one_each(one: Members, other: Members) -> Pairs:
    """One picture of each, drawn by the seed: the barest link."""
    if not len(one.numbers) or not len(other.numbers):
        return _none()
    return _pairs([(int(one.shuffled()[0]), int(other.shuffled()[-1]))])


INSIDE: Final[Mapping[str, Callable[[Members], Pairs]]] = MappingProxyType({
    "complete": _all_inside,
    "ring": _ring,
    "nearest": _near_inside,
    "first": _first_three,
    "prompt": lambda scene: _alike(scene, lambda picture: picture.name),
    "seed": lambda scene: _alike(scene, lambda picture: picture.seed),
    "none": _none,
})
BETWEEN: Final[Mapping[str, Callable[[Members, Members], Pairs]]] = MappingProxyType({
    "complete": _all_between,
    "modulo": _modulo,
    "nearest": _near_between,
    "seed": _same_seed,
    "one": _one_each,
    "none": _none,
})
RULES: Final[Mapping[str, Rule]] = MappingProxyType({
    "scenes": Rule("complete", "complete", "all inside scenes and between neighbours: the older programs' full graph"),
    "ring": Rule("ring", "modulo", "a ring in every scene, everybody with one of the neighbouring scene"),
    "sparse": Rule("nearest", "nearest", "the nearest few in a seeded order, inside and between"),
    "first": Rule("first", "modulo", "the first three pictures of a scene, and pairs of neighbours by modulo"),
    "alike": Rule("prompt", "seed", "the same prompt inside a scene, the same seed in the neighbour"),
    "seeds": Rule("seed", "seed", "the same seed across prompts"),
    "listed": Rule("none", "none", "only the transitions that the song already lists"),
})


def rule_of(name: str) -> Rule:
    """A rule by its name, or put together as INSIDE+BETWEEN. Raises InputError that names them all."""
    if name in RULES:
        return RULES[name]
    inside, plus, between = name.partition("+")
    if plus and inside in INSIDE and between in BETWEEN:
        return Rule(inside, between, "")
    raise InputError(f"there is no rule {name!r}; there are {', '.join(RULES)}, and any of {', '.join(INSIDE)} inside "
                     f"scenes with any of {', '.join(BETWEEN)} between them, such as ring+modulo")


def neighbours_of(song: SongGraph, steps: Iterable[Sequence[SceneStep]] | None = None) -> tuple[tuple[str, str], ...]:
    """Pairs of scenes that follow each other in these sequences; a row that names no scene is stepped over.

    Without `steps`, in all sequences of the song, and scenes that these leave apart are joined with the scene before
    them in the song's own order, so that nothing is out of reach.
    """
    chosen = list(song.sequences.values() if steps is None else steps)
    rows = [[step.scene for step in sequence if step.scene in song.scenes] for sequence in chosen]
    found = dict.fromkeys((min(pair), max(pair)) for names in rows for pair in pairwise(names) if pair[0] != pair[1])
    if steps is None or not any(rows):
        parts = {name: name for name in song.scenes}
        for one, other in (*tuple(found), *pairwise(song.scenes)):
            if (near := parts[one]) != (far := parts[other]):
                parts = {name: near if part == far else part for name, part in parts.items()}
                found[min(one, other), max(one, other)] = None
    return tuple(found)


def rule_edges(song: SongGraph, rule: str, numbers: Mapping[PictureId, int], *, seed: int = 0, k: int = 4,
               neighbours: Iterable[tuple[str, str]] | None = None) -> Pairs:
    """Every edge of a rule, (n, 2) with the smaller number first, each once, sorted; no picture with itself.

    `k` is how many neighbours the seeded rules give a picture. Raises InputError for a rule that there is not.
    """
    chosen = rule_of(rule)
    inside, between = INSIDE[chosen.inside], BETWEEN[chosen.between]
    scenes = {name: _members(song, name, numbers, seed, k) for name in song.scenes}
    pairs = [inside(scene) for scene in scenes.values()]
    pairs += [between(scenes[one], scenes[other])
              for one, other in (neighbours_of(song) if neighbours is None else neighbours)]
    return each_once(np.concatenate([_none(), *pairs]))


def each_once(pairs: Pairs) -> Pairs:
    """Pairs with the smaller number first, sorted, without doubles and without pictures paired with themselves."""
    ordered = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    keys = np.unique(ordered[:, 0].astype(np.int64) << 32 | ordered[:, 1])
    return np.column_stack((keys >> 32, keys & 0xFFFFFFFF)).astype(np.int32)


def _members(song: SongGraph, scene: str, numbers: Mapping[PictureId, int], seed: int, k: int) -> Members:
    pictures = [picture for picture in song.scenes[scene].pictures
                if picture in numbers and picture not in song.never]
    return Members(np.array([numbers[picture] for picture in pictures], dtype=np.int32), pictures,
                   f"{seed}/{song.name}/{scene}", k)
