"""The worker's morphs: on all cores but one, the same on any number of them, and from any frame on."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import pytest

from server.errors import InputError
from server.media.jpeg import decode_rgb, encode_planes, encode_rgb
from server.production.art import draw
from server.render.child import morphing
from server.render.child.control import LiveControl
from server.render.child.morphing import MorphGenerator
from server.render.job import End, TransitionJob
from server.render.messages import Loaded, Message, Start
from server.render.morph import Morph

SIZE = (160, 90)
FRAMES = 7


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """OpenCV's own threads, put back afterwards."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.fixture(scope="module")
def job() -> TransitionJob:
    ends = [End(encode_rgb(draw(kind, 3, *SIZE), 92), kind) for kind in ("silk", "cells")]
    return TransitionJob("j", ends[0], ends[1], "morph", FRAMES, SIZE, seed=5, even=False)


def made(job: TransitionJob, said: list[Message] | None = None) -> dict[int, bytes]:
    told: list[Message] = [] if said is None else said
    control = LiveControl(lambda: 0.0, told.append, FRAMES)
    control.hear(Start(job, 1, None))
    control.next_job()
    return dict(MorphGenerator(None, {}).transition(job, control))


@pytest.mark.parametrize(("there", "used"), [(1, 1), (2, 1), (8, 7)])
def test_one_core_is_left_free(job: TransitionJob, monkeypatch: pytest.MonkeyPatch, there: int, used: int) -> None:
    monkeypatch.setattr(morphing, "cores", lambda: there)
    said: list[Message] = []

    made(job, said)

    assert [message.facts["threads"] for message in said if isinstance(message, Loaded)] == [used]
    assert cv2.getNumThreads() == 1


def test_frames_do_not_depend_on_the_cores_nor_on_where_it_begins(job: TransitionJob,
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(morphing, "cores", lambda: 2)
    alone = made(job)
    monkeypatch.setattr(morphing, "cores", lambda: 6)

    assert list(alone) == [1, 2, 3, 4, 5]
    assert made(job) == alone
    assert made(job.from_frame(4)) == {number: alone[number] for number in (4, 5)}


def test_they_are_what_a_morph_makes_anywhere(job: TransitionJob) -> None:
    morph = Morph(decode_rgb(job.first.jpeg), decode_rgb(job.second.jpeg), job.seed, frames=FRAMES, even=False)

    assert made(job)[3] == encode_planes(*morph.planes(3 / (FRAMES - 1)), job.quality)


def test_ends_of_another_size_are_refused(job: TransitionJob) -> None:
    other = TransitionJob("j", job.first, End(encode_rgb(draw("silk", 3, 80, 60), 92), "x"), "morph", FRAMES, SIZE)

    with pytest.raises(InputError, match="80×60"):
        made(other)
