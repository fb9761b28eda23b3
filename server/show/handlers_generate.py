"""Commands about making: what is to be made, what becomes of jobs, and how the next ones are made."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from server.errors import InputError, LibraryError, OutOfRange
from server.playback.walk import Missing, where
from server.protocol.generating import FRAMES_MIN, MODES
from server.show.entering import way_ahead
from server.show.events import JobOrder, Later, NeedDetour, NeedJob, NotNow
from server.show.goal import standpoint
from server.show.handlers_go import graph_of
from server.show.handling import Answer, Call, handles
from server.show.making_state import Job, Making, Recipe
from server.show.song_map import SongMap
from server.units import Seconds

SEED_DIGITS: Final = 100
LEAD: Final[Seconds] = 0.75
"""From the decision for a detour to the frame on which it leaves, besides twice the time that a movie takes to open."""
ALL: Final = "all"


def whole_seed(text: str) -> int:
    """A seed as people write it: a whole number of any size. Raises InputError, OutOfRange."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal()):
        raise InputError(f"a seed is a whole number from 0 on, such as 1001, not {text[:40]!r}")
    if len(digits) > SEED_DIGITS:
        raise OutOfRange(f"a seed has at most {SEED_DIGITS} digits")
    return int(digits)


def _making(call: Call) -> Making:
    return call.show.state.making


def _maker(call: Call) -> NotNow | None:
    """Why nothing can be made; None where it can."""
    making = _making(call)
    if not making.attached:
        return NotNow("this server makes nothing; start it with --generate auto")
    if making.worker.state == "safe":
        return NotNow(f"generation is switched off: {making.worker.reason or 'the worker failed too often'}; "
                      "/generate/again starts it again")
    return None


def _picture(graph: SongMap, text: str) -> str:
    found = graph.find(text)
    if len(found) > 1:
        raise LibraryError(f"{text} may be {', '.join(found[:5])}; say which")
    return found[0]


def _recipe(call: Call, mode: str = "", frames: int = 0, seed: str = "") -> Recipe:
    """How it is made: as the rows say, but for what the command says. Raises InputError, OutOfRange."""
    if mode and mode not in MODES:
        raise InputError(f"there is no mode {mode[:40]!r}; the modes are: {', '.join(MODES)}")
    if 0 < frames < FRAMES_MIN:
        raise OutOfRange(f"a transition has at least {FRAMES_MIN} frames, not {frames}; 0 is as the song wants")
    given: dict[str, Any] = {name: value for name, value in (("mode", mode), ("frames", frames)) if value}
    if seed:
        given["seed"] = str(whole_seed(seed))
    return replace(_making(call).recipe, **given)


@handles("/deck/{n}/generate/transition")
def transition(call: Call) -> Answer:
    refused = _maker(call)
    if refused is not None:
        return refused
    first, second, mode, frames, seed = call.args
    graph, recipe = graph_of(call), _recipe(call, mode, frames, seed)
    if first and not second:
        raise InputError("name both pictures, or none for the next transition that the walk lacks")
    pair = (_picture(graph, first), _picture(graph, second)) if first else _lacking(call, graph)
    if pair is None:
        return NotNow(f"the walk of deck {call.number} lacks no transition; name two pictures of {graph.name}")
    if pair[0] == pair[1]:
        raise InputError(f"a transition is between two pictures, not from {pair[0]} to itself")
    call.show.jobs.ask(call.command, NeedJob(0, call.number, graph.folder, "transition", *pair, recipe,
                                             call.show.jobs.opening))
    return Later()


def _lacking(call: Call, graph: SongMap) -> tuple[str, str] | None:
    """The next transition that the deck's walk lacks."""
    walk = call.show.state.walk(call.number)
    here = standpoint(call.deck, walk, graph, call.time)
    if here is None:
        return None
    if walk.waiting:
        return here.resting or here.hop.end, walk.waiting
    missing = next((step for step in way_ahead(call.deck, here) if isinstance(step, Missing)), None)
    return (missing.start, missing.end) if missing is not None else None


@handles("/deck/{n}/generate/picture")
def picture(call: Call) -> Answer:
    refused = _maker(call)
    if refused is not None:
        return refused
    prompt, seed, name, negative = call.args
    graph = graph_of(call)
    if not prompt.strip():
        raise InputError("a picture is made of a prompt; write one")
    recipe = _recipe(call, seed=seed)
    call.show.jobs.ask(call.command, NeedJob(0, call.number, graph.folder, "picture", recipe=recipe, name=name.strip(),
                                             prompt=prompt.strip(), negative=negative.strip()))
    return Later()


@handles("/deck/{n}/generate/retarget")
def retarget(call: Call) -> Answer:
    refused = _maker(call)
    if refused is not None:
        return refused
    graph = graph_of(call)
    target = _picture(graph, call.args[0])
    program = call.deck.current
    here = where(program, call.time) if program is not None else None
    if program is None or program.route is None or here is None or here.hop.whole:
        return NotNow(f"deck {call.number} plays nothing that is being made; /go/picture goes elsewhere")
    if target in (here.hop.start, here.hop.end):
        raise InputError(f"{target} is an end of the transition that is playing; /go/picture goes there")
    lead = LEAD + 2 * call.show.jobs.opening
    at = math.ceil(here.frame + lead * abs(program.transport.velocity))
    if at >= here.hop.movie.count - 2:
        return NotNow(f"the transition to {here.hop.end} is nearly over; /go/picture goes on from there")
    call.show.jobs.ask(call.command, NeedDetour(0, call.number, here.hop.job, at, target, _recipe(call),
                                                call.show.jobs.opening))
    return Later()


# what becomes of jobs -------------------------------------------------------------------------


def _job(call: Call, number: str) -> Job | NotNow:
    """The job of a number; without one the one that is being made, what the selected deck waits for first."""
    making = _making(call)
    if number:
        found = making.job(number.strip().lstrip("#"))
        if found is None:
            known = ", ".join(job.id for job in making.open_jobs()[:8])
            raise InputError(f"there is no job {number[:40]}; there {f'are {known}' if known else 'is none'}")
        return found if not found.over else NotNow(f"job {found.id} is {found.state} already")
    jobs = making.open_jobs()
    order = sorted(jobs, key=lambda job: (job.deck != call.show.state.selected or not job.live,
                                          job.state not in ("making", "loading")))
    return order[0] if order else NotNow("nothing is being made")


@handles("/generate/cancel")
def cancel(call: Call) -> Answer:
    if call.args[0].strip().lower() == ALL:
        call.show.jobs.order(JobOrder("cancel"))
        return None
    job = _job(call, call.args[0])
    if isinstance(job, NotNow):
        return job
    call.show.jobs.order(JobOrder("cancel", job.id))
    return None


@handles("/generate/skip")
def skip(call: Call) -> Answer:
    number, seed = call.args
    job = _job(call, number)
    if isinstance(job, NotNow):
        return job
    if job.state not in ("making", "loading", "paused"):
        return NotNow(f"job {job.id} is {job.state}: nothing of it is being made now")
    call.show.jobs.order(JobOrder("skip", job.id, whole_seed(seed) if seed else None))
    return None


@handles("/generate/pause")
def pause(call: Call) -> Answer:
    making = _making(call)
    on = not making.paused if call.args[0] is None else call.args[0]
    call.show.jobs.put(replace(making, paused=on))
    call.show.jobs.order(JobOrder("pause" if on else "go on"))
    return None


@handles("/generate/again")
def again(call: Call) -> Answer:
    if not _making(call).attached:
        return _maker(call)
    call.show.jobs.order(JobOrder("again"))
    return None


# how the next ones are made -------------------------------------------------------------------


def _setting(name: str, change: Callable[[Making, Any], Making]) -> None:
    """Register a row that sets one value."""

    def handler(call: Call) -> Answer:
        making, given = _making(call), call.args[0]
        if given is None:
            owner: Any = making if hasattr(making, name) else making.recipe
            given = not getattr(owner, name)
        call.show.jobs.put(change(making, given))
        return None

    handles(f"/generate/{name}")(handler)


def _of_recipe(name: str) -> Callable[[Making, Any], Making]:
    return lambda making, value: replace(making, recipe=replace(making.recipe, **{name: value}))


def _of_making(name: str) -> Callable[[Making, Any], Making]:
    def change(making: Making, value: Any) -> Making:
        given: dict[str, Any] = {name: value}
        return replace(making, **given)

    return change


def _frames(making: Making, value: int) -> Making:
    if 0 < value < FRAMES_MIN:
        raise OutOfRange(f"a transition has at least {FRAMES_MIN} frames, not {value}; 0 is as the song wants")
    return replace(making, recipe=replace(making.recipe, frames=value))


for _name in ("live", "ahead", "wait"):
    _setting(_name, _of_making(_name))
for _name in ("mode", "model", "steps", "depth", "guidance", "embedding", "decoder", "even"):
    _setting(_name, _of_recipe(_name))
_setting("frames", _frames)
_setting("seed", lambda making, value: replace(making, recipe=replace(making.recipe, seed=str(whole_seed(value)))))
