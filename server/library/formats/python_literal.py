"""Values written down by Python's `str`: lists, dictionaries, texts, numbers. Read, never evaluated; total, linear."""

from __future__ import annotations

import re
from typing import Any, Final

from server.errors import InputError
from server.library.paths import shortened

_DEEPEST: Final = 32
_LONGEST: Final = 1 << 20
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,1000}(?:\.\d{0,1000})?|\.\d{1,1000})(?:[eE][+-]?\d{1,4})?")
_WHOLE: Final = re.compile(r"[+-]?\d+")
_WORD: Final = re.compile(r"[A-Za-z]+")
_WORDS: Final = {"true": True, "false": False, "none": None, "null": None}
_BLANKS: Final = re.compile(r"[ \t\r\n]*")
_CLOSING: Final = {"[": "]", "(": ")", "{": "}"}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "/": "/", "b": "\b", "f": "\f"}
_CODES: Final = {"x": 2, "u": 4, "U": 8}


def parse_literal(text: str) -> Any:
    """Parse one value in Python's or JSON's spelling. Raises InputError with the column."""
    if len(text) > _LONGEST:
        raise InputError(f"a value has at most {_LONGEST} characters, not {len(text)}")
    reader = _Reader(text)
    value = reader.value(0)
    reader.skip()
    if reader.at < len(text):
        raise reader.wrong("something follows the value")
    return value


class _Reader:
    """A place in a text that moves on as values are read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def value(self, depth: int) -> Any:
        """Read the value here."""
        self.skip()
        first = self._text[self.at:self.at + 1]
        if first in _CLOSING:
            if depth >= _DEEPEST:
                raise self.wrong(f"brackets go deeper than {_DEEPEST}")
            return self._collection(first, depth)
        if first and first in "'\"":
            return self._quoted(first)
        if match := _NUMBER.match(self._text, self.at):
            self.at = match.end()
            return int(match[0]) if _WHOLE.fullmatch(match[0]) else float(match[0])
        match = _WORD.match(self._text, self.at)
        if match is None or match[0].lower() not in _WORDS:
            raise self.wrong("here a value is to stand")
        self.at = match.end()
        return _WORDS[match[0].lower()]

    def skip(self) -> None:
        """Go on to what is no blank."""
        match = _BLANKS.match(self._text, self.at)
        self.at = match.end() if match else self.at

    def wrong(self, what: str) -> InputError:
        """An error at this place."""
        return InputError(f"{shortened(self._text)}, column {self.at + 1}: {what}")

    def _collection(self, opening: str, depth: int) -> Any:
        closing = _CLOSING[opening]
        self.at += 1
        values: list[Any] = []
        pairs: dict[Any, Any] = {}
        commas = False
        while not self._comes(closing):
            value = self.value(depth + 1)
            if opening == "{":
                if isinstance(value, (list, dict, tuple)):
                    raise self.wrong("a key is a text or a number")
                if not self._comes(":"):
                    raise self.wrong("behind a key stands ':'")
                pairs[value] = self.value(depth + 1)
            values.append(value)
            if self._comes(","):
                commas = True
                continue
            if self._comes(closing):
                break
            raise self.wrong(f"here ',' or {closing!r} is to stand")
        if opening == "(":
            return tuple(values) if commas or not values else values[0]
        return pairs if opening == "{" else values

    def _comes(self, sign: str) -> bool:
        self.skip()
        here = self._text.startswith(sign, self.at)
        self.at += here
        return here

    def _quoted(self, quote: str) -> str:
        start = self.at
        self.at += 1
        letters: list[str] = []
        while self.at < len(self._text):
            letter = self._text[self.at]
            self.at += 1
            if letter == quote:
                return _joined("".join(letters))
            letters.append(self._escaped() if letter == "\\" else letter)
        self.at = start
        raise self.wrong("a quote opens and does not close")

    def _escaped(self) -> str:
        letter = self._text[self.at:self.at + 1]
        self.at += 1
        if letter in _CODES:
            digits = self._text[self.at:self.at + _CODES[letter]]
            try:
                code = chr(int(digits, 16))
            except (ValueError, OverflowError):
                raise self.wrong(f"\\{letter} needs {_CODES[letter]} hexadecimal digits") from None
            self.at += _CODES[letter]
            return code
        return _ESCAPES.get(letter, "\\" + letter)


def _joined(text: str) -> str:
    """A text in which JSON's two halves of a character are one again."""
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
