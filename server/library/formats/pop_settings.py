"""`<batch>(<n>)_settings.txt` of Pop-Diffusion, in both generations of keys, typed; written back as it stood there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NamedTuple

from server.errors import InputError
from server.library.formats.caption_frames import CaptionFrames, parse_caption_frames
from server.library.formats.json_text import format_json, parse_object
from server.library.formats.key_frames import KeyFrames, doubled_frames
from server.library.formats.oddity import Oddities, listed
from server.library.formats.pop_keys import INPUT, KEYS, PROMPTS, plain_name
from server.library.formats.schedules import Schedule
from server.library.formats.typed_values import read_typed, write_typed
from server.library.formats.weighted_prompts import PromptTimeline, read_timeline, write_timeline

Generation = Literal["plain", "input", "mixed"]
_FILE: Final = re.compile(r"(?P<batch>.+)(?:\((?P<run>-?\d{1,9})\)|-(?P<earliest>\d{1,9}))_"
                          r"(?P<what>settings|stats|prompt_generator)\.txt", re.DOTALL)
_MULTIPLIED: Final = frozenset(("max_frames", "extract_nth_frame"))
_LARGEST_MULTIPLIER: Final = 10_000


class RunFile(NamedTuple):
    """What the name of a run's file says: `<batch>(<run>)_<what>.txt`, of the earliest `<batch>-<run>_<what>.txt`."""

    batch: str
    run: int
    what: str


@dataclass(frozen=True, slots=True)
class PopSettings:
    """The settings of a run by their plain names, typed as `KEYS` says.

    `stored`: the file's own keys and values, in order. `unknown`: those of its keys that no table knows.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    prompts: Mapping[str, PromptTimeline] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)
    stored: Mapping[str, Any] = field(default_factory=dict)

    @property
    def generation(self) -> Generation:
        """By which generation of the program the file was written."""
        later = [name for name in self.stored if name != plain_name(name)]
        earlier = [name for name in self.stored if name + INPUT in _LATER and name == plain_name(name)]
        return "plain" if not later else "mixed" if earlier else "input"

    @property
    def multiplier(self) -> int:
        """What frame numbers are still to be multiplied by: later files store them as the person gave them."""
        given = self.values.get("absolute_frame_multiplier", 1)
        return given if isinstance(given, int) and 1 <= given <= _LARGEST_MULTIPLIER else 1

    def in_frames(self, name: str) -> Any:
        """A setting with its frame numbers multiplied, as the run used it; None where the file has none.

        What stood there without the later ending was multiplied when it was written.
        """
        value = self.values.get(name)
        if self.multiplier == 1 or name + INPUT not in self.stored:
            return value
        if isinstance(value, KeyFrames):
            return value.times(self.multiplier)
        return value * self.multiplier if name in _MULTIPLIED and isinstance(value, int) else value

    def captions(self) -> CaptionFrames:
        """At which frames the run asked for a caption; none where that cannot be read."""
        try:
            return parse_caption_frames(self.values.get("antarctic_prompt_frames", ""))
        except InputError:
            return CaptionFrames()

    def changed(self, name: str, value: Any) -> PopSettings:
        """The same with one setting exchanged, stored in the form it had. Raises InputError."""
        if name not in KEYS:
            raise InputError(f"{name!r} is no setting of Pop-Diffusion")
        typed = read_typed(KEYS[name].kind, value if not isinstance(value, (KeyFrames, Schedule, tuple))
                           else write_typed(value))
        key = next((key for key in (name + INPUT, name) if key in self.stored), name)
        stored = {**self.stored, key: write_typed(typed, self.stored.get(key))}
        return replace(self, values={**self.values, name: typed}, stored=stored)


_LATER: Final = frozenset(
    name + INPUT for name in (
        "antarctic_prompt_frames", "clip_guidance_scale", "tv_scale", "range_scale", "sat_scale", "cutn_batches",
        "extract_nth_frame", "max_frames", "angle", "zoom", "object_detection_zoom", "translation_x", "translation_y",
        "translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z", "midas_weight", "near_plane", "far_plane",
        "fov", "frames_scale", "frames_skip_steps", "clamp_max"))
"""The keys of later files whose names differ from those of earlier ones."""


def run_file(name: str) -> RunFile | None:
    """What the name of a file of a run says; None when it is no such name."""
    match = _FILE.fullmatch(name)
    return RunFile(match["batch"], int(match["run"] or match["earliest"]), match["what"]) if match else None


def parse_pop_settings(data: bytes, oddities: Oddities) -> PopSettings:
    """Parse a settings file; what is no value of its type is said and left out. Raises InputError with the line."""
    stored = parse_object(data, oddities)
    values: dict[str, Any] = {}
    prompts: dict[str, PromptTimeline] = {}
    unknown: dict[str, Any] = {}
    as_text: list[str] = []
    for written, given in stored.items():
        name = plain_name(written)
        try:
            if name in PROMPTS:
                prompts[name] = read_timeline(given, oddities, name)
            elif name not in KEYS:
                unknown[written] = given
            elif name in values and written == name:
                oddities.note(None, f"{name} stands there in both spellings", f"{name}{INPUT} counts")
            else:
                values[name] = read_typed(KEYS[name].kind, given)
                as_text += [written] if _stored_as_text(given, values[name]) else []
                _say_doubled(written, given, oddities)
        except InputError as reason:
            oddities.say(None, f"{written}: {reason}", "it is kept in the file and not used")
    if as_text:
        oddities.note(None, f"numbers and switches stored as text: {listed(as_text)}",
                      "read into their types, and kept that way in the file")
    if unknown:
        oddities.note(None, f"settings that are not known: {listed(unknown)}", "kept as they are")
    settings = PopSettings(values, prompts, unknown, stored)
    _say_troubles(settings, oddities)
    return settings


def format_pop_settings(settings: PopSettings) -> bytes:
    """The bytes of a settings file: what was read and not changed comes out as it was."""
    return format_json(dict(settings.stored))


def with_prompts(settings: PopSettings, prompts: PromptTimeline, key: str = PROMPTS[0]) -> PopSettings:
    """The same settings with other prompts."""
    return replace(settings, prompts={**settings.prompts, key: prompts},
                   stored={**settings.stored, key: write_timeline(prompts)})


def _stored_as_text(given: object, value: object) -> bool:
    return isinstance(given, str) and isinstance(value, (bool, int, float))


def _say_doubled(written: str, given: object, oddities: Oddities) -> None:
    frames = doubled_frames(given) if isinstance(given, str) and KEYS[plain_name(written)].kind == "key frames" else ()
    if frames:
        oddities.say(None, f"{written} names {listed(f'frame {frame}' for frame in frames)} twice",
                     "the later value counts")


def _say_troubles(settings: PopSettings, oddities: Oddities) -> None:
    for name, value in settings.values.items():
        if isinstance(value, Schedule):
            for problem in value.problems():
                oddities.say(None, f"{name}: {problem}", "it is kept")
    try:
        parse_caption_frames(settings.values.get("antarctic_prompt_frames", ""))
    except InputError as reason:
        oddities.say(None, f"antarctic_prompt_frames: {reason}", "it is kept and not used")
    given = settings.values.get("absolute_frame_multiplier", 1)
    if given != settings.multiplier:
        oddities.say(None, f"absolute_frame_multiplier is {given}", "frame numbers are taken as they are")
    if not settings.prompts.get(PROMPTS[0], PromptTimeline()).frames:
        oddities.say(None, f"there are no {PROMPTS[0]}", "nothing can be made from it without prompts")
