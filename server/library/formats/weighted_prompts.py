"""Prompts with weights, `a red door:4`, and lists of them by frame: each list counts until the next one begins."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from server.errors import InputError, OutOfRange
from server.library.formats.json_text import format_json, parse_object
from server.library.formats.key_frames import LAST_FRAME, format_number
from server.library.formats.oddity import Oddities
from server.library.paths import shortened

_WEIGHT: Final = re.compile(r"\s*([+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?)\s*")
_FRAME: Final = re.compile(r"\s*\d{1,9}\s*")
_ZERO: Final = 1e-3
"""Below this the older program refuses the sum of the weights."""


@dataclass(frozen=True, slots=True)
class WeightedPrompt:
    """A text and how much of it is wanted; below 0 it is to be kept away from."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class PromptTimeline:
    """Prompts by frame, in order of frames; `others` is what stood among them and is no such list."""

    frames: tuple[tuple[int, tuple[WeightedPrompt, ...]], ...] = ()
    others: Mapping[str, Any] | None = None

    def at(self, frame: int) -> tuple[WeightedPrompt, ...]:
        """The prompts that count at a frame; before the first list, those of the first."""
        if not self.frames:
            return ()
        starts = [start for start, _ in self.frames]
        return self.frames[max(0, bisect_right(starts, frame) - 1)][1]

    def times(self, multiplier: int) -> PromptTimeline:
        """The same prompts at later frames: every frame number multiplied. Raises OutOfRange."""
        if multiplier < 1:
            raise OutOfRange(f"frame numbers are multiplied by 1 or more, not by {multiplier}")
        return PromptTimeline(tuple((frame * multiplier, prompts) for frame, prompts in self.frames), self.others)


def parse_prompt(text: str) -> WeightedPrompt:
    """Parse `text:weight`. What stands behind the last colon and is no number belongs to the text."""
    before, colon, tail = text.rpartition(":")
    match = _WEIGHT.fullmatch(tail) if colon else None
    if match is None or tail.startswith("//") or not math.isfinite(float(match[1])):
        return WeightedPrompt(text.strip())
    return WeightedPrompt(before.strip(), float(match[1]))


def format_prompt(prompt: WeightedPrompt) -> str:
    """The text that `parse_prompt` reads back as the same."""
    bare = WeightedPrompt(prompt.text)
    return prompt.text if prompt == bare == parse_prompt(prompt.text) else \
        f"{prompt.text}:{format_number(prompt.weight)}"


def weights_vanish(prompts: Sequence[WeightedPrompt]) -> bool:
    """Whether the weights sum to nothing, which leaves nothing to divide by."""
    return abs(math.fsum(prompt.weight for prompt in prompts)) < _ZERO


def shares(prompts: Sequence[WeightedPrompt]) -> tuple[float, ...]:
    """The weights scaled so that they sum to 1, or to -1. Raises InputError where they vanish."""
    total = math.fsum(prompt.weight for prompt in prompts)
    if abs(total) < _ZERO:
        raise InputError("the weights of the prompts sum to 0; raise the first one")
    return tuple(prompt.weight / abs(total) for prompt in prompts)


def read_timeline(given: object, oddities: Oddities, key: str = "") -> PromptTimeline:
    """Prompts by frame from a JSON value. Raises InputError where it is no object."""
    name = f"{key}: " if key else ""
    if not isinstance(given, Mapping):
        raise InputError(f"{name}prompts by frame are like {{\"0\": [\"a red door:4\"]}}, not {shortened(str(given))}")
    found: dict[int, tuple[WeightedPrompt, ...]] = {}
    others: dict[str, Any] = {}
    for frame, entry in given.items():
        texts = [entry] if isinstance(entry, str) else entry
        number = int(str(frame)) if _FRAME.fullmatch(str(frame)) else -1
        if not 0 <= number <= LAST_FRAME or number in found or not isinstance(texts, (list, tuple)) \
                or not all(isinstance(text, str) for text in texts):
            others[str(frame)] = entry
            why = "stands there twice" if number in found else "is no frame with a list of prompts"
            oddities.say(None, f"{name}{shortened(str(frame))} {why}", "it is kept as it is and not used")
            continue
        found[number] = tuple(parse_prompt(text) for text in texts)
        _say_troubles(found[number], texts, oddities, f"{name}frame {number}")
    return PromptTimeline(tuple(sorted(found.items())), others or None)


def write_timeline(timeline: PromptTimeline) -> dict[str, Any]:
    """The JSON value of a timeline."""
    lists: dict[str, Any] = {str(frame): [format_prompt(prompt) for prompt in prompts]
                             for frame, prompts in timeline.frames}
    return lists | dict(timeline.others or {})


def parse_prompt_file(data: bytes, oddities: Oddities) -> PromptTimeline:
    """Parse a file of prompts by frame, such as `antarctic_text_prompts.txt`. Raises InputError with the line."""
    return read_timeline(parse_object(data, oddities), oddities)


def format_prompt_file(timeline: PromptTimeline) -> bytes:
    """The bytes of a file of prompts by frame."""
    return format_json(write_timeline(timeline))


def _say_troubles(prompts: Sequence[WeightedPrompt], texts: Sequence[str], oddities: Oddities, place: str) -> None:
    if any(not prompt.text for prompt in prompts):
        oddities.say(None, f"{place} has a prompt without words", "it is kept")
    for text, prompt in zip(texts, prompts, strict=True):
        if ":" in text and prompt.text == text.strip() and not text.rpartition(":")[2].startswith("//"):
            oddities.say(None, f"{place}: behind the last ':' of {shortened(text, 40)} stands no weight",
                         "all of it is taken as words, with weight 1")
    if prompts and weights_vanish(prompts):
        oddities.say(None, f"{place}: the weights sum to 0, so that nothing is left to weigh by",
                     "they are kept; raise the first one")
