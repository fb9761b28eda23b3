"""What is said about a movie: its facts, what it costs, and what speaks against playing it."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from stamped_movies import long_gop_movie, set_edits, steady_movie
from test_census import COUNT, _killed_fragmented, _varying, _with_sound

from server.errors import MissingFile
from server.index.opening import sidecar
from server.media.indexing import full_index, index_of
from server.media.probe import as_json, lines, probe


def _text(movie: Path, rate: Fraction | None = None) -> str:
    return "\n".join(lines(probe(movie, rate)))


def test_the_facts_of_a_plain_movie(tmp_media: Path) -> None:
    movie = tmp_media / "clip.mov"
    jpegs = steady_movie(movie, 12, Fraction(24000, 1001), width=96, height=64)

    facts = probe(movie)

    sizes = [len(jpeg) for jpeg in jpegs]
    assert (facts.width, facts.height, facts.codec, facts.chroma, facts.container) == (96, 64, "mjpeg", "420", "mov")
    assert (facts.rate, facts.rate_varies, facts.count, facts.intra) == (Fraction(24000, 1001), False, 12, True)
    assert facts.duration == 12 / Fraction(24000, 1001)
    assert (facts.frame_bytes, facts.largest_frame_bytes) == (sum(sizes) / 12, max(sizes))
    assert (facts.sound, facts.alpha, facts.hidden_frames, facts.recovered) == ((), False, 0, None)
    assert "12 frames, 23.976 fps" in _text(movie)


def test_the_sidecar_is_reported_as_it_is_and_left_so(tmp_media: Path) -> None:
    movie = tmp_media / "clip.mov"
    steady_movie(movie, 5)

    assert probe(movie).index == "missing"
    assert not sidecar(movie).exists()
    index_of(movie)
    assert (probe(movie).index, probe(movie).has_checksums) == ("fresh", False)
    full_index(movie)
    assert (probe(movie).index, probe(movie).has_differences) == ("fresh", True)
    steady_movie(movie, 6)
    assert (probe(movie).index, probe(movie).count) == ("stale", 6)
    sidecar(movie).write_bytes(b"?")
    assert probe(movie).index == "damaged"


def test_sound_and_hidden_frames_are_told(tmp_media: Path) -> None:
    movie = tmp_media / "sound.mov"
    _with_sound(movie)
    edited = tmp_media / "edited.mov"
    steady_movie(edited, 10)
    set_edits(edited, [(1000, 3 * 512)])

    assert "it has sound (pcm_s16le 8000 Hz mono)" in _text(movie)
    assert probe(edited).hidden_frames == 3
    assert "hides 3 stored frames" in _text(edited)


def test_a_varying_rate_is_told(tmp_media: Path) -> None:
    movie = tmp_media / "varying.mov"
    _varying(movie)

    assert probe(movie).rate_varies
    assert f"{COUNT} frames, about 14.8" in _text(movie)


def test_an_unfinished_movie_is_told(tmp_media: Path) -> None:
    movie = tmp_media / "killed.mov"
    steady_movie(movie, 8)
    movie.write_bytes(movie.read_bytes()[: int(index_of(movie).offset[6]) + 50])
    sidecar(movie).unlink()
    fragmented = tmp_media / "fragmented.mov"
    _killed_fragmented(fragmented)

    assert "WARNING: this movie was never finished; its frames were found by JPEG markers" in _text(movie)
    assert (probe(movie).container, probe(movie).count) == ("an unfinished file", 6)
    assert "found by its packets up to where it breaks off" in _text(fragmented)


def test_a_long_gop_movie_is_told_with_the_command(tmp_media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    movie = tmp_media / "long.mp4"
    long_gop_movie(movie)

    monkeypatch.chdir(tmp_media)
    assert 'WARNING: long-GOP, cannot be played by frame; run: interscene encode "long.mp4"' in _text(movie)
    (tmp_media / "deep").mkdir()
    monkeypatch.chdir(tmp_media / "deep")
    above = str(Path("../long.mp4"))
    assert f'run: interscene encode "{above}" "{above[:-4]}-intra.mov"' in _text(movie)
    assert probe(movie).cost is None


def test_transparency_is_told(tmp_media: Path) -> None:
    import av

    movie = tmp_media / "alpha.mov"
    with av.open(str(movie), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgba"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame(64, 64, "rgba")))
        container.mux(stream.encode(None))

    assert probe(movie).alpha
    assert "transparency" in _text(movie)
    assert "the page and the stand-in deck show JPEG only" in _text(movie)


def test_a_rate_that_it_will_not_hold_is_a_warning(tmp_media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    movie = tmp_media / "large.mov"
    steady_movie(movie, 3, width=2048, height=1200)

    assert "WARNING" not in _text(movie)
    assert "Non-Commercial" in _text(movie)
    assert "WARNING: it will not hold 300 fps" in _text(movie, Fraction(300))
    monkeypatch.chdir(tmp_media)
    assert "would hold: interscene encode \"large.mov\" \"large-" in _text(movie, Fraction(300))


def test_the_same_as_json(tmp_media: Path) -> None:
    movie = tmp_media / "clip.mov"
    steady_movie(movie, 12, Fraction(30000, 1001))

    document = json.loads(json.dumps(as_json(probe(movie, Fraction(60)))))

    assert (document["rate"], document["count"], document["path"]) == ("30000/1001", 12, str(movie))
    assert document["cost"]["rate"] == "60"
    assert document["cost"]["holds"] is True
    assert document["warnings"] == []


def test_what_cannot_be_opened_is_an_error(tmp_media: Path) -> None:
    with pytest.raises(MissingFile):
        probe(tmp_media / "gone.mov")
