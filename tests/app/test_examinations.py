"""What a doctor says of ports, clocks, disks and cards, from real ports and movies and from what drivers print."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from server.app.examinations.finding import Finding, Level, page
from server.app.examinations.graphics import Card, cards, examine_graphics
from server.app.examinations.models import examine_models
from server.app.examinations.ports import Running, examine_ports, examine_renderers
from server.app.examinations.storage import examine_disk
from server.app.examinations.timing import examine_clock
from server.library.models.model import Licence, Model
from server.media.numbered import write_numbered
from server.playback.clock import ManualClock, SystemClock


def levels(findings: Sequence[Finding]) -> list[Level]:
    return [each.level for each in findings]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that a stranger has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        yield stranger.getsockname()[1]


def test_a_port_that_a_stranger_has_is_named_with_another(taken: int) -> None:
    osc, http = examine_ports((taken,), 0, "127.0.0.1", None)

    assert (osc.level, http.level) == (Level.BAD, Level.GOOD)
    assert str(taken) in osc.text
    assert "--osc-port" in osc.advice


def test_the_ports_of_a_running_server_are_its_own(taken: int) -> None:
    (finding,) = examine_ports((taken,), 7580, "127.0.0.1", Running(taken, ()))
    assert finding.level is Level.GOOD


def test_what_is_known_of_touchdesigner(taken: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
        second.bind(("127.0.0.1", 0))
        other = second.getsockname()[1]
        assert examine_renderers(Running(1, ("td",)), stream=0, event=0).level is Level.GOOD
        assert examine_renderers(None, stream=taken, event=other).level is Level.GOOD
        assert examine_renderers(Running(1, ()), stream=taken, event=other).level is Level.BAD
        assert examine_renderers(Running(1, ()), stream=0, event=0).level is Level.NOTE
        assert "rehearse" in examine_renderers(None, stream=0, event=0).advice


def test_a_clock_that_wakes_in_time_is_good_and_one_that_is_set_is_said() -> None:
    class Sleepy(ManualClock):
        def sleep_until(self, t: float) -> None:
            super().sleep_until(t + 0.012)

    clock = ManualClock()
    assert levels(examine_clock(clock, clock.now)) == [Level.GOOD]
    sleepy = Sleepy()
    assert levels(examine_clock(sleepy, sleepy.now)) == [Level.POOR]
    days = iter((1000.0, 2000.0))
    assert "calendar" in examine_clock(ManualClock(), lambda: next(days))[1].text


def test_movies_are_read_and_weighed(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.mov", 8, 320, 180, rate=Fraction(30))
    found = examine_disk(tmp_path, SystemClock())

    assert [each.part for each in found] == ["disk", "disk", "decoding"]
    assert "1 movies at places by chance" in found[1].text
    assert found[2].level is Level.GOOD


def test_movies_that_cannot_be_played_are_said_and_the_rest_is_read(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.mov", 8, 320, 180, rate=Fraction(30))
    (tmp_path / "b.mov").write_bytes(b"no movie")
    broken = next(each for each in examine_disk(tmp_path, SystemClock()) if each.part == "movies")

    assert broken.level is Level.POOR
    assert "b.mov" in broken.text


def test_a_slow_disk_is_named(tmp_path: Path) -> None:
    class Slow(ManualClock):
        """Every look at it takes a twentieth of a second."""

        def now(self) -> float:
            self.advance(0.05)
            return super().now()

    write_numbered(tmp_path / "a.mov", 8, 320, 180, rate=Fraction(30))
    reading = examine_disk(tmp_path, Slow())[1]

    assert reading.level >= Level.POOR
    assert "SSD" in reading.advice


def test_a_folder_without_movies_says_how_to_get_some(tmp_path: Path) -> None:
    assert "interscene demo" in examine_disk(tmp_path / "nowhere", ManualClock())[0].advice
    assert "encode" in examine_disk(tmp_path, ManualClock())[1].advice


CARD = Card("NVIDIA GeForce RTX 4090", 24564, 1024, "560.35")
CPU = {"version": "2.13.0+cpu", "cuda": None, "usable": False, "mps": False, "vision": ""}
CUDA = {"version": "2.13.0", "cuda": "12.8", "usable": True, "mps": False, "vision": ""}


def test_cards_are_read_from_what_the_driver_prints() -> None:
    printed = "NVIDIA GeForce RTX 4090, 24564, 1024, 560.35\nQuadro, [N/A], 0, 1\n"
    assert cards(lambda *_: printed) == [CARD]
    assert cards(lambda *_: None) == []


@pytest.mark.parametrize(("found", "facts", "installed", "level", "words"), [
    ([], None, False, Level.NOTE, "morphs"),
    ([CARD], None, False, Level.POOR, "card is unused"),
    ([CARD], None, True, Level.BAD, "cannot be imported"),
    ([CARD], CPU, True, Level.BAD, "card is unused"),
    ([CARD], {**CUDA, "usable": False}, True, Level.BAD, "driver is too old"),
    ([CARD], CUDA, True, Level.GOOD, "uses the card"),
    ([], CPU, True, Level.NOTE, "on the processor"),
    ([], {**CPU, "mps": True}, True, Level.GOOD, "Apple"),
    ([CARD], {**CUDA, "vision": "operator torchvision::nms does not exist"}, True, Level.BAD, "torchvision"),
])
def test_a_card_that_is_unused_is_said_plainly(found: list[Card], facts: dict[str, object] | None, installed: bool,
                                               level: Level, words: str) -> None:
    said = examine_graphics(found, facts, installed=installed, system="linux")

    assert max(each.level for each in said) is level
    assert any(words in each.text and each.level is level for each in said)


def model(folder: Path, kind: str, name: str) -> None:
    made = Model(folder / name, "ab" * 32, name, kind, "sd1", "turbo", 1, "", "epsilon", "x.safetensors", 1000,
                 Licence())
    made.folder.mkdir(parents=True)
    made.write(made.folder)


def test_models_are_named_and_broken_ones_said(tmp_path: Path) -> None:
    assert "model add" in examine_models(tmp_path / "none")[0].advice
    model(tmp_path, "lora", "lcm")
    assert examine_models(tmp_path)[0].level is Level.NOTE
    model(tmp_path, "checkpoint", "sd-turbo")
    (finding,) = examine_models(tmp_path)
    assert finding.level is Level.GOOD
    assert "sd-turbo" in finding.text
    (tmp_path / "lcm" / "model.json").write_text("{")
    broken, _ = examine_models(tmp_path)
    assert broken.level is Level.POOR
    assert "add the model again" in broken.advice


def test_a_page_of_findings_puts_the_advice_below_and_sums_up() -> None:
    good, bad = Finding(Level.GOOD, "ports", "free"), Finding(Level.BAD, "disk", "slow " * 30, "take another")
    lines = page([good, bad])

    assert lines[0] == "ok   ports     free"
    assert any(line.strip() == "→ take another" for line in lines)
    assert all(len(line) <= 100 for line in lines)
    assert lines[-1] == "one thing to look at before a show: disk"
    assert page([good])[-1] == "nothing stands in the way of a show"
