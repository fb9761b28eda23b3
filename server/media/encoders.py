"""One frame to one JPEG, the fast way or the small way, on one scale of quality. It knows no files and no order.

fast: simplejpeg. For live work: it costs a quarter of the processor time.
small: FFmpeg's encoder. For playback: 10 to 30 % fewer bytes at the same look, and bytes are what decoding costs.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from server.errors import OutputError
from server.media.colour import STEPS, PlaneMaker
from server.media.difference import Thumbnail, thumbnail_of_luma
from server.media.jpeg import encode_planes
from server.media.placement import Placement, place_planes, place_rgb

if TYPE_CHECKING:
    from av import VideoFrame

Picture = NDArray[np.uint8]
Planes = tuple[NDArray[np.uint8], ...]

QUALITY_OF_Q: Final = {1: 96, 2: 92, 3: 88, 4: 83, 5: 79, 6: 75, 8: 68, 10: 61, 12: 55, 16: 45, 20: 36, 25: 28,
                       31: 20}
"""FFmpeg's quantiser scale beside the libjpeg quality of the same luma PSNR, which is the one scale of quality.

Measured over moving fractals with film grain of several strengths; it varies by about ±2 with the picture.
"""
_CRISP: Final = 0.4
_SMOOTH: Final = -0.15
"""The small way gives 1 % of its bytes back by slightly softer chroma; its luma is untouched."""

_LAYOUTS: Final = {"420": "yuvj420p", "422": "yuvj422p", "444": "yuvj444p"}
_FULL_RANGE: Final = 2
_LIMITED_RANGE: Final = 1
_AREA: Final = 32
_CUBIC: Final = 4 | 262_144
"""swscale's flags. Its cubic alone turns neutral chroma 128 into 127, a green tint, unless it rounds accurately."""
_HD_WIDTH, _HD_HEIGHT = 1280, 720


EFFORTS: Final = ("fast", "small")


class Encoded(NamedTuple):
    """A JPEG and what `difference` needs of it."""

    jpeg: bytes
    thumbnail: Thumbnail


@dataclass(frozen=True, slots=True)
class Target:
    """What every frame of one movie is made into."""

    width: int
    height: int
    chroma: str
    quality: int
    effort: str
    fit: str
    keep: bool = True
    """Copy JPEG pictures that the movie can hold as they are, whatever the quality, instead of encoding them."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.width, self.height


class Encoder:
    """Encode pictures of any kind to the JPEGs of one movie; every thread may call it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        efforts: Mapping[str, tuple[Callable[[Planes], bytes], float]] = {
            "fast": (self._fast, _CRISP), "small": (self._small, _SMOOTH)}
        self._jpeg, self._crispness = efforts[target.effort]
        self._own = threading.local()

    def encode_rgb(self, picture: Picture, placement: Placement) -> Encoded:
        """Encode RGB (height, width, 3)."""
        if not hasattr(self._own, "planes"):
            self._own.planes = PlaneMaker(self.target.chroma, self._crispness)
        planes = self._own.planes.planes(np.ascontiguousarray(place_rgb(picture, placement)))
        small = thumbnail_of_luma(self._own.planes.luma_of_chroma, STEPS[self.target.chroma])
        return Encoded(self._jpeg(planes), small)

    def encode_frame(self, frame: VideoFrame, placement: Placement) -> Encoded:
        """Encode a decoded video frame of any pixel format; its range and matrix become those of JPEG."""
        width, height = placement.scaled
        grows = width * height > frame.width * frame.height
        converted = self._convert(frame, width, height, _CUBIC if grows else _AREA)
        planes = place_planes(planes_of(converted), placement)
        return Encoded(self._jpeg(planes), thumbnail_of_luma(planes[0]))

    def pixels_of(self, frame: VideoFrame, layout: str) -> Picture:
        """The pixels of a decoded video frame at its own size, in a packed layout such as `rgb24` or `rgba`."""
        converted = self._reformatter.reformat(
            frame, format=layout, src_colorspace=_matrix_of(frame), src_color_range=_range_of(frame),
            interpolation=_AREA, dst_color_range=_FULL_RANGE, threads=1)
        return np.asarray(converted.to_ndarray(), dtype=np.uint8)

    @property
    def _reformatter(self) -> Any:
        from av.video.reformatter import VideoReformatter

        if not hasattr(self._own, "reformatter"):
            self._own.reformatter = VideoReformatter()
        return self._own.reformatter

    def _convert(self, frame: VideoFrame, width: int, height: int, method: int) -> VideoFrame:
        converted: VideoFrame = self._reformatter.reformat(
            frame, width, height, _LAYOUTS[self.target.chroma], src_colorspace=_matrix_of(frame),
            dst_colorspace="ITU601", interpolation=method, src_color_range=_range_of(frame),
            dst_color_range=_FULL_RANGE, threads=1)
        return converted

    def _fast(self, planes: Planes) -> bytes:
        y, u, v = (np.ascontiguousarray(plane) for plane in planes)
        return encode_planes(y, u, v, self.target.quality)

    def _small(self, planes: Planes) -> bytes:
        from av import VideoFrame

        if not hasattr(self._own, "codec"):
            self._own.codec = _mjpeg_encoder(self.target)
        frame = VideoFrame(self.target.width, self.target.height, _LAYOUTS[self.target.chroma])
        for view, plane in zip(planes_of(frame), planes, strict=True):
            view[:] = plane
        packets = [bytes(packet) for packet in self._own.codec.encode(frame)]
        if len(packets) != 1:
            raise OutputError("FFmpeg's JPEG encoder kept a frame back; encode with --effort fast")
        return packets[0]


def quantiser_of(quality: int) -> int:
    """FFmpeg's quantiser scale, 1 (best) to 31, that looks like a libjpeg quality of 1 to 100."""
    scales = sorted(QUALITY_OF_Q, reverse=True)
    qualities = [QUALITY_OF_Q[scale] for scale in scales]
    after = bisect_left(qualities, quality)
    if after in (0, len(scales)):
        return scales[min(after, len(scales) - 1)]
    low, high = qualities[after - 1], qualities[after]
    return round(scales[after - 1] + (scales[after] - scales[after - 1]) * (quality - low) / (high - low))


def planes_of(frame: VideoFrame) -> Planes:
    """The planes of an 8-bit planar frame as views (height, width), without the padding of their lines."""
    views = []
    for plane in frame.planes:
        lines = np.frombuffer(memoryview(plane), dtype=np.uint8)[:plane.line_size * plane.height]
        views.append(lines.reshape(plane.height, plane.line_size)[:, :plane.width])
    return tuple(views)


def _mjpeg_encoder(target: Target) -> Any:
    import av

    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height = target.size
    codec.pix_fmt = _LAYOUTS[target.chroma]
    codec.time_base = Fraction(1, 25)
    codec.color_range = _FULL_RANGE
    codec.thread_count = 1
    # `global_quality` is in units of lambda and silently ends up near the best quality.
    codec.qmin = codec.qmax = quantiser_of(target.quality)
    codec.options = {"huffman": "optimal"}
    codec.open()
    return codec


def _matrix_of(frame: VideoFrame) -> int:
    """The source's YUV matrix in swscale's numbers; where it is not said, BT.709 for HD and BT.601 below."""
    known = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}.get(int(frame.colorspace))
    if known is not None:
        return known
    return 1 if frame.width >= _HD_WIDTH or frame.height >= _HD_HEIGHT else 5


def _range_of(frame: VideoFrame) -> int:
    if frame.format.name.startswith("yuvj") or frame.format.is_rgb or int(frame.color_range) == _FULL_RANGE:
        return _FULL_RANGE
    return _LIMITED_RANGE
