"""XML from files of unknown origin: elements, attributes and texts, nothing else. It knows no format.

A document type is refused, and with it every entity that could be blown up or that names a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from server.errors import InputError

_DEEPEST: Final = 100
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Element:
    """An element. `tag` and the names of attributes are without their namespace, which `namespace` has of the tag."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""
    line: int = field(default=0, compare=False)
    namespace: str = ""

    def each(self, tag: str) -> Iterator[Element]:
        """Its children of a name."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Element | None:
        """Its first child of a name."""
        return next(self.each(tag), None)

    def whole_text(self) -> str:
        """Its text and that of everything in it, in order of elements."""
        return self.text + "".join(child.whole_text() for child in self.children)


def parse_xml(data: bytes, file: str) -> Element:
    """Parse a document to its outermost element. Raises InputError with the line."""
    builder = _Builder(file)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as reason:
        raise InputError(f"{file}, line {reason.lineno}: {expat.ErrorString(reason.code)}; it is no whole XML "
                         "file, write it again") from None
    except (LookupError, ValueError):  # an encoding that nobody has
        raise InputError(f"{file} is in an encoding that cannot be read; save it as UTF-8") from None
    assert builder.root is not None
    return builder.root


def writable(text: str) -> str:
    """The text itself. Raises InputError where it holds what XML cannot."""
    if _UNWRITABLE.search(text):
        raise InputError(f"{text[:60]!r} holds a control character, which XML cannot hold; rename it")
    return text


def format_element(element: Element, prefixes: Mapping[str, str], indent: int = 0) -> str:
    """An element as text, a line for each that has no text; namespaces by `prefixes`, the others have none.

    Raises InputError for what XML cannot hold.
    """
    prefix = prefixes.get(element.namespace, "")
    name = f"{prefix}:{element.tag}" if prefix else element.tag
    blanks = " " * indent
    opening = name + "".join(f" {key}={quoteattr(writable(value))}" for key, value in element.attributes.items())
    if not element.children:
        text = escape(writable(element.text))
        return f"{blanks}<{opening}>{text}</{name}>\n" if text.strip() else f"{blanks}<{opening} />\n"
    inner = "".join(format_element(child, prefixes, indent + 2) for child in element.children)
    return f"{blanks}<{opening}>\n{inner}{blanks}</{name}>\n"


class _Builder:
    """Puts elements together as the parser names them."""

    def __init__(self, file: str) -> None:
        self.root: Element | None = None
        self._file = file
        self._open: list[Element] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise InputError(f"{self._file}, line {self.parser.CurrentLineNumber}: elements lie in each other more "
                             f"than {_DEEPEST} deep; no such file does that")
        namespace, _, tag = name.rpartition(" ")
        bare = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        element = Element(tag, bare, line=self.parser.CurrentLineNumber, namespace=namespace)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, name: str) -> None:
        del name
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].text += text

    def _refuse(self, *ignored: object) -> None:
        del ignored
        raise InputError(f"{self._file}, line {self.parser.CurrentLineNumber}: it declares a document type or "
                         "entities, which are not read; take that line away")
