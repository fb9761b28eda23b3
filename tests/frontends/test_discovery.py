"""Being found: names, addresses that change, machines without a network, goodbye; and once over real sockets."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.frontends.discovery import OSC, OSCQUERY, Discovery, Service, addresses_of, server_name, service_name

PATIENCE = 30.0


class Net:
    """A network of fake responders: what is announced on it now, and what was said. `trouble` makes it fail."""

    def __init__(self) -> None:
        self.addresses: tuple[str, ...] = ("10.0.0.5",)
        self.there: dict[Service, tuple[str, ...]] = {}
        self.goodbyes = 0
        self.taken: set[str] = set()
        self.trouble: Exception | None = None
        self.slow = False
        self.changed = threading.Condition()

    def discovery(self, host: str = "0.0.0.0", look_every: float = 0.01) -> Discovery:
        return Discovery("Stage left", host, 7580, 7500, addresses=lambda _: self.addresses, responder=self.responder,
                         look_every=look_every)

    def responder(self, interfaces: Sequence[str]) -> FakeResponder:
        assert tuple(interfaces) == self.addresses
        if self.trouble is not None:
            raise self.trouble
        return FakeResponder(self)

    def wait_for(self, holds: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, PATIENCE)

    def ports(self) -> dict[str, tuple[str, int]]:
        return {service.kind: (service.name, service.port) for service in self.there}


class FakeResponder:
    def __init__(self, net: Net) -> None:
        self._net = net
        self._own: list[Service] = []

    async def announce(self, service: Service, addresses: Sequence[str]) -> str:
        if self._net.slow:
            await asyncio.Event().wait()
        if service.name in self._net.taken:
            service = service._replace(name=f"{service.name}-2")
        with self._net.changed:
            self._own.append(service)
            self._net.there[service] = tuple(addresses)
            self._net.changed.notify_all()
        return service.name

    async def close(self) -> None:
        with self._net.changed:
            for service in self._own:
                del self._net.there[service]
            self._net.goodbyes += 1
            self._net.changed.notify_all()


@pytest.fixture
def net() -> Net:
    return Net()


def test_both_services_are_announced_and_taken_back(net: Net) -> None:
    found = net.discovery()
    found.start()
    net.wait_for(lambda: len(net.there) == 2)
    assert net.ports() == {OSCQUERY: ("Stage left", 7580), OSC: ("Stage left", 7500)}
    assert set(net.there.values()) == {("10.0.0.5",)}
    found.leave()
    found.stop()
    found.stop()
    assert (net.there, net.goodbyes) == ({}, 1)


def test_another_network_is_another_announcement(net: Net) -> None:
    found = net.discovery()
    found.start()
    net.wait_for(lambda: len(net.there) == 2)
    net.addresses = ("192.168.1.9", "10.0.0.5")
    net.wait_for(lambda: len(net.there) == 2 and set(net.there.values()) == {net.addresses})
    assert net.goodbyes == 1
    found.stop()
    assert net.there == {}


def test_without_a_network_it_says_so_once_and_tries_again(net: Net, caplog: pytest.LogCaptureFixture) -> None:
    net.trouble = OSError(101, "Network is unreachable")

    async def looks() -> None:
        found = net.discovery()
        for address in ("10.0.0.5", "10.0.0.6", "10.0.0.7"):
            net.addresses = (address,)
            await found.look()
        net.trouble, net.addresses = None, ("10.0.0.8",)
        await found.look()
        assert len(net.there) == 2
        await found.look()
        await found.withdraw()
        await found.withdraw()

    with caplog.at_level(logging.INFO):
        asyncio.run(looks())
    line, = caplog.messages
    assert "not announced" in line
    assert "unreachable" in line
    assert "type its address" in line
    assert net.goodbyes == 1


def test_a_missing_package_or_a_network_that_goes_stops_nothing(net: Net, caplog: pytest.LogCaptureFixture) -> None:
    net.trouble = ImportError("No module named 'zeroconf'")
    found = net.discovery()
    found.start()
    found.stop()
    assert "zeroconf" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_name_that_is_taken(net: Net, caplog: pytest.LogCaptureFixture) -> None:
    net.taken = {"Stage left"}
    found = net.discovery()
    found.start()
    net.wait_for(lambda: len(net.there) == 2)
    found.stop()
    assert "Stage left-2" in caplog.text
    assert "--server-name" in caplog.text


def test_it_can_be_stopped_while_it_announces(net: Net) -> None:
    net.slow = True
    found = net.discovery()
    found.start()
    found.stop()
    assert net.there == {}


def test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "desk.example.org")
    assert server_name() == server_name() == "Interscene desk"
    assert server_name(" The  stage\n") == "The stage"
    assert service_name("v1.0 left.right") == "v1 0 left right"
    assert service_name("...") == "Interscene"


@given(st.text(max_size=100))
def test_any_name_fits_into_a_label(name: str) -> None:
    label = service_name(name)
    assert 0 < len(label.encode()) <= 58
    assert "." not in label
    assert label.isprintable()


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert addresses_of("127.0.0.1") == addresses_of("localhost") == ("127.0.0.1",)
    assert addresses_of("192.168.1.9") == ("192.168.1.9",)
    own = addresses_of("0.0.0.0")
    assert own
    assert len(own) == 1 or not any(address.startswith("127.") for address in own)


def test_zeroconf_is_opened_only_when_it_is_used() -> None:
    code = "import sys, server.frontends.discovery; sys.exit('zeroconf' in sys.modules or 'ifaddr' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.full
def test_over_real_sockets_on_this_computer() -> None:
    """Two servers of one name and a client that looks for them, on the loopback."""
    zeroconf = pytest.importorskip("zeroconf")
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

    name = f"Test {threading.get_native_id()}"

    async def scene() -> None:
        try:
            client = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=zeroconf.IPVersion.V4Only)
        except OSError as problem:
            pytest.skip(f"this machine has no multicast: {problem}")
        heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

        def on_change(name: str, state_change: object, **_: object) -> None:
            heard.put_nowait((name, str(state_change).rpartition(".")[2]))

        AsyncServiceBrowser(client.zeroconf, [OSCQUERY, OSC], handlers=[on_change])
        servers = [Discovery(name, "127.0.0.1", 7580 + number, 7500 + number) for number in range(2)]

        async def until(wanted: set[tuple[str, str]]) -> None:
            while wanted:
                wanted.discard(await asyncio.wait_for(heard.get(), PATIENCE))

        try:
            servers[0].start()
            await until({(f"{name}.{kind}", "Added") for kind in (OSCQUERY, OSC)})
            for kind, port in ((OSCQUERY, 7580), (OSC, 7500)):
                info = AsyncServiceInfo(kind, f"{name}.{kind}")
                assert await info.async_request(client.zeroconf, 1000 * PATIENCE)
                assert (info.port, info.parsed_addresses()) == (port, ["127.0.0.1"])
                assert info.properties == {b"txtvers": b"1"}
            servers[1].start()
            await until({(f"{name}-2.{kind}", "Added") for kind in (OSCQUERY, OSC)})
            for server in servers:
                await asyncio.get_running_loop().run_in_executor(None, server.stop)
            await until({(f"{name}{more}.{kind}", "Removed") for kind in (OSCQUERY, OSC) for more in ("", "-2")})
        finally:
            for server in servers:
                server.stop()
            await client.async_close()

    asyncio.run(scene())
