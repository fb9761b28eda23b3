"""What can be made a job of can be sent: nothing that a person wrote may end a worker."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from toys import end, job

from server.errors import OutOfRange
from server.render.fields import JPEG_MAX, TEXT_MAX
from server.render.job import FRAMES_MOST, End, Job, PictureJob, TransitionJob, job_from_document
from server.render.messages import Failed, Note, Start, decoded, encoded

MOST = [
    PictureJob("p", "r" * TEXT_MAX, 10 ** 99, (16, 8192), "m" * 200, "n" * TEXT_MAX),
    TransitionJob("t", End(b"x", "h" * 200, "n" * TEXT_MAX, "p" * TEXT_MAX, "n" * TEXT_MAX, -10 ** 99, 50.0, "s" * 200),
                  end("b"), "m" * 40, 5, (16, 16), Fraction(1, (1 << 31) - 1), model="m" * 200,
                  batches=(64,) * FRAMES_MOST)]
TOO_MUCH: list[Callable[[], object]] = [
    lambda: PictureJob("p", "r" * (TEXT_MAX + 1), 1, (64, 64), "m"),
    lambda: PictureJob("p", "r", 1, (64, 64), "m", "n" * (TEXT_MAX + 1)),
    lambda: PictureJob("p", "r", 1, (64, 64), "m" * 201),
    lambda: PictureJob("p", "r", 10 ** 100, (64, 64), "m"),
    lambda: End(b"x", "h" * 201),
    lambda: End(b"x", "h", "n" * (TEXT_MAX + 1)),
    lambda: End(b"x", "h", "", "p" * (TEXT_MAX + 1)),
    lambda: End(b"x", "h", "", "", "n" * (TEXT_MAX + 1)),
    lambda: End(b"x", "h", source="s" * 201),
    lambda: End(bytes(JPEG_MAX + 1), "h"),
    lambda: job("t", "m" * 41),
    lambda: job("t", model="m" * 201),
    lambda: job("t", batches=(1,) * (FRAMES_MOST + 1)),
    lambda: TransitionJob("t", end("a"), end("b"), "morph", 5, (64, 64), Fraction(1, 1 << 31)),
    lambda: TransitionJob("t", end("a"), end("b"), "morph", 5, (64, 64), Fraction((1 << 32) + 1, 1 << 31))]


@pytest.mark.parametrize("most", MOST)
def test_the_largest_job_that_there_can_be_is_understood_by_the_worker(most: Job) -> None:
    assert job_from_document(most.document()) == most
    assert decoded(encoded(Start(most, 1))[4:]) == Start(most, 1)


@pytest.mark.parametrize("make", TOO_MUCH)
def test_what_is_larger_is_refused_before_it_is_a_job(make: Callable[[], object]) -> None:
    with pytest.raises(OutOfRange):
        make()


@pytest.mark.parametrize("message", [Note("j", 1, "prompt", "word " * 5000), Failed("j", 1, "input", "word " * 5000)])
def test_words_of_the_worker_are_cut_and_not_refused(message: Note | Failed) -> None:
    told = decoded(encoded(message)[4:])
    assert isinstance(told, type(message))
    assert message.text.startswith(told.text)
