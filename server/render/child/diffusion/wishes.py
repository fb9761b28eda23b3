"""What a job asks of a model: prompts for and against, guidance and steps at both ends, checked. It paints nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from server.errors import InputError
from server.render.child.diffusion.canvas import Canvas
from server.render.child.diffusion.conditioning import Between, Conditioning
from server.render.child.diffusion.habits import steps_of
from server.render.child.diffusion.loading import Loaded
from server.render.child.diffusion.shelf import SHORTEST
from server.render.child.diffusion.text import Encoded
from server.render.job import End, PictureJob, TransitionJob


@dataclass(frozen=True, slots=True)
class Asked:
    """`notes` are (code, words) for a person; `facts` belong into the provenance."""

    towards: Between
    away: Between | None
    guidance: tuple[float, float]
    steps: int
    notes: tuple[tuple[str, str], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def asked(job: TransitionJob, loaded: Loaded, canvas: Canvas, since: tuple[Conditioning, float] | None) -> Asked:
    """What a transition asks. Raises InputError. `since`: where another way was left, in place of the first end."""
    ends = job.first, job.second
    if job.mode in ("walk", "blend"):
        for end in ends:
            _made_here(end, loaded, job.mode)
    steps = steps_of(job.steps, loaded.steps, loaded.variant)
    guidance = [_guidance(end, job, loaded) for end in ends]
    found = {text: loaded.text.encode(text)
             for text in dict.fromkeys((*(end.prompt for end in ends), *(end.negative for end in ends), ""))}
    length = max(each.conditioning.tokens.shape[0] for each in found.values())
    empty = _sized(found[""], canvas).padded(length, found[""].conditioning)

    def between(first: str, second: str) -> Between:
        one, two = (_sized(found[text], canvas).padded(length, found[""].conditioning)
                    for text in (first, second))
        return Between(one, two, empty, job.embedding)

    towards = between(job.first.prompt, job.second.prompt)
    if since is not None:
        guidance[0] = since[1]
        if since[0].tokens.shape == towards.first.tokens.shape:
            towards = Between(since[0], towards.second, empty, job.embedding)
    guided = max(guidance) > 1 and not _embeds_guidance(loaded)
    away = between(job.first.negative, job.second.negative) if guided else None
    negatives = [end for end in ends if end.negative]
    notes = _long_prompts({end.prompt: found[end.prompt] for end in ends} | {
        end.negative: found[end.negative] for end in ends})
    if negatives and not guided:
        notes.append(("prompt", "negative prompts do nothing here: they need a guidance above 1"))
    facts = {"steps": steps, "guidance": guidance, "tokens": [found[end.prompt].tokens for end in ends],
             "chunks": length // 77, "solver": loaded.habit.solver}
    return Asked(towards, away, (guidance[0], guidance[1]), steps, tuple(notes), facts)


def asked_of_picture(job: PictureJob, loaded: Loaded, canvas: Canvas) -> Asked:
    """What a picture asks: a way that stands still. Raises InputError."""
    end = End(b"", "", prompt=job.prompt, negative=job.negative)
    standing = TransitionJob(job.id, end, end, "picture", 3, job.size, steps=job.steps, guidance=job.guidance)
    return asked(standing, loaded, canvas, None)


def _made_here(end: End, loaded: Loaded, mode: str) -> None:
    name = end.name or end.hash[:12]
    if end.seed is None:
        raise InputError(f"the seed of {name} is not known, and a {mode} begins with it; take the mode bridge")
    source = end.source.split("+")[0]
    if len(source) < SHORTEST or not loaded.chosen.checkpoint.hash.startswith(source):
        raise InputError(f"{name} was not made by {loaded.chosen.checkpoint.name}, which a {mode} needs; "
                         "take the mode bridge, or the model that made both pictures")


def _guidance(end: End, job: TransitionJob, loaded: Loaded) -> float:
    """A picture's own where this model made it: another model's 7 would burn a distilled one."""
    own = bool(end.source) and loaded.chosen.checkpoint.hash.startswith(end.source.split("+")[0])
    if own and end.guidance is not None:
        return end.guidance
    return loaded.habit.guidance if job.guidance is None else job.guidance


def _embeds_guidance(loaded: Loaded) -> bool:
    return getattr(loaded.unet.config, "time_cond_proj_dim", None) is not None


def _sized(encoded: Encoded, canvas: Canvas) -> Conditioning:
    """With the sizes that SDXL wants: as if the picture had been of this size and not cropped."""
    found = encoded.conditioning
    if found.pooled is None:
        return found
    width, height = canvas.made
    times = torch.tensor([height, width, 0, 0, height, width], dtype=torch.float32, device=found.tokens.device)
    return Conditioning(found.tokens, found.pooled, times)


def _long_prompts(found: dict[str, Encoded]) -> list[tuple[str, str]]:
    return [("prompt", (f"a prompt of {each.tokens} tokens is longer than 75: it is read whole, in {each.chunks} "
                        f"parts ({text[:40]}…)")) for text, each in found.items() if each.chunks > 1]
