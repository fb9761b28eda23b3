"""Probe steps about OSC: bundles, bursts, ports, and when callbacks come within a frame.

Python 3.9, standard library only; runs as a Text DAT beside probe_td.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator, Sequence
from typing import Any

BURST = 500


def padded(data: bytes) -> bytes:
    return data + b"\0" * (4 - len(data) % 4)


def message(address: str, *values: Any) -> bytes:
    """An OSC message of ints, floats and texts."""
    tags = "," + "".join("i" if isinstance(v, int) else "f" if isinstance(v, float) else "s" for v in values)
    data = b"".join(struct.pack(">i", v) if isinstance(v, int) else struct.pack(">f", v) if isinstance(v, float)
                    else padded(v.encode("utf-8")) for v in values)
    return padded(address.encode()) + padded(tags.encode()) + data


def bundle(messages: Sequence[bytes], tag: int = 1) -> bytes:
    """An OSC bundle; tag 1 is "at once"."""
    return b"#bundle\0" + struct.pack(">Q", tag) + b"".join(struct.pack(">i", len(each)) + each for each in messages)


class Line:
    """A sender, an OSC In DAT that writes down what it hears, and an OSC In CHOP on the same port."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = free_port()
        self.heard: list[Any] = []
        comp = self.comp = bench.fresh("baseCOMP", "osc")
        comp.store("heard", self.heard)
        callbacks = bench.make(comp, bench.td.textDAT, "callbacks")
        callbacks.text = ("def onReceiveOSC(dat, *rest):\n\tparent().fetch('heard').append(\n"
                          "\t\t(rest[4], list(rest[5]), rest[3], absTime.frame, type(rest[6]).__name__, len(rest)))\n")
        self.dat = bench.make(comp, bench.td.oscinDAT, "events")
        self.chop = bench.make(comp, bench.td.oscinCHOP, "stream")
        bench.found["skipped"] = (bench.set(self.dat, callbacks="callbacks", port=self.port, active=True)
                                  + bench.set(self.chop, port=self.port, queued=False, active=True))

    def send(self, *packets: bytes) -> None:
        for packet in packets:
            self.sender.sendto(packet, ("127.0.0.1", self.port))

    def close(self) -> None:
        self.sender.close()
        self.comp.destroy()


def free_port() -> int:
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.bind(("127.0.0.1", 0))
    port = int(probe.getsockname()[1])
    probe.close()
    return port


def order(bench: Any) -> Iterator[int]:
    """In which order the messages of bundles come, and whether the DAT and the CHOP share a port."""
    line = Line(bench)
    yield 10
    line.send(*(bundle([message("/td/deck/1/tick", n), message("/td/deck/1/a", n), message("/td/deck/1/b", float(n)),
                        message("/td/deck/1/c", "text")]) for n in range(3)))
    line.send(message("/plain", 1, 2.5))
    yield 10
    bench.found["heard [address, values, time stamp, frame, type of the last, arguments]"] = list(line.heard)
    bench.found["rows"] = line.dat.numRows
    bench.found["channels"] = {each.name: each.eval() for each in line.chop.chans()}
    bench.found["errors"] = [str(line.dat.errors()), str(line.chop.errors()), str(line.chop.warnings())]
    del line.heard[:]
    late = int((time.time() + 2208988800 + 1.0) * 2**32)
    line.send(bundle([message("/late", 1)], tag=late))
    yield 10
    bench.found["a bundle for a second later came after 10 frames"] = len(line.heard)
    yield 90
    bench.found["and after 100"] = len(line.heard)
    line.close()


def burst(bench: Any) -> Iterator[int]:
    """How many of 500 packets sent at once are heard, within how many frames, and how long a frame takes then."""
    line = Line(bench)
    yield 10
    line.send(*(message("/n", n) for n in range(BURST)))
    yield 30
    numbers = [each[1][0] for each in line.heard if each[0] == "/n"]
    frames = [each[3] for each in line.heard]
    bench.found["heard"] = len(numbers)
    bench.found["in order"] = numbers == sorted(numbers)
    bench.found["frames"] = (max(frames) - min(frames) + 1) if frames else 0
    gaps = [b[1] - a[1] for a, b in zip(bench.frame_times[-30:], bench.frame_times[-29:])]  # noqa: B905
    bench.found["slowest_frame_ms"] = 1000 * max(gaps or [0.0])
    line.close()


def stream(bench: Any) -> Iterator[int]:
    """Sixty bundles a second for five seconds, as the server sends them: what the CHOP shows, and whether it tears."""
    line = Line(bench)
    yield 10
    torn, seen = 0, []
    for n in range(300):
        line.send(bundle([message("/td/deck/1/tick", n)] + [
            message(f"/td/deck/1/player/{player}/{name}", float(n)) for player in range(3)
            for name in ("clip", "frame", "rate", "level")]))
        yield 1
        values = [each.eval() for each in line.chop.chans()]
        if values:
            torn += len(set(values)) > 1
            seen.append(n - values[0])
    bench.found["frames in which values of two bundles were mixed"] = torn
    bench.found["how many bundles behind"] = {str(k): seen.count(k) for k in sorted(set(seen))}
    bench.found["channel names"] = [each.name for each in line.chop.chans()][:5]
    large = 16777217
    line.send(message("/large", large))
    yield 5
    channel = line.chop["large"]
    bench.found["16777217 becomes"] = None if channel is None else channel.eval()
    line.close()


def ports(bench: Any) -> Iterator[int]:
    """What is said when another program has the port, and from where answers come."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(("0.0.0.0", 0))  # noqa: S104 - the port is what is tried
    taken.setblocking(False)
    dat = bench.fresh("oscinDAT", "second")
    bench.set(dat, port=int(taken.getsockname()[1]), active=True)
    yield 20
    bench.found["errors with a taken port"] = [str(dat.errors()), str(dat.warnings())]
    dat.destroy()
    out = bench.fresh("oscoutDAT", "out")
    bench.set(out, address="127.0.0.1", port=int(taken.getsockname()[1]), active=True)
    yield 2
    sources: list[Any] = []
    kinds: dict[str, Any] = {}
    for name, values in (("numbers", [1, 0.5, True]), ("words", ["text", "ä"])):
        try:
            kinds[name] = out.sendOSC("/test", values, useNonStandardTypes=False)
        except Exception as error:  # noqa: BLE001 - what is refused is a finding
            kinds[name] = str(error)
        yield 5
        try:
            data, source = taken.recvfrom(65536)
            sources.append(source[1])
            kinds[name + " arrived as"] = data.hex()
        except BlockingIOError:
            kinds[name + " arrived as"] = None
    bench.found["sent"] = kinds
    bench.found["one port for all that is sent"] = len(set(sources)) == 1
    out.destroy()
    taken.close()


STEPS = [("osc order", order), ("osc burst", burst), ("osc stream", stream), ("osc ports", ports)]
