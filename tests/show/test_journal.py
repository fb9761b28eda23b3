"""What is kept of what came in: always what was not done, the rest while somebody looks; the same again is one line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from stage import PERSON, Stage

from server.app.message_lines import message_panel
from server.protocol.command import Forward, Rejection, Source
from server.protocol.encode import message
from server.show.journal import KEYS_MAX, LINES_MAX, LONGEST, LOOKING, TOGETHER, Journal, source_text


def told(stage: Stage, after: int = 0) -> list[dict[str, object]]:
    return list(message_panel(stage.show.journal, after, stage.now)["lines"])


def looking(stage: Stage) -> Stage:
    stage.show.journal.look(stage.now)
    return stage


def test_what_goes_well_is_kept_while_somebody_looks() -> None:
    stage = Stage()
    stage.do("/clock/tempo", 100.0)
    assert told(stage) == []
    looking(stage).do("/clock/tempo", 110.0)
    line, = told(stage)
    assert (line["address"], line["args"], line["outcome"]) == ("/clock/tempo", "110", "done")
    stage.now += LOOKING
    stage.do("/clock/tempo", 120.0)
    assert len(told(stage)) == 1, "nobody has looked for a while"


def test_what_is_not_done_is_always_kept_in_words() -> None:
    stage = Stage()
    stage.do("/dek/1/play")
    stage.do("/deck/2/play")
    unknown, early = told(stage)
    assert (unknown["address"], unknown["outcome"], unknown["code"]) == ("/dek/1/play", "refused", "address")
    assert "no endpoint" in str(unknown["text"])
    assert (early["code"], early["means"]) == ("not-now", "")
    assert "nothing on screen" in str(early["text"])


def test_a_line_says_what_was_sent_and_what_it_meant() -> None:
    stage = looking(Stage())
    for address, args, means in (("/play/MovieIndex1", (0.3,), "/deck/1/position"), ("/frame", (7,), ""),
                                 ("/deck/2/frame", (7,), "")):
        before = stage.show.journal.newest
        stage.do(address, *args)
        line = told(stage, before)[0]
        assert (line["address"], line["means"]) == (address, means)
    stage.do("/deck/*/speed", 0.5)
    assert {line["means"] for line in told(stage) if line["address"] == "/deck/*/speed"} == {
        "/deck/1/speed", "/deck/2/speed"}


def test_questions_relative_values_and_this_are_said_as_they_came() -> None:
    stage = looking(Stage())
    stage.do("/clock/tempo", "?")
    stage.do("/clock/tempo", "+", 5.0)
    stage.do("/deck/1/take/this")
    lines = told(stage)
    assert [(line["address"], line["args"]) for line in lines[:2]] == [("/clock/tempo", "?"), ("/clock/tempo", "+ 5")]
    assert lines[0]["outcome"] == "told"
    assert (lines[2]["address"], lines[2]["means"]) == ("/deck/1/take/this", "")


def test_a_fader_is_one_line_with_a_rate() -> None:
    stage = looking(Stage())
    for number in range(61):
        stage.now = number / 60
        stage.do("/master/level", number / 100)
    line, = told(stage)
    assert (line["count"], line["rate"], line["args"]) == (61, 60.0, "0.6")
    stage.now += TOGETHER + 0.1
    stage.do("/master/level", 0.9)
    assert len(told(stage)) == 2, "a new move is a new line"


def test_a_line_that_goes_on_begins_anew_and_is_told_again() -> None:
    journal = Journal()
    rejection = Rejection("address", "no", PERSON, "/x")
    now = 0.0
    while now <= LONGEST + 1:
        journal.refused(rejection, "address", "no", now)
        now += 0.5
    assert len(journal.lines) == 2
    seen = journal.newest
    assert journal.since(seen) == []
    journal.refused(rejection, "address", "no", now)
    assert [line.id for line in journal.since(seen)] == [2]


def test_messages_for_touchdesigner_say_whether_it_is_there() -> None:
    journal = Journal()
    journal.look(0.0)
    packet = Forward(message("/FX/blur", 0.5), PERSON)
    journal.forwarded(packet, 0, 0.0)
    journal.forwarded(packet, 2, 0.1)
    journal.forwarded(packet, 2, 0.2)
    lines = message_panel(journal, 0, 0.3)["lines"]
    assert [(line["address"], line["args"], line["outcome"]) for line in lines] == [
        ("/FX/blur", "0.5", "alone"), ("/FX/blur", "0.5", "forwarded")]
    assert [line["count"] for line in lines] == [1, 2]


def test_senders_are_named() -> None:
    assert source_text(Source("10.0.0.9", 9000)) == "10.0.0.9:9000"
    assert source_text(Source("10.0.0.9", 51000, "http")) == "page 10.0.0.9"
    assert source_text(Source("127.0.0.1", 0, "http")) == "this server"


@given(st.lists(st.tuples(st.integers(0, 3000), st.floats(0, 5)), max_size=400))
def test_it_stays_bounded_and_loses_no_count(sends: list[tuple[int, float]]) -> None:
    journal, now = Journal(), 0.0
    for number, pause in sends:
        now += pause
        journal.refused(Rejection("address", "no", PERSON, f"/{number}"), "address", "no", now)
    assert len(journal.lines) <= LINES_MAX
    assert len(journal._together) <= KEYS_MAX
    assert journal.newest == len(sends)
    if len(journal.lines) < LINES_MAX:
        assert sum(line.count for line in journal.lines) == len(sends)


def test_what_others_have_pushed_out_is_told_when_it_comes_again() -> None:
    journal = Journal()
    source = Source("10.0.0.1", 9)
    for number in range(LINES_MAX + 1):
        journal.refused(Rejection("address", "no", source, f"/flood/{number}"), "address", "no", 1.0)
    journal.refused(Rejection("address", "no", source, "/flood/0"), "address", "no", 1.0 + TOGETHER / 2)
    newest = journal.lines[-1].item
    assert isinstance(newest, Rejection)
    assert newest.address == "/flood/0"
