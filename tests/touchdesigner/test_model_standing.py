"""Pictures that do not follow what is asked are noticed; those that are late, still or unseen are not spoken of."""

from __future__ import annotations

from td_extensions.standing_model import PATIENCE, StandingModel


def looked_at(frames: list[tuple[int | None, int, int]]) -> list[bool]:
    """What is said of (asked, uploaded, cooks), one look a second."""
    model = StandingModel()
    return [model.stands(0, 7, asked, uploaded, cooks, float(n)) for n, (asked, uploaded, cooks) in enumerate(frames)]


def test_one_that_cooks_and_stays_behind_is_noticed_after_a_while() -> None:
    seen = looked_at([(30 * n, 5, 60 * n) for n in range(6)])
    assert seen == [False, False, *[True] * 4]
    assert PATIENCE == 2.0


def test_one_that_moves_however_late_is_not() -> None:
    assert not any(looked_at([(30 * n, 10 * n, 60 * n) for n in range(9)]))


def test_one_that_nobody_cooks_is_not() -> None:
    assert not any(looked_at([(30 * n, 5, 100) for n in range(9)]))


def test_one_that_shows_what_is_asked_is_not() -> None:
    assert not any(looked_at([(5, 5, 60 * n) for n in range(9)]))
    assert not any(looked_at([(6, 5, 60 * n) for n in range(9)])), "blended: the lower of two neighbours"
    assert not any(looked_at([(None, 5, 60 * n) for n in range(9)]))


def test_it_is_well_again_when_it_follows_or_another_clip_is_there() -> None:
    model = StandingModel()
    for n in range(4):
        stands = model.stands(0, 7, 30 * n, 5, 60 * n, float(n))
    assert stands
    assert not model.stands(0, 7, 120, 119, 300, 4.0)
    assert not model.stands(0, 8, 500, 119, 360, 5.0)
    model.forget(0)
    assert not model.stands(0, 8, 600, 119, 900, 99.0)
