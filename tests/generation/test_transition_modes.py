"""Every mode from end to end on tiny models: frames, determinism, ends, evenness, cancelling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from recorded import HASHES, SIZE, Recorded, describe

from server.errors import InputError, OutOfRange
from server.index.jpeg import jpeg_header
from server.media.jpeg import decode_rgb, encode_rgb
from server.media.steps import evenness, peak, rmse
from server.render.child.diffusion import DiffusionGenerator
from server.render.child.generator import Stop
from server.render.job import End, TransitionJob

FRAMES = 13
MODES = ("bridge", "walk", "blend")
Generators = dict[str, DiffusionGenerator]
MadeEnds = dict[str, tuple[End, End]]


def job(ends: tuple[End, End], mode: str, family: str = "sd1", **more: Any) -> TransitionJob:
    """A short job of two steps."""
    settings: dict[str, Any] = {"rate": Fraction(30), "seed": 3, "steps": 2, "model": HASHES[family][:16],
                                "batches": (4,), **more}
    return TransitionJob("j", ends[0], ends[1], mode, settings.pop("frames", FRAMES), SIZE, **settings)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_every_mode_makes_a_transition_that_fits_its_ends(
    generators: Generators, made_ends: MadeEnds, family: str, mode: str
) -> None:
    control, wanted = Recorded(), job(made_ends[family], mode, family)
    frames = list(generators[family].transition(wanted, control))
    assert [number for number, _ in frames] == list(range(1, FRAMES - 1))
    for _, jpeg in frames:
        header = jpeg_header(jpeg)
        assert (header.width, header.height, header.chroma, header.process) == (*SIZE, "420", "baseline")
    pictures = [decode_rgb(jpeg) for jpeg in (wanted.first.jpeg, *(jpeg for _, jpeg in frames), wanted.second.jpeg)]
    steps = [rmse(one, two) for one, two in pairwise(pictures)]
    # No step of the first or last kind stands out: the way leaves one picture and arrives at the other.
    assert max(steps[0], steps[-1]) < 2 * float(np.median(steps))
    assert evenness(steps) > 0.85
    assert peak(steps) < 1.8
    facts = generators[family].facts
    assert facts["curve"][0] == [0.0, 0.0]
    assert facts["curve"][-1] == [1.0, 1.0]
    assert facts["batches"] == [4, 4, 4]
    assert facts["model"] == HASHES[family][:16]
    assert control.facts["device"] == "processor"


@pytest.mark.parametrize("mode", MODES)
def test_one_plan_gives_the_same_bytes_and_another_almost_the_same(
    generators: Generators, made_ends: MadeEnds, mode: str
) -> None:
    wanted = job(made_ends["sd1"], mode, frames=8)
    one, two = (list(generators["sd1"].transition(wanted, Recorded())) for _ in range(2))
    assert one == two
    generator = generators["sd1"]
    exact = [np.asarray(picture) for picture in _painted(generator, wanted, (1,))]
    other = [np.asarray(picture) for picture in _painted(generator, wanted, (3, 2))]
    assert max(float(np.abs(a - b).max()) for a, b in zip(exact, other, strict=True)) <= 1 / 255


def _painted(generator: DiffusionGenerator, wanted: TransitionJob, plan: tuple[int, ...]) -> list[Any]:
    """Pictures before they are encoded, in batches of these sizes."""
    list(generator.transition(replace(wanted, batches=plan), Recorded()))
    way, number, found = generator._way, 1, []
    assert way is not None
    while number < wanted.frames - 1:
        size = plan[number % len(plan)]
        numbers = [min(number + place, wanted.frames - 2) for place in range(size)]
        found += list(way.pictures(numbers)[:wanted.frames - 1 - number].numpy())
        number += size
    return found


def test_a_later_start_changes_nothing(generators: Generators, made_ends: MadeEnds) -> None:
    wanted = job(made_ends["sd1"], "bridge")
    whole = dict(generators["sd1"].transition(wanted, Recorded()))
    for start in (2, 5, 11, 12):
        later = list(generators["sd1"].transition(wanted.from_frame(start), Recorded()))
        assert later == [(number, whole[number]) for number in range(start, FRAMES - 1)]


def test_another_seed_depth_or_prompt_is_another_way(generators: Generators, made_ends: MadeEnds) -> None:
    base = job(made_ends["sd1"], "bridge", frames=5, even=False)
    first = replace(base.first, prompt="blue storm")
    ways = [base, replace(base, seed=4), replace(base, depth=0.9), replace(base, first=first),
            replace(base, embedding="slerp")]
    middles = [dict(generators["sd1"].transition(way, Recorded()))[2] for way in ways]
    assert len(set(middles)) == len(ways)


def test_depth_zero_makes_no_use_of_the_model(generators: Generators, made_ends: MadeEnds) -> None:
    base = job(made_ends["sd1"], "bridge", frames=5, even=False, depth=0.0)
    seeds = [dict(generators["sd1"].transition(replace(base, seed=seed), Recorded())) for seed in (1, 2)]
    assert seeds[0] == seeds[1]


def test_plain_pictures_without_prompts_are_bridged(generators: Generators, ends: tuple[bytes, bytes]) -> None:
    plain = End(ends[0], "a"), End(ends[1], "b")
    assert len(list(generators["sd1"].transition(job(plain, "bridge", frames=5), Recorded()))) == 3


@pytest.mark.parametrize("mode", ["walk", "blend"])
@pytest.mark.parametrize(("change", "words"), [
    ({"seed": None}, "seed of a_5 is not known.*bridge"),
    ({"source": "f" * 64}, "a_5 was not made by tiny sd1.*bridge"),
    ({"source": ""}, "a_5 was not made by tiny sd1"),
])
def test_modes_from_noise_say_what_they_need(
    generators: Generators, made_ends: MadeEnds, mode: str, change: dict[str, Any], words: str
) -> None:
    first, second = made_ends["sd1"]
    with pytest.raises(InputError, match=words):
        list(generators["sd1"].transition(job((replace(first, **change), second), mode), Recorded()))


def test_guided_models_are_asked_twice_and_negatives_count(generators: Generators, made_ends: MadeEnds) -> None:
    guided = job(made_ends["sd2"], "bridge", "sd2", frames=5, guidance=3.0, even=False)
    without = dict(generators["sd2"].transition(replace(guided, guidance=1.0), Recorded()))
    plain = dict(generators["sd2"].transition(guided, Recorded()))
    first = replace(guided.first, negative="red dog")
    negative = dict(generators["sd2"].transition(replace(guided, first=first), Recorded()))
    assert len({without[2], plain[2], negative[2]}) == 3
    control = Recorded()
    list(generators["sd2"].transition(replace(guided, guidance=0.0, first=first), control))
    assert any(code == "prompt" and "negative" in text for code, text in control.notes)


@pytest.mark.parametrize(("change", "words"), [
    ({"steps": 50}, "50 steps are too many for a turbo model; take 1 to 8"),
    ({"model": "f" * 16}, "there is no model ffff"),
    ({"model": ""}, r"there is no model \(none given\)"),
])
def test_wrong_wishes_are_refused(
    generators: Generators, made_ends: MadeEnds, change: dict[str, Any], words: str
) -> None:
    with pytest.raises((InputError, OutOfRange), match=words):
        list(generators["sd1"].transition(job(made_ends["sd1"], "bridge", **change), Recorded()))


def test_ends_of_another_size_are_refused(generators: Generators, made_ends: MadeEnds) -> None:
    first, second = made_ends["sd1"]
    small = replace(first, jpeg=encode_rgb(np.zeros((64, 64, 3), np.uint8), 90))
    with pytest.raises(InputError, match="a_5 is 64×64, and the transition is to be 96×72"):
        list(generators["sd1"].transition(job((small, second), "bridge"), Recorded()))


def test_a_size_not_divisible_by_eight_is_said_and_kept(generators: Generators) -> None:
    ends = [End(encode_rgb(np.full((61, 83, 3), level, np.uint8), 90), name) for level, name in ((40, "a"), (200, "b"))]
    wanted = TransitionJob("j", ends[0], ends[1], "bridge", 4, (83, 61), model=HASHES["sd1"][:16], even=False)
    control = Recorded()
    frames = list(generators["sd1"].transition(wanted, control))
    assert {jpeg_header(jpeg).width for _, jpeg in frames} == {83}
    assert {jpeg_header(jpeg).height for _, jpeg in frames} == {61}
    assert ("size", "83×61 is not divisible by 8: painted at 88×64, and cut") in control.notes
    assert generators["sd1"].facts["painted"] == [88, 64]


def test_a_long_prompt_is_read_whole_and_counted(generators: Generators, made_ends: MadeEnds) -> None:
    first, second = made_ends["sd1"]
    words = "storm of sea " * 30
    middles = []
    for tail in ("cat", "dog"):
        control = Recorded()
        long = replace(first, prompt=words + tail)
        wanted = job((long, second), "bridge", frames=4, even=False)
        middles.append(dict(generators["sd1"].transition(wanted, control))[2])
        assert generators["sd1"].facts["tokens"][0] > 77
        assert generators["sd1"].facts["chunks"] > 1
        assert any(code == "prompt" and "longer than 75" in text for code, text in control.notes)
    # What differs lies far behind the 77th token.
    assert middles[0] != middles[1]


def test_it_stops_between_two_evaluations(generators: Generators, made_ends: MadeEnds) -> None:
    def stop(asked: int) -> None:
        if asked == 9:
            raise Stop

    control, generator = Recorded(at=stop), generators["sd1"]
    list(generator.transition(job(made_ends["sd1"], "bridge", frames=4), Recorded()))  # the model is loaded now
    made: list[int] = []
    frames = generator.transition(job(made_ends["sd1"], "bridge", even=False, batches=(2,)), control)
    with pytest.raises(Stop):
        _follow(frames, made)
    assert control.asked == 9
    # Each batch of two is one look before it and one after each of its two steps.
    assert made == [1, 2, 3, 4]
    assert len(list(generator.transition(job(made_ends["sd1"], "bridge", frames=4), Recorded()))) == 2


def _follow(frames: Iterator[tuple[int, bytes]], made: list[int]) -> None:
    for number, _ in frames:
        made.append(number)


def test_a_detour_goes_on_from_the_inner_state(generators: Generators, made_ends: MadeEnds) -> None:
    generator = generators["sd1"]
    first = dict(generator.transition(job(made_ends["sd1"], "bridge"), Recorded()))
    state = generator.left_at(6)
    detour = job((End(first[6], "f"), made_ends["sd1"][0]), "bridge", frames=5)
    with_state = dict(generator.transition(detour, Recorded(), state))
    without = dict(generator.transition(detour, Recorded()))
    assert with_state[1] != without[1]
    frame = decode_rgb(first[6])
    assert rmse(frame, decode_rgb(with_state[1])) < rmse(frame, decode_rgb(with_state[3]))


def test_without_a_plan_the_deadline_decides(generators: Generators, made_ends: MadeEnds) -> None:
    wanted = job(made_ends["sd1"], "bridge", frames=34, even=False, batches=(), steps=1)
    list(generators["sd1"].transition(wanted, Recorded(slack=lambda number, asked: None)))
    assert generators["sd1"].facts["batches"] == [16, 16]
    generators["sd1"]._ramps.clear()
    # A batch takes a tenth of a second by this clock, and there are five in hand at the beginning.
    list(generators["sd1"].transition(wanted, Recorded(slack=lambda number, asked: 5 + number / 30 - asked / 20)))
    assert generators["sd1"].facts["batches"][:4] == [1, 2, 4, 8]


def test_the_pilot_pass_is_made_once_and_not_when_there_is_no_time(models: Path, made_ends: MadeEnds) -> None:
    generator = DiffusionGenerator(models, {"device": "cpu"})
    wanted = job(made_ends["sd1"], "bridge", frames=6, batches=())
    control = Recorded()
    first = list(generator.transition(wanted, control))
    again = Recorded()
    assert list(generator.transition(wanted, again)) == first
    assert again.asked < control.asked
    hurried = Recorded(slack=lambda number, asked: 0.01)
    list(generator.transition(replace(wanted, seed=9), hurried))
    assert any(code == "rung" and "no time to look ahead" in text for code, text in hurried.notes)
    assert generator.facts["even"] is False
    # A fixed plan means the same bytes, however late it is.
    planned = Recorded(slack=lambda number, asked: 0.01)
    list(generator.transition(replace(wanted, seed=9, batches=(4,)), planned))
    assert generator.facts["even"] is True


def test_a_model_of_many_steps_is_blended_with_guidance(tmp_media: Path, ends: tuple[bytes, bytes]) -> None:
    digest = "e8" * 32
    tiny_models.build(tmp_media / "base", "sd2", variant="base")
    describe(tmp_media / "base", digest, "tiny base", "checkpoint", "sd2", variant="base")
    first, second = (End(jpeg, name, name, "a red cat", "blue", seed, 4.0, digest)
                     for jpeg, name, seed in ((ends[0], "a", 1), (ends[1], "b", 2)))
    wanted = TransitionJob("j", first, second, "blend", 6, SIZE, seed=3, model=digest, steps=4, embedding="slerp",
                           batches=(4,))
    generator, made = DiffusionGenerator(tmp_media, {"device": "cpu"}), []
    for depth in (0.0, 0.5, 1.0):
        frames = list(generator.transition(replace(wanted, depth=depth), Recorded()))
        assert [number for number, _ in frames] == [1, 2, 3, 4]
        made.append(frames[1][1])
    assert len(set(made)) == 3
    assert generator.facts["guidance"] == [4.0, 4.0]
    assert generator.facts["solver"] == "multistep"
