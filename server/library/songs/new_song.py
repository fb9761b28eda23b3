"""A new song folder: the files that a person fills, each as small as it can be and valid."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from server.errors import InputError, OutputError
from server.index.identity import typed
from server.library.formats.generation_settings import FILE_NAME as SETTINGS
from server.library.formats.generation_settings import format_settings
from server.library.formats.prompt_definitions import FILE_NAME as DEFINITIONS
from server.library.formats.prompt_definitions import new_definitions
from server.library.formats.scene_sequence import FILE_NAME as SEQUENCE
from server.library.formats.scene_sequence import format_scene_sequence
from server.library.naming import song_name
from server.library.songs.listing import MASKS, PICTURES
from server.library.songs.staging import StagedFolder, holds_something

SIZE: Final = (1024, 576)
FRAMES: Final = 30
_GRID: Final = 8
_SIDES: Final = range(64, 16_385)
_LENGTHS: Final = range(2, 100_001)


def make_song(song: Path, *, size: tuple[int, int] = SIZE, frames: int = FRAMES) -> tuple[str, ...]:
    """Write a song folder to fill, as a whole or not at all; return the names of its files.

    Raises InputError for a size or a length that they cannot have, PathRefused, OutputError.
    """
    song_name(song.absolute().name)
    if any(side % _GRID or side not in _SIDES for side in size):
        near = "x".join(str(max(_GRID * 8, side // _GRID * _GRID)) for side in size)
        raise InputError(f"width and height of pictures are multiples of {_GRID}; {near} would do")
    if frames not in _LENGTHS:
        raise InputError(f"a transition has {_LENGTHS[0]} to {_LENGTHS[-1]} frames, not {frames}; {FRAMES} would do")
    settings = {"default": {
        "res_height": size[1], "res_width": size[0], "interpolation_steps": frames,
        "model_string": "stable-diffusion-v1-5/stable-diffusion-v1-5", "seed_delimiter": ", ",
        "pipe_kwargs": {"num_inference_steps": 20}}}
    files = {DEFINITIONS: new_definitions().table.bytes(), SETTINGS: format_settings(settings),
             SEQUENCE: format_scene_sequence(())}
    if holds_something(song):
        raise OutputError(f"{song} is already there, with something in it; name another folder, or add pictures to it: "
                          f"interscene song add {typed(song)} PICTURE…")
    with StagedFolder(song) as staged:
        for name, data in files.items():
            staged.write(name, data)
        for folder in (PICTURES, MASKS):
            staged.folder(folder)
        staged.publish()
    return (*files, f"{PICTURES}/", f"{MASKS}/")
