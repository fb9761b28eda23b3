"""What is being made, as it looks from outside. Pure functions of a frozen state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from server.show.making_state import OVER, UNKNOWN, Making

Values = tuple[Any, ...]
GENERATE: Final = "/generate/"
JOB: Final = "/job/"
_OWN: Final = frozenset(("live", "ahead", "wait"))


def making_values(making: Making) -> dict[str, Values]:
    """Each row below `/generate/state/`, by its last part."""
    worker, waiting = making.worker, making.open_jobs()
    etas = [job.eta for job in waiting]
    return {
        "worker": (worker.state,), "device": (worker.device,), "reason": (worker.reason,), "jobs": (len(waiting),),
        "job": (next((job.id for job in waiting if job.state in ("making", "loading")), ""),),
        "eta": (UNKNOWN if any(eta < 0 for eta in etas) else float(sum(etas)),),
    }


def making_value(making: Making, address: str, where: tuple[int | str, ...]) -> Values | None:
    """What a row below /generate/ or /job/ says now; None for one without a value, or a job that is not known."""
    if address.startswith(JOB):
        job = making.job(str(where[-1]))
        return None if job is None else (getattr(job, address.rsplit("/", 1)[1]),)
    name = address.removeprefix(GENERATE)
    if name.startswith("state/"):
        return making_values(making).get(name.removeprefix("state/"))
    if name == "pause":
        return (making.paused,)
    owner = making if name in _OWN else making.recipe
    return (getattr(owner, name),) if hasattr(owner, name) else None


def making_messages(making: Making) -> Iterator[tuple[str, Values]]:
    """Every row of it as an OSC message."""
    for name, args in making_values(making).items():
        yield f"{GENERATE}state/{name}", args
    for job in making.jobs:
        yield f"{JOB}{job.id}/state", (job.state,)
        yield f"{JOB}{job.id}/progress", (float(job.progress),)
        yield f"{JOB}{job.id}/eta", (0.0 if job.state in OVER else float(job.eta),)
