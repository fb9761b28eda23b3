"""Who may talk to the HTTP port: names of this machine, pages of its own, holders of the token.

Pure: header values in, a refusal in words out. Knows nothing of sockets or of the show.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; "
                               "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer: no other page may frame it, embed its pictures, or learn its address with the token."""


def is_loopback(host: str) -> bool:
    """Whether an address that is listened on is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_name(header: str | None) -> str | None:
    """The name in a Host header, lower case and without its port; None when there is none."""
    if not header or any(char.isspace() or char in "/@,\\" for char in header):
        return None
    name, colon, port = header.rpartition(":")
    if not colon or header.endswith("]"):
        name, port = header, ""
    if port and not (port.isascii() and port.isdigit()):
        return None
    if ":" in name and not (name.startswith("[") and name.endswith("]")):
        return None
    return name.lower().removesuffix(".") or None


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of one port. `names`: further hosts it is known by; `token`: None when it asks for none."""

    names: frozenset[str]
    token: str | None

    @classmethod
    def of(cls, names: Iterable[str], token: str | None) -> Guard:
        return cls(frozenset(name.lower() for name in names) | LOOPBACK_NAMES, token)

    def refuse_host(self, header: str | None, arrived_at: str) -> str | None:
        """Why a Host header is refused; None when it names this machine.

        A page elsewhere can point a name of its own at this address (DNS rebinding), but not change what the
        browser sends as Host. `arrived_at` is the local address of the connection: no name at all.
        """
        name = host_name(header)
        if name is not None and (name in self.names or name.strip("[]") == arrived_at):
            return None
        return f"this server does not go by the name {(header or '')[:100]!r}; open it by its number or localhost"

    def refuse_origin(self, origin: str | None, host: str | None) -> str | None:
        """Why an Origin header is refused; None when it is this server's page, or no browser."""
        if origin is None:
            return None
        try:
            parts = urlsplit(origin)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme in ("http", "https") and parts.netloc and parts.netloc.lower() == (host or "").lower():
            return None
        return f"pages of {origin[:100]!r} may not control this server; open its own page"

    def admits(self, *offered: str | None) -> bool:
        """Whether one of the offered tokens is the right one, or none is asked for."""
        if self.token is None:
            return True
        right = self.token.encode()
        # Bytes of a header that are no UTF-8 arrive as lone surrogates.
        return any(hmac.compare_digest(token.encode(errors="backslashreplace"), right) for token in offered if token)


def bearer(header: str | None) -> str | None:
    """The token in an Authorization header."""
    kind, _, token = (header or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None
