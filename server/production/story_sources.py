"""From the hops of a story to movies whose ends agree: what the song has is read and checked, the rest is made.

Where the two sides of a joint are not the same bytes, the stage frame of the picture decides, else the majority.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from server.errors import LibraryError, MediaError
from server.index.format import FrameIndex
from server.index.identity import typed
from server.library.graph.identity import Edge, PictureId, edge_of
from server.library.graph.song_graph import Presence, SongGraph, Transition
from server.library.songs.naming import JOINT, Names
from server.library.songs.song_folder import open_song
from server.library.songs.song_size import STAGE_QUALITY
from server.library.songs.story_lock import Hop
from server.media.indexing import index_of
from server.production.build_steps import Work
from server.production.check_frames import ALIKE
from server.production.convert_frames import ConvertOptions, convert_song
from server.production.stage_song import StageFrames, song_size
from server.production.story_parts import (
    CHROMA,
    Ends,
    Shape,
    Source,
    bridged,
    digest,
    ends_of,
    fitted,
    hash_frames,
    resized,
)
from server.units import format_rate

Size = tuple[int, int]
OLD_RATE: Final = Fraction(10)
"""At which the older programs make their movies."""
BRIDGE_FRAMES: Final = 30
"""Of a morph where the song has no transition to count."""
_MOST_NAMED: Final = 12
_STEPS: Final = 3.0
"""How many times farther an exchanged end may be from its neighbour than the old one was."""
_UNMADE: Final = "its folder of frames could not be made into a movie"

@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the frames is asked for; None: as most transitions of the story have it."""

    rate: Fraction | None = None
    size: Size | None = None
    bridge: bool = False
    seed: int = 0
    quality: int = STAGE_QUALITY


@dataclass(frozen=True, slots=True)
class Gathered:
    """All movies of a story, and the frame of each picture that they share."""

    sources: Mapping[Edge, Source]
    stage: Mapping[PictureId, bytes]
    shape: Shape
    notes: tuple[str, ...] = ()
    bridges: tuple[Edge, ...] = ()


@dataclass(slots=True)
class RawTransition:
    """A transition as it lies in the song."""

    source: Source
    ends: Ends
    stale: bool

    def of(self, picture: PictureId) -> bytes:
        """The end that shows a picture."""
        return self.ends.first if picture == self.source.first else self.ends.last

    def named(self, picture: PictureId) -> str | None:
        """The stage frame of a picture that it was made for, if it says so."""
        ends = self.source.index.ends
        return None if ends is None else ends[0 if picture == self.source.first else 1]


@dataclass(slots=True)
class _Count:
    """Frames done of all, told to a step."""

    work: Work
    of: int
    done: int = field(default=0)

    def tick(self) -> None:
        self.done += 1
        self.work(min(self.done, self.of), self.of)


def converted(song: Path, graph: SongGraph, edges: Iterable[Edge], rate: Fraction | None,
              work: Work) -> SongGraph:
    """Make movies of the transitions that are folders of frames; return the song as it is then. Raises LibraryError.

    What cannot be made into a movie is damaged in the song that is returned, and says why.
    """
    wanted = [graph.transitions[edge] for edge in edges]
    report = convert_song(song, ConvertOptions(rate), names=[f"{each.first.node}{JOINT}{each.second.node}"
                                                             for each in wanted], progress=work)
    work.note(f"{len(report.made)} folders of frames made into movies")
    after = open_song(song)
    names = Names(after.pictures)
    left = {edge: why for path, why in report.left
            if (named := names.of_transition(Path(path).name)) is not None for edge in named.edges}
    broken = {edge: replace(after.transitions[edge], presence=Presence.DAMAGED, reason=left.get(edge, _UNMADE))
              for edge in (each.edge for each in wanted)
              if edge in after.transitions and not after.transitions[edge].playable}
    return replace(after, transitions={**after.transitions, **broken})


def read_transitions(song: Path, graph: SongGraph, hops: Sequence[Hop], wanted: Wanted,
                     work: Work) -> dict[Edge, RawTransition]:
    """Read every transition of the hops that there is, whole. Raises LibraryError naming all that are missing."""
    edges = edges_of(hops)
    there = {edge: each for edge in edges if (each := graph.transitions.get(edge)) is not None and each.playable}
    missing = {edge: _why(graph.transitions.get(edge)) for edge in edges if edge not in there}
    if not wanted.bridge:
        _stop_for(song, missing)
    count = _Count(work, sum(transition.frames for transition in there.values()))
    found: dict[Edge, RawTransition] = {}
    for edge, transition in there.items():
        try:
            found[edge] = _read(song, transition, count)
        except MediaError as reason:
            missing[edge] = str(reason)
    if not wanted.bridge:
        _stop_for(song, missing)
    work.note(f"{len(found)} read, {count.done} frames"
              + (f"; {len(missing)} missing, bridged by morphs" if missing else ""))
    return found


def edges_of(hops: Iterable[Hop]) -> list[Edge]:
    """Every edge of a way once, in the order of its first use."""
    return list(dict.fromkeys(edge_of(hop.first, hop.second) for hop in hops))


def gather(song: Path, graph: SongGraph, hops: Sequence[Hop], raw: Mapping[Edge, RawTransition], wanted: Wanted,
           work: Work) -> Gathered:
    """Make all movies of a story agree: exchange ends, bring to one size, bridge what is missing. Raises MediaError."""
    edges = edges_of(hops)
    shape, notes = _shape(song, raw.values(), wanted)
    pictures = list(dict.fromkeys(picture for edge in edges for picture in edge))
    stage = _stage(song, graph, pictures, raw, shape)
    usual = Counter(each.source.index.count for each in raw.values())
    length = usual.most_common(1)[0][0] if usual else BRIDGE_FRAMES
    to_fit = [edge for edge in edges if edge in raw and not _fits(raw[edge], stage, shape)]
    to_bridge = [edge for edge in edges if edge not in raw]
    count = _Count(work, sum(raw[edge].source.index.count for edge in to_fit) + length * len(to_bridge))
    sources = {edge: each.source for edge, each in raw.items()}
    jumps: list[Edge] = []
    for edge in to_fit:
        source = raw[edge].source
        ends = Ends(stage[source.first], stage[source.second])
        sources[edge] = fitted(song, source, ends, shape, count.tick)
        jumps += [edge] if _jumps(raw[edge], sources[edge].index) else []
    for edge in to_bridge:
        ends = Ends(stage[edge[0]], stage[edge[1]])
        sources[edge] = bridged(song, edge, ends, length, wanted.seed, shape, count.tick)
    if to_fit:
        notes.append(f"{len(to_fit)} transitions have other ends, or another size, than the story: copies of them "
                     f"were fitted ({_named(to_fit)})")
    if jumps:
        notes.append(f"{len(jumps)} of them jump at an end, because their pictures are others now; make them again: "
                     f"{_named(jumps)}")
    if to_bridge:
        notes.append(f"{len(to_bridge)} transitions are missing and are bridged by morphs: {_named(to_bridge)}")
    work.note(f"{len(to_fit)} fitted, {len(to_bridge)} bridged")
    work.kept = not (to_fit or to_bridge)
    return Gathered(sources, stage, shape, tuple(notes), tuple(to_bridge))


def _read(song: Path, transition: Transition, count: _Count) -> RawTransition:
    path = song / transition.movie
    index = index_of(path)
    source = Source(transition.first, transition.second, "transition", transition.movie, path, transition.movie, index,
                    hash_frames(path, index, count.tick))
    return RawTransition(source, ends_of(path, index), transition.presence is Presence.STALE)


def _shape(song: Path, raw: Iterable[RawTransition], wanted: Wanted) -> tuple[Shape, list[str]]:
    indexes = [each.source.index for each in raw]
    sizes = Counter((index.width, index.height) for index in indexes)
    rates = Counter(index.rate for index in indexes)
    size = wanted.size or (sizes.most_common(1)[0][0] if sizes else song_size(song))
    rate = wanted.rate or (rates.most_common(1)[0][0] if rates else OLD_RATE)
    notes = []
    others = sorted(each for each in rates if each != rate)
    if others:
        notes.append(f"transitions of {', '.join(format_rate(each) for each in others)} frames a second are shown "
                     f"frame by frame at {format_rate(rate)}")
    return Shape(size, wanted.quality, rate), notes


def _stage(song: Path, graph: SongGraph, pictures: Sequence[PictureId], raw: Mapping[Edge, RawTransition],
           shape: Shape) -> dict[PictureId, bytes]:
    """The one frame of every picture: its stage frame where anything needs it, else what most transitions have."""
    touching: defaultdict[PictureId, list[RawTransition]] = defaultdict(list)
    for each in raw.values():
        for picture in each.source.edge:
            touching[picture].append(each)
    frames = StageFrames(song, shape.size, shape.quality)
    stage: dict[PictureId, bytes] = {}
    nothing: list[str] = []
    for picture in pictures:
        fitting = [each for each in touching[picture] if _right_size(each, shape)]
        votes = Counter(each.of(picture) for each in fitting)
        own = None
        if len(votes) != 1 or any(each.stale or each.named(picture) is not None for each in fitting):
            own = _own_frame(frames, graph, picture)
        if own is not None and len(votes) == 1 and not any(each.stale or each.named(picture) not in (None, digest(own))
                                                           for each in fitting):
            own = None  # all sides are the same already, and none says that it was made for another picture
        if own is None and not votes and touching[picture]:
            own = resized(touching[picture][0].of(picture), shape)
        if own is None and not votes:
            nothing.append(picture.stem)
            continue
        stage[picture] = votes.most_common(1)[0][0] if own is None else own
    if nothing:
        raise LibraryError(f"{len(nothing)} pictures of the way have neither a file that can be read nor a transition "
                           f"to take it from; put them into prompt_images: {', '.join(nothing[:_MOST_NAMED])}"
                           + (f" and {len(nothing) - _MOST_NAMED} more" if len(nothing) > _MOST_NAMED else ""))
    return stage


def _own_frame(frames: StageFrames, graph: SongGraph, picture: PictureId) -> bytes | None:
    known = graph.pictures.get(picture)
    if known is None or not known.file:
        return None
    try:
        return frames.frame(known).jpeg()
    except MediaError:
        return None


def _right_size(each: RawTransition, shape: Shape) -> bool:
    index = each.source.index
    return (index.width, index.height, index.chroma) == (*shape.size, CHROMA)


def _fits(each: RawTransition, stage: Mapping[PictureId, bytes], shape: Shape) -> bool:
    return (_right_size(each, shape) and each.ends.first == stage[each.source.first]
            and each.ends.last == stage[each.source.second])


def _jumps(was: RawTransition, now: FrameIndex) -> bool:
    """Whether an exchanged end is much farther from the frame beside it than the end that was there."""
    before, after = was.source.index.difference, now.difference
    if before is None or after is None or len(before) != len(after) or len(after) < 3:
        return False
    return any(float(after[at]) > max(ALIKE, _STEPS * float(before[at])) for at in (1, -1))


def _why(transition: Transition | None) -> str:
    return transition.reason if transition is not None and transition.presence is Presence.DAMAGED else ""


def _stop_for(song: Path, missing: Mapping[Edge, str]) -> None:
    if not missing:
        return
    lines = [f"  {edge[0].node} to {edge[1].node}" + (f": {why}" if why else "")
             for edge, why in list(missing.items())[:_MOST_NAMED]]
    if len(missing) > _MOST_NAMED:
        lines.append(f"  and {len(missing) - _MOST_NAMED} more")
    raise LibraryError("\n".join((
        f"{len(missing)} transitions of the way are missing:", *lines,
        f"list them for the generator with: interscene song plan {typed(song)}",
        f"or bridge them by morphs with: interscene song build {typed(song)} --bridge")))


def _named(edges: Sequence[Edge]) -> str:
    shown = [f"{edge[0].node} to {edge[1].node}" for edge in edges[:_MOST_NAMED]]
    more = f" and {len(edges) - _MOST_NAMED} more" if len(edges) > _MOST_NAMED else ""
    return ", ".join(shown) + more


def stage_hashes(gathered: Gathered) -> dict[PictureId, str]:
    """What names the frame of each picture: SHA-1 of the JPEG."""
    return {picture: digest(jpeg) for picture, jpeg in gathered.stage.items()}
