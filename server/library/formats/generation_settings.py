"""`tgen_settings*.json`: with what pictures and transitions were made. It renders nothing.

Two shapes are read: named settings, and the older one with everything at the top.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from server.library.formats.json_text import format_json, parse_object
from server.library.formats.oddity import Oddities, Oddity, listed

FILE_NAME: Final = "tgen_settings.json"
PATTERN: Final = re.compile(r"tgen_settings(?:_(?P<variant>.+))?\.json", re.IGNORECASE)
DEFAULT: Final = "default"
_GRID: Final = 8
"""Pictures are multiples of this in width and height, whatever the file says."""
_LARGEST: Final = 16384
_TOP: Final[Mapping[str, type]] = {
    "res_width": int, "res_height": int, "interpolation_steps": int, "inference_steps": int, "model_string": str,
    "controlnet_string": str, "seed_delimiter": str, "pipe_kwargs": dict, "song_name": str, "mask_image": str,
    "cnet_image": str,
}
_PIPE: Final[Mapping[str, type]] = {
    "num_inference_steps": int, "guidance_scale": float, "control_guidance_start": float,
    "control_guidance_end": float, "controlnet_conditioning_scale": float, "negative_prompt": str,
}
_MOST_UNKNOWN: Final = 100
"""Of more keys nobody wants to hear what each was probably meant to be."""
_USUAL_SIZE: Final = 512
_USUAL_FRAMES: Final = 20


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """One set of settings. `width` and `height` are multiples of 8. `values`: everything in the right types."""

    name: str
    width: int = _USUAL_SIZE
    height: int = _USUAL_SIZE
    frames: int = _USUAL_FRAMES
    """How many a transition has (`interpolation_steps`)."""
    model: str = ""
    controlnet: str = ""
    inference_steps: int | None = None
    pipe: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The settings of a file by name; the flat shape has one, called `default`."""

    settings: Mapping[str, GenerationSettings]
    nested: bool
    value: Mapping[str, Any]
    """What the file holds, untouched."""
    oddities: tuple[Oddity, ...] = ()

    @property
    def usual(self) -> GenerationSettings:
        """Those that count when nobody names others."""
        return self.settings.get(DEFAULT) or next(iter(self.settings.values()), GenerationSettings(DEFAULT))


def parse_generation_settings(data: bytes, file: str = FILE_NAME) -> SettingsFile:
    """Read a settings file. Raises InputError with file and line."""
    oddities = Oddities(file)
    value = parse_object(data, oddities)
    named = any(name != "pipe_kwargs" and isinstance(each, dict) and each.keys() & _TOP.keys()
                for name, each in value.items())
    nested = named or not value.keys() & _TOP.keys()
    sets = value if nested else {DEFAULT: value}
    if not sets:
        oddities.say(None, "the file holds no settings", "the usual ones are taken: 512x512, 20 frames")
    settings: dict[str, GenerationSettings] = {}
    for name, each in sets.items():
        if isinstance(each, dict):
            settings[name] = _settings(name, each, oddities, f"{name}: " if nested else "")
        else:
            oddities.say(None, f"{name!r} is {_kind(each)} beside named settings", "it is kept and not used")
    if settings and DEFAULT not in settings:
        oddities.note(None, f"none of the settings is called {DEFAULT!r}", f"{next(iter(settings))!r} is taken")
    return SettingsFile(settings, nested, value, tuple(oddities))


def format_settings(value: Mapping[str, Any]) -> bytes:
    """The bytes of a settings file."""
    return format_json(value) + b"\n"


def _settings(name: str, raw: Mapping[str, Any], oddities: Oddities, where: str) -> GenerationSettings:
    values = _typed(raw, _TOP, oddities, where)
    if not isinstance(values.get("pipe_kwargs", {}), dict):
        oddities.say(None, f"{where}pipe_kwargs is {_kind(values['pipe_kwargs'])}, and stands between {{ and }}",
                     "it is not used")
        del values["pipe_kwargs"]
    pipe = _typed(values.get("pipe_kwargs", {}), _PIPE, oddities, f"{where}pipe_kwargs: ")
    if "inference_steps" in values:
        oddities.note(None, f"{where}inference_steps is the older name of num_inference_steps",
                      "read as that" if "num_inference_steps" not in pipe else "num_inference_steps counts")
    values["pipe_kwargs"] = pipe
    width, height = (_side(values, key, oddities, where) for key in ("res_width", "res_height"))
    frames = values.get("interpolation_steps")
    if not isinstance(frames, int) or not 2 <= frames <= 100_000:
        if frames is not None:
            oddities.say(None, f"{where}interpolation_steps is {frames!r}; a transition has at least 2 frames",
                         f"{_USUAL_FRAMES} are taken")
        frames = _USUAL_FRAMES
    steps = pipe.get("num_inference_steps", values.get("inference_steps"))
    return GenerationSettings(
        name, width, height, frames, str(values.get("model_string", "")), str(values.get("controlnet_string", "")),
        steps if isinstance(steps, int) else None, pipe, values)


def _side(values: Mapping[str, Any], key: str, oddities: Oddities, where: str) -> int:
    side = values.get(key)
    if not isinstance(side, int) or not _GRID <= side <= _LARGEST:
        what = f"{where}there is no {key}" if side is None else f"{where}{key} is {side!r}, which is no size"
        oddities.say(None, what, f"{_USUAL_SIZE} is taken")
        return _USUAL_SIZE
    whole = side // _GRID * _GRID
    if whole != side:
        oddities.say(None, f"{where}{key} is {side}, which is not a multiple of {_GRID}",
                     f"pictures are really {whole}, since models round down; {whole} is taken")
    return whole


def _typed(raw: Mapping[str, Any], types: Mapping[str, type], oddities: Oddities, where: str) -> dict[str, Any]:
    """The values in the types that they should have."""
    values: dict[str, Any] = {}
    unknown: list[str] = []
    for key, value in raw.items():
        wanted = types.get(key)
        if wanted is None:
            near = difflib.get_close_matches(key, types, n=1, cutoff=0.8) if len(unknown) < _MOST_UNKNOWN else []
            if near and near[0] not in raw:
                oddities.say(None, f"{where}there is no setting {key!r}; {near[0]!r} is probably meant",
                             "it is kept and not used; correct the name")
            else:
                unknown.append(key)
        typed = _coerced(value, wanted)
        if typed is None and value is not None:
            oddities.say(None, f"{where}{key} is {value!r}, and {_expected(wanted)} is expected", "it is not used")
            continue
        if isinstance(value, str) and not isinstance(typed, str):
            oddities.say(None, f"{where}{key} is written as the text {value!r}", f"read as {json.dumps(typed)}")
        values[key] = typed
    if unknown:
        oddities.note(None, f"{where}settings that are not known here: {listed(map(repr, unknown))}",
                      "kept and not used")
    return values


def _coerced(value: Any, wanted: type | None) -> Any:
    """The value in a type, or None when it cannot be one; without a type, texts that are something else become it."""
    if isinstance(value, str) and wanted is not str:
        value = _from_text(value)
    if wanted is None:
        return value
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return value
    if wanted is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) and wanted is not bool:
        return None
    return value if isinstance(value, wanted) else None


def _from_text(text: str) -> Any:
    """Some programs wrote every setting as a text."""
    bare = text.strip()
    if bare in ("True", "true", "False", "false"):
        return bare.casefold() == "true"
    if re.fullmatch(r"[+-]?\d{1,400}", bare, re.ASCII):
        return int(bare)
    if re.fullmatch(r"[+-]?(\d{1,300}\.\d*|\.?\d{1,300})([eE][+-]?\d{1,3})?", bare, re.ASCII):
        number = float(bare)
        return number if math.isfinite(number) else text
    return text


def _expected(wanted: type | None) -> str:
    return {int: "a whole number", float: "a number", str: "a text", dict: "a group between { and }"}.get(
        wanted or str, "something else")


def _kind(value: Any) -> str:
    return {list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false",
            type(None): "null", dict: "a group"}.get(type(value), "something else")
