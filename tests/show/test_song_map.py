"""What pictures and scenes are called: every form, in any case, and words for what is unclear or unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import LibraryError
from server.library.graph.identity import PictureId
from server.show.song_map import SongMap, Spot, forms_of

NODES = ("Sun Flower-1001", "Sun Flower-1002", "geo_1-6497", "geo_1-64975555", "geo-1_6497-7",
         "poppy-9006264050842235", "poppy-9006264050842236")
MAP = SongMap("s", "s", spots={node: Spot(node) for node in NODES}, scenes={"S1": NODES[:2], "s2": NODES[2:]})


@pytest.mark.parametrize(("text", "found"), [
    ("Sun Flower-1001", NODES[:1]), ("sun flower_1002", NODES[1:2]), (" Sun Flower ", NODES[:2]),
    ("geo_1-6497", NODES[2:3]), ("geo_1_6497", None), ("GEO_1", NODES[2:4]),
    ("geo_1-64975555", NODES[3:4]), ("poppy", NODES[5:]),
    ("poppy-9006", None), ("poppy-9006264050842236", NODES[6:]),
])
def test_names(text: str, found: tuple[str, ...] | None) -> None:
    if found is None:
        with pytest.raises(LibraryError, match="may be"):
            MAP.find(text)
    else:
        assert MAP.find(text) == found


@pytest.mark.parametrize("text", ["", "popy", "zebra", "poppy-9", "x" * 3000, "\n", "geo_1-"])
def test_unknown_names_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(LibraryError) as caught:
        MAP.find(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_scenes_in_any_case() -> None:
    assert MAP.find_scene("s1") == "S1"
    assert MAP.find_scene("S2") == "s2"
    with pytest.raises(LibraryError, match="no scene 's3'; there are S1, s2"):
        MAP.find_scene("s3")


def test_an_empty_song_has_nothing() -> None:
    empty = SongMap("s", "s")
    assert empty.start == ""
    with pytest.raises(LibraryError, match="it has none"):
        empty.find("a")


@given(st.text(min_size=1, max_size=12), st.integers(0, 10**20))
def test_every_form_leads_back_to_its_picture(name: str, seed: int) -> None:
    node = PictureId(name, seed).node
    song = SongMap("s", "s", spots={node: Spot(node)})
    for form in forms_of(node):
        if form.strip() == form:
            assert song.find(form) == (node,)
