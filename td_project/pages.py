"""Custom parameter pages made from data; values, expressions and bindings of what is there stay. Python 3.9."""

from __future__ import annotations

from typing import Any

from td_project.guard import Report, mode_of
from td_project.parameters import Par

STORED = "interscene_parameters"
"""Where the component remembers which parameters are its own; what an artist has added to our pages stays."""
_SIZED = {"WH": ("w", "h"), "XY": ("x", "y")}


class Pages:
    """The pages of one component."""

    def __init__(self, comp: Any, report: Report) -> None:
        self._comp = comp
        self._report = report

    def build(self, names: tuple[str, ...], wanted: list[Par]) -> None:
        """Add what is missing, shape what is there, and remove what we no longer have on our pages."""
        pages = {page.name: page for page in self._comp.customPages}
        for name in names:
            if name not in pages:
                pages[name] = self._comp.appendCustomPage(name)
        known = {full for par in wanted for full in _full_names(par)}
        for name in set(self._comp.fetch(STORED, [], search=False)) - known:
            old = getattr(self._comp.par, name, None)
            if old is not None:
                self._report.removed.append(f"the parameter {name}")
                old.destroy()
        self._comp.store(STORED, sorted(known))
        for order, par in enumerate(wanted):
            self._par(pages[par.page], par, order)

    def _par(self, page: Any, par: Par, order: int) -> None:
        found: list[Any] = [getattr(self._comp.par, name, None) for name in _full_names(par)]
        kept: list[tuple[Any, ...] | None] = [None] * len(found)
        if None not in found and found[0].style != par.style and par.style not in _SIZED:
            kept = [_state_of(one) for one in found]
            for one in found:
                one.destroy()
            found = [None]
        fresh = None in found
        if fresh:
            append = getattr(page, f"append{par.style}", None)
            if append is None:
                self._report.skipped.append(f"the parameter {par.name}: this build has no {par.style}")
                return
            append(par.name, label=par.label)
            found = [getattr(self._comp.par, name) for name in _full_names(par)]
        for index, one in enumerate(found):
            self._shape(one, par, index, order, fresh=fresh)
            if kept[index] is not None:
                _restore(one, kept[index], self._report)

    def _shape(self, one: Any, par: Par, index: int, order: int, *, fresh: bool) -> None:
        """Limits, menu and default; the value only when the parameter is new."""
        if par.menu and (fresh or par.style == "Menu"):  # a StrMenu offers what was found since
            one.menuNames = list(par.menu)
            one.menuLabels = [entry.capitalize() for entry in par.menu]
        if par.low is not None:
            one.min, one.normMin, one.clampMin = par.low, par.low, True
        if par.high is not None:
            one.max, one.normMax, one.clampMax = par.high, min(par.high, max(10.0, par.low or 0.0) * 10), True
        default = par.default[index] if isinstance(par.default, tuple) else par.default
        for name, value in (("help", par.help), ("startSection", par.section), ("readOnly", par.read_only),
                            ("order", order)):
            try:
                setattr(one, name, value)
            except AttributeError:
                self._report.skipped.append(f"{name} of the parameter {one.name}: this build does not have it")
        if default is None or one.isPulse:
            return
        one.default = default
        if fresh or par.name == "Build":
            one.val = default


def _full_names(par: Par) -> list[str]:
    return [par.name + ending for ending in _SIZED.get(par.style, ("",))]


def _state_of(one: Any) -> tuple[Any, ...]:
    return mode_of(one), one.eval(), one.expr, one.bindExpr


def _restore(one: Any, kept: tuple[Any, ...] | None, report: Report) -> None:
    """Give a parameter of another style what it was set to, if it takes that."""
    if kept is None or one.isPulse:
        return
    mode, value, expression, bound = kept
    try:
        if mode == "EXPRESSION":
            one.expr = expression
        elif mode == "BIND":
            one.bindExpr = bound
        else:
            one.val = value
    except Exception as error:  # noqa: BLE001 - the border to a value of another kind
        report.skipped.append(f"the old value {value!r} of {one.name}: {error}")
