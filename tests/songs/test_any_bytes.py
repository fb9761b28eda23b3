"""Whatever lies in a song folder, looking at it says something and never fails."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from song_samples import drawn, make_song

from server.library.graph.song_graph import Presence
from server.library.songs.listing import Stamp
from server.library.songs.presence import glance_at_movie, glance_at_picture
from server.production.check_movie import examine_movie
from server.production.check_picture import examine_picture
from server.production.stage_song import StageFrames

ANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
BEGINNINGS = (b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10", b"\xff\xd8\xff\xe0", b"RIFF", b"BM",
              b"\0\0\0\x14ftypqt  ", b"\0\0\0\x08moov")


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> StageFrames:
    return StageFrames(make_song(tmp_path_factory.mktemp("song")), (64, 48))


@given(begin=st.sampled_from(BEGINNINGS), rest=st.binary(max_size=400),
       suffix=st.sampled_from((".png", ".jpg", ".mov")))
@ANY
def test_any_file_is_judged(tmp_path: Path, stages: StageFrames, begin: bytes, rest: bytes, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(begin + rest)
    stamp = Stamp(len(begin + rest), 1)

    if suffix == ".mov":
        found = glance_at_movie(path, stamp), examine_movie(path, stamp, deep=True)
    else:
        found = glance_at_picture(path, stamp), examine_picture(path, stamp, stages)

    assert all(each.presence in (Presence.EXISTS, Presence.DAMAGED) for each in found)
    assert all(each.reason for each in found if each.presence is Presence.DAMAGED)


@given(suffix=st.sampled_from((".png", ".jpg")), keep=st.floats(0, 0.999), zeros=st.booleans())
@ANY
def test_a_picture_that_was_not_fetched_whole_is_always_damaged(
        tmp_path: Path, stages: StageFrames, suffix: str, keep: float, zeros: bool) -> None:
    data = cv2.imencode(suffix, drawn(3))[1].tobytes()
    cut = data[:int(keep * (len(data) - 16))]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(cut + bytes(len(data) - len(cut)) if zeros else cut)

    found = examine_picture(path, Stamp(path.stat().st_size, 1), stages)

    assert found.presence is Presence.DAMAGED
    assert found.reason
