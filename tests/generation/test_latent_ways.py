"""Arithmetic between two tensors, noise by seeds, and noise levels, beside what diffusers makes of them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler, LCMScheduler

from server.errors import InputError
from server.render.child.diffusion.conditioning import Between, Conditioning
from server.render.child.diffusion.draws import coarser, draws
from server.render.child.diffusion.habits import habit_of, steps_of
from server.render.child.diffusion.interpolation import lerp, matched, slerp, slerp_pairs, slerp_tokens
from server.render.child.diffusion.sampling import Sampler, Wish
from server.render.child.diffusion.schedule import schedule_from

NORMAL = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
HALF = torch.tensor([0.0, 0.5, 1.0])


def noise(seed: int, *shape: int) -> Any:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_arcs_begin_and_end_exactly_and_keep_their_length() -> None:
    one, two = noise(1, 4, 16, 16), noise(2, 4, 16, 16)
    for way in (slerp(one, two, HALF), lerp(one, two, HALF)):
        torch.testing.assert_close(way[0], one)
        torch.testing.assert_close(way[2], two)
    assert abs(float(slerp(one, two, HALF)[1].std()) - 1) < 0.05
    assert float(lerp(one, two, HALF)[1].std()) < 0.8
    same = slerp(one, one, HALF)
    torch.testing.assert_close(same[1], one)
    torch.testing.assert_close(slerp_pairs(torch.stack([one, two, one]), torch.stack([two, two, two]), HALF)[2], two)


def test_tokens_turn_around_the_empty_prompt_each_for_itself() -> None:
    one, two, empty = noise(1, 77, 32) + 5, noise(2, 77, 32) + 5, torch.full((77, 32), 5.0)
    way = slerp_tokens(one, two, empty, HALF)
    torch.testing.assert_close(way[0], one)
    torch.testing.assert_close(way[2], two)
    lengths = [(each - empty).norm(dim=-1) for each in (one, way[1], two)]
    torch.testing.assert_close(lengths[1], (lengths[0] + lengths[2]) / 2)
    # As many frames as tokens must not be taken for pairs.
    square = slerp_tokens(one[:3], two[:3], empty[:3], HALF)
    torch.testing.assert_close(square[0], one[:3])


def test_latents_get_the_statistics_asked_for() -> None:
    mean, spread = torch.full((2, 4, 1, 1), 3.0), torch.full((2, 4, 1, 1), 0.5)
    found = matched(noise(1, 2, 4, 16, 16), mean, spread)
    torch.testing.assert_close(found.mean(dim=(2, 3), keepdim=True), mean)
    torch.testing.assert_close(found.std(dim=(2, 3), keepdim=True), spread)


def test_the_way_between_prompts_has_the_pooled_text_and_sizes_too() -> None:
    ends = [Conditioning(noise(seed, 77, 8), noise(seed, 6), torch.full((6,), float(seed))) for seed in (1, 2, 3)]
    for way in ("lerp", "slerp"):
        found = Between(ends[0], ends[1], ends[2], way).at(HALF)
        assert found.pooled is not None
        assert found.times is not None
        torch.testing.assert_close(found.pooled[0], ends[0].pooled)
        assert float(found.times[1, 0]) == 1.5


def test_noise_is_that_of_a_pipeline_and_seeds_have_any_size() -> None:
    generator = torch.Generator("cpu").manual_seed(42)
    wanted = [torch.randn((1, 4, 8, 8), generator=generator)[0] for _ in range(2)]
    for one, two in zip(draws(42, 2, (4, 8, 8)), wanted, strict=True):
        torch.testing.assert_close(one, two)
    big = [draws(seed, 1, (4, 8, 8))[0] for seed in (10 ** 40, 10 ** 40 + 1, -1, -2, 2 ** 63)]
    assert len({float(each.sum()) for each in big}) == len(big)


def test_coarser_noise_is_noise() -> None:
    small = coarser(draws(1, 1, (4, 64, 64))[0], (32, 30))
    assert small.shape == (4, 32, 30)
    assert abs(float(small.std()) - 1) < 0.1


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_levels_are_those_of_diffusers(steps: int) -> None:
    schedule = schedule_from({**NORMAL, "prediction_type": "epsilon"})
    peer = EulerDiscreteScheduler(**NORMAL, timestep_spacing="trailing")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.set_timesteps(steps)
    sampler = Sampler(lambda *_: torch.zeros(1), schedule, "euler", "trailing")
    ladder = sampler.ladder(torch.tensor([schedule.most]), steps)
    torch.testing.assert_close(ladder.levels[:, 0], peer.sigmas, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ladder.times[:, 0], peer.timesteps, rtol=0, atol=1e-3)
    consistent = LCMScheduler(**NORMAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        consistent.set_timesteps(steps)
    assert schedule.whole_way(steps, "lcm") == consistent.timesteps.tolist()


def test_times_and_levels_are_each_others_inverse() -> None:
    schedule = schedule_from(NORMAL)
    times = torch.tensor([0.0, 0.5, 17.25, 500.0, 998.5, 999.0])
    torch.testing.assert_close(schedule.times(schedule.sigmas(times)), times, atol=1e-2, rtol=0)


@pytest.mark.parametrize(("solver", "predicts"), [("euler", "epsilon"), ("euler", "v_prediction"),
                                                  ("multistep", "epsilon"), ("renoise", "epsilon"),
                                                  ("ancestral", "epsilon")])
def test_a_perfect_model_is_followed_to_its_picture(solver: str, predicts: str) -> None:
    """Whatever the solver: a model that knows the picture gets it back."""
    schedule, picture = schedule_from({**NORMAL, "prediction_type": predicts}), noise(7, 1, 4, 8, 8)

    def knows(latents: Any, times: Any, _conditioning: Any) -> Any:
        sigma = schedule.sigmas(times).reshape(-1, 1, 1, 1)
        scale = torch.sqrt(sigma ** 2 + 1)
        error = (latents * scale - picture) / sigma
        return error if predicts == "epsilon" else (error - sigma * picture) / scale

    sampler = Sampler(knows, schedule, solver, "trailing")
    wish = Wish(Conditioning(torch.zeros(1)), None, torch.zeros(1))
    start = picture + schedule.most * noise(8, 1, 4, 8, 8)
    ladder = sampler.ladder(torch.tensor([schedule.most]), 4)
    found = sampler.run(start, ladder, wish, lambda number: noise(number, 1, 4, 8, 8))
    torch.testing.assert_close(found, picture, atol=1e-3, rtol=0)


def test_frames_without_noise_are_left_alone() -> None:
    sampler = Sampler(lambda latents, *_: latents, schedule_from(NORMAL), "euler", "trailing")
    latents = noise(1, 2, 4, 8, 8)
    levels = torch.tensor([0.0, 2.0])
    wish = Wish(Conditioning(torch.zeros(1)), None, torch.zeros(2))
    found = sampler.run(latents, sampler.ladder(levels, 3), wish, lambda number: latents)
    torch.testing.assert_close(found[0], latents[0])
    assert not torch.equal(found[1], latents[1])


def test_guidance_is_each_frames_own() -> None:
    def model(latents: Any, _times: Any, conditioning: Conditioning) -> Any:
        return conditioning.tokens.mean(dim=(1, 2)).reshape(-1, 1, 1, 1).expand_as(latents)

    sampler = Sampler(model, schedule_from(NORMAL), "euler", "trailing")
    towards, away = (Conditioning(torch.full((2, 3, 4), value)) for value in (1.0, 0.0))
    found = sampler._predicted(torch.zeros(2, 4, 8, 8), torch.zeros(2), Wish(towards, away, torch.tensor([1.0, 5.0])))
    assert found[:, 0, 0, 0].tolist() == [1.0, 5.0]


@pytest.mark.parametrize("config", [{"beta_schedule": "squaredcos_cap_v2"}, {"prediction_type": "sample"},
                                    {"num_train_timesteps": 50}, {"beta_start": 2.0}])
def test_noise_of_another_kind_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        schedule_from({**NORMAL, **config})


def test_zero_terminal_signal_stays_finite() -> None:
    schedule = schedule_from({**NORMAL, "rescale_betas_zero_snr": True})
    assert np.isfinite(schedule.levels).all()
    assert schedule.most > 1000


def test_steps_are_the_models_own_unless_asked_otherwise() -> None:
    assert (steps_of(None, None, "base"), steps_of(None, 8, "lightning"), steps_of(3, 8, "lightning")) == (20, 8, 3)
    assert habit_of("never heard of") == habit_of("base")
    with pytest.raises(InputError, match="take 1 to 8"):
        steps_of(9, None, "turbo")
