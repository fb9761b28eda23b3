"""Data operators: text, tables, and Python in them."""

# ruff: noqa: N802, N803 - TouchDesigner's names
from __future__ import annotations

import fnmatch
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fake_td.errors import tdError
from fake_td.network import OP
from fake_td.scripts import compiled


class Cell:
    """One cell of a table."""

    def __init__(self, dat: DAT, row: int, col: int) -> None:
        self.owner, self.row, self.col = dat, row, col

    @property
    def val(self) -> str:
        return self.owner._rows[self.row][self.col]

    @val.setter
    def val(self, value: Any) -> None:
        self.owner._rows[self.row][self.col] = str(value)
        self.owner._touch()

    def __str__(self) -> str:
        return self.val

    def __repr__(self) -> str:
        return f"type:Cell owner:{self.owner.path} row:{self.row} col:{self.col} value:{self.val}"

    def __eq__(self, other: object) -> bool:
        return self.val == str(other)

    def __hash__(self) -> int:
        return hash(self.val)

    def __int__(self) -> int:
        return int(self.val)

    def __float__(self) -> float:
        return float(self.val)


class DAT(OP):
    """Text, or a table of text."""

    family = "DAT"
    OPType = "DAT"
    _max_inputs = 1
    _is_table = False
    _template = ""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._text = self._template
        self._rows: list[list[str]] = []
        self._version = 0
        self._module: tuple[int, types.ModuleType] | None = None

    def _content(self) -> Any:
        return ("table", [list(row) for row in self._rows]) if self._is_table else ("text", self._text)

    def _set_content(self, content: Any) -> None:
        kind, value = content
        if kind == "table":
            self._rows = [list(row) for row in value]
        else:
            self._text = value
        self._touch()

    def _touch(self) -> None:
        self._version += 1
        self._fake.changed(self)

    @property
    def isTable(self) -> bool:
        return self._is_table

    @property
    def isText(self) -> bool:
        return not self._is_table

    @property
    def isEditable(self) -> bool:
        return True

    @property
    def text(self) -> str:
        self._fake.guard(self)
        self._fake.cook(self)
        return "".join("\t".join(row) + "\n" for row in self._rows) if self._is_table else self._text

    @text.setter
    def text(self, value: str) -> None:
        if self._is_table:
            self._rows = [line.split("\t") for line in str(value).splitlines()]
        else:
            self._text = str(value)
        self._touch()

    @property
    def module(self) -> types.ModuleType:
        """This text as a module, compiled again when it has changed. Raises what running it raises."""
        self._fake.guard(self)
        if self._module is None or self._module[0] != self._version:
            version = self._version
            self._module = (version, compiled(self._fake, self))
        self._fake.module_used(self, self._version)
        return self._module[1]

    def run(self, *args: Any, endFrame: bool = False, fromOP: OP | None = None, asParameter: bool = False,
            group: str | None = None, delayFrames: int = 0, delayMilliSeconds: int = 0,
            delayRef: OP | None = None) -> Any:
        self._fake.guard(self)
        return self._fake.run(self._text, *args, endFrame=endFrame, fromOP=fromOP or self, delayFrames=delayFrames,
                              delayMilliSeconds=delayMilliSeconds)

    def write(self, *args: Any) -> None:
        self._text += "".join(map(str, args))
        self._touch()

    def save(self, filepath: Any, append: bool = False, createFolders: bool = False) -> str:
        Path(str(filepath)).write_text(self.text, encoding="utf-8")
        return str(filepath)

    # tables

    @property
    def numRows(self) -> int:
        self._fake.guard(self)
        self._fake.cook(self)
        return len(self._rows) if self._is_table else len(self._text.splitlines())

    @property
    def numCols(self) -> int:
        self._fake.guard(self)
        self._fake.cook(self)
        return max(map(len, self._rows), default=0) if self._is_table else 1

    def _table(self) -> list[list[str]]:
        self._fake.guard(self)
        self._fake.cook(self)
        if not self._is_table:
            raise tdError(f"{self.path} is no table")
        return self._rows

    def _index(self, where: Any, names: list[str]) -> int | None:
        if isinstance(where, int) and not isinstance(where, bool):
            return where if -len(names) <= where < len(names) else None
        return next((index for index, name in enumerate(names) if name == str(where)), None)

    def __getitem__(self, where: tuple[Any, Any]) -> Cell | None:
        rows = self._table()
        self._fake.cook(self)
        row = self._index(where[0], [each[0] if each else "" for each in rows])
        col = self._index(where[1], rows[0] if rows else [])
        if row is None or col is None or col >= len(rows[row]):
            return None
        return Cell(self, row, col)

    def __setitem__(self, where: tuple[Any, Any], value: Any) -> None:
        cell = self[where]
        if cell is None:
            raise tdError(f"{self.path} has no cell {where}")
        cell.val = value

    def cell(self, row: Any, col: Any) -> Cell | None:
        return self[row, col]

    def row(self, where: Any) -> list[Cell] | None:
        rows = self._table()
        index = self._index(where, [each[0] if each else "" for each in rows])
        return None if index is None else [Cell(self, index, col) for col in range(len(rows[index]))]

    def col(self, where: Any) -> list[Cell] | None:
        rows = self._table()
        index = self._index(where, rows[0] if rows else [])
        return None if index is None else [Cell(self, row, index) for row in range(len(rows))]

    def rows(self) -> list[list[Cell]]:
        return [[Cell(self, row, col) for col in range(len(self._rows[row]))] for row in range(len(self._table()))]

    def clear(self, keepSize: bool = False, keepFirstRow: bool = False, keepFirstCol: bool = False) -> None:
        self._fake.guard(self)
        self._text = ""
        self._rows = self._rows[:1] if keepFirstRow else []
        self._touch()

    def appendRow(self, cells: Iterable[Any] = (), row: int | None = None) -> int:
        self._table().append([str(cell) for cell in cells])
        self._touch()
        return len(self._rows) - 1

    def appendRows(self, rows: Iterable[Iterable[Any]]) -> int:
        for row in rows:
            self.appendRow(row)
        return len(self._rows) - 1

    def insertRow(self, cells: Iterable[Any], index: int) -> int:
        self._table().insert(index, [str(cell) for cell in cells])
        self._touch()
        return index

    def replaceRow(self, where: Any, cells: Iterable[Any] = (), entireRow: bool = True) -> int:
        index = self._index(where, [each[0] if each else "" for each in self._table()])
        if index is None:
            raise tdError(f"{self.path} has no row {where}")
        self._rows[index] = [str(cell) for cell in cells]
        self._touch()
        return index

    def deleteRow(self, where: Any) -> None:
        index = self._index(where, [each[0] if each else "" for each in self._table()])
        if index is None:
            raise tdError(f"{self.path} has no row {where}")
        del self._rows[index]
        self._touch()

    def deleteRows(self, which: Iterable[Any]) -> None:
        for where in sorted(which, reverse=True):
            self.deleteRow(where)

    def setSize(self, rows: int, cols: int) -> None:
        self._rows = [[""] * cols for _ in range(rows)]
        self._touch()

    def findCell(self, pattern: str, **_: Any) -> Cell | None:
        return next((Cell(self, r, c) for r, row in enumerate(self._table()) for c, text in enumerate(row)
                     if fnmatch.fnmatchcase(text, pattern)), None)


class TableDAT(DAT):
    """A table that is written by hand or by scripts."""

    _is_table = True


class FollowingDAT(DAT):
    """Null, Out, In and Select: what another shows."""

    def _source(self) -> DAT | None:
        chosen = self._pars.get("dat")
        found = chosen.eval() if chosen is not None else next(iter(self.inputs), None)
        return found if isinstance(found, DAT) else None

    def _cook(self) -> None:
        source = self._source()
        if source is not None:
            self._fake.cook(source)
            self._is_table = source._is_table
            self._rows, self._text = [list(row) for row in source._rows], source._text


class InfoDAT(DAT):
    """What an operator says of itself."""

    def _cook(self) -> None:
        watched = self.par.op.eval()
        self._text = "" if watched is None else "\n".join(filter(None, (watched.errors(), watched.warnings())))


def template(*functions: str) -> str:
    """The text that a new execute DAT has."""
    return "".join(f"def {signature}:\n\treturn\n\n" for signature in functions)


class ExecuteDAT(DAT):
    """Start, frames and end."""

    _template = template("onStart()", "onCreate()", "onExit()", "onFrameStart(frame)", "onFrameEnd(frame)",
                         "onPlayStateChange(state)", "onDeviceChange()", "onProjectPreSave()", "onProjectPostSave()")


class ChopExecuteDAT(DAT):
    """Changes of channels."""

    _template = template("onOffToOn(channel, sampleIndex, val, prev)", "whileOn(channel, sampleIndex, val, prev)",
                         "onOnToOff(channel, sampleIndex, val, prev)", "whileOff(channel, sampleIndex, val, prev)",
                         "onValueChange(channel, sampleIndex, val, prev)")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._seen: dict[str, float] = {}


class ParameterExecuteDAT(DAT):
    """Changes of parameters."""

    _template = template("onValueChange(par, prev)", "onValuesChanged(changes)", "onPulse(par)",
                         "onExpressionChange(par, val, prev)", "onExportChange(par, val, prev)",
                         "onEnableChange(par, val, prev)", "onModeChange(par, val, prev)")


class DatExecuteDAT(DAT):
    """Changes of other DATs."""

    _template = template("onTableChange(dat)", "onRowChange(dat, rows)", "onColChange(dat, cols)",
                         "onCellChange(dat, cells, prev)", "onSizeChange(dat)")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._seen_version = -1


class ScriptDAT(DAT):
    """A table that Python fills when it cooks."""

    _is_table = True

    def _cook(self) -> None:
        callbacks = self.par.callbacks.eval()
        if callbacks is not None:
            self._fake.call(callbacks, "onCook", self)
