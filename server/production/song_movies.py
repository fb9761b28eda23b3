"""One transition of a song, made and put into its place: between its pictures' stage frames, with all that is known.

It does not decide which are made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from server.errors import MediaError
from server.index.opening import read_sidecar
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Picture, Presence, SongGraph, Transition
from server.library.songs.naming import movie_name
from server.library.songs.recipe import recipe_of
from server.library.songs.song_folder import OpenSong
from server.library.songs.versions import next_version
from server.media.indexing import index_of
from server.media.picture import read_picture
from server.production.stage_frames import StagePicture
from server.production.stage_song import StageFrames
from server.production.transition import MODES, Making, TransitionOptions, judged, make_transition

USUAL_RATE: Final = Fraction(30)
_LOOKED_AT: Final = 50


def wanted(graph: SongGraph, coming: Collection[PictureId] = ()) -> list[Transition]:
    """The transitions of which nothing is there, both of whose pictures can be shown; also once those `coming` can."""
    usable = {*coming, *(picture.id for picture in graph.pictures.values() if picture.presence is Presence.EXISTS)}
    return [each for each in graph.transitions.values() if each.presence is Presence.MISSING and not each.movie
            and each.first in usable and each.second in usable]


def rate_of(song: OpenSong) -> Fraction:
    """The rate that most of the song's movies have, so that a walk has one speed."""
    rates: Counter[Fraction] = Counter()
    movies = [each.movie for each in song.graph.transitions.values() if each.playable]
    for movie in movies[:_LOOKED_AT]:
        rates[index_of(song.folder / movie).rate] += 1
    return rates.most_common(1)[0][0] if rates else USUAL_RATE


@dataclass(frozen=True, slots=True)
class Ends:
    """The two pictures of a transition as its ends."""

    first: StagePicture
    second: StagePicture


def ends_of(song: OpenSong, stages: StageFrames, job: Transition) -> Ends:
    """The stage frames of both pictures, made now if need be. Raises MissingFile, NotAMovie, DamagedMovie."""
    return Ends(*(_staged(song, stages, song.graph.pictures[which]) for which in (job.first, job.second)))


def _staged(song: OpenSong, stages: StageFrames, picture: Picture) -> StagePicture:
    frame = stages.frame(picture)
    return StagePicture(picture.id.node, frame.jpeg(), stages.size, seed=picture.id.seed,
                        recipe=recipe_for(song.folder, picture))


def recipe_for(folder: Path, picture: Picture) -> dict[str, Any]:
    """What a picture was made from: as it says itself, else as the song's list has it, which names no model."""
    try:
        own = recipe_of(read_picture(folder / picture.file)) if picture.file else {}
    except MediaError:
        own = {}
    if own:
        return own
    guidance = picture.settings.get("guidance_scale", "")
    listed: dict[str, Any] = {"prompt": picture.prompt, "negative": picture.settings.get("negative_prompt", "")}
    return {**listed, "guidance": float(guidance.replace(",", "."))} if guidance else listed


def make_movie(song: OpenSong, ends: Ends, job: Transition, options: TransitionOptions, *,
               step: Callable[[int, int], None] | None = None, cancelled: Callable[[], bool] | None = None,
               making: Making | None = None, judge: bool = False) -> str:
    """Make the movie of a transition in the song; return its path there. Raises OutputError, RenderError, Cancelled."""
    out = next_version(song.folder / movie_name(job.first, job.second))
    index = make_transition(ends.first, ends.second, out, options, step=step, cancelled=cancelled, making=making)
    if judge:
        judged(out, index)
    return out.relative_to(song.folder).as_posix()


def unjudged(song: OpenSong) -> list[Path]:
    """The made transitions without figures: the program was ended between making and judging them."""
    found = []
    for each in song.graph.transitions.values():
        movie = song.folder / each.movie
        if not each.playable:
            continue
        try:
            index = read_sidecar(movie)
        except MediaError:
            continue
        made = index.made if index is not None else None
        if made is not None and made.get("generator") in MODES and "judgement" not in made:
            found.append(movie)
    return found
