"""Jobs out of what a person or a walk asked for: two pictures as the planner tells them, and a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import MissingFile
from server.render.job import End, PictureJob, Size, TransitionJob
from server.show.making_state import Recipe

MODELLESS: Final = "morph"


def end_of(root: Path, told: Mapping[str, Any]) -> End:
    """A picture as the planner told it, with its stage frame's bytes. Raises MissingFile."""
    path = root / told["path"]
    try:
        jpeg = path.read_bytes()
    except OSError as reason:
        raise MissingFile(f"the stage frame of {told['name']} cannot be read ({reason.strerror or reason}); "
                          "interscene song check makes it again") from None
    return End(jpeg, told["hash"], told["name"], told["prompt"], told["negative"], int(told["seed"]), told["guidance"])


def transition_job(number: str, ends: tuple[End, End], told: Mapping[str, Any], recipe: Recipe, mode: str,
                   model: str) -> TransitionJob:
    """The transition between two pictures, made as the recipe says. Raises InputError, OutOfRange."""
    rate = Fraction(told["rate"][0], told["rate"][1])
    frames = recipe.frames or int(told["frames"])
    return TransitionJob(
        number, ends[0], ends[1], mode, max(frames, 3), (told["size"][0], told["size"][1]), rate,
        seed=int(recipe.seed), model=model, steps=recipe.steps or None, depth=recipe.depth,
        guidance=recipe.guidance or None, embedding=recipe.embedding, even=recipe.even, decoder=recipe.decoder)


def picture_job(number: str, prompt: str, negative: str, size: Size, recipe: Recipe, model: str) -> PictureJob:
    """A picture of a prompt, made as the recipe says. Raises InputError, OutOfRange."""
    return PictureJob(number, prompt, int(recipe.seed), size, model, negative, recipe.steps or None,
                      recipe.guidance or None)
