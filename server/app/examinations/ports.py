"""Whether the ports can be had, and who has them: nobody, an Interscene, TouchDesigner or a stranger."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from server.app.examinations.finding import Finding, Level
from server.errors import ServeError
from server.frontends.http import listening_socket
from server.frontends.udp import free_port, receiving_socket
from server.playback.clock import Clock
from server.protocol.encode import message
from server.protocol.osc import Message, messages
from server.units import Seconds

STREAM_PORT: Final = 7501
EVENT_PORT: Final = 7502
PATIENCE: Final[Seconds] = 0.5
_RENDERERS: Final = "/system/state/renderers"


@dataclass(frozen=True, slots=True)
class Running:
    """An Interscene that answered on a port, and the renderers that it has."""

    port: int
    renderers: tuple[str, ...]


def running_server(ports: Sequence[int], clock: Clock, patience: Seconds = PATIENCE) -> Running | None:
    """Ask each OSC port of this computer for a server; None when none answers."""
    for port in ports:
        names = _ask(port, clock, patience)
        if names is not None:
            return Running(port, tuple(filter(None, names.split(","))))
    return None


def _ask(port: int, clock: Clock, patience: Seconds) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        late = clock.now() + patience
        with contextlib.suppress(OSError, OverflowError):
            sock.sendto(message(_RENDERERS, "?"), ("127.0.0.1", port))
            while (left := late - clock.now()) > 0:
                sock.settimeout(left)
                for answer in messages(sock.recv(65536)):
                    if isinstance(answer, Message) and answer.address == _RENDERERS and answer.args:
                        return str(answer.args[0])
    return None


def examine_ports(osc: Sequence[int], http: int, host: str, running: Running | None) -> list[Finding]:
    """Say of each port of the server whether it is free, ours already, or taken."""
    if running is not None:
        ports = ", ".join(map(str, osc))
        return [Finding(Level.GOOD, "ports", f"an Interscene is running here and answers on {running.port}/udp "
                        f"(its ports, {ports}/udp and {http}/tcp, are its own)")]
    found = [_port(f"{port}/udp (OSC)", "--osc-port", port, host, socket.SOCK_DGRAM,
                   receiving_socket) for port in osc]
    found.append(_port(f"{http}/tcp (page, WebSocket, OSCQuery)", "--http-port", http, host, socket.SOCK_STREAM,
                       listening_socket))
    return found


def _port(name: str, option: str, port: int, host: str, kind: int,
          opened: Callable[[str, int], socket.socket]) -> Finding:
    try:
        opened(host, port).close()
    except (ServeError, OSError) as problem:
        return Finding(Level.BAD, "ports", f"{name} cannot be had: {str(problem).partition(';')[0]}",
                       f"close the program that has it, or start with {option} {free_port(host, port, kind)}")
    return Finding(Level.GOOD, "ports", f"{name} is free")


def examine_renderers(running: Running | None, *, stream: int = STREAM_PORT, event: int = EVENT_PORT) -> Finding:
    """Say whether TouchDesigner is there: as the server sees it, else by the ports that its component holds."""
    if running is not None and running.renderers:
        return Finding(Level.GOOD, "renderer", f"connected: {', '.join(running.renderers)}")
    held = [port for port in (stream, event) if not _free(port)]
    if running is None:
        if len(held) == 2:
            return Finding(Level.GOOD, "renderer", f"somebody listens on {stream}/udp and {event}/udp: most likely "
                           "TouchDesigner with the component; start a server, and this says more")
        return Finding(Level.NOTE, "renderer", "TouchDesigner does not listen on this computer now",
                       "docs/touchdesigner.md has the first ten minutes; without it: interscene rehearse")
    if held:
        return Finding(Level.BAD, "renderer", f"the server has no renderer, though {held[0]}/udp is in use here",
                       "look at Connected in the component: is its Server this computer, its Follow on, and are its "
                       "ports its own? Another program may have the port")
    return Finding(Level.NOTE, "renderer", "the server has no renderer, and TouchDesigner does not listen here",
                   "on this computer: open the project with the component; on another one: put this computer's "
                   "address into its Server, and start the server with --listen")


def _free(port: int) -> bool:
    try:
        receiving_socket("0.0.0.0", port).close()  # noqa: S104 - opened for a moment, nothing is received
    except ServeError:
        return False
    return True
