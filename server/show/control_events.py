"""What the show and those who keep controllers tell each other: files read and changed, devices, moves."""

from __future__ import annotations

from dataclasses import dataclass

from server.protocol.controllers.control import Moved
from server.protocol.controllers.mapping import Where
from server.protocol.controllers.mapping_edit import Edit
from server.protocol.controllers.mapping_file import MappingFile


@dataclass(frozen=True, slots=True)
class EditControls:
    """Mappings are to be changed in the file of every song or of this one; answered by `ControlsEdited`."""

    ticket: int
    where: Where
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class ControlsRead:
    """One of the two files as it is now. With an `error` it cannot be read, and what it said before still counts."""

    where: Where
    path: str
    file: MappingFile
    error: str = ""


@dataclass(frozen=True, slots=True)
class ControlsEdited:
    """The answer to `EditControls`; what changed was told before by `ControlsRead`."""

    ticket: int
    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class DevicesSeen:
    """The MIDI devices that are there now; `why` there are none that could be used, and what to do."""

    devices: tuple[str, ...] = ()
    why: str = ""


ControlNews = Moved | ControlsRead | ControlsEdited | DevicesSeen
