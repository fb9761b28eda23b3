"""What names on disk mean: whole seeds, cut ones, versions, copies, changed case; every name reads back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from server.library.graph.identity import PictureId
from server.library.songs.naming import Named, Names, copy_of, movie_name, split_version
from server.library.songs.versions import newest_version, next_version

SUN, SUN2, SEA = PictureId("sun", 10015), PictureId("sun", 10016), PictureId("the sea", 7)
NAMES = Names([SUN, SUN2, SEA])
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0", exclude_categories=("Cs", "Cc")), min_size=1,
                max_size=12).filter(lambda text: text.strip() == text)
PICTURES = st.builds(PictureId, WORDS, st.integers(0, 10**18))


@given(first=PICTURES, second=PICTURES, version=st.integers(1, 999), others=st.lists(PICTURES, max_size=5))
@settings(max_examples=300, deadline=None)
def test_every_name_of_a_movie_reads_back(first: PictureId, second: PictureId, version: int,
                                          others: list[PictureId]) -> None:
    stem = Path(movie_name(first, second, version)).name.removesuffix(".mov")
    assume(stem.count(" to ") == 1)  # names that hold " to " may be cut in several ways, all of them known pictures

    named = Names([first, second, *others]).of_transition(stem)

    assert named == Named((first,), (second,), version)


@given(text=st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_name_or_none(text: str) -> None:
    NAMES.of_transition(text)
    NAMES.of_picture_file(text)
    copy_of(text)
    split_version(text)


@pytest.mark.parametrize(("stem", "named"), [
    ("sun-10015 to the sea-7", Named((SUN,), (SEA,))),
    ("sun-1001 to the sea-7", Named((SUN, SUN2), (SEA,))),
    ("sun-10015 to the sea-7 ~3", Named((SUN,), (SEA,), 3)),
    ("Sun-10015 to The Sea-007", Named((SUN,), (SEA,))),
    ("sun-10015 to moon-3", Named((SUN,), (PictureId("moon", 3),))),
    ("sun-10015 to the sea-7 (1)", None),
    ("sun-10015", None),
    (" to ", None),
])
def test_what_a_movie_or_folder_is_called(stem: str, named: Named | None) -> None:
    assert NAMES.of_transition(stem) == named


def test_names_that_hold_the_joint_themselves() -> None:
    road = PictureId("road to sea", 5)

    assert Names([road, SEA]).of_transition("road to sea-5 to the sea-7") == Named((road,), (SEA,))


@pytest.mark.parametrize(("file", "which"), [
    ("sun_10015.png", SUN), ("sun_0010015.jpg", SUN), ("SUN_10015.PNG", SUN), ("moon_3.webp", PictureId("moon", 3)),
    ("sun_10015 (1).png", None), ("sun.png", None), ("_5.png", None), ("sun_10015.txt", None), ("sun_²5.png", None),
])
def test_what_a_picture_file_is_called(file: str, which: PictureId | None) -> None:
    assert NAMES.of_picture_file(file) == which


def test_versions_go_on_counting(tmp_path: Path) -> None:
    first = tmp_path / "a.mov"
    assert newest_version(first) is None
    assert next_version(first) == first
    for name in ("a.mov", "a ~2.mov", "a ~10.mov", "ab ~30.mov", "a ~x.mov"):
        (tmp_path / name).touch()

    assert newest_version(first) == tmp_path / "a ~10.mov"
    assert next_version(first) == tmp_path / "a ~11.mov"
