"""Half-copied movies, torn pictures, unfinished recordings: refused in words with counts, or saved and told."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_media import leftovers, save, save_numbered, shown_numbers, write_video

from server.errors import DamagedMovie, MediaError, NotAMovie
from server.index.opening import open_index
from server.media.completeness import stated_bytes
from server.media.encode import EncodeOptions, EncodeReport, encode
from server.media.indexing import index_of
from server.media.join import join
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame, write_numbered

SALVAGE = EncodeOptions(salvage=True)


def _saved(source: Path, **options: object) -> EncodeReport:
    return encode([source], source.parent / "saved" / "out.mov", EncodeOptions(salvage=True, **options))  # type: ignore[arg-type]


def _torn(movie: Path, frame: int) -> Path:
    """Spoil the inside of a frame, and leave its structure whole."""
    index = open_index(movie, remember=False)
    data = bytearray(movie.read_bytes())
    begin, size = int(index.offset[frame]), int(index.size[frame])
    scan = data.index(b"\xff\xda", begin) + 14
    data[scan + 20:begin + size - 2] = b"\x11" * (begin + size - 2 - scan - 20)
    movie.write_bytes(data)
    return movie


@pytest.mark.parametrize(("codec", "layout"), [("mjpeg", "yuvj420p"), ("libx264", "yuv420p")])
def test_a_half_copied_movie_with_its_table_in_front(tmp_path: Path, codec: str, layout: str) -> None:
    source = write_video(tmp_path / "a.mp4", codec, layout, range(60), container_options={"movflags": "+faststart"})
    source.write_bytes(source.read_bytes()[:source.stat().st_size * 2 // 3])

    with pytest.raises(DamagedMovie, match=r"cut short: \d+ of its 60 frames are there; .* with --salvage") as caught:
        encode([source], tmp_path / "out" / "out.mov")
    there = int(str(caught.value).partition("short: ")[2].split()[0])
    assert not (tmp_path / "out").exists()
    report = _saved(source)

    assert any(f"cut short: {there} of its 60 frames are there" in line for line in report.warnings)
    assert shown_numbers(report.out) == list(range(there))


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "mjpeg"), ("a.mkv", "libx264"), ("a.avi", "mpeg4")])
def test_a_half_copied_movie_that_has_no_table(tmp_path: Path, name: str, codec: str) -> None:
    source = write_video(tmp_path / name, codec, "yuvj420p" if codec == "mjpeg" else "yuv420p", range(60))
    assert shown_numbers(encode([source], tmp_path / "whole.mov").out) == list(range(60))
    source.write_bytes(source.read_bytes()[:source.stat().st_size // 2])

    with pytest.raises(DamagedMovie, match=r"is cut short: .*B of its .*B are there; .* with --salvage"):
        encode([source], tmp_path / "out.mov")
    report = _saved(source)

    assert any("is cut short" in line for line in report.warnings)
    assert shown_numbers(report.out)[:4] == [0, 1, 2, 3]


@given(st.binary(max_size=40), st.sampled_from([b"", b"RIFF", b"\x1a\x45\xdf\xa3"]))
def test_any_bytes_state_a_length_or_none(tail: bytes, head: bytes) -> None:
    assert (stated_bytes(head + tail) or 1) > 0


def test_a_movie_without_its_table_is_said_to_be_cut(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mp4", "libx264", "yuv420p", range(60))
    source.write_bytes(source.read_bytes()[:source.stat().st_size // 2])

    for attempt in (lambda: encode([source], tmp_path / "o.mov"), lambda: encode([source], tmp_path / "o.mov", SALVAGE),
                    lambda: index_of(source)):
        with pytest.raises(NotAMovie, match=r"its end is missing, .*copy it again") as caught:
            attempt()
        assert "Errno" not in str(caught.value)


def test_ffmpegs_numbers_reach_nobody(tmp_path: Path) -> None:
    path = tmp_path / "noise.mkv"
    path.write_bytes(b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 20)
    for attempt in (lambda: encode([path], tmp_path / "o.mov"), lambda: index_of(path)):
        with pytest.raises(MediaError) as caught:
            attempt()
        assert "Errno" not in str(caught.value)
        assert "109499" not in str(caught.value)


def test_an_unfinished_recording_is_saved_from_its_pictures(tmp_path: Path) -> None:
    source = tmp_path / "rec.mov"
    body = b"".join(encode_rgb(numbered_frame(number, 96, 64), 85) for number in range(7))
    source.write_bytes(struct.pack(">I4s4sI", 16, b"ftyp", b"qt  ", 0) + struct.pack(">I4s", 0, b"mdat") + body[:-50])

    with pytest.raises(DamagedMovie, match=r"never finished: 6 frames can still be found in it; .* with --salvage"):
        encode([source], tmp_path / "out.mov")
    report = _saved(source)

    assert shown_numbers(report.out) == list(range(6))
    assert report.copied == 6
    assert any("never finished: 6 frames were found by JPEG markers" in line for line in report.warnings)


@pytest.mark.parametrize("first", [False, True])
def test_a_torn_jpeg_is_named_and_replaced(tmp_path: Path, first: bool, capfd: pytest.CaptureFixture[str]) -> None:
    write_numbered(tmp_path / "a.mov", 8, 96, 64)
    frame = 0 if first else 5
    source = _torn(tmp_path / "a.mov", frame)
    (tmp_path / "a.mov.frames").unlink()

    with pytest.raises(DamagedMovie, match=rf"a\.mov, frame {frame}: this JPEG is damaged inside .*--salvage"):
        encode([source], tmp_path / "out.mov")
    with pytest.raises(DamagedMovie, match=rf"a\.mov, frame {frame}: this picture .* interscene encode .* --salvage"):
        join([source], tmp_path / "out.mov")
    report = _saved(source)

    assert shown_numbers(report.out) == ([1, 2, 3, 4, 5, 6, 7] if first else [0, 1, 2, 3, 4, 4, 6, 7])
    assert sum(f"a.mov, frame {frame}:" in line for line in report.warnings) == 1
    assert "Corrupt" not in capfd.readouterr().err
    assert leftovers(tmp_path) == ["a.mov", "a.mov.frames", "out.mov", "out.mov.frames"]


def test_the_named_frame_is_the_stored_one_at_another_rate(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.mov", 12, 96, 64)
    with pytest.raises(DamagedMovie, match="frame 8:"):
        encode([_torn(tmp_path / "a.mov", 8)], tmp_path / "out.mov", EncodeOptions(rate=Fraction(15)))


def test_a_jpeg_cut_inside_a_movie_stops_a_join(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.mov", 4, 96, 64)
    index = open_index(tmp_path / "a.mov")
    data = bytearray((tmp_path / "a.mov").read_bytes())
    middle = int(index.offset[2]) + int(index.size[2]) * 3 // 4
    data[middle:middle + 2] = b"\xff\xd8"
    (tmp_path / "a.mov").write_bytes(data)

    with pytest.raises(DamagedMovie, match="frame 2: this picture is broken"):
        join([tmp_path / "a.mov"], tmp_path / "out.mov")


@pytest.mark.parametrize("options", [{}, {"hold": Fraction(1, 10), "dissolve": Fraction(1, 10)}, {"inbetween": True}])
@pytest.mark.parametrize("bad", [(0, 3), (2, 3)])
def test_every_broken_picture_is_named_or_left_out(tmp_path: Path, options: dict[str, object],
                                                   bad: tuple[int, int]) -> None:
    paths = save_numbered(tmp_path / "pics", range(5))
    paths[bad[0]].write_bytes(paths[bad[0]].read_bytes()[:300])
    paths[bad[1]].write_bytes(b"")

    with pytest.raises(MediaError, match=r"these 2 pictures cannot be read: .*--salvage") as caught:
        encode([tmp_path / "pics"], tmp_path / "out.mov", EncodeOptions(**options))  # type: ignore[arg-type]
    assert all(paths[number].name in str(caught.value) for number in bad)
    assert "\n" not in str(caught.value)
    report = encode([tmp_path / "pics"], tmp_path / "out.mov", EncodeOptions(salvage=True, **options))  # type: ignore[arg-type]

    assert [sum(path.name in line and "left out" in line for line in report.warnings) for path in paths] == [
        int(number in bad) for number in range(5)]
    if not options:
        assert shown_numbers(report.out) == [number for number in range(5) if number not in bad]


def test_broken_pictures_of_a_list_are_named_or_left_out(tmp_path: Path) -> None:
    paths = save_numbered(tmp_path / "pics", range(5))
    listed = tmp_path / "videos.txt"
    listed.write_text("".join(f"file 'pics/{path.name}'\nduration 0.1\n" for path in paths))
    paths[0].write_bytes(b"")
    paths[3].write_bytes(paths[3].read_bytes()[:300])

    with pytest.raises(MediaError, match=r"these 2 pictures cannot be read: .*--salvage"):
        encode([listed], tmp_path / "out.mov")
    report = encode([listed], tmp_path / "out.mov", EncodeOptions(salvage=True))

    assert shown_numbers(report.out) == [1, 2, 4]
    assert sum("left out" in line for line in report.warnings) == 2
    for path in paths:
        path.write_bytes(b"")
    with pytest.raises(DamagedMovie, match="none of its 5 pictures can be read"):
        encode([listed], tmp_path / "none.mov", EncodeOptions(salvage=True))


def test_nothing_but_broken_pictures(tmp_path: Path) -> None:
    for path in save_numbered(tmp_path / "pics", range(2)):
        path.write_bytes(b"")
    with pytest.raises(DamagedMovie, match="none of the 2 pictures can be read"):
        _saved(tmp_path / "pics")


def test_sizes_are_counted_in_pictures(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", [1, 2])
    save(tmp_path / "pics" / "frame000003.png", numbered_frame(3, 192, 64))

    report = encode([tmp_path / "pics"], tmp_path / "out.mov",
                    EncodeOptions(hold=Fraction(1), dissolve=Fraction(1, 2)))
    assert any("the pictures have 2 sizes (2 of 96×64, 1 of 192×64)" in line for line in report.warnings)

    write_numbered(tmp_path / "b.mov", 9, 128, 64)
    report = encode([report.out, tmp_path / "b.mov"], tmp_path / "both.mov")
    assert any("the sources have 2 sizes (1 of 96×64, 1 of 128×64)" in line for line in report.warnings)


def test_bytes_that_every_decoder_skips_are_no_damage(tmp_path: Path) -> None:
    jpeg = encode_rgb(numbered_frame(4, 96, 64), 85)
    (tmp_path / "a.jpg").write_bytes(jpeg[:-2] + b"\x00\x00" + jpeg[-2:])
    report = encode([tmp_path / "a.jpg"], tmp_path / "out.mov")
    assert shown_numbers(report.out) == [4]
    with av.open(str(report.out)) as container:
        assert container.streams.video[0].frames == 1
