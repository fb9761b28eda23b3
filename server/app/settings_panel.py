"""Every setting as the page shows it: its value, where that comes from, what it is now, and how it is changed."""

from __future__ import annotations

from typing import Any

from server.settings.layers import SONG_FILE
from server.settings.option import Option, options_of
from server.settings.parts import PARTS
from server.settings.resolved import DEFAULT, LIVE, LOCKED, Settings
from server.settings.values import show_value
from server.show.state import ShowState
from server.show.view import value
from server.units import Seconds

DECK = "/deck/{n}/"
_CLOSE = 1e-6


def settings_panel(settings: Settings, state: ShowState, now: Seconds, served: str = "") -> list[dict[str, Any]]:
    """A description of each setting, in the order of the documents.

    `served`: the folder that is the media folder for the sake of a song that was named at the start.
    """
    told = [_described(settings, option, part.__name__, state, now)
            for part in PARTS for option in options_of(part).values()]
    if served and served != str(settings.media_dir.resolve()):
        for each in told:
            if each["name"] == "media_dir":
                each |= {"value": served, "origin": "the song that was named", "layer": "command line"}
    return told


def _described(settings: Settings, option: Option, part: str, state: ShowState, now: Seconds) -> dict[str, Any]:
    given = getattr(settings, option.name)
    origin = settings.origin(option.name)
    present = _present(option, state, now)
    changed = any(not _same(one, given) for one in present.values())
    return {
        "name": option.name, "part": part, "kind": option.kind, "unit": option.unit, "doc": option.doc,
        "limits": option.limits(), "low": option.low, "high": option.high, "choices": list(option.choices),
        "value": show_value(option, given), "default": show_value(option, option.default), "origin": origin,
        "layer": layer_of(origin), "now": present, "changed": changed, "live": option.live, "address": option.row,
        "locked": origin == LOCKED, "how": _how(option, origin), "follows": option.follows,
    }


def _present(option: Option, state: ShowState, now: Seconds) -> dict[str, Any]:
    """What a setting of a row is at this moment, by its address; a row of decks has one for each."""
    if not option.row:
        return {}
    decks = [deck.number for deck in state.decks] if option.row.startswith(DECK) else [0]
    found = {option.row.replace("{n}", str(number)): value(state, option.row, (number,) if number else (), now)
             for number in decks}
    return {address: values[0] for address, values in found.items() if values is not None}


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, int | float):
        return abs(one - other) < _CLOSE
    return one == other


def layer_of(origin: str) -> str:
    """The layer of an origin, in one word: default, song, preset, environment, command line, live or locked."""
    if origin in (DEFAULT, LIVE, LOCKED, "environment", "command line"):
        return origin
    if origin.startswith("as "):
        return DEFAULT
    if origin.startswith("preset "):
        return "preset"
    return "song" if SONG_FILE in origin else "environment"


def _how(option: Option, origin: str) -> str:
    """How a person changes it."""
    if origin == LOCKED:
        return f"locked by the song: change it under [{LOCKED}] in its {SONG_FILE}, and start again"
    ways = f"{option.flag}, {option.variable}, or {option.name} in the song's {SONG_FILE}"
    return f"at the start: {ways}" if option.row else f"fixed while the server runs: {ways}, and start again"
