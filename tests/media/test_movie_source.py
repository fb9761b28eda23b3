"""Movies as they come: odd times, hidden frames, turned, squeezed, damaged; judged by the numbers in the pictures."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_media import HEIGHT, WIDTH, leftovers, save_numbered, shown_numbers, write_video

from server.errors import DamagedMovie, NotAMovie
from server.media.encode import EncodeOptions, encode
from server.media.movie_source import MovieSource
from server.media.numbered import numbered_frame

MILLISECONDS = Fraction(1, 1000)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001), Fraction(25),
                                  Fraction(5)])
@pytest.mark.parametrize("name", ["a.mkv", "a.mov"])
def test_a_rate_is_recognised_behind_rounded_times(tmp_path: Path, name: str, rate: Fraction) -> None:
    times = [round(number / rate * 1000) for number in range(50)]
    source = write_video(tmp_path / name, "mjpeg", "yuvj420p", times, time_base=MILLISECONDS, rate=rate,
                         container_options={"video_track_timescale": "1000"} if name == "a.mov" else None)

    report = encode([source], tmp_path / "out.mov")

    assert report.index.rate == rate
    assert shown_numbers(report.out) == list(range(50))
    assert (report.dropped, report.doubled) == (0, 0)


@pytest.mark.parametrize("codec", ["mjpeg", "ffv1"])
def test_a_varying_rate_becomes_constant_and_is_counted(tmp_path: Path, codec: str) -> None:
    frames = [0, 1, 2, 3, 9, 10, 11, 12, 13, 14]
    source = write_video(tmp_path / "vfr.mkv", codec, "yuvj420p" if codec == "mjpeg" else "yuv420p",
                         [round(number * 1000 / 30) for number in frames], time_base=MILLISECONDS)

    report = encode([source], tmp_path / "out.mov")

    assert report.index.rate == 30
    assert shown_numbers(report.out) == [0, 1, 2, 3, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9]
    assert (report.dropped, report.doubled) == (0, 5)


def test_another_rate_drops_and_doubles(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mkv", "ffv1", "yuv420p", range(12))

    slower = encode([source], tmp_path / "slow.mov", EncodeOptions(rate=Fraction(15)))
    faster = encode([source], tmp_path / "fast.mov", EncodeOptions(rate=Fraction(60)))

    assert shown_numbers(slower.out) == [0, 2, 4, 6, 8, 10, 11]
    assert slower.index.count + slower.dropped == 12
    assert shown_numbers(faster.out) == [number for number in range(12) for _ in range(2)]
    assert faster.doubled == 12


def test_a_late_start_is_no_gap(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mov", "mjpeg", "yuvj420p", [45 + number for number in range(10)])

    assert shown_numbers(encode([source], tmp_path / "out.mov").out) == list(range(10))


@pytest.mark.parametrize("codec", ["mjpeg", "libx264"])
def test_frames_that_an_edit_list_hides_stay_hidden(tmp_path: Path, codec: str) -> None:
    layout = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    whole = write_video(tmp_path / "whole.mov", codec, layout, range(20),
                        options={} if codec == "mjpeg" else {"g": "20"})
    hide_first(whole, 3)

    assert shown_numbers(whole) == list(range(3, 20)), "the reference decoder hides them too"
    assert shown_numbers(encode([whole], tmp_path / "out.mov").out) == list(range(3, 20))


def test_a_turned_movie_is_put_upright(tmp_path: Path) -> None:
    for turned, matrix in ((1, (0, 1, -1, 0)), (2, (-1, 0, 0, -1)), (3, (0, -1, 1, 0))):
        upright = [numbered_frame(number, HEIGHT, WIDTH) if turned % 2 else numbered_frame(number, WIDTH, HEIGHT)
                   for number in range(3)]
        stored = [np.ascontiguousarray(np.rot90(picture, turned)) for picture in upright]
        for codec, layout in (("mjpeg", "yuvj420p"), ("libx264", "yuv420p")):
            source = write_video(tmp_path / f"{turned}{codec}.mov", codec, layout, range(3), pictures=stored)
            turn(source, matrix)

            report = encode([source], tmp_path / f"out{turned}{codec}.mov")

            assert shown_numbers(report.out) == [0, 1, 2], (turned, codec)


def test_pixels_are_made_square(tmp_path: Path) -> None:
    squeezed = [np.ascontiguousarray(numbered_frame(number, 192, 128)[:, ::2]) for number in range(2)]
    source = write_video(tmp_path / "a.mov", "libx264", "yuv420p", range(2), width=96, height=128, pictures=squeezed,
                         aspect=Fraction(2))

    report = encode([source], tmp_path / "out.mov")

    assert (report.index.width, report.index.height) == (192, 128)
    assert shown_numbers(report.out) == [0, 1]


def test_a_part_of_a_movie(tmp_path: Path) -> None:
    for codec, layout in (("mjpeg", "yuvj420p"), ("libx264", "yuv420p")):
        path = write_video(tmp_path / f"{codec}.mov", codec, layout, range(30))
        part = MovieSource(path, begin=Fraction(1, 3), end=Fraction(1, 2))

        assert shown_numbers(encode([part], tmp_path / f"out {codec}.mov").out) == [10, 11, 12, 13, 14]
        assert part.frames(Fraction(30)) == 5


def test_a_part_that_is_empty_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", "mjpeg", "yuvj420p", range(3))
    with pytest.raises(NotAMovie, match="nothing of it lies between"):
        MovieSource(path, begin=Fraction(7))


@pytest.mark.parametrize("codec", ["mjpeg", "ffv1", "mpeg4"])
def test_a_movie_that_was_cut_short_is_refused_or_salvaged(tmp_path: Path, codec: str) -> None:
    source = write_video(tmp_path / "a.mkv", codec, "yuvj420p" if codec == "mjpeg" else "yuv420p", range(20))
    data = source.read_bytes()
    source.write_bytes(data[:len(data) * 2 // 3])

    try:
        whole = shown_numbers(encode([source], tmp_path / "out.mov").out)
    except DamagedMovie as reason:
        said, whole = str(reason), []
    else:
        said = "--salvage"
    # Matroska ends where its last whole block ends: a cut between blocks cannot be told from an end.
    assert whole == list(range(len(whole)))
    assert "--salvage" in said or "cut short" in said
    assert bool(whole) == ("out.mov" in leftovers(tmp_path))
    report = encode([source], tmp_path / "saved.mov", EncodeOptions(salvage=True))
    assert report.index.count >= 5
    assert shown_numbers(report.out)[:5] == list(range(5))


def test_a_broken_jpeg_in_a_movie_is_named_or_replaced(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mov", "mjpeg", "yuvj420p", range(8))
    with av.open(str(source)) as container:
        entry = container.streams.video[0].index_entries[4]
        place, size = entry.pos, entry.size
    data = bytearray(source.read_bytes())
    data[place + size // 2:place + size] = bytes(size - size // 2)
    source.write_bytes(data)

    with pytest.raises(DamagedMovie, match=r"a\.mov, frame 4"):
        encode([source], tmp_path / "out.mov")
    report = encode([source], tmp_path / "saved.mov", EncodeOptions(salvage=True))
    assert shown_numbers(report.out) == [0, 1, 2, 3, 3, 5, 6, 7]
    assert any("a.mov, frame 4: this JPEG" in line and "frame before is shown" in line for line in report.warnings)


def test_names_that_look_like_addresses_are_files(tmp_path: Path) -> None:
    folder = tmp_path / "http:" / "x"
    folder.mkdir(parents=True)
    source = write_video(tmp_path / "a.mkv", "ffv1", "yuv420p", range(3)).rename(folder / "pipe:0 %d 'q'.mkv")

    assert shown_numbers(encode([source], tmp_path / "out.mov").out) == [0, 1, 2]


def test_interlaced_and_hdr_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"x264-params": "interlaced=1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.color_trc = 16
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(numbered_frame(number, WIDTH, HEIGHT), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))

    warnings = " ".join(encode([path], tmp_path / "out.mov").warnings)

    assert "interlaced" in warnings
    assert "HDR (PQ)" in warnings


def test_a_gif_comes_with_its_own_times(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", range(4))
    with av.open(str(tmp_path / "a.gif"), "w") as container:
        stream = container.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "gray"
        for number in range(4):
            frame = av.VideoFrame.from_ndarray(numbered_frame(number, WIDTH, HEIGHT), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="gray")))
        container.mux(stream.encode(None))

    report = encode([tmp_path / "a.gif"], tmp_path / "out.mov")

    assert report.index.rate == 10
    assert shown_numbers(report.out) == [0, 1, 2, 3]


def hide_first(movie: Path, frames: int) -> None:
    """Make the edit list begin later, as cutting without encoding does."""
    data = bytearray(movie.read_bytes())
    with av.open(str(movie)) as container:
        ticks = container.streams.video[0].time_base.denominator
    place = data.index(b"elst") + 4
    _, count, duration, start = struct.unpack_from(">IIIi", data, place)
    assert count == 1
    scale = data.index(b"mvhd") + 4 + 12
    (movie_ticks,) = struct.unpack_from(">I", data, scale)
    struct.pack_into(">Ii", data, place + 8, duration - frames * movie_ticks // 30, start + frames * ticks // 30)
    movie.write_bytes(data)


def turn(movie: Path, matrix: tuple[int, int, int, int]) -> None:
    """Write a rotation into the track header."""
    data = bytearray(movie.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (value << 16 for value in matrix)
    struct.pack_into(">9i", data, place, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    movie.write_bytes(data)
