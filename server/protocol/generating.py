"""Rows of making transitions and pictures while the show goes on, and of its jobs. Read into the one table."""

from __future__ import annotations

from typing import Final

from server.protocol.kinds import button, order, value
from server.protocol.row import Arg, Row

MODES: Final = ("morph", "bridge", "walk", "blend")
"""The ways to make a transition; morph needs no model."""
FRAMES_MIN: Final = 3
FRAMES_MAX: Final = 36_000
_DECK: Final = "/deck/{n}/generate"
_PICTURE: Final = "name-seed, name_seed, with four digits of the seed, or the prompt's name"
_JOB: Final = Arg("job", "s", optional=True, default="", doc="its number")
_SEED: Final = Arg("seed", "s", optional=True, default="", doc="whole, as text; left out: the one that is set")
_SWITCH: Final = Arg("on", "T", optional=True, doc="left out: the other way round")

GENERATING: Final[tuple[Row, ...]] = (
    order(f"{_DECK}/transition", "Make the transition between two pictures of the deck's song now; answered with the "
          "number of the job.",
          (Arg("from", "s", optional=True, default="", doc=f"{_PICTURE}; left out: the next one that the walk lacks"),
           Arg("to", "s", optional=True, default=""),
           Arg("mode", "s", optional=True, default="", doc="left out: the one that is set"),
           Arg("frames", "i", 0, FRAMES_MAX, unit="frames", optional=True, default=0, doc="0: the number that is set"),
           _SEED),
          ("sunflower-1001", "thistle-42"), "job"),
    order(f"{_DECK}/picture", "Make a picture of a prompt and put it into the deck's song; answered with the number of "
          "the job.",
          (Arg("prompt", "s"), _SEED, Arg("name", "s", optional=True, default="", doc="left out: from the prompt"),
           Arg("negative", "s", optional=True, default="")),
          ("a field of thistles", "42", "thistle"), "job"),
    order(f"{_DECK}/retarget", "Leave the transition that is being made and played for another picture: the rest is "
          "made as a detour.",
          (Arg("picture", "s", doc=_PICTURE),), ("thistle-42",), "job", "clip"),
    order("/generate/cancel", "Stop a job; what it has made so far is thrown away.",
          (Arg("job", "s", optional=True, default="", doc="its number, or all; left out: the one that is being made"),),
          ("17",), "job"),
    order("/generate/skip", "Drop the frame or picture that is being made and make it anew with another seed.",
          (_JOB, _SEED), ("17", "7"), "job"),
    value("/generate/pause", "Hold everything that is being made, or go on with it.", _SWITCH, False, True, "job"),
    button("/generate/again", "Try again what failed, and start generation again after it was switched off for "
           "failing too often.", "job"),
    value("/generate/live", "Make what a walk lacks while it goes on; off: it fades instead.", _SWITCH, True, False,
          "job"),
    value("/generate/ahead", "While nothing is to be made, make the beginnings of transitions that may be next.",
          _SWITCH, True, False, "job"),
    value("/generate/wait", "How long a walk stays on a picture for a transition that is being made, before it fades.",
          Arg("wait", "f", 0, 600, unit="seconds"), 6.0, 10.0, "job"),
    value("/generate/mode", "How transitions are made: morph needs no model; bridge, walk and blend need one.",
          Arg("mode", "s", choices=MODES), "morph", "bridge", "job"),
    value("/generate/model", "The model that pictures and transitions are made with, by its name or the beginning of "
          "its hash; empty: the only one.", Arg("model", "s"), "", "sd-turbo", "job"),
    value("/generate/frames", "Frames of a transition, its two pictures counted; 0: as the song's settings say.",
          Arg("frames", "i", 0, FRAMES_MAX, unit="frames"), 0, 90, "job"),
    value("/generate/seed", "The seed of transitions, whole, as text.", Arg("seed", "s"), "0", "7", "job"),
    value("/generate/steps", "Denoising steps; 0: as the model wants.", Arg("steps", "i", 0, 150), 0, 4, "job"),
    value("/generate/depth", "How far a transition strays from its pictures in the middle.",
          Arg("depth", "f", 0, 1), 0.5, 0.7, "job", fader=True),
    value("/generate/guidance", "How closely the prompt is followed; 0: as the pictures and the model want.",
          Arg("guidance", "f", 0, 50), 0.0, 1.5, "job"),
    value("/generate/embedding", "How one prompt becomes the other: on a straight line, or on a circle.",
          Arg("embedding", "s", choices=("lerp", "slerp")), "lerp", "slerp", "job"),
    value("/generate/decoder", "What makes pixels of latents: the tiny decoder for speed, the full one for detail.",
          Arg("decoder", "s", choices=("tiny", "full")), "tiny", "full", "job"),
    value("/generate/even", "Equal times look like equal steps.", _SWITCH, True, False, "job"),
)


def _job(name: str, tag: str, unit: str | None, doc: str, example: object) -> Row:
    return Row(f"/job/{{id}}/{name}", (Arg(name, tag, unit=unit),), "r", changes=("job",), doc=doc, example=(example,))


def _state(name: str, tag: str, unit: str | None, doc: str, example: object) -> Row:
    return Row(f"/generate/state/{name}", (Arg(name, tag, unit=unit),), "r", changes=("job",), doc=doc,
               example=(example,))


JOB_STATE: Final[tuple[Row, ...]] = (
    _job("state", "s", None, "What has become of a job: waiting, loading, making, paused, done, failed or cancelled.",
         "making"),
    _job("progress", "f", None, "How much of it is made, 0 to 1.", 0.4),
    _job("eta", "f", "seconds", "Until it is done; -1 while nobody knows.", 3.5),
    _state("worker", "s", None, "The process that makes things: off, starting, ready, busy, restarting or safe, which "
           "is a server without it.", "ready"),
    _state("device", "s", None, "What it computes on.", "cuda:0"),
    _state("reason", "s", None, "Why it is off, restarting or safe.", ""),
    _state("jobs", "i", None, "Jobs that are being made or wait.", 2),
    _state("job", "s", None, "The number of the one that is being made; empty when none is.", "17"),
    _state("eta", "f", "seconds", "Until all that waits is done; -1 while nobody knows.", 120.0),
)
