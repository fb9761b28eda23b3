"""OSC into the server: what a running one loses and how soon it answers, and how fast packets are understood."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from fractions import Fraction

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.paired import median, middle_half, percentile, ratios, rounds_of
from benchmarks.stage import Stage, running_server, told
from server.media.numbered import write_numbered
from server.playback.tempo import Tempo
from server.protocol.command import Command, Source
from server.protocol.controllers.mapping_file import read_mappings
from server.protocol.dispatch import Dispatcher
from server.protocol.encode import message
from server.show.control_events import ControlsRead
from server.show.show import About, Show
from server.show.state import ShowState

SUBJECT = "OSC in"
BURST = 2000
FLOOD = 10_000
ADDRESSES = 1000
COUNT = 300
DECKS = 8
LAID = 200
LOST = 2000.0
"""Milliseconds that a seek counts with which the stream never showed."""


def measure(bench: Bench) -> list[Figure]:
    """Nothing lost in a burst and in a minute's flood; 200,000 messages a second understood; p99 within 2 ms.

    Controllers cost nobody who uses none of them.
    """
    song = bench.folder / "osc"
    song.mkdir()
    write_numbered(song / "osc.mov", COUNT, 320, 180, Fraction(30))
    with running_server(song) as (_, stage):
        stage.load("osc.mov")
        stage.say("/deck/1/pause")
        figures = [_latency(stage, bench.few(2000, 300)), _burst(stage), _flood(stage, bench.few(60, 10))]
    return [*figures, *_dispatch(bench.few(15, 5)), *_controllers(bench.few(31, 9))]


def _burst(stage: Stage) -> Figure:
    """Pings as fast as one process can send them; each has an answer of its own."""
    packets = [message("/system/ping", str(number)) for number in range(BURST)]
    stage.answers.clear()
    for packet in packets:
        stage.events.sendto(packet, stage.server)
    until = time.perf_counter() + 10
    answered: set[str] = set()
    while len(answered) < BURST and time.perf_counter() < until:
        time.sleep(0.05)
        answered = {str(answer.args[0]) for answer in list(stage.answers) if answer.address == "/system/pong"}
    return Figure(SUBJECT, f"lost of {BURST:,} back to back", BURST - len(answered), "", 0, at_least=False)


def _flood(stage: Stage, seconds: int) -> Figure:
    """Paced messages; the server's own count says how many it acted on."""
    packets = [message("/deck/1/level", number / 1000) for number in range(1000)]
    before, said_before = stage.ask("/system/state/messages")
    start = time.perf_counter()
    sent = 0
    while sent < FLOOD * seconds:
        due = min(int((time.perf_counter() - start) * FLOOD), FLOOD * seconds)
        for number in range(sent, due):
            stage.events.sendto(packets[number % 1000], stage.server)
        sent = due
        time.sleep(0.001)
    took = time.perf_counter() - start
    after, said_after = stage.ask("/system/state/messages")
    lost = sent + said_after - said_before - (after - before)
    return Figure(SUBJECT, f"lost of {FLOOD:,} a second for {seconds} s", lost, "", 0, at_least=False,
                  note=f"{sent / took:,.0f} a second sent")


def _latency(stage: Stage, seeks: int) -> Figure:
    """From before a seek is sent to when the kernel got the stream packet that shows it."""
    rng = random.Random(5)
    took: list[float] = []
    now = 0
    for _ in range(seeks):
        time.sleep(rng.uniform(0.003, 0.020))
        stage.forget()
        now = (now + rng.randrange(1, COUNT)) % COUNT
        packet = message("/deck/1/frame", now)
        sent = time.time_ns()
        stage.events.sendto(packet, stage.server)
        took.append(LOST)
        for heard in stage.hear(LOST / 1000):
            shown = told(heard)
            if shown is not None and round(shown.frame) == now:
                took[-1] = (heard.at - sent) / 1e6
                break
    return Figure(SUBJECT, "p99 from a packet to the stream that shows it", percentile(took, 0.99), "ms", 2.0,
                  at_least=False, spread=middle_half(took), rounds=len(took), note=f"median {median(took):.2f} ms")


def _dispatch(rounds: int) -> list[Figure]:
    """Parse and look up, in this process, beside python-osc's dispatcher with as many addresses."""
    packets = packets_for(ADDRESSES)
    methods: dict[str, Callable[[int], float]] = {"ours": _ours(packets), "python-osc": _peer(packets)}
    for method in methods.values():
        method(-1)
    taken = rounds_of(methods, rounds)
    rates = [20 * len(packets) / seconds for seconds in taken["ours"]]
    quotient = [20 * ratio for ratio in ratios(taken["python-osc"], taken["ours"])]
    return [Figure(SUBJECT, f"parsed and dispatched a second with {ADDRESSES:,} addresses", median(rates), "", 200_000,
                   spread=middle_half(rates), rounds=rounds),
            Figure(SUBJECT, "times faster than python-osc", median(quotient), "×", spread=middle_half(quotient),
                   rounds=rounds)]


def _controllers(rounds: int) -> list[Figure]:
    """What controllers cost those who use none, and what a control costs beside its row, in this process."""
    rows = [message(f"/deck/{number % DECKS + 1}/level", 0.5) for number in range(LAID)]
    moves = [message(f"/{number}/fader", 0.5) for number in range(LAID)]
    plain, laid = _stage_of(0), _stage_of(LAID)
    taken = rounds_of({"rows": lambda _: _applied(*plain, rows), "beside": lambda _: _applied(*laid, rows),
                       "moves": lambda _: _applied(*laid, moves)}, rounds)
    beside, cost = ratios(taken["rows"], taken["beside"]), ratios(taken["moves"], taken["rows"])
    return [Figure(SUBJECT, f"speed of rows beside {LAID} controllers, of that without any", median(beside), "×", 0.9,
                   spread=middle_half(beside), rounds=rounds),
            Figure(SUBJECT, "a control's move, times what its row costs", median(cost), "×", 2.5, at_least=False,
                   spread=middle_half(cost), rounds=rounds,
                   note=f"{LAID / median(taken['moves']):,.0f} a second from the packet to the show's state")]


def _stage_of(controllers: int) -> tuple[Dispatcher, Show]:
    """A show with so many controllers, each laid on the fader of a deck, and the ear that it listens with."""
    show = Show(ShowState.fresh(DECKS, 1 / 60, Tempo(120.0)), About("bench", 60.0, "", 1))
    text = "".join(f'[[mapping]]\nosc = "/{number}/fader"\nrow = "/deck/{number % DECKS + 1}/level"\n'
                   for number in range(controllers))
    show.apply(ControlsRead("global", "bench", read_mappings(text, show.controllers.targets)), 0.0)
    return Dispatcher(DECKS, show.controllers.ears), show


def _applied(dispatcher: Dispatcher, show: Show, packets: list[bytes]) -> float:
    """Seconds from the first of these packets to the last one's effect on the show."""
    source = Source("127.0.0.1", 9000)
    begin = time.perf_counter()
    for packet in packets:
        for result in dispatcher.dispatch(packet, source, 0.0, 0.0):
            show.apply(result, 0.0)
    took = time.perf_counter() - begin
    show.take_events()
    if show.complaints:
        raise ValueError(f"a control was refused: {show.complaints[-1]}")
    return took


def packets_for(addresses: int) -> list[bytes]:
    """A packet each for so many different addresses of decks."""
    names = ("frame", "speed", "position", "level", "seconds")
    packets = []
    for number in range(addresses):
        name = names[number % len(names)]
        value: float = 12 if name == "frame" else 0.5
        packets.append(message(f"/deck/{number // len(names) + 1}/{name}", value))
    return packets


def _ours(packets: list[bytes]) -> Callable[[int], float]:
    dispatcher, source = Dispatcher(len(packets) // 5), Source("127.0.0.1", 9000)
    for packet in packets:
        results = dispatcher.dispatch(packet, source, 0.0, 0.0)
        if len(results) != 1 or not isinstance(results[0], Command):
            raise ValueError(f"{packet!r} is no command: {results}")

    def timed(_: int) -> float:
        begin = time.perf_counter()
        for _ in range(20):
            for packet in packets:
                dispatcher.dispatch(packet, source, 0.0, 0.0)
        return time.perf_counter() - begin

    return timed


def _peer(packets: list[bytes]) -> Callable[[int], float]:
    from pythonosc.dispatcher import Dispatcher as Peer
    from pythonosc.osc_packet import OscPacket

    peer = Peer()
    for packet in packets:
        peer.map(OscPacket(packet).messages[0].message.address, lambda *_: None)

    def timed(_: int) -> float:
        begin = time.perf_counter()
        for packet in packets:
            peer.call_handlers_for_packet(packet, ("127.0.0.1", 9000))
        return time.perf_counter() - begin

    return timed
