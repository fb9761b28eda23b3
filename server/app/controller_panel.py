"""Controllers as the page shows them: what lies where, how it does, and what each says now. Plain values for JSON."""

from __future__ import annotations

from typing import Any

from server.app.controller_desk import ControllerDesk
from server.protocol.arguments import show as shown
from server.protocol.controllers.binding import Binding
from server.protocol.controllers.control import Moved
from server.protocol.controllers.curves import CURVES
from server.protocol.controllers.encoders import ENCODERS
from server.protocol.controllers.mapping import BUTTONS, GRIDS
from server.protocol.controllers.mapping_file import keys_of
from server.protocol.controllers.rows import as_number
from server.show.controllers import Controllers
from server.show.state import ShowState
from server.units import Seconds

CHOICES = {"curve": list(CURVES), "button": ["", *BUTTONS], "encoder": ["", *ENCODERS], "quantise": list(GRIDS)}


def controller_panel(state: ShowState, controllers: Controllers, desk: ControllerDesk, now: Seconds) -> dict[str, Any]:
    """Everything that the panel draws."""
    learning = controllers.learning
    return {
        "learning": None if learning is None else {"row": learning.row, "where": learning.where},
        "learnt": state.learn.learnt,
        "last": None if controllers.last is None else _moved(controllers.last),
        "midi": state.learn.midi,
        "devices": [device._asdict() for device in desk.devices],
        "files": [{"where": where, "path": read.path, "error": read.error, "problems": list(read.file.problems),
                   "notes": list(read.file.notes)} for where, read in list(controllers.files.items()) if read.path],
        "choices": CHOICES,
        "mappings": [_mapping(binding, controllers, now) for binding in controllers.bindings],
    }


def _moved(moved: Moved) -> dict[str, Any]:
    return {"control": moved.control.text(), "values": list(moved.values)}


def _mapping(binding: Binding, controllers: Controllers, now: Seconds) -> dict[str, Any]:
    mapping, row = binding.mapping, binding.target.row
    values = controllers.current(binding, now)
    number = as_number(row, values[0]) if values else None
    said = round(values[0], 4) if values and isinstance(values[0], float) else values[0] if values else None
    raw = mapping.raw(binding.heard) if binding.heard is not None else None
    stands = raw is not None and binding.remembers_place
    arg = row.args[0] if row.args else None
    return {
        "where": binding.where, "control": mapping.control.text(), "kind": binding.kind, "doc": row.doc,
        "unit": (arg.unit or "") if arg is not None else "", "counts": controllers.counts(binding),
        "waits": binding.waits,
        "value": shown(said).strip("'") if values else "",
        "share": mapping.place(number) if number is not None else None,
        "place": mapping.travel(raw) if raw is not None and stands else None,
        "keys": keys_of(mapping),
    }
