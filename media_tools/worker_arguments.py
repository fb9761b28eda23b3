"""Flags of the verbs that make things with a model, and the worker that they start. Makes nothing itself."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from media_tools import argument_types
from server.errors import InputError
from server.library.models.registry import Registry
from server.production.run_log import RunLog
from server.production.workbench import Workbench
from server.render.job import DECODERS, EMBEDDINGS
from server.render.local_pool import LocalPool, PoolOptions
from server.settings.arguments import add_arguments as add_settings
from server.settings.arguments import given
from server.settings.layers import load

SETTINGS: Final = ("model_cache_dir",)


def add_model_arguments(parser: argparse.ArgumentParser, *, between: bool) -> None:
    """Declare which model and how; `between`: also what concerns the way between two pictures."""
    add = parser.add_argument_group("model").add_argument
    add("--model", action="append", metavar="NAME", help="a model of `interscene model list`, by name or hash; again "
        "for a LoRA or a decoder added to it, such as NAME*0.8 (the only one there is)")
    add("--steps", type=argument_types.count, metavar="N", help="denoising steps (the model's own)")
    add("--guidance", type=_number, metavar="X", help="how closely prompts are followed (the picture's or model's)")
    add("--decoder", choices=DECODERS, default="full", help="tiny: faster and a little softer (full)")
    add("--device", default="auto", metavar="NAME", help="auto, cpu, mps, cuda or cuda:1 (auto)")
    if between:
        add("--depth", type=_number, default=0.5, metavar="0-1", help="how far it goes away from both pictures (0.5)")
        add("--embedding", choices=EMBEDDINGS, default="lerp", help="how one prompt becomes the other (lerp)")
    add_settings(parser, SETTINGS)


def models_of(options: argparse.Namespace) -> Registry:
    """The models folder of the settings. Raises SettingsError."""
    settings = load({name: value for name, value in given(options).items() if name in SETTINGS}, environ=os.environ,
                    cwd_env_file=Path(".env"))
    return Registry(settings.model_cache_dir.expanduser())


def recipe_of(options: argparse.Namespace, models: Registry, *, needed: bool) -> str:
    """The model that is named, else the only one; "" when there is none and none is needed. Raises InputError."""
    if options.model:
        return models.recipe(options.model)
    there = [model for model in models.all() if model.kind == "checkpoint"]
    if len(there) == 1:
        return models.recipe([there[0].name])
    if there:
        raise InputError(f"say which model: --model NAME; there are {', '.join(model.name for model in there)}")
    if needed:
        raise InputError(f"there is no model in {models.folder}; add one with: interscene model add FILE")
    return ""


def unused_by_morphs(options: argparse.Namespace) -> list[str]:
    """The flags that were given and mean nothing without a model."""
    usual = {"model": None, "prompts": None, "steps": None, "guidance": None, "decoder": "full", "device": "auto",
             "depth": 0.5, "embedding": "lerp"}
    return [f"--{name}" for name, value in usual.items() if getattr(options, name, value) != value]


@contextmanager
def workbench(options: argparse.Namespace, models: Registry) -> Iterator[Workbench]:
    """A worker of this computer, started when the first job comes and ended at the end."""
    pool = LocalPool(time.perf_counter, PoolOptions(models=models.folder, options={"device": options.device}))
    try:
        yield Workbench(pool, RunLog(models.folder), time.perf_counter)
    finally:
        pool.close()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number") from None
