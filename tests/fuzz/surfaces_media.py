"""Movies, indexes and pictures as surfaces: box structures, sample tables, JPEG segments, PNG chunks."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from campaign import Surface, scratch
from surfaces_files import DATA

from server.errors import DamagedMovie, FrameOutOfRange, IndexDamaged, MediaError, NotAMovie
from server.index.boxes import Box, boxes, find
from server.index.format import decode_index, encode_index, salvage
from server.index.jpeg import jpeg_end, jpeg_header, jpeg_problem
from server.index.opening import open_index, sidecar
from server.index.reader import FrameReader
from server.index.sampletable import hidden_frames, whole_frames
from server.index.scan import index_from_markers
from server.library.songs.presence import picture_structure
from server.media.demux import demux_index
from server.media.jpeg import decode_rgb, decode_thumbnail, encode_rgb
from server.media.numbered import write_numbered
from server.media.orientation import orientation_of
from server.media.picture import decode_picture
from server.media.small import small_jpeg

NAME = Path("a picture")


def index(data: bytes) -> None:
    """Marks survive whatever is wrong with the rest, and what is read is written and read again."""
    for mark in salvage(data).marks:
        assert mark.frame >= 0
    found = decode_index(data)
    assert int((found.offset + found.size).max()) <= found.movie.bytes
    assert 0 <= found.frame_at(1.5) < found.count
    again = decode_index(encode_index(found))
    assert (again.count, again.rate, again.marks, again.axes) == (found.count, found.rate, found.marks, found.axes)


def jpeg(data: bytes) -> None:
    problem = jpeg_problem(data)
    assert problem is None or problem.isprintable()
    orientation_of(data)
    picture_structure(data)
    header = jpeg_header(data)
    assert 0 < header.width <= 65535
    assert 0 < header.height <= 65535
    jpeg_end(data, header.scan)


def pixels(data: bytes) -> None:
    """Decoding what the header states: no more memory than its bytes can stand for."""
    assert decode_rgb(data).ndim == 3
    assert decode_thumbnail(data).ndim == 2
    small_jpeg(data, NAME, 16)


def picture(data: bytes) -> None:
    assert decode_picture(data, NAME).rgb.shape[2] == 3


def box_tree(data: bytes) -> None:
    """Every box lies in its parent, however deep one goes."""
    waiting = [Box(b"file", 0, len(data))]
    for _ in range(200):
        if not waiting:
            return
        parent = waiting.pop()
        for box in boxes(data, parent.start, parent.stop):
            assert parent.start < box.start <= box.stop <= parent.stop
            waiting.append(box)
        find(data, parent, b"trak", b"mdia", b"minf", b"stbl", b"stsz")


class Movie:
    """A movie at one path, its index beside it or not; what opens is read."""

    @property
    def path(self) -> Path:
        return scratch() / "a.mov"

    def feed(self, data: bytes) -> None:
        self.path.write_bytes(data)
        hidden_frames(self.path)
        whole_frames(self.path)
        self._read(open_index(self.path, remember=False))

    def markers(self, data: bytes) -> None:
        self.path.write_bytes(data)
        found = index_from_markers(self.path)
        if found is not None:
            self._read(found)

    def demuxed(self, data: bytes) -> None:
        self.path.write_bytes(data)
        self._read(demux_index(self.path))

    def with_sidecar(self, data: bytes) -> None:
        """The index is strange, the movie is well: it is opened all the same."""
        self.path.write_bytes(movie())
        sidecar(self.path).write_bytes(data)
        try:
            found = open_index(self.path, remember=False)
        finally:
            sidecar(self.path).unlink()
        assert found.count == 5
        self._read(found)

    def _read(self, found: Any) -> None:
        size = self.path.stat().st_size
        assert int((found.offset.astype(np.int64) + found.size).max()) <= size
        with FrameReader(self.path, found) as reader:
            for frame in {0, found.count // 2, found.count - 1}:
                try:
                    assert len(reader.read(frame)) == int(found.size[frame])
                except (FrameOutOfRange, MediaError):
                    continue


@cache
def movie(suffix: str = ".mov", rate: Fraction = Fraction(25)) -> bytes:
    """Five small frames as we write them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        write_numbered(path, 5, 64, 64, rate)
        return path.read_bytes()


@cache
def foreign(suffix: str, format_name: str) -> bytes:
    """The same frames in another container, as other programs write them."""
    import av

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        with av.open(str(path), "w", format=format_name) as out:
            stream = out.add_stream("mjpeg", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
            for number in range(5):
                flat = np.full((48, 64, 3), number * 40, np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(flat, format="rgb24")))
            out.mux(stream.encode())
        return path.read_bytes()


def drawn(suffix: str) -> bytes:
    ramp = np.add.outer(np.arange(32), np.arange(48)).astype(np.uint8)
    return bytes(cv2.imencode(suffix, np.dstack([ramp, ramp.T[:32, :32].repeat(2, 1)[:, :48], ramp * 2]))[1])


def jpegs() -> tuple[bytes, ...]:
    ramp = np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8)
    rgb = np.dstack([ramp, ramp[::-1], ramp * 2])
    progressive = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 2])[1]
    exif = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    plain = encode_rgb(rgb, 80)
    return (plain, encode_rgb(rgb, 30, "444"), encode_rgb(rgb, 60, "gray"), bytes(progressive),
            plain[:2] + exif + plain[2:])


_KINDS = ("moov trak mdia minf stbl stsz stco co64 stsc stts ctts stss stsd elst edts mvhd mdhd hdlr vide dref mvex "
          "moof mdat jpeg avc1 free")
_MARKERS = (0xC0, 0xC2, 0xC4, 0xC9, 0xD0, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xE1, 0xEE, 0xFF, 0x00)
BOX_WORDS = (*_KINDS.encode().split(), b"\0\0\0\1", b"\0\0\0\0", b"\xff\xff\xff\xff")
JPEG_WORDS = (*(bytes((0xFF, marker)) for marker in _MARKERS), b"Exif\0\0", b"Adobe")
GOLDEN = tuple(path.read_bytes() for path in sorted((DATA / "index").rglob("*.frames")))


def movies() -> tuple[bytes, ...]:
    return movie(), movie(rate=Fraction(30000, 1001))


def pictures() -> tuple[bytes, ...]:
    return tuple(map(drawn, (".png", ".jpg", ".bmp", ".webp", ".tiff", ".ppm")))


_MOVIE = Movie()
SURFACES = (
    Surface("index", index, GOLDEN, (IndexDamaged,), (b"\xc4", b"\xc6", b"\xdf", b"\xdd", b"offset", b"marks")),
    Surface("sidecar", _MOVIE.with_sidecar, GOLDEN),
    Surface("jpeg", jpeg, jpegs, (NotAMovie, DamagedMovie), JPEG_WORDS),
    Surface("pixels", pixels, jpegs, (NotAMovie, DamagedMovie), JPEG_WORDS),
    Surface("picture", picture, pictures, (NotAMovie, DamagedMovie),
            (b"IHDR", b"IDAT", b"tRNS", b"PLTE", b"IEND", b"II*\0", b"MM\0*", b"VP8X")),
    Surface("boxes", box_tree, movies, (), BOX_WORDS),
    Surface("movie", _MOVIE.feed, lambda: (*movies(), foreign(".mp4", "mp4"), foreign(".mov", "mov")), (MediaError,),
            BOX_WORDS),
    Surface("markers", _MOVIE.markers, lambda: (*movies(), b"".join(jpegs()[:2]), foreign(".avi", "avi")),
            (MediaError,), (*JPEG_WORDS, b"RIFF", b"ftyp", b"mdat")),
    Surface("demuxer", _MOVIE.demuxed, lambda: (foreign(".mkv", "matroska"), foreign(".avi", "avi"),
                                                foreign(".mov", "mov")), (MediaError,), BOX_WORDS),
)
