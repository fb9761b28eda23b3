"""What walks and stories look like from outside. Pure functions of a frozen state and a time."""

from __future__ import annotations

from typing import Any, Final

from server.playback.deck import Deck
from server.playback.program import Program
from server.playback.walk import Route, coming, hops_left, passed, seconds_left, where
from server.show.song_map import SongMap
from server.show.state import ShowState
from server.show.walk_state import Walk
from server.units import Seconds

Values = tuple[Any, ...]
LISTED: Final = 12
"""Pictures of a route that are told."""
SETTINGS: Final = {"go/how": "how", "go/time": "time", "go/fade": "fade", "go/auto": "auto", "go/dwell": "dwell",
                   "go/pace": "pace", "go/pace/unit": "unit", "go/seed": "seed"}


def walk_setting(state: ShowState, number: int, name: str) -> Values | None:
    """What `/deck/{n}/go/…` is set to; None for another row."""
    if name in SETTINGS:
        return (getattr(state.walk(number), SETTINGS[name]),)
    cues = state.cue(number)
    return {"cue/guard": (cues.guard,), "story": (cues.story.name if cues.story is not None else "",)}.get(name)


def walk_values(state: ShowState, deck: Deck, program: Program | None, t: Seconds) -> dict[str, Values]:
    """Rows below `/deck/{n}/state/` of walks and cues; of a walk that is seen, its picture, prompt and next, too."""
    walk, cues = state.walk(deck.number), state.cue(deck.number)
    graph = state.song(deck.number).graph
    values: dict[str, Values] = {
        "song": (state.song(deck.number).name,), "how": (walk.how,), "auto": (walk.auto,), "bridges": (walk.bridges,),
        "story": (cues.story.name if cues.story is not None else "",), "cue": (cues.name(cues.current),),
        "armed": (cues.name(cues.armed),), "cues": (len(cues.story.sections) if cues.story is not None else 0,),
    }
    if program is None or program.route is None:
        opening = deck.prepared is not None and deck.prepared.route is not None
        doing = "planning" if walk.asking else "making" if walk.waiting else "opening" if opening else ""
        return {**values, "scene": ("",), "walk": (doing,), "goal": (_goal(deck, walk) if doing else "",),
                "route": ("",), "stop": (0,), "hops": (0,), "arrival": (0.0,)}
    picture = passed(program, t)
    spot = graph.spots.get(picture) if graph is not None else None
    following = deck.prepared.route if deck.prepared is not None else None
    return {
        **values,
        "picture": (picture,),
        "prompt": (spot.prompt if spot is not None else _marked(program, t),),
        "scene": (",".join(spot.scenes) if spot is not None else "",),
        "next": (coming(program, t) or (following.hops[0].end if following is not None else ""),),
        "walk": (_doing(deck, walk, program, t),),
        "goal": (_goal(deck, walk),),
        "route": (_listed(program, program.route, t, graph),),
        "stop": (_stops(program, program.route, t),),
        "hops": (hops_left(program, t),),
        "arrival": (seconds_left(program, t, walk.fade),),
    }


def _goal(deck: Deck, walk: Walk) -> str:
    program = deck.prepared if deck.prepared is not None and deck.take is not None else deck.current
    return program.route.goal if program is not None and program.route is not None else walk.goal


def _doing(deck: Deck, walk: Walk, program: Program, t: Seconds) -> str:
    if walk.asking:
        return "planning"
    if walk.waiting:
        return "making"
    if deck.prepared is not None and deck.take is not None:
        return "dwelling" if deck.take.at > t else "opening"
    ramp = deck.layers[-1].ramp
    if ramp.duration > 0 and t < ramp.start + ramp.duration:
        return "fading"
    here = where(program, t)
    transport = program.transport
    if t < transport.anchor_time and transport.playing:
        return "dwelling"
    if here is not None and here.resting and hops_left(program, t) == 0:
        return "dwelling" if walk.auto else "standing"
    return "walking" if transport.playing else "paused"


def _stops(program: Program, route: Route, t: Seconds) -> int:
    here = where(program, t)
    if here is None or not route.hops[0].frames:
        return 0
    return here.number + (here.resting == route.hops[here.number].end)


def _listed(program: Program, route: Route, t: Seconds, _graph: SongMap | None) -> str:
    pictures = route.pictures
    begin = _stops(program, route, t) if len(pictures) > LISTED else 0
    part = pictures[begin:begin + LISTED]
    more = len(pictures) - begin - len(part)
    return " > ".join(part) + (f" > … {more} more" if more else "")


def _marked(program: Program, t: Seconds) -> str:
    """The prompt that a movie's own marks give: of a story whose pictures have gone."""
    x = program.frame_position(t)
    prompts = [mark.prompt or "" for mark in program.clip.marks if mark.frame <= x + 0.5]
    return prompts[-1] if prompts else ""
