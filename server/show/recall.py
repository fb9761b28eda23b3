"""A snapshot brought back: what is needed is asked for, then everything is begun at one moment, deck by deck.

What is gone is said, and the rest is brought back. Reads no file; `recall_deck.py` makes programs of what was saved.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from server.errors import IntersceneError
from server.playback.deck import Deck
from server.playback.fade import Ramp
from server.playback.program import Program
from server.playback.quantise import launch_time
from server.playback.timeline import Clip
from server.protocol.command import Command
from server.protocol.text import printable
from server.show import recall_deck
from server.show.events import Loaded, NeedMovie
from server.show.glides import SPEED, Glides
from server.show.goal import Goal
from server.show.recall_parts import Parts
from server.show.recall_settings import bring_back, lay_controllers, song_is_read
from server.show.snapshot import SavedDeck, SavedProgram, Snapshot
from server.show.snapshot_state import SnapshotState
from server.show.snapshot_taking import taken
from server.show.state import SongPlace
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show

CODE: Final = "snapshot"
PATIENCE: Final[Seconds] = 2.0
"""How long decks wait for each other's movies to be found, so that they begin together."""
SONG_READ: Final[Seconds] = 2.0
"""How long the controllers of a song are waited for, after it has come."""
GONE_MAX: Final = 1000
LATENCIES: Final = ("/deck/{n}/latency", "/master/latency")
_SONG: Final = "song"


@dataclass(slots=True)
class RecallTask:
    """One recall. `at`: when it begins, once that is known; `done`: settings have been brought back."""

    snapshot: Snapshot
    seconds: Seconds
    parts: Parts
    command: Command | None
    since: Seconds
    gone: list[str]
    at: Seconds | None = None
    done: bool = False


@dataclass(slots=True)
class RecallDeck:
    """One deck of a recall. `program`: the number of the one that it is to take; `hold`: when it is to be frozen."""

    task: RecallTask
    saved: SavedDeck
    asked: dict[int, str] = field(default_factory=dict)
    clips: dict[str, Clip] = field(default_factory=dict)
    song: SongPlace | None = None
    around: SongPlace | None = None
    program: int = 0
    speed: float | None = None
    goal: str = ""
    hold: Seconds | None = None


class Recall:
    """At most one recall a deck: a newer one goes on from what is on screen."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self.glides = Glides(show)
        self._task: RecallTask | None = None
        self._decks: dict[int, RecallDeck] = {}
        self._before: tuple[Snapshot, Seconds, Parts] | None = None

    # beginning --------------------------------------------------------------------------------

    def begin(self, snapshot: Snapshot, seconds: Seconds, parts: Parts, command: Command | None, now: Seconds,
              notes: tuple[str, ...] = ()) -> None:
        """Bring back a snapshot, or parts of it, over so many seconds. `notes`: what its file says is amiss."""
        show, state = self._show, self._show.state
        self._supersede(parts, now)
        self._before = taken(state.snapshots.name or "undo", state, now, show.controllers.bindings), seconds, parts
        task = self._task = RecallTask(snapshot, seconds, parts, command, now, list(notes))
        for saved in snapshot.decks:
            if not parts.deck(saved.number):
                continue
            if saved.number > len(state.decks):
                task.gone.append(f"deck {saved.number} is left out: this server has {len(state.decks)}")
                continue
            self._decks[saved.number] = RecallDeck(task, saved)
            self._ask(self._decks[saved.number])
        self._tell(replace(self._show.state.snapshots, name=snapshot.name, opening=True, gone="", until=now))
        self._launch(now)

    def undo(self, command: Command, now: Seconds) -> bool:
        """Back to how it was before the last recall; False when there was none."""
        if self._before is None:
            return False
        self.begin(*self._before, command, now)
        return True

    def _supersede(self, parts: Parts, now: Seconds) -> None:
        """Whoever waits for an older recall hears that something newer came; what has begun goes on."""
        task = self._task
        if task is not None and task.at is not None and not task.done and not parts.all:
            self._show.tell(f"{task.snapshot.name}: its settings were not brought back: a newer recall came before",
                            CODE)
        if task is not None and task.at is None:
            self._decks = {number: deck for number, deck in self._decks.items() if deck.task is not task}
            if task.command is not None:
                self._show.refuse(task.command, "superseded", f"{task.snapshot.name} was not recalled: a newer "
                                  "recall came", now)
        self._task = None

    def _ask(self, deck: RecallDeck) -> None:
        saved, song = deck.saved, self._show.state.song(deck.saved.number)
        folder = song.graph.folder if song.graph is not None else None
        if saved.song and (saved.song, saved.folder) != (song.name, folder):
            self._need(deck, _SONG, NeedMovie(0, saved.folder or saved.song, "song"))
        elif saved.song:
            deck.song = song
        for slot, one in (("shows", saved.shows), ("held", saved.held), ("ready", saved.ready)):
            if one is not None:
                self._need(deck, slot, NeedMovie(0, one.name, "spans", recall_deck.spans_of(one)))

    def _need(self, deck: RecallDeck, slot: str, event: NeedMovie) -> None:
        ticket = self._show.loading.ticket()
        deck.asked[ticket] = slot
        self._show.emit(replace(event, ticket=ticket))

    def loaded(self, answer: Loaded, now: Seconds) -> bool:
        """Take in what the disk said; False when it was asked by somebody else."""
        deck = next((one for one in self._decks.values() if answer.ticket in one.asked), None)
        if deck is None:
            return False
        slot, number = deck.asked.pop(answer.ticket), deck.saved.number
        if answer.clip is None:
            deck.task.gone.append(f"deck {number}: {answer.error}")
        elif slot == _SONG:
            deck.song = answer.song
        else:
            deck.clips[slot] = answer.clip
            deck.around = answer.song if slot != "ready" else deck.around
        if deck.task.at is None:
            self._launch(now)
        elif not deck.asked and not deck.program:
            self._begin_deck(deck, max(deck.task.at, now))
            self._report(deck.task)
        return True

    def _launch(self, now: Seconds, *, late: bool = False) -> None:
        """Begin when everything is there, or has been waited for long enough."""
        task = self._task
        mine = [deck for deck in self._decks.values() if deck.task is task]
        if task is None or task.at is not None or (any(deck.asked for deck in mine) and not late):
            return
        beat = self._show.state.beat
        task.at = launch_time(beat.tempo, now, beat.quantise, beat.ahead)
        for deck in mine:
            if not deck.asked:
                self._begin_deck(deck, now)
        if task.command is not None:
            self._show.acknowledge(task.command)
        self._tell(replace(self._show.state.snapshots, until=task.at + task.seconds))
        if task.at <= now:
            self._settings(task, now)
        self._report(task)

    # decks ------------------------------------------------------------------------------------

    def _begin_deck(self, deck: RecallDeck, now: Seconds) -> None:
        """Have a deck take what was saved at the next quantised moment, or go to black if nothing was."""
        show, saved, seconds = self._show, deck.saved, deck.task.seconds
        number, beat = saved.number, show.state.beat
        show.loading.forget(number, now)
        show.navigation.forget(number, now)
        show.state = show.state.with_walk(number, replace(show.state.walk(number), auto=False))
        live = show.state.deck(number)
        t = launch_time(beat.tempo, now + self._latency(deck, live), beat.quantise, beat.ahead)
        if saved.visible is None:
            show.put(recall_deck.emptied(live, t, seconds))
            del self._decks[number]
            return
        program = self._program(deck, "held" if saved.held is not None else "shows", live.next_program)
        if program is None:
            del self._decks[number]
            return
        if seconds > 0 and program.route is None and program.transport.playing:
            deck.speed = program.transport.speed
            program = replace(program, transport=replace(program.transport,
                                                         speed=recall_deck.arriving_speed(live, program)))
        deck.program = program.id
        show.put(recall_deck.launched(live, program, t, seconds, beat.quantise))
        show.loading.coming(number, program.clip.name, self._song(deck))

    def _latency(self, deck: RecallDeck, live: Deck) -> Seconds:
        """How far ahead of the clock the deck will be when it takes what it is given."""
        state, task = self._show.state, deck.task
        saved = {one.row: float(one.args[0]) / 1000.0 for one in task.snapshot.settings
                 if one.row in LATENCIES and one.where in ((), (live.number,)) and task.parts.setting(one)}
        if task.seconds > 0 or not saved:
            return state.time_of(live, 0.0)
        return saved.get(LATENCIES[0], live.latency) + saved.get(LATENCIES[1], state.master.latency)

    def _song(self, deck: RecallDeck) -> SongPlace:
        return deck.song or deck.around or self._show.state.song(deck.saved.number)

    def _program(self, deck: RecallDeck, slot: str, number: int) -> Program | None:
        """What was saved as a program; of a walk that is not there any more, its picture. None where that is gone."""
        saved: SavedProgram | None = deck.saved.held if slot == "held" else deck.saved.shows
        clip = deck.clips.get(slot)
        if saved is None:
            return None
        if clip is not None:
            try:
                return recall_deck.program_of(saved, clip, self._song(deck), number)
            except IntersceneError as error:
                deck.task.gone.append(f"deck {deck.saved.number}: {recall_deck.reason(error)}")
        still = recall_deck.standing(self._song(deck), saved.passed, number) if saved.passed else None
        if still is None:
            deck.task.gone.append(f"deck {deck.saved.number} keeps its picture: {saved.name} is not there any more")
        else:
            deck.goal = saved.walk.goal if saved.walk is not None else ""
        return still

    def took(self, number: int, now: Seconds) -> None:
        """A deck has taken what a recall gave it: the rest of what was saved of it comes now."""
        deck, show = self._decks.get(number), self._show
        live = show.state.deck(number)
        if deck is None or live.current is None or live.current.id != deck.program:
            return
        saved, t = deck.saved, show.state.time_of(live, now)
        ramp = live.layers[-1].ramp
        if deck.speed is not None and deck.speed != live.current.transport.speed:
            self.glides.begin(SPEED, (number,), Ramp(now, deck.task.seconds, live.current.transport.speed, deck.speed),
                              deck.program)
        show.state = show.state.with_walk(number, recall_deck.remembered(show.state.walk(number), saved.memory))
        if saved.ready is not None and (clip := deck.clips.get("ready")) is not None:
            song = deck.song or show.state.song(number)
            prepared = live.prepare(clip, t)
            show.put(prepared if saved.take is None else prepared.take_at(t + saved.take[0], saved.take[1]))
            show.loading.coming(number, clip.name, song)
        graph = show.state.song(number).graph
        if saved.story is not None and graph is not None:
            show.stories.again(number, graph.folder, saved.story.name, (saved.story.current, saved.story.armed), now)
        if deck.goal:
            show.navigation.go(Goal(number, (deck.goal,), show.state.walk(number).how, deck.goal), now)
        deck.hold = ramp.start + ramp.duration if saved.held is not None else None
        if deck.hold is None:
            del self._decks[number]

    def _hold(self, deck: RecallDeck, now: Seconds) -> None:
        """Freeze a deck that was frozen, with what went on underneath; the fade to its picture is over."""
        show, number = self._show, deck.saved.number
        live = show.state.deck(number)
        del self._decks[number]
        program = self._program(deck, "shows", live.next_program)
        if program is not None and live.current is not None and live.current.id == deck.program:
            show.put(recall_deck.underneath(live, program, show.state.time_of(live, now)))

    # time -------------------------------------------------------------------------------------

    def step(self, now: Seconds) -> None:
        """Once a tick: do what is due."""
        self.glides.step(now)
        task = self._task
        if task is not None:
            if task.at is None and now - task.since >= PATIENCE:
                self._launch(now, late=True)
            elif task.at is not None and now >= task.at and not task.done:
                self._settings(task, now)
                self._report(task)
        for number, deck in list(self._decks.items()):
            live = self._show.state.deck(number)
            there = [program.id for program in (live.prepared, live.current) if program is not None]
            if deck.program and deck.program not in there:
                del self._decks[number]
            elif deck.hold is not None and self._show.state.time_of(live, now) >= deck.hold:
                self._hold(deck, now)
        self._finish(now)

    def _settings(self, task: RecallTask, now: Seconds) -> None:
        task.done = True
        task.gone += bring_back(self._show, task.snapshot, task.parts, task.seconds, now)

    def _finish(self, now: Seconds) -> None:
        """Lay the controllers when songs have come, and be done."""
        task = self._task
        if task is None or not task.done or task.at is None or any(d.task is task for d in self._decks.values()):
            return
        self._tell(replace(self._show.state.snapshots, opening=False))
        if task.parts.part("controllers"):
            if not song_is_read(self._show, task.snapshot) and now - task.at < task.seconds + SONG_READ:
                return
            task.gone += lay_controllers(self._show, task.snapshot)
            self._report(task)
        self._task = None

    def touched(self, command: Command) -> None:
        """Somebody did something by hand: what they took is theirs."""
        row = command.row
        if command.asks or row.address.startswith(("/snapshot/", "/td/")):
            return
        number = int(command.where[0]) or self._show.state.selected if "{n}" in row.address else 0
        self.glides.touched(row.address, (number,) if number else ())
        if row.address == "/system/panic":
            self.glides.stop()
            self._decks.clear()
        elif "clip" in row.changes:
            self._decks.pop(number or self._show.state.selected, None)

    @property
    def busy(self) -> bool:
        """Whether a hand might be in its way."""
        return bool(self._decks) or self.glides.any

    # telling ----------------------------------------------------------------------------------

    def _report(self, task: RecallTask) -> None:
        """Say once what was not found."""
        lines, task.gone = [printable(line) for line in task.gone], []
        for line in lines:
            self._show.tell(f"{task.snapshot.name}: {line}", CODE)
        told = self._show.state.snapshots
        self._tell(replace(told, gone="; ".join(filter(None, (told.gone, *lines)))[:GONE_MAX]))

    def _tell(self, told: SnapshotState) -> None:
        if told != self._show.state.snapshots:
            self._show.state = replace(self._show.state, snapshots=told)
