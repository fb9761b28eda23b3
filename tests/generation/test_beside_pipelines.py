"""Our sampling loop beside the pipelines of diffusers: the same prompt, seed and steps give the same picture."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch
from diffusers import DiffusionPipeline, StableDiffusionPipeline
from recorded import HASHES, Recorded, describe

from server.media.jpeg import decode_rgb
from server.media.steps import rmse
from server.render.child.diffusion import DiffusionGenerator
from server.render.child.diffusion.denoiser import embedded
from server.render.child.diffusion.device import choose_device
from server.render.child.diffusion.outgoing import Outgoing
from server.render.job import PictureJob

SIZE = (96, 64)


def by_pipeline(folder: Path, prompt: str, seed: int, steps: int, guidance: float) -> Any:
    """A picture (height, width, 3) as anybody would make it, with the same losses of JPEG."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipe = DiffusionPipeline.from_pretrained(folder, local_files_only=True)
        pipe.set_progress_bar_config(disable=True)
        made = pipe(prompt, generator=torch.Generator("cpu").manual_seed(seed), num_inference_steps=steps,
                    guidance_scale=guidance, width=SIZE[0], height=SIZE[1], output_type="np").images[0]
    with Outgoing(choose_device("cpu"), 100) as out:
        out.put(0, torch.from_numpy(made).permute(2, 0, 1).unsqueeze(0))
        return decode_rgb(next(out.take())[1])


def by_us(models: Path, recipe: str, prompt: str, seed: int, steps: int, guidance: float) -> Any:
    generator = DiffusionGenerator(models, {"device": "cpu"})
    return decode_rgb(generator.picture(PictureJob("p", prompt, seed, SIZE, recipe, steps=steps, guidance=guidance,
                                                   quality=100), Recorded()).jpeg)


@pytest.mark.parametrize(("family", "guidance"), [("sd1", 0.0), ("sd2", 0.0), ("sdxl", 0.0), ("sd2", 4.0)])
def test_one_step_is_the_pipelines(models: Path, family: str, guidance: float) -> None:
    theirs = by_pipeline(models / family, "a red cat", 11, 1, guidance)
    ours = by_us(models, HASHES[family], "a red cat", 11, 1, guidance)
    other = by_us(models, HASHES[family], "a red cat", 12, 1, guidance)
    assert rmse(ours, theirs) < 1 < rmse(other, theirs)


def test_four_steps_of_a_consistency_model_are_the_pipelines(tmp_media: Path) -> None:
    tiny_models.build(tmp_media / "lcm", "sd1", variant="lcm")
    describe(tmp_media / "lcm", "d7" * 32, "tiny lcm", "checkpoint", "sd1", variant="lcm")
    theirs = by_pipeline(tmp_media / "lcm", "a red cat", 11, 4, 1.0)
    ours, other = (by_us(tmp_media, "d7" * 32, "a red cat", seed, 4, 1.0) for seed in (11, 12))
    assert rmse(ours, theirs) < 2 < rmse(other, theirs)


def test_guidance_as_an_input_is_the_pipelines() -> None:
    theirs = StableDiffusionPipeline.get_guidance_scale_embedding(None, torch.tensor([7.5 - 1]), embedding_dim=256)
    torch.testing.assert_close(embedded(7.5, 256), theirs, atol=1e-3, rtol=0)
