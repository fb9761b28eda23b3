"""Rows of laying controllers on rows, and of telling what lies where. Read into the one table."""

from __future__ import annotations

from typing import Any, Final

from server.protocol.kinds import button, order
from server.protocol.row import Arg, Row

_NAME: Final = Arg("mapping", "s", doc="its name, as /learn/list tells it")
_OF: Final = Arg("where", "s", choices=("global", "song"), optional=True,
                 doc="the file that it is in; left out: the song's, where it is in both")

LEARNING: Final[tuple[Row, ...]] = (
    order("/learn/start", "Lay the control that is moved next, OSC or MIDI, on a row.",
          (Arg("row", "s", doc="the row's address"),
           Arg("where", "s", choices=("global", "song"), optional=True, default="global",
               doc="for every song, or for the song of the selected deck"),
           Arg("value", "s", optional=True, default="", doc="what a press is to send; several as [1, 2]")),
          ("/deck/1/level",), "learn"),
    button("/learn/cancel", "Wait for no control any more.", "learn"),
    order("/learn/set", "Change one key of a mapping, such as range, curve, invert, button, pickup or quantise.",
          (_NAME, Arg("key", "s", doc="as it stands in the file"),
           Arg("value", "s", doc="[0, 1], true, 0.5, or a text; empty: as if it had never been written"), _OF),
          ("1 fader1", "range", "[0, 0.5]"), "learn"),
    order("/learn/forget", "Take a mapping away.", (_NAME, _OF), ("1 fader1",), "learn"),
    button("/learn/list", "Tell every mapping by /learn/mapping, one message each.", "learn"),
)


def _say(address: str, doc: str, topic: str, *args: Arg, example: tuple[Any, ...]) -> Row:
    return Row(address, args, "r", changes=(topic,), doc=doc, example=example)


LEARN_STATE: Final[tuple[Row, ...]] = (
    _say("/learn/state/row", "The row that waits for a control; empty when none does.", "learn", Arg("row", "s"),
         example=("/deck/1/level",)),
    _say("/learn/state/learnt", "What was learnt last, in words.", "learn", Arg("learnt", "s"),
         example=("OSC /1/fader1 is laid on /deck/1/level",)),
    _say("/learn/state/moved", "The control that was moved last: one that something is laid on or, while a control is "
         "waited for, any.", "learn", Arg("moved", "s"), example=("nanoKONTROL2 cc 7, channel 1",)),
    _say("/learn/state/mappings", "How many mappings count now.", "learn", Arg("mappings", "i"), example=(12,)),
    _say("/learn/state/devices", "The MIDI devices that are there, with commas.", "learn", Arg("devices", "s"),
         example=("nanoKONTROL2",)),
    _say("/learn/state/midi", "Why MIDI cannot be used, and what to do; empty when it can.", "learn", Arg("midi", "s"),
         example=("",)),
)
LEARN_ANSWER: Final = _say(
    "/learn/mapping", "Answers /learn/list: a mapping, the control and the row that it joins, and its keys as JSON.",
    "answer", Arg("mapping", "s"), Arg("where", "s"), Arg("control", "s"), Arg("row", "s"), Arg("keys", "s"),
    example=("1 fader1", "global", "OSC /1/fader1", "/deck/1/level", "{}"))
