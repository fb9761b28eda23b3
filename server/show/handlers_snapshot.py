"""Commands that save everything, bring it back, and keep order among what was saved; and the lock while performing."""

from __future__ import annotations

from dataclasses import replace

from server.library.snapshot_names import read_name, read_version
from server.show.events import Later, NotNow, Send
from server.show.handling import Answer, Call, handles
from server.show.recall_parts import read_parts
from server.show.snapshot_events import SnapshotOrder
from server.show.snapshot_taking import taken
from server.units import Seconds


def _order(call: Call, order: SnapshotOrder) -> Later:
    call.show.snapshots.order(order, call.command, call.now)
    return Later()


@handles("/snapshot/save")
def save(call: Call) -> Answer:
    name = read_name(call.args[0])
    snapshot = taken(name, call.show.state, call.now, call.show.controllers.bindings)
    return _order(call, SnapshotOrder(0, "save", name, call.args[1], snapshot=snapshot))


@handles("/snapshot/recall")
def recall(call: Call) -> Answer:
    return _recall(call, 0.0, call.args[1])


@handles("/snapshot/recall/over")
def recall_over(call: Call) -> Answer:
    return _recall(call, call.args[1], call.args[2])


def _recall(call: Call, seconds: Seconds, only: str) -> Answer:
    read_version(call.args[0])
    order = SnapshotOrder(0, "read", call.args[0])
    call.show.snapshots.order(order, call.command, call.now, (seconds, read_parts(only)))
    return Later()


@handles("/snapshot/undo")
def undo(call: Call) -> Answer:
    return Later() if call.show.recall.undo(call.command, call.now) else NotNow("nothing was recalled yet")


@handles("/snapshot/list")
def tell_all(call: Call) -> Answer:
    to = call.show.answer_to(call.command.source)
    for entry in call.show.state.snapshots.entries:
        call.show.emit(Send(to, "/snapshot/item", (entry.name, entry.where, entry.made, entry.locked, entry.versions)))
    return None


@handles("/snapshot/lock")
def lock(call: Call) -> Answer:
    name, on, where = call.args
    return _order(call, SnapshotOrder(0, "lock", read_name(name), where or "", on=on))


@handles("/snapshot/rename")
def rename(call: Call) -> Answer:
    name, to, where = call.args
    return _order(call, SnapshotOrder(0, "rename", read_name(name), where or "", to=read_name(to)))


@handles("/snapshot/delete")
def delete(call: Call) -> Answer:
    name, where = call.args
    return _order(call, SnapshotOrder(0, "delete", read_name(name), where or ""))


@handles("/system/lock")
def system_lock(call: Call) -> Answer:
    state = call.show.state
    call.show.state = replace(state, locked=not state.locked if call.args[0] is None else call.args[0])
    return None
