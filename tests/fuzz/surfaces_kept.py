"""What a server wrote down and reads again, as surfaces: archives, show logs, states, snapshots. And time from outside.

Checksums are put right again after each change: what is behind them is looked at, not the checksum alone.
"""

from __future__ import annotations

import json
import zlib
from functools import cache

from campaign import Surface, scratch
from surfaces_files import TARGETS
from surfaces_show import LiveShow
from surfaces_wire import bundle

from server.app.life import Order, told
from server.app.slots import Slots
from server.app.state_files import Alive, Before, StateFiles
from server.errors import ArchiveDamaged, InputError, LibraryError, MissingFile
from server.library.snapshot_files import SnapshotFolder
from server.library.snapshot_names import read_version
from server.protocol.encode import message
from server.protocol.timecode.counting import COUNTINGS, parse_timecode
from server.protocol.timecode.device_time import DeviceTime
from server.show.archive import _HEAD, MAGIC, VERSION, dump, packed, unpacked
from server.show.log_format import _BLOCK, _FILE, PLAIN, Head, SegmentPacker, SegmentReader, head_bytes
from server.show.memory import remembered
from server.show.scribe import Began, Ticked
from server.show.snapshot_document import document_of, read_document
from server.show.snapshot_taking import taken


@cache
def show() -> LiveShow:
    live = LiveShow()
    for packet in (message("/deck/1/load", "a.mov"), message("/deck/1/fade", 2.0),
                   message("/deck/2/load/over", "grid.mov", 1.0), message("/deck/1/freeze"),
                   bundle(message("/deck/3/speed", -0.5), message("/deck/3/loop/in", 3))):
        live.feed(packet)
    return live


def archive(data: bytes) -> None:
    unpacked(data)


def archive_body(data: bytes) -> None:
    unpacked(_HEAD.pack(MAGIC, VERSION, zlib.crc32(data)) + data)


def archives() -> tuple[bytes, ...]:
    state = show().show.state
    return packed(state), packed((1, 2.5, "text", b"bytes", None, {"a": (1,)}, 1 << 70)), packed(state.deck(1))


def bodies() -> tuple[bytes, ...]:
    return tuple(data[_HEAD.size:] for data in archives())


def segment(data: bytes) -> None:
    """A log is read as far as it is whole, and says in words where it ends before its end."""
    reader = SegmentReader(data)
    for step in reader.steps():
        assert step.now == step.now
    assert reader.problem.isprintable()


def segment_body(data: bytes) -> None:
    segment(head_bytes(Head(1, 1, 0.0)) + _BLOCK.pack(len(data), zlib.crc32(data), PLAIN) + data)


def segments() -> tuple[bytes, ...]:
    live, packer = show().show, SegmentPacker()
    steps = (Began(0.0, remembered(live), 0), *(Ticked(number / 64, number, ()) for number in range(9)))
    return (head_bytes(Head(1, 1, 0.0)) + packer.block(steps[:1]) + packer.block(steps[1:]),)


def blocks() -> tuple[bytes, ...]:
    steps = dump([[1, 0.5, [5, 3]], [3, 0.5, 1, 2, [], 9]])
    return (*(data[_FILE.size + _BLOCK.size:] for data in segments()), steps)


def slots(data: bytes) -> None:
    """Of two slots, the one that is whole counts."""
    (scratch() / "torn.0").write_bytes(data)
    kept = Slots(scratch(), "torn")
    assert all(each.number >= 0 for each in kept.read())


@cache
def state_files() -> StateFiles:
    files = StateFiles(scratch(), "this boot")
    assert files.claim(make=True)
    files.write(show().show.state, {"told": 1}, {"version": 1}, Alive(1.0, 2.0))
    return files


def state(data: bytes) -> None:
    """What a server left behind is a state, or is not used."""
    files = state_files()
    kept = Slots(files.folder, "state")
    kept.write(data, kept.read()[0].tag, 0.0)
    kept.write(data, kept.read()[0].tag, 0.0)
    kept.close()
    before = files.read()
    assert before is None or isinstance(before, Before)


@cache
def states() -> tuple[bytes, ...]:
    return (Slots(state_files().folder, "state").read()[0].content,)


def snapshot(data: bytes) -> None:
    """A snapshot that a person edited: what cannot be understood of it is said, the rest counts."""
    folder = scratch() / "snapshots"
    folder.mkdir(exist_ok=True)
    (folder / "a.json").write_bytes(data)
    _, notes = read_document("a", SnapshotFolder(folder).read("a"), TARGETS)
    assert all(note.isprintable() and len(note) < 2000 for note in notes)


def snapshots() -> tuple[bytes, ...]:
    live = show()
    document = document_of(taken("a", live.show.state, 1.0), "2026-01-01 20:00")
    return (json.dumps(document, indent=1).encode(),)


def snapshot_name(data: bytes) -> None:
    name, version = read_version(data.decode("utf-8", "surrogateescape"))
    assert name
    assert not set(name) & set("/\\:\0")
    assert version >= 0


def timecode(data: bytes) -> None:
    for counting in COUNTINGS.values():
        assert parse_timecode(data.decode("utf-8", "surrogateescape"), counting) >= 0.0


def midi_time(data: bytes) -> None:
    device, at = DeviceTime("knobs"), 0.0
    for place in range(0, len(data), 3):
        at += 0.01
        device.feed(data[place:place + 3], at)
    device.feed(data, at)


def supervised(data: bytes) -> None:
    """The lines between a supervisor and its server; these errors are taken for nonsense."""
    line = data.decode("utf-8", "replace")
    told(line)
    try:
        Order.of(data)
    except (ValueError, TypeError):
        return


_MTC = bytes(byte for piece in range(8) for byte in (0xF1, piece << 4 | 3, 0))
_FULL = b"\xf0\x7f\x7f\x01\x01\x21\x02\x03\x04\xf7"
SURFACES = (
    Surface("archive of a show", archive, archives, (ArchiveDamaged,)),
    Surface("archive body", archive_body, bodies, (ArchiveDamaged,)),
    Surface("log segment", segment, segments, (ArchiveDamaged,)),
    Surface("log block", segment_body, blocks, (ArchiveDamaged,)),
    Surface("slot", slots, lambda: ((state_files().folder / "state.1").read_bytes(),)),
    Surface("state file", state, states),
    Surface("snapshot", snapshot, snapshots, (InputError, LibraryError, MissingFile)),
    Surface("snapshot name", snapshot_name, (b"chorus", b"chorus.1", "Refrain ü 2".encode()), (InputError,),
            (b".1", b".999", b"CON", b"..", b" ")),
    Surface("timecode", timecode, (b"01:00:00:12", b"01:00:00;02", b"00:01:02.5", b"12:30", b"90.25"), (InputError,),
            (b":", b";", b".", b"-")),
    Surface("midi time", midi_time, (_MTC, _FULL, bytes((0xF8, 0, 0)) * 24, b"\xf2\x10\x20\xfa\0\0\xfc\0\0\xfb\0\0")),
    Surface("supervisor lines", supervised, (b'{"given": {}, "songs": [], "ports": null, "restarts": 0}',)),
)
