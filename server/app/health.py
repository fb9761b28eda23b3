"""How a running server is doing, in words that say what to do. Pure: figures in, findings out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from server.app.examinations.finding import Finding, Level
from server.show.lateness import Figures
from server.units import Seconds, format_bytes

GOOD_P99_MS: Final = 4.0
FULL_RATE: Final = 0.97
"""Of the rate that a renderer said it cooks at: below this pictures are left out."""
HALF_RATE: Final = 0.8
DECODING_MS: Final = 12.0
MEMORY_HIGH: Final = 1 << 30
_FREE_LOW, _FREE_EMPTY = 4 << 30, 1 << 30
_LOAD = "close what loads the processor, choose the best-performance power plan, plug a laptop in"


class Traffic(NamedTuple):
    """Packets since the start. `overflowed`: thrown away by the system; None where it does not tell."""

    received: int
    messages: int
    rejected: int
    refused: int
    dropped: int
    overflowed: int | None
    sent: int
    unsent: int


class RendererVitals(NamedTuple):
    """One renderer. `fps` and what follows are None before it told; `dropped` and `misses` are those of the last
    `span` seconds."""

    name: str
    host: str
    lost: bool
    silent: Seconds
    wanted: float
    fps: float | None = None
    frame_ms: float = 0.0
    dropped: int = 0
    misses: int = 0
    span: Seconds = 0.0
    decode_ms: float = 0.0
    gpu_mb: float = 0.0


class Storage(NamedTuple):
    """The media folder's disk: bytes free, bytes a second read, bytes a second that what is on the decks needs."""

    free: int | None
    speed: float | None
    needed: float


class WorkerVitals(NamedTuple):
    """The process that makes things."""

    state: str
    device: str = ""
    model: str = ""
    reason: str = ""
    restarts: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Vitals:
    """Everything that is looked at, at one moment."""

    uptime: Seconds
    tick: Seconds
    stream: Figures
    traffic: Traffic
    renderers: Sequence[RendererVitals] = ()
    storage: Storage = field(default_factory=lambda: Storage(None, None, 0.0))
    worker: WorkerVitals | None = None
    cards: Sequence[str] = ()
    planner: str = ""
    """`idle`, `running` or `down`; empty where there is none."""
    planner_starts: int = 0
    memory: int | None = None
    notes: Sequence[Finding] = field(default_factory=tuple)


def judged(vitals: Vitals) -> list[Finding]:
    """A finding for each part, in the order in which a person looks."""
    found = [_stream(vitals.stream, vitals.tick), *_renderers(vitals.renderers), *_traffic(vitals.traffic),
             *_worker(vitals.worker, vitals.cards), *_storage(vitals.storage), *_planner(vitals), *_server(vitals)]
    return [*found, *vitals.notes]


def _stream(figures: Figures, tick: Seconds) -> Finding:
    if not figures.ticks:
        return Finding(Level.NOTE, "stream", "no tick has been sent yet")
    missed = f", {_count(figures.missed, 'tick')} missed" if figures.missed else ", no tick missed"
    text = (f"sent {figures.p50:.2f} ms after its time, 99 of 100 within {figures.p99:.2f} ms, the worst "
            f"{figures.longest:.1f} ms{missed}, in the last minute")
    frame = 1000 * tick
    if figures.p99 <= GOOD_P99_MS and figures.longest <= frame and not figures.missed:
        return Finding(Level.GOOD, "stream", text)
    bad = figures.p99 > frame or figures.missed > 0.01 * (figures.ticks + figures.missed)
    return Finding(Level.BAD if bad else Level.POOR if figures.p99 > GOOD_P99_MS or figures.missed else Level.NOTE,
                   "stream", text, _LOAD + "; TouchDesigner fills short gaps by itself")


def _renderers(renderers: Sequence[RendererVitals]) -> Iterable[Finding]:
    if not renderers:
        yield Finding(Level.NOTE, "renderers", "no TouchDesigner is connected: only browsers show the decks",
                      "paste the line that the button TouchDesigner copies into its Textport, and set Server to this "
                      "computer")
    for each in renderers:
        yield _renderer(each)


def _renderer(each: RendererVitals) -> Finding:
    part = f"renderer {each.name}"
    if each.lost:
        return Finding(Level.BAD, part, f"not heard for {each.silent:.0f} s; the show goes on without it",
                       f"look at TouchDesigner on {each.host}: is it running, is Follow on, is the network there?")
    if each.fps is None:
        return Finding(Level.NOTE, part, f"connected from {each.host}; it has not told how it is yet")
    when = f"in the last {each.span:.0f} s" if each.span >= 1 else "so far"
    text = (f"{each.fps:.1f} fps, {each.frame_ms:.1f} ms a frame, {each.dropped} frames dropped and {each.misses} "
            f"read too late {when}, decoding {each.decode_ms:.1f} ms, {each.gpu_mb:.0f} MB on the card")
    if each.fps < FULL_RATE * each.wanted:
        advice = f"it should cook at {each.wanted:g} fps: look for what costs time in Dialogs > Performance Monitor"
        return Finding(Level.BAD if each.fps < HALF_RATE * each.wanted else Level.POOR, part, text, advice)
    if each.misses and each.span >= 1:
        return Finding(Level.POOR, part, text, "frames come too late from its disk or decoder: put the media folder on "
                       "an SSD, or encode with a smaller preset (interscene probe)")
    if each.decode_ms > DECODING_MS:
        return Finding(Level.POOR, part, text, "decoding takes most of a frame: encode with a lower --quality or a "
                       "smaller preset")
    return Finding(Level.NOTE if each.dropped and each.span >= 1 else Level.GOOD, part, text)


def _traffic(traffic: Traffic) -> Iterable[Finding]:
    text = (f"{_count(traffic.received, 'OSC packet')} in, {_count(traffic.messages, 'message')}, "
            f"{traffic.rejected:,} not understood; {_count(traffic.sent, 'packet')} out")
    lost = traffic.dropped + (traffic.overflowed or 0)
    if lost:
        yield Finding(Level.BAD, "packets", f"{text}; {lost:,} were lost in a flood", "somebody sends more than can be "
                      "read: see Messages; on Linux a larger buffer helps: sudo sysctl net.core.rmem_max=4194304")
    else:
        yield Finding(Level.GOOD, "packets", f"{text}; none lost{_hidden(traffic.overflowed)}")
    if traffic.unsent:
        yield Finding(Level.POOR, "packets", f"{traffic.unsent:,} packets could not be sent", "the network that a "
                      "renderer or subscriber is on is away: look at cable, Wi-Fi and its address")
    if traffic.refused:
        yield Finding(Level.NOTE, "packets", f"{traffic.refused:,} came from computers that may not send",
                      "--allow names those that may; Messages and the log say who it was")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _hidden(overflowed: int | None) -> str:
    return "" if overflowed is not None else " that this system tells of"


def _worker(worker: WorkerVitals | None, cards: Sequence[str]) -> Iterable[Finding]:
    card = "; ".join(cards)
    if worker is None:
        yield Finding(Level.GOOD, "worker", "nothing is made here: this server only plays")
    elif worker.state in ("safe", "restarting"):
        yield Finding(Level.BAD if worker.state == "safe" else Level.POOR, "worker",
                      f"{'given up' if worker.state == 'safe' else 'starting again'}: {worker.reason or 'it died'} "
                      f"({worker.restarts} restarts)",
                      "playing goes on; /generate/again starts it anew" if worker.state == "safe" else "")
    else:
        idle = worker.state == "off" and not worker.reason
        state = "it starts when something is to be made" if idle else worker.state
        on = f" on {worker.device}" if worker.device else ""
        reason = f": {worker.reason}" if worker.reason else ""
        model = f", model {worker.model}" if worker.model else ""
        yield Finding(Level.GOOD, "worker", f"{state}{on}{model}{reason}, {worker.waiting} waiting"
                      f"{f', restarted {worker.restarts} times' if worker.restarts else ''}")
    if card:
        unused = worker is not None and worker.device == "cpu"
        yield Finding(Level.POOR, "card", f"{card}, unused by the worker", "interscene doctor says why") \
            if unused else Finding(Level.GOOD, "card", card)


def _storage(storage: Storage) -> Iterable[Finding]:
    if storage.free is not None:
        level = Level.BAD if storage.free < _FREE_EMPTY else Level.POOR if storage.free < _FREE_LOW else Level.GOOD
        yield Finding(level, "disk", f"{format_bytes(storage.free)} free where the media folder is",
                      "make room: what is made during a show is kept there" if level > Level.GOOD else "")
    if storage.speed is None:
        return
    text = f"{format_bytes(int(storage.speed))}/s read of what is on the decks"
    if storage.needed <= 0:
        yield Finding(Level.GOOD, "disk", text)
        return
    room = storage.speed / storage.needed
    text += f"; playing them needs {format_bytes(int(storage.needed))}/s"
    level = Level.GOOD if room >= 4 else Level.POOR if room >= 1.5 else Level.BAD
    advice = "put the song on an SSD inside this computer; no synced folder, no network drive during a show"
    yield Finding(level, "disk", text, advice if level > Level.GOOD else "")


def _planner(vitals: Vitals) -> Iterable[Finding]:
    again = f", started again {vitals.planner_starts - 1} times" if vitals.planner_starts > 1 else ""
    if vitals.planner == "running":
        yield Finding(Level.NOTE if again else Level.GOOD, "planner", f"running{again}")
    elif vitals.planner == "down":
        yield Finding(Level.POOR, "planner", f"it has ended and is started again{again}", "walks fade until it is "
                      "back; the log says why it ended")
    elif vitals.planner == "idle":
        yield Finding(Level.GOOD, "planner", "not needed: no song of pictures is open")


def _server(vitals: Vitals) -> Iterable[Finding]:
    hours, minutes = divmod(int(vitals.uptime) // 60, 60)
    up = f"up for {hours} h {minutes} min" if hours else f"up for {minutes} min" if minutes else (
        f"up for {vitals.uptime:.0f} s")
    if vitals.memory is None:
        yield Finding(Level.GOOD, "server", up)
        return
    high = vitals.memory > MEMORY_HIGH
    yield Finding(Level.POOR if high else Level.GOOD, "server", f"{up}, {format_bytes(vitals.memory)} of memory",
                  "that is more than it should need: start it again when there is a pause" if high else "")
