"""A snapshot as a JSON document that people can read, and back. Knows no file.

What cannot be understood of one part is said, and the rest counts.
"""

from __future__ import annotations

from dataclasses import fields as fields_of
from typing import Any, Final

from server.errors import InputError, UnknownAddress
from server.library.spans import LAST, WrittenSpan
from server.playback.ends import END
from server.playback.transport import SPEED_MAX
from server.playback.walk import Manner
from server.protocol.arguments import show as shown
from server.protocol.controllers.mapping import GLOBAL, SONG, Mapping, Where
from server.protocol.controllers.mapping_file import keys_of, read_mapping
from server.protocol.snapshotting import WHERE
from server.protocol.targets import Targets
from server.show.document_fields import Fields, whole_number, word
from server.show.snapshot import (
    SavedDeck,
    SavedHop,
    SavedLeg,
    SavedMapping,
    SavedMemory,
    SavedProgram,
    SavedStory,
    SavedWalk,
    Setting,
    Snapshot,
)
from server.show.snapshot_taking import SETTINGS

FORMAT: Final = "interscene.snapshot"
VERSION: Final = 1
DECKS_MAX: Final = 64
FRAME_MAX: Final = (1 << 24) - 1
ENDS: Final = tuple(END)

# out ----------------------------------------------------------------------------------------------


def document_of(snapshot: Snapshot, made: str, *, locked: bool = False) -> dict[str, Any]:
    """The document; `made`: when, as text."""
    return {
        "format": FORMAT, "version": VERSION, "made": made, "locked": locked,
        "decks": [_deck(deck) for deck in snapshot.decks],
        "settings": {one.address: one.args[0] if len(one.args) == 1 else list(one.args) for one in snapshot.settings},
        "marks": {clip: {str(number): frame for number, frame in marks.items()}
                  for clip, marks in snapshot.marks.items()},
        "controllers": [{"where": one.where, **keys_in_use(one.mapping)} for one in snapshot.mappings],
        "controllers_of": snapshot.song,
    }


def keys_in_use(mapping: Mapping) -> dict[str, Any]:
    """A mapping as it would stand in a file: without what goes without saying, and as lists that JSON knows."""
    # A range is what it is: left out, it would be as wide as its row.
    usual = {one.name: one.default for one in fields_of(Mapping) if one.name != "range"}
    return {key: list(said) if isinstance(said, tuple) else said for key, said in keys_of(mapping).items()
            if said is not None and (key not in usual or said != usual[key])}


def _deck(deck: SavedDeck) -> dict[str, Any]:
    memory = deck.memory
    walks = {"auto": memory.auto, "goal": memory.goal, "trail": list(memory.trail), "onward": list(memory.onward),
             "left": memory.left, "visited": dict(memory.visited), "avoid": list(memory.avoid), "steps": memory.steps,
             "bridges": memory.bridges}
    return {
        "deck": deck.number, "song": deck.song, "folder": deck.folder,
        "shows": _program(deck.shows), "held": _program(deck.held), "ready": _program(deck.ready),
        "take": None if deck.take is None else {"in": deck.take[0], "fade": deck.take[1]},
        "walks": {name: said for name, said in walks.items() if said},
        "story": None if deck.story is None else {"name": deck.story.name, "cue": deck.story.current,
                                                  "armed": deck.story.armed},
    }


def _program(one: SavedProgram | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "clip": one.name, "position": one.position, "playing": one.playing, "speed": one.speed, "forward": one.forward,
        "range": [one.first, one.last], "at_end": one.end, "inner": None if one.inner is None else list(one.inner),
        "even": one.even, "waits": one.waits, "seen": list(one.seen), "picture": one.passed,
        "spans": [list(span) for span in one.spans], "walk": _walk(one.walk),
    }


def _walk(walk: SavedWalk | None) -> dict[str, Any] | None:
    if walk is None:
        return None
    before = walk.before
    return {
        **_leg(walk.leg), "entered": walk.entered, "fade": walk.fade, "after": [_leg(leg) for leg in walk.after],
        "timed": walk.timed, "since": walk.since,
        "before": None if before is None else {"speed": before.speed, "forward": before.forward, "at_end": before.end},
    }


def _leg(leg: SavedLeg) -> dict[str, Any]:
    return {"hops": [[hop.start, hop.end, *hop.span] for hop in leg.hops], "speeds": list(leg.speeds),
            "bridge": leg.bridge, "via": list(leg.via)}


# in -----------------------------------------------------------------------------------------------


def read_document(name: str, document: object, targets: Targets) -> tuple[Snapshot, tuple[str, ...]]:
    """The snapshot, and a line for each part that was left out. Raises InputError."""
    fields = checked(document)
    notes: list[str] = []
    decks: list[SavedDeck] = []
    for one in fields.each("decks", lambda value, place: (value, place)):
        try:
            decks.append(_read_deck(Fields(*one)))
        except InputError as error:
            notes.append(f"{error}; that deck stays as it is")
    settings = tuple(found for address, value in fields.items("settings")
                     if (found := _setting(address, value, targets, notes)) is not None)
    marks: dict[str, dict[int, int]] = {}
    for clip, _ in fields.items("marks"):
        try:
            marks[clip] = {int(number): frame for number, frame in fields.inner("marks").counts(clip).items()}
        except (InputError, ValueError) as error:
            notes.append(f"marks of {shown(clip)}: {error}")
    mappings: list[SavedMapping] = []
    for value, place in fields.each("controllers", lambda value, place: (value, place)):
        try:
            mappings.append(_mapping(Fields(value, place), value, targets))
        except InputError as error:
            notes.append(str(error))
    return Snapshot(name, tuple(decks[:DECKS_MAX]), settings, marks, tuple(mappings),
                    fields.text("controllers_of") if fields.has("controllers_of") else None), tuple(notes)


def checked(document: object) -> Fields:
    """The document, if it is a snapshot that this version can read. Raises InputError."""
    fields = Fields(document, "the snapshot")
    if fields.text("format") != FORMAT:
        raise InputError(f"it is no snapshot: format is {shown(fields.text('format'))}, not {FORMAT!r}")
    version = fields.whole("version", 0)
    if version > VERSION:
        raise InputError(f"a newer Interscene has written it (version {version}, this one reads up to {VERSION}); "
                         "recall it there, or bring this one up to date")
    if version < 1:
        raise InputError("it does not say which version of snapshots it is; version is a whole number from 1 on")
    return fields


def _setting(address: str, value: Any, targets: Targets, notes: list[str]) -> Setting | None:
    try:
        row, where, coerce = targets.find(address)[0]
        if row.address not in SETTINGS:
            notes.append(f"{address} is no setting that a snapshot has")
            return None
        args = coerce(value if isinstance(value, list) else [value])
    except UnknownAddress as error:
        notes.append(str(error))
        return None
    except InputError as error:
        notes.append(f"{address}: {error}")
        return None
    return Setting(row.address, where, args or ())


def _read_deck(fields: Fields) -> SavedDeck:
    memory = fields.inner("walks") if fields.has("walks") else Fields({}, fields.place)
    take = fields.inner("take") if fields.has("take") else None
    story = fields.inner("story") if fields.has("story") else None
    return SavedDeck(
        fields.whole("deck", 0, 1, DECKS_MAX), _read_program(fields, "shows"), _read_program(fields, "held"),
        _read_program(fields, "ready"),
        None if take is None else (take.number("in", 0.0, 0.0, 3600.0), take.number("fade", 0.0, 0.0, 3600.0)),
        fields.text("song"), fields.text("folder") if fields.has("folder") else None,
        SavedMemory(memory.switch("auto", otherwise=False), memory.text("goal"), memory.each("trail", word),
                    memory.each("onward", word), memory.text("left"), memory.counts("visited"),
                    memory.each("avoid", word), memory.whole("steps", 0, 0), memory.whole("bridges", 0, 0)),
        None if story is None else SavedStory(story.text("name"), story.whole("cue", -1), story.whole("armed", -1)))


def _read_program(deck: Fields, key: str) -> SavedProgram | None:
    if not deck.has(key):
        return None
    one = deck.inner(key)
    bounds = one.each("range", _bound) or (0, LAST)
    inner = one.each("inner", _frame)
    seen = one.each("seen", lambda value, _: value)
    spans, walk = one.each("spans", _span), one.inner("walk") if one.has("walk") else None
    if walk is None and not spans:
        raise InputError(f"{one.place}: it has neither spans nor a walk, so there is nothing to show")
    if len(bounds) != 2 or len(inner) not in (0, 2):
        raise InputError(f"{one.place}: range and inner are two frames each")
    return SavedProgram(
        one.text("clip"), spans, one.number("position", 0.0, -1.0, FRAME_MAX),
        one.number("speed", 1.0, -SPEED_MAX, SPEED_MAX), one.switch("forward", otherwise=True),
        one.switch("playing", otherwise=True), *bounds, one.choice("at_end", ENDS, "loop"),
        (inner[0], inner[1]) if inner else None, one.switch("even", otherwise=False),
        one.number("waits", 0.0, 0.0, 3600.0), None if walk is None else _read_walk(walk),
        (word(seen[0], one.place), whole_number(seen[1], 0, FRAME_MAX, one.place)) if len(seen) == 2 else ("", 0),
        one.text("picture"))


def _read_walk(fields: Fields) -> SavedWalk:
    before = fields.inner("before") if fields.has("before") else None
    return SavedWalk(
        _read_leg(fields), fields.whole("entered", 0, 0, FRAME_MAX), fields.number("fade", 0.0, 0.0, 3600.0),
        fields.each("after", lambda value, place: _read_leg(Fields(value, place))),
        fields.choice("timed", ("", "route", "hop"), ""), fields.text("since"),
        None if before is None else Manner(before.number("speed", 1.0, -SPEED_MAX, SPEED_MAX),
                                           before.switch("forward", otherwise=True),
                                           before.choice("at_end", ENDS, "loop")))


def _read_leg(fields: Fields) -> SavedLeg:
    hops, speeds = fields.each("hops", _read_hop), fields.each("speeds", _speed)
    if not hops or len(hops) != len(speeds):
        raise InputError(f"{fields.place}: a walk has at least one hop, and a speed for each")
    return SavedLeg(hops, speeds, fields.switch("bridge", otherwise=False), fields.each("via", word))


def _read_hop(value: Any, place: str) -> SavedHop:
    if not isinstance(value, list) or len(value) != 5:
        raise InputError(f"{place}: a hop is two pictures, a movie and two frames")
    return SavedHop(word(value[0], place), word(value[1], place), _span(value[2:], place))


def _span(value: Any, place: str) -> WrittenSpan:
    if not isinstance(value, list) or len(value) != 3:
        raise InputError(f"{place}: a span is a movie and two frames")
    return WrittenSpan(word(value[0], place), _bound(value[1], place), _bound(value[2], place))


def _bound(value: Any, place: str) -> int:
    return whole_number(value, LAST, FRAME_MAX, place)


def _frame(value: Any, place: str) -> int:
    return whole_number(value, 0, FRAME_MAX, place)


def _speed(value: Any, place: str) -> float:
    return Fields({"speed": value}, place).number("speed", 1.0, 0.0, SPEED_MAX)


def _mapping(fields: Fields, value: dict[str, Any], targets: Targets) -> SavedMapping:
    where: Where = SONG if fields.choice("where", WHERE, GLOBAL) == SONG else GLOBAL
    try:
        return SavedMapping(where, read_mapping({key: one for key, one in value.items() if key != "where"}, targets))
    except InputError as error:
        raise InputError(f"{fields.place}: {error}") from None
