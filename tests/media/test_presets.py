"""The table of presets, and the one scale of quality."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from made_media import save, save_numbered

from server.errors import InputError
from server.media.encode import CHROMAS, EncodeOptions, encode
from server.media.encoders import EFFORTS, QUALITY_OF_Q, Encoder, Target, quantiser_of
from server.media.jpeg import decode_rgb
from server.media.placement import place
from server.media.presets import AUTO, PRESETS, automatic_preset, preset_for, preset_named, with_preset


def test_every_row_can_be_used(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", [1])
    for preset in PRESETS:
        options = with_preset(EncodeOptions(), preset, ())
        index = encode([tmp_path / "pics"], tmp_path / f"{preset.name}.mov", options).index
        assert (index.chroma, index.width) == (preset.chroma, 96)
        assert preset.chroma in CHROMAS
        assert preset.effort in EFFORTS
        assert preset.doc


def test_names_are_unique_and_auto_is_free() -> None:
    names = [preset.name for preset in PRESETS]
    assert len(set(names)) == len(names)
    assert AUTO not in names
    assert all(preset_named(name).name == name for name in names)


def test_a_misspelt_name_gets_a_suggestion() -> None:
    with pytest.raises(InputError, match="did you mean 'stage720'"):
        preset_named("stage270")


def test_what_the_person_gives_counts_more() -> None:
    options = with_preset(EncodeOptions(quality=33, size=(10, 10)), preset_named("stage720"), ("quality", "size"))
    assert (options.quality, options.size, options.largest, options.effort) == (33, (10, 10), None, "small")


def test_noncommercial_fits_into_its_texture(tmp_path: Path) -> None:
    save(tmp_path / "tall.png", np.zeros((1600, 900, 3), np.uint8))
    options = with_preset(EncodeOptions(), preset_named("noncommercial"), ())
    index = encode([tmp_path / "tall.png"], tmp_path / "out.mov", options).index
    assert (index.width, index.height) == (720, 1280)


def test_auto_gets_smaller_as_the_budget_shrinks() -> None:
    sizes = [preset_for(3840, 2160, Fraction(rate), 2_500_000).size or (3840, 2160) for rate in (5, 30, 60, 240)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1]
    assert preset_for(640, 360, Fraction(30)).name == "full"


def test_auto_looks_at_the_pictures(tmp_path: Path) -> None:
    plain = save(tmp_path / "plain.png", np.zeros((1080, 1920, 3), np.uint8))
    busy = save(tmp_path / "busy.png", np.random.default_rng(1).integers(0, 256, (1080, 1920, 3), np.uint8))
    options = EncodeOptions(rate=Fraction(60))

    assert automatic_preset([plain], options).name == "full"
    assert automatic_preset([busy], options) != automatic_preset([plain], options)


def test_quantisers_fall_as_quality_rises() -> None:
    scale = [quantiser_of(quality) for quality in range(1, 101)]
    assert scale == sorted(scale, reverse=True)
    assert set(scale) == set(range(min(scale), max(scale) + 1)), "no step of FFmpeg's scale is left out"
    assert {quantiser_of(quality): quantiser for quantiser, quality in QUALITY_OF_Q.items()} == {
        quantiser: quantiser for quantiser in QUALITY_OF_Q}


def test_both_efforts_look_alike_at_one_quality_and_small_is_smaller() -> None:
    noise = np.random.default_rng(2)
    soft = cv2.resize(noise.integers(0, 256, (30, 40, 3), np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(soft + noise.normal(0, 4, soft.shape), 0, 255).astype(np.uint8)
    luma = np.array([0.299, 0.587, 0.114])
    for quality in (60, 79, 88):
        results = {}
        for effort in EFFORTS:
            target = Target(640, 480, "420", quality, effort, "contain")
            jpeg = Encoder(target).encode_rgb(picture, place((640, 480), (640, 480), "contain")).jpeg
            error = ((decode_rgb(jpeg) @ luma - picture @ luma) ** 2).mean()
            results[effort] = 10 * np.log10(255**2 / error), len(jpeg)
        assert results["fast"][0] == pytest.approx(results["small"][0], abs=2.5)
        assert results["small"][1] < results["fast"][1]
