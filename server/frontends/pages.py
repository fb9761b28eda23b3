"""The files of the page, read once at start from beside this module. Knows nothing of HTTP."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import Final, NamedTuple

_KINDS: Final = {
    ".html": ("text/html", "utf-8"),
    ".css": ("text/css", "utf-8"),
    ".js": ("text/javascript", "utf-8"),
    ".svg": ("image/svg+xml", None),
}


class Page(NamedTuple):
    """One file as it is sent."""

    body: bytes
    kind: str
    charset: str | None
    etag: str


def load_pages() -> dict[str, Page]:
    """Every file of the page by its name. Nothing else can be asked for, whatever a path says."""
    pages = {}
    for entry in (resources.files("server.frontends") / "page").iterdir():
        kind = _KINDS.get("." + entry.name.rpartition(".")[2])
        if kind is not None and entry.is_file():
            pages[entry.name] = page_of(entry.read_bytes(), *kind)
    return pages


def wrong_token(page: Page) -> Page:
    """The page that asks for the token, for one who gave a wrong one."""
    said = b'<p class="wrong" role="alert">That token is wrong.</p>'
    return page_of(page.body.replace(b"<!--wrong-->", said), page.kind, page.charset)


def page_of(body: bytes, kind: str, charset: str | None = None) -> Page:
    """Bytes with the mark by which a browser knows whether it has them."""
    return Page(body, kind, charset, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
