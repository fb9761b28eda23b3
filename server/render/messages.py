"""What a server and its worker say to each other: typed messages, as bytes and back. It owns no socket and no process.

A message is four bytes of length (big-endian) and a msgpack map of that length with `say` in it. Every message about a
job names the job and its attempt. `Decoder` is total: whatever bytes come, it gives messages or raises WireDamaged.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgpack

from server.errors import InputError, WireDamaged
from server.render.fields import JPEG_MAX, Fields
from server.render.job import FRAMES_MOST, ID_MOST, Job, TransitionJob, job_from_document
from server.units import Seconds

VERSION: Final = 1
MESSAGE_MAX: Final = 3 * JPEG_MAX
ITEMS_MAX: Final = 100_000
_LENGTH: Final = struct.Struct(">I")
_CREDIT_MOST: Final = 1 << 20
_WORDS: Final = 4000


@dataclass(frozen=True, slots=True)
class Hello:
    """Worker → server, before anything heavy is imported: who it is. Another version is sent away."""

    version: int
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Welcome:
    """Server → worker: what it may use. `models` is a folder; `generators` adds to the table mode → "module:name"."""

    version: int
    models: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    generators: dict[str, Any] = field(default_factory=dict)
    credits: int = 32
    memory: int = 0
    """Bytes that the worker may take, 0 for no limit."""


@dataclass(frozen=True, slots=True)
class Start:
    """Server → worker: make this. `due` is how long from now its first wanted frame may take, None for no hurry."""

    job: Job
    attempt: int
    due: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Server → worker: stop this job; answered by Failed with the code `cancelled`."""

    job: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Skip:
    """Server → worker: drop what is being made and make it otherwise, with this seed or the next."""

    job: str
    attempt: int
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Retarget:
    """Server → worker: after frame `at` leave for `to`. An empty first end of `to` is that frame, when it comes."""

    job: str
    attempt: int
    at: int
    to: TransitionJob


@dataclass(frozen=True, slots=True)
class Pause:
    """Server → worker: hold or go on."""

    paused: bool


@dataclass(frozen=True, slots=True)
class Budget:
    """Server → worker: the longest uninterrupted launch, and the share of time that may be spent on the device."""

    launch_ms: float
    duty: float


@dataclass(frozen=True, slots=True)
class Credit:
    """Server → worker: so many more frames may be sent."""

    frames: int


@dataclass(frozen=True, slots=True)
class Ping:
    """Server → worker: are you there? Answered by Pong, whatever else is being done."""

    number: int


@dataclass(frozen=True, slots=True)
class Pong:
    """Worker → server: yes; `quiet` is how long the job in hand has given no sign of life."""

    number: int
    quiet: Seconds


@dataclass(frozen=True, slots=True)
class Loaded:
    """Worker → server: what makes this job is ready; facts: device, model, and what else is worth telling."""

    job: str
    attempt: int
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """Worker → server: one picture. A picture job has one, of number 0."""

    job: str
    attempt: int
    number: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """Worker → server: so much is done; `eta` is how long the rest will take, None while nobody knows."""

    job: str
    attempt: int
    done: int
    of: int
    eta: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Worker → server: something that a person should know and that stops nothing."""

    job: str
    attempt: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """Worker → server: all frames were sent; facts are what belongs into the provenance."""

    job: str
    attempt: int
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """Worker → server: there will be no more frames of this job. `retry`: another attempt may go better.

    `leaving`: this process cannot go on and takes no other job.
    """

    job: str
    attempt: int
    code: str
    text: str
    retry: bool = False
    leaving: bool = False


Message = (Hello | Welcome | Start | Cancel | Skip | Retarget | Pause | Budget | Credit | Ping | Pong | Loaded | Frame
           | Progress | Note | Done | Failed)


def encoded(message: Message) -> bytes:
    """One message as it goes over the wire. Raises WireDamaged for what is too large or no plain value."""
    document = {name: getattr(message, name) for name in message.__dataclass_fields__}
    document = {name: value.document() if hasattr(value, "document") else value for name, value in document.items()}
    seed = document.get("seed")
    if isinstance(seed, int):
        document["seed"] = str(seed)
    if isinstance(message, (Note, Failed)):
        document["text"] = message.text[:_WORDS]  # the other side takes no more, and words must end no worker
    document["say"] = type(message).__name__.lower()
    try:
        data: bytes = msgpack.packb(document, use_bin_type=True, unicode_errors="surrogatepass")
    except (TypeError, ValueError, OverflowError) as reason:
        raise WireDamaged(f"a message {document['say']!r} cannot be sent: {reason}") from None
    if len(data) > MESSAGE_MAX:
        raise WireDamaged(f"a message {document['say']!r} of {len(data)} bytes is too large; make smaller pictures")
    return _LENGTH.pack(len(data)) + data


class Decoder:
    """Bytes as they come, in any pieces, to messages. Having raised once, it is to be thrown away."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that are whole now. Raises WireDamaged, and nothing else."""
        self._bytes += data
        while len(self._bytes) >= _LENGTH.size:
            length = _LENGTH.unpack_from(self._bytes)[0]
            if length > MESSAGE_MAX:
                raise WireDamaged(f"a message of {length} bytes was announced; this is no worker of ours")
            end = _LENGTH.size + length
            if len(self._bytes) < end:
                return
            body = bytes(memoryview(self._bytes)[_LENGTH.size:end])
            del self._bytes[:end]
            yield decoded(body)


def decoded(body: bytes) -> Message:
    """One message without its length. Raises WireDamaged, and nothing else."""
    try:
        document = msgpack.unpackb(body, raw=False, strict_map_key=True, unicode_errors="surrogatepass",
                                   max_array_len=ITEMS_MAX, max_map_len=ITEMS_MAX)
    except (ValueError, TypeError, OverflowError, RecursionError, MemoryError, msgpack.exceptions.UnpackException):
        raise WireDamaged("a message is no msgpack; this is no worker of ours, or bytes were lost") from None
    say = document.get("say") if isinstance(document, Mapping) else None
    read = _READ.get(say) if isinstance(say, str) else None
    if read is None:
        raise WireDamaged(f"a message says {str(say)[:40]!r}, which is not known; server and worker differ")
    try:
        message: Message = read(Fields(document, f"a message {say!r}"))
    except InputError as reason:
        raise WireDamaged(str(reason)) from None
    return message


def _about(fields: Fields) -> tuple[str, int]:
    return fields.text("job", ID_MOST), fields.integer("attempt")


def _optional(fields: Fields, name: str) -> float | None:
    return fields.number(name) if fields.has(name) else None


_READ: Final[Mapping[str, Any]] = {
    "hello": lambda f: Hello(f.integer("version"), f.facts("facts")),
    "welcome": lambda f: Welcome(f.integer("version"), f.text("models"), f.facts("options"), f.facts("generators"),
                                 f.integer("credits", 1, _CREDIT_MOST), f.integer("memory")),
    "start": lambda f: Start(job_from_document(f.raw("job")), f.integer("attempt"), _optional(f, "due")),
    "cancel": lambda f: Cancel(*_about(f)),
    "skip": lambda f: Skip(*_about(f), f.seed("seed") if f.has("seed") else None),
    "retarget": lambda f: Retarget(*_about(f), f.integer("at", 0, FRAMES_MOST),
                                   TransitionJob.from_document(f.raw("to"))),
    "pause": lambda f: Pause(f.flag("paused")),
    "budget": lambda f: Budget(f.number("launch_ms", 0), f.number("duty", 0, 1)),
    "credit": lambda f: Credit(f.integer("frames", 1, _CREDIT_MOST)),
    "ping": lambda f: Ping(f.integer("number")),
    "pong": lambda f: Pong(f.integer("number"), f.number("quiet")),
    "loaded": lambda f: Loaded(*_about(f), f.facts("facts")),
    "frame": lambda f: Frame(*_about(f), f.integer("number", 0, FRAMES_MOST), f.data("jpeg")),
    "progress": lambda f: Progress(*_about(f), f.integer("done"), f.integer("of"), _optional(f, "eta")),
    "note": lambda f: Note(*_about(f), f.text("code", 40), f.text("text", _WORDS)),
    "done": lambda f: Done(*_about(f), f.facts("facts")),
    "failed": lambda f: Failed(*_about(f), f.text("code", 40), f.text("text", _WORDS), f.flag("retry"),
                               f.flag("leaving")),
}
