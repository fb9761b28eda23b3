"""What is to be made, frozen: everything a worker on any machine needs, and nothing of this one: no paths, no weights.

A job goes over the wire and to the disk as a map of plain values (`document`, `job_from_document`).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from server.errors import InputError, OutOfRange
from server.render.fields import JPEG_MAX, RATIO_MAX, SEED_DIGITS, TEXT_MAX, Fields
from server.units import RATE_MAX

FRAMES_LEAST: Final = 3
FRAMES_MOST: Final = 36_000
SIDE_LEAST: Final = 16
SIDE_MOST: Final = 8192
STEPS_MOST: Final = 150
GUIDANCE_MOST: Final = 50.0
BATCH_MOST: Final = 64
ID_MOST: Final = 200
_WORD_MOST: Final = 40
EMBEDDINGS: Final = ("lerp", "slerp")
DECODERS: Final = ("tiny", "full")

Size = tuple[int, int]
"""(width, height)."""


@dataclass(frozen=True, slots=True)
class End:
    """One of the two pictures: its stage frame, byte for byte, and what is known of how it was made.

    `hash` names the stage frame. `source` is the hash of the model that made it, or "": only with a source and a seed
    may modes that start from noise use prompt, seed and guidance as the picture's own. A seed has any size.
    """

    jpeg: bytes = field(repr=False)
    hash: str
    name: str = ""
    prompt: str = ""
    negative: str = ""
    seed: int | None = None
    guidance: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if len(self.jpeg) > JPEG_MAX:
            raise OutOfRange(f"the picture {self.name[:60]} has {len(self.jpeg)} bytes, and {JPEG_MAX} are the most; "
                             "make it smaller")
        _no_longer(TEXT_MAX, name=self.name, prompt=self.prompt, negative=self.negative)
        _no_longer(ID_MOST, hash=self.hash, source=self.source)
        _seed_fits(self.seed)
        _within("guidance", self.guidance, 0.0, GUIDANCE_MOST)

    def document(self) -> dict[str, Any]:
        """As a map of plain values."""
        return {"jpeg": self.jpeg, "hash": self.hash, "name": self.name, "prompt": self.prompt,
                "negative": self.negative, "seed": _digits(self.seed), "guidance": self.guidance,
                "source": self.source}

    @classmethod
    def from_document(cls, document: object) -> End:
        """Read back what `document` made. Raises InputError, and nothing else."""
        fields = Fields(document, "an end of a transition")
        return cls(fields.data("jpeg"), fields.text("hash", ID_MOST), fields.text("name"), fields.text("prompt"),
                   fields.text("negative"), fields.seed("seed") if fields.has("seed") else None,
                   fields.number("guidance", 0, GUIDANCE_MOST) if fields.has("guidance") else None,
                   fields.text("source", ID_MOST))


@dataclass(frozen=True, slots=True)
class TransitionJob:
    """Frames 1 to `frames` − 2 between two pictures; frames 0 and `frames` − 1 are the ends' own bytes, never made.

    `model` is a hash of the models' registry, "" for morphs. `steps` and `guidance` of None are the model's own.
    `depth` (0 to 1) is how far bridge and blend go away from the ends. `even`: equal times look like equal steps.
    `start` is the first frame that is wanted; what is made does not depend on it. `batches` is a fixed plan of batch
    sizes, counted from frame 1: the same plan gives the same bytes; () means as the deadline allows.
    """

    id: str
    first: End
    second: End
    mode: str
    frames: int
    size: Size
    rate: Fraction = Fraction(30)
    quality: int = 88
    seed: int = 0
    model: str = ""
    steps: int | None = None
    depth: float = 0.5
    guidance: float | None = None
    embedding: str = "lerp"
    even: bool = True
    decoder: str = "tiny"
    start: int = 1
    batches: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _named(self.id)
        _between("frames", self.frames, FRAMES_LEAST, FRAMES_MOST)
        _between("start", self.start, 1, self.frames - 1)
        _size_fits(self.size)
        _made_by(self.quality, self.steps, self.guidance)
        _seed_fits(self.seed)
        _within("depth", self.depth, 0.0, 1.0)
        if not 0 < self.rate <= RATE_MAX:
            raise OutOfRange(f"a frame rate lies between 0 and {RATE_MAX}, not {self.rate}")
        if max(self.rate.numerator, self.rate.denominator) > RATIO_MAX:
            raise OutOfRange(f"the frame rate {self.rate} is too odd for a movie; use a rounder one")
        _no_longer(ID_MOST, model=self.model)
        _no_longer(_WORD_MOST, mode=self.mode)
        _one_of("embedding", self.embedding, EMBEDDINGS)
        _one_of("decoder", self.decoder, DECODERS)
        _between("batches", len(self.batches), 0, FRAMES_MOST)
        for batch in self.batches:
            _between("a batch", batch, 1, BATCH_MOST)

    @property
    def wanted(self) -> int:
        """How many frames are to be made."""
        return self.frames - 1 - self.start

    def document(self) -> dict[str, Any]:
        """As a map of plain values."""
        return {"kind": "transition", "id": self.id, "first": self.first.document(), "second": self.second.document(),
                **self.settings(), "start": self.start, "batches": list(self.batches)}

    def settings(self) -> dict[str, Any]:
        """What decides how the frames look, beside the ends."""
        return {"mode": self.mode, "frames": self.frames, "size": list(self.size),
                "rate": [self.rate.numerator, self.rate.denominator], "quality": self.quality,
                "seed": _digits(self.seed), "model": self.model, "steps": self.steps, "depth": self.depth,
                "guidance": self.guidance, "embedding": self.embedding, "even": self.even, "decoder": self.decoder}

    @classmethod
    def from_document(cls, document: object) -> TransitionJob:
        """Read back what `document` made. Raises InputError, and nothing else."""
        fields = Fields(document, "a transition job")
        return cls(
            fields.text("id", ID_MOST), End.from_document(fields.raw("first")), End.from_document(fields.raw("second")),
            fields.text("mode", _WORD_MOST), fields.integer("frames"), _size(fields), fields.ratio("rate"),
            fields.integer("quality"), fields.seed("seed"), fields.text("model", ID_MOST), _steps(fields),
            fields.number("depth"), _guidance(fields), fields.text("embedding", _WORD_MOST), fields.flag("even"),
            fields.text("decoder", _WORD_MOST), fields.integer("start"),
            fields.some_integers("batches", FRAMES_MOST, 1, BATCH_MOST))

    def from_frame(self, number: int) -> TransitionJob:
        """The same job with nothing wanted before this frame."""
        return replace(self, start=min(max(number, 1), self.frames - 1))


@dataclass(frozen=True, slots=True)
class PictureJob:
    """One picture from a prompt and a seed."""

    id: str
    prompt: str
    seed: int
    size: Size
    model: str
    negative: str = ""
    steps: int | None = None
    guidance: float | None = None
    quality: int = 92
    decoder: str = "full"

    def __post_init__(self) -> None:
        _named(self.id)
        _no_longer(TEXT_MAX, prompt=self.prompt, negative=self.negative)
        _no_longer(ID_MOST, model=self.model)
        _size_fits(self.size)
        _made_by(self.quality, self.steps, self.guidance)
        _seed_fits(self.seed)
        _one_of("decoder", self.decoder, DECODERS)

    def document(self) -> dict[str, Any]:
        """As a map of plain values."""
        return {"kind": "picture", "id": self.id, **self.settings()}

    def settings(self) -> dict[str, Any]:
        """What decides how the picture looks."""
        return {"prompt": self.prompt, "negative": self.negative, "seed": _digits(self.seed), "size": list(self.size),
                "model": self.model, "steps": self.steps, "guidance": self.guidance, "quality": self.quality,
                "decoder": self.decoder}

    @classmethod
    def from_document(cls, document: object) -> PictureJob:
        """Read back what `document` made. Raises InputError, and nothing else."""
        fields = Fields(document, "a picture job")
        return cls(fields.text("id", ID_MOST), fields.text("prompt"), fields.seed("seed"), _size(fields),
                   fields.text("model", ID_MOST), fields.text("negative"), _steps(fields), _guidance(fields),
                   fields.integer("quality"), fields.text("decoder", _WORD_MOST))


Job = TransitionJob | PictureJob


def job_from_document(document: object) -> Job:
    """Read a job of either kind. Raises InputError, and nothing else."""
    kind = document.get("kind") if isinstance(document, Mapping) else None
    if kind == "transition":
        return TransitionJob.from_document(document)
    if kind == "picture":
        return PictureJob.from_document(document)
    raise InputError(f"there is no kind of job {str(kind)[:60]!r}; there are transition and picture")


def fingerprint(job: Job) -> str:
    """SHA-256 of all that decides what a job makes: jobs of one fingerprint and one batch plan make the same frames."""
    told = repr(sorted(job.settings().items()))
    if isinstance(job, TransitionJob):
        told += repr([(end.hash, hashlib.sha256(end.jpeg).hexdigest(), end.prompt, end.negative, end.seed,
                       end.guidance, end.source) for end in (job.first, job.second)])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _digits(seed: int | None) -> str | None:
    return None if seed is None else str(seed)


def _size(fields: Fields) -> Size:
    width, height = fields.integers("size", 2, 1, SIDE_MOST)
    return width, height


def _steps(fields: Fields) -> int | None:
    return fields.integer("steps") if fields.has("steps") else None


def _guidance(fields: Fields) -> float | None:
    return fields.number("guidance") if fields.has("guidance") else None


def _named(name: str) -> None:
    if not 0 < len(name) <= ID_MOST:
        raise InputError(f"a job has an id of 1 to {ID_MOST} characters")


def _no_longer(most: int, **texts: str) -> None:
    for what, text in texts.items():
        if len(text) > most:
            raise OutOfRange(f"{what}: at most {most} characters, not {len(text)}; shorten it")


def _seed_fits(seed: int | None) -> None:
    if seed is not None and abs(seed) >= 10 ** SEED_DIGITS:
        raise OutOfRange(f"a seed has at most {SEED_DIGITS} digits")


def _size_fits(size: Size) -> None:
    if not SIDE_LEAST <= min(size) <= max(size) <= SIDE_MOST:
        raise OutOfRange(f"a picture is {SIDE_LEAST}×{SIDE_LEAST} to {SIDE_MOST}×{SIDE_MOST} pixels, not "
                         f"{size[0]}×{size[1]}")


def _made_by(quality: int, steps: int | None, guidance: float | None) -> None:
    _between("quality", quality, 1, 100)
    if steps is not None:
        _between("steps", steps, 1, STEPS_MOST)
    _within("guidance", guidance, 0.0, GUIDANCE_MOST)


def _between(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise OutOfRange(f"{what}: from {low} to {high}, not {value}")


def _within(what: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise OutOfRange(f"{what}: from {low:g} to {high:g}, not {value:g}")


def _one_of(what: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"{what} is one of {', '.join(choices)}, not {value[:60]!r}")
