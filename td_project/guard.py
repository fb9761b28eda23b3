"""Setting parameters of builds that differ: what a build lacks is skipped and written down. Python 3.9.

Knows nothing of which parameters there are.
"""

from __future__ import annotations

from typing import Any

STORED = "interscene_built"


class Report:
    """What was made, kept and skipped."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.kept: list[str] = []
        self.skipped: list[str] = []
        self.removed: list[str] = []

    def lines(self) -> list[str]:
        """For a person: first the whole, then what is worth knowing."""
        whole = f"{len(self.made)} operators made, {len(self.removed)} removed, {len(self.skipped)} things skipped"
        return [whole, *(f"skipped {line}" for line in self.skipped), *(f"kept {line}" for line in self.kept),
                *(f"removed {line}" for line in self.removed)]


def find_par(op: Any, names: str) -> Any:
    """The first parameter that exists of `a|b`; None where this build has neither."""
    for name in names.split("|"):
        par = getattr(op.par, name, None)
        if par is not None:
            return par
    return None


def mode_of(par: Any) -> str:
    """How a parameter gets its value: CONSTANT, EXPRESSION, EXPORT or BIND."""
    return str(getattr(par.mode, "name", par.mode)).rpartition(".")[2]


def set_par(op: Any, names: str, value: Any, report: Report) -> None:
    """Set a parameter; `name=` sets an expression. One that an artist has changed since is left alone."""
    expression = names.endswith("=")
    par = find_par(op, names.rstrip("="))
    where = f"{op.path}.par.{names.rstrip('=')}"
    if par is None:
        report.skipped.append(f"{where}: this build does not have it")
        return
    built = op.fetch(STORED, {}, search=False)
    now = par.expr if expression or mode_of(par) == "EXPRESSION" else par.eval()
    another = mode_of(par) != ("EXPRESSION" if expression else "CONSTANT")
    if par.name in built and (another or built[par.name] != _plain(op, now)):
        report.kept.append(f"{where} as it was set by hand: {now!r}")
        return
    try:
        if expression:
            par.expr = value
        else:
            par.val = value
    except Exception as error:  # noqa: BLE001 - the border to a build we do not know: its reason is reported
        report.skipped.append(f"{where} = {value!r}: {type(error).__name__}: {error}")
        return
    op.store(STORED, {**built, par.name: par.expr if expression else _plain(op, par.eval())})


def _plain(op: Any, value: Any) -> Any:
    """A value that can be stored in a file; another operator as seen from this one, wherever the component goes."""
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    here, path = op.parent().path.rstrip("/"), getattr(value, "path", str(value))
    return f".{path[len(here):]}" if (path + "/").startswith(here + "/") else path
