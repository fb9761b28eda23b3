"""Whether a value is what a field says that it holds. It makes nothing, and knows no class of ours by name."""

from __future__ import annotations

import sys
import typing
from collections import deque
from collections.abc import Mapping, Sequence, Set
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from server.show.archive_names import NAMES

_MANY: Final = (list, set, frozenset, deque, Sequence, Set)
_MAPS: Final = (dict, Mapping, MappingProxyType)


@cache
def field_types(cls: type) -> Mapping[str, Any]:
    """What each field of a class is declared as."""
    known = {one.__name__: one for one in NAMES.values()}
    # A module's own names count; those of others are what it imports for type checking alone.
    return get_type_hints(cls, {**known, **vars(sys.modules[cls.__module__])})


def fits(value: object, hint: Any) -> bool:
    """Whether a value is of a declared type, what it contains included."""
    if hint is Any or isinstance(hint, typing.TypeVar):
        return True
    origin = get_origin(hint)
    if origin is None:
        return _fits_class(value, hint)
    args = get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in args)
    if origin is Literal:
        return any(value == one and type(value) is type(one) for one in args)
    if origin is tuple:
        return isinstance(value, tuple) and _fits_tuple(value, args)
    if origin in _MAPS:
        return isinstance(value, Mapping) and all(fits(key, args[0]) and fits(one, args[1])
                                                  for key, one in value.items())
    if origin in _MANY:
        return isinstance(value, origin) and not isinstance(value, str) and all(fits(one, args[0]) for one in value)
    return isinstance(value, origin)


def _fits_tuple(value: tuple[Any, ...], args: tuple[Any, ...]) -> bool:
    if len(args) == 2 and args[1] is ...:
        return all(fits(one, args[0]) for one in value)
    return len(value) == len(args) and all(fits(one, arg) for one, arg in zip(value, args, strict=True))


def _fits_class(value: object, hint: Any) -> bool:
    if hint is None or hint is type(None):
        return value is None
    if hint is float:
        # An integer is a float to everybody; a truth is none.
        return isinstance(value, float | int | np.floating | np.integer) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int | np.integer) and not isinstance(value, bool)
    if hint is bool:
        return isinstance(value, bool | np.bool_)
    return isinstance(value, hint) if isinstance(hint, type) else callable(hint)
