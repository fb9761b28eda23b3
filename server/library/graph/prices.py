"""What every arc of a graph costs under a request, in whole thousandths of a hop, so that sums compare exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.errors import OutOfRange
from server.library.graph.plan_graph import PLAYABLE, PlanGraph
from server.library.graph.request import RouteRequest

HOP: Final = 1000
FAR: Final = 1 << 56
"""More than any route costs; two of them can still be added."""
_DEAREST: Final = 1_000_000.0

Costs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Prices:
    """`arc`: cost of every arc of the graph, arriving included, FAR where it may not be taken. It is `base` of the
    arc and `arrive` of the picture it leads to.
    """

    arc: Costs
    base: Costs
    arrive: Costs

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """The pictures that may be come to."""
        return self.arrive < FAR


def prices_of(graph: PlanGraph, request: RouteRequest) -> Prices:
    """The prices of a request. Raises OutOfRange. Pictures that the graph does not have are no matter."""
    for name, price in (("missing_price", request.missing_price), ("visited_price", request.visited_price)):
        if not (0 <= price <= _DEAREST or (name == "missing_price" and price == math.inf)):
            raise OutOfRange(f"{name} is {price:g}; it is between 0 and {_DEAREST:,.0f} hops")
    arrive = shown_prices(graph, request) if request.prefer_unvisited else np.zeros(len(graph.pictures), np.int64)
    arrive[graph.never] = FAR
    arrive[[graph.numbers[picture] for picture in request.avoid if picture in graph.numbers]] = FAR
    missing = FAR if math.isinf(request.missing_price) else HOP + round(request.missing_price * HOP)
    worth = np.full(256, missing, dtype=np.int64)
    worth[PLAYABLE] = HOP
    base = worth[graph.state]
    return Prices(np.minimum(base + arrive[graph.head], FAR) if arrive.any() else base, base, arrive)


def shown_prices(graph: PlanGraph, request: RouteRequest) -> Costs:
    """What arriving at every picture costs because it was shown before."""
    price = np.zeros(len(graph.pictures), dtype=np.int64)
    for picture, count in request.visited.items():
        if count > 0 and picture in graph.numbers:
            price[graph.numbers[picture]] = round(request.visited_price * HOP * count / (count + 1))
    return price
