"""The real songs of the tests, and folders made like those that older programs leave."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

SONGS: Final = Path(__file__).parents[1] / "data" / "songs"
NAMES: Final = tuple(sorted(path.name for path in SONGS.iterdir() if path.is_dir()))


def png(width: int = 16, height: int = 16, shade: int = 0) -> bytes:
    """A small PNG of one colour."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes((shade, 255 - shade, 7)) * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def fill(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files by their paths in a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def frames(name: str, count: int, *, without: Iterable[int] = ()) -> dict[str, bytes]:
    """The frames of a transition as files by path."""
    return {f"transition_images/{name}/frame{number:06d}.png": png(shade=number) for number in range(count)
            if number not in set(without)}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file()}


PROMPTS: Final = "name,prompt,seeds,guidance_scale\nsun,a sun,1000 1001,7.5\nmoon,a moon,2000 2001,7.5\n"
SEQUENCE: Final = ",scene,duration,section,start\n0,sun,1,1,sun_1000\n1,moon,1,1,random\n"
SETTINGS: Final = '{"default": {"res_width": 16, "res_height": 16, "interpolation_steps": 3}}'


def small_song(folder: Path, extra: Mapping[str, str | bytes] | None = None) -> Path:
    """A song of two prompts with all pictures and one transition, in one folder."""
    return fill(folder, {
        "prompt_image_definitions.csv": PROMPTS, "scene_sequence.csv": SEQUENCE, "tgen_settings.json": SETTINGS,
        **{f"prompt_images/{name}_{seed}.png": png(shade=seed % 200)
           for name, seed in (("sun", 1000), ("sun", 1001), ("moon", 2000), ("moon", 2001))},
        **frames("sun-1000 to moon-2000", 3), **(extra or {})})
