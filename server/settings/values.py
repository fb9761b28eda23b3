"""Reading one value, from a file, the environment or the command line, into the type that its option has.

Old files hold numbers and switches as text, so text is understood everywhere. Knows no layers.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from server.errors import InputError, OutOfRange
from server.settings.option import Kind, Option

MASK: Final = "********"
_ON: Final = frozenset({"true", "yes", "on", "1"})
_OFF: Final = frozenset({"false", "no", "off", "0"})
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_LONGEST: Final = 4096


def read_value(option: Option, given: object, base: Path) -> Any:
    """Read what was given for an option; folders that are not absolute lie in `base`. Raises InputError."""
    if isinstance(given, str) and ("\0" in given or len(given) > _LONGEST):
        raise InputError("a text that long, or with a NUL in it, can be no setting")
    return _READERS[option.kind](option, given.strip() if isinstance(given, str) else given, base)


def show_value(option: Option, value: object) -> str:
    """A value as it may be printed: on one line, secrets masked."""
    if option.secret and value:
        return MASK
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value) or "none"


def _number(option: Option, given: object, base: Path) -> float:
    del base
    try:
        if isinstance(given, bool) or not isinstance(given, int | float | str):
            raise ValueError
        number = float(given)
    except (ValueError, OverflowError):
        raise InputError(f"{_quoted(option, given)} is no number") from None
    if not math.isfinite(number):
        raise OutOfRange(f"{_quoted(option, given)} is no number that can be used")
    _check_range(option, number)
    return number


def _whole(option: Option, given: object, base: Path) -> int:
    number = _number(option, given, base)
    if not number.is_integer():
        raise OutOfRange(f"{_quoted(option, given)} is no whole number")
    return int(number)


def _check_range(option: Option, number: float) -> None:
    low = -math.inf if option.low is None else option.low
    high = math.inf if option.high is None else option.high
    if not low <= number <= high:
        raise OutOfRange(f"{number:.12g} is outside {option.limits()}{option.unit and ' ' + option.unit}")


def _switch(option: Option, given: object, base: Path) -> bool:
    del base
    word = str(given).lower()
    if isinstance(given, bool | int | str) and word in _ON | _OFF:
        return word in _ON
    raise InputError(f"{_quoted(option, given)} is neither on nor off")


def _text(option: Option, given: object, base: Path) -> str:
    del base
    if not isinstance(given, str):
        raise InputError(f"{_quoted(option, given)} is no text")
    return given


def _choice(option: Option, given: object, base: Path) -> str:
    word = _text(option, given, base).lower()
    if word not in option.choices:
        raise InputError(f"{_quoted(option, given)} is none of {option.limits()}")
    return word


def _folder(option: Option, given: object, base: Path) -> Path:
    name = str(given) if isinstance(given, Path) else _text(option, given, base)
    if not name or "://" in name:
        raise InputError(f"{_quoted(option, given)} is no folder of this machine")
    try:
        return base / Path(name).expanduser()
    except RuntimeError:  # ~ of a user that is not there: then it is a name like any other
        return base / name


def _address(option: Option, given: object, base: Path) -> str:
    host = _text(option, given, base)
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        # A name of digits and dots only is a mistyped address, and a resolver would wait for it.
        if not _HOST.fullmatch(host) or not re.search("[A-Za-z]", host):
            raise InputError(
                f"{_quoted(option, given)} is no address; for every network write 0.0.0.0"
            ) from None
        return host


def _ports(option: Option, given: object, base: Path) -> tuple[int, ...]:
    ports = tuple(_whole(option, one, base) for one in _several(given))
    if not ports:
        raise InputError("at least one port is needed")
    return tuple(dict.fromkeys(ports))


def _networks(option: Option, given: object, base: Path) -> tuple[str, ...]:
    networks = []
    for one in _several(given):
        try:
            networks.append(str(ipaddress.ip_network(_text(option, one, base), strict=False)))
        except ValueError:
            raise InputError(
                f"{_quoted(option, one)} is no address and no network such as 192.168.1.0/24"
            ) from None
    return tuple(dict.fromkeys(networks))


def _several(given: object) -> list[object]:
    """One thing, a list of things, or a text with commas or spaces between them."""
    if isinstance(given, list | tuple):
        return [word for one in given for word in _several(one)]
    return list(given.replace(",", " ").split()) if isinstance(given, str) else [given]


def _quoted(option: Option, given: object) -> str:
    """What was given, short and on one line; a secret is not repeated."""
    if option.secret:
        return "what was given"
    text = repr(given)
    return text if len(text) <= 60 else text[:57] + "..."


_READERS: Final[Mapping[Kind, Callable[[Option, Any, Path], Any]]] = MappingProxyType({
    "whole": _whole,
    "number": _number,
    "switch": _switch,
    "text": _text,
    "choice": _choice,
    "folder": _folder,
    "address": _address,
    "ports": _ports,
    "networks": _networks,
})
