"""The n-th picture of a movie by FFmpeg's own timestamps, in containers that tempt one to miscount."""

from __future__ import annotations

import random
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from server.errors import DamagedMovie, FrameOutOfRange, MediaError, MissingFile, NotAMovie
from server.media.numbered import numbered_frame, read_number
from server.media.presentation import Presentation

COUNT = 40


def write(path: Path, *, codec: str = "mjpeg", steps: tuple[int, ...] = (3000,), start: int = 0,
          sound: bool = False) -> Path:
    """Number the pictures of a movie from 0; `steps` are durations in 1/90000 s, taken in turn."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height = 160, 96
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90000)
        if codec == "mjpeg":
            stream.codec_context.color_range = 2
        audio = container.add_stream("pcm_s16le", rate=48000) if sound else None
        pts = start
        for number in range(COUNT):
            frame = av.VideoFrame.from_ndarray(numbered_frame(number, 160, 96), format="rgb24")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = pts, Fraction(1, 90000)
            pts += steps[number % len(steps)]
            container.mux(stream.encode(frame))
            if audio is not None:
                tone = av.AudioFrame.from_ndarray(np.zeros((1, 1600), np.int16), format="s16", layout="mono")
                tone.sample_rate, tone.pts = 48000, number * 1600
                container.mux(audio.encode(tone))
        container.mux(stream.encode(None))
    return path


def hide_first(path: Path, out: Path, hidden: int) -> Path:
    """Copy a movie with an edit list that begins `hidden` frames later, as trimming without re-encoding does."""
    with av.open(str(path)) as source, av.open(str(out), "w", options={"use_editlist": "1"}) as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                shift = int(hidden / (30 * packet.time_base))
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = copy
                target.mux(packet)
    return out


def numbers(path: Path, order: list[int]) -> list[int | None]:
    with Presentation(path) as movie:
        return [read_number(movie.decode_at(n).gray()) for n in order]


def orders() -> list[list[int]]:
    forward = list(range(COUNT))
    mixed = forward * 2
    random.Random(1).shuffle(mixed)
    return [forward, forward[::-1], mixed]


@pytest.mark.parametrize(("name", "options"), [
    ("constant.mov", {}),
    ("variable.mov", {"steps": (3000, 6000, 1500)}),
    ("late.mov", {"start": 45000}),
    ("constant.mkv", {}),
    ("variable.mkv", {"steps": (3000, 9000)}),
    ("constant.avi", {}),
    ("sound.mov", {"sound": True}),
    ("between.mp4", {"codec": "libx264"}),
])
def test_every_picture_in_any_order(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    path = write(tmp_path / name, **options)  # type: ignore[arg-type]
    for order in orders():
        assert numbers(path, order) == order


def test_pictures_hidden_by_an_edit_list_do_not_count(tmp_path: Path) -> None:
    path = hide_first(write(tmp_path / "whole.mov"), tmp_path / "trimmed.mov", 5)
    with av.open(str(path)) as container:
        decoded = [read_number(frame.to_ndarray(format="gray")) for frame in container.decode(video=0)]
    assert decoded[0] == 5, "the test movie hides its first frames"
    with Presentation(path) as movie:
        assert movie.count == len(decoded)
        assert [read_number(movie.decode_at(n).rgb()) for n in range(movie.count)] == decoded


def test_it_says_what_it_is(tmp_path: Path) -> None:
    with Presentation(write(tmp_path / "a.mov")) as movie:
        assert movie.size == (160, 96)
        assert movie.rate == 30
        assert movie.count == COUNT
        picture = movie.decode_at(3)
        assert picture.rgb().shape == (96, 160, 3)
        assert picture.gray().shape == (96, 160)
        for number in (-1, COUNT, 2**40):
            with pytest.raises(FrameOutOfRange, match="0 to 39"):
                movie.decode_at(number)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="there is no"):
        Presentation(tmp_path / "missing.mov")
    (tmp_path / "empty.mov").touch()
    with pytest.raises(NotAMovie):
        Presentation(tmp_path / "empty.mov")
    (tmp_path / "text.mov").write_text("words " * 1000)
    with pytest.raises(NotAMovie):
        Presentation(tmp_path / "text.mov")
    write_sound(tmp_path / "sound.wav")
    with pytest.raises(NotAMovie, match="no video"):
        Presentation(tmp_path / "sound.wav")


def write_sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))


def test_a_broken_picture_is_reported_and_the_others_play(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mov")
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        entry = container.streams.video[0].index_entries[7]
        at, size = entry.pos, entry.size
    data[at:at + size] = struct.pack(">I", 0) * (size // 4) + bytes(size % 4)
    path.write_bytes(data)
    with Presentation(path) as movie:
        assert read_number(movie.decode_at(6).gray()) == 6
        with pytest.raises(DamagedMovie, match="picture 7"):
            movie.decode_at(7)
        assert read_number(movie.decode_at(8).gray()) == 8


def test_a_movie_that_goes_away_while_it_is_open_says_so_every_time(tmp_path: Path) -> None:
    movie = tmp_path / "a.mov"
    write(movie)
    with Presentation(movie) as pictures:
        assert pictures.decode_at(0).width == 160
        movie.write_bytes(b"")
        for _ in range(3):
            with pytest.raises(MediaError, match=r"a\.mov"):
                pictures.decode_at(20)
