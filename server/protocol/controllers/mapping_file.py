"""`controllers.toml`: text to mappings, with everything that is wrong said at once. One bad mapping spoils no other."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Keys
from dataclasses import dataclass
from typing import Any, Final

from server.errors import InputError
from server.protocol.controllers.control import OSC, TOPS, Control, read_midi
from server.protocol.controllers.mapping import Mapping, usual_name, usual_source
from server.protocol.controllers.mapping_keys import KEYS, endpoint, suggestion
from server.protocol.controllers.rows import JUMPS, Kind, find_row, row_kind, usual_range
from server.protocol.row import Row
from server.protocol.targets import Target, Targets
from server.protocol.text import printable

FILE_NAME: Final = "controllers.toml"
TABLE: Final = "mapping"
MAPPINGS_MAX: Final = 2000
_PLAIN: Final = ("curve", "invert", "steps", "button", "encoder", "step", "pickup", "quantise", "feedback")
"""Keys that a mapping has under the same name."""
_WHICH: Final = frozenset({"osc", "argument", "device", "channel", "midi"})
"""Keys that say which control it is."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A mapping, and the row that its address means."""

    mapping: Mapping
    target: Target


@dataclass(frozen=True, slots=True)
class MappingFile:
    """What a file says. `problems`: a line for each mapping that does not count; `notes`: what has no effect."""

    laid: tuple[Laid, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def parse(text: str) -> dict[str, Any]:
    """The file as values. Raises InputError when it is no TOML."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"cannot be read: {error}") from None


def entries(values: Keys[str, Any]) -> list[dict[str, Any]]:
    """The mappings of a file as they are written. Raises InputError."""
    found = values.get(TABLE, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputError(f"{TABLE}: write every mapping under a line [[{TABLE}]] of its own")
    if len(found) > MAPPINGS_MAX:
        raise InputError(f"a file has at most {MAPPINGS_MAX} mappings, not {len(found)}")
    return found


def names_of(written: list[dict[str, Any]]) -> list[str]:
    """The name of every entry: as it is written, else after its control."""
    taken = {one["name"] for one in written if isinstance(one.get("name"), str)}
    names: list[str] = []
    for one in written:
        name = one.get("name")
        if not isinstance(name, str):
            try:
                name = usual_name(_control(one), taken)
            except InputError:
                name = ""
            taken.add(name)
        names.append(name.strip())
    return names


def read_mappings(text: str, targets: Targets) -> MappingFile:
    """Read a file. Raises InputError when it cannot be read at all."""
    values = parse(text)
    written = entries(values)
    notes = [f"{name}: there is no such key{suggestion(name, (TABLE,))}" for name in values if name != TABLE]
    problems: list[str] = []
    laid: list[Laid] = []
    seen: set[str] = set()
    for number, (one, name) in enumerate(zip(written, names_of(written), strict=True), 1):
        place = f"{TABLE} {number}" + (f" ({printable(name, 64)})" if name else "")
        notes += [f"{place}: there is no key {key!r}{suggestion(key, KEYS)}" for key in one if key not in KEYS]
        wrong: list[str] = []
        found = _read(one, name, targets, wrong)
        if name in seen:
            wrong.append(f"there is another mapping called {name!r}; give one of them another name")
        seen.add(name)
        problems += [f"{place}: {line}" for line in wrong]
        if found is not None and not wrong:
            laid.append(found)
    return MappingFile(tuple(laid), tuple(problems), tuple(notes))


def read_mapping(written: dict[str, Any], targets: Targets) -> Mapping:
    """One mapping as it stands in a file. Raises InputError with everything that is wrong with it."""
    wrong: list[str] = []
    found = _read(written, names_of([written])[0], targets, wrong)
    if wrong or found is None:
        raise InputError("; ".join(wrong))
    return found.mapping


def _read(written: dict[str, Any], name: str, targets: Targets, wrong: list[str]) -> Laid | None:
    """One mapping; None when its control or its row is not known. What is wrong with it is added to `wrong`."""
    keys: dict[str, Any] = {}
    for key, value in written.items():
        if key in KEYS:
            try:
                keys[key] = KEYS[key](value)
            except InputError as error:
                wrong.append(f"{key} {error}")
    control = target = None
    if _WHICH & written.keys() <= keys.keys():
        try:
            control = _control(written)
        except InputError as error:
            wrong.append(str(error))
    if "row" in keys:
        try:
            target = find_row(keys["row"], targets)
        except InputError as error:
            wrong.append(f"row: {error}")
    elif "row" not in written:
        wrong.append("row is missing: the address that the control is laid on, such as '/deck/1/level'")
    if control is None or target is None:
        return None
    if control.is_osc and _has_row(control.place, targets):
        wrong.append(f"osc: {control.place} is a row itself, and does what that says; lay something else on a row")
    mapping = _fitted(keys, name, control, target, wrong)
    return None if mapping is None else Laid(mapping, target)


def _has_row(address: str, targets: Targets) -> bool:
    try:
        return bool(targets.find(address))
    except InputError:
        return False


def _control(written: Keys[str, Any]) -> Control:
    """The control that an entry names. Raises InputError."""
    address, midi = written.get("osc"), written.get("midi")
    if (address is None) == (midi is None):
        raise InputError("a control is either osc = '/1/fader1', or midi = 'cc 7' and the name of its device")
    if isinstance(address, str):
        argument = written.get("argument", 1)
        return Control(OSC, address.strip(), argument if isinstance(argument, int) else 1)
    if not isinstance(midi, str):
        raise InputError("osc or midi is a text, such as '/1/fader1' or 'cc 7'")
    kind, number = read_midi(midi)
    device, channel = written.get("device", ""), written.get("channel", 0)
    return Control(kind, device.strip() if isinstance(device, str) else "", number,
                   channel if isinstance(channel, int) else 0)


def _fitted(keys: dict[str, Any], name: str, control: Control, target: Target, wrong: list[str]) -> Mapping | None:
    """The mapping, when what its keys say fits together and fits its row."""
    row, kind = target.row, row_kind(target.row)
    before = len(wrong)
    bounds = keys.get("range") or usual_range(row)
    value = keys.get("value")
    if bounds is None:
        wrong.append(f"range is missing: {row.args[0].name} is {row.args[0].limits()}, more than a control can travel; "
                     "write for example range = [0, 100]")
    if value is None and kind == "text":
        wrong.append(f"value is missing: {row.address} takes {_arguments(row)}; write what a press sends, such as "
                     f"value = {_example(row)}")
    if value is not None:
        _try(wrong, "value", target, value)
    elif bounds is not None and kind in ("number", "choice"):
        for end in bounds:
            _try(wrong, "range", target, (int(end) if kind == "choice" else end,))
    _together(keys, control, row, kind, wrong)
    if len(wrong) > before or bounds is None:
        return None
    rest = {key: keys[key] for key in _PLAIN if key in keys}
    if kind == "choice" and not rest.get("steps"):
        rest["steps"] = int(abs(bounds[1] - bounds[0])) + 1
    return Mapping(name, control, keys["row"], value, bounds, keys.get("from") or usual_source(control), **rest)


def _together(keys: Keys[str, Any], control: Control, row: Row, kind: Kind, wrong: list[str]) -> None:
    """What excludes what."""
    encoder, button = keys.get("encoder"), keys.get("button")
    if encoder and button:
        wrong.append("encoder and button exclude each other; keep one")
    if encoder and control.kind not in ("cc", OSC):
        wrong.append(f"encoder: a {control.kind} is no endless encoder; those are cc")
    if encoder and (kind in ("press", "text") or "value" in keys):
        wrong.append("encoder: there is nothing to turn; a press needs a button")
    if encoder and keys.get("pickup"):
        wrong.append("pickup: an endless encoder has no place to be picked up from; take pickup away")
    if "step" in keys and not encoder:
        wrong.append("step is for endless encoders; write encoder too, or steps for a control with steps")
    if keys.get("pickup") and row.address in JUMPS:
        wrong.append(f"pickup: {row.address} has no value of its own to be picked up from; take pickup away")
    if "channel" in keys and control.is_osc:
        wrong.append("channel is for MIDI; take it away")
    if control.is_osc and isinstance(keys.get("feedback"), str):
        try:
            endpoint(keys["feedback"])
        except InputError as error:
            wrong.append(f"feedback: who is told {error}")
    top = 0.0 if control.is_osc else float(TOPS[control.kind])
    if "from" in keys and not control.is_osc and not all(0 <= end <= top for end in keys["from"]):
        wrong.append(f"from lies between 0 and {top:g} for a {control.kind}")


def _try(wrong: list[str], key: str, target: Target, args: tuple[Any, ...]) -> None:
    if not target.row.args:
        wrong.append(f"{key}: {target.row.address} takes nothing; take {key} away")
        return
    try:
        target.coerce(args)
    except InputError as error:
        wrong.append(f"{key}: {error}")


def _arguments(row: Row) -> str:
    return " and ".join(arg.name for arg in row.args if not arg.optional)


def _example(row: Row) -> str:
    values = [repr(value).replace("'", '"') for value in row.example[:row.required]]
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"


def keys_of(mapping: Mapping) -> dict[str, Any]:
    """A mapping as the keys of a file, all that say how it works, whether written or not."""
    control = mapping.control
    keys: dict[str, Any] = {"name": mapping.name}
    if control.is_osc:
        keys |= {"osc": control.place, "argument": control.number}
    else:
        keys |= {"device": control.place, "channel": control.channel, "midi": control.midi_text()}
    value = mapping.value if mapping.value is None or len(mapping.value) > 1 else mapping.value[0]
    return keys | {"row": mapping.row, "value": list(value) if isinstance(value, tuple) else value,
                   "from": list(mapping.source), "range": list(mapping.range),
                   **{key: getattr(mapping, key) for key in _PLAIN}}
