"""What a snapshot says besides what decks show: settings, hot cues, and what lies on controllers, brought back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from server.playback.fade import Ramp
from server.protocol.controllers.mapping import GLOBAL, SONG
from server.protocol.controllers.mapping import Mapping as ControlMapping
from server.protocol.controllers.mapping_edit import Add, Edit, Remove
from server.show.glides import GLIDING, follow
from server.show.recall_parts import Parts
from server.show.snapshot import Setting, Snapshot
from server.show.snapshot_document import keys_in_use
from server.show.snapshot_taking import SETTINGS
from server.show.view import value
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show

INTERNAL: Final = ("internal", "tap")
"""Sources of the beat that have the tempo they are given."""
_CLOSE: Final = 1e-9
_ORDER: Final = {row: place for place, row in enumerate(SETTINGS)}


def bring_back(show: Show, snapshot: Snapshot, parts: Parts, seconds: Seconds, now: Seconds) -> list[str]:
    """Settings that are other ones now; returns what could not be set, in words."""
    trouble: dict[str, None] = {}
    for one in sorted(snapshot.settings, key=lambda each: _ORDER.get(each.row, len(_ORDER))):
        if not parts.setting(one) or (one.row.startswith("/deck/") and int(one.where[0]) > len(show.state.decks)):
            continue
        present = value(show.state, one.row, one.where, now)
        show.recall.glides.touched(one.row, one.where)
        if present is None or not _same(present, one.args):
            why = _set(show, one, present, seconds, now)
            if why:
                trouble[f"{one.address}: {why}"] = None
    if parts.part("marks") and snapshot.marks:
        show.state = replace(show.state, hot_cues={**show.state.hot_cues, **snapshot.marks})
    return list(trouble)


def _set(show: Show, one: Setting, present: tuple[Any, ...] | None, seconds: Seconds, now: Seconds) -> str:
    led = one.row == "/clock/tempo" and show.state.beat.source not in INTERNAL
    if seconds <= 0 or present is None or one.row not in GLIDING or led:
        return follow(show, one.row, one.where, one.args, now)
    # Where the row is locked, that is said now and not at every tick.
    why = follow(show, one.row, one.where, present, now)
    if not why:
        show.recall.glides.begin(one.row, one.where, Ramp(now, seconds, float(present[0]), float(one.args[0])))
    return why


def _same(present: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    return len(present) == len(wanted) and all(
        abs(a - b) < _CLOSE if isinstance(a, float) and isinstance(b, int | float) else a == b
        for a, b in zip(present, wanted, strict=True))


# controllers --------------------------------------------------------------------------------------


def song_is_read(show: Show, snapshot: Snapshot) -> bool:
    """Whether controllers may be laid: the file of a song is read a moment after the song has come."""
    return all(one.where != SONG for one in snapshot.mappings) or _has_song(show, snapshot)


def _has_song(show: Show, snapshot: Snapshot) -> bool:
    """Whether the file of the snapshot's song is the one that counts."""
    read = show.controllers.files.get(SONG)
    return snapshot.song is not None and read is not None and bool(read.path) and (
        PurePath(read.path).parent == PurePath(show.about.media_folder, snapshot.song))


def lay_controllers(show: Show, snapshot: Snapshot) -> list[str]:
    """Have the files of controllers changed to what the snapshot says; returns what could not be, in words."""
    trouble: list[str] = []
    for where in (GLOBAL, SONG):
        wanted = {one.mapping.name: one.mapping for one in snapshot.mappings if one.where == where}
        if where == SONG and not _has_song(show, snapshot):
            if wanted:
                trouble.append("what lies on controllers in the snapshot's song is left as it is: that song is not on "
                               "the selected deck")
            continue
        edits = _edits({binding.mapping.name: binding.mapping for binding in show.controllers.bindings
                        if binding.where == where}, wanted)
        if edits and show.state.locked:
            trouble.append("controllers stay as they are: how things are set up is locked (/system/lock)")
        elif edits:
            show.controllers.edit(where, edits, None)
    return trouble


def _edits(present: Mapping[str, ControlMapping], wanted: Mapping[str, ControlMapping]) -> list[Edit]:
    changed = [name for name, mapping in wanted.items() if present.get(name) != mapping]
    gone = [name for name in present if name not in wanted or name in changed]
    return [*(Remove(name) for name in gone), *(Add(keys_in_use(wanted[name])) for name in changed)]
