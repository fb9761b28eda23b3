"""The smallest plan that keeps the guarantee, as far as a seeded search finds it, and how small one can be at all.

Built from ears: in each scene two ways out, and chains of pictures that begin and end at them, no longer than the
hops reach; from rings, with a way out at every second picture, where the ways are longer than ears are. Then every
edge is taken away that can be, in several orders, and rearranged a little at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Set
from itertools import combinations, pairwise, product
from random import Random
from typing import Final

from server.library.graph.guarantee import (
    Demands,
    Ledger,
    Pair,
    adjacency_of,
    bits,
    mask_of,
    reached_from,
    shortfalls,
)
from server.library.graph.passages import Passage
from server.library.graph.plan_graph import PLAYABLE, PlanGraph

Progress = Callable[[int, int], None]
_SMALL: Final = 8
"""Pictures of a scene up to which the search begins with all edges there are."""
_ORDERS: Final = 6
_FEW_EDGES: Final = 1500
"""Edges up to which several orders are tried."""
_TRIES: Final = 20
"""Rearrangements a picture, and how many at most."""
_MOST_TRIES: Final = 3000
_WORK: Final = 8_000_000
"""Steps of searches for ways after which the plan is left as it is: seconds, where scenes are large and ways long."""


def least_plan(graph: PlanGraph, demands: Demands, *, seed: int = 0, tries: int | None = None,
               progress: Progress | None = None) -> set[Pair]:
    """Edges to make beside those that exist, so that the guarantee holds; the same for the same seed.

    `tries`: how often the plan is rearranged a little; some for every picture when not given, and fewer where ways are
    long and hard to find. `progress` is called with how many of them are done, and of how many; what it raises ends
    the search.
    """
    known = {(one, other): state for one, other, state in graph.each_edge()
             if not (graph.never[one] or graph.never[other])}
    free = {pair for pair, state in known.items() if state == PLAYABLE}
    makeable = known.keys() - free
    begun = _enough(graph, demands, known.keys(), _begun(demands, seed) & known.keys() | free)
    rng = Random(f"least/{seed}")
    tell = progress or (lambda _done, _total: None)
    total = min(_MOST_TRIES, _TRIES * len(graph.pictures)) if tries is None else tries
    ledgers: list[Ledger] = []
    spent = 0
    for _ in range(_ORDERS if len(begun) <= _FEW_EDGES else 1):
        if spent > _WORK // 2:
            break
        ledger = Ledger(demands, len(graph.pictures), begun)
        _thin(ledger, sorted(begun & makeable), rng, _WORK - spent, lambda: tell(0, total))
        ledgers.append(ledger)
        spent += ledger.work
    best = min(ledgers, key=lambda ledger: len(ledger.pairs))
    _rearrange(best, sorted(makeable), rng, total, tell, best.work + _WORK - spent)
    return best.pairs - free


def _thin(ledger: Ledger, pairs: Sequence[Pair], rng: Random, until: float = math.inf,
          look: Callable[[], None] = lambda: None) -> list[Pair]:
    """Take away what can be, in a drawn order, until the ledger's work is so much; return what was."""
    order, taken = list(pairs), []
    rng.shuffle(order)
    for pair in order:
        look()
        if ledger.work > until:
            break
        if ledger.remove(pair):
            taken.append(pair)
    return taken


def _rearrange(ledger: Ledger, makeable: Sequence[Pair], rng: Random, tries: int, progress: Progress,
               until: float) -> None:
    """Put an edge or three in near each other, and take out all that can then go around them.

    As many edges as before are kept too: from there the next step may lead down. It ends when the ledger's work is
    `until`.
    """
    near: dict[int, list[Pair]] = {}
    for pair in makeable:
        for end in pair:
            near.setdefault(end, []).append(pair)
    ends, allowed = sorted(near), set(makeable)
    for turn in range(tries if ends else 0):
        progress(turn, tries)
        if ledger.work > until:
            return
        first = rng.choice(near[rng.choice(ends)])
        put = {first, *(rng.choice(near[rng.choice(first)]) for _ in range(rng.randrange(3)))} - ledger.pairs
        for pair in put:
            ledger.add(pair)
        taken = _thin(ledger, [pair for pair in ledger.around({end for pair in put for end in pair})
                               if pair in allowed and pair not in put], rng)
        kept = len(put) - len(_thin(ledger, sorted(put), rng))
        if kept > len(taken):
            for pair in taken:
                ledger.add(pair)
            _thin(ledger, sorted(put & ledger.pairs), rng)


def _enough(graph: PlanGraph, demands: Demands, known: Set[Pair], begun: Set[Pair]) -> set[Pair]:
    """Add what is known around every picture that lacks something, wider each time, until nothing lacks."""
    pairs = set(begun)
    for width in range(3):
        lacking = {lack.picture for lack in shortfalls(demands, len(graph.pictures), pairs)}
        if not lacking:
            return pairs
        if width:
            lacking |= {number for demand in demands.ways if lacking.intersection(demand.who)
                        for number in (*demand.who, *bits(demand.targets))}
        pairs |= {pair for pair in known if (lacking.issuperset(pair) if width else lacking.intersection(pair))}
    return pairs if not shortfalls(demands, len(graph.pictures), pairs) else set(known)


def _begun(demands: Demands, seed: int) -> set[Pair]:
    """Where the search begins: few edges that are mostly enough."""
    pairs: set[Pair] = set()
    for passages in demands.passages:
        outs = [_shuffled(passage, f"{seed}/{passage.scene}") for passage in passages]
        for passage, order in zip(passages, outs, strict=True):
            pairs |= _inside(order, passage.hops)
        for (here, near), (there, far) in pairwise(zip(passages, outs, strict=True)):
            pairs |= _between(here, near, there, far)
    return {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}


def _shuffled(passage: Passage, draw: str) -> list[int]:
    order = [int(number) for number in passage.inside]
    Random(draw).shuffle(order)
    return order


def _inside(order: Sequence[int], hops: int) -> set[Pair]:
    """Ears: the first two pictures are the ways out; chains of the others begin at one and end at the other."""
    if hops == 0 or len(order) < 2:
        return set()
    if len(order) <= _SMALL:
        return set(combinations(order, 2))
    if _is_ring(len(order), hops):
        return set(pairwise([*order, order[0]]))
    first, second, rest = order[0], order[1], list(order[2:])
    pairs = {(first, second)}
    lengths = list(range(1, hops))
    if hops % 3 == 0:  # the middle one of this ear would need itself to make its hops from either end
        lengths.append((2 * hops - 3) // 3)
    while rest:
        length = lengths.pop(0) if lengths else 2 * hops
        ear, rest = rest[:length], rest[length:]
        pairs |= set(pairwise([first, *ear, second]))
    return pairs


def _is_ring(count: int, hops: int) -> bool:
    """Whether a scene has too few pictures for ears of every length that so many hops need: 1, 2, 3 …"""
    longest = (math.isqrt(8 * max(count - 2, 0) + 1) - 1) // 2
    return hops > longest + 1 and count > _SMALL


def _outs_of(passage: Passage, order: Sequence[int]) -> Sequence[int]:
    """Where ways through a scene end: at the two ends of its ears, or so many hops along a ring from every picture."""
    count, hops = len(order), passage.hops
    if not hops:
        return order
    if not _is_ring(count, hops):
        return order[:2]
    outs: dict[int, None] = {}
    for at in range(count):
        if order[(at + hops) % count] not in outs and order[(at - hops) % count] not in outs:
            outs[order[(at + hops) % count]] = None
    return list(outs)


def _between(here: Passage, near: Sequence[int], there: Passage, far: Sequence[int]) -> set[Pair]:
    if len(near) * len(far) <= _SMALL * _SMALL:
        return set(product(near, far))
    pairs: set[Pair] = set()
    if here.hops == 0 or there.hops == 0:
        count = max(len(near), len(far))
        pairs |= {(near[at % len(near)], far[at % len(far)]) for at in range(count)}
    exits = _outs_of(here, near)
    if there.anchored:
        anchors = there.entries.tolist()
        pairs |= {(number, anchors[at % len(anchors)]) for at, number in enumerate(exits)}
        pairs |= {(exits[at % len(exits)], anchor) for at, anchor in enumerate(anchors)}
    entries = _outs_of(there, far)
    if max(len(exits) if here.hops else 0, len(entries) if there.hops else 0) > 2:
        count = max(len(exits), len(entries))
        return pairs | {(exits[at % len(exits)], entries[at % len(entries)]) for at in range(count)}
    return pairs | set(zip(near[:2], far[:2], strict=False))


def least_bound(graph: PlanGraph, demands: Demands) -> int:
    """A number of new edges below which no plan keeps the guarantee, whatever it looks like.

    The greatest of three proofs: every picture's transitions counted and halved; the parts that have to be joined;
    and the sequence, scene by scene. There, n pictures that each begin a way of h hops without repeats are at most
    n / 2h trees (in a tree such a way needs 2h pictures), so at least n less so many edges; and a way of one hop or
    more never ends at the picture it begins with, so that every tree holds two ways out, or half as many trees as
    there are ways out. A way out more costs an edge and saves half of one in each of its two scenes: nothing.
    """
    playable = [(one, other) for one, other, state in graph.each_edge() if state == PLAYABLE]
    beside = adjacency_of(len(graph.pictures), playable)
    lacking = sum(max(0, need - row.bit_count()) for need, row in zip(demands.turns, beside, strict=True))
    parts = sum(_parts(beside, whole) - 1 for whole in demands.whole)
    return max([math.ceil(lacking / 2), parts, *(_along(beside, demands, passages) for passages in demands.passages
                                                  if _never_twice(passages))])


def _never_twice(passages: Sequence[Passage]) -> bool:
    """Whether no picture comes twice: what one transition does for two rows, the third proof would count twice."""
    seen = 0
    for mask in (mask_of(passage.inside) for passage in passages):
        if seen & mask:
            return False
        seen |= mask
    return True


def _parts(beside: Sequence[int], whole: int) -> int:
    count = 0
    while whole:
        whole &= ~reached_from(beside, (whole & -whole).bit_length() - 1)
        count += 1
    return count


def _along(beside: Sequence[int], demands: Demands, passages: Sequence[Passage]) -> int:
    """The third proof, for one sequence."""
    asked = {(demand.inside, demand.targets): demand.who for demand in demands.ways}
    counted = _apart([mask_of(passage.inside) for passage in passages])
    links: dict[tuple[int, int], float] = {}
    there: dict[tuple[int, int], int] = {}
    sides: list[list[tuple[int, int]]] = [[] for _ in passages]
    for at, (one, other) in enumerate(pairwise(passages)):
        near, far = mask_of(one.inside), mask_of(other.inside)
        if near == far or not {near, far} <= counted:
            continue
        key = (min(near, far), max(near, far))
        there[key] = sum((beside[number] & far).bit_count() for number in bits(near))
        need = max(_outs(one, asked.get((near, mask_of(other.entries)), ())),
                   _outs(other, asked.get((far, near), ())))
        links[key] = max(links.get(key, 0.0), need)
        sides[at].append(key)
        sides[at + 1].append(key)
    total = sum(max(0.0, need - there[key]) for key, need in links.items())
    inside: dict[int, float] = {}
    for at, passage in enumerate(passages):
        mask = mask_of(passage.inside)
        if passage.hops and mask in counted and _all_asked(asked, mask, passage):
            own = sum((beside[number] & mask).bit_count() for number in bits(mask)) // 2
            outs = min((max(links[key], there[key]) for key in sides[at]), default=math.inf)
            trees = min(len(passage.inside) // (2 * passage.hops), outs / 2)
            inside[mask] = max(inside.get(mask, 0.0), len(passage.inside) - trees - own)
    return math.ceil(total + sum(inside.values()) - 1e-9)


def _apart(masks: Sequence[int]) -> set[int]:
    """Sets of pictures of which no two have one in common: an edge that serves two of them must not count twice."""
    counted: set[int] = set()
    for mask in masks:
        if not any(mask & other for other in counted if other != mask):
            counted.add(mask)
    return counted


def _outs(passage: Passage, who: Sequence[int]) -> int:
    """How many pictures of a scene have to lead to the next at least."""
    if len(who) < len(passage.inside):
        return 1 if who else 0
    return len(who) if passage.hops == 0 else min(2, len(who))


def _all_asked(asked: Mapping[tuple[int, int], Sequence[int]], mask: int, passage: Passage) -> bool:
    return all(len(who) == len(passage.inside) for (inside, _), who in asked.items() if inside == mask)
