"""Any two picture files as the two stage frames of one transition, and what was done to them. It makes no movie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import DamagedMovie, NotAMovie, OutOfRange
from server.library.songs.recipe import recipe_of
from server.media.encoders import Target
from server.media.jpeg import encode_rgb
from server.media.picture import LOSSES, decode_picture, read_picture
from server.media.placement import place, place_rgb
from server.media.shots import Rendered, kept_jpeg
from server.production.stage_frames import SMALLEST, Size, StagePicture, stage_size
from server.render.fields import SEED_DIGITS
from server.render.job import SIDE_MOST

_DONE: Final = {"cover": "scaled and cut", "contain": "scaled, with black beside it,", "stretch": "stretched"}


@dataclass(frozen=True, slots=True)
class TransitionEnds:
    """Both stage frames at one size; `notes` say what became of the pictures, `losses` what they lost by it."""

    first: StagePicture
    second: StagePicture
    notes: tuple[str, ...]
    losses: tuple[str, ...]


def ends_from(first: Path, second: Path, *, size: Size | None = None, quality: int = 88, fit: str = "cover",
              prompts: tuple[str, str] | None = None) -> TransitionEnds:
    """Make the stage frames of two picture files; a JPEG that is one already is used byte for byte.

    Without a size it is the first picture's, in 1080p. `prompts`: what they show; then it does not matter what made
    them. Raises MissingFile, NotAMovie, DamagedMovie, OutOfRange.
    """
    opened = [_Opened(path, prompt) for path, prompt in zip((first, second), prompts or (None, None), strict=True)]
    notes: list[str] = []
    whole = _even(size, notes) if size is not None else stage_size([each.size for each in opened])
    target = Target(*whole, "420", quality, "fast", fit)
    frames = [_staged(each, target, notes) for each in opened]
    losses = [f"{each.path.name} {LOSSES[loss]}" for each in opened for loss in sorted(each.losses)]
    return TransitionEnds(frames[0], frames[1], tuple(notes), tuple(losses))


class _Opened:
    """A picture file that was read once."""

    def __init__(self, path: Path, prompt: str | None) -> None:
        self.path, self.data = path, read_picture(path)
        loaded = decode_picture(self.data, path)
        self.rgb, self.losses = loaded.rgb, loaded.losses
        self.recipe = recipe_of(self.data) if prompt is None else {"prompt": prompt}

    @property
    def size(self) -> Size:
        return self.rgb.shape[1], self.rgb.shape[0]

    def staged(self, jpeg: bytes, size: Size) -> StagePicture:
        told = str(self.recipe.get("seed", ""))
        seed = int(told) if told.isdecimal() and len(told) <= SEED_DIGITS else None
        return StagePicture(self.path.stem, jpeg, size, seed=seed, recipe=self.recipe)

    def kept(self, target: Target) -> Rendered | None:
        try:
            return kept_jpeg(self.data, target)
        except (DamagedMovie, NotAMovie) as reason:
            raise type(reason)(f"{self.path}: {reason}") from None


def _staged(opened: _Opened, target: Target, notes: list[str]) -> StagePicture:
    name = opened.path.name
    if opened.kept(target) is not None:
        notes.append(f"{name} is the stage frame itself, byte for byte")
        return opened.staged(opened.data, target.size)
    if opened.size != target.size:
        notes.append(f"{name} has {_text(opened.size)} pixels: {_DONE[target.fit]} to {_text(target.size)}")
    placement = place(opened.size, target.size, target.fit)
    return opened.staged(encode_rgb(place_rgb(opened.rgb, placement), target.quality), target.size)


def _even(size: Size, notes: list[str]) -> Size:
    if not SMALLEST <= min(size) <= max(size) <= SIDE_MOST:
        raise OutOfRange(f"a transition is {SMALLEST}×{SMALLEST} to {SIDE_MOST}×{SIDE_MOST} pixels, "
                         f"not {_text(size)}")
    even = size[0] // 2 * 2, size[1] // 2 * 2
    if even != size:
        notes.append(f"the size {_text(size)} became {_text(even)}: its sides must be even")
    return even


def _text(size: Size) -> str:
    return f"{size[0]}×{size[1]}"
