"""A show put away in the middle and made again goes on with the same bytes as the one that was left alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making_stage import MakingStage
from stage import PERSON, TICK, Renderer, Stage, marked_movie
from walks import Slow, WalkStage

from server.errors import ArchiveDamaged
from server.library.songs.stories import Story, StorySection
from server.protocol.command import Source
from server.protocol.controllers.control import Control, Moved
from server.protocol.controllers.mapping_file import read_mappings
from server.protocol.targets import Targets
from server.show import log_format
from server.show.archive import packed, unpacked
from server.show.control_events import ControlsRead, DevicesSeen
from server.show.events import SendBytes, WorkerTold
from server.show.log_format import Head, Recorded, SegmentPacker, SegmentReader, Streamed, head_bytes
from server.show.making_state import Worker
from server.show.memory import recalled, remembered
from server.show.memory_state import Memory, Portrait
from server.show.replay import Verifier
from server.show.scribe import Began, Came, Flushed, Scribe, Step, Ticked

EVERY = 11
"""Of so many chances one is taken: a number that no scenario has a rhythm with."""


class Transplanted(Stage):
    """Its show is put away and made again, over and over."""

    chances = 0

    def feed(self, items: Iterable[Any]) -> None:
        self._again()
        super().feed(items)

    def wait(self, seconds: float) -> Any:
        for _ in range(round(seconds / TICK)):
            self._again()
            super().wait(TICK)
        return self

    def _again(self) -> None:
        self.chances += 1
        if not self.show.outbox and self.chances % EVERY == 0:
            self.show = recalled(unpacked(packed(remembered(self.show))))


class TransplantedWalk(Transplanted, WalkStage):
    pass


class TransplantedMaking(Transplanted, MakingStage):
    pass


def fades(stage: Stage) -> None:
    stage.disk["marked.mov"] = marked_movie()
    td, other = Renderer(stage), Renderer(stage, "other", 8502)
    stage.do("/deck/1/load", "a.mov").wait(0.1)
    td.ready()
    stage.wait(0.4)
    other.say("failed", other.asked()[-1][0], "no such file")
    stage.do("/deck/1/load", "marked.mov", 1.0, "#1").wait(0.1)
    td.ready()
    stage.do("/deck/1/frame", "nonsense").do("/deck/2/prepare", "c.mov", "#2").do("/clock/tap").wait(0.5)
    stage.do("/clock/tap").do("/deck/1/freeze", True).do("/system/hello", "x", 9100, 9101, source=Source("1.1.1.1", 5))
    stage.do("/deck/1/load", "gone.mov", "#3").wait(0.5).do("/deck/1/freeze", False).do("/panic").wait(0.4)


def walks(stage: Stage) -> None:
    assert isinstance(stage, WalkStage)
    stage.begin()
    td = Slow(stage)
    stage.do("/deck/1/go/auto", True)
    td.wait(2.5)
    stage.do("/deck/1/go/picture", "d", "#1").do("/deck/1/go/avoid", "b", True)
    stage.silent = True
    td.wait(1.5)
    stage.silent = False
    stage.story = Story("s", "s", (StorySection("one", "a.mov", 50), StorySection("two", "b.mov", 50)))
    stage.do("/deck/2/cue/story", "s", "#2").do("/deck/2/cue/go")
    td.wait(1.0)


def makes(stage: Stage) -> None:
    assert isinstance(stage, MakingStage)
    pair = ("a-1", "x-9")
    td = Slow(stage.begin())
    stage.do("/go/picture", "x", "#1")
    td.wait(0.3)
    stage.feed([WorkerTold(Worker("ready", "cpu"))])
    stage.do("/generate/transition", "b", "y", "#5").grow(pair, 10, due=1.0)
    td.wait(0.5)
    stage.grow(pair, 40, due=0.2)
    td.wait(0.5)
    stage.finish(pair)
    td.wait(1.5)


def moves(stage: Stage) -> None:
    file = read_mappings('[[mapping]]\nmidi = "cc 7"\nrow = "/deck/1/speed"\nrange = [0, 2]\npickup = true\n'
                         '[[mapping]]\nmidi = "cc 8"\nrow = "/deck/1/frame"\nencoder = "relative"\n'
                         '[[mapping]]\nosc = "/1/push"\nrow = "/deck/1/play"\nquantise = "bar"\n', Targets(2))
    stage.feed([ControlsRead("global", "/m/controllers.toml", file), DevicesSeen(("knobs",))])
    Renderer(stage)
    stage.do("/deck/1/load", "a.mov").wait(0.2)
    for step in range(20):
        stage.feed([Moved(Control("cc", "knobs", 7, 1), (float(step * 6),), PERSON),
                    Moved(Control("cc", "knobs", 8, 1), (1.0,), PERSON)])
        stage.feed([Moved(Control("osc", "/1/push"), (float(step % 2),), PERSON)])
        stage.wait(0.05)
    stage.do("/learn/start", "/deck/1/fade")
    for value in range(30):
        stage.feed([Moved(Control("cc", "knobs", 9, 1), (float(value),), PERSON)])
        stage.wait(0.02)
    stage.wait(0.6)


def walking() -> dict[str, Any]:
    return {"pairs": (("a-1", "b-2"), ("x-9", "y-8")), "lacks": (("a-1", "x-9"),)}


@pytest.mark.parametrize(("act", "plain", "transplanted"), [
    (fades, Stage, Transplanted), (moves, Stage, Transplanted), (walks, WalkStage, TransplantedWalk),
    (makes, lambda: MakingStage(**walking()), lambda: TransplantedMaking(**walking()))], ids=lambda one: getattr(
        one, "__name__", ""))
def test_a_show_that_was_made_again_does_the_same(act: Callable[[Stage], None], plain: Callable[[], Stage],
                                                  transplanted: Callable[[], Stage]) -> None:
    one, other = plain(), transplanted()
    act(one)
    act(other)
    assert other.sent == one.sent
    assert other.said == one.said
    assert [type(event) for event in other.events] == [type(event) for event in one.events]
    assert other.show.state.decks[0].pictures(other.now) == one.show.state.decks[0].pictures(one.now)
    assert len(one.sent) > 100


def test_what_a_show_remembers_does_not_change_when_it_goes_on() -> None:
    stage = Stage()
    td = Renderer(stage)
    stage.do("/deck/1/load", "a.mov").wait(0.1)
    memory = remembered(stage.show)
    before = packed(memory)
    td.ready()
    stage.do("/deck/1/load", "b.mov", 1.0).do("/system/hello", "x", 1, 2, source=Source("1.1.1.1", 5)).wait(0.5)
    assert packed(memory) == before


def test_a_show_cannot_be_made_of_another_thing() -> None:
    show = Stage().show
    memory = remembered(show)
    for mind in ({"loading": 5}, {"nothing": Portrait("loading", {})}, {"received": Portrait("no such", {})},
                 {"renderers": Portrait("renderers", {"state": 1})}):
        broken = Memory(memory.state, "x", 60.0, "/m", 1, mind)
        try:
            made = recalled(broken)
        except ArchiveDamaged:
            continue
        assert "loading" in mind or "nothing" in mind
        assert made is not show


# segments -------------------------------------------------------------------------------------


def steps() -> list[Step]:
    """A short show as its thread puts it down."""
    stage, scribe = Stage(), Scribe()
    Renderer(stage)
    show, written = stage.show, []
    for number in range(1, 90):
        deadline = number / 60
        if number % 20 == 3:
            for item in stage.dispatcher.command("/deck/1/load", [("a.mov", "b.mov")[number % 2], 0.3], PERSON):
                scribe.came(item, deadline - 0.01)
                show.apply(item, deadline - 0.01)
            show.flush(deadline - 0.01)
            events = show.take_events()
            scribe.flushed(deadline - 0.01, events)
            for event in events:
                if hasattr(event, "ticket"):
                    answer = stage.answer(event)
                    scribe.came(answer, deadline - 0.005)
                    show.apply(answer, deadline - 0.005)
        show.tick(number, deadline)
        scribe.ticked(show, number, deadline, show.take_events())
        written += scribe.take()
    return [step for step in written if not isinstance(step, Ticked) or step.number > 1]


STEPS = steps()
HEAD = Head(7, 1, 1.5e9)


def segment(blocks: int = 4) -> bytes:
    packer = SegmentPacker()
    size = len(STEPS) // blocks + 1
    return head_bytes(HEAD) + b"".join(packer.block(STEPS[at:at + size]) for at in range(0, len(STEPS), size))


WHOLE = segment()


def test_a_segment_says_what_was_written_and_replays_to_the_same() -> None:
    reader = SegmentReader(WHOLE)
    read = list(reader.steps())
    assert reader.head == HEAD
    assert reader.problem == ""
    assert len(read) == len(STEPS)
    assert {type(step) for step in read} == {Began, Came, Streamed}
    assert sum(isinstance(step, Flushed) for step in STEPS) == 5
    verifier = Verifier()
    verifier.feed(read)
    assert verifier.difference is None
    assert (verifier.ticks, verifier.packets > 100) == (88, True)


def test_the_first_difference_is_found_and_said() -> None:
    read: list[Recorded] = list(SegmentReader(WHOLE).steps())
    place = next(at for at, step in enumerate(read) if isinstance(step, Streamed) and step.number == 50)
    good = read[place]
    assert isinstance(good, Streamed)
    for said, words in ((good.said._replace(checksum=1), "other bytes"), (good.said._replace(packets=9), "9 packets"),
                        (good.said._replace(events=("x",)), "1 things")):  # type: ignore[arg-type]
        verifier = Verifier()
        verifier.feed([*read[:place], good._replace(said=said), *read[place + 1:]])
        assert verifier.difference is not None
        assert verifier.difference.number == 50
        assert words in verifier.difference.text()


@given(st.integers(0, len(WHOLE)))
def test_a_torn_segment_says_all_whole_blocks(end: int) -> None:
    try:
        reader = SegmentReader(WHOLE[:end])
    except ArchiveDamaged:
        assert end < 30
        return
    read = list(reader.steps())
    assert len(read) <= len(STEPS)
    whole = end == len(WHOLE) or end in block_ends()
    assert bool(reader.problem) != whole


def block_ends() -> list[int]:
    ends = [log_format._FILE.size]
    while ends[-1] < len(WHOLE):
        size, _, _ = log_format._BLOCK.unpack_from(WHOLE, ends[-1])
        ends.append(ends[-1] + log_format._BLOCK.size + size)
    return ends


@given(st.data())
def test_damage_behind_a_right_checksum_raises_nothing(data: st.DataObject) -> None:
    start = log_format._FILE.size
    size, _, kind = log_format._BLOCK.unpack_from(WHOLE, start)
    begin = start + log_format._BLOCK.size
    body = bytearray(zlib.decompress(WHOLE[begin:begin + size]) if kind else WHOLE[begin:begin + size])
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, min(len(body), 4000) - 1))] = data.draw(st.integers(0, 255))
    block = struct.pack("<IIB", len(body), zlib.crc32(bytes(body)), 0) + bytes(body)
    reader = SegmentReader(WHOLE[:start] + block)
    verifier = Verifier()
    try:
        verifier.feed(reader.steps())
    except ArchiveDamaged:
        return


def test_a_block_that_claims_to_be_huge_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_format, "BLOCK_MAX", 1 << 16)
    bomb = zlib.compress(b"\0" * (1 << 20))
    reader = SegmentReader(head_bytes(HEAD) + struct.pack("<IIB", len(bomb), zlib.crc32(bomb), 1) + bomb)
    assert list(reader.steps()) == []
    assert "larger" in reader.problem


def test_the_scribe_leaves_out_whole_stretches_and_says_how_much() -> None:
    show, scribe = Stage(1).show, Scribe(10)
    for number in range(8):
        scribe.ticked(show, number, number / 60, [])
    taken = scribe.take()
    assert [type(step) for step in taken] == [Ticked, Began, *[Ticked] * 7]
    for number in range(30):
        scribe.ticked(show, number, number / 60, [SendBytes("h", 1, b"x")])
    assert len(scribe.take()) == 10
    assert scribe.lost == 20
    scribe.ticked(show, 31, 1.0, [])
    scribe.ticked(show, 32, 2.0, [])
    first, second = scribe.take()
    assert isinstance(first, Began)
    assert first.lost == 21
    assert isinstance(second, Ticked)
