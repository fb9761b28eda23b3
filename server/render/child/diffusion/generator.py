"""The modes bridge, walk and blend, and single pictures, as the worker's loop calls them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import torch

from server.render.child.diffusion.batching import SIZES, Ramp
from server.render.child.diffusion.canvas import canvas_within
from server.render.child.diffusion.courses import Guide, Walk
from server.render.child.diffusion.decoding import finite
from server.render.child.diffusion.device import Device, choose_device, device_errors
from server.render.child.diffusion.draws import draws
from server.render.child.diffusion.loading import Loaded, load
from server.render.child.diffusion.outgoing import Outgoing
from server.render.child.diffusion.painting import Painter, breath
from server.render.child.diffusion.pilot import Survey
from server.render.child.diffusion.sampling import Denoiser, Sampler
from server.render.child.diffusion.shelf import Shelf
from server.render.child.diffusion.speed import Speed, denoiser_for, hastened, speed_for
from server.render.child.diffusion.way import Left, Way
from server.render.child.diffusion.wishes import asked_of_picture
from server.render.child.generator import Control, Picture
from server.render.job import PictureJob, TransitionJob
from server.units import Seconds

_PACKAGES: Final = ("torch", "diffusers", "transformers")
_SURVEYS: Final = 64
_HASTE: Final = 1.5
"""Times what the last pilot pass took; with less time left there is none."""
_NOT_THE_WAY: Final = ("frames", "rate", "quality", "even")
"""Settings that change which frames of a way are made, and how they are stored, but not the way."""


class DiffusionGenerator:
    """Keeps the model that was used last. Options: `device`, `dtype`, `compile`, `reserve` (bytes of the card)."""

    facts: Mapping[str, Any]

    def __init__(self, models: Path | None, options: Mapping[str, Any]) -> None:
        self._models, self._shelf, self._options = models, Shelf(models), options
        self._loaded: Loaded | None = None
        self._device: Device | None = None
        self._way: Way | None = None
        self._speed: Speed | None = None
        self._ramps: dict[tuple[int, int], Ramp] = {}
        self._denoisers: dict[float, Denoiser] = {}
        self._surveys: dict[str, Survey] = {}
        self._pilots: dict[tuple[int, int], Seconds] = {}
        self._warm: set[tuple[Any, ...]] = set()
        self.facts = {}

    def transition(self, job: TransitionJob, control: Control, since: object | None = None
                   ) -> Iterator[tuple[int, bytes]]:
        """See `generator.Generator`."""
        loaded = self._model(job.model, control)
        with device_errors(loaded.device):
            left = since if isinstance(since, Left) else None
            way = Way(job, loaded, self._sampler(loaded, job, control), breath(loaded.device, control), left)
            self._way = way
            for code, text in (("size", way.canvas.note), *way.asked.notes):
                if text:
                    control.note(code, text)
            self._warm_up(way, control)
            if job.even:
                self._look_ahead(way, control, keep=left is None)
            facts = _facts(way)
            control.loaded(facts)
        painter = Painter(way, control, self._ramps.setdefault(way.canvas.made, Ramp()))
        self.facts = {**facts, **painter.facts}
        yield from painter.frames()
        self.facts = {**self.facts, **loaded.device.used()}

    def picture(self, job: PictureJob, control: Control) -> Picture:
        """See `generator.Generator`."""
        loaded = self._model(job.model, control)
        canvas = canvas_within(job.size)
        with device_errors(loaded.device), torch.inference_mode():
            wish = asked_of_picture(job, loaded, canvas)
            notes = [*wish.notes]
            if canvas.made != job.size:
                notes.append(("size", _rounded(job.size, canvas.made)))
            for code, text in notes:
                control.note(code, text)
            coder = loaded.coder(job.decoder)
            control.loaded({"model": loaded.chosen.recipe, **loaded.device.facts()})
            guide = Guide(self._sampler(loaded, job, control), wish.towards, wish.away, wish.guidance, wish.steps,
                          loaded.device.place, _counted(breath(loaded.device, control), wish.steps, control))
            noises = [(noise.to(loaded.device.place),) * 2
                      for noise in draws(job.seed, wish.steps + 1, (4, *canvas.latent))]
            latents = Walk(guide, noises).latents(torch.zeros(1))
            made = finite(coder.decode(latents), loaded.device).clamp(0, 1)
            control.between()
            with Outgoing(loaded.device, job.quality) as out:
                out.put(0, made)
                _, jpeg = next(out.take())
        self.facts = {**wish.facts, "guidance": wish.guidance[0], "tokens": wish.facts["tokens"][0],
                      "model": loaded.chosen.recipe, "model_name": loaded.chosen.checkpoint.name,
                      "prompt": job.prompt, "negative": job.negative, "seed": str(job.seed),
                      "size": list(canvas.made), "decoder": coder.form, **loaded.device.facts(),
                      "versions": _versions(), "notes": [text for _, text in notes]}
        return Picture(jpeg, self.facts)

    def left_at(self, number: int) -> object | None:
        """See `generator.Generator`."""
        return None if self._way is None else self._way.left_at(number)

    def _model(self, recipe: str, control: Control) -> Loaded:
        """The model of a recipe, loaded unless it is there already. Raises InputError, RenderError."""
        if self._device is None:
            self._device = choose_device(str(self._options.get("device", "auto")),
                                         str(self._options.get("dtype", "auto")))
            self._device.leave(int(self._options.get("reserve", 0)))
            if self._device.note:
                control.note("device", self._device.note)
        chosen = self._shelf.choose(recipe)
        if self._loaded is not None and self._loaded.chosen == chosen:
            return self._loaded
        # Two large models at once do not fit into most cards.
        self._loaded = self._way = None
        for kept in (self._ramps, self._denoisers, self._surveys, self._pilots, self._warm):
            kept.clear()

        def told(done: int, of: int, text: str) -> None:
            control.preparing(done, of, text)
            control.between()

        self._speed = speed_for(self._device, self._models, bool(self._options.get("compile", True)))
        self._loaded = hastened(load(chosen, self._device, told), self._speed, control.alive)
        return self._loaded

    def _sampler(self, loaded: Loaded, job: TransitionJob | PictureJob, control: Control) -> Sampler:
        # Only models that take guidance as an input are asked in another way for another one.
        takes = getattr(loaded.unet.config, "time_cond_proj_dim", None) is not None
        guidance = 0.0
        if takes:
            guidance = loaded.habit.guidance if job.guidance is None else job.guidance
        assert self._speed is not None
        if guidance not in self._denoisers:
            self._denoisers[guidance] = denoiser_for(loaded, guidance, self._speed, control.alive)
        return Sampler(self._denoisers[guidance], loaded.schedule, loaded.habit.solver, loaded.habit.spacing)

    def _look_ahead(self, way: Way, control: Control, *, keep: bool) -> None:
        """The pilot pass of a way, made once: skips, rungs of the ladder and another try go the same way again."""
        told = _way_told(way.job)
        if keep and told in self._surveys:
            way.follow(self._surveys[told])
            return
        due = None if way.job.batches else control.due(way.job.start)
        if due is not None and due < _HASTE * self._pilots.get(way.canvas.made, 0.0):
            control.note("rung", "there is no time to look ahead: the speed is as it comes")
            return
        began = control.now()
        found = way.look_ahead()
        self._pilots[way.canvas.made] = control.now() - began
        if keep:
            self._surveys[told] = found
            while len(self._surveys) > _SURVEYS:
                del self._surveys[next(iter(self._surveys))]

    def _warm_up(self, way: Way, control: Control) -> None:
        """Compile and record every batch size before the first frame is asked for in earnest; on cards only."""
        shape = (way.canvas.made, way.asked.facts["chunks"], way.asked.away is not None, way.coder.form)
        if not way.loaded.device.queues or shape in self._warm:
            return
        sizes = sorted(set(way.job.batches)) or list(SIZES)
        for number, size in enumerate(sizes):
            control.preparing(number, len(sizes), f"warming up for {size} frames at once")
            control.between()
            way.pictures([1] * size)
            way.loaded.device.wait()
        control.preparing(len(sizes), len(sizes), "warm")
        self._warm.add(shape)


def _counted(breathe: Callable[[], None], steps: int, control: Control) -> Callable[[], None]:
    """The same, and how many steps of a picture are done is told."""
    done = itertools.count(1)

    def breathed() -> None:
        control.stepped(min(next(done), steps), steps)
        breathe()

    return breathed


def _way_told(job: TransitionJob) -> str:
    """What decides the way of a job, whatever frames of it are made."""
    settings = sorted((name, value) for name, value in job.settings().items() if name not in _NOT_THE_WAY)
    return repr((settings, [(hashlib.blake2b(end.jpeg).digest(), end.prompt, end.negative, end.seed,
                             end.guidance, end.source) for end in (job.first, job.second)]))


def _facts(way: Way) -> dict[str, Any]:
    chosen, job = way.loaded.chosen, way.job
    facts: dict[str, Any] = {
        **way.asked.facts, "model": chosen.recipe, "model_name": chosen.checkpoint.name,
        "family": chosen.checkpoint.family, "variant": way.loaded.variant, "decoder": way.coder.form,
        "painted": list(way.canvas.made), "even": way.survey.looked > 0, "curve": way.survey.pace.document(),
        "pilot": way.survey.looked, **way.loaded.device.facts(), "versions": _versions()}
    notes = [text for text in (way.canvas.note, *(text for _, text in way.asked.notes)) if text]
    if way.coder.form != job.decoder:
        notes.append(f"there is no {job.decoder} decoder for this model, so the {way.coder.form} one was taken")
    return {**facts, "notes": notes}


def _rounded(asked: tuple[int, int], made: tuple[int, int]) -> str:
    return f"{asked[0]}×{asked[1]} is not divisible by 8: made at {made[0]}×{made[1]}"


def _versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in _PACKAGES}
