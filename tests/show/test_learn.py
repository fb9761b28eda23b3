"""Controllers in a show: learnt by moving them, laid on rows, the song's before the global ones, on the beat."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stage import PERSON, TICK, Stage

from server.errors import InputError
from server.protocol.command import Source
from server.protocol.controllers.control import Moved
from server.protocol.controllers.learn import PATIENCE
from server.protocol.controllers.mapping import Where
from server.protocol.controllers.mapping_edit import edited
from server.protocol.controllers.mapping_file import read_mappings
from server.protocol.controllers.midi_decoder import MidiDecoder
from server.protocol.dispatch import Dispatcher
from server.protocol.encode import message
from server.show.control_events import ControlsEdited, ControlsRead, DevicesSeen, EditControls


class Desk(Stage):
    """A show with a person who moves controls, and with the files of controllers as plain text."""

    def __init__(self) -> None:
        super().__init__()
        self.dispatcher = Dispatcher(2, self.show.controllers.ears)
        self.texts: dict[Where, str] = {"global": "", "song": ""}
        self.decoders: dict[str, MidiDecoder] = {}
        self.disk = {**self.disk}

    def lay(self, text: str, where: Where = "global") -> Desk:
        """A file says this now."""
        self.texts[where] = text
        self.feed([ControlsRead(where, f"{where}.toml", read_mappings(text, self.show.controllers.targets))])
        return self

    def settle(self) -> None:
        super().settle()
        edits = [event for event in self.events if isinstance(event, EditControls)]
        self.events = [event for event in self.events if not isinstance(event, EditControls)]
        for event in edits:
            self.feed(self.write(event))

    def write(self, event: EditControls) -> list[Any]:
        text = self.texts[event.where]
        try:
            for edit in event.edits:
                text = edited(text, edit)
        except InputError as error:
            return [ControlsEdited(event.ticket, error.code, str(error))]
        self.texts[event.where] = text
        file = read_mappings(text, self.show.controllers.targets)
        return [ControlsRead(event.where, f"{event.where}.toml", file), ControlsEdited(event.ticket)]

    def osc(self, address: str, *args: Any) -> Desk:
        self.feed(self.dispatcher.dispatch(message(address, *args), PERSON, self.now, 0.0))
        return self

    def midi(self, *data: int, device: str = "pad") -> Desk:
        decoder = self.decoders.setdefault(device, MidiDecoder(device))
        self.feed([Moved(control, (float(value),), Source(device, 0, "midi")) for control, value in decoder.feed(data)])
        return self

    def learn(self, row: str, *more: str) -> Desk:
        self.do("/learn/start", row, *more)
        return self

    @property
    def level(self) -> float:
        return float(self.state("level"))

    @property
    def told(self) -> list[str]:
        return [complaint.text for complaint in self.show.complaints]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.do("/deck/1/load", "a.mov").do("/deck/1/pause")
    return desk


def lay(row: str, **keys: Any) -> str:
    given = {"osc": "/k"} if "midi" not in keys else {}
    given |= {"row": row, **keys}
    return "[[mapping]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in given.items())


def test_a_control_is_learnt_by_moving_it_and_works_from_then_on(desk: Desk) -> None:
    desk.learn("/deck/1/level")
    assert desk.show.state.learn.row == "/deck/1/level"
    for step in range(10):
        desk.osc("/1/fader1", step / 10).wait(0.02)
    assert desk.level == 1.0, "while it is learnt, it does nothing"
    desk.wait(0.5)
    assert desk.show.state.learn.row == ""
    assert desk.show.state.learn.learnt == "OSC /1/fader1 is laid on /deck/1/level"
    assert desk.show.state.learn.mappings == 1
    assert desk.osc("/1/fader1", 0.25).level == 0.25
    assert desk.told == []


def test_a_midi_control_is_learnt_with_its_device(desk: Desk) -> None:
    desk.learn("/deck/1/level")
    for value in (10, 20, 40, 127):
        desk.midi(0xB0, 7, value).wait(0.02)
    desk.wait(0.5).midi(0xB0, 7, 126)
    assert desk.level == pytest.approx(126 / 127)
    assert desk.midi(0xB0, 7, 64, device="other").level == pytest.approx(126 / 127), "another device is another control"


def test_learning_again_replaces_the_same_and_adds_another(desk: Desk) -> None:
    for row in ("/deck/1/level", "/deck/1/level", "/deck/2/level"):
        desk.learn(row)
        desk.osc("/1/fader1", 0.1).osc("/1/fader1", 0.9).wait(0.5)
    assert [binding.mapping.row for binding in desk.show.controllers.bindings] == ["/deck/1/level", "/deck/2/level"]
    desk.osc("/1/fader1", 0.5)
    assert (desk.state("level", 1), desk.state("level", 2)) == (0.5, 0.5)


def test_nobody_moves_anything_and_it_is_given_up_in_words(desk: Desk) -> None:
    desk.learn("/deck/1/level").ticks += round(PATIENCE / TICK)
    desk.wait(0.1)
    assert desk.show.state.learn.row == ""
    assert "no control was moved for a minute" in desk.told[-1]
    assert not desk.show.controllers.ears.learning


def test_cancel_gives_up_and_says_when_there_was_nothing(desk: Desk) -> None:
    desk.learn("/deck/1/level").do("/learn/cancel", "#1").osc("/1/fader1", 0.5).wait(0.5)
    assert desk.show.controllers.bindings == ()
    desk.answers()
    desk.do("/learn/cancel", "#2")
    assert desk.answers()[0][1][:2] == ("2", "not-now")


@pytest.mark.parametrize(("args", "said"), [
    (("/deck/1/levle",), "did you mean /deck/1/level?"), (("/deck/*/level",), "several rows"),
    (("/deck/1/state/frame",), "cannot be set"), (("/learn/start",), "not for controllers"),
    (("/deck/1/song",), "/learn/start /deck/1/song global VALUE"), (("/deck/1/play", "global", "1"), "takes nothing"),
    (("/deck/1/level", "global", "9"), "0 to 1"), (("/deck/1/level", "here"), "global or song"),
    (("level",), "no endpoint"),
])
def test_what_cannot_be_learnt_is_refused_before_anybody_moves_anything(desk: Desk, args: tuple[str, ...],
                                                                        said: str) -> None:
    desk.do("/learn/start", *args, "#1")
    answer = desk.answers()[-1][1]
    assert answer[0] == "1"
    assert said in answer[2]
    assert desk.show.controllers.learning is None


def test_a_press_that_sends_a_text(desk: Desk) -> None:
    desk.learn("/deck/1/load", "global", "b.mov").midi(0x90, 60, 1).wait(0.5)
    desk.midi(0x90, 60, 100)
    assert desk.screen()[0][0] == "b.mov"


def test_unknown_addresses_stay_errors_in_words(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level")).osc("/1/fader1", 0.5)
    assert desk.answers()[-1][1][1] == "address"
    assert "no endpoint has the address /1/fader1" in desk.told[-1]


def test_what_touchdesigner_answers_for_can_be_laid_on_a_row_and_else_goes_on_to_it(desk: Desk) -> None:
    assert desk.osc("/FX/hue", 0.5).level == 1.0
    assert desk.lay(lay("/deck/1/level", osc="/FX/hue")).osc("/FX/hue", 0.5).level == 0.5
    assert desk.told == []


def test_the_songs_mapping_of_a_control_wins_and_the_others_stay(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level") + lay("/deck/1/fade", osc="/other"))
    desk.lay(lay("/deck/2/level"), "song").osc("/k", 0.25).osc("/other", 0.5)
    assert (desk.state("level", 1), desk.state("level", 2)) == (1.0, 0.25)
    assert desk.show.state.deck(1).fade == 5.0
    assert desk.show.state.learn.mappings == 2
    desk.lay("", "song").osc("/k", 0.5)
    assert desk.state("level", 1) == 0.5


def test_the_two_values_of_a_pad_are_two_controls(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", osc="/xy") + lay("/deck/1/fade", osc="/xy", argument=2))
    desk.lay(lay("/deck/2/level", osc="/xy"), "song").osc("/xy", 0.25, 0.5)
    assert (desk.state("level", 1), desk.state("level", 2), desk.show.state.deck(1).fade) == (1.0, 0.25, 5.0)


def test_the_songs_mapping_wins_however_the_control_is_named(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", midi="cc 7", device="pad", channel=1))
    desk.lay(lay("/deck/2/level", midi="cc 7"), "song").midi(0xB0, 7, 0)
    assert (desk.state("level", 1), desk.state("level", 2)) == (1.0, 0.0)


def test_a_device_is_known_by_the_beginning_of_its_name(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", midi="cc 7", device="nanokontrol2"))
    assert desk.midi(0xB0, 7, 0, device="nanoKONTROL2 MIDI 1").level == 1.0
    desk.feed([DevicesSeen(("nanoKONTROL2 MIDI 1",))])
    assert desk.show.state.learn.devices == "nanoKONTROL2 MIDI 1"
    assert desk.midi(0xB0, 7, 0, device="nanoKONTROL2 MIDI 1").level == 0.0


def test_a_program_is_a_press_of_its_own_and_a_number(desk: Desk) -> None:
    desk.lay(lay("/deck/1/frame", midi="program", range=[0, 127]) + lay("/master/black", midi="program 5", value=True))
    desk.midi(0xC0, 4)
    assert (desk.state("frame"), desk.show.state.master.black) == (4, False)
    desk.midi(0xC0, 5)
    assert (desk.state("frame"), desk.show.state.master.black) == (5, True)


def test_a_short_form_means_the_deck_that_is_selected(desk: Desk) -> None:
    desk.lay(lay("/level")).do("/select/deck", 2)
    desk.osc("/k", 0.5)
    assert (desk.state("level", 1), desk.state("level", 2)) == (1.0, 0.5)


def test_what_others_set_is_where_an_encoder_goes_on_from(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", midi="cc 7", encoder="binary-offset", step=0.1)).do("/deck/1/level", 0.5)
    assert desk.midi(0xB0, 7, 65).level == pytest.approx(0.6)


def test_a_fader_that_stands_elsewhere_does_nothing_until_it_is_there(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", midi="cc 7", pickup=True)).do("/deck/1/level", 0.5)
    assert desk.midi(0xB0, 7, 0).level == 0.5
    assert desk.midi(0xB0, 7, 80).level == pytest.approx(80 / 127)


def test_on_the_beat_the_last_move_before_it_counts(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", quantise="beat")).wait(0.0625)
    desk.osc("/k", 0.2).osc("/k", 0.4).wait(0.375)
    assert desk.level == 1.0
    assert desk.wait(0.125).state("level") == pytest.approx(0.4)
    assert desk.osc("/k", 0.8).wait(0.5).state("level") == pytest.approx(0.8)


def test_a_toggle_pressed_twice_before_the_beat_is_where_it_was(desk: Desk) -> None:
    desk.lay(lay("/master/black", button="toggle", quantise="beat")).wait(0.0625)
    for _ in range(2):
        desk.osc("/k", 1.0).osc("/k", 0.0)
    assert not desk.wait(1.0).show.state.master.black
    desk.osc("/k", 1.0).wait(1.0)
    assert desk.show.state.master.black


def test_panic_forgets_what_waits_for_its_beat_and_the_next_move_counts(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", quantise="bar")).wait(0.0625).osc("/k", 0.2).do("/system/panic")
    desk.osc("/k", 0.6).wait(2.5)
    assert desk.level == pytest.approx(0.6)


def test_the_time_tag_of_a_bundle_counts(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level"))
    packet = b"#bundle\0" + (((2_208_988_800) << 32) + (1 << 31)).to_bytes(8, "big")
    inner = message("/k", 0.5)
    desk.feed(desk.dispatcher.dispatch(packet + len(inner).to_bytes(4, "big") + inner, PERSON, desk.now, 0.0))
    assert desk.level == 1.0
    assert desk.wait(0.6).state("level") == 0.5


def test_a_disengaged_server_follows_no_controller(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level")).do("/system/engaged", False)
    assert desk.osc("/k", 0.5).level == 1.0
    assert "disengaged" in desk.told[-1]


def test_what_cannot_be_done_now_is_told(desk: Desk) -> None:
    desk.lay(lay("/deck/2/position", midi="cc 7")).midi(0xB0, 7, 9)
    assert "deck 2 has nothing on screen" in desk.told[-1]


def test_a_text_for_a_fader_is_told_of_and_harms_nothing(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level")).osc("/k", "loud")
    assert "OSC /k says no number" in desk.told[-1]
    untyped = b"/k\0\0" + bytes(4)
    desk.feed(desk.dispatcher.dispatch(untyped, PERSON, desk.now, 0.0))
    assert "without type tags" in desk.told[-1]
    assert desk.level == 1.0


def test_mistakes_of_a_file_are_told_once_each(desk: Desk) -> None:
    text = lay("/nowhere") + lay("/deck/1/level", curve="steep")
    desk.lay(text).lay(text + "\n")
    assert len(desk.told) == 2
    assert all(line.startswith("global.toml: mapping ") for line in desk.told)


def test_a_mapping_is_changed_and_taken_away_by_its_name(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", name="big"))
    desk.do("/learn/set", "big", "range", "[0, 0.5]", "#1").osc("/k", 1.0)
    assert desk.level == 0.5
    assert "range = [0, 0.5]" in desk.texts["global"]
    desk.do("/learn/set", "big", "range", "", "#2")
    assert "range" not in desk.texts["global"]
    desk.do("/learn/forget", "big", "#3")
    assert [args for address, args in desk.answers() if address == "/ack"] == [("1",), ("2",), ("3",)]
    assert desk.show.controllers.bindings == ()
    desk.do("/learn/forget", "big", "#4")
    assert "there is no mapping called 'big'" in desk.answers()[-1][1][2]


def test_a_key_that_there_is_not_is_refused(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", name="big")).do("/learn/set", "big", "curv", "s", "#1")
    assert "did you mean 'curve'?" in desk.answers()[-1][1][2]


def test_the_same_name_in_both_files_means_the_songs_unless_it_is_said(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", name="big")).lay(lay("/deck/2/level", name="big"), "song")
    desk.do("/learn/set", "big", "curve", "s").do("/learn/set", "big", "invert", "true", "global")
    assert "curve" in desk.texts["song"]
    assert "invert = true" in desk.texts["global"]


def test_the_list_tells_every_mapping(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", name="big", curve="s")).answers()
    desk.do("/learn/list")
    (address, (name, where, control, row, keys)), = desk.answers()
    assert (address, name, where, control, row) == ("/learn/mapping", "big", "global", "OSC /k", "/deck/1/level")
    assert json.loads(keys)["curve"] == "s"


def test_the_state_of_learning_can_be_asked_for(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level")).osc("/k", 0.5).wait(0.02)
    desk.answers()
    desk.do("/learn/state/mappings", "?").do("/learn/state/moved", "?")
    assert desk.answers() == [("/learn/state/mappings", (1,)), ("/learn/state/moved", ("OSC /k",))]


def test_what_a_device_says_back_is_no_move(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", midi="cc 7", device="pad", channel=1)).do("/deck/1/level", 0.503)
    binding, = desk.show.controllers.bindings
    assert desk.show.controllers.telling.due(binding.mapping.control, 64.0, desk.now)
    assert desk.midi(0xB0, 7, 64).level == pytest.approx(0.503)
    assert desk.midi(0xB0, 7, 65).midi(0xB0, 7, 64).level == pytest.approx(64 / 127)


def test_a_mapping_that_did_not_change_keeps_its_hold(desk: Desk) -> None:
    text = lay("/deck/1/level", midi="cc 7", pickup=True)
    desk.lay(text).do("/deck/1/level", 0.5)
    desk.midi(0xB0, 7, 64).lay(text + lay("/deck/1/fade"))
    assert desk.midi(0xB0, 7, 90).level == pytest.approx(90 / 127)


def test_nobody_who_sends_osc_can_have_others_told(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level", name="big")).do("/learn/set", "big", "feedback", "10.9.9.9:53", "#1")
    assert "on the page, or in the file" in desk.answers()[-1][1][2]
    desk.do("/learn/set", "big", "feedback", f"{PERSON.host}:9001", "#2")
    desk.do("/learn/set", "big", "feedback", "10.9.9.9:9001", "#3", source=Source("10.0.0.9", 1, "http"))
    assert 'feedback = "10.9.9.9:9001"' in desk.texts["global"]


def test_who_listens_to_a_row_hears_what_a_control_does(desk: Desk) -> None:
    heard: list[Any] = []
    desk.show.controllers.overhear = heard.append
    desk.lay(lay("/deck/1/play", quantise="beat")).osc("/k", 1.0)
    command, = heard
    assert (command.row.address, command.where, command.args, command.said) == ("/deck/{n}/play", (1,), (), "/k")


def test_whoever_asks_is_answered(desk: Desk) -> None:
    desk.lay(lay("/deck/1/level") + lay("/deck/2/position", osc="/empty")).answers()
    desk.osc("/k", 0.5, "#1").osc("/empty", 0.5, "#2").osc("/k", "loud", "#3")
    assert [(address, args[0]) for address, args in desk.answers()] == [("/ack", "1"), ("/error", "2"), ("/error", "3")]
    desk.learn("/deck/1/level").osc("/new", 0.5, "#4")
    assert desk.answers()[-1] == ("/ack", ("4",))
    desk.do("/learn/cancel").lay(lay("/master/black", button="toggle")).osc("/k", 0.0, "#5")
    assert desk.answers()[-1] == ("/ack", ("5",)), "a release does nothing, and that is done"
