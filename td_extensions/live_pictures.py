"""Stored JPEGs made into one picture for a Script TOP, by the OpenCV that TouchDesigner brings.

Touches no operator, and decodes nothing twice. Python 3.9, standard library only; numpy and cv2 are looked for when
they are needed.
"""

from typing import Any, Dict, List, Sequence, Tuple

from td_extensions.live_model import Layer

PIXELS_MAX = 1 << 25
"""An 8K picture; a larger one would stop TouchDesigner for a second."""
REDUCED = ((1, 1), (2, 17), (4, 33), (8, 65))
"""Divisors of the size that JPEG decodes to for less work, and OpenCV's names for them (IMREAD_REDUCED_COLOR_…)."""
_AS_STORED = 128
"""IMREAD_IGNORE_ORIENTATION."""
_BGR2RGBA = 2
_AREA = 3
"""INTER_AREA."""
_FRAME_HEADS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class LivePictures:
    """What was decoded stays as long as it is part of the picture."""

    def __init__(self) -> None:
        self._numpy: Any = None
        self._cv2: Any = None
        self._looked = False
        self._decoded: Dict[Tuple[str, int, bytes], Any] = {}
        self.troubles: List[str] = []
        """What was wrong with the last picture, one line a frame."""

    def load(self) -> bool:
        """Look for OpenCV, once; that may take half a second. False where this TouchDesigner has none."""
        if not self._looked:
            self._looked = True
            try:
                self._cv2 = __import__("cv2")
            except Exception:  # noqa: BLE001 - the border to a library we did not choose: any failure means there is none
                self._cv2 = None
        return self._cv2 is not None

    def black(self, width: int, height: int) -> Any:
        """An empty picture, (height, width, 4) uint8."""
        numpy = self._numpy = self._numpy or __import__("numpy")
        picture = numpy.zeros((height, width, 4), dtype="uint8")
        picture[..., 3] = 255
        return picture

    def mixed(self, layers: Sequence[Layer], size: Tuple[int, int], largest: int) -> Any:
        """The layers added up by their levels: (height, width, 4) uint8 RGBA, the bottom row first.

        `size` (width, height) is that of black where there is no layer; no side gets longer than `largest`. None
        when nothing of it can be shown: `troubles` says why.
        """
        self.troubles = []
        if not layers:
            self._decoded = {}
            return self.black(*size)
        pictures, decoded = [], {}
        for layer in layers:
            try:
                key, picture = self._one(layer, largest)
            except ValueError as error:
                self.troubles.append(f"{layer.movie}, frame {layer.frame}: {error}")
                continue
            decoded[key] = picture
            pictures.append((picture, layer.level))
        self._decoded = decoded
        if not pictures:
            return None
        flat = self._cv2.cvtColor(self._added(pictures), _BGR2RGBA)
        return self._cv2.flip(flat, 0)

    def _one(self, layer: Layer, largest: int) -> Tuple[Tuple[str, int, bytes], Any]:
        """A layer's picture, BGR, the top row first. Raises ValueError."""
        if layer.jpeg is None:
            raise ValueError(layer.error or "the server did not send it")
        key = (layer.movie, layer.frame, layer.jpeg)
        if key not in self._decoded:
            return key, self._decode(layer.jpeg, largest)
        return key, self._decoded[key]

    def _decode(self, jpeg: bytes, largest: int) -> Any:
        width, height = jpeg_size(jpeg)
        if width * height > PIXELS_MAX:
            raise ValueError(f"{width} x {height} is too large for a live picture")
        fitting = [how for divisor, how in REDUCED if -(-max(width, height) // divisor) <= largest]
        numpy = self._numpy = self._numpy or __import__("numpy")
        try:
            picture = self._cv2.imdecode(numpy.frombuffer(jpeg, dtype="uint8"), (fitting or [65])[0] | _AS_STORED)
        except self._cv2.error as error:
            raise ValueError(f"it cannot be decoded ({error})") from None
        if picture is None:
            raise ValueError("it cannot be decoded")
        return picture

    def _added(self, pictures: List[Tuple[Any, float]]) -> Any:
        """Pictures added by their levels; those of another shape are fitted into the largest, centred."""
        if len(pictures) == 1 and pictures[0][1] >= 1.0:
            return pictures[0][0]
        height, width = (max(picture.shape[axis] for picture, _ in pictures) for axis in (0, 1))
        total = self._numpy.zeros((height, width, 3), dtype="uint8")
        for picture, level in pictures:
            if level > 0.0:
                total = self._cv2.addWeighted(total, 1.0, self._fitted(picture, height, width), level, 0.0)
        return total

    def _fitted(self, picture: Any, height: int, width: int) -> Any:
        high, wide = picture.shape[:2]
        if (high, wide) == (height, width):
            return picture
        factor = min(height / high, width / wide)
        inner = self._cv2.resize(picture, (max(1, round(wide * factor)), max(1, round(high * factor))),
                                 interpolation=_AREA)
        ground = self._numpy.zeros((height, width, 3), dtype="uint8")
        top, left = (height - inner.shape[0]) // 2, (width - inner.shape[1]) // 2
        ground[top:top + inner.shape[0], left:left + inner.shape[1]] = inner
        return ground


def jpeg_size(jpeg: bytes) -> Tuple[int, int]:
    """Width and height of a JPEG by its frame header (ITU T.81, B.2.2), before anything is allocated for it.

    Raises ValueError for what is no whole JPEG.
    """
    at = 2
    while jpeg[:2] == b"\xff\xd8" and at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xFF:  # fill bytes
            at += 1
        elif marker in _FRAME_HEADS:
            height, width = (jpeg[n] << 8 | jpeg[n + 1] for n in (at + 5, at + 7))
            if not (width and height) or jpeg.rfind(b"\xff\xd9", at) < 0:
                break
            return width, height
        else:
            at += 2 + (jpeg[at + 2] << 8 | jpeg[at + 3])
    raise ValueError("it is no whole JPEG")
