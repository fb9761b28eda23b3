"""What the panels of the page ask beside the state, answered from a running show on the asker's thread."""

from __future__ import annotations

from typing import Any

from server.app.controller_desk import ControllerDesk
from server.app.controller_panel import controller_panel
from server.app.examiner import Examiner
from server.app.health import judged
from server.app.message_lines import message_panel
from server.app.settings_panel import settings_panel
from server.app.snapshot_keeper import SnapshotKeeper
from server.app.vitals import VitalSigns
from server.errors import InputError
from server.playback.clock import Clock
from server.protocol.command import Released
from server.protocol.endpoints import TABLE
from server.settings.resolved import Settings
from server.show.loop import ShowLoop
from server.show.snapshot_state import snapshot_values
from server.show.view import SYSTEM, deck_values, system_values, value

STATE = "/deck/{n}/state/"
FREE = ("{m}", "{name}", "{id}", "{p}")
"""Placeholders that have no value of their own to be asked for."""


class LivePanels:
    """A `PanelPort` over a running show."""

    def __init__(self, loop: ShowLoop, settings: Settings, vitals: VitalSigns, clock: Clock,
                 desk: ControllerDesk, examiner: Examiner, keeper: SnapshotKeeper) -> None:
        self._loop, self._settings, self._vitals, self._clock = loop, settings, vitals, clock
        self._desk, self._examiner, self._keeper = desk, examiner, keeper

    def released(self, item: Released) -> None:
        """Take a message to a button that does nothing; it is only told while somebody looks."""
        if self._clock.now() < self._loop.show.journal.looked_until:
            self._loop.submit([item])

    def messages(self, after: int) -> dict[str, Any]:
        now, journal = self._clock.now(), self._loop.show.journal
        journal.look(now)
        return {"session": self._loop.show.about.session, **message_panel(journal, after, now)}

    def settings(self) -> list[dict[str, Any]]:
        show = self._loop.show
        return settings_panel(self._settings, show.state, self._clock.now(), show.about.media_folder)

    def health(self) -> list[dict[str, Any]]:
        return [finding.document() for finding in judged(self._vitals.read())]

    def examination(self, *, anew: bool) -> dict[str, Any]:
        return self._examiner.told(anew=anew)

    def values(self, deck: int) -> dict[str, list[Any]]:
        show, state, now = self._loop.show, self._loop.show.state, self._clock.now()
        if not 1 <= deck <= len(state.decks):
            raise InputError(f"there is no deck {deck}; this server has {len(state.decks)}")
        of_deck, of_system = deck_values(state, state.deck(deck), now), system_values(state, show.counts())
        found: dict[str, list[Any]] = {}
        for row in TABLE:
            address = row.address
            if row.access == "w" or any(word in address for word in FREE):
                continue
            if address.startswith(STATE):
                values = of_deck.get(address.removeprefix(STATE))
            elif address.startswith(SYSTEM):
                values = of_system.get(address.removeprefix(SYSTEM))
            else:
                values = value(state, address, (deck,) if "{n}" in address else (), now)
            if values is not None:
                found[address] = list(values)
        return found

    def controllers(self) -> dict[str, Any]:
        show = self._loop.show
        return controller_panel(show.state, show.controllers, self._desk, self._clock.now())

    def snapshots(self) -> dict[str, Any]:
        state = self._loop.show.state
        told = {name: said[0] for name, said in snapshot_values(state.snapshots, self._clock.now()).items()}
        return {"snapshots": self._keeper.page(), "now": told, "locked": state.locked}
