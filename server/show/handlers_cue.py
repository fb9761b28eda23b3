"""Commands that play a story: have it ready, go, back, stop, arm."""

from __future__ import annotations

from server.errors import InputError
from server.show import stories
from server.show.events import Later, NotNow
from server.show.handlers_deck import schedule_take
from server.show.handlers_go import graph_of
from server.show.handling import Answer, Call, handles
from server.show.loading import Wish
from server.show.walk_state import Cues


def _cues(call: Call) -> Cues:
    return call.show.state.cue(call.number)


@handles("/deck/{n}/story")
def story(call: Call) -> Answer:
    call.show.stories.want(call.number, graph_of(call).folder, call.args[0], call.command, call.now)
    return Later()


@handles("/deck/{n}/cue/go")
def go(call: Call) -> Answer:
    """Play what is armed; twice within the guard time is one press too many."""
    cues = _cues(call)
    if cues.went is not None and 0 <= call.now - cues.went < cues.guard:
        return NotNow(f"a second go within {cues.guard:g} s is taken for a slip; /deck/{call.number}/cue/guard sets "
                      "that time")
    return _play(call, cues, cues.armed, "the story is over; arm a section, or go back")


@handles("/deck/{n}/cue/back")
def back(call: Call) -> Answer:
    cues = _cues(call)
    return _play(call, cues, cues.current - 1, "there is no section before this one")


def _play(call: Call, cues: Cues, number: int, otherwise: str) -> Answer:
    if cues.story is None:
        return NotNow(f"deck {call.number} has no story ready; first: /deck/{call.number}/story NAME")
    section = stories.section_at(cues, number)
    if section is None:
        return NotNow(otherwise)
    if section.problem:
        return NotNow(f"section {section.name} cannot be played: {section.problem}")
    following = number + 1 if number + 1 < len(cues.story.sections) else -1
    stories.put(call.show, call.number, current=number, armed=following, went=call.now)
    path, deck = stories.path_of(cues, section), call.deck
    call.show.navigation.forget(call.number, call.now)
    prepared = deck.prepared
    if prepared is not None and prepared.route is not None and prepared.clip.spans[0].movie.name == path:
        schedule_take(call, deck.fade)
        return None
    pending = call.show.loading.pending(call.number)
    if pending is not None and pending.name == path and pending.command is None:
        call.show.loading.take_when_loaded(call.number, deck.fade)
        return None
    call.show.loading.want(Wish(call.number, path, True, deck.fade, command=call.command, section=True), call.now)
    return Later()


@handles("/deck/{n}/cue/stop")
def stop(call: Call) -> Answer:
    cues = _cues(call)
    if cues.current < 0 or call.deck.current is None:
        return NotNow(f"no section is playing on deck {call.number}")
    stories.put(call.show, call.number, armed=cues.current, went=None)
    call.show.loading.forget(call.number, call.now)
    call.put(call.deck.cancel().change(lambda program: program.held(call.time, call.deck.drive)))
    return None


@handles("/deck/{n}/cue/arm")
def arm(call: Call) -> Answer:
    cues = _cues(call)
    if cues.story is None:
        return NotNow(f"deck {call.number} has no story ready; first: /deck/{call.number}/story NAME")
    wanted = str(call.args[0]).strip()
    names = [section.name for section in cues.story.sections]
    found = [i for i, name in enumerate(names) if name == wanted] or [
        i for i, name in enumerate(names) if name.casefold() == wanted.casefold()]
    if not found and wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= len(names):
        found = [int(wanted) - 1]
    if len(found) != 1:
        raise InputError(f"{cues.story.name} has no section {wanted!r}; it has {', '.join(names[:8]) or 'none'}")
    stories.put(call.show, call.number, armed=found[0])
    return None


@handles("/deck/{n}/cue/guard")
def guard(call: Call) -> Answer:
    stories.put(call.show, call.number, guard=call.args[0])
    return None
