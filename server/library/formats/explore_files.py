"""What a search through settings left: `combos.json`, and pictures `<name>_<seed>_<value>_<value>.png`.

The pictures' names are only to be read together with the values that were tried: both may hold digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Final, NamedTuple

from server.errors import InputError
from server.library.formats.json_text import format_json, parse_object
from server.library.formats.oddity import Oddities
from server.library.graph.identity import PictureId

Value = str | int | float
_WIDTH: Final = "control_guidance_width"
_MASK: Final = "mask_name"
_SCALE: Final = "controlnet_conditioning_scale"
_SUFFIX: Final = ".png"
_MOST: Final = 100_000
_WIDTH_MARK: Final = "gw"


@dataclass(frozen=True, slots=True)
class Combos:
    """The values of each setting that was tried, in the order in which names of pictures carry them."""

    values: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many pictures each prompt gets."""
        return math.prod(len(values) for values in self.values.values())


class Explored(NamedTuple):
    """A picture of such a search, and the setting it was made with."""

    picture: PictureId
    values: Mapping[str, Value]


def parse_combos(data: bytes, oddities: Oddities) -> Combos:
    """Parse `combos.json`; a single value counts as a list of one. Raises InputError with file and line."""
    found: dict[str, tuple[Value, ...]] = {}
    for name, given in parse_object(data, oddities).items():
        values = tuple(given) if isinstance(given, list) else (given,)
        if not values or not all(isinstance(value, (str, int, float)) for value in values):
            oddities.say(None, f"{name} is no list of numbers or texts", "it is left out")
            continue
        found[name] = values
    return Combos(found)


def format_combos(combos: Combos) -> bytes:
    """The bytes of `combos.json`."""
    return format_json({name: list(values) for name, values in combos.values.items()})


def explored_name(picture: PictureId, values: Mapping[str, Value], combos: Combos) -> str:
    """The name of the file of one combination. Raises InputError for one that was not tried."""
    parts = []
    for name, tried in combos.values.items():
        if name not in values or values[name] not in tried:
            raise InputError(f"{name} was not tried with {values.get(name)!r}")
        parts.append((name != _WIDTH, _spelt(name, values[name])))
    return "_".join([picture.stem, *(part for _, part in sorted(parts, key=lambda part: part[0]))]) + _SUFFIX


def explored(files: Iterable[str], combos: Combos) -> dict[str, Explored]:
    """What names of files say, given what was tried; names of no combination are left out. Raises InputError."""
    tails = _tails(combos)
    found = {}
    for file in files:
        parts = file.removesuffix(_SUFFIX).rsplit("_", len(combos.values))
        tail = "_".join(parts[1:])
        if not file.endswith(_SUFFIX) or len(parts) != len(combos.values) + 1 or tail not in tails:
            continue
        try:
            found[file] = Explored(PictureId.of_stem(parts[0]), tails[tail])
        except InputError:
            continue
    return found


def _tails(combos: Combos) -> dict[str, Mapping[str, Value]]:
    """The ends of names by the combination they mean, in every spelling."""
    if combos.count > _MOST:
        raise InputError(f"{combos.count} combinations are more than anybody made pictures of; the list is not read")
    names = sorted(combos.values, key=lambda name: name != _WIDTH)
    found: dict[str, Mapping[str, Value]] = {}
    for chosen in product(*(combos.values[name] for name in names)):
        values = dict(zip(names, chosen, strict=True))
        in_order = {name: values[name] for name in combos.values}
        for dotted in (None, False, True):
            tail = "_".join(_spelt(name, value, dotted=dotted) for name, value in values.items())
            found.setdefault(tail, in_order)
    return found


def _spelt(name: str, value: Value, *, dotted: bool | None = None) -> str:
    """A value as it stands in a file name: underscores of masks left out, points of scales and widths as p.

    `dotted`: whether the points of other numbers stay, as the program that wrote the names left them.
    """
    text = str(value)
    if name == _MASK:
        return text.replace("_", "").rpartition("/")[2]
    if name == _WIDTH:
        return _WIDTH_MARK + text.replace(".", "p")
    if isinstance(value, str):
        return text.replace("_", "")
    with_points = name != _SCALE if dotted is None else dotted
    return text if with_points else text.replace(".", "p")
