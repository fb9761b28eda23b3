"""Service discovery as bytes (RFC 6763 over RFC 6762): one question, and what answers say. Knows no sockets.

Python 3.9, standard library only: it runs inside TouchDesigner.
"""

import struct
from typing import Dict, List, NamedTuple, Optional, Tuple

OSC = "_osc._udp.local"
OURS = "interscene-"
"""How the host name of every server of ours begins. Controllers announce OSC too, and are no servers."""
GROUP, PORT = "224.0.0.251", 5353
PACKET_MAX, RECORDS_MAX, NAME_MAX = 9000, 200, 255
_PTR, _A, _SRV, _IN = 12, 1, 33, 1
_POINTER = 0xC0

Labels = Tuple[str, ...]


class Found(NamedTuple):
    """A server that answered."""

    name: str
    address: str
    port: int

    @property
    def place(self) -> str:
        """What the parameter Server takes."""
        return f"{self.address}:{self.port}"


class _Record(NamedTuple):
    owner: Labels
    kind: int
    ttl: int
    at: int
    """Where its data lie in the packet."""
    length: int


def question(service: str = OSC) -> bytes:
    """The packet that asks who offers a service. From another port than 5353, it is answered to the sender alone."""
    name = b"".join(bytes([len(label)]) + label.encode() for label in service.split("."))
    return struct.pack("!6H", 0, 0, 1, 0, 0, 0) + name + b"\0" + struct.pack("!2H", _PTR, _IN)


def servers(data: bytes, sender: str, service: str = OSC) -> List[Found]:
    """The servers of ours that an answer names. Anything else in it, and any nonsense, is nobody."""
    try:
        return list(_servers(data, sender, _lower(tuple(service.split(".")))))
    except (struct.error, IndexError, ValueError):
        return []


def _servers(data: bytes, sender: str, service: Labels) -> List[Found]:
    records = _records(data)
    hosts: Dict[Labels, List[str]] = {}
    places: Dict[Labels, Tuple[int, Labels]] = {}
    instances: List[Labels] = []
    for record in records:
        if record.ttl == 0:
            continue  # a goodbye
        if record.kind == _A and record.length == 4:
            hosts.setdefault(record.owner, []).append(".".join(map(str, data[record.at:record.at + 4])))
        elif record.kind == _SRV:
            port = struct.unpack_from("!H", data, record.at + 4)[0]
            places[record.owner] = port, _lower(_name(data, record.at + 6)[0])
        elif record.kind == _PTR and record.owner == service:
            instances.append(_name(data, record.at)[0])
    found = []
    for instance in instances:
        port, host = places.get(_lower(instance), (0, ()))
        addresses = hosts.get(host, [])
        if not (port and addresses and host and host[0].startswith(OURS) and len(instance) == len(service) + 1):
            continue
        # Of several addresses, the one that has just reached us.
        address = sender if sender in addresses else addresses[0]
        label = "".join(char if char.isprintable() else " " for char in instance[0])
        found.append(Found(" ".join(label.split()) or "a server", address, port))
    return found


def _records(data: bytes) -> List[_Record]:
    if len(data) > PACKET_MAX:
        raise ValueError("too long")
    _, flags, questions, *counts = struct.unpack_from("!6H", data, 0)
    if not flags & 0x8000 or questions + sum(counts) > RECORDS_MAX:
        raise ValueError("no answer")
    at = 12
    for _ in range(questions):
        at = _name(data, at)[1] + 4
    found = []
    for _ in range(sum(counts)):
        owner, at = _name(data, at)
        kind, _, ttl, length = struct.unpack_from("!HHIH", data, at)
        at += 10
        if at + length > len(data):
            raise ValueError("cut off")
        found.append(_Record(_lower(owner), kind, ttl, at, length))
        at += length
    return found


def _name(data: bytes, at: int) -> Tuple[Labels, int]:
    """A name, and where what follows it begins. A pointer leads backwards only, so no name goes round in circles."""
    labels: List[str] = []
    after: Optional[int] = None
    limit, size = at, 0
    while True:
        length = data[at]
        if length & _POINTER == _POINTER:
            target = (length & ~_POINTER) << 8 | data[at + 1]
            after = at + 2 if after is None else after
            if target >= limit:
                raise ValueError("a pointer that leads nowhere")
            at = limit = target
            continue
        if length & _POINTER or at + 1 + length > len(data):
            raise ValueError("no label")
        if not length:
            return tuple(labels), at + 1 if after is None else after
        size += length + 1
        if size > NAME_MAX:
            raise ValueError("too long")
        labels.append(data[at + 1:at + 1 + length].decode("utf-8", "replace"))
        at += 1 + length


def _lower(labels: Labels) -> Labels:
    return tuple(label.lower() for label in labels)
