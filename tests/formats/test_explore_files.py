"""What a search through settings left: the values that were tried, and the pictures they gave."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import made, said

from server.errors import InputError
from server.library.formats.explore_files import Combos, explored, explored_name, format_combos, parse_combos
from server.library.formats.oddity import Oddities
from server.library.graph.identity import PictureId

PICTURE = PictureId("geo_simple1_1", 6497)


def test_the_values_that_were_tried() -> None:
    data = made("made_combos.json")
    combos = parse_combos(data, Oddities("f"))
    assert combos.count == 6
    assert combos.values["mask_name"] == ("circle0", "window_net")
    assert format_combos(combos) == data


def test_names_of_pictures_say_the_values_they_were_made_with() -> None:
    combos = parse_combos(made("made_combos.json"), Oddities("f"))
    found = explored(["geo_simple1_1_6497_1p75_windownet.png", "geo_simple1_1_6497_1.5_circle0.png",
                      "geo_1_1p5_circle9.png", "tgen.json", "1p5_circle0.png", "_1p5_circle0.png"], combos)
    assert found == {
        "geo_simple1_1_6497_1p75_windownet.png": (PICTURE, {"controlnet_conditioning_scale": 1.75,
                                                            "mask_name": "window_net"}),
        "geo_simple1_1_6497_1.5_circle0.png": (PICTURE, {"controlnet_conditioning_scale": 1.5, "mask_name": "circle0"})}


def test_the_width_of_guidance_stands_first() -> None:
    combos = Combos({"control_guidance_start": (0, 0.1), "control_guidance_width": (0.2, 0.4)})
    values = {"control_guidance_start": 0.1, "control_guidance_width": 0.4}
    name = explored_name(PICTURE, values, combos)
    assert name == "geo_simple1_1_6497_gw0p4_0.1.png"
    assert explored([name, name.replace("0.1", "0p1")], combos)[name] == (PICTURE, values)
    with pytest.raises(InputError, match="was not tried"):
        explored_name(PICTURE, values | {"control_guidance_start": 0.9}, combos)


def test_what_is_no_list_of_values_is_said() -> None:
    oddities = Oddities("combos.json")
    combos = parse_combos(json.dumps({"a": [], "b": {"c": 1}, "d": 5, "e": [None]}).encode(), oddities)
    assert combos.values == {"d": (5,)}
    assert len(list(oddities)) == 3
    assert "b is no list of numbers or texts" in said(oddities)


def test_more_combinations_than_anybody_made_are_refused() -> None:
    with pytest.raises(InputError, match="combinations"):
        explored(["a"], Combos({str(number): tuple(range(100)) for number in range(4)}))


VALUES = st.lists(st.integers(0, 99) | st.floats(0, 9).map(lambda value: round(value, 2)) | st.from_regex(
    "[a-z]{1,6}", fullmatch=True), min_size=1, max_size=3, unique_by=str).map(tuple)


@given(st.dictionaries(st.sampled_from(["num_inference_steps", "controlnet_conditioning_scale", "control_guidance_end",
                                        "control_guidance_width", "mask_name"]), VALUES, min_size=1, max_size=3),
       st.from_regex("[a-z]{1,5}(_[0-9]{1,2})?", fullmatch=True), st.integers(0, 10**16), st.data())
def test_names_are_read_back_as_they_were_written(tried: dict[str, tuple[str | int | float, ...]], name: str, seed: int,
                                                  data: st.DataObject) -> None:
    combos = Combos(tried)
    picture = PictureId(name, seed)
    values = {key: data.draw(st.sampled_from(choices)) for key, choices in tried.items()}
    file = explored_name(picture, values, combos)
    found = explored([file], combos)[file]
    assert found.picture == picture
    assert explored_name(picture, found.values, combos) == file
