"""Rows of walking between the pictures of a song, and of playing its stories cue by cue. Read into the one table."""

from __future__ import annotations

from typing import Final

from server.protocol.kinds import button, order, value
from server.protocol.row import Arg, Row

_GO: Final = "/deck/{n}/go"
_CUE: Final = "/deck/{n}/cue"
_TIME: Final = Arg("seconds", "f", 0, 3600.0, unit="seconds", doc="of the whole way, or of each hop: see /go/time")
_PICTURE: Final = Arg("picture", "s", doc="name-seed, name_seed, with four digits of the seed, or the prompt's name: "
                                          "any picture of it")
_SCENE: Final = Arg("scene", "s")

WALKING: Final[tuple[Row, ...]] = (
    order(f"{_GO}/picture", "Walk to a picture of the song, from transition to transition.", (_PICTURE,),
          ("sunflower-1001",), "clip"),
    order(f"{_GO}/picture/over", "The same in this time.", (_PICTURE, _TIME), ("sunflower-1001", 8.0), "clip"),
    order(f"{_GO}/scene", "Walk to the nearest picture of a scene.", (_SCENE,), ("garden",), "clip"),
    order(f"{_GO}/scene/over", "The same in this time.", (_SCENE, _TIME), ("garden", 8.0), "clip"),
    button(f"{_GO}/random", "Walk to a picture drawn by the seed, one that was not visited yet if there is any.",
           "clip"),
    order(f"{_GO}/random/over", "The same in this time.", (_TIME,), (8.0,), "clip"),
    value(f"{_GO}/auto", "Walk on from picture to picture without end.",
          Arg("on", "T", optional=True, doc="left out: the other way round"), False, True, "walk"),
    value(f"{_GO}/how", "What becomes of the transition that is playing: interrupt fades out of it at once, or stays "
          "on it where the way goes on there; turn plays it back if that end is nearer; queue plays it to its end.",
          Arg("how", "s", choices=("interrupt", "turn", "queue")), "interrupt", "turn", "walk"),
    value(f"{_GO}/time", "Whether the time given to …/over is that of the whole way or of each hop.",
          Arg("time", "s", choices=("route", "hop")), "route", "hop", "walk"),
    value(f"{_GO}/fade", "The fade out of an interrupted transition, and over one that is missing.",
          Arg("fade", "f", 0, 3600.0, unit="seconds"), 0.5, 1.0, "walk"),
    value(f"{_GO}/dwell", "How long an automatic walk stands on each picture, in the unit of the pace.",
          Arg("dwell", "f", 0, 100_000), 0.0, 4.0, "walk"),
    value(f"{_GO}/pace", "How long a hop takes where no other time is given; 0 is the movie's own time.",
          Arg("pace", "f", 0, 100_000), 0.0, 8.0, "walk"),
    value(f"{_GO}/pace/unit", "What dwell and pace are counted in.",
          Arg("unit", "s", choices=("seconds", "beats")), "seconds", "beats", "walk"),
    value(f"{_GO}/seed", "What chance follows in random and automatic walks; setting it begins that chance anew.",
          Arg("seed", "i", 0, (1 << 24) - 1), 0, 7, "walk"),
    order(f"{_GO}/never", "Never show a picture again; it is written into never_again.txt of the song.",
          (Arg("picture", "s", optional=True, default="", doc="left out: the one that was passed last"),),
          ("sunflower-1001",), "walk"),
    order(f"{_GO}/avoid", "Go round a picture, or all of a prompt, until the song is changed or this is switched off.",
          (_PICTURE, Arg("on", "T", optional=True, doc="left out: the other way round")), ("sunflower-1001", True),
          "walk"),
)

CUES: Final[tuple[Row, ...]] = (
    value("/deck/{n}/story", "Have a story of the song ready, its first section armed; without a name, the approved "
          "one.", Arg("story", "s", optional=True, default="", doc="its name or label"), None, "opening-2", "cue"),
    button(f"{_CUE}/go", "Play the section that is armed; a second press within the guard time does nothing.", "cue",
           "clip"),
    button(f"{_CUE}/back", "Play the section before the present one.", "cue", "clip"),
    button(f"{_CUE}/stop", "Hold the picture, and arm the present section again.", "cue", "transport"),
    order(f"{_CUE}/arm", "Choose the section that is played next.",
          (Arg("cue", "s", doc="its number, the first is 1, or its name"),), ("2",), "cue"),
    value(f"{_CUE}/guard", "How soon after a go another one counts as a slip of the finger.",
          Arg("guard", "f", 0, 60.0, unit="seconds"), 0.5, 0.3, "cue"),
)
