"""When the renderer says hello and reports health, with injected time."""

from itertools import pairwise

from td_extensions.link_model import HEALTH_EVERY, HELLO_EVERY, LOST_AFTER, LinkModel


def test_it_says_hello_until_it_is_welcomed() -> None:
    link = LinkModel()
    assert link.due(0.0) == ["hello"]
    assert link.due(HELLO_EVERY / 2) == []
    assert link.due(HELLO_EVERY) == ["hello"]
    assert link.welcomed(7, 1.0)
    assert link.linked(1.0)
    assert link.due(1.0) == ["health"]


def test_health_comes_every_second() -> None:
    link = LinkModel()
    link.welcomed(7, 0.0)
    times = []
    for n in range(600):
        link.heard(n / 60)
        if link.due(n / 60) == ["health"]:
            times.append(n / 60)
    assert len(times) == 10
    assert all(abs(b - a - HEALTH_EVERY) < 0.02 for a, b in pairwise(times))


def test_a_silent_server_is_looked_for_within_a_second() -> None:
    link = LinkModel()
    link.due(0.0)
    link.welcomed(7, 9.9)
    link.heard(10.0)
    assert "hello" not in link.due(10.0 + LOST_AFTER - 0.01)
    assert "hello" in link.due(10.0 + LOST_AFTER)
    assert LOST_AFTER + HELLO_EVERY <= 1.0


def test_only_another_session_starts_over() -> None:
    link = LinkModel()
    assert link.welcomed(7, 0.0)
    assert not link.welcomed(7, 1.0)
    assert link.welcomed(8, 2.0)


def test_a_stream_that_comes_back_links_only_after_a_welcome() -> None:
    link = LinkModel()
    link.welcomed(7, 0.0)
    link.heard(0.1)
    hellos = 0
    for n in range(600):
        now = 0.1 + LOST_AFTER + n / 60
        link.heard(now)
        assert not link.linked(now)
        hellos += "hello" in link.due(now)
    assert hellos == 20, "every welcome was lost: it goes on asking"
    assert link.welcomed(8, 11.0)
    link.heard(11.4)
    assert link.linked(11.4)


def test_a_stream_before_any_welcome_links_nothing() -> None:
    link = LinkModel()
    link.heard(1.0)
    assert not link.linked(1.0)
    assert "hello" in link.due(1.0)
