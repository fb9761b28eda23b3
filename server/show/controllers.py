"""Controllers laid on rows: what was moved becomes a command, and a row that waits learns its control.

Runs on the show's thread, where the rows' values and the beat are. Knows no MIDI port, no socket and no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from server.errors import InputError
from server.playback.quantise import launch_time
from server.protocol.command import Command
from server.protocol.controllers.binding import Binding, Values
from server.protocol.controllers.control import ANY, OSC, TOPS, Control, Moved
from server.protocol.controllers.ears import Ears
from server.protocol.controllers.learn import Learning
from server.protocol.controllers.mapping import SONG, Where, usual_name
from server.protocol.controllers.mapping_edit import Add, Edit, Remove
from server.protocol.controllers.port_names import find_port
from server.protocol.controllers.telling import Telling
from server.protocol.targets import Targets
from server.show.control_events import ControlNews, ControlsEdited, ControlsRead, DevicesSeen, EditControls
from server.show.events import Send
from server.show.view import value
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show

CODE: Final = "control"
Key = tuple[str, str, int, int]


class Controllers:
    """What lies where. `bindings` and `ears` may be read from any thread: they are replaced, never changed."""

    def __init__(self, show: Show) -> None:
        self.ears = Ears()
        self.telling = Telling()
        self.bindings: tuple[Binding, ...] = ()
        self.learning: Learning | None = None
        self.files: dict[Where, ControlsRead] = {}
        self.devices: tuple[str, ...] = ()
        self.overhear: Callable[[Command], object] = lambda _command: None
        """Told every command that a control makes; returns at once."""
        self.last: Moved | None = None
        self._said: Moved | None = None
        self._show = show
        self._table: dict[Key, list[Binding]] = {}
        self._pending: dict[Binding, Command] = {}
        self._asked: dict[int, tuple[Command | None, str]] = {}

    @cached_property
    def targets(self) -> Targets:
        """What addresses mean: milliseconds to make, and most shows never ask."""
        return Targets(len(self._show.state.decks))

    # moves ------------------------------------------------------------------------------------

    def moved(self, moved: Moved, now: Seconds) -> None:
        """Do what is laid on a control; while a row waits for one, none acts."""
        self.last = moved
        request = moved.request
        if self.learning is not None:
            self.learning.feed(moved, now)
        else:
            for binding, said in self._laid_on(moved):
                if self._heard(binding, said, request, now):
                    request = None  # the first that does anything answers
        if request is not None:
            self._show.emit(Send(self._show.answer_to(moved.source), "/ack", (request,)))

    def _heard(self, binding: Binding, moved: Moved, request: str | None, now: Seconds) -> bool:
        """Do what one mapping says to a move; whether that answers the request."""
        mapping, raw = binding.mapping, binding.mapping.raw(moved)
        if raw is None:
            self._show.complain(moved.source, request, CODE, f"{mapping.control.text()} says no number; {mapping.name} "
                                "needs one", now)
            return True
        control = mapping.control if mapping.control.is_osc else moved.control
        current = partial(self.current, binding, now)
        if self.telling.is_echo(control, raw, now):
            binding.stands(raw, current)
            return False
        self.telling.moved(control, raw, now, stands=binding.remembers_place)
        try:
            args = binding.take(moved, current)
        except InputError as error:
            self._show.complain(moved.source, request, error.code, f"{mapping.name}: {error}", now)
            return True
        return args is not None and self._send(binding, args, moved, request, now)

    def current(self, binding: Binding, now: Seconds) -> Values | None:
        """The value of a binding's row: what waits for its beat counts already."""
        pending = self._pending.get(binding)
        if pending is not None and pending.due is not None and pending.due > now:
            return pending.args
        row, where, _ = binding.target
        return value(self._show.state, row.address, where, now) if row.access == "rw" else None

    def _send(self, binding: Binding, args: Values, moved: Moved, request: str | None, now: Seconds) -> bool:
        """Tell the row, now or on the beat; whether there will be an answer."""
        due, grid = moved.due, binding.mapping.quantise
        if grid != "off":
            beat = self._show.state.beat
            due = max(launch_time(beat.tempo, now, grid, beat.ahead), due or now)
            pending = self._pending.get(binding)
            if pending is not None and pending.due is not None and pending.due > now:
                pending.args = args  # of what is moved before the beat, the last counts
                return False
        row, where, _ = binding.target
        said = moved.control.place if moved.control.is_osc else moved.control.text()
        command = Command(row, where, args, moved.source, request, due, said=said)
        if due is not None and due > now:
            self._pending[binding] = command
        self._show.apply(command, now)
        self.overhear(command)
        return True

    def forget_waiting(self) -> None:
        """What waited for a beat was dropped."""
        self._pending.clear()

    def _laid_on(self, moved: Moved) -> list[tuple[Binding, Moved]]:
        """What lies on a control, of the song if it has anything there, and what each is to hear of the move."""
        kind, place, number, channel = moved.control
        if kind == OSC:
            return [(binding, moved) for binding in self._table.get((OSC, place, ANY, 0), ())]
        folded = place.casefold()
        found = [(binding, moved) for key in _keys(kind, folded, number, channel)
                 for binding in self._table.get(key, ())]
        if kind == "program":
            chosen = replace(moved, values=(float(TOPS[kind]),))
            found += [(binding, chosen) for key in _keys(kind, folded, int(moved.values[0] or 0), channel)
                      for binding in self._table.get(key, ())]
        songs = [one for one in found if one[0].where == SONG]
        return songs or found

    # what lies where --------------------------------------------------------------------------

    def heard(self, news: ControlNews, now: Seconds) -> None:
        """Take in what was moved, read, written or plugged in."""
        if isinstance(news, Moved):
            self.moved(news, now)
        elif isinstance(news, ControlsRead):
            said = self.files.get(news.where)
            self.files[news.where] = news
            for line in _lines(news):
                if said is None or said.path != news.path or line not in _lines(said):
                    self._show.tell(f"{news.path}: {line}", CODE)
            self._lay()
        elif isinstance(news, DevicesSeen):
            for new in set(news.devices) - set(self.devices):
                self.telling.forget(new)
            self.devices = news.devices
            self._tell(devices=",".join(news.devices), midi=news.why)
            self._lay()
        else:
            self._edited(news, now)

    def _lay(self) -> None:
        """Build the table anew; what did not change keeps its state."""
        old = {(binding.where, binding.mapping): binding for binding in self.bindings}
        heard = {binding.mapping.control: binding.heard for binding in self.bindings}
        new = [old.get((where, laid.mapping)) or Binding(laid, where, heard.get(laid.mapping.control))
               for where, read in self.files.items() for laid in read.file.laid]
        table: dict[Key, list[Binding]] = {}
        for binding in new:
            table.setdefault(self._key(binding.mapping.control), []).append(binding)
        for key, laid_there in table.items():
            songs = {binding.mapping.control.number for binding in laid_there if binding.where == SONG}
            table[key] = [binding for binding in laid_there
                          if binding.where == SONG or binding.mapping.control.number not in songs]
        self._table = table
        self.bindings = tuple(new)
        left = set(new)
        self._pending = {binding: command for binding, command in self._pending.items() if binding in left}
        self.ears.addresses = frozenset(key[1] for key in table if key[0] == OSC)
        self._tell(mappings=sum(map(len, table.values())))

    def counts(self, binding: Binding) -> bool:
        """Whether a mapping counts now: not when the song lays something else on the same control."""
        return binding in self._table.get(self._key(binding.mapping.control), ())

    def device_of(self, control: Control) -> str:
        """The device that is there and is meant by a name; the name itself when none is."""
        return find_port(control.place, self.devices) or control.place

    def _key(self, control: Control) -> Key:
        if control.is_osc:
            return OSC, control.place, ANY, 0
        return control.kind, self.device_of(control).casefold(), control.number, control.channel

    def named(self, name: str, where: Where | None = None) -> Binding:
        """A mapping by its name, the song's before the global one. Raises InputError."""
        found = [binding for binding in self.bindings
                 if binding.mapping.name == name and where in (None, binding.where)]
        if not found:
            known = ", ".join(sorted({binding.mapping.name for binding in self.bindings})[:8])
            raise InputError(f"there is no mapping called {name!r}" + (f"; there are {known}" if known else
                             "; there are none: /learn/start ROW makes one"))
        return next((binding for binding in found if binding.where == SONG), found[0])

    # learning ---------------------------------------------------------------------------------

    def learn(self, row: str, where: Where, value_: tuple[Any, ...] | None, now: Seconds) -> None:
        """Wait for a control; a row that waited before is given up."""
        self.learning = Learning(row, self.targets.find(row)[0], where, value_, now)
        self.ears.learning = True
        self._tell(row=row)

    def cancel(self) -> bool:
        """Wait no more; whether there was anything to give up."""
        waited, self.learning = self.learning is not None, None
        self.ears.learning = False
        self._tell(row="")
        return waited

    def step(self, now: Seconds) -> None:
        """Once a tick: say what was moved last, and see whether it is what was waited for."""
        if self.last is not self._said:
            self._said = self.last
            text = self.last.control.text() if self.last is not None else ""
            if text != self._show.state.learn.moved:
                self._tell(moved=text)
        learning = self.learning
        if learning is None or not learning.is_over(now):
            return
        keys = learning.result()
        self.cancel()
        if keys is None:
            self._show.tell(f"no control was moved for a minute; {learning.row} waits no more", CODE)
            return
        control = learning.control
        assert control is not None
        same = [Remove(binding.mapping.name) for binding in self.bindings
                            if binding.where == learning.where and binding.mapping.control == control
                            and binding.mapping.row == learning.row]
        taken = {binding.mapping.name for binding in self.bindings if binding.where == learning.where}
        keys = {"name": usual_name(control, taken - {one.name for one in same}), **keys}
        self.edit(learning.where, [*same, Add(keys)], None, f"{control.text()} is laid on {learning.row}")

    def edit(self, where: Where, edits: Sequence[Edit], command: Command | None, words: str = "") -> None:
        """Have a file changed; `command` is answered when it is, and `words` are told as learnt."""
        ticket = max(self._asked, default=0) + 1
        self._asked[ticket] = command, words
        self._show.emit(EditControls(ticket, where, tuple(edits)))

    def _edited(self, news: ControlsEdited, now: Seconds) -> None:
        command, words = self._asked.pop(news.ticket, (None, ""))
        if not news.code:
            if words:
                self._tell(learnt=words)
            if command is not None:
                self._show.acknowledge(command)
        elif command is not None:
            self._show.refuse(command, news.code, news.error, now)
        else:
            self._show.tell(news.error, news.code)

    def _tell(self, **changes: Any) -> None:
        state = self._show.state
        self._show.state = replace(state, learn=replace(state.learn, **changes))


def _lines(read: ControlsRead) -> tuple[str, ...]:
    return (*read.file.problems, *read.file.notes, *((read.error,) if read.error else ()))


def _keys(kind: str, place: str, number: int, channel: int) -> tuple[Key, ...]:
    """A control as files may name it: with its device or any, with its channel or any."""
    return ((kind, place, number, channel), (kind, place, number, 0), (kind, "", number, channel),
            (kind, "", number, 0))


