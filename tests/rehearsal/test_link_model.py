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
    link.welcomed(7, 0.1)
    link.heard(10.0)
    assert "hello" not in link.due(10.0 + LOST_AFTER - 0.01)
    assert "hello" in link.due(10.0 + LOST_AFTER)
    assert LOST_AFTER + HELLO_EVERY <= 1.0


def test_only_another_session_starts_over() -> None:
    link = LinkModel()
    assert link.welcomed(7, 0.0)
    assert not link.welcomed(7, 1.0)
    assert link.welcomed(8, 2.0)
