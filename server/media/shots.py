"""What becomes one frame of a movie, or several alike: made by the reader, encoded by any thread, then forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from server.errors import DamagedMovie, NotAMovie
from server.index.jpeg import JpegHeader, jpeg_header, jpeg_problem
from server.media.difference import thumbnail_of_jpeg
from server.media.encoders import Encoded, Encoder, Target
from server.media.jpeg import decode_rgb
from server.media.picture import ALPHA, LoadedPicture, decode_picture, over_black, read_picture
from server.media.placement import Size, place, place_rgb

if TYPE_CHECKING:
    from av import VideoFrame

Rgb = NDArray[np.uint8]


class Rendered(NamedTuple):
    """One finished frame, the size that its source had, and what was lost; `copied`: the source's own JPEG.

    What was drawn between pictures has no size of its own.
    """

    encoded: Encoded
    size: Size | None
    copied: bool = False
    losses: frozenset[str] = frozenset()


class Visible(Protocol):
    """Something with pixels of its own, which can be blended with a neighbour."""

    @property
    def name(self) -> str:
        """What to call it in an error or a warning."""

    def rgb(self, encoder: Encoder) -> Rgb:
        """Return RGB (height, width, 3) at the movie's size."""


class Shot(Visible, Protocol):
    """Something that is made into one JPEG and shown `repeat` times; `mark` names its first frame."""

    @property
    def repeat(self) -> int: ...

    @property
    def mark(self) -> str | None: ...

    def render(self, encoder: Encoder) -> Rendered:
        """Make the JPEG, or copy it where the movie may hold it as it is."""


@dataclass(frozen=True, slots=True)
class PictureShot:
    """A picture file."""

    path: Path
    repeat: int = 1
    mark: str | None = None

    @property
    def name(self) -> str:
        return str(self.path)

    def render(self, encoder: Encoder) -> Rendered:
        data = read_picture(self.path)
        try:
            kept = kept_jpeg(data, encoder.target)
        except (DamagedMovie, NotAMovie) as reason:
            raise type(reason)(f"{self.path}: {reason}") from None
        return kept or _rendered(decode_picture(data, self.path), encoder)

    def rgb(self, encoder: Encoder) -> Rgb:
        return _placed(decode_picture(read_picture(self.path), self.path).rgb, encoder.target)


@dataclass(frozen=True, slots=True)
class PacketShot:
    """A JPEG that lies inside a movie."""

    jpeg: bytes
    name: str
    repeat: int = 1
    mark: str | None = None

    def render(self, encoder: Encoder) -> Rendered:
        try:
            kept = kept_jpeg(self.jpeg, encoder.target)
        except (DamagedMovie, NotAMovie) as reason:
            raise self._named(reason) from None
        return kept or _rendered(LoadedPicture(self._decoded()), encoder)

    def rgb(self, encoder: Encoder) -> Rgb:
        return _placed(self._decoded(), encoder.target)

    def _decoded(self) -> Rgb:
        try:
            return decode_rgb(self.jpeg)
        except (DamagedMovie, NotAMovie) as reason:
            raise self._named(reason) from None

    def _named(self, reason: Exception) -> DamagedMovie:
        text = str(reason).partition(";")[0]
        return DamagedMovie(f"{self.name}: {text}; copy the movie again, or show the frame before in its place with "
                            "--salvage")


@dataclass(frozen=True, slots=True)
class VideoShot:
    """A decoded frame of a movie; `size` is how it is to be shown: pixels made square, turned upright."""

    frame: VideoFrame
    size: Size
    name: str
    turns: int = 0
    """Quarter turns to the left that bring it upright."""
    repeat: int = 1
    mark: str | None = None

    def render(self, encoder: Encoder) -> Rendered:
        placement = place(self.size, encoder.target.size, encoder.target.fit)
        if not self.turns and not self._has_alpha:
            return Rendered(encoder.encode_frame(self.frame, placement), self.size)
        loaded = self._loaded(encoder)
        return Rendered(encoder.encode_rgb(loaded.rgb, placement), self.size, losses=loaded.losses)

    def rgb(self, encoder: Encoder) -> Rgb:
        placement = place(self.size, encoder.target.size, encoder.target.fit)
        return np.ascontiguousarray(place_rgb(self._loaded(encoder).rgb, placement))

    @property
    def _has_alpha(self) -> bool:
        layout = self.frame.format
        return layout.has_palette or any(component.is_alpha for component in layout.components)

    def _loaded(self, encoder: Encoder) -> LoadedPicture:
        losses = frozenset[str]()
        if self._has_alpha:
            rgba = encoder.pixels_of(self.frame, "rgba")
            rgb, alpha = np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3])
            if not bool((alpha == 255).all()):
                rgb, losses = over_black(rgb, alpha), frozenset({ALPHA})
        else:
            rgb = encoder.pixels_of(self.frame, "rgb24")
        return LoadedPicture(np.ascontiguousarray(np.rot90(rgb, self.turns)), losses)


@dataclass(frozen=True, slots=True)
class PixelShot:
    """Pixels that a program has drawn, RGB (height, width, 3)."""

    pixels: Rgb
    name: str
    repeat: int = 1
    mark: str | None = None

    def render(self, encoder: Encoder) -> Rendered:
        return _rendered(LoadedPicture(self.pixels), encoder)

    def rgb(self, encoder: Encoder) -> Rgb:
        return _placed(self.pixels, encoder.target)


@dataclass(frozen=True, slots=True)
class BlendShot:
    """A cross-dissolve: `weight` of the second picture over the first."""

    first: Visible
    second: Visible
    weight: float
    repeat: int = 1
    mark: str | None = None

    @property
    def name(self) -> str:
        return f"{self.first.name} → {self.second.name}"

    def render(self, encoder: Encoder) -> Rendered:
        return render_rgb(self.rgb(encoder), encoder)

    def rgb(self, encoder: Encoder) -> Rgb:
        first, second = self.first.rgb(encoder), self.second.rgb(encoder)
        return np.asarray(cv2.addWeighted(first, 1 - self.weight, second, self.weight, 0), dtype=np.uint8)


class Shared:
    """A shot whose pixels several others need: fetched once, by the first thread that asks, then kept."""

    def __init__(self, shot: Visible) -> None:
        self.name = shot.name
        self._shot: Visible | None = shot
        self._lock = Lock()
        self._rgb: Rgb | None = None

    def rgb(self, encoder: Encoder) -> Rgb:
        """Return RGB at the movie's size; nobody may write to it."""
        with self._lock:
            if self._rgb is None and self._shot is not None:
                self._rgb = self._shot.rgb(encoder)
                self._shot = None
            assert self._rgb is not None
            return self._rgb


def render_rgb(rgb: Rgb, encoder: Encoder) -> Rendered:
    """Encode pixels that have the movie's size already."""
    size = encoder.target.size
    return Rendered(encoder.encode_rgb(rgb, place(size, size, encoder.target.fit)), None)


def kept_jpeg(data: bytes, target: Target) -> Rendered | None:
    """Return a JPEG as it is when the movie can hold it so: its size, chroma, kind and structure are right."""
    header = _header(data) if target.keep else None
    if header is None or not header.muxable:
        return None
    if (header.width, header.height, header.chroma) != (target.width, target.height, target.chroma):
        return None
    if jpeg_problem(data) is not None:
        return None
    return Rendered(Encoded(data, thumbnail_of_jpeg(data)), target.size, copied=True)


def _header(data: bytes) -> JpegHeader | None:
    if data[:3] != b"\xff\xd8\xff":
        return None
    try:
        return jpeg_header(data)
    except (DamagedMovie, NotAMovie):
        return None  # the decoder says what is wrong, and names the file


def _rendered(loaded: LoadedPicture, encoder: Encoder) -> Rendered:
    size = loaded.rgb.shape[1], loaded.rgb.shape[0]
    placement = place(size, encoder.target.size, encoder.target.fit)
    return Rendered(encoder.encode_rgb(loaded.rgb, placement), size, losses=loaded.losses)


def _placed(rgb: Rgb, target: Target) -> Rgb:
    placement = place((rgb.shape[1], rgb.shape[0]), target.size, target.fit)
    return np.ascontiguousarray(place_rgb(rgb, placement))
