"""`interscene midi`: devices by the names that files know them by, and what their controls say."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

import pytest

from server.app import midi
from server.app.time_lines import TimeLines
from server.errors import InputError, ServeError
from server.playback.clock import SystemClock
from server.protocol.timecode.heard import ClockHeard, MtcHeard

sys.path.append(str(Path(__file__).parents[1] / "frontends"))
from midi_bench import Bench


def run(bench: Bench, *words: str) -> int:
    parser = argparse.ArgumentParser()
    midi.add_arguments(parser)
    return midi.run(parser.parse_args(words), lambda: (bench, ""), SystemClock())


def test_the_list_says_which_devices_can_be_told_values(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Bench("pad:pad MIDI 1 20:0", "keys 24:0", tells=["pad:pad MIDI 1 20:0", "lamp 28:0"])) == 0
    assert capsys.readouterr().out.splitlines() == ["pad MIDI 1  (can be told values)", "keys", "lamp  (output only)"]
    run(Bench())
    assert capsys.readouterr().out == "no MIDI device is plugged in\n"


def test_the_monitor_prints_what_a_file_would_call_it(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench("pad 20:0", "keys 24:0")
    opened = threading.Event()
    open_input = bench.open_input

    def say(port: str, hear: object) -> object:
        result = open_input(port, hear)  # type: ignore[arg-type]
        threading.Thread(target=turn, args=(port,)).start()
        opened.set()
        return result

    def turn(port: str) -> None:
        opened.wait(5)
        for value in (1, 2):
            bench.hearing[port]([0xB0, 7, value])

    bench.open_input = say  # type: ignore[method-assign, assignment]
    assert run(bench, "monitor", "--device", "pad", "--count", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "listening; Ctrl-C ends"
    assert [line.split("  ")[-2:] for line in lines[1:]] == [["pad cc 7, channel 1", "1"], ["pad cc 7, channel 1", "2"]]
    assert all(port.port == "pad 20:0" for port in bench.opened)


def test_a_device_that_is_not_there_is_named_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench("keys 24:0")
    seen = threading.Event()
    inputs = bench.inputs

    def later() -> list[str]:
        if seen.is_set():
            bench.hears = ["keys 24:0", "pad 28:0"]
        seen.set()
        return inputs()

    def speak() -> None:
        while "pad 28:0" not in bench.hearing:
            seen.wait(0.01)
        bench.hearing["pad 28:0"]([0xB0, 7, 3])

    bench.inputs = later  # type: ignore[method-assign]
    threading.Thread(target=speak, daemon=True).start()
    assert run(bench, "monitor", "--device", "pad", "--count", "1") == 0
    assert "there is no device 'pad'; there are keys. Waiting" in capsys.readouterr().out


def test_without_midi_it_fails_with_what_to_do() -> None:
    parser = argparse.ArgumentParser()
    midi.add_arguments(parser)
    with pytest.raises(ServeError, match="install"):
        midi.run(parser.parse_args([]), lambda: (None, "install it"))
    broken = Bench()
    broken.broken = True
    with pytest.raises(ServeError, match="no sequencer"):
        run(broken)
    with pytest.raises(InputError, match="--count"):
        run(Bench(), "monitor", "--count", "-1")


def test_clocks_and_time_code_are_told_once_a_second_and_when_they_change_course() -> None:
    times = TimeLines()
    ticks = [times.line(ClockHeard("desk", k / 48, k / 24, "tick")) for k in range(96)]
    said = [line for line in ticks if line]
    assert len(said) == 2
    assert said[1] == "desk clock 120.0 bpm, beat 2"
    assert times.line(ClockHeard("desk", 2.0, 4.0, "stop")) == "desk clock stop at beat 4"
    runs = [times.line(MtcHeard("desk", k / 100, 90_000 + k / 4, "25", 1)) for k in range(150)]
    assert [line for line in runs if line] == ["desk time code 01:00:00:00 (25) runs",
                                               "desk time code 01:00:01:00 (25) runs"]
    assert times.line(MtcHeard("desk", 1.6, 90_012.0, "25", 0)) == "desk time code 01:00:00:12 (25) stands"
