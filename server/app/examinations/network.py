"""Whether datagrams get through: from this computer to itself, and to another one that echoes them."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import threading
from dataclasses import dataclass, field
from typing import Final

from server.app.examinations.finding import Finding, Level
from server.errors import InputError
from server.frontends.udp import receiving_socket
from server.playback.clock import Clock
from server.units import Seconds

ECHO_PORT: Final = 7599
_MAGIC: Final = b"/interscene/echo\0\0\0\0,ib\0"
_NUMBER: Final = struct.Struct(">i")
PACKETS: Final = 600
BURST: Final = 5
"""Datagrams sent at once, as a tick of a show with some decks and subscribers does."""
BURSTS_PER_SECOND: Final = 120
_BYTES: Final = 300
_LAST: Final[Seconds] = 0.5
"""How long answers are waited for after the last packet."""
_GOOD_LOSS, _POOR_LOSS = 0.001, 0.01
_SLOW_MS: Final = 8.0
_WAKE: Final[Seconds] = 0.2


@dataclass(slots=True)
class EchoReport:
    """What came back. `trips` are seconds there and back; `doubled` came more than once."""

    sent: int = 0
    trips: list[Seconds] = field(default_factory=list)
    doubled: int = 0

    @property
    def lost(self) -> int:
        """Packets that never came back."""
        return self.sent - len(self.trips)

    def milliseconds(self, share: float) -> float:
        """The round trip that this share of packets does not exceed."""
        ordered = sorted(self.trips)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Echo:
    """Sends every datagram of ours back to where it came from, until it is stopped."""

    def __init__(self, host: str, port: int = 0) -> None:
        self._sock = receiving_socket(host, port, option="--echo")
        self.port = int(self._sock.getsockname()[1])
        self.echoed = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="echo", daemon=True)

    def __enter__(self) -> Echo:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._sock.close()

    def _run(self) -> None:
        self._sock.settimeout(_WAKE)
        while not self._stopping.is_set():
            with contextlib.suppress(OSError):
                data, sender = self._sock.recvfrom(2048)
                # Anything else is not answered: an echo for everybody would be a loudspeaker for others' floods.
                if data.startswith(_MAGIC):
                    self._sock.sendto(data, sender)
                    self.echoed += 1


def exchange(host: str, port: int, clock: Clock, packets: int = PACKETS) -> EchoReport:
    """Send numbered datagrams in bursts and read what comes back. Raises InputError for a host that there is not."""
    try:
        place = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)[0][4]
    except (OSError, UnicodeError):
        raise InputError(f"there is no computer {host!r}; write its address, for example 192.168.1.20") from None
    report, left = EchoReport(), [0.0] * packets
    seen: set[int] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        begin = clock.now()
        for number in range(packets):
            left[number] = clock.now()
            # A network that is away, or a full buffer, is a loss like any other.
            with contextlib.suppress(OSError):
                sock.sendto(_MAGIC + _NUMBER.pack(number) + bytes(_BYTES), place)
            report.sent += 1
            if number % BURST == BURST - 1:
                due = begin + (number + 1) / BURST / BURSTS_PER_SECOND
                _receive_until(sock, due, clock, report, left, seen)
        _receive_until(sock, clock.now() + _LAST, clock, report, left, seen)
    return report


def _receive_until(sock: socket.socket, due: Seconds, clock: Clock, report: EchoReport, left: list[Seconds],
                   seen: set[int]) -> None:
    while (wait := due - clock.now()) > 0:
        if len(seen) == len(left):
            return
        sock.settimeout(wait)
        try:
            data = sock.recv(2048)
        except OSError:
            continue
        finally:
            sock.setblocking(False)
        now = clock.now()
        if not data.startswith(_MAGIC) or len(data) < len(_MAGIC) + 4:
            continue
        number = _NUMBER.unpack_from(data, len(_MAGIC))[0]
        if number in seen:
            report.doubled += 1
        elif 0 <= number < report.sent:
            seen.add(number)
            report.trips.append(now - left[number])


def examine_own(host: str, name: str, clock: Clock, packets: int = PACKETS) -> Finding:
    """Send datagrams from this computer to itself, by one of its addresses."""
    with Echo(host) as echo:
        report = exchange(host, echo.port, clock, packets)
    return judged(report, name, "close what loads this computer or its network card; on Linux: sudo sysctl "
                  "net.core.rmem_max=4194304. A security program may be looking at every packet")


def examine_other(host: str, port: int, clock: Clock, packets: int = PACKETS) -> Finding:
    """Send datagrams to another computer on which `interscene doctor --echo` runs."""
    report = exchange(host, port, clock, packets)
    if not report.trips:
        return Finding(Level.BAD, "network", f"nothing came back from {host}:{port}/udp",
                       f"start there: interscene doctor --echo {port}. If it runs: {firewall_advice(port)}")
    return judged(report, f"to {host} and back", "use a cable instead of wireless, and a switch of your own; what is "
                  "lost on the way is a command that nobody hears")


def judged(report: EchoReport, name: str, advice: str) -> Finding:
    """What a report means for a show."""
    if not report.trips:
        return Finding(Level.BAD, "network", f"{name}: none of {report.sent} datagrams arrived", firewall_advice(7500))
    share = report.lost / report.sent
    typical, slow = report.milliseconds(0.5), report.milliseconds(0.99)
    text = (f"{name}: {report.sent} datagrams, {report.lost} lost ({share:.1%})"
            f"{f', {report.doubled} doubled' if report.doubled else ''}; there and back in {typical:.1f} ms, "
            f"99 of 100 within {slow:.1f} ms")
    level = Level.BAD if share > _POOR_LOSS else Level.POOR if share > _GOOD_LOSS or slow > _SLOW_MS else Level.GOOD
    return Finding(level, "network", text, advice if level > Level.GOOD else "")


def firewall_advice(port: int, system: str = sys.platform) -> str:
    """How a person lets datagrams in on this system."""
    if system == "win32":
        return ("Windows Defender may drop them; in a terminal as administrator: netsh advfirewall firewall add rule "
                f"name=Interscene dir=in action=allow protocol=UDP localport={port}")
    if system == "darwin":
        return ("allow Python in System Settings, Network, Firewall, and in Privacy & Security, Local Network "
                f"({port}/udp)")
    return f"if there is a firewall: sudo ufw allow {port}/udp, or sudo firewall-cmd --add-port={port}/udp"
