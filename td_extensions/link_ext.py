"""Shell of the whole component inside TouchDesigner: OSC in and out, the frame, and what the component says of itself.

Decides nothing about decks. Python 3.9; `td` exists in TouchDesigner only, and is looked for when it is used.
"""

import time
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from td_extensions.beat_model import BeatModel
from td_extensions.host_names import HostNames
from td_extensions.log_model import LogModel
from td_extensions.media_path import whole_folder
from td_extensions.renderer_model import About, RendererModel
from td_extensions.servers_model import ServersModel
from td_extensions.settings_model import Raw, Settings, lost_gain, read_settings
from td_extensions.status_ext import Status
from td_extensions.stream_channels import channel_names, read_channels
from td_extensions.tick_clock import FREEWHEEL

NON_COMMERCIAL = 1280
LARGEST = 16384
TABLES_EVERY = 0.5
STOPPED = 0.1
"""Seconds after which the Execute DAT seems to stand, with the timeline perhaps; the stream's ticks do its work."""
PARAMETERS = {"server": "Server", "name": "Name", "stream_port": "Streamport", "event_port": "Eventport",
              "follow": "Follow", "lost": "Lostserver", "media_folder": "Mediafolder", "width": "Sizew",
              "height": "Sizeh", "fit": "Fit", "smooth": "Smooth", "profile": "Readprofile"}


class LinkExt:
    """Called by the Execute DAT at the beginning and end of a frame, and by the OSC In DAT with each message."""

    def __init__(self, ownerComp: Any) -> None:  # noqa: N803 - TouchDesigner's name
        self.ownerComp = ownerComp
        self.Renderer: Optional[RendererModel] = None
        self._settings: Optional[Settings] = None
        self._changed = True
        self._log = LogModel()
        self._beats = BeatModel()
        self._place: Tuple[Any, ...] = ()
        self._last: Dict[int, Tuple[Optional[float], ...]] = {}
        self._values: Dict[str, Optional[float]] = {}
        self._names: Dict[int, List[str]] = {}
        self._tables_at = 0.0
        self._frame_began = self._even = self._executed = 0.0
        self._busy: List[float] = []
        self._status = Status(ownerComp, self._log)
        self._hosts = HostNames()
        self._servers = ServersModel()
        self._peers: Tuple[str, ...] = ()

    # life -------------------------------------------------------------------------------------

    def Start(self) -> None:  # noqa: N802
        """Say hello anew, with what the parameters say now. What is seen stays."""
        self._changed = True
        self._place = ()
        self._hosts.forget()

    def Renew(self) -> None:  # noqa: N802
        """Write everything anew: operators are others than they were."""
        self._changed = True
        self._last.clear()
        for deck in self._decks():
            deck.Renew()

    def Stop(self) -> None:  # noqa: N802
        """Let go of every movie."""
        for deck in self._decks():
            deck.Close()
        self.Renderer = None

    def FrameStart(self) -> None:  # noqa: N802
        """Called by the Execute DAT before a frame is cooked."""
        self._executed = time.perf_counter()
        self._frame(self._executed)

    def _frame(self, now: float) -> None:
        """Everything that a frame needs before it is cooked."""
        self._frame_began = now
        renderer = self._ready(now)
        settings = self._settings
        if renderer is None or settings is None:
            return
        even = self._even = renderer.cooks.beat(now)
        self._guarded(lambda: self._read_stream(renderer, now), "stream")
        self._cook(renderer, settings, now)
        self._guarded(lambda: self._send_beats(renderer, now), "Ableton Link")
        self._panel("Turn", renderer.link.linked(now) and settings.follow, self._peers)
        self._guarded(lambda: self._live(settings, now), "live deck")
        self._send(renderer, settings, now)
        if now - self._tables_at >= TABLES_EVERY:
            self._tables_at = now
            self._guarded(lambda: self._tell(renderer, settings, even, now), "tables")

    def StreamChanged(self, name: str, value: float) -> None:  # noqa: N802
        """A channel has another value than in the frame before: where it came that late, this frame still obeys it."""
        if self._values.get(name) != value and self.Renderer is not None and self._settings is not None:
            now = time.perf_counter()
            if now - self._executed > STOPPED:
                self._frame(now)
            elif self._read_stream(self.Renderer, now):
                self._cook(self.Renderer, self._settings, now)
                self._send(self.Renderer, self._settings, now)

    def FrameEnd(self) -> None:  # noqa: N802
        """Take the time of a frame."""
        self._busy = [*self._busy[-119:], time.perf_counter() - self._frame_began]

    def Event(self, address: str, args: Sequence[Any], sender: str) -> None:  # noqa: N802
        """Take in one message of the server."""
        renderer, settings = self.Renderer, self._settings
        if renderer is None or settings is None:
            return
        now = time.perf_counter()
        if address == "/system/welcome":
            self._servers.welcomed(self._at(sender, now), args, now)
            self._aim(settings, now)
        if sender and sender not in self._peers:
            renderer.say_at_times(f"{sender} sends to this component, but it follows {self._host(settings)}", now)
            return
        if renderer.event(address, args, now):
            self._send(renderer, settings, now)
        else:
            self._panel("Heard", address, list(args))

    def Changed(self, name: str) -> None:  # noqa: N802
        """Somebody has changed a parameter of the pages Interscene or Deck."""
        if name in PARAMETERS.values() or name == "Link":
            self._changed = True
            if name == "Follow" and self._settings is not None and not self._settings.follow:
                for deck in self._decks():
                    deck.Renew()
            if name == "Link" and self.Renderer is not None:
                self.Renderer.tell("/clock/source", "outside" if self._par("Link", False) else "internal")

    def Clear(self) -> None:  # noqa: N802
        """Forget the channels of controllers that have come by."""
        chop = self.ownerComp.op("oscin_stream")
        for name in ("resetchannelspulse", "resetchannels") if chop is not None else ():
            reset = getattr(chop.par, name, None)
            if reset is not None and reset.isPulse:
                reset.pulse()
                break
        self._last.clear()
        self._values.clear()

    def Tell(self) -> None:  # noqa: N802
        """Bring what the component says of itself up to date, though no frame may ever begin."""
        now = time.perf_counter()
        renderer, settings = self._ready(now), self._settings
        if renderer is None or settings is None:
            return
        for line in renderer.log:
            self._log.add(line, now)
        renderer.log.clear()
        self._guarded(lambda: self._tell(renderer, settings, now, now), "tables")

    def Say(self, line: str) -> None:  # noqa: N802
        """One line for the log."""
        if self.Renderer is not None:
            self.Renderer.say(line)
        else:
            self._log.add(line, time.perf_counter())

    # ------------------------------------------------------------------------------------------

    def _ready(self, now: float) -> Optional[RendererModel]:
        """The renderer's model, after what has changed in the parameters was seen to."""
        decks = self._decks()
        numbers = [deck.number for deck in decks]
        if self._changed or self._settings is None or self.Renderer is None or numbers != list(self.Renderer.decks):
            self._changed = False
            settings = read_settings(self._raw(), _largest())
            self._settings = settings
            self._set("oscin_events", port=settings.event_port)
            self._set("oscin_stream", port=settings.stream_port)
            self._peers = ()
            if self.Renderer is None or self._place != _place(settings) or numbers != list(self.Renderer.decks):
                self._connect(settings, decks)
            for deck in decks if settings.follow else ():
                deck.Shape(settings.width, settings.height, settings.fit)
                deck.Read(settings.profile, settings.smooth)
            for line in settings.trouble:
                self.Say(line)
        self._aim(self._settings, now)
        if self.Renderer is not None:
            td: Any = __import__("td")
            self.Renderer.cooks_at(float(td.project.cookRate))
        return self.Renderer

    def _aim(self, settings: Settings, now: float) -> None:
        """Send to the server's address, and believe that one; a name is no address before it was looked up."""
        servers = self._servers
        servers.know([(settings.host, settings.port), settings.spare][:2 if settings.spare[0] else 1])
        servers.turn(self.Renderer is not None and self.Renderer.link.linked(now), now)
        port = servers.places[servers.at][1]
        peers = self._hosts.addresses(self._host(settings), now)
        news, self._peers = peers != self._peers, peers
        self._set("oscout_server", port=port)
        if peers and news:
            self._set("oscout_server", address=peers[0], netaddress=peers[0])

    def _host(self, settings: Settings) -> str:
        """The server that is spoken to."""
        return self._servers.places[self._servers.at][0] if self._servers.places else settings.host

    def _at(self, sender: str, now: float) -> List[int]:
        """Which servers an address may be."""
        return [number for number, (host, _) in enumerate(self._servers.places)
                if sender in self._hosts.addresses(host, now)]

    def _connect(self, settings: Settings, decks: List[Any]) -> None:
        """Say hello to the server; pictures of the one before stay for a moment."""
        td: Any = __import__("td")
        numbers = [deck.number for deck in decks]
        about = About(settings.name, settings.stream_port, settings.event_port, str(td.app.build),
                      float(td.project.cookRate), _largest(), ",".join(map(str, numbers)))
        fresh = self.Renderer is None
        if self.Renderer is None:
            self.Renderer = RendererModel(about)
        for deck in decks:
            if fresh or deck.number not in self.Renderer.decks:
                deck.Forget()
        self.Renderer.reshape(about, numbers)
        self._place = _place(settings)

    def _raw(self) -> Raw:
        td: Any = __import__("td")
        raw = Raw(**{key: self._par(name, getattr(Raw(), key)) for key, name in PARAMETERS.items()})
        return raw._replace(media_folder=whole_folder(str(raw.media_folder).strip(), str(td.project.folder)))

    def _cook(self, renderer: RendererModel, settings: Settings, now: float) -> None:
        """Have every deck show what is due in this frame."""
        if not settings.follow:
            return
        gain = lost_gain(settings.lost, self._silence(renderer, now), FREEWHEEL)
        folder = settings.media_folder or renderer.media_folder
        for deck in self._decks():
            self._guarded(partial(deck.Cook, renderer, folder, self._even, now, gain), f"deck {deck.number}")

    def _read_stream(self, renderer: RendererModel, now: float) -> bool:
        """Take in what the channels say. Whether that was news."""
        news = False
        chop = self.ownerComp.op("oscin_stream")
        for number in renderer.decks:
            names = self._names.setdefault(number, channel_names(number))
            channels = [chop[name] for name in names]
            values = tuple(None if channel is None else channel.eval() for channel in channels)
            if values == self._last.get(number):
                continue
            self._last[number] = values
            self._values.update(zip(names, values))  # noqa: B905 - Python 3.9
            news = True
            said = read_channels(values)
            if said is not None:
                renderer.stream(number, said[0], said[1], now)
        return news

    def _send(self, renderer: RendererModel, settings: Settings, now: float) -> None:
        """Send what the model has to say; without Follow only what hands say, and it is not waited for."""
        speaks = settings.follow and bool(self._peers)
        messages = renderer.outgoing(now, lambda: self._health(renderer)) if speaks else renderer.commands()
        out = self.ownerComp.op("oscout_server")
        for address, args in messages if out is not None and self._peers else ():
            self._guarded(partial(out.sendOSC, address, list(args), useNonStandardTypes=False), "sending")
        for line in renderer.log:
            self._log.add(line, now)
        renderer.log.clear()
        news, renderer.news = renderer.news, []
        for name, about in news:
            if name == "onConnect" and self._par("Link", False):
                renderer.tell("/clock/source", "outside")
            self._panel("Call", name, about)

    def _send_beats(self, renderer: RendererModel, now: float) -> None:
        link = self.ownerComp.op("abletonlink_beats")
        wanted = bool(self._par("Link", False))
        if link is None or not self._beats.due(wanted, now):
            return
        message = self._beats.message(_value(link, "beats"), _value(link, "tempo"))
        if message is not None:
            renderer.tell(message[0], *message[1])

    def _health(self, renderer: RendererModel) -> Sequence[object]:
        told = [deck.Health() for deck in self._decks()]
        busy = 1000.0 * sum(self._busy) / len(self._busy) if self._busy else 0.0
        return (renderer.cooks.rate, busy, renderer.cooks.dropped, sum(one[0] for one in told),
                max([one[1] for one in told], default=0.0), sum(one[2] for one in told))

    def _tell(self, renderer: RendererModel, settings: Settings, even: float, now: float) -> None:
        panel = getattr(self.ownerComp.ext, "PanelExt", None)
        found = panel.Servers() if panel is not None else []
        self._status.tell(renderer, settings, self._decks(), even, now, found,
                          unknown=self._hosts.unknown(settings.host))

    @staticmethod
    def _silence(renderer: RendererModel, now: float) -> float:
        heard = [deck.clock.silent(now) for deck in renderer.decks.values()]
        silent = min(heard) if heard else 0.0
        return silent if renderer.server else 0.0

    def _guarded(self, action: Callable[[], object], what: str) -> None:
        """The border of a callback: what goes wrong is said, and the show goes on."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - a callback's top: one cook's trouble must not stop the others
            if self.Renderer is not None:
                self.Renderer.say_at_times(f"{what}: {type(error).__name__}: {error}", time.perf_counter())

    def _panel(self, verb: str, *args: Any) -> None:
        panel = getattr(self.ownerComp.ext, "PanelExt", None)
        if panel is not None:
            self._guarded(partial(getattr(panel, verb), *args), "panel")

    def _live(self, settings: Settings, now: float) -> None:
        live = getattr(self.ownerComp.ext, "LiveExt", None)
        if live is not None:
            live.Turn(self._peers, settings, _largest(), now)

    def _decks(self) -> List[Any]:
        found: List[Any] = []
        while True:
            deck = self.ownerComp.op(f"deck{len(found) + 1}")
            if deck is None:
                return found
            found.append(deck.ext.DeckExt)

    def _par(self, name: str, default: Any) -> Any:
        par = getattr(self.ownerComp.par, name, None)
        try:
            return default if par is None else par.eval()
        except Exception as error:  # noqa: BLE001 - the border of an artist's expression
            self.Say(f"the parameter {name} cannot be worked out: {type(error).__name__}: {error}")
            return default

    def _set(self, name: str, **values: Any) -> None:
        for key, value in values.items():
            op = self.ownerComp.op(name)
            par = getattr(op.par, key, None) if op is not None else None
            if par is not None and par.eval() != value:
                par.val = value


def _place(settings: Settings) -> Tuple[Any, ...]:
    """What a hello depends on."""
    return settings.host, settings.port, settings.spare, settings.name, settings.stream_port, settings.event_port


def _largest() -> int:
    """The largest texture that the license allows."""
    td: Any = __import__("td")
    licenses = getattr(td, "licenses", None)
    plain = getattr(licenses, "isNonCommercial", None)
    if plain is None:
        plain = "non" in str(getattr(licenses, "type", "")).lower()
    return NON_COMMERCIAL if plain else LARGEST


def _value(chop: Any, name: str) -> Optional[float]:
    channel = chop[name]
    return None if channel is None else float(channel.eval())
