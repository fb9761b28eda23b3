"""Messages and jobs survive the wire in any pieces; whatever else comes is refused, and by no other error."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import InputError, IntersceneError, OutOfRange, WireDamaged
from server.render.job import End, Job, PictureJob, TransitionJob, fingerprint, job_from_document
from server.render.messages import (
    Budget,
    Cancel,
    Credit,
    Decoder,
    Done,
    Failed,
    Frame,
    Hello,
    Loaded,
    Message,
    Note,
    Pause,
    Ping,
    Pong,
    Progress,
    Retarget,
    Skip,
    Start,
    Welcome,
    decoded,
    encoded,
)

TEXT = st.text(st.characters(codec=None), max_size=20)
SEEDS = st.integers(-10 ** 99, 10 ** 99)
ENDS = st.builds(End, st.binary(max_size=30), TEXT, TEXT, TEXT, TEXT, st.none() | SEEDS,
                 st.none() | st.floats(0, 50), TEXT)
SIZES = st.tuples(st.integers(16, 8192), st.integers(16, 8192))
IDS = st.text(min_size=1, max_size=20)
TRANSITIONS = st.builds(
    TransitionJob, IDS, ENDS, ENDS, st.sampled_from(["morph", "bridge"]), st.integers(3, 36_000), SIZES,
    st.fractions(1, 240, max_denominator=1001), st.integers(1, 100), SEEDS, TEXT, st.none() | st.integers(1, 150),
    st.floats(0, 1), st.none() | st.floats(0, 50), st.sampled_from(["lerp", "slerp"]), st.booleans(),
    st.sampled_from(["tiny", "full"]), st.integers(1, 2), st.lists(st.integers(1, 64), max_size=5).map(tuple))
PICTURES = st.builds(PictureJob, IDS, TEXT, SEEDS, SIZES, TEXT, TEXT, st.none() | st.integers(1, 150),
                     st.none() | st.floats(0, 50), st.integers(1, 100), st.sampled_from(["tiny", "full"]))
JOBS: st.SearchStrategy[Job] = TRANSITIONS | PICTURES
ATTEMPTS = st.integers(0, 100)
FACTS = st.dictionaries(TEXT, st.none() | st.booleans() | st.integers(0, 9) | TEXT | st.binary(max_size=9)
                        | st.lists(st.floats(allow_nan=False), max_size=3), max_size=3)
TIMES = st.floats(-100, 1e6)
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(Hello, st.integers(0, 9), FACTS), st.builds(Welcome, st.integers(0, 9), TEXT, FACTS, FACTS,
                                                          st.integers(1, 99), st.integers(0, 1 << 40)),
    st.builds(Start, JOBS, ATTEMPTS, st.none() | TIMES), st.builds(Cancel, IDS, ATTEMPTS),
    st.builds(Skip, IDS, ATTEMPTS, st.none() | SEEDS), st.builds(Retarget, IDS, ATTEMPTS, ATTEMPTS, TRANSITIONS),
    st.builds(Pause, st.booleans()), st.builds(Budget, st.floats(0, 100), st.floats(0, 1)),
    st.builds(Credit, st.integers(1, 99)), st.builds(Ping, ATTEMPTS), st.builds(Pong, ATTEMPTS, TIMES),
    st.builds(Loaded, IDS, ATTEMPTS, FACTS), st.builds(Frame, IDS, ATTEMPTS, ATTEMPTS, st.binary(max_size=99)),
    st.builds(Progress, IDS, ATTEMPTS, ATTEMPTS, ATTEMPTS, st.none() | TIMES),
    st.builds(Note, IDS, ATTEMPTS, TEXT, TEXT), st.builds(Done, IDS, ATTEMPTS, FACTS),
    st.builds(Failed, IDS, ATTEMPTS, TEXT, TEXT, st.booleans(), st.booleans()))


@given(st.lists(MESSAGES, max_size=4), st.integers(1, 50))
def test_messages_come_out_as_they_went_in_whatever_the_pieces(messages: list[Message], piece: int) -> None:
    data, decoder, found = b"".join(map(encoded, messages)), Decoder(), []
    for begin in range(0, len(data), piece):
        found += decoder.feed(data[begin:begin + piece])
    assert found == messages


@given(st.binary(max_size=200))
def test_whatever_comes_only_our_error_is_raised(data: bytes) -> None:
    for read in (lambda: list(Decoder().feed(data)), lambda: decoded(data)):
        try:
            read()
        except WireDamaged:
            continue


VALUES = st.recursive(st.none() | st.booleans() | st.integers(-2 ** 63, 2 ** 64 - 1) | st.floats() | st.text(max_size=5)
                      | st.binary(max_size=5), lambda inner: st.lists(inner, max_size=3)
                      | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8)


@given(MESSAGES, st.data())
def test_a_message_with_any_field_changed_is_read_or_refused(message: Message, data: st.DataObject) -> None:
    document = msgpack.unpackb(encoded(message)[4:], unicode_errors="surrogatepass")
    document[data.draw(st.sampled_from(sorted(document)))] = data.draw(VALUES)
    body = msgpack.packb(document, unicode_errors="surrogatepass")
    try:
        read = decoded(body)
    except WireDamaged:
        return
    assert decoded(encoded(read)[4:]) == read


@given(JOBS, st.data())
def test_a_job_with_any_field_changed_is_read_or_refused(job: Job, data: st.DataObject) -> None:
    document = job.document()
    document[data.draw(st.sampled_from(sorted(document)))] = data.draw(VALUES)
    try:
        read = job_from_document(document)
    except InputError:
        return
    assert job_from_document(read.document()) == read


@given(JOBS)
def test_a_job_is_a_map_and_back(job: Job) -> None:
    assert job_from_document(job.document()) == job


@pytest.mark.parametrize("data", [struct.pack(">I", 1 << 31), b"\0\0\0\1\xc1", encoded(Ping(1))[:4] + b"\x80" * 20])
def test_nonsense_is_refused_at_once(data: bytes) -> None:
    with pytest.raises(WireDamaged):
        list(Decoder().feed(data))


def test_what_cannot_be_sent_is_said() -> None:
    with pytest.raises(WireDamaged, match="loaded"):
        encoded(Loaded("a", 1, {"odd": object()}))


END = End(b"\xff\xd8\xff\xd9", "h")
JOB = TransitionJob("j", END, END, "morph", 61, (640, 360))


@pytest.mark.parametrize(("change", "words"), [
    ({"frames": 2}, "3 to 36000"), ({"frames": 10 ** 9}, "36000"), ({"size": (8, 8)}, "16×16"),
    ({"size": (10_000, 100)}, "8192"), ({"quality": 0}, "1 to 100"), ({"steps": 0}, "150"), ({"steps": 10_000}, "150"),
    ({"depth": 1.5}, "0 to 1"), ({"depth": float("nan")}, "0 to 1"), ({"guidance": -1.0}, "50"), ({"start": 0}, "1"),
    ({"start": 61}, "60"), ({"batches": (0,)}, "64"), ({"batches": (1, 1000)}, "64"), ({"rate": Fraction(0)}, "1000"),
    ({"seed": 10 ** 100}, "100 digits"), ({"id": ""}, "id"), ({"embedding": "cubic"}, "lerp, slerp"),
    ({"decoder": "huge"}, "tiny, full")])
def test_an_absurd_job_is_refused_and_says_what_is_possible(change: dict[str, Any], words: str) -> None:
    with pytest.raises((InputError, OutOfRange), match=words):
        replace(JOB, **change)


def test_errors_of_jobs_are_ours() -> None:
    for document in (None, [], {}, {"kind": "transition"}, {"kind": "picture"}, {"kind": {}}, {1: 2}):
        with pytest.raises(IntersceneError):
            job_from_document(document)


def test_a_fingerprint_is_of_what_is_made_and_of_nothing_else() -> None:
    same = replace(JOB, id="other", start=5, batches=(1, 2))
    assert fingerprint(same) == fingerprint(JOB)
    others = [replace(JOB, seed=1), replace(JOB, second=replace(END, jpeg=b"x")), replace(JOB, quality=80),
              PictureJob("j", "p", 1, (64, 64), "m")]
    assert len({fingerprint(each) for each in [JOB, *others]}) == 5
