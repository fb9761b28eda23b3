"""A show put into one frozen value, and made again of it: it goes on exactly as the first would have.

The state is frozen anyway; here is what a show has in mind besides: who listens, what is asked for and not yet
answered, what was told. Left out is what no message depends on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from server.errors import ArchiveDamaged
from server.protocol.controllers.binding import Binding
from server.protocol.controllers.ears import Ears
from server.protocol.controllers.learn import Learning, _Heard
from server.protocol.controllers.pickup import Pickup
from server.protocol.controllers.telling import Telling
from server.protocol.schedule import Schedule
from server.show.archive_names import NAMES
from server.show.archive_plain import PLAIN
from server.show.complaints import Complaints
from server.show.controllers import Controllers
from server.show.following import Following
from server.show.glides import Glides
from server.show.growth import Growth
from server.show.jobs import Jobs
from server.show.loading import Loading
from server.show.memory_state import Memory, Portrait
from server.show.navigation import Navigation
from server.show.permission import Permission
from server.show.recall import Recall, RecallDeck, RecallTask
from server.show.renderers import Ask, Renderer, Renderers
from server.show.show import About, Show
from server.show.snapshots import Snapshots
from server.show.stories import Stories
from server.show.streaming import Streamer
from server.show.timing import Timing
from server.show.walking import Walking

KINDS: Final[Mapping[str, type]] = MappingProxyType({
    "ask": Ask, "binding": Binding, "complaints": Complaints, "controllers": Controllers, "ears": Ears,
    "following": Following, "growth": Growth, "heard": _Heard, "jobs": Jobs, "learning": Learning, "loading": Loading,
    "navigation": Navigation, "permission": Permission, "pickup": Pickup, "renderer": Renderer,
    "recall": Recall, "recall task": RecallTask, "recall deck": RecallDeck, "glides": Glides,
    "snapshot orders": Snapshots,
    "renderers": Renderers, "schedule": Schedule, "stories": Stories, "streamer": Streamer, "telling": Telling,
    "timing": Timing, "walking": Walking,
})
"""Things that change while a show goes on. Names are part of the files: they never change.

What every show has from its beginning needs no name here; what comes and goes does.
"""
_NAMES: Final = {cls: name for name, cls in KINDS.items()}
_FROZEN: Final = frozenset((*NAMES.values(), *PLAIN))
LEFT_OUT: Final = frozenset({"_show", "about", "state", "outbox", "journal", "subscribers", "overhear", "targets",
                             "_templates"})
"""Attributes that are the same in every show, or that no message depends on."""


def remembered(show: Show) -> Memory:
    """A show as it is between two of its steps, when nothing waits in its outbox. Takes microseconds."""
    about = show.about
    seen: dict[int, Portrait] = {}
    return Memory(show.state, about.name, about.tick_rate, about.media_folder, about.session,
                  {name: _still(value, seen) for name, value in _attributes(show)})


def recalled(memory: Memory) -> Show:
    """A show that goes on from there. Raises ArchiveDamaged where it cannot be made of this."""
    show = Show(memory.state, About(memory.name, memory.tick_rate, memory.media_folder, memory.session))
    try:
        _fill(show, memory.mind, {})
    except (TypeError, ValueError, AttributeError, KeyError) as problem:
        raise ArchiveDamaged(f"what a show had in mind cannot be made again: {problem}") from None
    return show


def _attributes(thing: object) -> Iterator[tuple[str, Any]]:
    names = list(getattr(thing, "__dict__", ())) or [name for cls in type(thing).__mro__
                                                     for name in getattr(cls, "__slots__", ())]
    return ((name, getattr(thing, name)) for name in names if name not in LEFT_OUT)


def _still(value: Any, seen: dict[int, Portrait]) -> Any:
    """A value that no later step changes; what is one thing in several places is one portrait."""
    kind = type(value)
    if kind is dict:
        return {_still(key, seen): _still(one, seen) for key, one in value.items()}
    if kind in (list, tuple, set, frozenset):
        return kind(_still(one, seen) for one in value)
    if kind is deque:
        return deque((_still(one, seen) for one in value), value.maxlen)
    name = _kind_of(kind)
    if name is None:
        return value
    if id(value) not in seen:
        seen[id(value)] = Portrait(name, {key: _still(one, seen) for key, one in _attributes(value)})
    return seen[id(value)]


def _kind_of(cls: type) -> str | None:
    """What a thing that changes is called; None for a value."""
    if cls in _FROZEN or not cls.__module__.startswith("server."):
        return None
    return _NAMES.get(cls, cls.__name__)


def _fill(thing: object, attributes: Mapping[str, Any], made: dict[int, object]) -> None:
    """Give a thing what it had. What it has of itself already, it keeps: others may know it."""
    for name, value in attributes.items():
        if name in LEFT_OUT:
            raise ValueError(f"{name!r} is none of its attributes")
        there = getattr(thing, name, None)
        if isinstance(value, Portrait) and there is not None and _kind_of(type(there)) == value.kind:
            made[id(value)] = there
            _fill(there, value.attributes, made)
        else:
            setattr(thing, name, _living(value, made))


def _living(value: Any, made: dict[int, object]) -> Any:
    kind = type(value)
    if kind is dict:
        return {_living(key, made): _living(one, made) for key, one in value.items()}
    if kind in (list, tuple, set, frozenset):
        return kind(_living(one, made) for one in value)
    if kind is deque:
        return deque((_living(one, made) for one in value), value.maxlen)
    if kind is not Portrait:
        return value
    if id(value) not in made:
        # Attributes are given to it one by one: what its constructor makes of none is no use.
        thing: object = object.__new__(KINDS[value.kind])
        made[id(value)] = thing
        _fill(thing, value.attributes, made)
    return made[id(value)]
