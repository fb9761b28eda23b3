"""What time from outside does when a show begins, as the settings say it."""

from __future__ import annotations

from dataclasses import replace

from server.protocol.timecode.counting import COUNTINGS, parse_timecode
from server.settings.resolved import Settings
from server.show.state import ShowState
from server.show.time_state import Chase, TimeState


def following_at_start(state: ShowState, settings: Settings) -> ShowState:
    """The state with its sources; every deck follows the same. Raises InputError for a start that is no timecode."""
    start = parse_timecode(settings.chase_start, COUNTINGS[settings.timecode_rate])
    time = TimeState(settings.clock_device.strip(), settings.timecode_rate, settings.timecode_offset,
                     settings.timecode_freewheel, settings.timecode_tolerance,
                     chases=(Chase(settings.chase, start),) * len(state.decks))
    return replace(state, time=time, beat=replace(state.beat, source=settings.clock_source))
