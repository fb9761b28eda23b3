"""How much one sender may send: a burst always, a flood never at the cost of others."""

from __future__ import annotations

from server.frontends.allowance import AWAY, BURST, CROWDED, FORGIVEN, LONGEST, RATE, Allowance


def heard(allowance: Allowance, start: float, seconds: float, rate: float, waiting: int) -> int:
    """How many of evenly sent packets are heard while so many messages wait."""
    return sum(allowance.admits(start + number / rate, waiting) for number in range(round(seconds * rate)))


def test_a_recalled_preset_is_heard_whole_however_much_waits() -> None:
    assert sum(Allowance(0.0).admits(0.0, 1_000_000) for _ in range(2000)) == 2000


def test_what_is_promised_is_heard_for_ever() -> None:
    assert heard(Allowance(0.0), 0.0, 20.0, 10_000, 1_000_000) == 200_000
    # After a pause of the whole computer, what was sent meanwhile comes at once.
    late = Allowance(0.0)
    assert heard(late, 0.0, 1.0, 10_000, 5000) == 10_000
    assert sum(late.admits(1.2, 5000) for _ in range(2000)) == 2000


def test_a_flood_is_heard_while_nobody_waits() -> None:
    assert heard(Allowance(0.0), 0.0, 1.0, 100_000, CROWDED) == 100_000


def test_a_flood_is_left_out_while_others_wait_and_soon_heard_again() -> None:
    allowance = Allowance(0.0)
    first = heard(allowance, 0.0, AWAY / 2, 100_000, CROWDED + 1)
    assert BURST <= first <= BURST + RATE * AWAY
    assert allowance.left_out == 100_000 * AWAY / 2 - first
    assert allowance.admits(2 * AWAY, CROWDED + 1)


def test_who_goes_on_flooding_is_left_out_for_longer_and_forgiven_in_the_end() -> None:
    allowance = Allowance(0.0)
    heard(allowance, 0.0, 20.0, 50_000, CROWDED + 1)
    assert not allowance.admits(20.0, CROWDED + 1) or not allowance.admits(20.0, CROWDED + 1)
    quiet = 20.0 + LONGEST + FORGIVEN
    assert sum(allowance.admits(quiet, CROWDED + 1) for _ in range(int(BURST) + 1)) == BURST
    assert allowance.admits(quiet + AWAY, CROWDED + 1)


def test_mistakes_cost_more() -> None:
    allowance = Allowance(0.0)
    for _ in range(500):
        allowance.admits(0.0, CROWDED + 1)
        allowance.charge(1, 1)
    assert not allowance.admits(0.0, CROWDED + 1)


def test_a_bundle_is_as_much_as_its_parts() -> None:
    allowance = Allowance(0.0)
    for _ in range(3):
        assert allowance.admits(0.0, CROWDED + 1)
        allowance.charge(1000, 0)
    assert not allowance.admits(0.0, CROWDED + 1)
    preset = Allowance(0.0)
    assert preset.admits(0.0, CROWDED + 1)
    preset.charge(4096, 0)
    assert preset.admits(0.5, CROWDED + 1), "one of any size is heard, and soon the next"
