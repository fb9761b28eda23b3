"""The rows that the server says: state, answers, and what renderers are told. Nothing here is a command."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from server.protocol.generating import JOB_STATE
from server.protocol.learning import LEARN_ANSWER, LEARN_STATE
from server.protocol.peering import PEER_STATE
from server.protocol.row import Arg, Row
from server.protocol.snapshotting import SNAPSHOT_ANSWER, SNAPSHOT_STATE
from server.protocol.timing import TIME_STATE

_STATE: Final = "/deck/{n}/state"


def _say(address: str, doc: str, topic: str, *args: Arg, example: tuple[Any, ...]) -> Row:
    return Row(address, args, "r", changes=(topic,), doc=doc, example=example)


def _deck(name: str, tag: str, unit: str | None, doc: str, topic: str, example: Any) -> Row:
    return _say(f"{_STATE}/{name}", doc, topic, Arg(name, tag, unit=unit), example=(example,))


def _value(address: str, tag: str, unit: str | None, doc: str, topic: str, example: Any) -> Row:
    return _say(address, doc, topic, Arg(address.rsplit("/", 1)[1], tag, unit=unit), example=(example,))


_DECK_STATE = (
    _deck("frame", "i", "frames", "The frame of the clip that is due on screen.", "transport", 120),
    _deck("frames", "i", "frames", "How many frames the clip has.", "clip", 900),
    _deck("seconds", "f", "seconds", "The playhead in seconds of the clip.", "transport", 4.0),
    _deck("position", "f", None, "The playhead as a fraction of the range, 0 to 1.", "transport", 0.25),
    _deck("elapsed", "f", "seconds", "Time from the start of the range, at the present speed.", "transport",
          4.0),
    _deck("remaining", "f", "seconds", "Time to the end of the range, at the present speed.", "transport",
          26.0),
    _deck("duration", "f", "seconds", "How long the range takes, at the present speed.", "transport", 30.0),
    _deck("movie", "s", None, "The movie file that the frame is from.", "clip", "emit/waves.mov"),
    _deck("clip", "s", None, "What is playing: a movie's path in the media folder, or the name of a clip of spans.",
          "clip", "emit/waves.mov"),
    _deck("next", "s", None, "What is prepared, named as in clip; on a walk, the picture that comes next; empty when "
          "nothing is.", "clip", "emit/shore.mov"),
    _deck("ready", "T", None, "What is prepared can be shown.", "clip", True),
    _deck("waiting", "s", None, "The renderers that a take waits for, with commas; empty when for none.",
          "clip", ""),
    _deck("playing", "T", None, "The playhead moves.", "transport", True),
    _deck("reverse", "T", None, "It plays backwards.", "transport", False),
    _deck("speed", "f", None, "Times the movie's own speed.", "transport", 1.0),
    _deck("even", "T", None, "It plays at constant speed by path length.", "transport", False),
    _deck("loop", "s", None, "What happens at the end of the range.", "transport", "loop"),
    _deck("in", "i", "frames", "The first frame that is played.", "range", 0),
    _deck("out", "i", "frames", "The last frame that is played.", "range", 899),
    _deck("mark", "s", None, "The name of the last mark that was passed.", "transport", "chorus"),
    _deck("picture", "s", None, "The picture that was passed last: on a walk its name and seed, else as the movie's "
          "mark names it.", "transport", "sunflower-1001"),
    _deck("prompt", "s", None, "The prompt of that picture.", "transport", "a field of sunflowers"),
    _deck("level", "f", None, "The deck's fader.", "levels", 1.0),
    _deck("fading", "f", None, "How far a fade has come, 0 to 1; 1 when there is none.", "levels", 1.0),
    _deck("frozen", "T", None, "The picture is held while time goes on.", "transport", False),
    _deck("rate", "f", "Hz", "Frames a second of the clip.", "clip", 30.0),
)

_WALK_STATE = (
    _deck("song", "s", None, "The song that the deck is in.", "clip", "emit"),
    _deck("scene", "s", None, "The scene of the picture that was passed last; several with commas.", "walk",
          "garden"),
    _deck("walk", "s", None, "What a walk is doing or waiting for: planning, making, opening, fading, walking, "
          "dwelling, paused or standing; empty when there is none.", "walk", "walking"),
    _deck("goal", "s", None, "The picture that the walk leads to.", "walk", "thistle-42"),
    _deck("route", "s", None, "The pictures of the walk, first to last; of a long one the next few.", "walk",
          "sunflower-1001 > poppy-7 > thistle-42"),
    _deck("stop", "i", None, "How many pictures of the walk were passed, the one that it began with not counted.",
          "walk", 1),
    _deck("hops", "i", None, "Transitions still to come, the present one counted.", "walk", 2),
    _deck("arrival", "f", "seconds", "Time until the walk has arrived.", "walk", 6.5),
    _deck("how", "s", None, "What a new goal does to the transition that is playing.", "walk", "interrupt"),
    _deck("auto", "T", None, "It walks without end.", "walk", False),
    _deck("bridges", "i", None, "Missing transitions that were bridged by a fade.", "walk", 0),
    _deck("story", "s", None, "The story that is ready to be played by cues.", "cue", "opening-2"),
    _deck("cue", "s", None, "The section of it that is playing; empty before the first.", "cue", "2"),
    _deck("armed", "s", None, "The section that the next go plays; empty after the last.", "cue", "3"),
    _deck("cues", "i", None, "How many sections it has.", "cue", 5),
)

_CLOCK_STATE = (
    _value("/clock/state/tempo", "f", "bpm", "Beats a minute.", "clock", 128.0),
    _value("/clock/state/beat", "f", "beats", "Beats since the downbeat.", "clock", 17.25),
    _value("/clock/state/bar", "i", None, "The bar, from 0.", "clock", 4),
    _value("/clock/state/phase", "f", None, "Where in the bar, 0 to 1.", "clock", 0.3125),
    _value("/clock/state/source", "s", None, "What the beat follows.", "clock", "internal"),
    _value("/clock/state/quantise", "s", None, "When takes and launches happen.", "clock", "bar"),
)

_SYSTEM_STATE = (
    _value("/system/state/engaged", "T", None, "Commands from outside are followed.", "system", True),
    _value("/system/state/locked", "T", None, "How things are set up is locked.", "system", False),
    _value("/system/state/decks", "i", None, "How many decks there are.", "system", 2),
    _value("/system/state/renderers", "s", None, "The renderers that are there, with commas.", "system",
           "stage"),
    _value("/system/state/late", "s", None, "The renderers that the last take did not wait for.", "system",
           ""),
    _value("/system/state/messages", "h", None, "Messages received since the start.", "system", 125000),
    _value("/system/state/rejected", "h", None, "Messages that could not be used.", "system", 3),
    _value("/system/state/selected", "i", None, "The deck that short addresses act on.", "selection", 1),
    _value("/system/state/song", "s", None, "The song of the selected deck.", "clip", "emit"),
)

_ANSWERS = (
    _say("/ack", "The command with this request id was done; of one that starts a job, the number of that.", "answer",
         Arg("id", "s"), Arg("job", "s", optional=True), example=("17",)),
    _say("/error", "The command with this request id was not done.", "answer", Arg("id", "s"),
         Arg("code", "s"),
         Arg("text", "s"), example=("17", "range", "frame lies between 0 and 899, not 900")),
    _say("/heartbeat", "Ten times a second; the value moves from 0 to 1 and round again.", "system",
         Arg("phase", "f", 0, 1), example=(0.5,)),
    _say("/system/welcome", "Answers a hello.", "answer", Arg("server", "s"), Arg("protocol", "i"),
         Arg("tick_rate", "f", unit="Hz"), Arg("decks", "i"), Arg("media_folder", "s"), Arg("session", "i"),
         Arg("port", "i", doc="where the server receives"),
         example=("interscene", 1, 60.0, 2, "/media", 48213, 7500)),
    LEARN_ANSWER, SNAPSHOT_ANSWER,
    _say("/system/pong", "Answers a ping with its text.", "answer", Arg("text", "s"), example=("hello",)),
)

_TO_RENDERERS = (
    _say("/td/deck/{n}/open", "Open a movie on a hidden player and show this frame when ready.", "renderer",
         Arg("id", "i"), Arg("player", "i", 0, 2), Arg("path", "s", doc="in the media folder, with /"),
         Arg("frame", "i", unit="frames"), example=(7, 1, "emit/waves.mov", 0)),
    _say("/td/deck/{n}/close", "Close what this open opened.", "renderer", Arg("id", "i"), example=(7,)),
    _say("/td/deck/{n}/tick", "First in every bundle of the stream: which tick of 60 a second.", "stream",
         Arg("tick", "i"), example=(3600,)),
    _say("/td/deck/{n}/player/{p}/clip", "The open that the frame belongs to; 0 is none.", "stream",
         Arg("clip", "i"), example=(7,)),
    _say("/td/deck/{n}/player/{p}/frame", "The playhead at this tick.", "stream",
         Arg("frame", "f", unit="frames"), example=(120.5,)),
    _say("/td/deck/{n}/player/{p}/rate", "How fast it moves until the next tick.", "stream",
         Arg("rate", "f", unit="Hz"), example=(30.0,)),
    _say("/td/deck/{n}/player/{p}/level", "How much of it is seen.", "stream", Arg("level", "f", 0, 1),
         example=(1.0,)),
)

FEEDBACK_SECTIONS: Final[Mapping[str, tuple[Row, ...]]] = MappingProxyType({
    "State of a deck": _DECK_STATE, "State of walks and stories": _WALK_STATE, "State of the clock": _CLOCK_STATE,
    "State of time from outside": TIME_STATE,
    "State of what is made": JOB_STATE,
    "State of controllers": LEARN_STATE, "State of snapshots": SNAPSHOT_STATE,
    "State of the server": (*_SYSTEM_STATE, *PEER_STATE), "Answers": _ANSWERS, "To renderers": _TO_RENDERERS,
})
