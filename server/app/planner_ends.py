"""The two pictures of a transition that is to be made: their stage frames on disk, and all that is known of them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Final

from server.app.planner_song import PlannerSong
from server.errors import LibraryError, MediaError
from server.index.opening import open_index
from server.index.reader import FrameReader
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Presence
from server.library.songs.listing import STAGE
from server.library.songs.song_size import Size, wanted_of
from server.library.songs.stage_list import sha1
from server.media.part_file import write_file
from server.production.stage_song import StageFrames
from server.production.transition import FRAMES

_LEAST: Final = 16


def ends_of(root: Path, song: PlannerSong, size: Size | None, nodes: tuple[str, str]) -> dict[str, Any]:
    """Both pictures, the size, rate and number of frames that the song wants, and where it lies; plain values.

    A picture without a file is taken from a transition that shows it. Raises MediaError, LibraryError, OutputError.
    """
    pictures = [PictureId.of_node(node) for node in nodes]
    size = size or _shown_size(song, pictures)
    if size is None or min(size) < _LEAST:
        raise LibraryError(f"{song.folder.name} has no size yet: put res_width and res_height into "
                           "tgen_settings.json, or a picture into prompt_images")
    frames = StageFrames(song.folder, size)
    rate = song.usual_rate
    return {"first": _end(root, song, frames, pictures[0]), "second": _end(root, song, frames, pictures[1]),
            "size": list(frames.size), "rate": [rate.numerator, rate.denominator],
            "frames": wanted_of(song.folder).steps or FRAMES, "place": song.place}


def _end(root: Path, song: PlannerSong, frames: StageFrames, which: PictureId) -> dict[str, Any]:
    known = song.song.pictures.get(which)
    if known is not None and known.file and known.presence is Presence.EXISTS:
        frame = frames.frame(known)
        path, name = frame.path, frame.hash
    else:
        path, name = _from_movie(song, frames, which)
    settings = known.settings if known is not None else {}
    guidance: float | None = None
    with contextlib.suppress(ValueError):
        guidance = float(settings["guidance_scale"]) if settings.get("guidance_scale") else None
    return {"path": path.relative_to(root).as_posix(), "hash": name, "name": which.node,
            "prompt": known.prompt if known is not None else "", "seed": str(which.seed),
            "negative": settings.get("negative_prompt", ""), "guidance": guidance}


def _from_movie(song: PlannerSong, frames: StageFrames, which: PictureId) -> tuple[Path, str]:
    """The stage frame of a picture that only movies show: kept byte for byte where it can be."""
    still = song.still_of(which)
    if still is None:
        raise LibraryError(f"nothing shows {which.node} yet: it has no picture file and no transition; make it first")
    movie, frame = still
    with FrameReader(song.folder / movie, open_index(song.folder / movie)) as reader:
        jpeg = frames.jpeg_of(reader.read(frame), song.folder / movie)
    name = sha1(jpeg)
    path = song.folder / STAGE / f"{name}.jpg"
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        write_file(path, jpeg)
    return path, name


def _shown_size(song: PlannerSong, pictures: list[PictureId]) -> Size | None:
    """The size of the movies that show them."""
    for which in pictures:
        still = song.still_of(which)
        with contextlib.suppress(MediaError):
            if still is not None:
                index = open_index(song.folder / still[0])
                return index.width // 2 * 2, index.height // 2 * 2
    return None


