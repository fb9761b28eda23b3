"""What stands in the component's parameters, made sense of: nonsense becomes words, and something that works.

Knows nothing of TouchDesigner. Python 3.9, standard library only.
"""

import math
from typing import Any, List, NamedTuple, Tuple

SIZE_MIN, SIZE_MAX = 16, 16384
FITS = ("fitbest", "fitoutside", "fill", "fithorz", "fitvert", "nativeres")
PROFILES = ("play", "scrub")
LOST = ("hold", "black")
USUAL_SERVER = "127.0.0.1:7500"
FADE_OUT = 1.0
"""Seconds in which a picture goes black when the server is lost and that is wanted."""


class Settings(NamedTuple):
    """What counts. `trouble` says what was set aside."""

    host: str
    port: int
    name: str
    stream_port: int
    event_port: int
    follow: bool
    lost: str
    media_folder: str
    width: int
    height: int
    fit: str
    smooth: bool
    profile: str
    trouble: Tuple[str, ...]
    spare: Tuple[str, int] = ("", 0)
    """The backup server; no host: there is none."""


class Raw(NamedTuple):
    """The parameters as they were read."""

    server: Any = USUAL_SERVER
    name: Any = "stage"
    stream_port: Any = 7501
    event_port: Any = 7502
    follow: Any = True
    lost: Any = "hold"
    media_folder: Any = ""
    width: Any = 1280
    height: Any = 720
    fit: Any = "fitbest"
    smooth: Any = False
    profile: Any = "play"


def read_settings(raw: Raw, largest: int) -> Settings:
    """Make sense of parameters; a size stays within the largest texture (0: unknown)."""
    trouble: List[str] = []
    first, _, second = str(raw.server).partition(",")
    host, port = _server(first, trouble)
    spare = _server(second, trouble) if second.strip() else ("", 0)
    stream, event = _port(raw.stream_port, 7501, "Stream Port", trouble), _port(raw.event_port, 7502, "Event Port",
                                                                               trouble)
    if stream == event:
        trouble.append(f"Stream Port and Event Port are both {stream}; they have to differ")
        event = stream + 1 if stream < 65535 else stream - 1
    limit = min(largest or SIZE_MAX, SIZE_MAX)
    width, height = (_side(value, name, limit, trouble) for value, name in ((raw.width, "width"),
                                                                           (raw.height, "height")))
    return Settings(host, port, str(raw.name).strip() or "stage", stream, event, bool(raw.follow),
                    _choice(raw.lost, LOST, "Lost Server", trouble), str(raw.media_folder).strip(), width, height,
                    _choice(raw.fit, FITS, "Fit", trouble), bool(raw.smooth),
                    _choice(raw.profile, PROFILES, "Read Profile", trouble), tuple(trouble), spare)


def lost_gain(lost: str, silent: float, freewheel: float) -> float:
    """How much is seen when the server has been silent for so long."""
    if lost != "black" or silent <= freewheel:
        return 1.0
    return max(0.0, 1.0 - (silent - freewheel) / FADE_OUT)


def _server(text: str, trouble: List[str]) -> Tuple[str, int]:
    host, colon, port = text.strip().rpartition(":")
    if not colon:
        host, port = text.strip(), "7500"
    bad = not host or any(char.isspace() or char in "/\\" for char in host)
    if bad or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        trouble.append(f"Server is {text!r}; write host:port, for example 127.0.0.1:7500")
        return "127.0.0.1", 7500
    # "localhost" may be looked up as IPv6, where the server does not listen.
    return ("127.0.0.1" if host.lower() == "localhost" else host), int(port)


def _port(value: Any, default: int, name: str, trouble: List[str]) -> int:
    number = _number(value)
    if number is None or not 0 < number < 65536:
        trouble.append(f"{name} is {value}; a port lies between 1 and 65535")
        return default
    return int(number)


def _side(value: Any, name: str, limit: int, trouble: List[str]) -> int:
    number = _number(value)
    if number is None or number < SIZE_MIN:
        trouble.append(f"the {name} is {value}; it is at least {SIZE_MIN} pixels")
        return min(1280 if name == "width" else 720, limit)
    if number > limit:
        trouble.append(f"the {name} is {value}; this TouchDesigner makes at most {limit} pixels (see its license)")
        return limit
    return int(number)


def _number(value: Any) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _choice(value: Any, choices: Tuple[str, ...], name: str, trouble: List[str]) -> str:
    if value in choices:
        return str(value)
    trouble.append(f"{name} is {value!r}; it is one of {', '.join(choices)}")
    return choices[0]
