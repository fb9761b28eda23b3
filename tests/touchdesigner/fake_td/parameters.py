"""Parameters of operators: built in and custom, constant or by expression, in groups and on pages."""

# ruff: noqa: N802 - TouchDesigner's names
from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING, Any

from fake_td.errors import tdAttributeError, tdError, tdTypeError
from fake_td.table_language import ParSpec

if TYPE_CHECKING:
    from fake_td.network import OP
    from fake_td.pages import Page


class ParMode(enum.IntEnum):
    """How a parameter gets its value."""

    CONSTANT = 0
    EXPRESSION = 1
    EXPORT = 2
    BIND = 3


OP_STYLES = frozenset({"OP", "COMP", "TOP", "CHOP", "DAT", "SOP", "MAT", "Object", "PanelCOMP"})
TEXT_STYLES = frozenset({"Str", "StrMenu", "File", "FileSave", "Folder", "Python"})
_FLOATS = frozenset({"Float", "RGB", "RGBA", "XY", "XYZ", "UV", "WH"})
_CUSTOM_ONLY = frozenset({"min", "max", "clampMin", "clampMax", "normMin", "normMax", "default", "label", "order",
                          "enable", "startSection", "help", "menuLabels", "enableExpr", "readOnly", "password"})


class Par:
    """One parameter. Only custom ones may be shaped; all may be set."""

    _KNOWN = _CUSTOM_ONLY | {"val", "expr", "mode", "bindExpr", "menuNames", "menuIndex", "page", "name"}

    def __init__(self, owner: OP, spec: ParSpec, *, custom: bool = False, label: str = "") -> None:
        set_ = object.__setattr__
        for name, value in (("owner", owner), ("spec", spec), ("isCustom", custom), ("_name", spec.name),
                            ("_val", spec.default), ("_expr", ""), ("_bind", ""), ("_mode", ParMode.CONSTANT),
                            ("_page", spec.page), ("_menu", list(spec.menu)), ("_menu_labels", None), ("valid", True)):
            set_(self, name, value)
        shape = {"min": spec.low if spec.low is not None else 0.0, "max": spec.high if spec.high is not None else 1.0,
                 "clampMin": spec.low is not None, "clampMax": spec.high is not None, "normMin": 0.0, "normMax": 1.0,
                 "default": spec.default, "label": label or spec.name, "order": 0, "enable": True,
                 "startSection": False, "help": "", "enableExpr": "", "readOnly": False, "password": False}
        set_(self, "_shape", shape)

    def __repr__(self) -> str:
        return f"type:Par name:{self._name} owner:{self.owner.path} value:{self._val!r}"

    def __str__(self) -> str:
        return str(self.eval())

    def __getattr__(self, name: str) -> Any:
        shape = self.__dict__.get("_shape", {})
        if name in shape:
            self.owner._fake.guard(self.owner)
            return shape[name]
        raise tdAttributeError(f"'td.Par' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        self.owner._fake.guard(self.owner)
        if name not in self._KNOWN:
            raise tdAttributeError(f"'td.Par' object has no attribute '{name}'")
        if name in _CUSTOM_ONLY and name != "menuLabels":
            self._only_custom(name)
            self._shape[name] = value
            if name == "default" and not self.isPulse:
                self._shape[name] = self._coerced(value)
        else:
            object.__setattr__(self, name, value)

    def _only_custom(self, name: str) -> None:
        if not self.isCustom:
            raise tdError(f"{name} can only be set on custom parameters, not on {self.owner.path}.par.{self._name}")

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._only_custom("name")
        raise tdError("renaming parameters is not part of this fake")

    @property
    def style(self) -> str:
        return self.spec.style

    @property
    def page(self) -> Page:
        return self.owner._page(self._page)

    @page.setter
    def page(self, value: Any) -> None:
        self._only_custom("page")
        object.__setattr__(self, "_page", str(getattr(value, "name", value)))

    @property
    def index(self) -> int:
        return list(self.owner._pars).index(self._name)

    @property
    def vecIndex(self) -> int:
        return self.spec.index

    @property
    def isPulse(self) -> bool:
        return self.style == "Pulse"

    @property
    def isMomentary(self) -> bool:
        return self.style == "Momentary"

    @property
    def isMenu(self) -> bool:
        return self.style in ("Menu", "StrMenu")

    @property
    def isToggle(self) -> bool:
        return self.style == "Toggle"

    @property
    def isFloat(self) -> bool:
        return self.style in _FLOATS

    @property
    def isInt(self) -> bool:
        return self.style == "Int"

    @property
    def isNumber(self) -> bool:
        return self.isFloat or self.isInt

    @property
    def isString(self) -> bool:
        return self.style in TEXT_STYLES

    @property
    def isOP(self) -> bool:
        return self.style in OP_STYLES

    @property
    def isSequence(self) -> bool:
        return self.style == "Sequence"

    @property
    def isDefault(self) -> bool:
        return self._mode == ParMode.CONSTANT and self._val == self._shape["default"]

    @property
    def menuNames(self) -> list[str] | None:
        return list(self._menu) if self.isMenu else None

    @menuNames.setter
    def menuNames(self, names: Any) -> None:
        self._only_custom("menuNames")
        if not self.isMenu:
            raise tdError(f"{self._name} is no menu")
        object.__setattr__(self, "_menu", [str(name) for name in names])
        if self._menu and self._val not in self._menu and self.style == "Menu":
            object.__setattr__(self, "_val", self._menu[0])
            self._shape["default"] = self._menu[0]

    @property
    def menuLabels(self) -> list[str] | None:
        if not self.isMenu:
            return None
        return list(self._menu_labels or [name.capitalize() for name in self._menu])

    @menuLabels.setter
    def menuLabels(self, labels: Any) -> None:
        self._only_custom("menuLabels")
        object.__setattr__(self, "_menu_labels", [str(label) for label in labels])

    @property
    def menuIndex(self) -> int:
        value = self.eval()
        return self._menu.index(value) if value in self._menu else 0

    @menuIndex.setter
    def menuIndex(self, index: int) -> None:
        if not 0 <= int(index) < len(self._menu):
            raise tdError(f"menu index {index} is outside the menu of {self._name}")
        self.val = self._menu[int(index)]

    @property
    def mode(self) -> ParMode:
        self.owner._fake.guard(self.owner)
        return self._mode

    @mode.setter
    def mode(self, value: Any) -> None:
        if not isinstance(value, ParMode):
            raise tdTypeError("a parameter's mode is a ParMode")
        object.__setattr__(self, "_mode", value)
        self.owner._fake.changed(self.owner)

    @property
    def expr(self) -> str:
        return self._expr

    @expr.setter
    def expr(self, value: str) -> None:
        if not isinstance(value, str):
            raise tdTypeError(f"an expression is a string, not {type(value).__name__}")
        object.__setattr__(self, "_expr", value)
        object.__setattr__(self, "_mode", ParMode.EXPRESSION)
        self.owner._fake.changed(self.owner)

    @property
    def bindExpr(self) -> str:
        return self._bind

    @bindExpr.setter
    def bindExpr(self, value: str) -> None:
        object.__setattr__(self, "_bind", str(value))
        object.__setattr__(self, "_mode", ParMode.BIND)
        self.owner._fake.changed(self.owner)

    @property
    def val(self) -> Any:
        self.owner._fake.guard(self.owner)
        return self._val

    @val.setter
    def val(self, value: Any) -> None:
        if self.isPulse:
            raise tdError(f"{self._name} is a pulse: it is pulsed, not set")
        before = self._val if self._mode == ParMode.CONSTANT else None
        value = self._coerced(value)
        if self._mode == ParMode.BIND and isinstance(master := self._evaluate(self._bind), Par):
            master.val = value
            return
        object.__setattr__(self, "_mode", ParMode.CONSTANT)
        if value != self._val or before is None:
            object.__setattr__(self, "_val", value)
            self.owner._fake.par_changed(self, before)

    def eval(self) -> Any:
        """The value now."""
        self.owner._fake.guard(self.owner)
        mode = self._mode
        if mode == ParMode.CONSTANT:
            value = self._val
        else:
            value = self._evaluate(self._bind if mode == ParMode.BIND else self._expr)
            if isinstance(value, Par):
                value = value.eval()
            elif not self.isOP:
                value = self._coerced(value)
        if self.isOP:
            return self._resolved(value)
        return value

    def evalOPs(self) -> list[OP]:
        found = (self.owner._fake.find(self.owner, word) for word in str(self._val).split())
        return [op for op in found if op is not None]

    def evalFile(self) -> Any:
        from fake_td.tdu import FileInfo

        return FileInfo(str(self.eval()))

    def pulse(self, value: Any = 1, frames: int = 0, seconds: float = 0) -> None:
        """Fire it."""
        self.owner._fake.guard(self.owner)
        if not (self.isPulse or self.isMomentary or self.isToggle):
            raise tdError(f"{self._name} cannot be pulsed in this fake")
        self.owner._fake.par_pulsed(self)

    def reset(self) -> None:
        object.__setattr__(self, "_mode", ParMode.CONSTANT)
        if not self.isPulse:
            self.val = self._shape["default"]

    def destroy(self) -> None:
        if not self.isCustom:
            raise tdError(f"{self._name} is built in and cannot be destroyed")
        object.__setattr__(self, "valid", False)
        self.owner._pars.pop(self._name, None)

    def copy(self, other: Par) -> None:
        """Take over value, expression and mode of another."""
        for name in ("_val", "_expr", "_bind", "_mode"):
            object.__setattr__(self, name, getattr(other, name))
        self.owner._fake.changed(self.owner)

    def _evaluate(self, expression: str) -> Any:
        return self.owner._fake.evaluate(self.owner, expression)

    def _resolved(self, value: Any) -> Any:
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        return self.owner._fake.find(self.owner, value.split()[0])

    def _coerced(self, value: Any) -> Any:
        from fake_td.network import OP

        if isinstance(value, Par):
            value = value.eval()
        if isinstance(value, OP):
            value = self.owner._fake.reference(self.owner, value)
        if self.isOP and isinstance(value, list | tuple):
            return " ".join(self.owner._fake.reference(self.owner, each) for each in value)
        if self.style == "Menu" and self._menu:
            return self._menu_entry(value)
        if self.isOP or self.isString or self.style == "Menu":
            return "" if value is None else str(value)
        return self._number(value)

    def _menu_entry(self, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(self._menu):
            return self._menu[value]
        if value in self._menu:
            return str(value)
        if self.owner._fake.quirks.menus_refuse:
            raise tdError(f"{value!r} is no entry of the menu {self.owner.path}.par.{self._name}: {self._menu}")
        return self._val if self._val in self._menu else self._menu[0]

    def _number(self, value: Any) -> Any:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise tdTypeError(f"{self.owner.path}.par.{self._name} takes a number, not {value!r}") from None
        if self.isToggle or self.isMomentary:
            return bool(number)
        if math.isnan(number):
            return value
        shape = self._shape
        if shape["clampMin"]:
            number = max(number, shape["min"])
        if shape["clampMax"]:
            number = min(number, shape["max"])
        return int(number) if self.isInt else number

    def __float__(self) -> float:
        return float(self.eval())

    def __int__(self) -> int:
        return int(self.eval())

    def __bool__(self) -> bool:
        return bool(self.eval())

    def __add__(self, other: Any) -> Any:
        return self.eval() + _value(other)

    def __radd__(self, other: Any) -> Any:
        return other + self.eval()

    def __sub__(self, other: Any) -> Any:
        return self.eval() - _value(other)

    def __mul__(self, other: Any) -> Any:
        return self.eval() * _value(other)

    def __rmul__(self, other: Any) -> Any:
        return other * self.eval()

    def __truediv__(self, other: Any) -> Any:
        return self.eval() / _value(other)

    def __lt__(self, other: Any) -> bool:
        return bool(self.eval() < _value(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.eval() > _value(other))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Par):
            return self is other or bool(self.eval() == other.eval())
        return bool(self.eval() == other)

    def __hash__(self) -> int:
        return id(self)


def _value(other: Any) -> Any:
    return other.eval() if isinstance(other, Par) else other
