"""What arrives over sockets and pipes as surfaces: OSC, the page's messages, worker, helpers, MIDI, service names."""

from __future__ import annotations

import json
import struct

import msgpack
from campaign import Surface
from pythonosc.osc_bundle_builder import OscBundleBuilder

from server.app import wire
from server.app.osc_text import parse_arguments
from server.app.song_maps import MapBuilder, hops_of
from server.errors import InputError, WireDamaged
from server.frontends.discovery import NAME_MAX, server_name, service_name
from server.frontends.security import Guard, bearer, host_name
from server.frontends.websocket import Order, Want, read_text
from server.protocol.command import Command, Forward, Rejection, Source
from server.protocol.controllers.control import Moved
from server.protocol.controllers.midi_decoder import MidiDecoder
from server.protocol.dispatch import Dispatcher
from server.protocol.encode import message
from server.protocol.endpoints import COMMANDS, FEEDBACK
from server.protocol.match import Pattern, Text
from server.protocol.osc import Message, Reject, messages
from server.protocol.oscquery import read_command
from server.render.job import End, PictureJob, TransitionJob, job_from_document
from server.render.messages import Decoder, Frame, Hello, Note, Ping, Progress, Retarget, Start, encoded
from td_extensions import dns_sd
from td_extensions.live_model import read_pictures
from td_project.rehearsal.wire import read_streams

DECKS = 4
EXPLAINED = 20
"""Of so many rejections one is explained, which takes a hundred times as long as the rest."""
HERE = Source("10.0.0.9", 9000)
WALL = 1_700_000_000.0
_NTP = 2_208_988_800
RESULTS = Command | Rejection | Forward | Moved


def bundle(*elements: bytes, time: int = 1) -> bytes:
    return b"#bundle\0" + struct.pack(">Q", time) + b"".join(struct.pack(">i", len(one)) + one for one in elements)


def osc_seeds() -> tuple[bytes, ...]:
    """Every row of the table as its example, patterns, bundles in bundles, time tags of all kinds."""
    rows = [message(row.example_address(), *row.example) for row in (*COMMANDS, *FEEDBACK)]
    soon = int((WALL + 0.5 + _NTP) * 2 ** 32)
    peers = OscBundleBuilder(1)
    return (*rows, message("/deck/*/{play,pause}"), message("/deck/[1-3]/frame", 5, "#1"), message("//frame", 3),
            message("/speed", "+", 0.5), b"/FX/hue\0\0\0\0,[i[s]]\0\0\0\0\1abc\0", message("/deck/1/frame", "?"),
            bundle(message("/frame", 1), message("/song", "emit", "#2"), time=soon),
            bundle(bundle(bundle(message("/deck/2/play")), time=2 ** 64 - 1), message("/panic")),
            bundle(*(message("/deck/1/nudge", 1.0) for _ in range(40))), peers.build().dgram,
            message("/deck/1/load", "C:\\a.mov"), message("/1/fader1", 0.5), b"/old\0\0\0\0\0\0\0\1")


OSC_WORDS = (b"#bundle\0", b",if\0", b",s\0\0", b"[[[[", b"]", b"#id\0", b"?\0\0\0", b"/deck/1/", b"/td/deck/1/",
             b"{a,b}", b"[!a-z]", b"//", b"\x7f\xc0\0\0", b"\xff\x80\0\0", b"\0\0\0\0\0\0\0\1")


class Osc:
    """A dispatcher with a past: what it learnt of earlier packets must not let a later one through."""

    def __init__(self) -> None:
        self._dispatcher = Dispatcher(DECKS)

    def feed(self, packet: bytes) -> None:
        results = self._dispatcher.dispatch(packet, HERE, 100.0, WALL)
        assert results or not packet or self._dispatcher.counts.messages
        for result in results:
            assert isinstance(result, RESULTS)
            if isinstance(result, Rejection):
                assert result.text.isprintable()
                assert len(result.text) < 600
                if self._dispatcher.counts.rejected % EXPLAINED == 0:
                    assert len(self._dispatcher.explain(result)) < 800
            if isinstance(result, Command) and not result.asks and not result.relative:
                assert len(result.args) == len(result.row.args)


def osc_parser(packet: bytes) -> None:
    for found in messages(packet):
        assert isinstance(found, Message | Reject)
        assert not isinstance(found, Reject) or found.reason.isprintable()
    read_streams(packet)


def patterns(data: bytes) -> None:
    pattern, _, address = data.decode("latin-1").partition(" ")
    Pattern(pattern).matches(Text(address[:255]))


def page_message(data: bytes) -> None:
    assert isinstance(read_text(data.decode("utf-8", "replace")), Order | Want)


def oscquery_command(data: bytes) -> None:
    command, path = read_command(data.decode("utf-8", "replace"))
    assert command in ("LISTEN", "IGNORE")
    assert path.startswith("/")


def headers(data: bytes) -> None:
    """Host, Origin and Authorization, as aiohttp hands them over."""
    host, _, rest = data.decode("utf-8", "surrogateescape").partition("\n")
    origin, _, token = rest.partition("\n")
    guard = Guard.of(["stage.local"], "geheim")
    if guard.refuse_host(host, "192.168.1.5") is None:
        assert (host_name(host) or "").strip("[]") in {"localhost", "127.0.0.1", "::1", "stage.local", "192.168.1.5"}
    if origin and guard.refuse_origin(origin, host) is None:
        # No browser sends blanks; where they come all the same, they say nothing.
        rest = origin.lower().partition("://")[2].replace("\t", "").removeprefix(host.lower().replace("\t", ""))
        assert rest[:1] in ("", "/", "?", "#")
    if guard.admits(bearer(token)):
        assert bearer(token) == "geheim"


def worker(data: bytes) -> None:
    """All pieces that a socket may cut messages into are one to the decoder."""
    whole = _all(data, len(data) or 1)
    assert _all(data, 7) == whole


def _all(data: bytes, piece: int) -> list[str]:
    decoder = Decoder()
    found: list[str] = []
    try:
        for at in range(0, len(data), piece):
            for one in decoder.feed(data[at:at + piece]):
                found.append(repr(one))
    except WireDamaged as damage:
        found.append(str(damage))
    return found


def worker_body(data: bytes) -> None:
    """A message of which only the inside is strange."""
    _all(struct.pack(">I", len(data)) + data, 1 << 16)


def job(data: bytes) -> None:
    try:
        document = msgpack.unpackb(data, unicode_errors="surrogatepass")
    except (ValueError, TypeError, OverflowError, msgpack.exceptions.UnpackException):
        return
    job_from_document(document)


def planner_line(data: bytes) -> None:
    """What the navigator makes of a line; it takes these errors for nonsense and goes on."""
    said = wire.said(data)
    if said is None:
        return
    try:
        builder = MapBuilder(said)
        builder.add(said.get("rows", {}))
        builder.whole()
        hops_of(said["hops"])
    except wire.NONSENSE:
        return


def midi(data: bytes) -> None:
    decoder = MidiDecoder("knobs")
    for at in range(0, len(data), 3):
        for control, value in decoder.feed(data[at:at + 3]):
            assert 0 <= value <= 16383
            assert control.place == "knobs"


def answers_of_dns(data: bytes) -> None:
    for server in dns_sd.servers(data, "192.168.1.9"):
        assert 0 < server.port < 65536
        assert server.name.isprintable()


def names(data: bytes) -> None:
    """A name from a person or a computer is a label of DNS."""
    label = service_name(server_name(data.decode("utf-8", "surrogateescape")))
    assert 0 < len(label.encode()) <= NAME_MAX
    assert label.isprintable()
    assert "." not in label


def typed(data: bytes) -> None:
    """What a person writes behind `interscene send`."""
    address, *words = data.decode("utf-8", "surrogateescape").split(" ")
    message("/ok", *[word for word in parse_arguments(address, words) if isinstance(word, int | float)
                     and -2 ** 31 <= word < 2 ** 31])


def dns_seed() -> bytes:
    """An answer of a server of ours, with a pointer in it."""
    kind = b"\x04_osc\x04_udp\x05local\0"
    instance, host = b"\x05Stage\xc0\x0c", b"\x10interscene-7500-a\x05local\0".replace(b"\x10", b"\x11")
    srv = struct.pack("!3HH", 0, 0, 0, 7500) + host
    owner = b"\x05Stage" + kind
    return (struct.pack("!6H", 0, 0x8400, 0, 3, 0, 0) + kind + struct.pack("!HHIH", 12, 1, 120, len(instance))
            + instance + owner + struct.pack("!HHIH", 33, 1, 120, len(srv)) + srv
            + host + struct.pack("!HHIH", 1, 1, 120, 4) + b"\xc0\xa8\x01\x09")


def picture_seed() -> bytes:
    header = json.dumps({"deck": 1, "layers": [{"movie": "a", "frame": 3, "level": 1.0, "bytes": 4}], "state": {}})
    return struct.pack("<I", len(header)) + header.encode() + b"\xff\xd8\xff\xd9"


def pictures(data: bytes) -> None:
    deck, layers, _ = read_pictures(data, {})
    assert isinstance(deck, int)
    assert all(0.0 <= layer.level <= 1.0 for layer in layers)


_MESSAGES = (encoded(Hello(1, {"device": "cpu"})), encoded(Ping(3)), encoded(Progress("7", 1, 3, 24, 1.5)),
             encoded(Note("7", 1, "rung", "half of the steps")))
_END = End(b"\xff\xd8\xff\xd9", "abc", "red-1", "sea", "", 12, 7.5, "f00")
_WAY = TransitionJob("7", _END, _END, "bridge", 24, (64, 48), batches=(8, 8, 6))
_PICTURE = PictureJob("8", "sea", 12, (64, 48), "f00")
_BODIES = tuple(encoded(one)[4:] for one in (Start(_WAY, 1, 2.5), Start(_PICTURE, 1), Retarget("7", 1, 9, _WAY),
                                             Frame("7", 1, 3, b"\xff\xd8\xff\xd9")))
_JOBS = tuple(msgpack.packb(one.document(), unicode_errors="surrogatepass") for one in (_WAY, _PICTURE))
_MAP = (b'{"say":"map","folder":"a","place":"a","name":"a","version":1,"rows":{"picture":'
        b'[["a-1","sea",["m.mov",9,25,1],3],["b-2","",null,0]],"scene":[["s",[0,1]]],"edge":[["m.mov",0,1]],'
        b'"movie":[["m.mov"]],"never":[[1]]},"hops":[["a-1","b-2",["m.mov",24,25,1],0,23],["b-2","a-1",null,0,0]],'
        b'"note":"","ticket":3}\n')
_PAGE = (b'{"address": "/deck/1/frame", "args": [120], "id": 7}', b'{"want": 1}', b'{"want": "state"}',
         b'{"address": "/deck/1/load", "args": ["a.mov", 0.5, true], "id": "x"}')
_REQUESTS = (b"localhost:7580\nhttp://localhost:7580\nBearer geheim", b"[::1]:7580\nhttp://[::1]:7580\nBearer x",
             b"stage.local\nhttps://stage.local\n", b"192.168.1.5:80\nnull\nBasic geheim")

SURFACES = (
    Surface("osc", Osc().feed, osc_seeds(), (), OSC_WORDS),
    Surface("osc parser", osc_parser, osc_seeds(), (), OSC_WORDS),
    Surface("patterns", patterns, (b"/deck/*/{play,pause} /deck/1/play", b"/[!a-c]?*/** /abc/d", b"//x /a/b/x"),
            (InputError,), (b"*", b"?", b"{", b"}", b"[", b"]", b"!", b"-", b"//", b" ")),
    Surface("page message", page_message, _PAGE, (InputError,), (b'"want"', b'"address"', b'"id"', b'"args"')),
    Surface("oscquery command", oscquery_command, (b'{"COMMAND":"LISTEN","DATA":"/deck/1/frame"}',
                                                   b'{"COMMAND":"IGNORE","DATA":"/x"}'), (InputError,)),
    Surface("headers", headers, _REQUESTS, (), (b"@", b":", b"[", b"]", b".", b"\n")),
    Surface("worker", worker, (*_MESSAGES, b"".join(_MESSAGES))),
    Surface("worker message", worker_body, (*_BODIES, *(one[4:] for one in _MESSAGES))),
    Surface("job", job, _JOBS, (InputError,)),
    Surface("planner line", planner_line, (_MAP,)),
    Surface("midi", midi, (b"\xb0\x07\x40",
                           bytes((0xB0, 99, 1, 0xB0, 98, 2, 0xB0, 6, 3, 0xB0, 38, 4)), b"\x90\x3c\x7f")),
    Surface("dns", answers_of_dns, (dns_seed(), dns_sd.question())),
    Surface("names", names, (b"Interscene stage", "Bühne 🎬".encode(), b"a.b\\c", b"")),
    Surface("typed", typed, (b"/deck/1/frame 0..100", b"/deck/1/load a.mov true", b"/deck/1/mark/3/name x")),
    Surface("pictures", pictures, (picture_seed(),), (ValueError,)),
)
"""Those without a state of their own, but for the dispatcher's memory."""

