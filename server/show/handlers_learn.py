"""Commands that lay controllers on rows, change how they do it, and take them away."""

from __future__ import annotations

import json
from typing import Any

from server.errors import InputError
from server.protocol.controllers.binding import Binding
from server.protocol.controllers.mapping import GLOBAL
from server.protocol.controllers.mapping_edit import Change, Remove
from server.protocol.controllers.mapping_file import keys_of
from server.protocol.controllers.mapping_keys import KEYS, suggestion
from server.protocol.controllers.rows import find_row, row_kind
from server.show.events import Later, NotNow, Send
from server.show.handling import Answer, Call, handles


@handles("/learn/start")
def start(call: Call) -> Answer:
    """Wait for a control. A row of texts has to be told what a press sends."""
    address, where, text = call.args
    controllers = call.show.controllers
    target = find_row(address, controllers.targets)
    value = _listed(text) if text else None
    if value is None and row_kind(target.row) == "text":
        raise InputError(f"{address} takes more than a control says; give what a press is to send: /learn/start "
                         f"{address} {where or GLOBAL} VALUE")
    if value is not None:
        if not target.row.args:
            raise InputError(f"{address} takes nothing; leave {text} out")
        target.coerce(value)
    controllers.learn(address, where or GLOBAL, value, call.now)
    return None


@handles("/learn/cancel")
def cancel(call: Call) -> Answer:
    return None if call.show.controllers.cancel() else NotNow("no row waits for a control")


@handles("/learn/set")
def change(call: Call) -> Answer:
    """Change one key; the file is written before it is acknowledged."""
    name, key, text, where = call.args
    binding = call.show.controllers.named(name, where)
    if key not in KEYS:
        raise InputError(f"a mapping has no key {key!r}{suggestion(key, KEYS)}; there are {', '.join(KEYS)}")
    value = None if text == "" else _value(text)
    if value is not None and isinstance(value, int | float) and key in ("name", "osc", "device", "midi", "row"):
        value = text
    if key == "feedback" and isinstance(value, str) and call.command.source.kind == "osc" and (
            ":" in value and not value.startswith(f"{call.command.source.host}:")):
        # Who may send OSC must not make the server send to others.
        raise InputError("feedback to another computer is set on the page, or in the file")
    call.show.controllers.edit(binding.where, [Change(name, key, value)], call.command)
    return Later()


@handles("/learn/forget")
def forget(call: Call) -> Answer:
    name, where = call.args
    binding = call.show.controllers.named(name, where)
    call.show.controllers.edit(binding.where, [Remove(name)], call.command)
    return Later()


@handles("/learn/list")
def tell_all(call: Call) -> Answer:
    to = call.show.answer_to(call.command.source)
    for binding in call.show.controllers.bindings:
        call.show.emit(Send(to, "/learn/mapping", _line(binding)))
    return None


def _line(binding: Binding) -> tuple[str, str, str, str, str]:
    mapping = binding.mapping
    return mapping.name, binding.where, mapping.control.text(), mapping.row, json.dumps(keys_of(mapping))


def _value(text: str) -> Any:
    """A number, true, false or a list as JSON; anything else is a text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _listed(text: str) -> tuple[Any, ...]:
    found = _value(text)
    return tuple(found) if isinstance(found, list) else (found if isinstance(found, bool | int | float) else text,)
