"""A small song of pictures in a media folder: every transition a real movie whose frames are numbered."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from server.media.numbered import write_numbered

FRAMES = 30
Pair = tuple[str, str]
RING: tuple[Pair, ...] = (("a-1", "b-2"), ("b-2", "c-3"), ("c-3", "d-4"), ("d-4", "a-1"))
"""Four pictures in a circle."""


def make_song(folder: Path, pairs: Iterable[Pair] = RING, *, extra: str = "", size: tuple[int, int] = (64, 64),
              frames: int = FRAMES) -> dict[Pair, int]:
    """Write the song; returns the number of the first frame of each transition."""
    (folder / "transitions").mkdir(parents=True, exist_ok=True)
    first: dict[Pair, int] = {}
    names: dict[str, list[str]] = {}
    for i, pair in enumerate(pairs):
        first[pair] = 1000 * (i + 1)
        add_transition(folder, pair, first[pair], size=size, frames=frames)
        for node in pair:
            name, _, seed = node.rpartition("-")
            seeds = names.setdefault(name, [])
            if seed not in seeds:
                seeds.append(seed)
    rows = [f"{name},a picture of {name},{' '.join(seeds)},7.5" for name, seeds in names.items()]
    (folder / "prompt_image_definitions.csv").write_text(
        "name,prompt,seeds,guidance_scale\n" + "\n".join(rows) + "\n" + extra, encoding="utf-8")
    (folder / "scene_sequence.csv").write_text(
        ",scene,duration,section,start\n" + "".join(f"{i},{name},1,1,\n" for i, name in enumerate(names)),
        encoding="utf-8")
    (folder / "tgen_settings.json").write_text(
        f'{{"default": {{"res_width": {size[0]}, "res_height": {size[1]}, "interpolation_steps": {frames}}}}}',
        encoding="utf-8")
    return first


def add_transition(folder: Path, pair: Pair, first: int, *, size: tuple[int, int] = (64, 64),
                   frames: int = FRAMES) -> Path:
    """One transition more."""
    path = folder / "transitions" / f"{pair[0]} to {pair[1]}.mov"
    write_numbered(path, frames, *size, Fraction(30), first=first)
    return path
