"""Values of command line options as people write them: rates, sizes, seconds, qualities."""

from __future__ import annotations

import argparse
import re
from fractions import Fraction

from server.errors import InputError
from server.units import parse_fraction, parse_rate

_SIZE = re.compile(r"(\d{1,5})[xX×](\d{1,5})")


def rate(text: str) -> Fraction:
    """30, 23.976 or 30000/1001."""
    try:
        return parse_rate(text)
    except InputError as reason:
        raise argparse.ArgumentTypeError(str(reason)) from None


def size(text: str) -> tuple[int, int]:
    """1280x720."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or not int(match[1]) or not int(match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write one like 1280x720")
    return int(match[1]), int(match[2])


def seconds(text: str) -> Fraction:
    """A time of 0 seconds or more."""
    try:
        value = parse_fraction(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:64]!r} is no time in seconds; write one like 2.5") from None
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"a time lies between 0 and 86400 seconds, not {text!r}")
    return value


def quality(text: str) -> int:
    """1 to 100."""
    if not text.strip().isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no quality; it goes from 1 to 100, 85 looks like the source")
    return int(text)


def count(text: str) -> int:
    """1 or more."""
    if not text.strip().isdecimal() or not 1 <= int(text) <= 1 << 24:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def seed(text: str) -> int:
    """A whole number from 0 on, of at most 100 digits."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal()) or len(plain) > 100:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no seed; it is a whole number from 0 on")
    return int(plain)
