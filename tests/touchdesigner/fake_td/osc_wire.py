"""OSC as TouchDesigner reads and writes it: its own, independent of the server's parser."""

from __future__ import annotations

import struct
from typing import Any

from fake_td.errors import tdError, tdTypeError


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (4 - len(data) % 4)


def message(address: str, values: Any, *, standard: bool, wide: bool) -> bytes:
    """One message. Without `standard`, True, False and None have types of their own."""
    if not isinstance(values, list | tuple):
        raise tdTypeError(f"the values of an OSC message are a list, not {type(values).__name__}")
    tags, data = ",", b""
    for value in values:
        if isinstance(value, bool):
            tags += ("T" if value else "F") if not standard else "i"
            data += struct.pack(">i", value) if standard else b""
        elif value is None and not standard:
            tags += "N"
        elif isinstance(value, int):
            if not -2**31 <= value < 2**31 and not wide:
                raise tdError(f"{value} does not fit 32 bits")
            tags += "h" if wide else "i"
            data += struct.pack(">q" if wide else ">i", value)
        elif isinstance(value, float):
            tags += "d" if wide else "f"
            data += struct.pack(">d" if wide else ">f", value)
        elif isinstance(value, str):
            tags += "s"
            data += _padded(value.encode())
        elif isinstance(value, bytes | bytearray):
            tags += "b"
            data += struct.pack(">i", len(value)) + bytes(value) + b"\0" * (-len(value) % 4)
        else:
            raise tdTypeError(f"OSC cannot carry {value!r}")
    return _padded(address.encode()) + _padded(tags.encode()) + data


def packet(pairs: tuple[Any, ...], *, bundle: bool, standard: bool, wide: bool) -> bytes:
    """Messages from address, values, address, values …; several need a bundle."""
    if len(pairs) % 2:
        raise tdTypeError("sendOSC takes pairs of address and values")
    parts = [message(pairs[n], pairs[n + 1], standard=standard, wide=wide) for n in range(0, len(pairs), 2)]
    if not bundle and len(parts) == 1:
        return parts[0]
    return b"#bundle\0" + struct.pack(">Q", 1) + b"".join(struct.pack(">i", len(part)) + part for part in parts)


def read(data: bytes) -> list[tuple[str, list[Any]]]:
    """Every message of a packet, in its order; what is damaged is left out."""
    try:
        if data.startswith(b"#bundle\0"):
            found, at = [], 16
            while at + 4 <= len(data):
                size = struct.unpack_from(">i", data, at)[0]
                found += read(data[at + 4:at + 4 + size])
                at += 4 + max(size, 0)
            return found
        return [_message(data)]
    except (struct.error, UnicodeDecodeError, ValueError, IndexError, KeyError):
        return []


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at)
    return data[at:end].decode(), end + 4 - end % 4


def _message(data: bytes) -> tuple[str, list[Any]]:
    address, at = _text(data, 0)
    if not address.startswith("/"):
        raise ValueError("an address begins with /")
    tags, at = _text(data, at)
    values: list[Any] = []
    for tag in tags[1:]:
        if tag in "TFNI":
            values.append({"T": True, "F": False, "N": None, "I": float("inf")}[tag])
        elif tag == "s" or tag == "S":
            text, at = _text(data, at)
            values.append(text)
        elif tag == "b":
            size = struct.unpack_from(">i", data, at)[0]
            values.append(data[at + 4:at + 4 + size])
            at += 4 + size + -size % 4
        else:
            layout = {"i": ">i", "f": ">f", "h": ">q", "d": ">d", "t": ">Q"}[tag]
            values.append(struct.unpack_from(layout, data, at)[0])
            at += struct.calcsize(layout)
    return address, values
