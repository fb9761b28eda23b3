"""Operator types of one build: a Python class each, as `type(op)` and `create(moviefileinTOP, …)` need them."""

from __future__ import annotations

from fake_td import chops, dats, movies, osc_ops, script_top, tops, websocket_ops
from fake_td.comps import COMP, BaseCOMP
from fake_td.network import OP
from fake_td.table_language import Build, Table
from fake_td.table_others import CHOPS, COMPS, DATS
from fake_td.table_tops import TOPS

_CLASSES: dict[str, type[OP]] = {
    "moviefileinTOP": movies.MovieFileInTOP, "crossTOP": tops.CrossTOP, "compositeTOP": tops.CompositeTOP,
    "switchTOP": tops.SwitchTOP, "levelTOP": tops.LevelTOP, "constantTOP": tops.ConstantTOP, "fitTOP": tops.FitTOP,
    "textTOP": tops.TextTOP, "selectTOP": tops.SelectTOP, "cacheTOP": tops.CacheTOP, "outTOP": tops.NullTOP,
    "inTOP": tops.NullTOP, "nullTOP": tops.NullTOP, "addTOP": tops.AddTOP, "overTOP": tops.NamedCompositeTOP,
    "underTOP": tops.NamedCompositeTOP, "multiplyTOP": tops.NamedCompositeTOP, "scriptTOP": script_top.ScriptTOP,
    "resolutionTOP": tops.NullTOP,
    "oscinCHOP": osc_ops.OscInCHOP, "infoCHOP": chops.InfoCHOP, "constantCHOP": chops.ConstantCHOP,
    "abletonlinkCHOP": chops.AbletonLinkCHOP, "nullCHOP": chops.FollowingCHOP, "outCHOP": chops.FollowingCHOP,
    "inCHOP": chops.FollowingCHOP, "selectCHOP": chops.SelectCHOP, "mergeCHOP": chops.MergeCHOP,
    "renameCHOP": chops.RenameCHOP, "scriptCHOP": chops.ScriptCHOP, "performCHOP": chops.PerformCHOP,
    "oscinDAT": osc_ops.OscInDAT, "oscoutDAT": osc_ops.OscOutDAT, "textDAT": dats.DAT, "tableDAT": dats.TableDAT,
    "executeDAT": dats.ExecuteDAT, "chopexecuteDAT": dats.ChopExecuteDAT,
    "parameterexecuteDAT": dats.ParameterExecuteDAT, "datexecuteDAT": dats.DatExecuteDAT, "infoDAT": dats.InfoDAT,
    "nullDAT": dats.FollowingDAT, "outDAT": dats.FollowingDAT, "inDAT": dats.FollowingDAT,
    "selectDAT": dats.FollowingDAT, "fifoDAT": dats.TableDAT, "scriptDAT": dats.ScriptDAT,
    "websocketDAT": websocket_ops.WebSocketDAT,
    "baseCOMP": BaseCOMP, "containerCOMP": BaseCOMP, "windowCOMP": BaseCOMP, "annotateCOMP": BaseCOMP,
}
_TABLES: dict[str, Table] = {**TOPS, **CHOPS, **DATS, **COMPS}
FAMILIES: dict[str, type[OP]] = {"OP": OP, "COMP": COMP, "TOP": tops.TOP, "CHOP": chops.CHOP, "DAT": dats.DAT}


def types_of(build: Build) -> dict[str, type[OP]]:
    """Operator type → class, for one TouchDesigner."""
    return {name: type(name, (base,), {"OPType": name, "__doc__": base.__doc__, "__module__": "td"})
            for name, base in _CLASSES.items()}


def tables_of(build: Build) -> dict[str, Table]:
    return {name: _TABLES[name].of(build) for name in _CLASSES}
