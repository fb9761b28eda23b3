"""Defaults < song folder < named preset < environment < command line < live < locked, laid over each other.

Reads the files that settings come from; knows nothing of what the settings are for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from server.library.formats.env_file import decode_env, read_env
from server.settings.option import Option
from server.settings.presets import PRESETS
from server.settings.resolved import DEFAULT, LOCKED, OPTIONS, Layer, Settings, did_you_mean, resolve
from server.settings.toml_hints import toml_hint

SONG_FILE: Final = "interscene.toml"
PRESET_TABLES: Final = "presets"
PLAIN_NAMES: Final = ("media_dir", "meta_dir", "model_cache_dir")
"""What is understood in the environment without a prefix: what people's `.env` files hold already."""
NO_SETTINGS: Final = frozenset({"INTERSCENE_DEBUG"})
_PREFIX: Final = "INTERSCENE_"
_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


def load(
    command_line: Mapping[str, object],
    *,
    environ: Mapping[str, str],
    song: Path | None = None,
    preset: str | None = None,
    cwd_env_file: Path | None = None,
    locked: Mapping[str, object] = _NOTHING,
) -> Settings:
    """Read every layer there is. Raises SettingsError with one line for each thing that is wrong.

    `command_line` and `locked` hold what was given and nothing else: a value of None is a mistake.
    """
    problems: list[str] = []
    notes: list[str] = []
    here = Path.cwd()
    tables = _read_song(song / SONG_FILE, problems) if song else {}
    locks, presets = (_table(tables.pop(name, {}), name, problems) for name in (LOCKED, PRESET_TABLES))
    tables = _kept_closed(_without_tables(tables, problems), notes)
    locks = _kept_closed(locks, notes)
    presets = {name: _kept_closed(preset, notes) if isinstance(preset, Mapping) else preset
               for name, preset in presets.items()}
    in_song = Layer(f"the song's {SONG_FILE}", tables, song or here)
    environment = [*_from_env_file(cwd_env_file, environ, problems, notes), *_from_environ(environ, here, problems)]
    given = Layer("command line", {**command_line, **({"preset": preset} if preset else {})}, here, _flag)
    notes += _overruled((*environment, given), (*locks, *locked))
    folders = {name: option.default for name, option in OPTIONS.items() if option.kind == "folder"}
    return resolve(
        (
            Layer(DEFAULT, {name: folders[name] for name in folders if not OPTIONS[name].follows}, here),
            in_song,
            *_from_preset(_chosen([in_song, *environment, given]), presets, in_song.base, problems),
            *environment,
            given,
            Layer(LOCKED, locks, in_song.base),
            Layer(LOCKED, locked, here),
        ),
        problems,
        notes,
    )


def _read_song(path: Path, problems: list[str]) -> dict[str, Any]:
    """A song's own settings; none when it has no such file."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        problems.append(f"{path} cannot be read: it is no UTF-8 text; save it as UTF-8")
        return {}
    except OSError as error:
        problems.append(f"{path} cannot be read: {error.strerror or error}")
        return {}
    try:
        return tomllib.loads(text)
    except ValueError as error:
        problems.append(f"{path} cannot be read: {error}{toml_hint(text, str(error))}")
        return {}


def _without_tables(tables: Mapping[str, Any], problems: list[str]) -> dict[str, object]:
    """What stands at the top level; settings that somebody put under a heading of their own are a problem each."""
    for name, value in tables.items():
        if isinstance(value, Mapping):
            meant = did_you_mean(name, (LOCKED, PRESET_TABLES), cutoff=0.8)
            problems.append(f"{SONG_FILE}: there is no table [{name}]{meant}" if meant else
                            f"{SONG_FILE}: there is no table [{name}]; settings stand at the top level: take the line "
                            f"[{name}] away, and keep them above any other [table]")
    return {name: value for name, value in tables.items() if not isinstance(value, Mapping)}


def _kept_closed(values: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    """Without what would open this computer to others: a song may come from anybody."""
    left_out = [name for name in values if name in OPTIONS and OPTIONS[name].opens]
    notes += [f"the song's {SONG_FILE}: {name} is left out: it would open this computer to others, which is not for a "
              f"song to say; put it into .env, or write {OPTIONS[name].flag}" for name in left_out]
    return {name: value for name, value in values.items() if name not in left_out}


def _overruled(layers: Iterable[Layer], locked: Iterable[str]) -> list[str]:
    """A note for each value that counts for nothing, because the option is locked."""
    fixed = set(locked)
    return [f"{layer.spelt(OPTIONS[name])} ({layer.origin}) has no effect: {name} is locked"
            for layer in layers for name in layer.values if name in fixed and name in OPTIONS]


def _table(value: object, name: str, problems: list[str]) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    problems.append(f"{SONG_FILE}: [{name}] is to be a table, not {value!r}")
    return _NOTHING


def _chosen(layers: list[Layer]) -> str:
    """The preset that the highest of these layers names; empty when none does."""
    names = [layer.values["preset"] for layer in layers if layer.values.get("preset")]
    return str(names[-1]) if names else ""


def _from_preset(
    name: str, presets: Mapping[str, object], base: Path, problems: list[str]
) -> Iterator[Layer]:
    """The layer of the preset that was chosen; every preset of the song must be a table, chosen or not."""
    tables = {one: _table(value, f"{PRESET_TABLES}.{one}", problems) for one, value in presets.items()}
    known = {**PRESETS, **tables}
    if name in known:
        yield Layer(f"preset {name}", known[name], base)
    elif name:
        hint = did_you_mean(name, known) or f"; there are {', '.join(sorted(known))}"
        problems.append(f"preset: there is no preset {name!r}{hint}")


def _from_env_file(
    path: Path | None, environ: Mapping[str, str], problems: list[str], notes: list[str]
) -> Iterator[Layer]:
    if path is None:
        return
    try:
        text = decode_env(path.read_bytes())
    except FileNotFoundError:
        return
    except OSError as error:
        problems.append(f"{path} cannot be read: {error.strerror or error}")
        return
    pairs = {pair.name: pair.value for pair in read_env(text, environ)}
    for name in pairs:
        near = did_you_mean(name, PLAIN_NAMES, cutoff=0.85)
        if near and name.lower() not in PLAIN_NAMES:
            problems.append(f"{name}: there is no such setting{near} ({path.name})")
        elif meant := _unprefixed(name):
            notes.append(f"{name} ({path.name}) is not read; if it is for Interscene, write {OPTIONS[meant].variable}")
    yield from _from_pairs(pairs, path.name, path.parent, problems)


def _unprefixed(name: str) -> str:
    """The option that a name without our prefix looks like; empty for what is read, and for other programs'."""
    if name.lower() in PLAIN_NAMES or name.upper().startswith(_PREFIX):
        return ""
    return next(iter(get_close_matches(name.lower().replace("-", "_"), OPTIONS, n=1, cutoff=0.85)), "")


def _from_environ(environ: Mapping[str, str], here: Path, problems: list[str]) -> Iterator[Layer]:
    yield from _from_pairs(environ, "environment", here, problems)


def _from_pairs(pairs: Mapping[str, str], origin: str, base: Path, problems: list[str]) -> Iterator[Layer]:
    """The plain names, and over them those with our prefix. An empty value is no value, as in a shell."""
    plain: dict[str, object] = {}
    ours: dict[str, object] = {}
    for name, value in pairs.items():
        if name.lower() in PLAIN_NAMES and value:
            plain[name.lower()] = value
        if not name.upper().startswith(_PREFIX) or name.upper() in NO_SETTINGS:
            continue
        option = name.upper().removeprefix(_PREFIX).lower()
        if option not in OPTIONS:
            hint = did_you_mean(name.upper(), [one.variable for one in OPTIONS.values()])
            problems.append(f"{name}: there is no such setting{hint} ({origin})")
        elif value:
            ours[option] = value
    yield Layer(origin, plain, base)
    yield Layer(origin, ours, base, _variable)


def _flag(option: Option) -> str:
    return option.flag


def _variable(option: Option) -> str:
    return option.variable
