"""What encoding can be told, what it says, and how it stops."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from made_media import HEIGHT, WIDTH, leftovers, save, save_numbered, shown_numbers, write_video

from server.errors import Cancelled, InputError, OutOfRange, OutputError
from server.index.jpeg import jpeg_header
from server.index.opening import open_index
from server.index.reader import FrameReader
from server.media.encode import EncodeOptions, Progress, encode
from server.media.indexing import full_index
from server.media.jpeg import decode_rgb
from server.media.numbered import colour_bars, read_number
from server.media.stills import DrawnFrames


def first_frame(movie: Path) -> np.ndarray:
    with FrameReader(movie, open_index(movie)) as reader:
        return decode_rgb(reader.read(0))


@pytest.mark.parametrize("effort", ["fast", "small"])
@pytest.mark.parametrize("chroma", ["420", "422", "444"])
@pytest.mark.parametrize("size", [(96, 64), (97, 65), (64, 64), (200, 90)])
def test_every_frame_is_a_plain_jpeg_of_the_wanted_kind(tmp_path: Path, effort: str, chroma: str,
                                                        size: tuple[int, int]) -> None:
    save_numbered(tmp_path / "pics", range(3), width=192, height=128)

    report = encode([tmp_path / "pics"], tmp_path / "out.mov",
                    EncodeOptions(effort=effort, chroma=chroma, size=size, fit="stretch"))

    with FrameReader(report.out, report.index) as reader:
        headers = [jpeg_header(reader.read(frame)) for frame in range(3)]
        numbers = [read_number(decode_rgb(reader.read(frame))) for frame in range(3)]
    assert {(header.width, header.height, header.chroma, header.muxable) for header in headers} == {
        (*size, chroma, True)}
    assert numbers == [0, 1, 2]


@pytest.mark.parametrize("effort", ["fast", "small"])
@pytest.mark.parametrize("video", [False, True])
def test_fits(tmp_path: Path, effort: str, video: bool) -> None:
    white = np.full((60, 120, 3), 255, np.uint8)
    white[:, :10] = white[:, -10:] = (255, 0, 0)
    source = (write_video(tmp_path / "a.mkv", "ffv1", "yuv444p", range(1), width=120, height=60, pictures=[white])
              if video else save(tmp_path / "a.png", white))

    def fitted(fit: str) -> np.ndarray:
        out = tmp_path / f"{fit}.mov"
        encode([source], out, EncodeOptions(size=(80, 80), fit=fit, effort=effort))
        return first_frame(out).astype(int)

    contained, covered, stretched = fitted("contain"), fitted("cover"), fitted("stretch")
    assert contained[:16].max() < 24
    assert contained[-16:].max() < 24
    assert contained[22:58, 20:60].min() > 240
    assert covered.min() > 240, "the red edges are cut away"
    assert stretched[40, 2, 1] < 60
    assert stretched[40, 40].min() > 240


def test_largest_shrinks_and_never_grows(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", range(1), width=192, height=128)

    sizes = [encode([tmp_path / "pics"], tmp_path / f"{number}.mov", EncodeOptions(largest=largest)).index
             for number, largest in enumerate([(96, 96), (1280, 1280), (100, 33)])]

    assert [(index.width, index.height) for index in sizes] == [(96, 64), (192, 128), (50, 32)]


def test_mixed_sizes_are_fitted_and_reported(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", [0, 2], width=96, height=64)
    save_numbered(tmp_path / "pics", [1], width=192, height=128)

    report = encode([tmp_path / "pics"], tmp_path / "out.mov")

    assert shown_numbers(report.out) == [0, 1, 2]
    said = "the pictures have 2 sizes (2 of 96×64, 1 of 192×128): all were made 96×64 with fit contain"
    assert report.warnings == (said,)


@pytest.mark.parametrize("effort", ["fast", "small"])
def test_more_quality_is_more_bytes_and_less_error(tmp_path: Path, effort: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (16, 24, 3), np.uint8)
    picture = np.kron(noise, np.ones((8, 8, 1), np.uint8))
    source = save(tmp_path / "a.png", picture)

    reports = [encode([source], tmp_path / f"{quality}.mov", EncodeOptions(quality=quality, effort=effort))
               for quality in (1, 30, 60, 85, 95, 100)]

    sizes = [int(report.index.size[0]) for report in reports]
    errors = [float(np.abs(first_frame(report.out).astype(int) - picture).mean()) for report in reports]
    assert sizes == sorted(sizes)
    assert errors == sorted(errors, reverse=True)
    assert sizes[1] < sizes[3] < sizes[4]


@pytest.mark.parametrize("effort", ["fast", "small"])
@pytest.mark.parametrize("source", ["png", "limited601", "limited709", "untagged_hd", "rgb"])
def test_colours_arrive_as_they_were(tmp_path: Path, effort: str, source: str) -> None:
    bars = colour_bars(1280, 720)
    if source == "png":
        path = save(tmp_path / "a.png", bars)
    elif source == "rgb":
        path = write_video(tmp_path / "a.mov", "png", "rgb24", range(1), width=1280, height=720, pictures=[bars])
    else:
        path = _limited(tmp_path / "a.mkv", bars, source)

    encode([path], tmp_path / "out.mov", EncodeOptions(effort=effort, quality=95))

    shown = first_frame(tmp_path / "out.mov").astype(int)
    middles = [64 + 128 * number for number in range(10)]
    assert np.abs(shown[360, middles] - bars[360, middles]).max() <= 4


def _limited(path: Path, picture: np.ndarray, kind: str) -> Path:
    """Video range, as cameras and editors write it, with the matrix tagged or not."""
    import av

    matrix = "ITU601" if kind == "limited601" else "ITU709"
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
        format="yuv444p", dst_colorspace=matrix)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv444p"
        stream.codec_context.color_range = 1
        stream.codec_context.colorspace = {"limited601": 5, "limited709": 1, "untagged_hd": 2}[kind]
        frame.colorspace, frame.color_range, frame.pts = stream.codec_context.colorspace, 1, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_checksums_and_differences_are_those_of_a_full_index(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", [0, 0, 5, 900, 901], width=192, height=128)

    index = encode([tmp_path / "pics"], tmp_path / "out.mov", EncodeOptions(quality=95)).index
    full = full_index(tmp_path / "out.mov")

    assert full is not None
    assert index.crc32 is not None
    assert full.crc32 is not None
    assert index.crc32.tolist() == full.crc32.tolist()
    assert index.difference is not None
    assert full.difference is not None
    assert index.difference.tolist() == pytest.approx(full.difference.tolist(), abs=0.5)


def test_a_repeated_frame_has_no_distance(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", [0, 700])

    index = encode([tmp_path / "pics"], tmp_path / "out.mov",
                   EncodeOptions(source_rate=Fraction(10), rate=Fraction(20))).index

    assert index.difference is not None
    assert index.difference[[0, 1, 3]].tolist() == [0, 0, 0]
    assert index.difference[2] > 1


def test_provenance_says_how_it_was_made(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", [0])

    encode([tmp_path / "pics"], tmp_path / "out.mov",
           EncodeOptions(effort="small", quality=88, made={"seed": 2**80}))

    made = open_index(tmp_path / "out.mov", remember=False).made
    assert made is not None
    assert made["settings"] == {"effort": "small", "fit": "contain", "inbetween": False, "quality": 88,
                                "quantiser": 3}
    assert made["seed"] == str(2**80)
    assert made["sources"] == [str(tmp_path / "pics" / "frame000000.png")]


def test_transparency_is_laid_over_black_and_said(tmp_path: Path) -> None:
    picture = np.full((HEIGHT, WIDTH, 4), 200, np.uint8)
    picture[:, :48, 3] = 0
    picture[:, 48:, 3] = 255
    opaque = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    save(tmp_path / "a.png", picture)
    movie = write_video(tmp_path / "m.mov", "qtrle", "argb", range(1), pictures=[picture])

    still = encode([tmp_path / "a.png"], tmp_path / "1.mov")
    moving = encode([movie], tmp_path / "2.mov")
    untouched = encode([save(tmp_path / "b.png", opaque)], tmp_path / "3.mov")

    assert still.warnings == (f"{tmp_path / 'a.png'} has transparency: it was laid over black",)
    assert moving.warnings == ("m.mov, frame 0 has transparency: it was laid over black",)
    assert untouched.warnings == ()
    for report in (still, moving):
        shown = first_frame(report.out)
        assert shown[32, 20].max() < 8
        assert shown[32, 80].min() > 190


def test_sound_is_missed_aloud(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mov", "mjpeg", "yuvj420p", range(4), sound=True)

    report = encode([source], tmp_path / "out.mov")

    assert shown_numbers(report.out) == [0, 1, 2, 3]
    assert len(report.warnings) == 1
    assert "has sound, which is not in the new movie" in report.warnings[0]


def test_progress_goes_up_to_all(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", range(9))
    told: list[Progress] = []

    encode([tmp_path / "pics"], tmp_path / "out.mov", EncodeOptions(workers=3), told.append)

    assert told == [Progress(done, 9) for done in range(1, 10)]


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    source = write_video(tmp_path / "a.mkv", "ffv1", "yuv420p", range(30))
    asked: list[bool] = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 5

    with pytest.raises(Cancelled, match="nothing of it was kept"):
        encode([source], tmp_path / "out.mov", None, None, cancelled)
    assert leftovers(tmp_path) == []
    assert len(asked) == 6


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", range(9))

    def interrupted(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode([tmp_path / "pics"], tmp_path / "out.mov", None, interrupted)
    assert leftovers(tmp_path) == []


def test_an_error_in_a_drawing_leaves_nothing(tmp_path: Path) -> None:
    def draw() -> object:
        yield np.zeros((8, 8, 3), np.uint8)
        raise InputError("out of ideas")

    with pytest.raises(InputError, match="out of ideas"):
        encode([DrawnFrames("x", (8, 8), 9, draw)], tmp_path / "out.mov")  # type: ignore[arg-type]
    assert leftovers(tmp_path) == []


def test_a_movie_is_replaced_on_demand_only(tmp_path: Path) -> None:
    save_numbered(tmp_path / "pics", [1])
    encode([tmp_path / "pics"], tmp_path / "out.mov")

    with pytest.raises(OutputError, match="already there"):
        encode([tmp_path / "pics"], tmp_path / "out.mov")
    assert encode([tmp_path / "pics"], tmp_path / "out.mov", EncodeOptions(overwrite=True)).index.count == 1


def test_a_movie_may_replace_its_own_source(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", "mjpeg", "yuvj420p", range(5))

    encode([path], path, EncodeOptions(overwrite=True, keep=False))

    assert shown_numbers(path) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("options", "says"), [
    ({"fit": "zoom"}, "fit is one of contain, cover, stretch"), ({"effort": "slow"}, "effort is one of"),
    ({"chroma": "411"}, "chroma is one of"), ({"quality": 0}, "quality goes from 1 to 100"),
    ({"quality": 101}, "quality"), ({"workers": 0}, "worker"), ({"hold": Fraction(-1)}, "hold"),
    ({"size": (0, 5)}, "pixels a side"), ({"size": (70_000, 5)}, "pixels a side"), ({"rate": Fraction(0)}, "rate"),
    ({"source_rate": Fraction(2000)}, "rate")])
def test_impossible_options_are_refused(tmp_path: Path, options: dict[str, object], says: str) -> None:
    with pytest.raises((InputError, OutOfRange), match=says):
        encode([tmp_path], tmp_path / "out.mov", EncodeOptions(**options))  # type: ignore[arg-type]
