"""Opening a movie: when its sidecar is trusted, what is rebuilt, what survives, and what is said when it fails."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import msgpack
import numpy as np
import pytest
from index_samples import same
from stamped_movies import find_box, long_gop_movie, numbers_by_index, steady_movie, write_movie

from server.errors import DamagedMovie, IndexDamaged, InputError, MediaError, MissingFile, NotAMovie, OutputError
from server.index import opening
from server.index.format import VERSION, Axis, FrameIndex, Mark, encode_index
from server.index.identity import fingerprint_of
from server.index.opening import open_index, read_sidecar, rebuild_index, sidecar, write_sidecar
from server.media.indexing import full_index, index_of, new_index

MARKS = (Mark(1, "one"), Mark(9, "nine", seed=2**70))


@pytest.fixture
def movie(tmp_media: Path) -> Path:
    path = tmp_media / "clip.mov"
    steady_movie(path, 10)
    return path


def _annotated(movie: Path) -> FrameIndex:
    index = replace(open_index(movie), marks=MARKS, axes=(Axis("x", (0.0, 1.0)), Axis("y", (1.0, 2.0, 3.0))),
                    ends=("aa", "bb"), made={"generator": "test"})
    write_sidecar(movie, index)
    return index


def _annotations(index: FrameIndex) -> tuple[object, ...]:
    return index.marks, index.axes, index.ends, index.made


def _forbid_rebuilding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> FrameIndex:
        raise AssertionError("the movie was read, but its sidecar is fresh")

    monkeypatch.setattr(opening, "index_from_sample_table", fail)


def test_a_rebuilt_index_is_remembered(movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_index(movie)
    _forbid_rebuilding(monkeypatch)

    assert sidecar(movie).name == "clip.mov.frames"
    assert same(open_index(movie), first)
    assert first.movie.fingerprint == fingerprint_of(movie)


def test_remembering_can_be_declined(movie: Path) -> None:
    open_index(movie, remember=False)

    assert list(movie.parent.iterdir()) == [movie]


def test_same_size_and_time_are_trusted_without_reading_the_movie(
        movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _annotated(movie)
    _forbid_rebuilding(monkeypatch)
    monkeypatch.setattr(opening, "fingerprint_of", lambda _: pytest.fail("the movie was read"))

    assert open_index(movie).marks == MARKS


def test_another_time_but_the_same_bytes_refreshes_the_sidecar(
        movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _annotated(movie)
    os.utime(movie, ns=(1, 5_000_000_000))
    _forbid_rebuilding(monkeypatch)

    assert open_index(movie).marks == MARKS

    remembered = read_sidecar(movie)
    assert remembered is not None
    assert remembered.movie.mtime_ns == movie.stat().st_mtime_ns


def test_a_movie_edited_behind_its_back_is_indexed_anew_and_keeps_its_annotations(movie: Path) -> None:
    old = full_index(movie)
    assert old is not None
    write_sidecar(movie, replace(old, marks=MARKS, axes=(Axis("x", (0.0, 1.0)),), ends=("aa", "bb"),
                                 made={"generator": "test"}))
    steady_movie(movie, 14, first=100)

    index = open_index(movie)

    assert index.count == 14
    assert numbers_by_index(movie, index) == list(range(100, 114))
    assert _annotations(index) == (MARKS, (Axis("x", (0.0, 1.0)),), ("aa", "bb"), {"generator": "test"})
    assert (index.crc32, index.difference) == (None, None), "they belong to the old pictures"
    assert same(open_index(movie), index)


def test_same_size_other_bytes_and_time_is_indexed_anew(movie: Path) -> None:
    index = _annotated(movie)
    data = bytearray(movie.read_bytes())
    data[100] ^= 1
    movie.write_bytes(data)
    os.utime(movie, ns=(1, 5_000_000_000))

    again = open_index(movie)

    assert again.movie.fingerprint != index.movie.fingerprint
    assert again.marks == MARKS


def test_what_lies_behind_the_new_end_is_dropped_and_reported(
        movie: Path, caplog: pytest.LogCaptureFixture) -> None:
    _annotated(movie)
    steady_movie(movie, 5)

    index = open_index(movie)

    assert index.marks == MARKS[:1]
    assert index.axes == ()
    assert "1 marks lay behind its end" in caplog.text
    assert "axes do not fit" in caplog.text


def test_a_renamed_or_moved_movie_keeps_its_index(movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _annotated(movie)
    moved = movie.parent / "elsewhere" / "other name.mov"
    moved.parent.mkdir()
    shutil.move(movie, moved)
    shutil.move(sidecar(movie), sidecar(moved))
    _forbid_rebuilding(monkeypatch)

    index = open_index(moved)

    assert (index.movie.name, index.marks) == ("other name.mov", MARKS)


def test_a_movie_moved_without_its_sidecar_is_indexed_anew(movie: Path) -> None:
    first = open_index(movie)
    moved = movie.with_name("alone.mov")
    movie.rename(moved)

    assert open_index(moved).offset.tolist() == first.offset.tolist()


@pytest.mark.parametrize("data", [b"", b"\xff" * 1000, b"# a list of frames\n", msgpack.packb({"format": "other"}),
                                  msgpack.packb([1, 2, 3])])
def test_a_broken_or_foreign_sidecar_is_replaced(movie: Path, data: bytes) -> None:
    sidecar(movie).write_bytes(data)

    index = open_index(movie)

    assert index.count == 10
    assert same(decoded(movie), index)


def decoded(movie: Path) -> FrameIndex:
    index = read_sidecar(movie)
    assert index is not None
    return index


def test_a_sidecar_that_is_cut_short_is_replaced(movie: Path) -> None:
    open_index(movie)
    sidecar(movie).write_bytes(sidecar(movie).read_bytes()[:-7])

    assert open_index(movie).count == 10


def test_the_sidecar_of_another_movie_is_not_believed(movie: Path) -> None:
    other = movie.with_name("other.mov")
    steady_movie(other, 4, first=50)
    open_index(other)
    shutil.copy(sidecar(other), sidecar(movie))

    assert numbers_by_index(movie, open_index(movie)) == list(range(10))


def test_a_sidecar_of_a_newer_version_is_left_alone_until_asked(movie: Path) -> None:
    document = msgpack.unpackb(encode_index(_annotated(movie)))
    newer = msgpack.packb({**document, "version": VERSION + 1})
    sidecar(movie).write_bytes(newer)

    index = open_index(movie)

    assert (index.count, index.marks) == (10, MARKS)
    assert sidecar(movie).read_bytes() == newer
    with pytest.raises(IndexDamaged, match="newer Interscene"):
        read_sidecar(movie)

    assert new_index(movie).marks == MARKS
    assert decoded(movie).marks == MARKS


def test_a_folder_that_cannot_be_written_to_is_no_error(movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _full_disk(monkeypatch)

    assert open_index(movie).count == 10
    assert not sidecar(movie).exists()


def _full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)


def test_a_full_disk_leaves_the_old_sidecar_and_no_rest(movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = _annotated(movie)
    before = sidecar(movie).read_bytes()
    _full_disk(monkeypatch)

    with pytest.raises(OutputError, match="free some space"):
        write_sidecar(movie, replace(index, marks=()))

    assert sidecar(movie).read_bytes() == before
    assert sorted(path.name for path in movie.parent.iterdir()) == ["clip.mov", "clip.mov.frames"]


def test_an_index_that_would_not_read_back_is_not_written(movie: Path) -> None:
    index = _annotated(movie)

    with pytest.raises(InputError):
        write_sidecar(movie, replace(index, marks=(Mark(10, "behind the end"),)))

    assert decoded(movie).marks == MARKS


def _empty(path: Path) -> None:
    path.touch()


def _text(path: Path) -> None:
    path.write_text("hello, I am a shopping list\n" * 50)


def _noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(3).bytes(100_000))


def _picture(path: Path) -> None:
    steady = path.with_name("source.mov")
    path.write_bytes(steady_movie(steady, 1)[0])


def _sound(path: Path) -> None:
    import wave

    with path.open("wb") as file, wave.open(file) as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))


def _only_a_head(path: Path) -> None:
    whole = path.with_name("source.mov")
    steady_movie(whole, 3)
    path.write_bytes(whole.read_bytes()[:60])


def _table_without_pictures(path: Path) -> None:
    whole = path.with_name("source.mov")
    write_movie(whole, [i * 512 for i in range(9)], Fraction(1, 15360), options={"movflags": "faststart"})
    data = whole.read_bytes()
    path.write_bytes(data[: find_box(data, b"mdat")[0]])


BAD: dict[str, tuple[Callable[[Path], object], type[MediaError], str]] = {
    "missing": (lambda path: None, MissingFile, "is not there; check the name"),
    "folder": (Path.mkdir, NotAMovie, "is a folder"),
    "empty": (_empty, NotAMovie, "is empty; copy or record it again"),
    "text": (_text, NotAMovie, "interscene encode"),
    "noise": (_noise, NotAMovie, "is no movie that can be opened"),
    "picture": (_picture, NotAMovie, "make one of it with: interscene encode"),
    "sound": (_sound, NotAMovie, "has no picture, only sound"),
    "head only": (_only_a_head, NotAMovie, "its end is missing, .* copy it again"),
    "table only": (_table_without_pictures, DamagedMovie, "0 of its 9 frames are there"),
}


@pytest.mark.parametrize("suffix", [".mov", ".txt"])
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_movie_gets_one_clear_line(tmp_media: Path, name: str, suffix: str) -> None:
    make, kind, words = BAD[name]
    path = tmp_media / f"odd 'one' %d{suffix}"
    make(path)

    with pytest.raises(MediaError, match=words) as raised:
        index_of(path)

    assert type(raised.value) is kind
    assert "\n" not in str(raised.value)
    assert not sidecar(path).exists()


@pytest.mark.parametrize("name", ["nul\x00.mov", "x" * 300 + ".mov"])
def test_names_that_no_file_can_have_are_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingFile, match="cannot be read"):
        index_of(tmp_path / name)


def test_a_movie_that_may_not_be_read_says_so(movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(MissingFile, match="may not be read; change its permissions"):
        index_of(movie)


def test_names_that_look_like_urls_and_patterns_are_files(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("Windows allows no such names")
    for name in ("http:%2f%2fexample.mkv", "concat:a|b.mkv", "clip%03d.mkv", "pipe:0.mkv"):
        path = tmp_path / name
        write = path.with_name("plain.mkv")
        steady_movie(write, 3)
        write.rename(path)
        assert index_of(path).count == 3


def test_a_name_that_is_no_text_is_no_obstacle(tmp_path: Path) -> None:
    plain, odd = tmp_path / "plain.mov", Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mov"))
    steady_movie(plain, 3)
    try:
        plain.rename(odd)
    except OSError:
        pytest.skip("this disk allows no such names")

    assert index_of(odd).count == 3
    assert index_of(odd).movie.name in ("caf\\udce9.mov", odd.name)
    assert sidecar(odd).exists()


def test_a_playlist_is_no_way_to_other_files(movie: Path) -> None:
    for text in ("ffconcat version 1.0\nfile clip.mov\n",
                 "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nclip.mov\n#EXT-X-ENDLIST\n"):
        listing = movie.with_name("list.mov")
        listing.write_text(text)
        with pytest.raises(NotAMovie):
            index_of(listing)


def test_a_long_gop_movie_has_an_index_that_says_so(tmp_media: Path) -> None:
    for suffix in (".mp4", ".mkv", ".avi"):
        path = tmp_media / f"long{suffix}"
        long_gop_movie(path)
        assert not index_of(path).intra
        assert not index_of(path).intra
        assert index_of(path).count == 24


def test_the_demuxer_is_asked_only_where_the_table_is_silent(movie: Path) -> None:
    def demux(_: Path) -> FrameIndex:
        raise AssertionError("the sample table was enough")

    assert rebuild_index(movie, demux=demux).count == 10


def test_markers_are_sought_only_where_the_demuxer_fails(tmp_media: Path) -> None:
    mkv = tmp_media / "clip.mkv"
    steady_movie(mkv, 3)

    index = open_index(mkv, demux=_refuse)

    assert numbers_by_index(mkv, index) == [0, 1, 2]
    assert "assumed" in str(index.made)
    sidecar(mkv).unlink()
    assert index_of(mkv).made is None


def _refuse(path: Path) -> FrameIndex:
    raise NotAMovie(f"{path} is no movie that can be opened")


@pytest.mark.parametrize(("size", "place", "noticed"), [
    (5, 4, True), ((1 << 20) + 5, (1 << 20) + 4, True), (3 << 20, 0, True), (3 << 20, (3 << 20) - 1, True),
    (3 << 20, 2 << 20, True), (3 << 20, (2 << 20) - 1, False), (3 << 20, 1 << 20, False)])
def test_a_fingerprint_is_of_the_first_and_the_last_mib(tmp_path: Path, size: int, place: int, noticed: bool) -> None:
    data = bytearray(size)
    (tmp_path / "one").write_bytes(data)
    data[place] = 1
    (tmp_path / "other").write_bytes(data)
    assert (fingerprint_of(tmp_path / "one") != fingerprint_of(tmp_path / "other")) == noticed
