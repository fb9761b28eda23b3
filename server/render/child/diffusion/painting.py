"""A way's frames in batches, to JPEG, in order: by a fixed plan, or as many at once as the deadline allows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from server.errors import OutOfMemory
from server.render.child.diffusion.batching import Ramp, planned
from server.render.child.diffusion.device import Device, device_errors
from server.render.child.diffusion.outgoing import Outgoing, device_encoder
from server.render.child.diffusion.way import Way
from server.render.child.generator import Control


def breath(device: Device, control: Control) -> Callable[[], None]:
    """What is called between two evaluations: with a budget, a card's work is waited for, so that it is measured."""

    def breathe() -> None:
        if device.queues and not math.isinf(control.launch_ms()):
            device.wait()
        control.between()

    return breathe


class Painter:
    """Paints one way; `facts` tells how, also while it paints."""

    def __init__(self, way: Way, control: Control, ramp: Ramp) -> None:
        self._way, self._control, self._ramp = way, control, ramp
        self._batches: list[int] = []
        self._encoder, how = device_encoder(way.loaded.device)
        self.facts: dict[str, Any] = {"jpeg": how, "batches": self._batches}

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """(number, JPEG) from the job's start on."""
        job = self._way.job
        with Outgoing(self._way.loaded.device, job.quality, self._encoder) as out:
            for number, jpeg in self._planned(out) if job.batches else self._ramped(out):
                if number >= job.start:
                    yield number, jpeg

    def _planned(self, out: Outgoing) -> Iterator[tuple[int, bytes]]:
        """Whole batches from frame 1 on, whatever frame is wanted first: what is painted must not depend on it."""
        job = self._way.job
        last = job.frames - 2
        for first, size in planned(job.batches, last):
            if first + size <= job.start:
                continue
            self._control.between()
            self._paint(out, first, size, last)
            yield from out.take(keep=self._ahead(size))
        yield from out.take()

    def _ramped(self, out: Outgoing) -> Iterator[tuple[int, bytes]]:
        job = self._way.job
        number, last, before = job.start, job.frames - 2, 0
        while number <= last:
            self._control.between()
            began = self._control.now()
            slack = self._control.due(number)
            # A launch is one evaluation of the model, and a batch is one for each step.
            launch = self._control.launch_ms() / 1000 * self._way.asked.steps
            size = self._ramp.size(last - number + 1, slack, before, launch)
            try:
                self._paint(out, number, size, last)
            except OutOfMemory as reason:
                if not self._ramp.too_large(size):
                    raise
                self._control.note("memory", f"batches of {size} do not fit, smaller ones are tried: {reason}")
                continue
            yield from out.take(keep=self._ahead(size))
            # What was handed over to a card before counts as well: in the long run it is the same.
            self._ramp.took(size, self._control.now() - began)
            number, before = number + size, size
        yield from out.take()

    def _paint(self, out: Outgoing, first: int, size: int, last: int) -> None:
        """Paint `size` frames, of which those after the last are only there because shapes are fixed."""
        with device_errors(self._way.loaded.device):
            pictures = self._way.pictures([min(first + place, last) for place in range(size)])
            out.put(first, pictures[:last - first + 1])
        self._batches.append(size)

    def _ahead(self, size: int) -> int:
        """Frames that may be left to the threads while the next batch is handed over."""
        return size if self._way.loaded.device.queues else 0
