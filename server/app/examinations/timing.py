"""Whether this computer wakes a program when it asked to be woken, and whether its calendar clock stands still."""

from __future__ import annotations

from collections.abc import Callable

from server.app.examinations.finding import Finding, Level
from server.playback.clock import Clock
from server.units import Seconds

TICKS = 90
RATE = 60.0
_GOOD_MS, _POOR_MS = 4.0, 1000 / 60
_STEP: Seconds = 0.05


def examine_clock(clock: Clock, wall: Callable[[], Seconds], ticks: int = TICKS) -> list[Finding]:
    """Sleep to the deadlines of a steady beat and say how late it was; takes ticks / 60 seconds."""
    begin, day = clock.now(), wall()
    late: list[Seconds] = []
    for number in range(1, ticks + 1):
        due = begin + number / RATE
        clock.sleep_until(due)
        late.append(clock.now() - due)
    stepped = (wall() - day) - (clock.now() - begin)
    return [_lateness(late), *_steps(stepped)]


def _lateness(late: list[Seconds]) -> Finding:
    ordered = sorted(1000 * each for each in late)
    worst, usual = ordered[int(0.95 * (len(ordered) - 1))], ordered[len(ordered) // 2]
    text = (f"{len(late)} wake-ups at {RATE:g} Hz: {usual:.1f} ms late, 95 of 100 within {worst:.1f} ms, "
            f"the worst {ordered[-1]:.1f} ms")
    if worst <= _GOOD_MS:
        return Finding(Level.GOOD, "clock", text)
    advice = ("close what loads the processor, choose the best-performance power plan, and plug a laptop in; frames "
              "are computed for their moment all the same, but commands act this much later")
    return Finding(Level.POOR if worst <= _POOR_MS else Level.BAD, "clock", text, advice)


def _steps(stepped: Seconds) -> list[Finding]:
    if abs(stepped) < _STEP:
        return []
    return [Finding(Level.NOTE, "clock", f"the calendar clock was set by {stepped:+.2f} s while this looked",
                    "OSC time tags follow it; everything else does not. Have it set before a show, not during one")]
