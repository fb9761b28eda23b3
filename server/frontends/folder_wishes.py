"""What a request file may say, as a command of the table. It reads no files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from server.errors import InputError

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "picture": ("prompt", "seed", "name", "negative"),
    "transition": ("from", "to", "mode", "frames", "seed"),
}
"""What can be asked for, and its fields in the order of the row's arguments."""
_NUMBERS: Final = ("frames",)
_LONGEST: Final = 4000
_EXAMPLE: Final = '{"picture": {"prompt": "a sea", "seed": "42"}}'


class Wished(NamedTuple):
    """A command, and who is behind it."""

    kind: str
    address: str
    args: tuple[float | str, ...]
    client: str


def wish_of(data: bytes) -> Wished:
    """Read a request file. Raises InputError, and nothing else."""
    try:
        document: Any = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InputError(f"it is no JSON; write one like {_EXAMPLE}") from None
    if not isinstance(document, dict):
        raise InputError(f"it is no JSON object; write one like {_EXAMPLE}")
    asked = [kind for kind in KINDS if kind in document]
    strange = [str(name) for name in document if name not in (*KINDS, "deck", "client")]
    if strange or len(asked) != 1 or not isinstance(document[asked[0]], dict):
        raise InputError(f"it asks for one of {' or '.join(KINDS)}, with deck and client beside it if need be"
                         + (f", not for {strange[0][:40]!r}" if strange else f"; write one like {_EXAMPLE}"))
    kind, fields = asked[0], document[asked[0]]
    strange = [str(name) for name in fields if name not in KINDS[kind]]
    if strange:
        raise InputError(f"a {kind} has {', '.join(KINDS[kind])}, not {strange[0][:40]!r}")
    args = tuple(_number(fields, name) if name in _NUMBERS else _text(fields, name) for name in KINDS[kind])
    deck = _number(document, "deck")
    where = f"/deck/{deck}" if deck else ""
    return Wished(kind, f"{where}/generate/{kind}", args, _text(document, "client")[:40])


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(f"{name} is a text or a whole number")
    if isinstance(value, int) and abs(value) >= 1 << 340:
        raise InputError(f"{name} has too many digits")
    text = str(value)
    if len(text) > _LONGEST:
        raise InputError(f"{name} has {len(text)} characters, and {_LONGEST} are the most; shorten it")
    if text.startswith("#") or any(ord(sign) < ord(" ") for sign in text):
        raise InputError(f"{name} begins with # or holds a control character; write it otherwise")
    return text


def _number(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 31:
        raise InputError(f"{name} is a whole number from 0 on")
    return value
