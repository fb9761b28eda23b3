"""The drop-down of servers and names of hosts, in a TouchDesigner; servers announce themselves as real ones do."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from component_builder import build
from fake_td import FakeTouchDesigner, real_clock
from fake_td.errors import NotInTheFake
from show_in_td import Together, free_ports, together

from server.frontends.discovery import Discovery

sys.path.append(str(Path(__file__).resolve().parents[1] / "app"))
from running import running

PATIENCE = 60.0
NOBODY = "127.0.0.1:9"


@pytest.fixture
def announced() -> Iterator[Callable[[str, int], Discovery]]:
    """Announces servers on this computer; skips where there is no multicast."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            probe.sendto(b"", ("224.0.0.251", 5353))
        except OSError as problem:
            pytest.skip(f"this machine has no multicast: {problem}")
    made: list[Discovery] = []

    def announce(name: str, osc_port: int) -> Discovery:
        made.append(Discovery(name, "127.0.0.1", 7580, osc_port))
        made[-1].start()
        return made[-1]

    yield announce
    for each in made:
        each.stop()


def until(td: FakeTouchDesigner, condition: Callable[[], bool]) -> None:
    """Cook until something is so."""
    end = real_clock() + PATIENCE
    while not condition():
        assert real_clock() < end, "it did not happen"
        threading.Event().wait(0.01)
        td.frame()


def test_servers_that_announce_themselves_can_be_chosen(
        media: Path, make_td: Callable[..., FakeTouchDesigner], announced: Callable[[str, int], Discovery]) -> None:
    name = f"Test {threading.get_native_id()}"
    with running(media, decks="1") as parts:
        port = parts.receiver.ports[0]
        announced(name, port)
        td = make_td("2025.32820", clock=real_clock)
        td.lan = True
        comp = build(td, 9, *free_ports(2), decks=1)
        td.frame(2)
        server = comp.par.Server
        assert (server.style, server.eval(), server.menuNames[0]) == ("StrMenu", NOBODY, "127.0.0.1:7500")
        until(td, lambda: f"{name} (127.0.0.1:{port})" in server.menuLabels)
        assert server.eval() == NOBODY, "finding chooses nothing"
        until(td, lambda: "choose it in Server" in comp.par.Status.eval())
        server.menuIndex = server.menuNames.index(f"127.0.0.1:{port}")
        until(td, lambda: bool(comp.par.Connected.eval()))
        comp.destroy()
        assert not td.failures


@pytest.fixture
def stage(media: Path) -> Iterator[Together]:
    """A server and a component that shows the first movie."""
    with together(media) as made:
        made.load("a.mov")
        yield made


def test_a_typed_server_stays_whatever_is_found(stage: Together) -> None:
    from test_model_finding import answer

    panel: Any = stage.comp.ext.PanelExt
    typed = stage.comp.par.Server.eval()
    panel._network.heard = lambda: [(answer(), "192.168.1.20"), (b"nonsense", "192.168.1.66")]
    stage.comp.par.Reconnect.pulse()
    stage.run(1.0)
    assert stage.comp.par.Server.menuLabels == ["127.0.0.1:7500", "Bühne links (192.168.1.20:7500)"]
    assert stage.comp.par.Server.eval() == typed
    panel._network.heard = list
    stage.comp.par.Rebuild.pulse()
    stage.run(0.5)
    assert stage.comp.par.Server.eval() == typed
    assert len(stage.comp.par.Server.menuNames) == 2
    stage.load("b.mov")


def test_a_server_by_its_name_is_looked_up_and_others_are_not_believed(stage: Together) -> None:
    assert stage.server is not None
    stage.td.names["stage-pc"] = ["127.0.0.1"]
    stage.comp.par.Server = f"stage-pc:{stage.server.port}"
    ext: Any = stage.comp.ext.LinkExt
    stage.run(1 / 60)
    ext.Event("/system/welcome", ["intruder", 1, 60.0, 1, "/elsewhere", 99], "10.0.0.66")
    until_looked_up(stage)
    stage.run(1.0)
    assert "linked to virtual" in stage.comp.par.Status.eval()
    assert any("10.0.0.66" in line for line in stage.log())
    assert stage.comp.op("oscout_server").par.address.eval() == "127.0.0.1", "the DAT has nothing to look up"
    stage.load("b.mov")


def test_a_name_that_nobody_knows_is_said_and_the_picture_stays(stage: Together) -> None:
    assert stage.server is not None
    stage.comp.par.Server = f"nowhere:{stage.server.port}"
    stage.run(0.1)
    until_looked_up(stage)
    stage.run(1.0)
    assert "nobody knows a computer called nowhere" in stage.comp.par.Status.eval()
    assert stage.seen[-1].number is not None
    stage.comp.par.Server = f"127.0.0.1:{stage.server.port}"
    stage.run(1.0)
    stage.load("b.mov")


def until_looked_up(stage: Together) -> None:
    for thread in threading.enumerate():
        if thread.name == "host name":
            thread.join(10)
    stage.run(1 / 30)


def test_another_cook_rate_is_told_and_not_seen(stage: Together) -> None:
    assert stage.server is not None
    before, at = stage.seen[-1].number, stage.clock.now
    stage.td.cook_rate = 30.0
    stage.run(1.5)
    [renderer] = stage.server.show.renderers.present()
    assert renderer.cook_rate == 30.0
    gone = ((stage.seen[-1].number or 0) - (before or 0)) % 120
    assert gone == pytest.approx(30 * (stage.clock.now - at), abs=2)
    hellos = [data for _, data in stage.td.sent if data.startswith(b"/system/hello")]
    stage.run(2.0)
    assert [data for _, data in stage.td.sent if data.startswith(b"/system/hello")] == hellos, "said, and no more"
    stage.load("b.mov")


def test_the_stand_in_for_sockets_refuses_what_could_wait(make_td: Callable[..., FakeTouchDesigner]) -> None:
    td = make_td()
    for line in ("socket.getaddrinfo('a', 1)", "socket.gethostbyname('a')", "s.recvfrom(1)", "s.recv(1)",
                 "s.connect(('a', 1))"):
        with pytest.raises(NotInTheFake):
            td.execute(f"import socket\nwith socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:\n    {line}")
