"""Rows of saving the whole state and recalling it. Read into the one table."""

from __future__ import annotations

from typing import Any, Final

from server.protocol.kinds import button, order
from server.protocol.row import Arg, Row

WHERE: Final = ("global", "song")
"""Where a snapshot lies: with the media, or in the song of the selected deck."""
_NAME: Final = Arg("name", "s")
_ANY: Final = Arg("name", "s", doc="with .1 behind it the version before the newest, .2 the one before that")
_OF: Final = Arg("where", "s", choices=WHERE, optional=True,
                 doc="left out: the song's, where it is in both")
_ONLY: Final = Arg("only", "s", optional=True, default="",
                   doc="parts of it, with commas: decks, deck1, clock, master, generate, controllers, marks; "
                       "left out: everything")

SNAPSHOTS: Final[tuple[Row, ...]] = (
    order("/snapshot/save", "Save everything as it is now under a name; what had that name becomes an older version.",
          (_NAME, Arg("where", "s", choices=WHERE, optional=True, default="global",
                      doc="for every song, or for the song of the selected deck")),
          ("chorus",), "snapshot"),
    order("/snapshot/recall", "Bring back everything as it was when it was saved, at the next quantised moment.",
          (_ANY, _ONLY), ("chorus",), "snapshot", "clip"),
    order("/snapshot/recall/over", "The same over a time: pictures fade, and levels, speed and tempo move there.",
          (_ANY, Arg("seconds", "f", 0, 3600.0, unit="seconds"), _ONLY), ("chorus", 4.0), "snapshot", "clip"),
    button("/snapshot/undo", "Back to how it was before the last recall, as slowly as that was.", "snapshot", "clip"),
    button("/snapshot/list", "Tell every snapshot by /snapshot/item, one message each.", "snapshot"),
    order("/snapshot/lock", "Let nobody overwrite, rename or delete a snapshot, or let them again.",
          (_NAME, Arg("on", "T", optional=True, doc="left out: the other way round"), _OF), ("chorus", True),
          "snapshot"),
    order("/snapshot/rename", "Give a snapshot another name, its older versions too.",
          (_NAME, Arg("to", "s"), _OF), ("chorus", "refrain"), "snapshot"),
    order("/snapshot/delete", "Take a snapshot away, into the folder deleted beside it.", (_NAME, _OF), ("chorus",),
          "snapshot"),
)


def _say(address: str, doc: str, *args: Arg, example: tuple[Any, ...]) -> Row:
    return Row(address, args, "r", changes=("snapshot",), doc=doc, example=example)


SNAPSHOT_STATE: Final[tuple[Row, ...]] = (
    _say("/snapshot/state/name", "The snapshot that was recalled last.", Arg("name", "s"), example=("chorus",)),
    _say("/snapshot/state/saved", "The snapshot that was saved last.", Arg("saved", "s"), example=("chorus",)),
    _say("/snapshot/state/names", "The snapshots that there are, with commas.", Arg("names", "s"),
         example=("chorus,verse 2",)),
    _say("/snapshot/state/opening", "A recall waits for movies to be found and opened.", Arg("opening", "T"),
         example=(False,)),
    _say("/snapshot/state/left", "Time until a recall has arrived; 0 when none is under way.",
         Arg("left", "f", unit="seconds"), example=(2.5,)),
    _say("/snapshot/state/gone", "What the last recall did not find, in words; empty when all was there.",
         Arg("gone", "s"), example=("",)),
)
SNAPSHOT_ANSWER: Final = Row(
    "/snapshot/item", (Arg("name", "s"), Arg("where", "s"), Arg("made", "s"), Arg("locked", "T"),
                       Arg("versions", "i")),
    "r", changes=("answer",), doc="Answers /snapshot/list: a snapshot, where it lies, when it was made, whether it is "
    "locked, and how many older versions there are.", example=("chorus", "global", "2026-03-01 21:04", False, 2))
