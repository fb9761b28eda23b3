"""What a person probably meant by a line of TOML that cannot be read. Knows no setting and no file."""

from __future__ import annotations

import re
from typing import Final

_PLACE: Final = re.compile(r"at line (\d+)")
_UNQUOTED: Final = re.compile(
    r"\s*([A-Za-z0-9_-]+)\s*=\s*([^\W\d][^\"'#=\[\]{}]*?|[~./][^\"'#=]*?|\d+(?:\.\d+){3})\s*(?:#.*)?"
)


def toml_hint(text: str, error: str) -> str:
    """`; texts need quotes: quantise = "bar"` for what tomllib says of a text, or nothing."""
    place = _PLACE.search(error)
    lines = text.split("\n")
    if place is None or int(place[1]) > len(lines):
        return ""
    line = lines[int(place[1]) - 1].rstrip("\r")
    unquoted = _UNQUOTED.fullmatch(line)
    if unquoted is not None and len(line) < 120:
        word = unquoted[2].lower()
        if word in ("true", "false"):
            return f"; switches are small letters: {unquoted[1]} = {word}"
        return f'; texts need quotes: {unquoted[1]} = "{unquoted[2].replace(chr(92), "/")}"'
    if "\\" in line:
        return "; write folders with / instead of \\"
    return ""
