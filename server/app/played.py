"""What was seen on a deck, frame by frame of an output rate: a logged show looked at. It reads no movie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from server.app.replaying import LoggedShow
from server.app.show_log_reading import time_text
from server.playback.screen import Picture
from server.units import Seconds


class Shown(NamedTuple):
    """One output frame: what was seen most of all at a time."""

    at: Seconds
    movie: str
    frame: int


@dataclass(slots=True)
class Remarks:
    """What a movie of copied frames cannot show, as times in the log."""

    fades: list[Seconds] = field(default_factory=list)
    black: list[tuple[Seconds, Seconds]] = field(default_factory=list)
    dimmed: Seconds = 0.0

    def lines(self) -> list[str]:
        """Each in words."""
        lines = []
        if self.fades:
            where = ", ".join(time_text(at) for at in self.fades[:8])
            more = f" and {len(self.fades) - 8} more" if len(self.fades) > 8 else ""
            lines.append(f"copied frames cannot fade: {len(self.fades)} fade{'s' * (len(self.fades) > 1)} became cuts "
                         f"at the half ({where}{more})")
        lines += [f"nothing was to be seen from {time_text(begin)} to {time_text(end)}: the picture before stands there"
                  for begin, end in self.black]
        if self.dimmed:
            lines.append(f"the picture was dimmed for {self.dimmed:.0f} s: it is at full brightness here")
        return lines


def first_rate(log: LoggedShow, deck: int, step: Seconds, until: Seconds | None) -> Fraction | None:
    """The rate of the first clip that is seen on a deck; leaves the log there. None when nothing is seen."""
    while not log.over and (until is None or log.at <= until):
        state = log.state
        program = state.deck(deck).current if state is not None else None
        if program is not None and _pictures(log, deck):
            return program.clip.rate
        log.to(log.at + step)
    return None


def played(log: LoggedShow, deck: int, rate: Fraction, until: Seconds | None, remarks: Remarks) -> Iterator[Shown]:
    """Every output frame from where the log is to `until` or its end; nothing before the first picture."""
    begin, number = log.at, 0
    last: Shown | None = None
    fading = False
    dark: Seconds | None = None
    while not log.over and (until is None or log.at < until):
        at = log.at
        pictures = [picture for picture in _pictures(log, deck) if picture.level > 0]
        if len(pictures) > 1 and not fading:
            remarks.fades.append(at)
        fading = len(pictures) > 1
        if pictures:
            if dark is not None:
                remarks.black.append((dark, at))
                dark = None
            if sum(picture.level for picture in pictures) < 0.99:
                remarks.dimmed += float(1 / rate)
            # The newest of equals: at the half of a fade that is the one that comes.
            most = max(reversed(pictures), key=lambda picture: picture.level)
            last = Shown(at, most.movie, most.frame)
        elif last is not None and dark is None:
            dark = at
        if last is not None:
            yield last._replace(at=at)
        number += 1
        log.to(begin + float(number / rate))
    if dark is not None:
        remarks.black.append((dark, log.at))


def _pictures(log: LoggedShow, deck: int) -> list[Picture]:
    state = log.state
    if state is None:
        return []
    time = state.time_of(state.deck(deck), log.now)
    return [picture._replace(level=picture.level * state.master.gain)
            for picture in state.deck(deck).ahead(time).pictures(time)]
