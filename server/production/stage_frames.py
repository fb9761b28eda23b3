"""Stage frames: each picture of a song as the one JPEG that all its movies begin and end with. It makes no movies."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from server.errors import MediaError, MissingFile, NotAMovie
from server.index.format import Mark
from server.index.jpeg import jpeg_header, jpeg_problem
from server.media.encoders import Target
from server.media.jpeg import encode_rgb
from server.media.parallel import ordered_map
from server.media.part_file import write_file
from server.media.picture import LOSSES, decode_picture, picture_size, read_picture
from server.media.placement import place, place_rgb
from server.media.shots import kept_jpeg
from server.media.sources import Findings, pictures_of
from server.production.art import draw

DRAWN_SIZE: Final = (1280, 720)
LARGEST: Final = (1920, 1080)
SMALLEST: Final = 64

DRAWN: Final = (
    ("water", "caustics", 31, "lagoon"), ("water", "silk", 12, "tide"), ("water", "cells", 7, "verdigris"),
    ("fire", "nebula", 8, "ember"), ("fire", "strata", 9, "dusk"), ("fire", "spiral", 11, "dusk"))
"""Scene, kind, seed and palette of the pictures of the demo, in the order of its walk."""

Size = tuple[int, int]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StagePicture:
    """A picture and its stage frame. `seed` is set for one that can be made again; `recipe`: what it was made from."""

    name: str
    jpeg: bytes
    size: Size
    scene: str = ""
    seed: int | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """What names this stage frame and no other."""
        return hashlib.sha1(self.jpeg, usedforsecurity=False).hexdigest()

    @property
    def file_name(self) -> str:
        """The name as every file system and every OSC sender takes it."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:32] or self.hash[:8]

    def mark(self, frame: int) -> Mark:
        """The cue point of this picture in a movie."""
        name = f"{self.scene} / {self.name}" if self.scene else self.name
        return Mark(frame, name, picture=self.hash, prompt=str(self.recipe.get("prompt") or "") or None, seed=self.seed)


def drawn_pictures(folder: Path, quality: int, tell: Tell) -> list[StagePicture]:
    """The demo's own pictures; those that lie in the folder are not drawn again."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for number, (scene, kind, seed, palette) in enumerate(DRAWN, 1):
        file = folder / f"{number}-{scene}-{kind}-{seed}-{palette}-q{quality}.jpg"
        jpeg = _kept(file)
        if jpeg is None:
            tell(f"drawing {kind} ({number} of {len(DRAWN)})")
            jpeg = encode_rgb(draw(kind, seed, *DRAWN_SIZE, palette), quality)
            write_file(file, jpeg)
        pictures.append(StagePicture(kind, jpeg, DRAWN_SIZE, scene, seed))
    return pictures


def _kept(file: Path) -> bytes | None:
    with suppress(OSError, MediaError):
        jpeg = file.read_bytes()
        header = jpeg_header(jpeg)
        if (header.width, header.height) == DRAWN_SIZE and header.muxable and jpeg_problem(jpeg) is None:
            return jpeg
    return None


def pictures_from(folder: Path, quality: int, tell: Tell) -> list[StagePicture]:
    """The pictures of a folder in natural order, all at one size; those that cannot be read are told and left out.

    Raises MissingFile without a folder or pictures, NotAMovie when fewer than two can be used.
    """
    if not folder.is_dir():
        raise MissingFile(f"there is no folder {folder}; name the folder that holds the pictures")
    findings = Findings()
    files = pictures_of(folder, findings)
    for line in findings.warnings:
        tell(line)
    sizes: dict[Path, Size] = {}
    for path, found in zip(files, ordered_map(_size_of, files), strict=True):
        if isinstance(found, str):
            tell(f"{found}; it is left out")
        else:
            sizes[path] = found
    if len(sizes) < 2:
        raise NotAMovie(f"a song needs at least two pictures, and {folder} has {len(sizes)} that can be used")
    return _staged(sizes, quality, tell)


def _size_of(path: Path) -> Size | str:
    """Width and height as shown, or what is wrong with the picture."""
    try:
        return picture_size(path)
    except MediaError as reason:
        return str(reason).partition(";")[0]


def _staged(sizes: Mapping[Path, Size], quality: int, tell: Tell) -> list[StagePicture]:
    size = stage_size(list(sizes.values()))
    target = Target(*size, "420", quality, "fast", "cover")
    cut = sum(abs(width * size[1] - height * size[0]) > size[0] * size[1] // 100 for width, height in sizes.values())
    if cut:
        tell(f"{cut} of {len(sizes)} pictures have another shape than {size[0]}×{size[1]}: they are cropped to it")

    def frame(path: Path) -> tuple[bytes, frozenset[str]]:
        data = read_picture(path)
        kept = kept_jpeg(data, target)
        if kept is not None:
            return data, kept.losses
        loaded = decode_picture(data, path)
        placement = place((loaded.rgb.shape[1], loaded.rgb.shape[0]), size, target.fit)
        return encode_rgb(place_rgb(loaded.rgb, placement), quality), loaded.losses

    pictures, lost = [], Counter[str]()
    for path, (jpeg, losses) in zip(sizes, ordered_map(frame, sizes), strict=True):
        pictures.append(StagePicture(path.stem, jpeg, size))
        lost.update(losses)
    for loss, count in sorted(lost.items()):
        tell(f"{count} of {len(sizes)} pictures: each {LOSSES[loss]}")
    return pictures


def stage_size(sizes: Sequence[Size]) -> Size:
    """The size that most pictures have, shrunk into 1080p where it is larger, in even sides."""
    width, height = Counter(sizes).most_common(1)[0][0]
    factor = min(1.0, LARGEST[0] / width, LARGEST[1] / height)
    factor = max(factor, SMALLEST / min(width, height) if min(width, height) < SMALLEST else 0.0)
    wide, high = (min(most, max(2, round(side * factor / 2) * 2))
                  for side, most in zip((width, height), LARGEST, strict=True))
    return wide, high
