"""Small real songs to build stories of: drawn pictures, transitions with pinned ends, the users' own files."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from server.index.reader import FrameReader
from server.library.graph.identity import PictureId, edge_of
from server.library.songs.naming import movie_name
from server.library.songs.song_folder import open_song
from server.media.indexing import index_of
from server.media.jpeg import decode_rgb, encode_rgb
from server.media.writer import MovieWriter
from server.production.stage_song import StageFrames
from server.production.story_build import BuildReport, build_story
from server.production.story_parts import digest
from server.production.story_plan import BuildOptions

WIDTH, HEIGHT = 64, 48
FRAMES = 6
SCENES = {"dawn": (1001, 1002, 1003), "noon": (2001, 2002, 2003), "dusk": (9006264050842235, 9006264050842236)}


def pictures(scene: str) -> list[PictureId]:
    return [PictureId(scene, seed) for seed in SCENES[scene]]


def draw(picture: PictureId) -> np.ndarray:
    """A gradient of its own for every picture."""
    rng = np.random.default_rng(abs(hash((picture.seed, len(picture.name)))))
    corners = rng.integers(0, 255, (2, 2, 3)).astype(np.float32)
    y, x = np.mgrid[0:1:HEIGHT * 1j, 0:1:WIDTH * 1j]
    mixed = (corners[0, 0] * ((1 - y) * (1 - x))[..., None] + corners[0, 1] * ((1 - y) * x)[..., None]
             + corners[1, 0] * (y * (1 - x))[..., None] + corners[1, 1] * (y * x)[..., None])
    return mixed.astype(np.uint8)


def make_song(folder: Path, *, edges: str | Sequence[tuple[PictureId, PictureId]] = "all",
              rate: Fraction = Fraction(10)) -> Path:
    """A song of three scenes; `edges`: `all` inside scenes and between neighbours, `none`, or these."""
    (folder / "prompt_images").mkdir(parents=True)
    lines = ["name,prompt,seeds,guidance_scale"]
    for scene, seeds in SCENES.items():
        lines.append(f'{scene},"a {scene} over hills",{" ".join(map(str, seeds))},7.5')
        for picture in pictures(scene):
            jpeg = encode_rgb(draw(picture), 95)
            (folder / "prompt_images" / f"{picture.stem}.jpg").write_bytes(jpeg)
    (folder / "prompt_image_definitions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tgen_settings.json").write_text(
        f'{{"default": {{"res_width": {WIDTH}, "res_height": {HEIGHT}, "interpolation_steps": {FRAMES}}}}}',
        encoding="utf-8")
    write_scenes(folder, [("dawn", 1, 1), ("noon", 1, 1), ("dusk", 1, 2)])
    for first, second in all_edges() if edges == "all" else () if edges == "none" else edges:
        make_transition(folder, first, second, rate=rate)
    return folder


def all_edges() -> list[tuple[PictureId, PictureId]]:
    inside = [pair for scene in SCENES for pair in combinations(pictures(scene), 2)]
    return inside + [(one, other) for here, there in pairwise(SCENES) for one in pictures(here)
                     for other in pictures(there)]


def write_scenes(folder: Path, rows: Sequence[tuple[str, int, int]], name: str = "") -> None:
    file = f"scene_sequence_{name}.csv" if name else "scene_sequence.csv"
    lines = [",scene,duration,section,start"]
    lines += [f"{number},{scene},{hops},{section}," for number, (scene, hops, section) in enumerate(rows)]
    (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")


def stage(folder: Path, picture: PictureId) -> bytes:
    """The stage frame of a picture of the song."""
    graph = open_song(folder)
    return StageFrames(folder, (WIDTH, HEIGHT)).frame(graph.pictures[picture]).jpeg()


def make_transition(folder: Path, first: PictureId, second: PictureId, *, rate: Fraction = Fraction(10),
                    ends: tuple[bytes, bytes] | None = None, frames: int = FRAMES, shift: int = 0,
                    version: int = 1, says: bool = False) -> Path:
    """A dissolve with pinned ends; `shift` makes other frames of it between the same ends.

    `says`: its index says for which stage frames it was made.
    """
    own = {picture: encode_rgb(draw(picture), 95) for picture in (first, second)}
    ends = ends or (own[first], own[second])
    out = folder / movie_name(first, second, version)
    out.parent.mkdir(exist_ok=True)
    a, b = (decode_rgb(end).astype(np.float32) for end in ends)
    with MovieWriter(out, width=WIDTH, height=HEIGHT, rate=rate, overwrite=True,
                     ends=(digest(ends[0]), digest(ends[1])) if says else None) as movie:
        movie.add(ends[0])
        for number in range(1, frames - 1):
            t = number / (frames - 1)
            movie.add(encode_rgb(np.clip(a * (1 - t) + b * t + shift, 0, 255).astype(np.uint8), 85))
        movie.add(ends[1])
    return out


def frames_of(movie: Path) -> list[bytes]:
    index = index_of(movie)
    with FrameReader(movie, index) as reader:
        return [reader.read(frame) for frame in range(index.count)]


def transition_between(folder: Path, one: PictureId, other: PictureId) -> Path:
    first, second = edge_of(one, other)
    for pair in ((first, second), (second, first)):
        if (folder / movie_name(*pair)).exists():
            return folder / movie_name(*pair)
    raise AssertionError("no such transition")


def build(song: Path, **options: Any) -> BuildReport:
    """Build a story with these options."""
    return build_story(song, BuildOptions(**options))


def movies(folder: Path) -> dict[str, bytes]:
    """The bytes of all movies in a folder."""
    return {path.name: path.read_bytes() for path in folder.glob("*.mov")}


def expected_frames(song: Path, report: BuildReport) -> list[bytes]:
    """All frames of the way, joints once, read from the transitions themselves."""
    frames: list[bytes] = []
    for hop in report.lock.hops:
        own = frames_of(transition_between(song, hop.first, hop.second))
        if own[0] != encode_rgb(draw(hop.first), 95):
            own.reverse()
        frames += own[1:] if frames else own
    return frames
