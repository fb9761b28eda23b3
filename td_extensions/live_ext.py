"""Shell of the live deck inside TouchDesigner: a WebSocket DAT that is told when, a Script TOP that asks for what.

Decides nothing about connections or pictures. Python 3.9; `td` exists in TouchDesigner only.
"""

import math
import time
from functools import partial
from typing import Any, Callable, Optional, Sequence, Tuple

from td_extensions.live_address import WhyNot
from td_extensions.live_model import LiveModel, Place
from td_extensions.live_pictures import LivePictures
from td_extensions.settings_model import Settings

DEFAULT_PORT = 7580
COMPLAIN_EVERY = 0.5
"""Seconds between lines about single pictures: a damaged movie has a new one sixty times a second."""
NO_OPENCV = ("this TouchDesigner's Python has no OpenCV: the live deck shows the strongest layer of a dissolve alone, "
             "without levels")


class LiveExt:
    """Called by the link once a frame, by the WebSocket DAT's callbacks, and by the Script TOP when it is looked at."""

    def __init__(self, ownerComp: Any) -> None:  # noqa: N803 - TouchDesigner's name
        self.ownerComp = ownerComp
        self._model = LiveModel()
        self._why_not = WhyNot()
        self._pictures = LivePictures()
        self._line = _dependency((False, "", DEFAULT_PORT))
        self._serial = _dependency(0)
        self._picture: Any = None
        self._drawn = self._changes = 0
        self._size, self._largest = (1280, 720), 1280
        self._deck = 0
        self._opencv: Optional[bool] = None
        self._monitored = self._said = self._complaint = ""
        self._complained = -math.inf

    # what the WebSocket DAT's parameters ask, so that nothing of a connection is saved with the component -----

    def Active(self) -> bool:  # noqa: N802
        """Whether to be connected."""
        return bool(self._line.val[0])

    def Address(self) -> str:  # noqa: N802
        """With what."""
        return str(self._line.val[1])

    def Port(self) -> int:  # noqa: N802
        """At which TCP port."""
        return int(self._line.val[2])

    # once a frame -----------------------------------------------------------------------------

    def Turn(self, peers: Tuple[str, ...], settings: Settings, largest: int, now: float) -> None:  # noqa: N802
        """See to the connection. `peers` are the server's addresses in digits, none while its name is looked up."""
        deck = max(0, self._whole("Livedeck", 0))
        if deck != self._deck and not deck:
            self._clear()
        self._deck = deck
        if not deck and self._model.place is None:
            return
        self._size, self._largest = (settings.width, settings.height), largest
        place = Place(peers[0], self._whole("Httpport", DEFAULT_PORT), str(self._value("Token", "")).strip(),
                      deck) if deck and peers else None
        if place is not None and self._opencv is None:
            self._opencv = self._pictures.load()
            if not self._opencv:
                self._say(NO_OPENCV)
        self._model.aim(place, now)
        self._model.turn(now)
        self._ask_why()
        self._connect()
        self._ask(now)
        self._tell()
        if self._complaint and now - self._complained >= COMPLAIN_EVERY:
            self._complained, complaint, self._complaint = now, self._complaint, ""
            self._say(complaint)

    def _connect(self) -> None:
        """Have the WebSocket DAT see where to connect, if that has changed; where to, before it is to."""
        place, before = self._model.place, self._line.val
        line = (self._model.active, self._model.address if self._model.active else before[1],
                place.port if place is not None else before[2])
        if line != before:
            self._line.val = line

    def _ask(self, now: float) -> None:
        question = self._model.asks(now)
        dat = self.ownerComp.op("websocket_live")
        if question is not None and dat is not None:
            dat.sendText(question)

    def _ask_why(self) -> None:
        """Find out in words why nobody answers: a WebSocket DAT does not say."""
        place = self._model.place
        words = self._why_not.answer()
        if words:
            self._model.explained(f"{words} (TouchDesigner says: {self._monitored})" if self._monitored else words)
        if place is not None and self._model.puzzled and not self._why_not.asking:
            self._model.puzzled = False
            self._why_not.ask(place.host, place.port, place.token)

    # callbacks of the WebSocket DAT -----------------------------------------------------------

    def Connected(self) -> None:  # noqa: N802
        """The connection is made."""
        self._monitored = ""
        self._guarded(lambda: self._heard(self._model.connected))

    def Disconnected(self) -> None:  # noqa: N802
        """It is gone, or could not be made."""
        self._guarded(lambda: self._heard(self._model.disconnected))

    def Pinged(self, dat: Any, contents: Any) -> None:  # noqa: N802
        """The server asks whether we live; a WebSocket DAT leaves the answer to its callbacks."""
        self._guarded(lambda: dat.sendPong(contents))
        self._guarded(lambda: self._heard(self._model.pinged))

    def Told(self, message: str) -> None:  # noqa: N802
        """The server says something in words."""
        self._guarded(lambda: self._heard(partial(self._model.told, message)))

    def Monitored(self, message: Any) -> None:  # noqa: N802
        """TouchDesigner says how the connection does."""
        self._monitored = " ".join(str(message).split())[:200]

    def Received(self, contents: Any) -> None:  # noqa: N802
        """Pictures, still as JPEG: what nobody looks at is not decoded."""
        self._guarded(lambda: self._heard(partial(self._received, bytes(contents))))

    def _received(self, contents: bytes, now: float) -> None:
        if self._model.received(contents, now):
            self._serial.val = self._changes = self._changes + 1

    def _heard(self, take: Callable[[float], object]) -> None:
        now = time.perf_counter()
        take(now)
        self._connect()
        self._ask(now)
        self._tell()

    # the Script TOP ---------------------------------------------------------------------------

    def Cook(self, scriptOp: Any) -> None:  # noqa: N802, N803 - TouchDesigner's name
        """Fill the texture: called only while somebody looks, and something is new."""
        self._serial.val  # noqa: B018 - reading it is what has TouchDesigner cook again when it changes
        self._guarded(lambda: self._cook(scriptOp))

    def _cook(self, script: Any) -> None:
        if self._drawn != self._model.serial and self._deck:
            self._drawn = self._model.serial
            self._model.seen()
            if self._opencv:
                picture = self._pictures.mixed(self._model.layers, self._size, self._largest)
                self._picture = self._picture if picture is None else picture
                self._complain(self._pictures.troubles)
            else:
                self._picture = self._strongest()
        if isinstance(self._picture, bytes):
            if not script.loadByteArray(".jpg", self._picture):
                self._complain(["TouchDesigner cannot read a picture that the server sent"])
        else:
            # Also when nothing is new: what a texture holds after a cook that copied nothing, no page says.
            script.copyNumpyArray(self._pictures.black(*self._size) if self._picture is None else self._picture)

    def _strongest(self) -> Any:
        """Without OpenCV: the JPEG of the strongest layer, for TouchDesigner's own reader."""
        layers = sorted((layer for layer in self._model.layers if layer.jpeg and layer.level > 0.0),
                        key=lambda layer: layer.level)
        if layers:
            return layers[-1].jpeg
        return self._picture if any(layer.error for layer in self._model.layers) else None

    def _clear(self) -> None:
        """Switched off: nothing is kept."""
        self._picture, self._pictures, self._opencv = None, LivePictures(), None
        self._serial.val = self._changes = self._changes + 1

    # ------------------------------------------------------------------------------------------

    def _complain(self, troubles: Sequence[str]) -> None:
        """Something about a picture: said at the next turn that may, the latest."""
        for line in troubles:
            self._complaint = f"the live deck: {line}" + ("" if self._picture is None else "; its picture stays")

    def _tell(self) -> None:
        for line in self._model.log:
            self._say(line)
        self._model.log.clear()

    def _say(self, line: str) -> None:
        if line != self._said:
            self._said = line
            self.ownerComp.ext.LinkExt.Say(line)

    def _guarded(self, action: Callable[[], object]) -> None:
        """The border of a callback: what goes wrong is said, and the show goes on."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - a callback's top: the picture stays, and the next cook comes
            self._say(f"the live deck: {type(error).__name__}: {error}")

    def _value(self, name: str, default: Any) -> Any:
        par = getattr(self.ownerComp.par, name, None)
        return default if par is None else par.eval()

    def _whole(self, name: str, default: int) -> int:
        value = self._value(name, default)
        return int(value) if isinstance(value, (int, float)) else default


def _dependency(value: Any) -> Any:
    """A value that expressions and cooks follow."""
    td: Any = __import__("td")
    tdu = getattr(td, "tdu", None) or __import__("tdu")
    return tdu.Dependency(value)
