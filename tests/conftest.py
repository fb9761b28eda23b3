"""What every test has: reproducible Hypothesis, folders with awkward names, and a guard over global state."""

from __future__ import annotations

import os
import random
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from benchmarks.browser import Browser, find_chromium

# A loaded machine is slow, which is no failure: no deadline, and slow data is no reason to give up.
_PATIENT = (HealthCheck.too_slow,)
settings.register_profile("local", deadline=None, suppress_health_check=_PATIENT)
settings.register_profile("ci", deadline=None, suppress_health_check=_PATIENT, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")
# pytest's own, and what OpenCV extends when it is first imported
_NOT_GUARDED = {"PYTEST_CURRENT_TEST", "LD_LIBRARY_PATH", "PATH"}


@pytest.fixture
def tmp_media(tmp_path: Path) -> Path:
    """A media folder as people name them: with a space, an umlaut and an emoji."""
    folder = tmp_path / "Bühne 🎬 media"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser without a window; where there is none, the test is skipped."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium, Chrome or Edge on this machine's PATH")
    browser = Browser(chromium)
    yield browser
    browser.close()


@pytest.fixture(autouse=True)
def global_state() -> Iterator[None]:
    """Fail the test that leaves the process other than it found it, and put it back for the next one."""
    before, seeds, interval = _state(), random.getstate(), sys.getswitchinterval()
    threads = set(threading.enumerate())
    yield
    left = [one.name for one in threading.enumerate() if one not in threads and not _ends(one)]
    after = _state()
    os.chdir(before["folder"])
    for name in after["environment"].keys() - before["environment"].keys():
        del os.environ[name]
    os.environ.update(before["environment"])
    sys.path[:] = before["path"]
    sys.setswitchinterval(interval)  # a server that is started shortens it on purpose
    random.setstate(seeds)
    changed = [name for name in before if before[name] != after[name]]
    if "environment" in changed:
        changed += sorted({name for name, _ in before["environment"].items() ^ after["environment"].items()})
    assert not changed, f"the test changed and did not restore: {', '.join(changed)}"
    assert not left, f"the test left threads running: {', '.join(left)}"


def _state() -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_GUARDED}
    return {"folder": str(Path.cwd()), "environment": environment, "path": list(sys.path)}


def _ends(thread: threading.Thread) -> bool:
    """Whether a thread that a test started is over, or is one that is meant to outlive it."""
    if thread.daemon:
        return True
    thread.join(5)
    return not thread.is_alive()
