"""Rows of time from outside: timecode by OSC, how timecode is read, what decks follow, how all is heard."""

from __future__ import annotations

from typing import Any, Final

from server.protocol.kinds import value
from server.protocol.row import Arg, Row
from server.protocol.timecode.counting import COUNTINGS

DAY: Final = 86400.0
SOURCES: Final = ("internal", "tap", "outside", "midi", "mtc", "timecode")
CHASED: Final = ("off", "mtc", "timecode")

CLOCK_DEVICE: Final = value(
    "/clock/device", "The MIDI device whose MIDI clock and MIDI time code count, by its name or how that begins; "
    "empty: whichever speaks first.", Arg("device", "s"), "", "Timecode Port", "clock")

TIMING: Final[tuple[Row, ...]] = (
    Row("/timecode/label", (Arg("timecode", "s", doc="hh:mm:ss:ff, drop-frame hh:mm:ss;ff, hh:mm:ss.s or seconds"),),
        changes=("timecode",), doc="Timecode from outside, told again and again while it runs.",
        example=("01:00:00:12",)),
    Row("/timecode/seconds", (Arg("seconds", "f", 0, DAY, unit="seconds"),), changes=("timecode",),
        doc="The same in seconds; a double is exact also late in the day.", example=(3600.5,)),
    value("/timecode/rate", "How frames are counted in labels; of MIDI time code only where it does not tell: 29.97 "
          "and 23.976 there look like 30 and 24.", Arg("rate", "s", choices=tuple(COUNTINGS)), "25", "29.97df",
          "timecode"),
    value("/timecode/offset", "Added to every timecode that comes in.", Arg("offset", "f", -DAY, DAY, unit="seconds"),
          0.0, -3600.0, "timecode"),
    value("/timecode/freewheel", "How long decks play on when timecode stays away, before they hold; 0 holds within a "
          "quarter of a second, 86400 never.", Arg("freewheel", "f", 0, DAY, unit="seconds"), 2.0, 0.5, "timecode"),
    value("/timecode/tolerance", "A deck that is further off than this jumps; nearer, its speed is trimmed by at most "
          "1 %.", Arg("tolerance", "f", 0.5, 1000, unit="frames"), 2.0, 4.0, "timecode"),
    value("/deck/{n}/chase", "The timecode that the deck's position follows: MIDI time code, or what comes by "
          "/timecode.", Arg("source", "s", choices=CHASED, switch=("off", "mtc")), "off", "mtc", "timecode"),
    value("/deck/{n}/chase/start", "The timecode at which the clip's in point is due, or the story's first section.",
          Arg("start", "s", doc="as in /timecode/label"), "00:00:00:00", "01:00:00:00", "timecode"),
)


def _say(address: str, tag: str, unit: str | None, doc: str, example: Any, topic: str = "timecode") -> Row:
    return Row(address, (Arg(address.rsplit("/", 1)[1], tag, unit=unit),), "r", changes=(topic,), doc=doc,
               example=(example,))


def _of(source: str, what: str) -> tuple[Row, ...]:
    place = f"/{source}/state"
    return (
        _say(f"{place}/lock", "s", None, f"How {what} is heard: waiting, locking, locked, freewheel, lost or standing.",
             "locked"),
        _say(f"{place}/label", "s", None, f"The {what} now, as a label; empty before any came.", "01:00:00:12"),
        _say(f"{place}/seconds", "f", "seconds", f"The {what} now, without our offset.", 3600.5),
        _say(f"{place}/speed", "f", None, "How fast it runs, 1 is normal; 0 while it stands.", 1.0),
        _say(f"{place}/rate", "s", None, "How its frames are counted.", "25"),
        _say(f"{place}/jitter", "f", "milliseconds", "How unevenly it arrives.", 2.0),
        _say(f"{place}/device", "s", None, "The MIDI device that it comes from.", "Timecode Port"),
    )


TIME_STATE: Final[tuple[Row, ...]] = (
    _say("/deck/{n}/state/following", "s", None, "What the deck's position follows, and how: locking, locked, "
         "freewheel, lost, standing, waiting, before, after, opening, walk or empty; nothing when it follows none.",
         "mtc locked"),
    _say("/deck/{n}/state/drift", "f", "frames", "By how much what is due lies ahead of the playhead.", 0.04),
    _say("/clock/state/lock", "s", None, "How the beat's source is heard: free, waiting, locking, locked, freewheel, "
         "lost or standing. Beats go on in any case.", "locked", "clock"),
    _say("/midi/state/lock", "s", None, "How MIDI clock is heard: waiting, locked or freewheel.", "locked"),
    _say("/midi/state/tempo", "f", "bpm", "The tempo of MIDI clock; 0 before any came.", 128.0),
    _say("/midi/state/song", "f", "beats", "Beats from the start of the sender's song.", 64.0),
    _say("/midi/state/playing", "T", None, "The sender plays its song.", True),
    _say("/midi/state/jitter", "f", "milliseconds", "How unevenly it arrives.", 2.0),
    _say("/midi/state/device", "s", None, "The MIDI device that it comes from.", "Timecode Port"),
    *_of("mtc", "MIDI time code"), *_of("timecode", "OSC timecode")[:-1],
)
