"""Tiny models on disk, made once; generators over them; ends to go between."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from recorded import HASHES, SIZE, describe

from server.media.jpeg import encode_rgb
from server.render.job import End

if all(importlib.util.find_spec(package) for package in ("torch", "diffusers", "transformers")):
    # Third parties' warnings at import are not ours to mend.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tiny_models
        import torch

        from server.render.child.diffusion import DiffusionGenerator
else:
    collect_ignore_glob = ["test_*.py"]  # the extra `generate` is not installed


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Two threads on two busy cores are thirty times slower than one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with one tiny Turbo model of each family."""
    folder = tmp_path_factory.mktemp("models")
    for family, digest in HASHES.items():
        tiny_models.build(folder / family, family)
        describe(folder / family, digest, f"tiny {family}", "checkpoint", family, variant="turbo")
    return folder


@pytest.fixture(scope="session")
def generators(models: Path) -> dict[str, DiffusionGenerator]:
    """One generator a family, so that each model is loaded once."""
    return {family: DiffusionGenerator(models, {"device": "cpu"}) for family in HASHES}


@pytest.fixture(scope="session")
def ends() -> tuple[bytes, bytes]:
    """Two plain pictures as stage frames."""
    rows, columns = np.mgrid[0:SIZE[1], 0:SIZE[0]]
    first = np.stack([columns * 2, rows * 3, 0 * rows + 128], axis=-1)
    second = np.stack([255 - rows * 3, 0 * rows + 40, columns * 2], axis=-1)
    return encode_rgb(first.astype(np.uint8), 92), encode_rgb(second.astype(np.uint8), 92)


@pytest.fixture(scope="session")
def made_ends(ends: tuple[bytes, bytes]) -> dict[str, tuple[End, End]]:
    """The same as pictures of each tiny model, seeds of any size included."""
    return {family: (End(ends[0], "a", "a_5", "a red cat", seed=5, source=digest),
                     End(ends[1], "b", "b_7", "storm of sea", seed=10 ** 40 + 7, source=digest))
            for family, digest in HASHES.items()}
