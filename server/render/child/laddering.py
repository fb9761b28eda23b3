"""Any generator on the ladder: fewer steps, every second frame, a morph for the rest, when frames would come too late.

It wraps a generator of a job with a deadline; what it does to the job is told, and stands in the facts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from server.media.inbetween import inbetween, motion_between
from server.media.jpeg import decode_rgb, encode_rgb
from server.render.child.generator import Control, Generators
from server.render.job import End, TransitionJob
from server.render.ladder import WORDS, Ladder, Rung, fewer_steps
from server.units import Seconds

MORPH: Final = "morph"
SETTLES: Final = 4
"""Frames on a new rung before it is judged: going over to it costs time, too."""
WINDOW: Final = 32
"""Frames over which speed is measured: more than the largest batch, whose frames come all at once."""

Numbered = tuple[int, bytes]


def applies(job: TransitionJob, control: Control) -> bool:
    """Whether a job may be made less well: somebody waits for it, and no plan says that it must be just so."""
    return job.mode != MORPH and not job.batches and control.due(job.start) is not None


class Ladders:
    """What was learned of jobs of each kind, for the next one."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Ladder] = {}
        self._steps: dict[tuple[Any, ...], int] = {}

    def of(self, job: TransitionJob) -> Ladder:
        """The ladder that a job begins on."""
        found = self._known.get(_kind(job))
        return Ladder() if found is None else found.begin()

    def keep(self, job: TransitionJob, ladder: Ladder) -> None:
        """Remember how a job went."""
        self._known[_kind(job)] = ladder

    def steps(self, job: TransitionJob) -> int:
        """Steps that the job takes when there is time: its own, or those of the model; 1 as long as nobody knows."""
        return job.steps if job.steps is not None else self._steps.get(_kind(job), 1)

    def took(self, job: TransitionJob, facts: Mapping[str, Any]) -> None:
        """Learn the model's own number of steps from what a generator tells."""
        steps = facts.get("steps")
        if isinstance(steps, int):
            self._steps[_kind(job)] = steps


class Laddered:
    """A generator for one job, over that of its mode."""

    def __init__(self, generators: Generators, ladders: Ladders, mode: str) -> None:
        self._generators, self._ladders = generators, ladders
        self._generator = generators.of(mode)
        self._rungs: list[list[Any]] = []
        self._left: tuple[Rung, int] = (Rung.FULL, 0)
        self._inner: Mapping[str, Any] = {}

    @property
    def facts(self) -> Mapping[str, Any]:
        """Those of the generator, and which rung was kept from which frame on."""
        return {**self._inner, **({"rungs": self._rungs} if self._rungs else {})}

    def left_at(self, number: int) -> object | None:
        """The generator's own state, as far as it has come itself."""
        rung, _ = self._left
        if rung is Rung.MORPH:
            return None
        return self._generator.left_at(number // 2 if rung is Rung.HALF else number)

    def transition(self, job: TransitionJob, control: Control, since: object | None = None) -> Iterator[Numbered]:
        """Yield (number, JPEG) of all wanted frames, on whatever rung there is time for."""
        ladder = self._ladders.of(job)
        if ladder.rung is not Rung.FULL:
            self._step(control, job.start, ladder.rung)
        number, before = job.start, job.first.jpeg
        try:
            while number < job.frames - 1:
                meter = _Meter(control)
                with closing(cast("Any", self._on(ladder.rung, job, number, before, control, since))) as made:
                    while (frame := meter.next(made)) is not None:
                        number, before = frame[0] + 1, frame[1]
                        slack = control.due(number) or 0.0
                        yield frame
                        rung, ladder = ladder.rung, self._judged(ladder, meter, slack, job, number)
                        if ladder.rung is not rung:
                            self._step(control, number, ladder.rung)
                            break
                    else:
                        break
        finally:
            self._ladders.keep(job, ladder)

    def _judged(self, ladder: Ladder, meter: _Meter, slack: Seconds, job: TransitionJob, number: int) -> Ladder:
        each = meter.each()
        if each is None:
            return ladder
        known = replace(ladder, rungs=self._rungs_of(job))
        return known.made(each, slack, float(job.rate), job.frames - 1 - number)

    def _rungs_of(self, job: TransitionJob) -> tuple[Rung, ...]:
        return tuple(rung for rung in Rung if rung is not Rung.FEWER_STEPS or self._ladders.steps(job) > 1)

    def _step(self, control: Control, number: int, rung: Rung) -> None:
        self._rungs.append([number, rung.name.lower()])
        control.note("rung", WORDS[rung])

    def _on(self, rung: Rung, job: TransitionJob, number: int, before: bytes, control: Control,
            since: object | None) -> Iterator[Numbered]:
        """The frames from `number` on, on one rung."""
        self._left = rung, number
        if rung is Rung.MORPH:
            yield from self._morphed(job, number, before, control)
            return
        steps = self._ladders.steps(job)
        if rung is not Rung.FULL and steps > 1:
            job = replace(job, steps=fewer_steps(steps))
        if rung is Rung.HALF and job.frames >= 2 * SETTLES:
            yield from self._halved(job, number, before, control, since)
            return
        yield from self._made(job.from_frame(number), control, since)

    def _made(self, job: TransitionJob, control: Control, since: object | None) -> Iterator[Numbered]:
        try:
            with closing(cast("Any", self._generator.transition(job, control, since))) as frames:
                for frame in frames:
                    if job.steps is None:
                        self._ladders.took(job, self._generator.facts)
                    yield frame
        finally:
            self._inner = dict(self._generator.facts)

    def _halved(self, job: TransitionJob, number: int, before: bytes, control: Control,
                since: object | None) -> Iterator[Numbered]:
        """Every second frame by the generator, of a transition half as long; the odd ones by flow between them."""
        half = replace(job, frames=job.frames // 2 + 1, rate=job.rate / 2)
        half = half.from_frame((number + 1) // 2)
        for at, jpeg in self._made(half, _Mapped(control, 2, 0), since):
            if 2 * at - 1 >= number:
                yield 2 * at - 1, _between(before, jpeg, job.quality)
            yield 2 * at, jpeg
            number, before = 2 * at + 1, jpeg
        if number == job.frames - 2:
            yield number, _between(before, job.second.jpeg, job.quality)

    def _morphed(self, job: TransitionJob, number: int, before: bytes, control: Control) -> Iterator[Numbered]:
        """From the last frame that was made to the second picture."""
        last = number - 1
        rest = max(job.frames - last, 3)
        morph = replace(job, mode=MORPH, first=End(before, ""), frames=rest, start=1, model="", steps=None)
        generator = self._generators.of(MORPH)
        with closing(cast("Any", generator.transition(morph, _Mapped(control, 1, last)))) as frames:
            for at, jpeg in frames:
                yield last + at, jpeg


class _Meter:
    """How long frames take on one rung, going over to it left out."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._took: deque[Seconds] = deque(maxlen=WINDOW)
        self._count = 0

    def next(self, frames: Iterator[Numbered]) -> Numbered | None:
        """The next frame, or None at the end."""
        began = self._control.now()
        frame = next(frames, None)
        if self._count:
            self._took.append(self._control.now() - began)
        self._count += frame is not None
        return frame

    def each(self) -> Seconds | None:
        """Seconds a frame; None while too little is known."""
        return sum(self._took) / len(self._took) if len(self._took) >= SETTLES else None


@dataclass(frozen=True, slots=True)
class _Mapped:
    """A `Control` for a generator that counts other frames: its frame n is frame `times` · n + `plus` of the job."""

    control: Control
    times: int
    plus: int

    def between(self) -> None:
        """As it is."""
        self.control.between()

    def alive(self) -> None:
        """As it is."""
        self.control.alive()

    def due(self, number: int) -> Seconds | None:
        """When the job needs that frame."""
        return self.control.due(self.times * number + self.plus)

    def now(self) -> Seconds:
        """As it is."""
        return self.control.now()

    def launch_ms(self) -> float:
        """As it is."""
        return self.control.launch_ms()

    def loaded(self, facts: Mapping[str, Any]) -> None:
        """As it is."""
        self.control.loaded(facts)

    def preparing(self, done: int, of: int, text: str) -> None:
        """As it is."""
        self.control.preparing(done, of, text)

    def stepped(self, done: int, of: int) -> None:
        """As it is."""
        self.control.stepped(done, of)

    def note(self, code: str, text: str) -> None:
        """As it is."""
        self.control.note(code, text)


def _between(first: bytes, second: bytes, quality: int) -> bytes:
    """The picture half-way between two frames, by the motion between them."""
    one, two = decode_rgb(first), decode_rgb(second)
    return encode_rgb(inbetween(one, two, motion_between(one, two), 0.5), quality)


def _kind(job: TransitionJob) -> tuple[Any, ...]:
    return job.mode, job.model, job.size, job.steps, job.decoder
