"""MIDI time code, MIDI clock and labels: what arrives is where the sender is, and nothing breaks them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from time_senders import clocks, full_frame, pieces, quarter_frames, quarter_frames_back

from server.errors import InputError
from server.protocol.timecode.counting import COUNTINGS, agreed, parse_timecode
from server.protocol.timecode.heard import ClockHeard, MtcHeard
from server.protocol.timecode.midi_clock import MidiClockDecoder
from server.protocol.timecode.mtc import TYPES, MtcDecoder

names = st.sampled_from(sorted(COUNTINGS))
bytes_ = st.lists(st.integers(0, 255), max_size=12)
HOUR = "01:00:00:00"


# labels ---------------------------------------------------------------------------------------


@given(names, st.integers(0, 3_000_000))
def test_a_label_names_its_frame(name: str, frame: int) -> None:
    counting = COUNTINGS[name]
    frame %= counting.day
    label = counting.label(frame)
    assert counting.frame(*(int(word) for word in label.replace(";", ":").split(":"))) == frame
    assert counting.frame_at(parse_timecode(label, counting)) == frame


def test_drop_frame_leaves_out_two_labels_a_minute_but_not_each_tenth() -> None:
    drop = COUNTINGS["29.97df"]
    assert drop.label(1799) == "00:00:59;29"
    assert drop.label(1800) == "00:01:00;02"
    assert drop.label(17981) == "00:09:59;29"
    assert drop.label(17982) == "00:10:00;00"
    assert drop.day == 2_589_408
    assert drop.label(drop.day) == "00:00:00;00"
    assert drop.seconds(drop.frame(1, 0, 0, 0)) == pytest.approx(3600, abs=0.004)
    with pytest.raises(InputError, match="left out"):
        drop.frame(0, 1, 0, 1)


def test_thirty_without_drop_runs_late_against_the_wall() -> None:
    assert COUNTINGS["29.97"].seconds(30 * 3600) == pytest.approx(3603.6)


@pytest.mark.parametrize(("text", "seconds"), [
    ("01:00:00:12", 3600.48), (" 00:00:01:00 ", 1.0), ("00:00:01.5", 1.5), ("2:30", 150.0), ("3600.25", 3600.25),
    ("0", 0.0), ("90", 90.0), ("23:59:59:24", 86399.96), ("01:00:00;00", 3599.9964),
])
def test_timecode_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_timecode(text, COUNTINGS["25"]) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize("text", [
    "", ":", "1:2:3:4:5", "00:00:00:25", "24:00:00:00", "-1", "1e5", "nan", "00:60:00:00", "00:61", "86400", "1:60:00",
    "٣:00", "00:00:00:", "x" * 500, "00;01;00;00", "1.", "0:0:0:-1",
])
def test_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_timecode(text, COUNTINGS["25"])
    assert len(str(refused.value)) < 250


@given(st.text(max_size=40), names)
def test_any_text_is_a_time_or_refused(text: str, name: str) -> None:
    try:
        seconds = parse_timecode(text, COUNTINGS[name])
    except InputError:
        return
    assert 0 <= seconds < 86500


def test_a_sender_that_cannot_tell_film_from_pulled_down_film_is_told_by_us() -> None:
    assert agreed("30", "29.97").name == "29.97"
    assert agreed("24", "23.976").name == "23.976"
    assert agreed("25", "29.97").name == "25"
    assert agreed("29.97df", "30").name == "29.97df"
    assert agreed("30", "29.97df").name == "30"


# MTC ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counting", TYPES)
def test_quarter_frames_tell_every_quarter_once_the_first_group_is_whole(counting: str) -> None:
    first = COUNTINGS[counting].frame(1, 2, 3, 4)
    decoder = MtcDecoder("port")
    heard = [decoder.feed(data, at) for at, data in quarter_frames(first, 50, counting)]
    assert heard[:7] == [None] * 7
    for k, one in enumerate(heard[7:], start=7):
        assert one is not None
        assert (one.frame, one.counting, one.direction) == (first + k / 4, counting, 1)
        assert one.at == pytest.approx(float(k / 4 / COUNTINGS[counting].rate))


@pytest.mark.parametrize("counting", TYPES)
def test_backwards_the_place_is_known_at_piece_0(counting: str) -> None:
    first = COUNTINGS[counting].frame(0, 10, 0, 4)
    decoder = MtcDecoder("port")
    heard = [decoder.feed(data, at) for at, data in quarter_frames_back(first, 20, counting)]
    assert heard[:7] == [None] * 7
    assert [one.frame for one in heard[7:] if one] == [first - k / 4 for k in range(len(heard) - 7)]
    assert {one.direction for one in heard[7:] if one} == {-1}


def test_turning_round_begins_anew() -> None:
    decoder = MtcDecoder("port")
    sent = list(quarter_frames(1000, 5, "25"))
    for at, data in sent:
        decoder.feed(data, at)
    back = [decoder.feed(data, at) for at, data in quarter_frames_back(1008, 3, "25", start=sent[-1][0] + 0.01)]
    places = [one.frame for one in back if one is not None]
    assert places[0] == 1008
    assert places == sorted(places, reverse=True)


def test_what_comes_in_the_middle_waits_for_a_whole_group() -> None:
    sent = list(quarter_frames(500, 4, "30"))
    decoder = MtcDecoder("port")
    heard = [decoder.feed(data, at) for at, data in sent[3:]]
    first = next(one for one in heard if one is not None)
    assert first.frame == 502 + 7 / 4


def test_a_lost_piece_is_never_guessed() -> None:
    decoder = MtcDecoder("port")
    sent = list(quarter_frames(500, 12, "30"))
    heard = [decoder.feed(data, at) for n, (at, data) in enumerate(sent) if n != 37]
    truth = {at: 500 + n / 4 for n, (at, _) in enumerate(sent)}
    assert all(one is None or one.frame == truth[one.at] for one in heard)
    assert heard[37] is None
    assert heard[-1] is not None


def test_a_sender_that_stopped_meanwhile_begins_anew() -> None:
    decoder = MtcDecoder("port")
    for at, data in list(quarter_frames(500, 4, "25"))[:-4]:
        decoder.feed(data, at)
    later = list(quarter_frames(9000, 3, "25", start=60.0))[4:]
    heard = [decoder.feed(data, at) for at, data in later]
    assert next(one.frame for one in heard if one) == 9002 + 7 / 4


def test_a_full_frame_says_where_a_sender_stands() -> None:
    heard = MtcDecoder("port").feed(full_frame("01:00:00:12", "25"), 3.0)
    assert heard == MtcHeard("port", 3.0, 90_012.0, "25", 0)


def test_labels_that_do_not_exist_are_no_place() -> None:
    decoder = MtcDecoder("port")
    assert decoder.feed([0xF0, 0x7F, 0x7F, 1, 1, 0x20, 0, 0, 25, 0xF7], 0.0) is None
    wrong = [{4: 0x4F, 5: 0x53}.get(data >> 4, data) for data in pieces(500, "25")]
    assert [decoder.feed([0xF1, data], n / 100) for n, data in enumerate(wrong)] == [None] * 8


# MIDI clock -----------------------------------------------------------------------------------


def test_ticks_are_counted_from_the_start_of_the_song() -> None:
    decoder = MidiClockDecoder("port")
    start = decoder.feed([0xFA], 0.99)
    assert start == ClockHeard("port", 0.99, 0.0, "start")
    ticks = [decoder.feed(data, at) for at, data in clocks(120, 1.0, start=1.0)]
    assert [one.beats * 24 for one in ticks if one] == list(range(48))
    assert [one.kind for one in ticks if one][:2] == ["first", "tick"]


def test_stopped_it_ticks_on_and_continues_where_it_stopped() -> None:
    decoder = MidiClockDecoder("port")
    decoder.feed([0xFA], 0.0)
    for at, data in clocks(120, 1.0):
        decoder.feed(data, at)
    stop = decoder.feed([0xFC], 1.0)
    ticking = [decoder.feed([0xF8], 1.0 + n / 48) for n in range(5)]
    go_on = decoder.feed([0xFB], 2.0)
    tick = decoder.feed([0xF8], 2.01)
    assert stop is not None
    assert (stop.kind, stop.beats) == ("stop", 2.0)
    assert [one.beats * 24 for one in ticking if one] == [48, 49, 50, 51, 52]
    assert go_on is not None
    assert (go_on.kind, go_on.beats) == ("start", 2.0)
    assert tick is not None
    assert (tick.kind, tick.beats) == ("first", 2.0)


def test_a_song_position_is_counted_in_sixteenths() -> None:
    decoder = MidiClockDecoder("port")
    said = decoder.feed([0xF2, 0x10, 0x01], 0.0)
    decoder.feed([0xFB], 0.1)
    tick = decoder.feed([0xF8], 0.2)
    assert said is not None
    assert (said.kind, said.beats) == ("position", 36.0)
    assert tick is not None
    assert tick.beats == 36.0


@given(st.lists(st.tuples(bytes_, st.floats(0, 1)), max_size=60))
def test_no_bytes_break_a_decoder(messages: list[tuple[list[int], float]]) -> None:
    clock, mtc, at = MidiClockDecoder("port"), MtcDecoder("port"), 0.0
    for data, gap in messages:
        at += gap
        ticked, placed = clock.feed(data, at), mtc.feed(data, at)
        assert ticked is None or ticked.beats >= 0
        assert placed is None or 0 <= placed.frame < COUNTINGS[placed.counting].day + 2
