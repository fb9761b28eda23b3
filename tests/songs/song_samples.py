"""Small songs made of real files: drawn pictures, movies with pinned ends, folders of frames."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from server.library.graph.identity import PictureId
from server.library.graph.song_graph import SongGraph
from server.library.songs.naming import movie_name
from server.library.songs.song_folder import open_song
from server.media.jpeg import encode_rgb
from server.media.writer import MovieWriter
from server.production.stage_song import StageFrames, song_size

SIZE = (64, 48)
STEPS = 5
Rgb = NDArray[np.uint8]


def drawn(seed: int, size: tuple[int, int] = SIZE) -> Rgb:
    """A picture without flat areas, different for each seed."""
    width, height = size
    rng = np.random.default_rng(seed)
    small = rng.integers(20, 236, (6, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def save(path: Path, rgb: Rgb) -> Path:
    """Write a picture file of the kind that its suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, np.ascontiguousarray(rgb[..., ::-1]))[1].tobytes())
    return path


def make_song(folder: Path, prompts: Mapping[str, Sequence[int]] = {"sun": (1001, 1002), "sea": (2001, 2002)},
              *, pictures: bool = True, size: tuple[int, int] = SIZE, sequence: bool = True) -> Path:
    """A song with settings, definitions, a sequence and its pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tgen_settings.json").write_text(json.dumps({"default": {
        "res_height": size[1], "res_width": size[0], "interpolation_steps": STEPS,
        "model_string": "runwayml/stable-diffusion-v1-5"}}))
    lines = ["name,prompt,seeds,guidance_scale"]
    lines += [f'{name},a picture of {name},{" ".join(map(str, seeds))},7.5' for name, seeds in prompts.items()]
    (folder / "prompt_image_definitions.csv").write_text("\n".join(lines) + "\n")
    if sequence:
        rows = [f"{place},{name},1,1," for place, name in enumerate(prompts)]
        (folder / "scene_sequence.csv").write_text("\n".join([",scene,duration,section,start", *rows]) + "\n")
    if pictures:
        for name, seeds in prompts.items():
            for seed in seeds:
                save(folder / "prompt_images" / f"{name}_{seed}.png", drawn(seed, size))
    return folder


def ids(graph: SongGraph) -> list[PictureId]:
    return list(graph.pictures)


def mixed(first: Rgb, second: Rgb, share: float) -> Rgb:
    return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0), dtype=np.uint8)


def make_transition(song: Path, first: PictureId, second: PictureId, frames: int = STEPS, version: int = 1) -> Path:
    """A movie between two pictures as the song wants it: its ends are their stage frames."""
    graph = open_song(song)
    stage = StageFrames(song, song_size(song))
    ends = [stage.frame(graph.pictures[which]) for which in (first, second)]
    out = song / movie_name(first, second, version)
    one, other = drawn(first.seed), drawn(second.seed)
    with MovieWriter(out, width=SIZE[0], height=SIZE[1], rate=Fraction(10), ends=(ends[0].hash, ends[1].hash)) as movie:
        movie.add(ends[0].jpeg())
        for number in range(1, frames - 1):
            movie.add(encode_rgb(mixed(one, other, number / (frames - 1)), 90))
        movie.add(ends[1].jpeg())
    return out


def make_frames(song: Path, first: PictureId, second: PictureId, frames: int = STEPS, *, name: str = "",
                size: tuple[int, int] = SIZE) -> Path:
    """A folder of frames as older programs leave them."""
    folder = song / "transition_images" / (name or f"{first.alias} to {second.alias}")
    one, other = drawn(first.seed, size), drawn(second.seed, size)
    for number in range(frames):
        save(folder / f"frame{number:06d}.png", mixed(one, other, number / (frames - 1)))
    return folder
