"""Texture operators that compute pictures from others; the one that reads movies is in movies.py."""

# ruff: noqa: N802, N803 - TouchDesigner's names
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fake_td.errors import NotInTheFake, tdError
from fake_td.network import OP
from fake_td.parameters import ParMode
from fake_td.pictures import Picture, blended, combined, filled, fitted, scaled, times
from fake_td.wires import sources_of

NON_COMMERCIAL = 1280
_HARMLESS = frozenset({"resmult", "resmenu", "armenu", "inputfiltertype", "fillmode", "filtertype", "connectorder",
                       "label"})


class TOP(OP):
    """A picture."""

    family = "TOP"
    OPType = "TOP"
    _max_inputs = 1
    _reads: tuple[str, ...] = ()
    """Parameters that this type obeys here; any other that is changed is refused when it cooks."""
    _obeys_everything = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._picture: Picture = filled(128, 128)
        self._signature: tuple[Any, ...] | None = None
        self._limited = False
        self._checked = -1
        self._constants: tuple[int, tuple[Any, ...]] | None = None

    @property
    def width(self) -> int:
        return self._pulled().shape[1]

    @property
    def height(self) -> int:
        return self._pulled().shape[0]

    @property
    def aspect(self) -> float:
        return self.width / self.height

    @property
    def gpuMemory(self) -> int:
        return int(self._picture.shape[0] * self._picture.shape[1] * 4)

    @property
    def pixelFormatName(self) -> str:
        return "rgba8fixed"

    @property
    def curPass(self) -> int:
        return 0

    def _pulled(self) -> Picture:
        self._fake.guard(self)
        self._fake.cook(self)
        return self._picture

    def numpyArray(self, delayed: bool = False, writable: bool = False, neverNone: bool = False) -> Any:
        """Float RGBA, the bottom row first."""
        return self._pulled()[::-1].astype(np.float32) / 255

    def sample(self, x: int | None = None, y: int | None = None, z: int | None = None, u: float | None = None,
               v: float | None = None, w: float | None = None) -> tuple[float, float, float, float]:
        picture = self._pulled()[::-1]
        row = y if y is not None else min(int((v or 0.0) * picture.shape[0]), picture.shape[0] - 1)
        column = x if x is not None else min(int((u or 0.0) * picture.shape[1]), picture.shape[1] - 1)
        red, green, blue, alpha = (float(value) / 255 for value in picture[row, column])
        return red, green, blue, alpha

    def save(self, filepath: Any = None, asynchronous: bool = False, createFolders: bool = False, quality: float = 1.0,
             metadata: Any = ()) -> str:
        import cv2

        path = Path(str(filepath))
        if createFolders:
            path.parent.mkdir(parents=True, exist_ok=True)
        bgra = np.ascontiguousarray(self._pulled()[..., [2, 1, 0, 3]])
        if not cv2.imwrite(str(path), bgra):
            raise tdError(f"cannot save {path}")
        return str(path)

    # cooking

    def _cook(self) -> None:
        inputs = []
        for source in sources_of(self):
            if source is None:
                continue
            self._fake.cook(source)
            assert isinstance(source, TOP)
            inputs.append(source._picture)
        inputs += self._extra_inputs()
        signature = (self._values(), tuple(id(picture) for picture in inputs), self._flags["bypass"])
        if signature == self._signature:
            return
        self._refuse_unknown()
        self._signature, self._kept = signature, inputs
        picture = inputs[0] if self._flags["bypass"] and inputs else self._computed(inputs)
        self._picture = self._limit(self._resized(picture, inputs))
        self._cooks += 1

    def _values(self) -> tuple[Any, ...]:
        """What the parameters say that this type obeys; constants are evaluated when one has changed."""
        if self._constants is not None and self._constants[0] == self._par_version:
            return self._constants[1]
        pars = [self._pars[name] for name in (*self._reads, "outputresolution", "resolutionw", "resolutionh")
                if name in self._pars]
        values = tuple(par.eval() for par in pars)
        still = all(par._mode == ParMode.CONSTANT and not par.isOP for par in pars)
        self._constants = (self._par_version, values) if still else None
        return values

    def _extra_inputs(self) -> list[Picture]:
        return []

    def _computed(self, inputs: list[Picture]) -> Picture:
        return inputs[0] if inputs else filled(128, 128)

    def _refuse_unknown(self) -> None:
        if self._obeys_everything or self._checked == self._par_version:
            return
        self._checked = self._par_version
        known = {*self._reads, "outputresolution", "resolutionw", "resolutionh", *_HARMLESS}
        changed = [par.name for par in self._pars.values() if not par.isCustom and not par.isPulse
                   and par.name not in known and not par.isDefault]
        if changed:
            raise NotInTheFake(f"{self.path}: this fake does not know what {self.OPType} does with {changed}")

    def _custom_size(self) -> tuple[int, int]:
        return max(1, int(self._pars["resolutionh"].eval())), max(1, int(self._pars["resolutionw"].eval()))

    def _resized(self, picture: Picture, inputs: list[Picture]) -> Picture:
        how = self._pars["outputresolution"].eval()
        if how == "useinput":
            return picture
        if how == "custom":
            return scaled(picture, *self._custom_size())
        factors = {"eighth": 0.125, "quarter": 0.25, "half": 0.5, "2x": 2.0, "4x": 4.0, "8x": 8.0}
        if how in factors:
            return scaled(picture, *(max(1, int(side * factors[how])) for side in picture.shape[:2]))
        height, width = self._custom_size()
        factor = min(height / picture.shape[0], width / picture.shape[1])
        if how == "limit":
            factor = min(1.0, factor)
        return scaled(picture, *(max(1, round(side * factor)) for side in picture.shape[:2]))

    def _limit(self, picture: Picture) -> Picture:
        limit = self._fake.texture_limit
        if max(picture.shape[:2]) <= limit:
            return picture
        factor = limit / max(picture.shape[:2])
        if not self._limited:
            self._limited = True
            self._warnings.append(f"Resolution limited to {limit}x{limit} by the license")
        return scaled(picture, *(max(1, int(side * factor)) for side in picture.shape[:2]))


class NullTOP(TOP):
    """Null, Out and In."""


class ConstantTOP(TOP):
    """One colour."""

    _reads = ("colorr", "colorg", "colorb", "alpha", "multrgbbyalpha", "rgbaunit")

    def _computed(self, inputs: list[Picture]) -> Picture:
        scale = {"u1": 1, "u256": 255, "u65536": 65535}[self.par.rgbaunit.eval()]
        alpha = self.par.alpha.eval() / scale
        factor = alpha if self.par.multrgbbyalpha.eval() else 1.0
        red, green, blue = (self._pars[f"color{letter}"].eval() / scale * factor for letter in "rgb")
        size = inputs[0].shape[:2] if inputs and self.par.outputresolution.eval() == "useinput" else self._custom_size()
        return filled(*size, (red, green, blue, alpha))


class LevelTOP(TOP):
    """Brightness and opacity."""

    _reads = ("invert", "brightness1", "brightness2", "opacity", "clampinput", "premultrgbbyalpha")

    def _computed(self, inputs: list[Picture]) -> Picture:
        if not inputs:
            return filled(128, 128)
        bright = self.par.brightness1.eval() * self.par.brightness2.eval()
        if self.par.invert.eval():
            raise NotInTheFake("inverting levels")
        opacity = self.par.opacity.eval()
        if bright == 1.0:
            return times(inputs[0], opacity)
        return times(times(inputs[0], bright, alpha=False), opacity)


class CompositeTOP(TOP):
    """Several pictures by one operation, in the size of the fixed layer."""

    _many_inputs = True
    _reads = ("top", "operand", "size", "prefit", "swaporder", "selectinput", "inputindex")

    def _extra_inputs(self) -> list[Picture]:
        found = self._pars["top"].evalOPs() if "top" in self._pars else []
        for source in found:
            self._fake.cook(source)
        return [source._picture for source in found]

    def _operand(self) -> str:
        return str(self.par.operand.eval())

    def _computed(self, inputs: list[Picture]) -> Picture:
        if not inputs:
            return filled(128, 128)
        if "selectinput" in self._pars and self.par.selectinput.eval():
            return inputs[min(int(self.par.inputindex.eval()), len(inputs) - 1)]
        fixed = inputs[-1 if self.par.size.eval() == "input2" and len(inputs) > 1 else 0]
        height, width = fixed.shape[:2]
        fits = [fitted(each, height, width, self.par.prefit.eval()) for each in inputs]
        result = fits[0]
        for each in fits[1:]:
            swapped = "swaporder" in self._pars and self.par.swaporder.eval()
            pair = (each, result) if swapped else (result, each)
            try:
                result = combined(self._operand(), *pair)
            except KeyError:
                raise NotInTheFake(f"the composite operation {self._operand()}") from None
        return result


class NamedCompositeTOP(CompositeTOP):
    """Add, Over, Under, Multiply: the operation is the operator's name."""

    _max_inputs = 2
    _many_inputs = False
    _reads = ("size", "prefit")

    def _operand(self) -> str:
        return self.type


class AddTOP(NamedCompositeTOP):
    """Any number of pictures added."""

    _many_inputs = True


class CrossTOP(TOP):
    """From the first input to the second."""

    _max_inputs = 2
    _reads = ("cross", "size", "prefit")

    def _computed(self, inputs: list[Picture]) -> Picture:
        if len(inputs) < 2:
            return inputs[0] if inputs else filled(128, 128)
        height, width = inputs[1 if self.par.size.eval() == "input2" else 0].shape[:2]
        first, second = (fitted(each, height, width, self.par.prefit.eval()) for each in inputs)
        return blended(first, second, self.par.cross.eval())


class SwitchTOP(TOP):
    """One of several, or a blend of two neighbours; only what is chosen is cooked."""

    _many_inputs = True
    _reads = ("index", "blend", "extend", "size")

    def _cook(self) -> None:
        sources = sources_of(self)
        last = max(0, len(sources) - 1)
        place = min(max(float(self.par.index.eval()), 0.0), last)
        pair = [int(place), min(int(place) + 1, last)]
        chosen = [sources[n] for n in (pair if self.par.blend.eval() else pair[:1]) if n < len(sources)]
        pictures = []
        for source in chosen:
            if source is not None:
                self._fake.cook(source)
                assert isinstance(source, TOP)
                pictures.append(source._picture)
        if not pictures:
            self._picture = filled(128, 128)
            return
        amount = place - int(place) if self.par.blend.eval() and len(pictures) > 1 else 0.0
        second = scaled(pictures[-1], *pictures[0].shape[:2])
        self._picture = self._limit(self._resized(blended(pictures[0], second, amount), pictures))
        self._cooks += 1


class FitTOP(TOP):
    """A picture in another size and shape."""

    _reads = ("fit", "bgcolorr", "bgcolorg", "bgcolorb", "bgcolora", "justifyh", "justifyv", "premultrgbbyalpha")

    def _computed(self, inputs: list[Picture]) -> Picture:
        if not inputs:
            return filled(128, 128)
        if self.par.outputresolution.eval() != "custom":
            return inputs[0]
        red, green, blue, alpha = (float(self._pars[f"bgcolor{letter}"].eval()) for letter in "rgba")
        return fitted(inputs[0], *self._custom_size(), self.par.fit.eval(), (red, green, blue, alpha))


class SelectTOP(TOP):
    """The picture of another, wherever it is."""

    _max_inputs = 0
    _reads = ("top",)

    def _extra_inputs(self) -> list[Picture]:
        source = self.par.top.eval()
        if source is None:
            return []
        self._fake.cook(source)
        return [source._picture]


class TextTOP(TOP):
    """Words; a picture that differs when they differ, not type."""

    _obeys_everything = True
    _reads = ("text", "fontalpha", "bgalpha", "fontsizex")

    def _computed(self, inputs: list[Picture]) -> Picture:
        picture = filled(*self._custom_size()).copy()
        text = str(self.par.text.eval())
        if text:
            mark = np.frombuffer(text.encode()[:picture.shape[1]], dtype=np.uint8)
            picture[0, :len(mark), :3] = mark[:, None]
            picture[0, :len(mark), 3] = 255
        return picture


class CacheTOP(TOP):
    """The last picture, kept while it is not active."""

    _reads = ("active", "cachesize")
    _obeys_everything = True

    def _computed(self, inputs: list[Picture]) -> Picture:
        if self.par.active.eval() and inputs:
            return inputs[0]
        return self._picture
