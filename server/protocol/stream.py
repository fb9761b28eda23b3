"""The 60 Hz bundle for one deck: the same bytes every tick but for the numbers, packed in one go."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Final

PLAYERS: Final = 3
_IMMEDIATELY: Final = b"#bundle\0" + (1).to_bytes(8, "big")


class StreamTemplate:
    """`tick i`, then for each of three players `clip i`, `frame f`, `rate f`, `level f`, under `/td/deck/{n}/`."""

    __slots__ = ("_pack", "_parts", "size")

    def __init__(self, deck: int) -> None:
        parts = [_IMMEDIATELY + _element(f"/td/deck/{deck}/tick", "i")]
        for player in range(PLAYERS):
            parts += [_element(f"/td/deck/{deck}/player/{player}/{name}", tag)
                      for name, tag in (("clip", "i"), ("frame", "f"), ("rate", "f"), ("level", "f"))]
        layout = Struct(">" + "".join(f"{len(part)}s{tag}" for part, tag in zip(parts, "i" + "ifff" * PLAYERS,
                                                                               strict=True)))
        self._pack = layout.pack
        self._parts = tuple(parts)
        self.size: Final = layout.size

    def pack(self, tick: int, players: Sequence[tuple[int, float, float, float]]) -> bytes:
        """One bundle. `players` holds (clip id, frame, frames a second, level) for players 0, 1 and 2."""
        parts = self._parts
        (clip0, frame0, rate0, level0), (clip1, frame1, rate1, level1), (clip2, frame2, rate2, level2) = players
        return self._pack(parts[0], tick,
                          parts[1], clip0, parts[2], frame0, parts[3], rate0, parts[4], level0,
                          parts[5], clip1, parts[6], frame1, parts[7], rate1, parts[8], level1,
                          parts[9], clip2, parts[10], frame2, parts[11], rate2, parts[12], level2)


def _element(address: str, tag: str) -> bytes:
    """A bundle element up to its one four-byte argument."""
    head = _padded(address.encode()) + _padded(b"," + tag.encode())
    return (len(head) + 4).to_bytes(4, "big") + head


def _padded(text: bytes) -> bytes:
    return text + b"\0" * (4 - len(text) % 4)
