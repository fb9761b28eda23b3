"""The frame-accuracy census: judged by burnt-in numbers in PyAV's sequential decode, never by our own index."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from stamped_movies import find_box, numbers_by_index, numbers_in_order, set_edits, steady_movie, write_movie

from server.index.format import FrameIndex
from server.index.opening import open_index, sidecar
from server.media.indexing import index_of

COUNT = 84
NTSC_FILM = Fraction(24000, 1001)
MILLISECONDS = Fraction(1, 1000)


def _varying(path: Path) -> None:
    times, now = [], 0
    for i in range(COUNT):
        times.append(now)
        now += (20, 33, 100, 7)[i % 4]
    write_movie(path, times, Fraction(1, 600), options={"video_track_timescale": "600"})


def _coarse(path: Path) -> None:
    times = [round(i / NTSC_FILM * 1000) for i in range(COUNT)]
    write_movie(path, times, MILLISECONDS, rate=NTSC_FILM, options={"video_track_timescale": "1000"})


def _trimmed_by_copy(path: Path) -> None:
    """What `-ss … -c copy` leaves: packets before the cut are stored, and an edit list hides them."""
    times = [(i - 2) * 512 for i in range(COUNT)]
    write_movie(path, times, Fraction(1, 15360), options={"video_track_timescale": "15360"})
    assert find_box(path.read_bytes(), b"moov", b"trak", b"edts", b"elst")


def _trimmed_at_both_ends(path: Path) -> None:
    steady_movie(path, COUNT)
    set_edits(path, [(1000, 5 * 512 + 200)])


def _two_edits(path: Path) -> None:
    steady_movie(path, COUNT)
    set_edits(path, [(500, -1), (1000, 40 * 512), (400, 512)])


def _start_offset(path: Path) -> None:
    times = [75_000 + i * 512 for i in range(COUNT)]
    write_movie(path, times, Fraction(1, 15360), options={"video_track_timescale": "15360"})


def _fragmented(path: Path) -> None:
    write_movie(path, [i * 512 for i in range(COUNT)], Fraction(1, 15360), form="mov",
                options={"movflags": "frag_keyframe+empty_moov", "video_track_timescale": "15360"})


def _killed_fragmented(path: Path) -> None:
    whole = path.with_suffix(".whole.mov")
    write_movie(whole, [i * 512 for i in range(COUNT)], Fraction(1, 15360), form="mov",
                options={"movflags": "empty_moov+frag_every_frame", "video_track_timescale": "15360"})
    data = whole.read_bytes()
    torn = data.rfind(b"\xff\xd8\xff", 0, len(data) * 2 // 3)
    path.write_bytes(data[: torn + 700])  # the header, and no more than the top of the picture


def _steady(path: Path) -> None:
    steady_movie(path, COUNT, Fraction(30000, 1001))


def _faststart(path: Path) -> None:
    times = [i * 512 for i in range(COUNT)]
    write_movie(path, times, Fraction(1, 15360), options={"movflags": "faststart"})


def _hybrid(path: Path) -> None:
    write_movie(path, [i * 1000 for i in range(COUNT)], Fraction(1, 60000), rate=Fraction(60),
                options={"movflags": "+hybrid_fragmented", "frag_duration": "200000",
                         "video_track_timescale": "60000"})


def _with_sound(path: Path) -> None:
    """Sound between the pictures: frames are not contiguous."""
    from stamped_movies import stamped_jpeg

    with av.open(str(path), "w") as container:
        video = container.add_stream("mjpeg", rate=25)
        video.width, video.height, video.pix_fmt, video.time_base = 64, 64, "yuvj420p", Fraction(1, 12800)
        audio = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for i in range(COUNT):
            packet = av.Packet(stamped_jpeg(i))
            packet.stream, packet.time_base, packet.is_keyframe = video, video.time_base, True
            packet.pts = packet.dts = i * 512
            packet.duration = 512
            container.mux(packet)
            sound = av.AudioFrame(format="s16", layout="mono", samples=320)
            sound.sample_rate, sound.pts = 8000, i * 320
            container.mux(audio.encode(sound))


TORN = "fragmented, killed"
CENSUS: dict[str, tuple[str, Callable[[Path], None], Fraction | None]] = {
    "29.97": (".mov", _steady, Fraction(30000, 1001)),
    "faststart": (".mov", _faststart, Fraction(30)),
    "hybrid": (".mov", _hybrid, Fraction(60)),
    "sound between": (".mov", _with_sound, Fraction(25)),
    "varying rate": (".mov", _varying, None),
    "23.976 in milliseconds": (".mov", _coarse, NTSC_FILM),
    "trimmed by copy": (".mov", _trimmed_by_copy, Fraction(30)),
    "trimmed at both ends": (".mov", _trimmed_at_both_ends, Fraction(30)),
    "two edits": (".mov", _two_edits, Fraction(30)),
    "start offset": (".mov", _start_offset, Fraction(30)),
    "fragmented": (".mov", _fragmented, Fraction(30)),
    TORN: (".mov", _killed_fragmented, Fraction(30)),
    "mp4": (".mp4", _steady, Fraction(30000, 1001)),
    "mkv": (".mkv", _steady, Fraction(30000, 1001)),
    "mkv, varying": (".mkv", _varying, None),
    "avi": (".avi", _steady, Fraction(30000, 1001)),
}


@pytest.mark.parametrize("name", CENSUS)
def test_every_frame_is_the_one_that_is_shown_at_its_place(name: str, tmp_path: Path) -> None:
    suffix, write, rate = CENSUS[name]
    path = tmp_path / f"movie{suffix}"
    write(path)

    index = index_of(path)

    truth = numbers_in_order(path)
    if name == TORN:
        truth.pop()  # FFmpeg shows half a picture, the rest of it from the frame before
    assert len(truth) > 20
    assert numbers_by_index(path, index) == truth
    assert (index.pts is None) == (rate is not None)
    assert rate is None or index.rate == rate
    assert numbers_by_index(path, index_of(path)) == truth  # the remembered one


@pytest.mark.parametrize("name", ["29.97", "varying rate", "23.976 in milliseconds", "trimmed by copy",
                                  "trimmed at both ends", "two edits", "start offset", "sound between", "mp4"])
def test_the_sample_table_alone_is_enough_for_quicktime(name: str, tmp_path: Path) -> None:
    suffix, write, _ = CENSUS[name]
    path = tmp_path / f"movie{suffix}"
    write(path)

    index = open_index(path, remember=False)

    assert index.made is None
    assert numbers_by_index(path, index) == numbers_in_order(path)
    assert not sidecar(path).exists()


def test_times_agree_with_the_demuxer_where_the_rate_varies(tmp_path: Path) -> None:
    path = tmp_path / "varying.mov"
    _varying(path)

    index = index_of(path)

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = [frame.pts * stream.time_base for frame in container.decode(stream)]
    assert [index.seconds_of(frame) for frame in range(index.count)] == [time - times[0] for time in times]
    assert [index.frame_at(index.seconds_of(frame)) for frame in range(index.count)] == list(range(index.count))


def test_an_unfinished_plain_movie_is_found_by_its_markers(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole.mov", tmp_path / "killed.mov"
    jpegs = steady_movie(whole, COUNT)
    data = bytearray(whole.read_bytes())
    start, stop = find_box(bytes(data), b"mdat")
    data[start:start + 4] = bytes(4)  # the size is written last
    killed.write_bytes(data[: stop - len(jpegs[-1]) // 2])

    index: FrameIndex = index_of(killed)

    assert numbers_by_index(killed, index) == list(range(COUNT - 1))
    assert [int(size) for size in index.size] == [len(jpeg) for jpeg in jpegs[:-1]]
    assert "assumed" in str(index.made)
