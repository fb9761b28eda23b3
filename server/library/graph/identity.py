"""Who a picture is: its name and its whole seed. The forms in which files and older programs write that."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from server.errors import InputError
from server.library.paths import shortened

ALIAS_DIGITS: Final = 4
"""To how many digits the older programs cut seeds in the names of transitions."""
LONGEST_SEED: Final = 1000
"""Digits; Python refuses to read numbers of more than 4,300."""
_NODE: Final = re.compile(r"(?P<name>.+)-(?P<seed>[0-9]+)", re.DOTALL)
_STEM: Final = re.compile(r"(?P<name>.+)_(?P<seed>[0-9]+)", re.DOTALL)


class PictureId(NamedTuple):
    """(name, seed), the identity of a picture; seeds are integers of any size."""

    name: str
    seed: int

    @property
    def node(self) -> str:
        """`name-seed`, as in graphs and in the names of transitions."""
        return f"{self.name}-{self.seed}"

    @property
    def stem(self) -> str:
        """`name_seed`, as in the names of picture files."""
        return f"{self.name}_{self.seed}"

    @property
    def alias(self) -> str:
        """`name-seed` with the seed cut to four digits: what older programs wrote, and not always unique."""
        return f"{self.name}-{str(self.seed)[:ALIAS_DIGITS]}"

    @classmethod
    def of_node(cls, text: str) -> PictureId:
        """Parse `name-seed`. Raises InputError."""
        return cls._parsed(_NODE, text, "-")

    @classmethod
    def of_stem(cls, text: str) -> PictureId:
        """Parse `name_seed`: the name is everything before the last underscore. Raises InputError."""
        return cls._parsed(_STEM, text, "_")

    @classmethod
    def _parsed(cls, pattern: re.Pattern[str], text: str, joint: str) -> PictureId:
        match = pattern.fullmatch(text.strip())
        if match is None or len(match["seed"]) > LONGEST_SEED:
            raise InputError(f"{shortened(text)} names no picture; a picture is called name{joint}seed, "
                             f"such as sunflower{joint}1001")
        return cls(match["name"], int(match["seed"]))


Edge = tuple[PictureId, PictureId]
"""Two pictures in their order of sorting: a transition can be played both ways."""


def edge_of(one: PictureId, other: PictureId) -> Edge:
    """The edge between two pictures, whichever is named first."""
    return (one, other) if one <= other else (other, one)
