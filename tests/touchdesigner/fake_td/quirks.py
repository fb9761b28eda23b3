"""What no page of TouchDesigner settles: each can be set either way, and the component has to live with both."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Quirks:
    """The defaults are what is documented, else what is worse."""

    menus_refuse: bool = True
    """An unknown menu entry raises; else the parameter silently stays as it is."""
    create_adds_digit: bool = False
    """`create()` appends a digit even to a name that is free, as one project observed."""
    second_page_refused: bool = True
    """A second custom page of the same name raises; else the first is returned."""
    replaced_pars_keep_values: bool = False
    """A custom parameter that is appended again keeps its value."""
    old_extension_names: bool = False
    """2025 still answers to `extension1`, as some report."""
    enums_in_td: bool = False
    """`td.ParMode` exists, not only the name that is injected into scripts."""
    black_while_opening: bool = True
    """A player whose file is not open yet is black; else it keeps the picture of the file before."""
    index_rounds: bool = False
    """A fractional index is rounded; else what is behind the point is dropped."""
    interp_blends_in_specify: bool = True
    """`interp` blends neighbours in the play mode `specify` too."""
    negative_index_wraps: bool = False
    """A negative index counts from the end although Extend Left says hold."""
    bundles_backwards: bool = False
    """The messages of a bundle are handed to callbacks last one first."""
    osc_before_frame_start: bool = True
    """OSC callbacks run before `onFrameStart`; else after it."""
    parameter_events_late: bool = False
    """Parameter Execute runs at the end of the frame; else between its parts."""
    websocket_path: str = "after the address"
    """How a WebSocket DAT is told a path: see `websocket_wire.target`."""
    websocket_failures_are_silent: bool = False
    """A connection that cannot be made calls nobody; else `onDisconnect`."""
    taken_ports_are_silent: bool = False
    """A port that another program has gives no error: nothing arrives, that is all."""
    extensions_start_by_themselves: bool = False
    """Extensions are compiled when a component is loaded; else only when somebody refers to them."""
