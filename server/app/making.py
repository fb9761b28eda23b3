"""The making part of a server put together: the pool, the maker, the judging. Decides nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from server.app.judging import Judging
from server.app.maker import Maker
from server.app.making_bench import Bench
from server.app.navigator import Navigator
from server.app.waiting_list import WaitingList
from server.library.models.registry import Registry
from server.playback.clock import Clock
from server.render.local_pool import LocalPool, PoolOptions
from server.render.pool import WorkerPool
from server.settings.resolved import Settings
from server.show.events import News
from server.show.making_state import Making, Recipe
from server.units import Seconds

OFF = "off"
UNLOAD: Seconds = 1800.0
"""Having had nothing to make for so long, the worker gives its memory back."""


def making_at_start(settings: Settings) -> Making:
    """What is made, and how, when a show begins."""
    recipe = Recipe(mode=settings.generate_mode, model=settings.generate_model, frames=settings.generate_frames)
    return Making(attached=settings.generate != OFF, live=settings.generate_live, ahead=settings.generate_ahead,
                  wait=settings.generate_wait, recipe=recipe)


def pool_options(settings: Settings) -> PoolOptions:
    """How the worker is started."""
    options: dict[str, Any] = {"reserve": int(settings.gpu_reserve * (1 << 30))}
    device = settings.render_device or ("" if settings.generate == "auto" else settings.generate)
    if device:
        options["device"] = device
    return PoolOptions(settings.model_cache_dir.expanduser(), options,
                       memory=int(settings.worker_memory * (1 << 30)), unload=UNLOAD)


def start_making(settings: Settings, root: Path, clock: Clock, navigator: Navigator, answer: Callable[[News], None],
                 stack: ExitStack, pool: WorkerPool | None = None) -> Maker | None:
    """Begin to make what the show lacks; None where nothing is to be made. `stack` ends it again."""
    if settings.generate == OFF:
        return None
    pool = pool or LocalPool(clock.now, pool_options(settings))
    stack.callback(pool.close)
    waiting = WaitingList(root)
    stack.callback(waiting.close)
    judging = Judging()
    judging.start()
    stack.callback(judging.stop)
    bench = Bench(root, clock, pool, Registry(settings.model_cache_dir.expanduser()), waiting, judging)
    maker = Maker(root, clock, pool, navigator, bench, answer)
    navigator.generator = maker
    maker.start()
    stack.callback(maker.stop)
    return maker
