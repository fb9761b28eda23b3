"""What of a Pop-Diffusion run means something to Stable Diffusion, and a list of what does not, with the reason.

It makes the values of our own song files; it writes none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from server.library.formats.key_frames import KeyFrames, key_frames
from server.library.formats.pop_keys import KEYS, PROMPTS
from server.library.formats.pop_settings import PopSettings
from server.library.formats.weighted_prompts import PromptTimeline, WeightedPrompt

_SIZE_STEP: Final = 8
_OLD_SIZE_STEP: Final = 64
_NO_IMAGE: Final = frozenset(("", "none"))
_SEED: Final = re.compile(r"\s*\d{1,40}\s*")
_CAMERA: Final = ("angle", "zoom", "translation_x", "translation_y")
_REASONS: Final[Mapping[str, str]] = {
    "CLIP guidance": "it steers by CLIP, which Stable Diffusion does not; guidance_scale is another thing",
    "diffusion model": "its model is no Stable Diffusion model",
    "CLIP models": "Stable Diffusion has one text encoder of its own",
    "depth and 3-D": "there is no depth model here",
    "animation": "it belongs to the way the older program drew frame after frame",
    "movie as a source": "a movie as the source of a run is not read here",
    "start from noise": "pictures begin with the noise of their seed",
    "symmetry": "halves are not mirrored during the diffusion",
    "saving on the way": "unfinished pictures are not kept",
    "movies made afterwards": "movies are made with `interscene song build` and `interscene encode`",
    "accounts and disks": "it names accounts and disks, not pictures",
    "captions of another machine": "captions are asked of no other machine; the prompts they gave are in the file",
    "run": "it says how the run was stored",
}
Reach = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PromptScene:
    """The prompts from a frame on, as one row of prompt definitions."""

    frame: int
    prompt: str
    negative_prompt: str
    weights: tuple[WeightedPrompt, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a run becomes. `settings`: as `tgen_settings.json` has them. `camera`: 2-D movement by frame.

    `strength`: how much of a frame is drawn anew from the one before, 0 to 1. `left_out`: reason by setting.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    scenes: tuple[PromptScene, ...] = ()
    seed: int | None = None
    frames: int | None = None
    init_image: str = ""
    init_strength: float | None = None
    strength: KeyFrames | None = None
    camera: Mapping[str, KeyFrames] = field(default_factory=dict)
    left_out: Reach = field(default_factory=dict)
    said: tuple[str, ...] = ()


def to_stable_diffusion(pop: PopSettings) -> Mapped:
    """Map a run; everything that has no meaning here is named in `left_out`."""
    used: set[str] = set()
    said: list[str] = []

    def take(name: str) -> Any:
        value = pop.in_frames(name)
        if value is not None:
            used.add(name)
        return value

    settings = _settings(take, said)
    steps = settings.get("pipe_kwargs", {}).get("num_inference_steps")
    seed = take("seed")
    if seed is None and _SEED.fullmatch(str(pop.values.get("set_seed", ""))):
        seed = int(take("set_seed"))
    image = take("init_image") or ""
    skipped = take("skip_steps")
    has_image = image.strip().lower() not in _NO_IMAGE
    strength = take("frames_skip_steps") if pop.values.get("animation_mode", "2D") != "None" else None
    camera = {name: value for name in _CAMERA if (value := take(name)) is not None}
    # The older program multiplies the frame numbers of settings, and those of prompts not.
    scenes, remarks = _scenes(pop.prompts.get(PROMPTS[0], PromptTimeline()))
    said += remarks
    take("absolute_frame_multiplier")
    left_out = {name: _reason(name) for name in pop.values if name not in used}
    left_out |= dict.fromkeys(pop.unknown, "it is not known")
    left_out |= {name: "pictures as prompts are not read here" for name in PROMPTS[1:2]
                 if pop.prompts.get(name, PromptTimeline()).frames}
    return Mapped(settings, scenes, seed, take("max_frames"), image if has_image else "",
                  _share_drawn(skipped, steps) if has_image else None,
                  _from_percent(strength) if strength is not None else None, camera,
                  {name: reason for name, reason in left_out.items() if name not in used}, tuple(said))


def _settings(take: Any, said: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, ours in (("width", "res_width"), ("height", "res_height")):
        size = take(name)
        if size is None or size < _SIZE_STEP:
            continue
        found[ours] = size // _SIZE_STEP * _SIZE_STEP
        drawn = size // _OLD_SIZE_STEP * _OLD_SIZE_STEP
        if found[ours] != size:
            said.append(f"{name} {size} is no multiple of {_SIZE_STEP}: {found[ours]} is used")
        if drawn != size:
            said.append(f"the older program drew {name} {size} as {drawn}, in steps of {_OLD_SIZE_STEP}")
    steps = take("steps")
    if steps is not None and steps > 0:
        found["pipe_kwargs"] = {"num_inference_steps": steps}
    return found


def _scenes(timeline: PromptTimeline) -> tuple[tuple[PromptScene, ...], list[str]]:
    scenes = []
    said = []
    for frame, prompts in timeline.frames:
        wanted = [prompt.text for prompt in prompts if prompt.weight > 0 and prompt.text]
        unwanted = [prompt.text for prompt in prompts if prompt.weight < 0 and prompt.text]
        scenes.append(PromptScene(frame, ", ".join(wanted), ", ".join(unwanted), prompts))
        if len({prompt.weight for prompt in prompts if prompt.weight > 0}) > 1:
            said.append(f"frame {frame}: prompts of different weight are put together with equal weight; "
                        "the weights are kept beside them")
    return tuple(scenes), said


def _share_drawn(skipped: int | None, steps: int | None) -> float | None:
    if skipped is None or not steps:
        return None
    return min(1.0, max(0.0, 1 - skipped / steps))


def _from_percent(skipped: KeyFrames) -> KeyFrames:
    """Percent of the steps that are skipped, as the share that is drawn."""
    drawn = key_frames((frame, min(1.0, max(0.0, 1 - value / 100))) for frame, value in skipped.keys)
    return KeyFrames(drawn.keys, skipped.constant)


def _reason(name: str) -> str:
    return _REASONS.get(KEYS[name].group, "it has no counterpart here")
