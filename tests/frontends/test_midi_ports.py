"""MIDI devices: opened while they are wanted, known again when they are plugged in again, told what is to be told."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from midi_bench import Bench

from server.frontends import midi
from server.frontends.midi import AGAIN, Device, MidiPorts, find_backend
from server.playback.clock import Clock, ManualClock, SystemClock
from server.protocol.controllers.control import Moved
from server.protocol.timecode.heard import ClockHeard, MtcHeard, TimeHeard


class Owner:
    """Someone with a bench of devices, who looks when told to."""

    def __init__(self, bench: Bench | None, why: str = "", clock: Clock | None = None) -> None:
        self.moves: list[Moved] = []
        self.times: list[TimeHeard] = []
        self.seen: list[tuple[tuple[Device, ...], str]] = []
        self.ports = MidiPorts(self.hear, lambda devices, why: self.seen.append((devices, why)),
                               clock or SystemClock(), lambda: (bench, why))
        self.works = self.ports.begin()

    def hear(self, items: Sequence[Moved | TimeHeard]) -> None:
        for item in items:
            if isinstance(item, Moved):
                self.moves.append(item)
            else:
                self.times.append(item)

    def want(self, *devices: str, everything: bool = False) -> Owner:
        self.ports.want(frozenset(devices), everything=everything)
        self.ports.look()
        return self

    @property
    def devices(self) -> dict[str, bool]:
        return {device.name: device.open for device in self.seen[-1][0]}


def test_only_what_is_wanted_is_open_and_everything_while_a_control_is_learnt() -> None:
    bench = Bench("pad 20:0", "keys 24:0")
    owner = Owner(bench).want()
    assert owner.devices == {"pad": False, "keys": False}
    assert owner.want("PAD").devices == {"pad": True, "keys": False}
    assert owner.want("PAD", everything=True).devices == {"pad": True, "keys": True}
    assert owner.want("keys").devices == {"pad": False, "keys": True}
    assert set(bench.hearing) == {"keys 24:0"}
    assert owner.want("").devices == {"pad": True, "keys": True}, "a mapping of any device"


def test_a_move_is_told_with_the_devices_name() -> None:
    bench = Bench("pad 20:0")
    owner = Owner(bench).want("pad")
    bench.hearing["pad 20:0"]([0xB2, 7, 99])
    bench.hearing["pad 20:0"]([0xF8])
    moved, = owner.moves
    assert (moved.control.text(), moved.values) == ("pad cc 7, channel 3", (99.0,))
    assert moved.source == ("pad", 0, "midi")


def test_clock_and_time_code_are_stamped_where_they_arrive() -> None:
    bench, clock = Bench("pad 20:0"), ManualClock(7.5)
    owner = Owner(bench, clock=clock).want("pad")
    for message in ([0xFA], [0xF8], [0xF0, 0x7F, 0x7F, 1, 1, 0x21, 0, 0, 12, 0xF7], [0xFE], [0xF1, 0x12], [0xF8]):
        clock.advance(0.5)
        bench.hearing["pad 20:0"](message)
    assert owner.times == [
        ClockHeard("pad", 8.0, 0.0, "start"), ClockHeard("pad", 8.5, 0.0, "first"),
        MtcHeard("pad", 9.0, 90_012.0, "25", 0), ClockHeard("pad", 10.5, 1 / 24, "tick")]
    assert owner.moves == []


def test_trouble_with_a_move_does_not_reach_the_driver(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench("pad 20:0")
    owner = Owner(bench).want("pad")
    owner.ports._sink = lambda moves: 1 / 0
    bench.hearing["pad 20:0"]([0xB2, 7, 99])
    assert "a message of pad could not be used" in caplog.text


def test_a_device_that_is_plugged_in_again_is_the_same_under_another_number() -> None:
    bench = Bench("pad 20:0", tells=["pad 20:0"])
    owner = Owner(bench).want("pad")
    old = bench.opened[-1]
    bench.hears, bench.tells = [], []
    assert owner.want("pad").devices == {}
    assert old.closed
    bench.hears = bench.tells = ["pad 28:0"]
    assert owner.want("pad").devices == {"pad": True}
    bench.hearing["pad 28:0"]([0xB0, 7, 1])
    assert owner.moves[-1].control.place == "pad"


def test_a_device_that_changes_its_number_between_two_looks_is_opened_anew() -> None:
    bench = Bench("pad 20:0")
    owner = Owner(bench).want("pad")
    bench.hears = ["pad 28:0"]
    owner.ports.look()
    assert bench.opened[0].closed
    assert set(bench.hearing) == {"pad 28:0"}


def test_a_busy_device_is_told_of_once_and_tried_again_later(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench("pad 20:0")
    bench.busy = {"pad 20:0"}
    owner = Owner(bench).want("pad")
    for _ in range(2 * AGAIN):
        owner.ports.look()
    assert caplog.text.count("close the program that has it") == 1
    assert "device is busy" in owner.seen[-1][0][0].trouble
    bench.busy = set()
    for _ in range(AGAIN + 1):
        owner.ports.look()
    assert owner.seen[-1][0] == (Device("pad", False, True),)


def test_devices_are_told_only_when_they_are_others() -> None:
    owner = Owner(Bench("pad 20:0"))
    for _ in range(3):
        owner.ports.look()
    assert len(owner.seen) == 1


def test_a_list_that_fails_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench("pad 20:0")
    owner = Owner(bench).want("pad")
    bench.broken = True
    owner.ports.look()
    assert "cannot be listed: no sequencer" in caplog.text
    assert owner.devices == {"pad": True}


def test_a_device_is_told_by_the_beginning_of_its_name_and_one_that_is_gone_is_not(
        caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench("pad 20:0", tells=["pad MIDI 1 20:0"])
    owner = Owner(bench).want()
    owner.ports._send("pad", b"\xb0\x07\x40")
    owner.ports._send("other", b"\xb0\x07\x40")
    assert bench.told == [("pad MIDI 1 20:0", b"\xb0\x07\x40")]
    bench.tells = []
    owner.ports._send("pad", b"\xb0\x07\x41")
    owner.ports._send("pad", b"\xb0\x07\x41")
    assert caplog.text.count("pad MIDI 1 cannot be told anything: it was pulled out") == 1
    bench.tells = ["pad MIDI 1 20:0"]
    owner.ports._send("pad", b"\xb0\x07\x42")
    assert bench.told[-1][1] == b"\xb0\x07\x42"


def test_the_thread_looks_sends_and_closes_everything_at_the_end() -> None:
    bench = Bench("pad 20:0", tells=["pad 20:0"])
    heard, told = threading.Event(), threading.Event()
    send = bench.open_output

    def open_output(port: str) -> object:
        told.set()
        return send(port)

    bench.open_output = open_output  # type: ignore[method-assign, assignment]
    ports = MidiPorts(lambda moves: heard.set(), lambda devices, why: None, SystemClock(), lambda: (bench, ""))
    ports.want(frozenset({"pad"}), everything=False)
    ports.start()
    ports.send("pad", b"\xb0\x07\x40")
    assert told.wait(10)
    bench.hearing["pad 20:0"]([0xB0, 7, 1])
    assert heard.wait(10)
    ports.stop()
    assert all(port.closed for port in bench.opened)


def test_without_midi_it_says_what_to_install_and_does_nothing_else(monkeypatch: pytest.MonkeyPatch,
                                                                   tmp_path: Path) -> None:
    monkeypatch.setattr(midi, "_SEQUENCER", tmp_path)
    monkeypatch.setitem(sys.modules, "mido", None)
    backend, why = find_backend()
    assert backend is None
    assert "start.py --with midi" in why
    owner = Owner(None, why)
    assert not owner.works
    assert owner.seen == [((), why)]


def test_a_linux_without_a_sequencer_is_not_asked_for_devices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(midi, "_SEQUENCER", tmp_path / "none")
    monkeypatch.setattr(sys, "platform", "linux")
    assert "modprobe snd-seq" in find_backend()[1]


def test_errors_of_the_libraries_come_out_in_words() -> None:
    class Broken:
        @staticmethod
        def get_input_names() -> list[str]:
            raise SystemError("MidiInAlsa::initialize: error")

    with pytest.raises(OSError, match="MidiInAlsa"):
        midi.MidoBackend(Broken()).inputs()


def test_real_ports_of_this_computer_hear_each_other() -> None:
    """Two virtual ports; where the system has none, as in a container, there is nothing to test."""
    mido = pytest.importorskip("mido")
    backend, why = find_backend()
    if backend is None or sys.platform == "win32":
        pytest.skip(why or "Windows has no virtual ports")
    heard = threading.Event()
    with mido.open_output("interscene-test", virtual=True) as keys:
        name = next(port for port in backend.inputs() if "interscene-test" in port)
        port = backend.open_input(name, lambda data: heard.set() if list(data) == [0xB0, 7, 64] else None)
        keys.send(mido.Message("control_change", control=7, value=64))
        assert heard.wait(10)
        port.close()


def test_messages_of_mido_are_bytes_on_both_sides() -> None:
    mido = pytest.importorskip("mido")
    sent: list[object] = []
    heard: list[list[int]] = []

    class System:
        Message = mido.Message

        @staticmethod
        def open_input(port: str, callback: object) -> object:
            assert callable(callback)
            callback(mido.Message("pitchwheel", pitch=0, channel=3))
            return Bench().open_input(port, lambda data: None)

        @staticmethod
        def open_output(port: str) -> object:
            return SimpleNamespace(send=sent.append, close=sent.clear)

    backend = midi.MidoBackend(System)
    backend.open_input("pad", lambda data: heard.append(list(data))).close()
    assert heard == [[0xE3, 0, 64]]
    output = backend.open_output("pad")
    output.send(b"\x90\x3c\x7f")
    assert sent == [mido.Message("note_on", note=60, velocity=127)]
    output.close()
    assert sent == []
