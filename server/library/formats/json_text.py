"""JSON as people and their programs leave it: a byte order mark, comments and a comma too many are forgiven.

It knows no keys.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from server.errors import InputError
from server.library.formats.oddity import Oddities, listed
from server.library.formats.text import decoded, line_of
from server.library.paths import shortened

_LARGEST: Final = 64 << 20
_DEEPEST: Final = 64
_LONGEST_NUMBER: Final = 400
_NOTED: Final = 20
_TOKENS: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"?|//[^\n]*|/\*.*?(?:\*/|\Z)|[^"/,]+|.', re.DOTALL)
_CLOSED: Final = re.compile(r",\s*[}\]]")


def parse_json(data: bytes, oddities: Oddities) -> Any:
    """Parse a file; what is forgiven, and keys that are there twice, are said. Raises InputError with file and line."""
    file = oddities.file
    if len(data) > _LARGEST:
        raise InputError(f"{file} has {len(data)} bytes, which no such file has; look at what it is")
    text, form = decoded(data, oddities)
    if form.mark and form.encoding == "utf-8":
        oddities.note(1, "the file begins with a byte order mark", "skipped, and kept")
    if not text.strip():
        raise InputError(f"{file}: the file is empty; it is to hold settings between {{ and }}")
    clean = _without_commas(_without_comments(text, oddities), oddities)
    twice: list[str] = []
    try:
        value = json.loads(clean, object_pairs_hook=lambda pairs: _object(pairs, twice),
                           parse_constant=_no_constant, parse_int=_whole)
    except json.JSONDecodeError as reason:
        raise InputError(f"{file}, line {line_of(clean, reason.pos)}: {_worded(reason, clean)}; correct it there"
                         ) from None
    except RecursionError:
        raise InputError(f"{file}: its brackets are nested too deep; look at what it is") from None
    except ValueError as reason:
        raise InputError(f"{file}: {reason}") from None
    if _depth(value) > _DEEPEST:
        raise InputError(f"{file}: its brackets are nested more than {_DEEPEST} deep; look at what it is")
    if twice:
        oddities.say(None, f"the key {listed(map(shortened, dict.fromkeys(twice)))} stands there more than once",
                     "the last one counts")
    return value


def parse_object(data: bytes, oddities: Oddities) -> dict[str, Any]:
    """Parse a file that is to hold an object. Raises InputError with file and line."""
    value = parse_json(data, oddities)
    if not isinstance(value, dict):
        raise InputError(f"{oddities.file} is to hold {{…}}, and holds {_kind_of(value)}; look at what it is")
    return value


def format_json(value: object) -> bytes:
    """The bytes of a value, laid out as the older programs do: four blanks, text as it is read."""
    return json.dumps(value, indent=4, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _without_comments(text: str, oddities: Oddities) -> str:
    """The text with comments blanked out, so that lines keep their numbers."""
    pieces: list[str] = []
    places: list[int] = []
    for match in _TOKENS.finditer(text):
        piece = match[0]
        if piece.startswith(("//", "/*")):
            places.append(match.start())
            piece = re.sub(r"[^\r\n]", " ", piece)
        pieces.append(piece)
    _note_each(text, places, "a comment, which JSON does not have", "comments", oddities)
    return "".join(pieces)


def _without_commas(text: str, oddities: Oddities) -> str:
    """The text with commas before a closing bracket blanked out."""
    pieces: list[str] = []
    places: list[int] = []
    for match in _TOKENS.finditer(text):
        piece = match[0]
        if piece == "," and _CLOSED.match(text, match.start()):
            places.append(match.start())
            piece = " "
        pieces.append(piece)
    _note_each(text, places, "a comma too many before a closing bracket", "commas too many", oddities)
    return "".join(pieces)


def _note_each(text: str, places: list[int], what: str, more: str, oddities: Oddities) -> None:
    """Note the first few places one by one, and how many others there are: to find a line costs all before it."""
    for place in places[:_NOTED]:
        oddities.note(line_of(text, place), what, "skipped, and kept in the file")
    if len(places) > _NOTED:
        oddities.note(None, f"{len(places) - _NOTED} more {more}", "skipped, and kept in the file")


def _object(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            twice.append(name)
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number that can be used; write one")


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits; write a shorter one")
    return int(text)


def _worded(reason: json.JSONDecodeError, text: str) -> str:
    """Python's message in the words of somebody who edits the file."""
    found = text[reason.pos:reason.pos + 12].split("\n")[0].strip()
    at = f" at {found!r}" if found else " at the end of the file"
    if found.startswith(("True", "None", "False")):
        return f"JSON writes true, false and null in small letters{at}"
    if found.startswith("'"):
        return f'texts stand between " and not between \'{at}'
    words = {"Expecting ',' delimiter": "a comma or a closing bracket is missing before this",
             "Expecting property name enclosed in double quotes": 'a name between " is expected',
             "Expecting ':' delimiter": "a colon is missing between a name and its value",
             "Expecting value": "a value is missing", "Extra data": "there is more after the last bracket",
             "Unterminated string starting at": "a text is opened and never closed"}
    return words.get(reason.msg, reason.msg) + at


def _depth(value: Any) -> int:
    """How deep brackets are nested; not by recursion, since this is what guards others against it."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        thing, depth = waiting.pop()
        if isinstance(thing, (dict, list)):
            deepest = max(deepest, depth)
            waiting.extend((each, depth + 1) for each in (thing.values() if isinstance(thing, dict) else thing))
    return deepest


def _kind_of(value: object) -> str:
    return "a list" if isinstance(value, list) else "a text" if isinstance(value, str) else "a single value"
