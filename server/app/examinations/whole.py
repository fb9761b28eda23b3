"""Every examination, one after the other: alone before a show, or lightly beside one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from server.app.examinations.finding import Finding, Level
from server.app.examinations.graphics import ask_program, cards, examine_graphics, has_torch, torch_facts
from server.app.examinations.models import examine_models
from server.app.examinations.network import PACKETS, examine_other, examine_own
from server.app.examinations.ports import examine_ports, examine_renderers, running_server
from server.app.examinations.storage import examine_disk
from server.app.examinations.timing import examine_clock
from server.frontends.udp import lan_address
from server.playback.clock import Clock
from server.settings.resolved import Settings
from server.units import Seconds

LOOPBACK: Final = "127.0.0.1"
FEW_PACKETS: Final = 60
FEW_MOVIES: Final = 6


def examine(settings: Settings, root: Path, clock: Clock, wall: Callable[[], Seconds],
            other: tuple[str, int] | None = None) -> Iterator[Finding]:
    """Yield what each examination found, the quick ones first; takes about ten seconds in all."""
    running = running_server(settings.osc_port, clock)
    yield from examine_ports(settings.osc_port, settings.http_port, settings.listen, running)
    yield examine_renderers(running)
    yield from examine_clock(clock, wall)
    yield from _network(clock)
    if other is not None:
        yield examine_other(*other, clock)
    yield from examine_disk(root, clock)
    installed = has_torch()
    yield from examine_graphics(cards(ask_program), torch_facts(ask_program) if installed else None,
                                installed=installed)
    yield from examine_models(settings.model_cache_dir)


def examine_beside_show(settings: Settings, root: Path, clock: Clock) -> Iterator[Finding]:
    """Yield the same of a computer that plays: few packets, few movies, nothing that would slow the show down.

    What the show itself measures, its ports, renderers, ticks and worker, is not asked again here.
    """
    yield from _network(clock, FEW_PACKETS)
    yield from examine_disk(root, clock, FEW_MOVIES, beside_show=True)
    yield from (Finding(Level.GOOD, "card", f"{card.name}, {card.total / 1024:.0f} GiB, {card.used / 1024:.1f} in use")
                for card in cards(ask_program))
    yield from examine_models(settings.model_cache_dir)


def _network(clock: Clock, packets: int = PACKETS) -> Iterator[Finding]:
    yield examine_own(LOOPBACK, "inside this computer", clock, packets)
    own = lan_address()
    if own is not None:
        yield examine_own(own, f"by this computer's address {own}", clock, packets)
    else:
        yield Finding(Level.NOTE, "network", "this computer is on no network",
                      "that is enough for TouchDesigner on the same computer")
