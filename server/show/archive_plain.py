"""Values that are no classes of ours, and those that only stand for a row of the table: to what is kept, and back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np

from server.errors import ArchiveDamaged
from server.protocol.arguments import Coercer
from server.protocol.endpoints import BY_ADDRESS
from server.protocol.osc import IMPULSE, Impulse
from server.protocol.row import Row
from server.protocol.targets import Target

_KINDS: Final = frozenset("biuf")
"""Of arrays: numbers and truths, nothing that would be an object."""


class Plain(NamedTuple):
    """How one type is kept: `taken` gives something simpler, `made` makes the value of it again."""

    name: str
    taken: Callable[[Any], Any]
    made: Callable[[Any], Any]


def _row(address: Any) -> Row:
    row = BY_ADDRESS.get(address)
    if row is None:
        raise ArchiveDamaged(f"there is no row {address!r} here; what was put away is from another version")
    return row


def _array(value: Any) -> np.ndarray[Any, Any]:
    layout, shape, data = value
    kind = np.dtype(str(layout))
    if kind.kind not in _KINDS:
        raise ArchiveDamaged(f"what was put away holds an array of {layout!r}")
    # Frozen, as those of an index are.
    return np.frombuffer(data, dtype=kind).reshape(shape)


def _array_parts(value: np.ndarray[Any, Any]) -> tuple[str, tuple[int, ...], bytes]:
    return value.dtype.str, value.shape, value.tobytes()


def _path_type() -> type[Path]:
    return type(Path())


_NUMBERS: Final = (np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64,
                   np.float16, np.float32, np.float64)

_NUMBER: Final = Plain("number", lambda value: (value.dtype.str, (), value.tobytes()), lambda value: _array(value)[()])

PLAIN: Final[Mapping[type, Plain]] = MappingProxyType({
    Fraction: Plain("fraction", lambda value: (value.numerator, value.denominator), lambda value: Fraction(*value)),
    _path_type(): Plain("path", str, lambda value: Path(str(value))),
    PurePosixPath: Plain("posix path", str, lambda value: PurePosixPath(str(value))),
    PureWindowsPath: Plain("windows path", str, lambda value: PureWindowsPath(str(value))),
    np.ndarray: Plain("array", _array_parts, _array),
    **dict.fromkeys(_NUMBERS, _NUMBER),
    deque: Plain("deque", lambda value: (value.maxlen, tuple(value)), lambda value: deque(value[1], value[0])),
    Impulse: Plain("impulse", lambda _value: None, lambda _value: IMPULSE),
    Row: Plain("row", lambda value: value.address, _row),
    # What coerces a row's arguments is made of the row.
    Target: Plain("target", lambda value: (value.row.address, value.where),
                  lambda value: Target(_row(value[0]), value[1], Coercer(_row(value[0])))),
})
PLAIN_BY_NAME: Final[Mapping[str, Plain]] = MappingProxyType({plain.name: plain for plain in PLAIN.values()})
