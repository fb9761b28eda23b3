"""The exception tree. Every message is one line for the person who can act, and says what to do.

IntersceneError
├── InputError            a value, a name or a message from a person or the network cannot be used
│   ├── OutOfRange        a number is outside what its row or option allows, or is not a number
│   ├── PathRefused       a name would lead outside the media folder, or names a device or a network share
│   ├── UnknownAddress    no row of the endpoint table has this address
│   ├── Locked            it may not be changed, because somebody has locked it
│   └── SettingsError     one or more settings are wrong; carries all problems at once
├── MediaError            a file is not what was asked for
│   ├── MissingFile       nothing is there, or it may not be read
│   ├── NotAMovie         it is no movie, or no picture, that can be opened
│   ├── DamagedMovie      it is one, but cut short or broken
│   ├── NotSeekable       it is long-GOP: it must be encoded before it can be played by frame
│   ├── MixedMovie        sizes or chroma differ inside one movie
│   ├── FrameOutOfRange   the movie has no such frame
│   └── IndexDamaged      the bytes of an index cannot be read as one
│       └── IndexFromNewer    they were written by a newer Interscene, and must not be overwritten unasked
├── OutputError           what was to be written could not be: disk full, read-only, already there
├── Cancelled             the person stopped the work; nothing of it was kept
├── RenderError           a picture or a transition cannot be made
│   ├── WireDamaged       what the server and its worker say to each other cannot be read
│   ├── QueueFull         more is waiting to be made than the queue holds
│   ├── OutOfMemory       it does not fit into the memory there is
│   └── DeviceLost        the graphics card, or what drives it, is gone: the worker must be started again
├── LibraryError          the library has no such song or movie
├── ArchiveDamaged        what was put away of a show cannot be read, or is of another version
└── ServeError            the server cannot start or go on: port in use, no media folder

`code` is what `/error id code text` carries; codes are part of the protocol and never change.
"""

from __future__ import annotations

from typing import ClassVar, Final

_LONGEST: Final = 2000
"""Characters of a line; it has to fit into a packet, too."""


def one_line(text: str, longest: int = _LONGEST) -> str:
    """The text as one line fit for a log and for OSC: what does not print is escaped, what is too long is cut."""
    cut = text if len(text) <= longest else text[:longest - 1] + "…"
    if cut.isprintable():
        return cut
    plain = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)
    return plain if len(plain) <= longest else plain[:longest - 1] + "…"


class IntersceneError(Exception):
    """Root of the tree; `str(error)` is one line that a performer can act on, whatever it quotes."""

    code: ClassVar[str] = "error"
    several: ClassVar[bool] = False
    """Whether each line of its text is a complaint of its own."""

    def __str__(self) -> str:
        text = super().__str__()
        return "\n".join(map(one_line, text.split("\n"))) if self.several else one_line(text)


class InputError(IntersceneError):
    """A value, a name or a message from a person or the network cannot be used."""

    code = "input"


class OutOfRange(InputError):
    """A number is outside what its row or option allows, or is not a number."""

    code = "range"


class PathRefused(InputError):
    """A name would lead outside the media folder, or names a device or a network share."""

    code = "path"


class UnknownAddress(InputError):
    """No row of the endpoint table has this address."""

    code = "address"


class Locked(InputError):
    """It may not be changed, because somebody has locked it."""

    code = "locked"


class SettingsError(InputError):
    """One or more settings are wrong; `problems` holds one line for each."""

    code = "settings"
    several = True

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = tuple(map(one_line, problems))
        super().__init__("\n".join(self.problems))


class MediaError(IntersceneError):
    """A file is not what was asked for."""

    code = "media"


class MissingFile(MediaError):
    """Nothing is there, or it may not be read."""

    code = "missing"


class NotAMovie(MediaError):
    """It is no movie, or no picture, that can be opened."""

    code = "not-a-movie"


class DamagedMovie(MediaError):
    """It is a movie or a picture, but cut short or broken."""

    code = "damaged"


class NotSeekable(MediaError):
    """It is long-GOP: it must be encoded before it can be played by frame."""

    code = "not-seekable"


class MixedMovie(MediaError):
    """Sizes or chroma differ inside one movie."""

    code = "mixed"


class FrameOutOfRange(MediaError):
    """The movie has no such frame."""

    code = "frame"


class IndexDamaged(MediaError):
    """The bytes of an index cannot be read as one."""

    code = "index"


class IndexFromNewer(IndexDamaged):
    """They were written by a newer Interscene, and must not be overwritten unasked."""


class OutputError(IntersceneError):
    """What was to be written could not be: disk full, read-only, already there."""

    code = "output"


class Cancelled(IntersceneError):
    """The person stopped the work; nothing of it was kept."""

    code = "cancelled"


class RenderError(IntersceneError):
    """A picture or a transition cannot be made."""

    code = "render"


class WireDamaged(RenderError):
    """What the server and its worker say to each other cannot be read."""

    code = "wire"


class QueueFull(RenderError):
    """More is waiting to be made than the queue holds."""

    code = "queue-full"


class OutOfMemory(RenderError):
    """It does not fit into the memory there is."""

    code = "memory"


class DeviceLost(RenderError):
    """The graphics card, or what drives it, is gone: the worker must be started again."""

    code = "device"


class LibraryError(IntersceneError):
    """The library has no such song or movie."""

    code = "library"
    several = True


class ArchiveDamaged(IntersceneError):
    """What was put away of a show cannot be read, or is of another version."""

    code = "archive"


class ServeError(IntersceneError):
    """The server cannot start or go on: port in use, no media folder."""

    code = "serve"
