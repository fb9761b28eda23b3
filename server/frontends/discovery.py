"""Tells the network where this server is (Zeroconf, called Bonjour too), and takes it back at the end.

Works on a thread of its own: a machine that cannot do it plays all the same. Knows nothing of the show.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from server.frontends.own_multicast import LOOPBACK, own_multicast
from server.frontends.security import is_loopback
from server.protocol.text import printable

log = logging.getLogger("interscene.discovery")

OSCQUERY: Final = "_oscjson._tcp.local."
OSC: Final = "_osc._udp.local."
LOOK_EVERY: Final = 5.0
"""Seconds between looks at the addresses of this computer: laptops change networks."""
LEAVING: Final = 3.0
"""Seconds for the goodbye; who waits longer for a stop pulls the plug."""
ASKING: Final = 1800
"""Milliseconds for another server to say that it has a name already: it may wait a second and a half."""
NAMES_MAX: Final = 20
NAME_MAX: Final = 58
"""Bytes of a name: a label of DNS holds 63, and a number may be put behind it."""
EVERYWHERE: Final = ("", "0.0.0.0", "::")  # noqa: S104 - what --listen says
MULTICAST: Final = ("224.0.0.251", 5353)


class Service(NamedTuple):
    """What is announced: a kind of service, the name that people see, and its port."""

    kind: str
    name: str
    port: int


class Responder(Protocol):
    """Answers for services on the network until it is closed."""

    async def announce(self, service: Service, addresses: Sequence[str]) -> str:
        """Announce a service; returns the name it has, another one where the wanted one was taken."""
        ...

    async def close(self) -> None:
        """Say goodbye for everything that was announced."""
        ...


def server_name(wanted: str = "") -> str:
    """What the server is called: as wanted, else after the computer. The same at every start."""
    return " ".join(wanted.split()) or f"Interscene {socket.gethostname().partition('.')[0]}".strip()


def service_name(name: str) -> str:
    """A name as a DNS label can have it: short, on one line, without dots."""
    label = printable(name).replace(".", " ").replace("\\", " ")
    return label.encode()[:NAME_MAX].decode(errors="ignore").strip() or "Interscene"


def addresses_of(host: str) -> tuple[str, ...]:
    """Under which addresses others reach a server that listens on `host`: this computer alone gets its own."""
    if host not in EVERYWHERE:
        return (LOOPBACK,) if is_loopback(host) else (host,)
    from ifaddr import get_adapters  # zeroconf's own

    known = sorted({str(ip.ip) for adapter in get_adapters() for ip in adapter.ips
                    if ip.is_IPv4 and not is_loopback(str(ip.ip))})
    # 169.254 is what a computer gives itself where nobody else does.
    return tuple(sorted(known, key=lambda address: address.startswith("169.254."))) or (LOOPBACK,)


class Discovery:
    """Announces the server by `name`: OSCQuery and the page on `http_port`, OSC on `osc_port`.

    A server that only this computer reaches is announced on its loopback only: nobody else could use it.
    """

    def __init__(self, name: str, host: str, http_port: int, osc_port: int, *,
                 addresses: Callable[[str], tuple[str, ...]] = addresses_of,
                 responder: Callable[[Sequence[str]], Responder] | None = None,
                 look_every: float = LOOK_EVERY) -> None:
        label = service_name(name)
        self.services = (Service(OSCQUERY, label, http_port), Service(OSC, label, osc_port))
        self._host, self._addresses, self._look_every = host, addresses, look_every
        self._open = responder or ZeroconfResponder
        self._responder: Responder | None = None
        self._told: tuple[str, ...] | None = None
        self._said = ""
        self._leaving: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="discovery", daemon=True)

    def start(self) -> None:
        """Begin to announce; returns before anybody has heard of it."""
        self._thread.start()
        self._ready.wait()

    def leave(self) -> None:
        """Begin to say goodbye."""
        if self._loop is not None and self._leaving is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._leaving.set)

    def stop(self) -> None:
        """Say goodbye; returns when that is done."""
        self.leave()
        if self._thread.is_alive():
            self._thread.join(LEAVING)

    def _run(self) -> None:
        try:
            asyncio.run(self._announce_until_left())
        except Exception as problem:  # noqa: BLE001 - the top of a thread: the show goes on
            self._say(_why(problem))
        finally:
            self._ready.set()

    async def _announce_until_left(self) -> None:
        self._loop, self._leaving = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        left = asyncio.create_task(self._leaving.wait())
        while not left.done():
            look = asyncio.create_task(self.look())
            await asyncio.wait((look, left), return_when=asyncio.FIRST_COMPLETED)
            if not look.done():
                look.cancel()
                await asyncio.wait((look,))
            await asyncio.wait((left,), timeout=self._look_every)
        await self.withdraw()

    async def look(self) -> None:
        """Announce under the present addresses, where they are not those that were announced."""
        try:
            addresses = self._addresses(self._host)
            if addresses == self._told:
                return
            await self.withdraw()
            self._told = addresses
            self._responder = self._open(addresses)
            names = await asyncio.gather(*(self._responder.announce(service, addresses) for service in self.services))
            for service, given in zip(self.services, names, strict=True):
                if given != service.name:
                    self._say(f"another server is called {service.name}; this one is found as {given}: give it a name "
                              "of its own with --server-name")
        except Exception as problem:  # noqa: BLE001 - the border to the network: without it the show goes on
            self._say(_why(problem))

    async def withdraw(self) -> None:
        """Take back what was announced; nothing happens when nothing was."""
        responder, self._responder, self._told = self._responder, None, None
        if responder is not None:
            try:
                await responder.close()
            except Exception as problem:  # noqa: BLE001 - the network may be gone: then nobody hears the goodbye
                log.debug("no goodbye: %s", problem)

    def _say(self, line: str) -> None:
        """Each trouble once, however often it is met."""
        if line != self._said:
            self._said = line
            log.warning("%s", line)


def _why(problem: Exception) -> str:
    return (f"this server is not announced on the network ({printable(str(problem) or type(problem).__name__)}); "
            "where it is looked for, type its address")


class ZeroconfResponder:
    """A `Responder` by the zeroconf package, on the networks of these addresses of this computer."""

    def __init__(self, interfaces: Sequence[str]) -> None:
        from zeroconf import IPVersion
        from zeroconf.asyncio import AsyncZeroconf

        # What it complains about is said in one line here, and is no matter for the show's log.
        logging.getLogger("zeroconf").setLevel(logging.CRITICAL)
        self._zeroconf = AsyncZeroconf(interfaces=list(interfaces), ip_version=IPVersion.V4Only)
        if all(map(is_loopback, interfaces)):
            _confine(self._zeroconf.zeroconf.engine)
        self._sending: list[asyncio.Future[Any]] = []

    async def announce(self, service: Service, addresses: Sequence[str]) -> str:
        from zeroconf.asyncio import AsyncServiceInfo

        # A host name of its own: to answer for the computer's would make its system rename the computer.
        server = f"interscene-{service.port}-{socket.gethostname().partition('.')[0] or 'computer'}.local."
        name = await self._free_name(service, server)
        info = AsyncServiceInfo(service.kind, f"{name}.{service.kind}", port=service.port,
                                properties={"txtvers": "1"}, server=server, parsed_addresses=list(addresses))
        sent = await self._zeroconf.async_register_service(info, allow_name_change=True)
        self._sending.append(asyncio.ensure_future(sent))
        return info.name.removesuffix(f".{service.kind}")

    async def _free_name(self, service: Service, server: str) -> str:
        """The name, or with a number behind it the first one that nobody answers to.

        The package's own probes ask to be answered directly; of several servers on one computer any gets that.
        """
        from zeroconf import DNSQuestionType
        from zeroconf.asyncio import AsyncServiceInfo

        names = [service.name, *(f"{service.name}-{number}" for number in range(2, NAMES_MAX))]
        for name in names:
            known = AsyncServiceInfo(service.kind, f"{name}.{service.kind}")
            answered = await known.async_request(self._zeroconf.zeroconf, ASKING, question_type=DNSQuestionType.QM)
            if not answered or known.server == server:
                return name
        return service.name

    async def close(self) -> None:
        for sent in self._sending:
            sent.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        await self._zeroconf.async_close()


def _confine(engine: Any) -> None:
    """Have a responder that is for this computer only hear no other: the package listens to all networks anyway."""
    wide = engine._listen_socket
    engine._listen_socket = own_multicast(*MULTICAST)
    wide.close()
