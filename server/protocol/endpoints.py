"""The one table of everything that can be said; dispatch, feedback, documents and widgets are read from it.

Handlers live elsewhere. Rows of a deck have the address `/deck/{n}/…`; without `/deck/{n}` they act on the
selected deck.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from server.protocol.feedback import FEEDBACK_SECTIONS
from server.protocol.generating import GENERATING
from server.protocol.kinds import button as _do
from server.protocol.kinds import order as _tell
from server.protocol.kinds import value as _set
from server.protocol.learning import LEARNING
from server.protocol.peering import PEERING
from server.protocol.row import Arg, Row
from server.protocol.snapshotting import SNAPSHOTS
from server.protocol.timing import CLOCK_DEVICE, SOURCES, TIMING
from server.protocol.walking import CUES, WALKING

DECK: Final = "/deck/{n}"
FRAME_MAX: Final = (1 << 24) - 1
"""TouchDesigner receives numbers as float32, which is exact up to here."""
HOUR: Final = 3600.0

_FRAME = Arg("frame", "i", 0, FRAME_MAX, unit="frames")
_FRAMES = Arg("frames", "i", -FRAME_MAX, FRAME_MAX, unit="frames")
_SECONDS = Arg("seconds", "f", 0, 86400, unit="seconds")
_FADE = Arg("fade", "f", 0, HOUR, unit="seconds")
_LEVEL = Arg("level", "f", 0, 1)
_BEATS = Arg("beats", "f", -100_000, 100_000, unit="beats")
_LATENCY = Arg("latency", "f", -1000, 1000, unit="milliseconds")
_MOVIE = Arg("movie", "s", doc="the movie's name in the song, or its path in the media folder with /")
_SONG = Arg("song", "s", doc="the song's name")
_SWITCH = Arg("on", "T", optional=True, doc="left out: the other way round")
_ID = Arg("id", "i", 0, FRAME_MAX, doc="the number of the open that is answered")


_CLIP = (
    _tell(f"{DECK}/load", "Open a movie and cut to it as soon as it is ready; with a time, fade to it.",
          (_MOVIE,
           Arg("fade", "f", 0, HOUR, unit="seconds", optional=True,
               doc="left out: the deck's own fade time")),
          ("waves.mov", 2.0), "clip"),
    _tell(f"{DECK}/prepare", "Open a movie on a hidden player; nothing is seen until it is taken.",
          (_MOVIE,), ("waves.mov",), "clip"),
    _tell(f"{DECK}/clip", "Open spans of movies, played one after the other as one clip, and take it.",
          (Arg("spans", "s", doc="MOVIE FIRST LAST, more after ;: FIRST after LAST plays backwards, -1 is the last"),
           Arg("fade", "f", 0, HOUR, unit="seconds", optional=True,
               doc="left out: the deck's own fade time")),
          ("waves.mov 0 89; shore.mov 120 30", 2.0), "clip"),
    _do(f"{DECK}/take", "Show what is prepared, with the deck's own fade time, at the next quantised moment.",
        "clip"),
    _tell(f"{DECK}/take/over", "Show what is prepared, with this fade time.", (_FADE,), (2.0,), "clip"),
    _do(f"{DECK}/cancel", "Forget what is prepared and a take that waits.", "clip"),
    _do(f"{DECK}/go/next", "Take what is prepared, else the next movie of the song; in a song of pictures, walk on to "
        "another picture.", "clip"),
    _tell(f"{DECK}/go/next/over", "The same with this fade time; in a song of pictures, in this time.", (_FADE,),
          (2.0,), "clip"),
    _do(f"{DECK}/go/back", "Take the movie before this one in the song; in a song of pictures, walk back to the one "
        "before.", "clip"),
    _tell(f"{DECK}/go/back/over", "The same with this fade time; in a song of pictures, in this time.", (_FADE,),
          (2.0,), "clip"),
    _set(f"{DECK}/song", "Switch the deck to a song: its first movie, or the one song_list.csv names; of a song of "
         "pictures, its first picture.",
         _SONG, None, "emit", "clip"),
    _set(f"{DECK}/file", "Choose a movie of the song by fraction, as a fader or a dial does.",
         Arg("fraction", "f", 0, 1), None, 0.5, "clip", fader=True, access="w"),
    _set(f"{DECK}/fade", "The deck's own fade time, used by load, take and go.", _FADE, 0.0, 1.5, "levels"),
)

_SEEK = (
    _set(f"{DECK}/frame",
         "Jump to a frame; the first is 0. A number with a fraction means the nearest frame.",
         _FRAME, 0, 120, "transport"),
    _set(f"{DECK}/seconds", "Jump to a time in the clip.", _SECONDS, 0.0, 12.5, "transport"),
    _set(f"{DECK}/position", "Jump to a fraction of the range: 0 is the in point, 1 the out point.",
         Arg("position", "f", 0, 1), 0.0, 0.25, "transport", fader=True),
    _set(f"{DECK}/beats", "Jump to a beat of the clip, counted from the in point at the present tempo.",
         Arg("beats", "f", 0, 100_000, unit="beats"), 0.0, 16.0, "transport"),
    _set(f"{DECK}/step", "Move this many frames and hold there.",
         Arg("frames", "i", -FRAME_MAX, FRAME_MAX, unit="frames", optional=True, default=1),
         None, -1, "transport", access="w"),
    _set(f"{DECK}/scrub", "Move this many frames, fractions too, as a jog wheel does; it stands for a moment.",
         Arg("frames", "f", -FRAME_MAX, FRAME_MAX, unit="frames"), None, 0.5, "transport", access="w"),
    _set(f"{DECK}/nudge", "Shift the playhead by this many frames, fractions too, and play on.",
         Arg("frames", "f", -FRAME_MAX, FRAME_MAX, unit="frames"), None, 2.0, "transport", access="w"),
    _set(f"{DECK}/jump/beats", "Jump by this many beats and play on.", _BEATS, None, -4.0, "transport",
         access="w"),
    _set(f"{DECK}/axis/{{name}}",
         "In a grid movie: the value of one axis; the nearest frame of the grid is shown.",
         Arg("value", "f", -1e9, 1e9), None, 0.3, "transport", access="w"),
)

_PLAY = (
    _do(f"{DECK}/play", "Play on, in the present direction.", "transport"),
    _do(f"{DECK}/pause", "Hold the picture that is on screen.", "transport"),
    _do(f"{DECK}/toggle", "Play when paused, pause when playing: one button for both.", "transport"),
    _do(f"{DECK}/stop", "Hold, and go back to the in point; played backwards, to the out point.", "transport"),
    _do(f"{DECK}/reverse", "Turn round and play on from here.", "transport"),
    _set(f"{DECK}/freeze", "Hold the picture while time goes on underneath; off shows where it got to.",
         _SWITCH, False, True, "transport"),
    _set(f"{DECK}/speed", "Times the movie's own speed; negative is backwards, 0 holds.",
         Arg("speed", "f", -16, 16), 1.0, 0.5, "transport"),
    _set(f"{DECK}/mode", "index: it stands, and frames come from outside; sequential: it plays by itself.",
         Arg("mode", "s", choices=("index", "sequential"), switch=("index", "sequential")),
         "sequential", "index", "transport"),
    _set(f"{DECK}/loop", "What happens at the end of the range.",
         Arg("end", "s", choices=("hold", "loop", "bounce", "next"), switch=("hold", "loop")),
         "loop", "bounce", "transport"),
    _set(f"{DECK}/loop/beats", "Loop over this many beats from the playhead on; 0 leaves that loop.",
         Arg("beats", "f", 0, 1024, unit="beats"), 0.0, 4.0, "range"),
    _set(f"{DECK}/even", "Constant speed by path length: even motion from uneven in-betweens.",
         _SWITCH, False, True, "transport"),
)

_RANGE = (
    _set(f"{DECK}/in", "The first frame that is played.", _FRAME, 0, 100, "range"),
    _set(f"{DECK}/out", "The last frame that is played.", _FRAME, None, 199, "range"),
    _do(f"{DECK}/in/here", "The in point is the frame on screen.", "range"),
    _do(f"{DECK}/out/here", "The out point is the frame on screen.", "range"),
    _tell(f"{DECK}/range", "In and out point together.",
          (Arg("in", "i", 0, FRAME_MAX, unit="frames"), Arg("out", "i", 0, FRAME_MAX, unit="frames")),
          (100, 199), "range"),
    _do(f"{DECK}/range/off", "Play the whole clip.", "range"),
    _tell(f"{DECK}/inner", "Inner loop: play up to it, then stay in it until it is switched off.",
          (Arg("in", "i", 0, FRAME_MAX, unit="frames"), Arg("out", "i", 0, FRAME_MAX, unit="frames")),
          (120, 149), "range"),
    _do(f"{DECK}/inner/off", "Leave the inner loop and play on to the end.", "range"),
    _do(f"{DECK}/mark/{{m}}", "Jump to a hot cue, else to the movie's mark of that number; the first is 1.",
        "transport"),
    _do(f"{DECK}/mark/{{m}}/set", "Set a hot cue at the playhead.", "marks"),
    _do(f"{DECK}/mark/{{m}}/clear", "Forget a hot cue.", "marks"),
    _tell(f"{DECK}/mark/named", "Jump to a mark, a picture or a scene of the movie by its name.",
          (Arg("name", "s"),), ("sunflower-1001",), "transport"),
    _do(f"{DECK}/mark/next", "Jump to the next mark in playing direction.", "transport"),
    _do(f"{DECK}/mark/back", "Jump to the mark before.", "transport"),
)

_LOOK = (
    _set(f"{DECK}/pulse/add",
         "The add of the pulse, which shifts the playhead by (add + multiply × filtered beat ramp) × range.",
         Arg("amount", "f", -1, 1), 0.0, 0.1, "pulse", fader=True),
    _set(f"{DECK}/pulse/multiply",
         "The multiply of the pulse, which shifts by (add + multiply × filtered beat ramp) × range; the ramp falls "
         "from 1 to 0 in every beat.",
         Arg("depth", "f", -16, 16), 0.0, 0.2, "pulse", fader=True),
    _set(f"{DECK}/pulse/filter",
         "How soft the beat ramp of the pulse is: the time constant of the low-pass behind it, in beats.",
         Arg("filter", "f", 0, 1, unit="beats"), 0.0, 0.3, "pulse", fader=True),
    _set(f"{DECK}/level", "The deck's fader.", _LEVEL, 1.0, 0.8, "levels", fader=True),
    _set(f"{DECK}/latency", "Show what belongs this much later: makes up for this output's delay.",
         _LATENCY, 0.0, 20.0, "transport"),
)

_GLOBAL = (
    _set("/song", "Switch the selected deck to a song.", _SONG, None, "emit", "clip"),
    _set("/select/deck", "The deck that addresses without /deck/{n} act on.", Arg("deck", "i", 1), 1, 1,
         "selection"),
    _set("/master/level", "The fader of everything.", _LEVEL, 1.0, 0.9, "levels", fader=True),
    _set("/master/black", "Show black; playback goes on underneath.", _SWITCH, False, True, "levels"),
    _set("/master/freeze", "Hold every picture while time goes on underneath.", _SWITCH, False, True,
         "transport"),
    _set("/master/latency", "Show what belongs this much later, on every deck.", _LATENCY, 0.0, 15.0,
         "transport"),
)

_CLOCK = (
    _set("/clock/source", "What the beat follows: nothing, taps, beats from outside, MIDI clock, MIDI time code, or "
         "what comes by /timecode.", Arg("source", "s", choices=SOURCES), "internal", "outside", "clock"),
    CLOCK_DEVICE,
    _set("/clock/tempo", "Beats a minute.", Arg("tempo", "f", 20, 999, unit="bpm"), 120.0, 128.0, "clock"),
    _do("/clock/tap", "Tap the tempo; send it on the beat.", "clock"),
    _set("/clock/nudge", "Shift the beat; positive is later.",
         Arg("beats", "f", -16, 16, unit="beats"), None, 0.05, "clock", access="w"),
    _do("/clock/downbeat", "This is the one: the bar begins now.", "clock"),
    _set("/clock/quantise", "When takes and launches happen.",
         Arg("grid", "s", choices=("off", "beat", "bar")), "off", "bar", "clock"),
    Row("/clock/beats", (Arg("beats", "f", 0, 1e9, unit="beats"),
                         Arg("tempo", "f", 20, 999, unit="bpm", optional=True)),
        changes=("clock",),
        doc="The beat from outside, Ableton Link for one: beats since the downbeat, and the tempo.",
        example=(17.25, 128.0)),
    _set("/clock/ahead", "How long before a quantised moment everything for it is decided.",
         Arg("ahead", "f", 0, 1000, unit="milliseconds"), 0.0, 50.0, "clock"),
)

_SYSTEM = (
    Row("/system/hello", (
        Arg("name", "s"),
        Arg("stream", "i", 0, 65535, optional=True, default=0, doc="port of the 60 Hz stream"),
        Arg("events", "i", 0, 65535, optional=True, default=0,
            doc="port of events and answers; 0 is the sender's own"),
        Arg("protocol", "i", 0, FRAME_MAX, optional=True, default=1),
        Arg("build", "s", optional=True, default=""),
        Arg("cook", "f", 0, 1000, unit="Hz", optional=True, default=60.0),
        Arg("largest", "i", 0, FRAME_MAX, unit="pixels", optional=True, default=0,
            doc="largest texture; 0 is unknown"),
        Arg("decks", "s", optional=True, default="all", doc='"all", or numbers: "1,2"')),
        critical=True, changes=("system",),
        doc="A renderer (with a stream port) or a client introduces itself.",
        example=("stage", 7501, 7502, 1, "2025.32050", 60.0, 1280, "all")),
    Row("/system/subscribe", (
        Arg("mask", "s", optional=True, default="*",
            doc="addresses with wildcards, separated by spaces; * is all"),
        Arg("rate", "f", 0.1, 120, unit="Hz", optional=True, default=10.0,
            doc="most updates of one address a second"),
        Arg("port", "i", 0, 65535, optional=True, default=0, doc="where to; 0 is the sender's own port")),
        critical=True, changes=("system",),
        doc="Send me the state, and then what changes. Repeat it once a minute.",
        example=("/deck/*/state/* /clock/state/*", 10.0)),
    _do("/system/unsubscribe", "Send me nothing more.", "system"),
    _do("/system/state", "Send me the whole state once.", "system"),
    Row("/system/ping", (Arg("text", "s", optional=True, default=""),), doc="Answered by /system/pong.",
        example=("hello",)),
    _set("/system/engaged", "Off: everything from outside is ignored, except /system and renderers.",
         _SWITCH, True, True, "system"),
    _set("/system/lock", "While performing: nobody changes how things are set up, such as generator, controllers, "
         "clock source and latencies.", _SWITCH, False, True, "system"),
    _do("/system/panic", "Hold every picture; stop fades, launches that wait, and jobs.", "transport", "clip",
        "levels"),
)

_RENDERER = (
    _tell("/td/deck/{n}/opening", "A renderer has begun to open.", (_ID,), (7,), "clip"),
    _tell("/td/deck/{n}/ready", "A renderer can show it.", (_ID,), (7,), "clip"),
    _tell("/td/deck/{n}/failed", "A renderer cannot open it.", (_ID, Arg("reason", "s")), (7, "no such file"),
          "clip"),
    _tell("/td/deck/{n}/shown", "The frame that a renderer has really shown.", (_ID, _FRAME), (7, 120),
          "system"),
    Row("/td/health", (
        Arg("fps", "f", 0, 1e6, unit="Hz"), Arg("frame_ms", "f", 0, 1e9, unit="milliseconds"),
        Arg("dropped", "i", 0, unit="frames"), Arg("misses", "i", 0, unit="frames"),
        Arg("decode_ms", "f", 0, 1e9, unit="milliseconds"), Arg("gpu_mb", "f", 0, 1e9, unit="megabytes")),
        changes=("system",), doc="How a renderer is doing, once a second; it is also the sign of life.",
        example=(60.0, 16.7, 0, 0, 4.2, 512.0)),
)

SECTIONS: Final[Mapping[str, tuple[Row, ...]]] = MappingProxyType({
    "What a deck shows": _CLIP, "Walking between pictures": WALKING, "Stories": CUES, "Going to a place": _SEEK,
    "Playing": _PLAY, "Range and marks": _RANGE, "Pulse, level, latency": _LOOK,
    "Everything at once": _GLOBAL, "Snapshots": SNAPSHOTS, "Making": GENERATING, "Clock": _CLOCK, "Timecode": TIMING,
    "Controllers": LEARNING,
    "System": _SYSTEM, "Main and backup": PEERING,
    "From renderers": _RENDERER,
})
COMMANDS: Final[tuple[Row, ...]] = tuple(row for rows in SECTIONS.values() for row in rows)
FEEDBACK: Final[tuple[Row, ...]] = tuple(row for rows in FEEDBACK_SECTIONS.values() for row in rows)
TABLE: Final[tuple[Row, ...]] = (*COMMANDS, *FEEDBACK)
BY_ADDRESS: Final[Mapping[str, Row]] = MappingProxyType({row.address: row for row in TABLE})

ALIASES: Final[Mapping[str, str]] = MappingProxyType({
    "/cue/panic": "/system/panic",
    "/play/MovieIndex1": "/deck/1/position",
    "/play/MovieIndex2": "/deck/2/position",
    "/play/Fileselect": "/deck/1/file",
    "/playback/MovieIndex1": "/deck/1/position",
    "/playback/MovieIndex2": "/deck/2/position",
    "/playback/Fileselect": "/deck/1/file",
    "/playback/pulseadd": "/deck/1/pulse/add",
    "/playback/pulsemult": "/deck/1/pulse/multiply",
    "/playback/pulsefilter": "/deck/1/pulse/filter",
})
"""What controllers that people already have send, as they spell it."""

FORWARDED: Final = ("/FX", "/tension", "/param", "/preset", "/page", "/extra")
"""First words of addresses that TouchDesigner answers for; `/param` with a number behind it too."""


def is_forwarded(address: str) -> bool:
    """Whether a message is handed on to TouchDesigner as it came."""
    word = address.split("/", 2)[1:2]
    return bool(word) and ("/" + word[0] in FORWARDED or (word[0].startswith("param") and word[0][5:].isdigit()))
