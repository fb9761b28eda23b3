"""The component's network as data: operators, parameters, wires, places. Knows nothing of how it is built.

Named after SudoMagic's guide: `type_descriptor`, lower case; what others wire to has a plain name. Python 3.9.
"""

from __future__ import annotations

from typing import Any, NamedTuple

REELS = 3
GRID_X, GRID_Y = 200, 130
TAG = "interscene"
"""What tells our operators from an artist's."""


class Node(NamedTuple):
    """One operator; its place is counted in steps of the grid, to the right and down."""

    name: str
    kind: str
    place: tuple[int, int]
    pars: tuple[tuple[str, Any], ...] = ()
    inputs: tuple[str, ...] = ()
    """Names beside it; `deck1:0` is the first output of a component."""
    text: str = ""
    """The name of the script in it."""
    viewer: bool = False
    comment: str = ""



_MOVIE: tuple[tuple[str, Any], ...] = (
    ("playmode", "specify"), ("indexunit", "indices"), ("play", False), ("interp", False),
    ("textendleft", "hold"), ("textendright", "hold"), ("opentimeout", 0), ("alwaysloadinitial", True),
    ("loadingerrorimage", "zero"), ("hwdecode", False), ("updateimage", True),
    ("prereadframes", 10), ("frametimeout", 100), ("frametimeoutstrat", "keep"),
)
"""Random access: an index in images, nothing that waits while it opens, nothing coloured when it fails.

`hwdecode` differs between builds in its default, and is limited to 8 players: it is said.
"""
_SIZE = (("outputresolution", "custom"), ("resolutionw", 1280), ("resolutionh", 720))


def deck_nodes() -> tuple[Node, ...]:
    """What is inside `deck1`, `deck2` …: three reels, each fitted and levelled, added up."""
    nodes: list[Node] = []
    for reel in range(REELS):
        nodes += [
            Node(f"player{reel}", "moviefileinTOP", (0, reel),
                 (*_MOVIE, ("file=", f"parent().ext.DeckExt.File({reel})")), viewer=True,
                 comment="What it plays, the server says."),
            Node(f"info_player{reel}", "infoCHOP", (0, reel + 4), (("op", f"player{reel}"), ("passive", True))),
            Node(f"fit_player{reel}", "fitTOP", (1, reel), (*_SIZE, ("fit", "fitbest")), (f"player{reel}",)),
            Node(f"level_player{reel}", "levelTOP", (2, reel), (("opacity", 0.0),), (f"fit_player{reel}",)),
        ]
    levels = tuple(f"level_player{reel}" for reel in range(REELS))
    fits = tuple(f"fit_player{reel}" for reel in range(REELS))
    nodes += [
        Node("comp_mix", "compositeTOP", (3, 1), (("operand", "add"),), levels,
             comment="Levels are the only truth about fades and cuts."),
        Node("text_prompt", "textTOP", (3, 2), (*_SIZE, ("text", ""), ("fontsizex", 40), ("wordwrap", True),
                                                ("aligny", "bottom"), ("bgalpha", 0.0))),
        Node("over_prompt", "overTOP", (4, 1), (("size", "input2"),), ("text_prompt", "comp_mix")),
        Node("null_picture", "nullTOP", (5, 1), (), ("over_prompt",)),
        Node("picture", "outTOP", (6, 1), (("connectorder", 0),), ("null_picture",), viewer=True),
        Node("constant_black", "constantTOP", (3, 4), (*_SIZE, ("colorr", 0.0), ("colorg", 0.0), ("colorb", 0.0))),
        Node("switch_preview", "switchTOP", (4, 4), (("index", REELS),), (*fits, "constant_black")),
        Node("null_preview", "nullTOP", (5, 4), (), ("switch_preview",)),
        Node("preview", "outTOP", (6, 4), (("connectorder", 1),), ("null_preview",), viewer=True),
    ]
    return tuple(nodes)


def main_nodes(decks: int, forwarded: tuple[str, ...] = ()) -> tuple[Node, ...]:
    """What is inside `interscene`."""
    nodes = [
        Node("source", "baseCOMP", (0, -2), comment="The component's code. It needs no file on disk."),
        Node("callbacks", "textDAT", (1, -2), text="callbacks", viewer=True,
             comment="Yours to write in. A rebuild leaves it alone."),
        Node("callbacks_events", "textDAT", (0, 1), text="events"),
        Node("oscin_events", "oscinDAT", (0, 0), (
            ("port", 7502), ("callbacks", "callbacks_events"), ("typetag", False), ("splitbundle", True),
            ("clamp", True), ("maxlines", 20), ("active", True))),
        Node("oscin_stream", "oscinCHOP", (0, 2), (
            ("port", 7501), ("queued", False), ("timeslice", False), ("oscaddressscope", "*"), ("active", True))),
        Node("chopexec_stream", "chopexecuteDAT", (1, 2), (
            ("active", True), ("chop", "oscin_stream"), ("channel", "td/*"), ("valuechange", True)), text="stream"),
        Node("oscout_server", "oscoutDAT", (0, 3), (("address|netaddress", "127.0.0.1"), ("port", 7500),
                                                    ("active", True))),
        Node("execute_frames", "executeDAT", (1, 0), (
            ("active", True), ("framestart", True), ("frameend", True), ("exit", True)), text="frames"),
        Node("parexec_panel", "parameterexecuteDAT", (1, 1), (
            ("active", True), ("op|ops", ".."), ("pars", "*"), ("custom", True), ("builtin", False),
            ("valuechange", True), ("onpulse", True)), text="panel"),
        Node("abletonlink_beats", "abletonlinkCHOP", (1, 3), (
            ("enable=", "parent().par.Link"), ("beats", True), ("tempo", True), ("rampbar", False))),
        Node("callbacks_state", "textDAT", (2, -3), text="state"),
        Node("script_state", "scriptCHOP", (3, -3), (("callbacks", "callbacks_state"), ("timeslice", False))),
        Node("state", "outCHOP", (4, -3), (("connectorder", 100),), ("script_state",), viewer=True),
        Node("select_controls", "selectCHOP", (3, -4), (
            ("chops|chop", "oscin_stream"), ("channames", " ".join(_patterns(forwarded)) or "none"))),
        Node("controls", "outCHOP", (4, -4), (("connectorder", 101),), ("select_controls",), viewer=True,
             comment="What controllers send to TouchDesigner: FX, tension, param."),
        Node("table_info", "tableDAT", (3, -2)),
        Node("info", "outDAT", (4, -2), (("connectorder", 200),), ("table_info",), viewer=True),
        Node("table_log", "tableDAT", (3, -1)),
        Node("log", "outDAT", (4, -1), (("connectorder", 201),), ("table_log",), viewer=True),
        *_live_nodes(),
    ]
    for deck in range(1, decks + 1):
        nodes += [
            Node(f"deck{deck}", "baseCOMP", (2, 2 * deck - 2), viewer=True),
            Node(f"picture{deck}", "outTOP", (6, 2 * deck - 2), (("connectorder", 2 * deck - 1),),
                 (f"deck{deck}:picture",)),
            Node(f"preview{deck}", "outTOP", (6, 2 * deck - 1), (("connectorder", 2 * deck),),
                 (f"deck{deck}:preview",)),
        ]
    last = "deck1:picture"
    for deck in range(2, decks + 1):
        nodes.append(Node(f"over_deck{deck}", "overTOP", (3, deck - 2), (("size", "input2"),),
                          (f"deck{deck}:picture", last), comment="A later deck lies over an earlier one."))
        last = f"over_deck{deck}"
    nodes += [Node("null_mix", "nullTOP", (4, 0), (), (last,)),
              Node("out1", "outTOP", (5, 0), (("connectorder", 0),), ("null_mix",), viewer=True)]
    return tuple(nodes)


def _live_nodes() -> tuple[Node, ...]:
    """The live deck: pictures over the network in place of movies. Nothing of its connection is saved."""
    return (
        Node("callbacks_live", "textDAT", (0, -6), text="live"),
        Node("websocket_live", "websocketDAT", (1, -6), (
            ("callbacks", "callbacks_live"), ("clamp", True), ("maxlines", 1), ("bytes", False),
            ("netaddress=", "parent().ext.LiveExt.Address()"), ("port=", "parent().ext.LiveExt.Port()"),
            ("active=", "parent().ext.LiveExt.Active()"))),
        Node("callbacks_live_picture", "textDAT", (2, -6), text="live_picture"),
        Node("script_live", "scriptTOP", (3, -6), (("callbacks", "callbacks_live_picture"),)),
        Node("live", "outTOP", (4, -6), (("connectorder", 50),), ("script_live",), viewer=True,
             comment="Live Deck on the page Deck: what the server shows, as pictures over the network."),
    )


def _patterns(forwarded: tuple[str, ...]) -> list[str]:
    """The channels of what the server hands on untouched."""
    names = [word.strip("/") for word in forwarded]
    return [pattern for name in names for pattern in (name, f"{name}/*", f"{name}[0-9]*")]
