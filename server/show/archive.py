"""Frozen values as bytes and back, without loss: the state of a show, what came in, what went out. Knows no file.

Nothing is ever executed to read them: only the classes of `archive_names.py` are made, and their fields are looked at
first.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import msgpack

from server.errors import ArchiveDamaged, InputError, IntersceneError
from server.show.archive_names import LASTING, NAMES
from server.show.archive_plain import PLAIN, PLAIN_BY_NAME
from server.show.archive_types import field_types, fits

MAGIC: Final = b"ISA"
VERSION: Final = 1
DEPTH_MAX: Final = 100
"""States are some 20 deep; msgpack itself takes 500 and more."""
_HEAD: Final = struct.Struct("<3sBI")
_FROM_NEWER: Final = "was written by another version of Interscene"
Tree = Any
"""What msgpack takes as it is. A list is never a value of its own: its first item says what it stands for."""

# What the first item of a list says.
TUPLE, LIST, FROZENSET, SET, DICT, FROZEN_DICT, PLAIN_VALUE, ENUM, NEW_CLASS, OBJECT, SEEN, LASTS, BIG = range(13)

_SCALARS: Final = frozenset((type(None), bool, float, str, bytes))
_INTEGERS: Final = range(-(1 << 63), 1 << 64)
_UNORDERED: Final = frozenset((frozenset, set))
_GROUPS: Final[Mapping[type, int]] = MappingProxyType({tuple: TUPLE, list: LIST, frozenset: FROZENSET, set: SET})
_MAPS: Final[Mapping[type, int]] = MappingProxyType({dict: DICT, MappingProxyType: FROZEN_DICT})
_MADE: Final[Mapping[int, Callable[[Iterable[Any]], Any]]] = MappingProxyType({
    TUPLE: tuple, LIST: list, FROZENSET: frozenset, SET: set})


class _Class(NamedTuple):
    """A registered class: what it is called, what of it is kept, whether it is told apart by identity."""

    name: str
    fields: tuple[str, ...]
    memo: bool
    lasts: bool


def packed(value: object) -> bytes:
    """One value as a document of its own. Raises InputError where a part of it has no place in an archive."""
    body = dump(Packer().tree(value))
    return _HEAD.pack(MAGIC, VERSION, zlib.crc32(body)) + body


def unpacked(data: bytes) -> Any:
    """What `packed` was given. Raises ArchiveDamaged for anything else, whatever it is."""
    if len(data) < _HEAD.size or data[:3] != MAGIC:
        raise ArchiveDamaged("this is nothing that Interscene has put away")
    _, version, crc = _HEAD.unpack_from(data)
    if version != VERSION:
        raise ArchiveDamaged(f"this {_FROM_NEWER} (format {version}, here {VERSION})")
    body = data[_HEAD.size:]
    if zlib.crc32(body) != crc:
        raise ArchiveDamaged("what was put away is damaged: its checksum does not fit")
    return Unpacker().value(load(body))


def dump(tree: Tree) -> bytes:
    """A tree as bytes, without a checksum."""
    # File names may hold what is no text: it is kept as it is.
    data: bytes = msgpack.packb(tree, use_bin_type=True, unicode_errors="surrogatepass")
    return data


def load(data: bytes) -> Tree:
    """The tree of such bytes. Raises ArchiveDamaged."""
    try:
        return msgpack.unpackb(data, raw=False, strict_map_key=True, unicode_errors="surrogatepass",
                               max_str_len=len(data), max_bin_len=len(data), max_array_len=len(data), max_map_len=0,
                               max_ext_len=0)
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.exceptions.UnpackException):
        raise ArchiveDamaged("what was put away is damaged: it is no msgpack") from None


class Packer:
    """Makes trees of values. What is one object within a value is one object again when it is read.

    `LASTING` objects (movies, songs: big, and told apart by identity) are written once for all values of one packer,
    so these must be read by one `Unpacker` in their order. `apart`: lasting objects are not written at all but
    collected in `lasting`, in the order of their numbers, for who keeps them elsewhere.
    """

    def __init__(self, *, apart: bool = False) -> None:
        self.lasting: list[object] = []
        self._apart = apart
        self._classes: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self._seen: dict[int, int] = {}

    def tree(self, value: object) -> Tree:
        """One more value. Raises InputError; what was written before counts all the same."""
        self._seen = {}
        before = len(self.lasting), len(self._classes)
        try:
            return self._tree(value)
        except InputError:
            self._forget_after(*before)
            raise

    def _forget_after(self, lasting: int, classes: int) -> None:
        """Take back the numbers that a value was given which is not written after all."""
        for value in self.lasting[lasting:]:
            del self._numbers[id(value)]
        del self.lasting[lasting:]
        self._classes = dict(list(self._classes.items())[:classes])

    def _tree(self, value: Any) -> Tree:
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind is int:
            return value if value in _INTEGERS else [BIG, f"{value:x}"]
        group = _GROUPS.get(kind)
        if group is not None:
            # A set of texts has another order in each process: the same value is to be the same bytes.
            ordered = sorted(value, key=repr) if kind in _UNORDERED else value
            return [group, *[self._tree(one) for one in ordered]]
        group = _MAPS.get(kind)
        if group is not None:
            return [group, *[self._tree(one) for pair in value.items() for one in pair]]
        plain = PLAIN.get(kind)
        if plain is not None:
            return [PLAIN_VALUE, plain.name, self._tree(plain.taken(value))]
        return self._object(value, kind)

    def _object(self, value: Any, kind: type) -> Tree:
        known = class_of(kind)
        if known is None:
            raise InputError(f"{kind.__module__}.{kind.__qualname__} has no name in server/show/archive_names.py, and "
                             "nothing of that kind can be put away")
        if isinstance(value, Enum):
            return [ENUM, known.name, value.name]
        key = id(value)
        if known.lasts and key in self._numbers:
            return [LASTS, self._numbers[key]]
        if known.memo and key in self._seen:
            return [SEEN, self._seen[key]]
        if known.lasts and self._apart:
            return [LASTS, self._last(value)]
        number = self._classes.get(known.name)
        if number is None:
            number = self._classes[known.name] = len(self._classes)
            head: list[Tree] = [NEW_CLASS, known.name, list(known.fields)]
        else:
            head = [OBJECT, number]
        head += [self._tree(getattr(value, name)) for name in known.fields]
        # Numbered when it is finished, as it will be when it is read.
        if known.lasts:
            self._last(value)
        elif known.memo:
            self._seen[key] = len(self._seen)
        return head

    def _last(self, value: object) -> int:
        number = self._numbers[id(value)] = len(self.lasting)
        self.lasting.append(value)
        return number


class Unpacker:
    """Makes values of the trees of one packer, in their order. `lasting`: what a packer collected `apart`."""

    def __init__(self, lasting: Iterable[object] = ()) -> None:
        self._lasting = list(lasting)
        self._classes: list[tuple[type, tuple[str, ...]]] = []
        self._seen: list[object] = []

    def value(self, tree: Tree) -> Any:
        """One more value. Raises ArchiveDamaged; after that nothing more can be read."""
        self._seen = []
        try:
            return self._value(tree, 0)
        except ArchiveDamaged:
            raise
        except (IntersceneError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
                ArithmeticError, RecursionError, MemoryError) as problem:
            # Constructors look at what they are given, and a damaged tree may ask for anything.
            raise ArchiveDamaged(f"what was put away cannot be made again: {problem}") from None

    def _value(self, tree: Tree, depth: int) -> Any:
        if not isinstance(tree, list):
            return tree
        if depth > DEPTH_MAX:
            raise ArchiveDamaged(f"what was put away is more than {DEPTH_MAX} deep")
        kind, items, below = tree[0], tree[1:], depth + 1
        if kind in (OBJECT, NEW_CLASS):
            return self._object(kind, items, below)
        made = _MADE.get(kind)
        if made is not None:
            return made([self._value(one, below) for one in items])
        if kind in (DICT, FROZEN_DICT):
            values = [self._value(one, below) for one in items]
            pairs = dict(zip(values[::2], values[1::2], strict=True))
            return pairs if kind == DICT else MappingProxyType(pairs)
        if kind == PLAIN_VALUE:
            name, content = items
            return PLAIN_BY_NAME[name].made(self._value(content, below))
        if kind in (SEEN, LASTS):
            number, = items
            if type(number) is not int or number < 0:
                raise ArchiveDamaged("what was put away points at nothing")
            return (self._seen if kind == SEEN else self._lasting)[number]
        if kind == BIG:
            text, = items
            # Decimal digits would take minutes over a million of them.
            return int(text, 16)
        if kind == ENUM:
            name, member = items
            known = NAMES[name]
            if not issubclass(known, Enum):
                raise ArchiveDamaged(f"what was put away takes {name} for a choice of names, which it is not")
            return known[member]
        raise ArchiveDamaged(f"what was put away holds {kind!r}, which {_FROM_NEWER}")

    def _object(self, kind: int, items: list[Tree], below: int) -> object:
        if kind == NEW_CLASS:
            name, names, *items = items
            self._classes.append((_class(name), _known_fields(name, tuple(names))))
            cls, names = self._classes[-1]
        else:
            number, *items = items
            if type(number) is not int or number < 0:
                raise ArchiveDamaged("what was put away is of no class")
            cls, names = self._classes[number]
        known = class_of(cls)
        assert known is not None
        values = {name: self._value(item, below) for name, item in zip(names, items, strict=True)}
        for name, value in values.items():
            if not fits(value, field_types(cls)[name]):
                raise ArchiveDamaged(f"{known.name}.{name} is no {type(value).__name__}; this {_FROM_NEWER}, or is "
                                     "damaged")
        made = cls(**values)
        if known.lasts:
            self._lasting.append(made)
        elif known.memo:
            self._seen.append(made)
        return made


@cache
def class_of(kind: type) -> _Class | None:
    """What is known of a class; None when it has no name."""
    name = next((name for name, cls in NAMES.items() if cls is kind), None)
    if name is None:
        return None
    if is_dataclass(kind):
        kept = tuple(field.name for field in fields(kind) if field.init)
        return _Class(name, kept, memo=True, lasts=kind in LASTING)
    return _Class(name, getattr(kind, "_fields", ()), memo=False, lasts=False)


def _class(name: object) -> type:
    cls = NAMES.get(name) if isinstance(name, str) else None
    if cls is None or issubclass(cls, Enum):
        raise ArchiveDamaged(f"what was put away holds a {name!r}, which {_FROM_NEWER}")
    return cls


def _known_fields(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    known = class_of(_class(name))
    assert known is not None
    unknown = [one for one in names if one not in known.fields]
    if unknown or len(set(names)) != len(names):
        raise ArchiveDamaged(f"what was put away says {unknown[0] if unknown else 'something twice'!r} of a {name}, "
                             f"which {_FROM_NEWER}")
    return names
