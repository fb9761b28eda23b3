"""What the component says of itself inside TouchDesigner: tables, Connected, Status. Decides nothing else.

Python 3.9; it touches operators, but for their words only.
"""

import re
from typing import Any, List, Sequence

from td_extensions.dns_sd import Found
from td_extensions.log_model import LogModel
from td_extensions.renderer_model import RendererModel
from td_extensions.settings_model import Settings

NEEDED = ("oscin_stream", "oscin_events", "oscout_server", "table_info", "table_log", "deck1")
INFO_HEAD = ("deck", "reel", "clip", "movie", "state", "frame", "uploaded", "level")
LACKS = "interscene_lacks"
"""Where the builder stores how many things this build of TouchDesigner does not have."""
READ_IN = 10.0
"""Seconds in which a person has read what went wrong a moment ago."""
_TAKEN = re.compile(r"\b(bind|port|socket|address already|in use)\b", re.IGNORECASE)


class Status:
    """Brings up to date what can be read on the component; each thing is written only when it has changed."""

    def __init__(self, comp: Any, log: LogModel) -> None:
        self._comp = comp
        self._log = log
        self._said = ""

    def tell(self, renderer: RendererModel, settings: Settings, decks: List[Any], even: float, now: float,
             found: Sequence[Found], *, unknown: bool) -> None:
        """Tables and parameters as they are now; `unknown`: nobody knows the server's host name."""
        linked = renderer.link.linked(now)
        status = self._first(renderer, settings, decks)
        if not status and not linked:
            status = _unlinked(renderer, settings, found, unknown=unknown)
        standing = next((deck.Trouble() for deck in decks if deck.Trouble()), "")
        status = status or standing or _failed(renderer, now) or f"linked to {renderer.server}"
        lacks = self._comp.fetch(LACKS, 0, search=False)
        if lacks:
            status += f" (this TouchDesigner lacks {lacks} things that the component sets: see log)"
        _show(self._comp, "Connected", linked)
        if status != self._said:
            self._said = status
            _show(self._comp, "Status", status)
            self._comp.comment = status
            if not status.startswith("linked"):
                self._log.add(status, now)
        rows: List[List[Any]] = [list(INFO_HEAD)]
        for deck in decks:
            rows += deck.Rows(renderer.decks[deck.number], even)
        panel = getattr(self._comp.ext, "PanelExt", None)
        rows += panel.Rows() if panel is not None else []
        rows += [["status", status], ["server", renderer.server], ["media folder", settings.media_folder
                                                                   or renderer.media_folder]]
        _fill(self._comp.op("table_info"), rows)
        _fill(self._comp.op("table_log"), self._log.rows())

    def _first(self, renderer: RendererModel, settings: Settings, decks: List[Any]) -> str:
        """What is wrong here, the worst first; empty when nothing is."""
        if settings.trouble:
            return settings.trouble[0]
        missing = [name for name in NEEDED if self._comp.op(name) is None]
        missing += [name for deck in decks for name in deck.Missing()]
        if missing:
            return f"{missing[0]} is gone; Rebuild on the page About makes it again"
        taken = self._taken_ports(settings)
        if taken:
            return taken
        if not settings.follow:
            return "Follow is off: nothing is written, and the server does not wait for this component"
        return renderer.trouble

    def _taken_ports(self, settings: Settings) -> str:
        for name, port, par in (("oscin_stream", settings.stream_port, "Stream Port"),
                                ("oscin_events", settings.event_port, "Event Port")):
            op = self._comp.op(name)
            said = (op.errors() or op.warnings()) if op is not None else ""
            if _TAKEN.search(said):
                return f"UDP port {port} is used by another program; close it, or choose another {par} ({said.strip()})"
        return ""


def _unlinked(renderer: RendererModel, settings: Settings, found: Sequence[Found], *, unknown: bool) -> str:
    """Why there may be no link."""
    if unknown:
        return f"nobody knows a computer called {settings.host}; write its address, or choose from the list of Server"
    if renderer.server:
        return f"{renderer.server} is silent; the last picture stays"
    others = [one for one in found if (one.address, one.port) != (settings.host, settings.port)]
    advice = f"{others[0].name} is at {others[0].place}: choose it in Server" if others else (
        "start one with: interscene serve")
    return f"no server answers at {settings.host}:{settings.port}; {advice}"


def _failed(renderer: RendererModel, now: float) -> str:
    """A movie that cannot be shown: as long as it is wanted, and a little longer."""
    failed = [f"deck {deck.number}: {player.reason}" for deck in renderer.decks.values() for player in deck.players
              if player.state == "failed"]
    return failed[0] if failed else (renderer.failure if now - renderer.failed_at < READ_IN else "")


def _show(comp: Any, name: str, value: Any) -> None:
    par = getattr(comp.par, name, None)
    if par is not None and par.eval() != value:
        par.val = value


def _fill(table: Any, rows: List[List[Any]]) -> None:
    """Write a table if it is another one than it was."""
    if table is None:
        return
    text = [[str(cell) for cell in row] for row in rows]
    if [[cell.val for cell in row] for row in table.rows()] != text:
        table.clear()
        for row in text:
            table.appendRow(row)
