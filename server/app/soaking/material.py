"""What is played during a soak: movies with a number in every picture, and a song of a few pictures to walk through."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Final

from server.app.soaking.onlooker import NUMBERS
from server.library.songs.adding import add_pictures
from server.library.songs.new_song import make_song
from server.media.jpeg import encode_rgb
from server.media.numbered import write_numbered
from server.production.art import draw
from server.production.stage_song import make_stills

MOVIES: Final = tuple(f"numbers/count-{n}.mov" for n in range(5))
EXTRA: Final = "numbers/extra.mov"
PICTURES: Final = ("silk", "cells", "streams", "ripples", "strata")
SONG: Final = "pictures"
COUNT: Final = 600
SIZE: Final = (640, 360)
STEPS: Final = 46


def prepare(media: Path) -> None:
    """Write what is missing; no transition is, so that each is made while the show runs. Raises OutputError."""
    (media / "numbers").mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(MOVIES):
        if not (media / name).exists():
            write_numbered(media / name, COUNT, *SIZE, Fraction(30), first=number * NUMBERS)
    song = media / SONG
    if not song.exists():
        make_song(song, size=SIZE, frames=STEPS)
        drawn = media / "drawn"
        drawn.mkdir(exist_ok=True)
        for seed, kind in enumerate(PICTURES, 1):
            (drawn / f"{kind}_{seed}.jpg").write_bytes(encode_rgb(draw(kind, seed, *SIZE), 90))
        add_pictures(song, sorted(drawn.iterdir()), prompt="what a soak walks through")
    make_stills(song)


def change(media: Path, times: int) -> None:
    """A movie comes, is another one, or goes: what happens in a folder while a show runs."""
    path = media / EXTRA
    if times % 3 == 2:
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".frames").unlink(missing_ok=True)
    else:
        write_numbered(path, 60 + 30 * (times % 3), *SIZE, Fraction(30), overwrite=True)
