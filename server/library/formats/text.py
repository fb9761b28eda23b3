"""Bytes of a text file that any program may have saved, as text and back. It knows no format."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

from server.errors import InputError
from server.library.formats.oddity import Oddities

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PLAIN: Final = "utf-8"


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a text lies in its file, so that it can be put back in the same way."""

    encoding: str = _PLAIN
    mark: bytes = b""

    def encoded(self, text: str) -> bytes:
        """The bytes of a text; what the encoding cannot hold makes the file UTF-8, as spreadsheets mark it."""
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError:
            return codecs.BOM_UTF8 + text.encode(_PLAIN, "replace")


UTF8: Final = TextForm()
"""Plain UTF-8."""


def decoded(data: bytes, oddities: Oddities) -> tuple[str, TextForm]:
    """The text of a file in UTF-8, UTF-16 or a Windows code page. Raises InputError for what is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            form = TextForm(encoding, mark)
            break
    else:
        form = TextForm(_unmarked(data))
    body = data[len(form.mark):]
    try:
        text = body.decode(form.encoding)
    except UnicodeDecodeError as reason:
        if form.encoding == _PLAIN:
            form = TextForm(_code_page(body), form.mark)
            text = body.decode(form.encoding)
        else:
            raise InputError(f"{oddities.file}, line {_line(body, reason.start, form.encoding)}: the text breaks off "
                             f"inside a character of {form.encoding[:-3].upper()}; save the file again as UTF-8"
                             ) from None
    if form.encoding != _PLAIN:
        kind = "UTF-16" if form.encoding.startswith("utf-16") else "an old Windows code page (cp1252)"
        oddities.note(None, f"the text is stored as {kind}", "read as such and kept that way")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{oddities.file}, line {line}: zero bytes in a text; the file is damaged or of another "
                         "kind, save it again")
    return text, form


def line_of(text: str, position: int) -> int:
    """The number of the line, from 1, that a position of a text is in; any newline counts."""
    before = text[:position].replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1


def _unmarked(data: bytes) -> str:
    """UTF-16 without its mark shows as a zero in every other byte."""
    sample = data[:64]
    if len(sample) >= 4 and len(data) % 2 == 0:
        if not any(sample[0::2]) and all(sample[1::2]):
            return "utf-16-be"
        if not any(sample[1::2]) and all(sample[0::2]):
            return "utf-16-le"
    return _PLAIN


def _code_page(body: bytes) -> str:
    """Five bytes mean nothing in cp1252; Latin-1 takes them all."""
    try:
        body.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def _line(body: bytes, end: int, encoding: str) -> int:
    return line_of(body[:end].decode(encoding, "replace"), end)
