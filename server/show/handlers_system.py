"""Commands about the show itself: who is there, who wants to be told, the engaged switch, panic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.protocol.command import Source
from server.protocol.encode import message
from server.protocol.match import Mask
from server.show.events import FullState, Health, JobOrder, Send, SendBytes
from server.show.handling import Answer, Call, handles
from server.show.renderers import Renderer, parse_decks
from server.show.subscribers import Subscriber

if TYPE_CHECKING:
    from server.show.show import Show

PROTOCOL = 1


@handles("/system/hello")
def hello(call: Call) -> Answer:
    """A renderer (it names a stream port) or a client says who it is, and where answers are to go."""
    name, stream, events, protocol, build, cook, largest, decks = call.args
    show, source = call.show, call.command.source
    if show.peer.muted and stream:
        return None  # it belongs to the server that plays; who is welcomed here would follow this one
    back = Source(source.host, events or source.port, source.kind)
    if events:
        show.answer_at(source, back)
    if stream and protocol != PROTOCOL:
        # It refuses the welcome in words; waited for as a renderer, it would hold up every take.
        text = f"{name} speaks protocol {protocol}, this server {PROTOCOL}: use one version of both"
        if all(complaint.text != text for complaint in show.complaints):
            show.tell(text, "renderer")
    elif stream:
        renderer = Renderer(source.host, source.port, name, stream, back.port,
                            parse_decks(decks, len(show.state.decks)), call.now, build, cook, largest)
        show.join(renderer, call.now)
    welcome(show, back)
    return None


def welcome(show: Show, to: Source) -> None:
    """Say who we are, and where we receive."""
    info = show.about
    show.emit(Send(to, "/system/welcome", (info.name, PROTOCOL, info.tick_rate, len(show.state.decks),
                                           info.media_folder, info.session, show.state.peer.port)))


@handles("/system/subscribe")
def subscribe(call: Call) -> Answer:
    mask, rate, port = call.args
    source = call.command.source
    to = Source(source.host, port or call.show.answer_to(source).port, source.kind)
    call.show.subscribers.add(Subscriber(source, to, Mask(mask), rate, call.now))
    return None


@handles("/system/unsubscribe")
def unsubscribe(call: Call) -> Answer:
    call.show.subscribers.remove(call.command.source)
    return None


@handles("/system/state")
def state(call: Call) -> Answer:
    call.show.emit(FullState(call.show.answer_to(call.command.source)))
    return None


@handles("/system/ping")
def ping(call: Call) -> Answer:
    call.show.emit(Send(call.show.answer_to(call.command.source), "/system/pong", (call.args[0],)))
    return None


@handles("/system/engaged")
def engaged(call: Call) -> Answer:
    on = not call.show.state.engaged if call.args[0] is None else call.args[0]
    call.show.state = replace(call.show.state, engaged=on)
    return None


@handles("/system/panic")
def panic(call: Call) -> Answer:
    """Hold every picture; stop fades, autopilot and scheduled takes. Nothing goes black."""
    call.show.forget_scheduled()
    call.show.controllers.forget_waiting()
    if call.show.state.making.open_jobs():
        call.show.jobs.put(replace(call.show.state.making, paused=True))
        call.show.jobs.order(JobOrder("panic"))
        call.show.tell("nothing more is made until /generate/pause 0: panic stopped what decks waited for, and holds "
                       "the rest", "job")
    for deck in call.show.state.decks:
        call.show.loading.forget(deck.number, call.now)
        call.show.navigation.forget(deck.number, call.now)
        call.show.state = call.show.state.with_walk(deck.number, replace(call.show.state.walk(deck.number), auto=False))
        call.put(deck.hold(call.show.state.time_of(deck, call.now)))
    return None


def _renderer(call: Call) -> Renderer | None:
    """The renderer that is speaking; None for a stranger, whose answers mean nothing."""
    source = call.command.source
    renderer = call.show.renderers.at(source.host, source.port)
    if renderer is not None:
        call.show.alive(renderer, call.now)
    return renderer


@handles("/td/deck/{n}/opening")
def opening(call: Call) -> Answer:
    renderer = _renderer(call)
    if renderer is not None:
        renderer.opening(call.number, call.args[0], call.now)
    return None


@handles("/td/deck/{n}/ready")
def ready(call: Call) -> Answer:
    renderer = _renderer(call)
    if renderer is not None:
        renderer.settled(call.number, call.args[0])
        player = call.deck.players.by_id(call.args[0])
        if player is not None and not player.ready:
            call.show.jobs.opened(call.time - player.opened)
        call.put(call.deck.answered(call.args[0], renderer.key, call.time))
    return None


@handles("/td/deck/{n}/failed")
def failed(call: Call) -> Answer:
    renderer = _renderer(call)
    if renderer is not None:
        renderer.settled(call.number, call.args[0])
        call.show.tell(f"{renderer.name} cannot open a movie on deck {call.number}: {call.args[1]}", "renderer")
        call.put(call.deck.answered(call.args[0], renderer.key, call.time, call.args[1] or "no reason given"))
    return None


@handles("/td/deck/{n}/shown")
def shown(call: Call) -> Answer:
    renderer = _renderer(call)
    if renderer is not None:
        number, frame = call.number, (call.args[0], call.args[1])
        renderer.steps[number] = renderer.steps.get(number, 0) + (renderer.shown.get(number) != frame)
        renderer.shown[number], renderer.shown_at[number] = frame, call.now
    return None


@handles("/td/health")
def health(call: Call) -> Answer:
    renderer = _renderer(call)
    if renderer is not None:
        renderer.health = tuple(call.args)
        decks = [deck for deck in call.show.state.decks if renderer.shows(deck.number)]
        on_air = any(p.level > 0 for deck in decks for p in deck.pictures(call.show.state.time_of(deck, call.now), 1.0))
        call.show.emit(Health(renderer.key, call.args[0], call.args[1], call.args[2], on_air))
    return None


def open_message(deck: int, args: tuple[int | str, ...], kind: str) -> bytes:
    return message(f"/td/deck/{deck}/{kind}", *args)


def repeat_asks(renderer: Renderer, now: float) -> list[SendBytes]:
    """What a renderer still has to be told, as packets."""
    return [SendBytes(renderer.host, renderer.event_port, open_message(ask.deck, ask.args, ask.kind))
            for ask in renderer.due(now)]
