"""What a page hears of its commands: the first answer, and nothing breaks where nobody listens any more."""

from __future__ import annotations

from concurrent.futures import Future

from server.app.show_port import _resolve
from server.frontends.ports import Answer


def test_the_first_answer_counts() -> None:
    future: Future[Answer] = Future()

    _resolve(future, ("/error", ("1", "missing", "there is no such movie")))
    _resolve(future, ("/ack", ("1",)))

    assert future.result(0) == Answer("missing", "there is no such movie")


def test_a_page_that_went_away_does_not_stop_the_show() -> None:
    future: Future[Answer] = Future()
    assert future.cancel()

    _resolve(future, ("/ack", ("1",)))

    assert future.cancelled()
