"""The presets that come with the program; a song may have more, and its own of the same name count."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PRESETS: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType({
    # Nobody waits for a beat, and nothing is reached from outside: for preparing at a desk.
    "desk": {"listen": "127.0.0.1", "quantise": "off", "decks": 1},
})
