"""The live deck's talk with the server: when to connect, when to ask for a picture, and what has to be shown.

Knows nothing of TouchDesigner, sockets or JPEG; time is an argument. Python 3.9, standard library only.
"""

import json
import math
import struct
from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import quote

from td_extensions.live_address import SPELLINGS

CONNECT_WITHIN = 5.0
"""Seconds after which a connection that is not made is given up."""
ANSWER_WITHIN = 5.0
"""Seconds after which somebody who says nothing is not our server: its first picture comes at once."""
SILENT = 50.0
"""Seconds after which a connection is dead: the server pings every 20 seconds."""
AGAIN = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between attempts, the last one for ever."""
BETWEEN = 0.1
"""Seconds between two connections: a WebSocket DAT sees only what lasts longer than a frame."""
RETRY = 2.0
"""Seconds after which a question that was refused is asked again."""
UNSEEN_MAX = 2
"""Pictures that may wait for TouchDesigner to look at them; then none is asked for."""
LAYERS_MAX = 64
_SIZE = struct.Struct("<I")

OFF, WAITING, CONNECTING, OPEN = "off", "waiting", "connecting", "open"
LIMITS = {CONNECTING: CONNECT_WITHIN, OPEN: ANSWER_WITHIN}


class Place(NamedTuple):
    """Which deck of which server. `host` is an address in digits: looking up a name would stop the picture."""

    host: str
    port: int
    token: str
    deck: int


class Layer(NamedTuple):
    """One frame that is mixed into the picture; without `jpeg` the server could not read it, and says why."""

    movie: str
    frame: int
    level: float
    jpeg: Optional[bytes]
    error: str = ""


class LiveModel:
    """One connection. Never more than one picture is asked for at a time, and the latest counts."""

    def __init__(self) -> None:
        self.state = OFF
        self.place: Optional[Place] = None
        self.layers: Tuple[Layer, ...] = ()
        self.serial = 0
        """Grows with every picture that is to be shown."""
        self.log: List[str] = []
        self.puzzled = False
        """An attempt failed, and nobody knows why yet."""
        self._held: Dict[Tuple[str, int], bytes] = {}
        self._due = self._since = self._heard = self._rest = 0.0
        self._tries = self._unseen = self._spelling = 0
        self._asked = self._answered = self._works = self._lost = False
        self._said = ""

    @property
    def active(self) -> bool:
        """Whether there is to be a connection, made or being made."""
        return self.state in (CONNECTING, OPEN)

    @property
    def address(self) -> str:
        """Where to connect, with the token; as a WebSocket DAT may understand it."""
        if self.place is None:
            return ""
        token = f"?token={quote(self.place.token, safe='')}" if self.place.token else ""
        return SPELLINGS[self._spelling].format(host=self.place.host, port=self.place.port, token=token)

    def aim(self, place: Optional[Place], now: float) -> None:
        """Show another deck from now on, or with None let go of the connection; the picture stays."""
        before, self.place = self.place, place
        if place == before:
            return
        if place is None:
            self.state, self._said, self._lost, self.puzzled = OFF, "", False, False
        elif before is None or before[:3] != place[:3]:
            self.state, self._due, self._tries, self._said = WAITING, now + BETWEEN, 0, ""
        else:
            self._asked, self._rest = False, now

    def turn(self, now: float) -> None:
        """Once a frame: begin, or give up what takes too long."""
        if self.state == WAITING and now >= self._due:
            self.state, self._since, self._answered = CONNECTING, now, False
        elif self.active and not self._answered and now - self._since > LIMITS[self.state]:
            self._failed(now)
        elif self.state == OPEN and now - self._heard > SILENT:
            self.disconnected(now)

    def asks(self, now: float) -> Optional[str]:
        """What to send now: a question for the next picture, or nothing while there is enough to look at."""
        if (self.state != OPEN or self.place is None or self._asked or self._unseen >= UNSEEN_MAX
                or now < self._rest):
            return None
        self._asked = True
        return json.dumps({"want": self.place.deck})

    def seen(self) -> None:
        """What was there to be shown is shown."""
        self._unseen = 0

    # what happens on the connection -----------------------------------------------------------

    def connected(self, now: float) -> None:
        """The connection is made. The server begins anew: it knows nothing of what is held here."""
        if not self.active:
            return
        self.state, self._since, self._heard, self._rest = OPEN, now, now, now
        self._asked = self._answered = False
        self._unseen = 0
        self._held = {}

    def disconnected(self, now: float) -> None:
        """The connection is gone, or was never made."""
        if self.state == OPEN and self._answered and self.place is not None:
            self._say(f"the live deck lost {self.place.host}:{self.place.port}; its picture stays")
            self._lost = True
            self._again(now)
        elif self.active:
            self._failed(now)

    def pinged(self, now: float) -> None:
        """The server lives."""
        self._heard = now

    def received(self, contents: bytes, now: float) -> bool:
        """Take in a message with pictures. Whether there is something new to be shown."""
        if self.state != OPEN or self.place is None:
            return False
        self._heard, self._asked = now, False
        try:
            deck, layers, self._held = read_pictures(contents, self._held)
        except ValueError as error:
            if self._works:
                # From here on nobody knows which frames the server believes to be held here: begin anew.
                self._say(f"the live deck cannot make sense of what {self.place.host}:{self.place.port} sends: {error}")
                self._again(now)
            else:
                self._failed(now)
            return False
        self._answered = True
        if deck != self.place.deck:
            return False
        self.layers, self.serial, self._unseen = layers, self.serial + 1, self._unseen + 1
        self._tries, self._works, self.puzzled = 0, True, False
        if self._lost:
            self._say(f"the live deck is linked to {self.place.host}:{self.place.port} again")
        self._lost, self._said = False, ""
        return True

    def told(self, text: str, now: float) -> None:
        """Take in words: the server refuses what it was asked for."""
        if self.state != OPEN:
            return
        self._heard = now
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            return
        if isinstance(said, dict) and "error" in said and isinstance(said.get("text"), str):
            self._answered, self._asked, self._rest = True, False, now + RETRY
            self._say(f"the live deck: {said['text'][:200]}")

    def explained(self, words: str) -> None:
        """Somebody has found out why there is no connection."""
        if self.place is not None and self.state != OPEN:
            self._say(f"the live deck: {words}")

    # ------------------------------------------------------------------------------------------

    def _failed(self, now: float) -> None:
        """Nobody was reached; at once by the next spelling, unless one is known to work."""
        self.puzzled = True
        if not self._works:
            self._spelling = (self._spelling + 1) % len(SPELLINGS)
        if self._works or not self._spelling:
            self._again(now)
        else:
            self.state, self._due = WAITING, now + BETWEEN

    def _again(self, now: float) -> None:
        self.state = WAITING
        self._due = now + AGAIN[min(self._tries, len(AGAIN) - 1)]
        self._tries += 1

    def _say(self, line: str) -> None:
        """One line for the log, once."""
        if line != self._said:
            self._said = line
            self.log.append(line)


def read_pictures(contents: bytes, held: Dict[Tuple[str, int], bytes],
                  ) -> Tuple[int, Tuple[Layer, ...], Dict[Tuple[str, int], bytes]]:
    """Read a message: u32 little-endian length of a JSON header, the header, the JPEGs in its order.

    Returns the deck, its layers and the frames that are held now: one without bytes is among those held before.
    Raises ValueError with words.
    """
    if len(contents) < _SIZE.size or _SIZE.size + _SIZE.unpack_from(contents)[0] > len(contents):
        raise ValueError("a message that is shorter than it says")
    begin = _SIZE.size + _SIZE.unpack_from(contents)[0]
    try:
        header = json.loads(contents[_SIZE.size:begin].decode("utf-8"))
    except (ValueError, RecursionError):
        raise ValueError("a header that is no JSON") from None
    deck, told = (header.get("deck"), header.get("layers")) if isinstance(header, dict) else (None, None)
    if type(deck) is not int or not isinstance(told, list) or len(told) > LAYERS_MAX:
        raise ValueError("a header without deck and layers")
    layers: List[Layer] = []
    now_held: Dict[Tuple[str, int], bytes] = {}
    for each in told:
        movie, frame, level, size, error = _layer(each)
        jpeg: Optional[bytes] = bytes(contents[begin:begin + size])
        begin += size
        if begin > len(contents):
            raise ValueError("a message that is shorter than it says")
        if not jpeg:
            jpeg = now_held.get((movie, frame), held.get((movie, frame)))
        if jpeg is not None:
            now_held[movie, frame] = jpeg
        layers.append(Layer(movie, frame, level, None if error else jpeg, error))
    return deck, tuple(layers), now_held


def _layer(told: Any) -> Tuple[str, int, float, int, str]:
    """What the header says of one layer. Raises ValueError."""
    said = told if isinstance(told, dict) else {}
    movie, frame, level, size, error = (said.get(name) for name in ("movie", "frame", "level", "bytes", "error"))
    # JSON's true would be a 1.
    truths = any(isinstance(each, bool) for each in (frame, level, size))
    if (truths or not isinstance(movie, str) or not isinstance(frame, int) or not isinstance(size, int) or size < 0
            or not isinstance(level, (int, float)) or not math.isfinite(level)):
        raise ValueError("a layer that does not say movie, frame, level and bytes")
    return movie, frame, max(0.0, min(1.0, float(level))), size, str(error or "")
