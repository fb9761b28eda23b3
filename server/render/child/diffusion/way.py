"""One transition made ready: its ends as latents or noise, its prompts, its pace, its pins; then any frames of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from server.errors import InputError
from server.media.jpeg import decode_rgb
from server.media.warp import Picture, resize
from server.render.child.diffusion.blending import Blend
from server.render.child.diffusion.canvas import Canvas, canvas_around
from server.render.child.diffusion.conditioning import Conditioning
from server.render.child.diffusion.courses import Bridge, Course, Guide, Walk
from server.render.child.diffusion.decoding import Coder, finite
from server.render.child.diffusion.draws import coarser, draws
from server.render.child.diffusion.interpolation import slerp
from server.render.child.diffusion.loading import Loaded
from server.render.child.diffusion.pilot import UNSURVEYED, Survey, survey
from server.render.child.diffusion.pinning import Pins
from server.render.child.diffusion.wishes import Asked, asked
from server.render.job import End, TransitionJob

Tensor = Any
NoisePairs = list[tuple[Tensor, Tensor]]


@dataclass(frozen=True, slots=True)
class Left:
    """Where another way was left: what was shown there goes on from there, prompt, noise and guidance."""

    towards: Conditioning
    noises: tuple[Tensor, ...]
    guidance: float


class Way:
    """Frames by their share of the time. Raises InputError for ends and modes that do not go together."""

    def __init__(self, job: TransitionJob, loaded: Loaded, sampler: Any, breathe: Callable[[], None],
                 since: Left | None = None) -> None:
        self.job, self.loaded = job, loaded
        self.canvas = canvas_around(job.size)
        self.coder = loaded.coder(job.decoder)
        self.asked: Asked = asked(job, loaded, self.canvas, None if since is None else (since.towards, since.guidance))
        self.guide = Guide(sampler, self.asked.towards, self.asked.away, self.asked.guidance, self.asked.steps,
                           loaded.device.place, breathe)
        self._noises = _noises(job, self.canvas, self.asked.steps, since)
        self._rgb = (_decoded(job.first, job), _decoded(job.second, job))
        with torch.inference_mode():
            pictures = self._on_device(self.canvas)
            self.course = self._course(self.canvas, pictures, self._noises)
            self._pins = _pins(self.course, self.coder, self.canvas, pictures)
        self.survey = UNSURVEYED

    def look_ahead(self) -> Survey:
        """Make the pilot pass: from now on the speed is even, and details move with what they belong to."""
        with torch.inference_mode():
            canvas = self.canvas.half()
            pictures = self._on_device(canvas)
            noises = [(coarser(one, canvas.latent), coarser(two, canvas.latent)) for one, two in self._noises]
            course = self._course(canvas, pictures, noises)
            pins = _pins(course, self.coder, canvas, pictures)

            def at(places: Sequence[float]) -> list[Picture]:
                found = self.coder.decode(course.latents(torch.tensor(places, dtype=torch.float32)))
                return _to_host(pins.pinned(canvas.cut(found), places))

            ends = _to_host(pictures)
            self.follow(survey((ends[0], ends[1]), at))
        return self.survey

    def follow(self, found: Survey) -> None:
        """Go at the pace of a pilot pass that was made before."""
        self.survey = found
        place = self.loaded.device.place
        self._pins.drifting([None if drift is None else drift.on(place) for drift in found.drifts])

    def pictures(self, numbers: Sequence[int]) -> Tensor:
        """Frames (n, 3, h, w), from 0 to 1, on the device."""
        places = [self.survey.pace.place(number / (self.job.frames - 1)) for number in numbers]
        with torch.inference_mode():
            latents = self.course.latents(torch.tensor(places, dtype=torch.float32))
            return self._pins.pinned(self.canvas.cut(self.coder.decode(latents)), places)

    def left_at(self, number: int) -> Left:
        """The inner state at a frame."""
        place = self.survey.pace.place(number / (self.job.frames - 1))
        with torch.inference_mode():
            share = torch.tensor([place], dtype=torch.float32)
            there = share.to(self.loaded.device.place)
            towards = self.asked.towards.at(there)
            one = Conditioning(*(None if part is None else part[0]
                                 for part in (towards.tokens, towards.pooled, towards.times)))
            noises = tuple(slerp(first, second, there)[0] for first, second in self._on_place(self._noises))
        low, high = self.asked.guidance
        return Left(one, noises, low * (1 - place) + high * place)

    def _course(self, canvas: Canvas, pictures: Tensor, noises: NoisePairs) -> Course:
        ready = self._on_place(noises)
        if self.job.mode == "bridge":
            latents = self.coder.encode(canvas.filled(pictures))
            return Bridge(self.guide, (latents[0], latents[1]), ready, self.job.depth)
        if self.job.mode == "walk":
            return Walk(self.guide, ready)
        return Blend(self.guide, ready, self.job.depth)

    def _on_place(self, noises: NoisePairs) -> NoisePairs:
        place = self.loaded.device.place
        return [(one.to(place), two.to(place)) for one, two in noises]

    def _on_device(self, canvas: Canvas) -> Tensor:
        """Both ends (2, 3, h, w) at a canvas' size, from 0 to 1."""
        sized = [rgb if rgb.shape[1::-1] == canvas.shown else resize(rgb, *canvas.shown) for rgb in self._rgb]
        both = torch.from_numpy(np.stack(sized)).to(self.loaded.device.place)
        return both.permute(0, 3, 1, 2).float() / 255


def _pins(course: Course, coder: Coder, canvas: Canvas, pictures: Tensor) -> Pins:
    own = canvas.cut(finite(coder.decode(course.latents(torch.tensor([0.0, 1.0]))), coder.device))
    return Pins((pictures[0], pictures[1]), (own[0], own[1]))


def _noises(job: TransitionJob, canvas: Canvas, steps: int, since: Left | None) -> NoisePairs:
    """The noise to begin with and that of each step, for both ends; on the processor."""
    shape, count = (4, *canvas.latent), steps + 1
    if job.mode == "bridge":
        # Two draws: with one and the same all along, its grain would stand still before what moves.
        first, second = draws(job.seed, count, shape), draws(-1 - job.seed, count, shape)
        if since is not None and len(since.noises) >= count and since.noises[0].shape == first[0].shape:
            first = [noise.cpu() for noise in since.noises[:count]]
    else:
        assert job.first.seed is not None
        assert job.second.seed is not None
        first, second = draws(job.first.seed, count, shape), draws(job.second.seed, count, shape)
    return list(zip(first, second, strict=True))


def _decoded(end: End, job: TransitionJob) -> Picture:
    picture = decode_rgb(end.jpeg)
    size = picture.shape[1], picture.shape[0]
    if size != job.size:
        raise InputError(f"the picture {end.name or end.hash[:12]} is {size[0]}×{size[1]}, and the transition is to be "
                         f"{job.size[0]}×{job.size[1]}; make both pictures of one size first")
    return picture


def _to_host(pictures: Tensor) -> list[Picture]:
    scaled = (pictures * 255).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return list(scaled)
