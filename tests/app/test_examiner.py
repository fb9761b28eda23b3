"""A look at the computer: one at a time, not too often, and what went wrong in it ends nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from server.app.examinations.finding import Finding, Level
from server.app.examiner import REST, Examiner
from server.playback.clock import ManualClock

GOOD = Finding(Level.GOOD, "disk", "fast")


def test_one_look_at_a_time_and_what_is_found_so_far() -> None:
    go_on, half_way = threading.Event(), threading.Event()

    def slow() -> Iterator[Finding]:
        yield GOOD
        half_way.set()
        go_on.wait(10)
        yield GOOD

    clock = ManualClock()
    examiner = Examiner(slow, clock)
    assert examiner.told(anew=False) == {"running": False, "seconds": None, "findings": []}
    assert examiner.told(anew=True)["running"]
    half_way.wait(10)
    assert len(examiner.told(anew=True)["findings"]) == 1
    go_on.set()
    examiner.stop()
    clock.advance(3.0)
    said = examiner.told(anew=True)
    assert (said["running"], said["seconds"], len(said["findings"])) == (False, 3.0, 2)
    clock.advance(REST)
    assert examiner.told(anew=True)["running"]
    examiner.stop()
    assert len(examiner.told(anew=False)["findings"]) == 2, "those of the last look alone"


def test_a_look_that_breaks_keeps_what_it_found() -> None:
    def broken() -> Iterator[Finding]:
        yield GOOD
        raise ZeroDivisionError

    examiner = Examiner(broken, ManualClock())
    examiner.told(anew=True)
    examiner.stop()
    assert examiner.told(anew=False) == {"running": False, "seconds": 0.0, "findings": [GOOD.document()]}
