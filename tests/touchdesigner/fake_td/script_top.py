"""The Script TOP: a texture that Python fills, when somebody looks and something it depends on has changed."""

# ruff: noqa: N802, N803 - TouchDesigner's names
from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from fake_td import tdu
from fake_td.errors import tdError, tdTypeError
from fake_td.pictures import Picture
from fake_td.tops import TOP


class CookLevel:
    """What `onGetCookLevel` may answer."""

    AUTOMATIC, ON_CHANGE, WHEN_USED, ALWAYS = range(4)


class ScriptTOP(TOP):
    """Cooks by its callbacks; its Python may only write to it then."""

    _many_inputs = True
    _reads = ("callbacks",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._uses: dict[tdu.Dependency, int] = {}
        self._made: Picture | None = None
        self._inside = False
        self._seen_version: Any = None

    def cook(self, force: bool = False, recurse: bool = False, includeUtility: bool = False) -> None:
        if force:
            self._seen_version = None
        super().cook(force, recurse, includeUtility)

    def _cook(self) -> None:
        stale = any(uses.version != version for uses, version in self._uses.items())
        callbacks = self._pars["callbacks"].eval()
        version = (self._par_version, callbacks._version if callbacks is not None else 0)
        if version == self._seen_version and not stale:
            return
        self._refuse_unknown()
        self._seen_version = version
        self._cooks += 1
        if callbacks is None:
            return
        self._look_at_level(callbacks)
        self._inside = True
        try:
            with tdu.watched() as uses:
                self._fake.call(callbacks, "onCook", self)
        finally:
            self._inside = False
        self._uses = uses
        if self._made is not None:
            self._picture = self._limit(self._resized(self._made, []))

    def _look_at_level(self, callbacks: Any) -> None:
        if self._fake.build < (2025, 0):
            return
        function = callbacks.module.__dict__.get("onGetCookLevel")
        if function is not None and function(self) != CookLevel.AUTOMATIC:
            raise tdError("this fake knows the automatic cook level only")

    def _guard_cook(self) -> None:
        self._fake.guard(self)
        if not self._inside:
            raise tdError("a Script TOP can only be written to in its onCook")

    def copyNumpyArray(self, numpyArray: Any, is3D: bool = False, isCube: bool = False) -> None:
        """(h, w, 1 to 4) uint8, uint16 or float32, the bottom row first."""
        self._guard_cook()
        if not isinstance(numpyArray, np.ndarray):
            raise tdTypeError("copyNumpyArray takes a NumPy array")
        if numpyArray.dtype not in (np.uint8, np.uint16, np.float32):
            raise tdTypeError(f"the data type is {numpyArray.dtype}, not uint8, uint16 or float32")
        if numpyArray.ndim != 3 or not 1 <= numpyArray.shape[2] <= 4 or is3D or isCube:
            raise tdError(f"the shape is {numpyArray.shape}, not (h, w, 1 to 4)")
        if not numpyArray.flags.c_contiguous or not numpyArray.size:
            raise tdError("the array is empty, or does not lie in one piece")
        self._made = _rgba(numpyArray)[::-1].copy()

    def loadByteArray(self, fileType: str, byteArray: Any) -> bool:
        """A file in memory; False when it is none."""
        self._guard_cook()
        if not str(fileType).lower().endswith((".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")):
            return False
        picture = cv2.imdecode(np.frombuffer(bytes(byteArray), dtype=np.uint8), cv2.IMREAD_COLOR) if byteArray else None
        if picture is None:
            return False
        self._made = cv2.cvtColor(picture, cv2.COLOR_BGR2RGBA).astype(np.uint8)
        return True


def _rgba(array: Any) -> Picture:
    """What an 8-bit texture makes of it."""
    scale = {"uint8": 1.0, "uint16": 255 / 65535, "float32": 255.0}[array.dtype.name]
    picture = np.zeros((*array.shape[:2], 4), dtype=np.uint8)
    picture[..., 3] = 255
    picture[..., :array.shape[2]] = np.clip(array * scale + (0.5 if scale != 1.0 else 0.0), 0, 255).astype(np.uint8)
    return picture
