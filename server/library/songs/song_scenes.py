"""Scenes and sequences of a song: which pictures the names of scenes mean, and which those of anchors.

A scene is the prompt of that name, else the folder of that name below `scenes`, else what a drawn graph says; where
a sequence names nothing of that, scenes are prompts, and its rows go by the pictures that they name.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from server.library.formats.oddity import Oddity, counted, listed
from server.library.formats.scene_sequence import SceneSequence, SequenceLine, file_of
from server.library.graph.identity import PictureId
from server.library.graph.song_graph import Scene, SceneStep
from server.library.songs.listing import same_text
from server.library.songs.song_files import SongFiles
from server.library.songs.song_pictures import SongPictures

_GUESSED: Final = 50
"""Names, for each of which every prompt is looked at letter by letter."""
_USUAL_HOPS: Final = 3
"""What the older program writes when it makes a sequence by itself."""


@dataclass(frozen=True, slots=True)
class SongScenes:
    """Scenes in the order of the song, the sequences in terms of pictures, and what is odd about them."""

    scenes: Mapping[str, Scene]
    sequences: Mapping[str, tuple[SceneStep, ...]]
    oddities: tuple[Oddity, ...] = ()


class _Resolver:
    """What the rows of one sequence mean."""

    def __init__(self, file: str, pictures: SongPictures, groups: Mapping[str, tuple[PictureId, ...]],
                 hints: Mapping[str, str]) -> None:
        self.file = file
        self.hints = hints
        self.pictures = pictures
        self.groups = groups
        self.folders = pictures.in_folders
        self.folded = {same_text(name): name for name in (*self.folders, *groups)}
        self.oddities: list[Oddity] = []
        self.scenes: dict[str, tuple[PictureId, ...]] = {}
        self.drawn: list[str] = []

    def say(self, line: int | None, what: str, done: str, *, note: bool = False) -> None:
        self.oddities.append(Oddity(self.file, line, what, done, note))

    def steps(self, sequence: SceneSequence) -> tuple[SceneStep, ...]:
        """The steps of a sequence; rows that name nothing are taken by their pictures, or left out."""
        found: list[SceneStep] = []
        unknown: list[tuple[SequenceLine, str]] = []
        for line in sequence.lines:
            scene = self._scene(line)
            if not scene:
                scene = self._by_pictures(line)
                unknown.append((line, scene))
            if scene:
                self.scenes.setdefault(scene, self._pictures_of(scene))
                found.append(self._step(line, scene))
        if self.drawn:
            self.say(None, f"{counted(len(self.drawn), 'scene')} without a prompt or folder: {listed(self.drawn, 99)}",
                     "their pictures are those that the graph in story puts there")
        if unknown:
            self._say_unknown(unknown)
            found = self._fitted(found, {scene for _, scene in unknown})
        if not found and sequence.lines:
            self.say(None, "none of its scenes and anchors means a picture of the song",
                     "scenes are prompts, in the order of the definitions")
            hops = max(line.hops for line in sequence.lines)
            found = usual_steps(self.groups, hops)
            self.scenes.update({step.scene: self.groups[step.scene] for step in found})
        self._say_repeated(found)
        return tuple(found)

    def _scene(self, line: SequenceLine) -> str:
        """The prompt or folder that a row names; "" when it is none with pictures."""
        if self.groups.get(line.scene):
            group, folder = self.groups[line.scene], self.folders.get(line.scene)
            if folder and set(folder) != set(group) and line.scene not in self.scenes:
                self.say(line.line, f"{line.scene!r} is a prompt with {counted(len(group), 'picture')} and a folder "
                                    f"with {len(folder)}", "the prompt counts")
            return line.scene
        if self.folders.get(line.scene):
            return line.scene
        if self.pictures.in_graphs.get(line.scene):
            self.drawn.append(line.scene)
            return line.scene
        close = self.folded.get(same_text(line.scene))
        if close is not None:
            self.say(line.line, f"the scene {line.scene!r} is written {close!r} elsewhere", "they are taken for one")
            return close
        return ""

    def _pictures_of(self, scene: str) -> tuple[PictureId, ...]:
        return self.groups.get(scene) or self.folders.get(scene) or self.pictures.in_graphs.get(scene) or ()

    def _by_pictures(self, line: SequenceLine) -> str:
        """The prompt of the pictures that a row names; of one that names none, what other sequences say."""
        return prompt_named(line, self.pictures) or self.hints.get(line.scene, "")

    def _say_unknown(self, unknown: Sequence[tuple[SequenceLine, str]]) -> None:
        taken = [f"{line.scene} as {scene}" for line, scene in unknown if scene]
        lost = [line.scene for line, scene in unknown if not scene]
        done = []
        if taken:
            done.append(f"scenes are prompts; by the pictures they name, {listed(taken, 99)}")
        if lost:
            close = [f"{scene} is perhaps {near[0]}" for scene in lost[:_GUESSED]
                     if (near := difflib.get_close_matches(scene, self.groups, n=1, cutoff=0.8))]
            done.append(f"left out, since nothing says what {'it is' if len(lost) == 1 else 'they are'}: "
                        f"{listed(lost, 99)}{' (' if close else ''}{listed(close)}{')' if close else ''}")
        self.say(unknown[0][0].line, f"{counted(len(unknown), 'scene')} that {'is' if len(unknown) == 1 else 'are'} "
                                     "neither a prompt with seeds nor a folder in scenes: "
                                     f"{listed((line.scene for line, _ in unknown), 99)}", "; ".join(done))

    def _step(self, line: SequenceLine, scene: str) -> SceneStep:
        inside = self.scenes[scene]
        start = self._anchors(line, scene, inside)
        avoid: set[PictureId] = set()
        for text in line.avoid:
            meant = self.pictures.meant(text)
            if not meant:
                self.say(line.line, f"{text!r} is to be avoided in {line.scene!r}, and no picture is called so",
                         "not used")
            elif not set(meant) & set(inside):
                self.say(line.line, f"{text!r} is to be avoided in {line.scene!r}, and is not in that scene",
                         "kept; it changes nothing")
            avoid.update(meant)
        both = [each for each in start if each in avoid]
        if both:
            self.say(line.line, f"{listed(each.stem for each in both)} is start and avoided at once", "it is avoided")
            start = tuple(each for each in start if each not in avoid)
        if inside and not set(inside) - avoid:
            self.say(line.line, f"avoid leaves no picture of {line.scene!r}",
                     "kept as it is; no route leads through here until the list is shorter")
        most = max(0, len(set(inside) - avoid) - 1)
        if line.hops > most:
            self.say(line.line, f"{line.hops} hops are to be made in {line.scene!r}, which has "
                                f"{counted(most + 1, 'picture')} for it",
                     f"{most} {'is' if most == 1 else 'are'} made, so that no picture comes twice")
        return SceneStep(scene, min(line.hops, most), line.section, start, line.random, frozenset(avoid))

    def _anchors(self, line: SequenceLine, scene: str, inside: Sequence[PictureId]) -> tuple[PictureId, ...]:
        found: list[PictureId] = []
        for text in line.start:
            meant = self.pictures.meant(text)
            within = [each for each in meant if each in inside]
            if len(meant) > 1:
                self.say(line.line, f"the anchor {text!r} may be {' or '.join(each.stem for each in meant)}",
                         "either may come; write the whole seed to have one")
            if not meant:
                self.say(line.line, f"the anchor {text!r} of {line.scene!r} is no picture of the song",
                         "not used; " + ("the others count" if len(line.start) > 1 else "any picture may begin"))
            elif not within:
                self.say(line.line, f"the anchor {text!r} is not in its scene {line.scene!r}"
                         + (f" ({scene})" if scene != line.scene else ""),
                         "not used; " + ("the others count" if len(line.start) > 1 else "any picture may begin"))
            found.extend(each for each in within if each not in found)
        return tuple(found)

    def _fitted(self, steps: Sequence[SceneStep], guessed: set[str]) -> list[SceneStep]:
        """Several rows may have fallen into one prompt: what they visit together is at most its pictures."""
        left = {scene: len(self.scenes[scene]) for scene in guessed if scene}
        kept: list[SceneStep] = []
        shortened = 0
        for step in steps:
            if step.scene not in left:
                kept.append(step)
                continue
            room = left[step.scene]
            if not room:
                shortened += 1
                continue
            hops = min(step.hops, room - 1)
            shortened += hops < step.hops
            left[step.scene] = room - hops - 1
            kept.append(replace(step, hops=hops))
        if shortened:
            self.say(None, "several rows fall into one prompt, which has fewer pictures than they visit together",
                     f"{counted(shortened, 'row')} visited in part or not at all")
        return kept

    def _say_repeated(self, steps: Sequence[SceneStep]) -> None:
        """A scene that comes back later makes the way a circle."""
        seen: set[str] = set()
        before = ""
        for step in steps:
            if step.scene in seen and before != step.scene:
                self.say(None, f"the sequence comes back to {step.scene!r}",
                         "kept; pictures that were shown are not repeated while there are others", note=True)
            seen.add(step.scene)
            before = step.scene


def prompt_named(line: SequenceLine, pictures: SongPictures) -> str:
    """The prompt that the anchors of a row belong to, else that of the pictures it avoids; "" for neither."""
    return next((meant[0].name for text in (*line.start, *line.avoid) if (meant := pictures.meant(text))), "")


def usual_steps(groups: Mapping[str, Sequence[PictureId]], hops: int = _USUAL_HOPS) -> list[SceneStep]:
    """A step for each group of pictures, in one section."""
    return [SceneStep(name, min(hops, len(group) - 1)) for name, group in groups.items() if group]


def scenes_of(files: SongFiles, pictures: SongPictures) -> SongScenes:
    """Resolve all sequences of a song, and put its scenes into an order."""
    groups = pictures.by_prompt()
    sequences: dict[str, tuple[SceneStep, ...]] = {}
    scenes: dict[str, tuple[PictureId, ...]] = {}
    oddities: list[Oddity] = []
    hints: dict[str, str] = {}
    for line in (line for sequence in files.sequences.values() for line in sequence.lines):
        hints[line.scene] = hints.get(line.scene) or prompt_named(line, pictures)
    for variant, sequence in files.sequences.items():
        resolver = _Resolver(file_of(variant), pictures, groups, hints)
        sequences[variant] = resolver.steps(sequence)
        for name, group in resolver.scenes.items():
            scenes.setdefault(name, group)
        oddities.extend(resolver.oddities)
    placed = {picture for group in scenes.values() for picture in group}
    left = {name: group for name, group in pictures.in_folders.items()
            if name not in scenes and not set(group) & placed and name not in groups}
    scenes.update(left)
    placed.update(picture for group in left.values() for picture in group)
    for name, group in groups.items():
        rest = tuple(each for each in group if each not in placed)
        if rest and name not in scenes:
            scenes[name] = rest
    for variant, sequence in files.sequences.items():
        if not sequence.lines:
            sequences[variant] = tuple(usual_steps(scenes))
    if not sequences and groups:
        sequences[""] = tuple(usual_steps(scenes))
        unused = any(each.file == file_of("") for each in files.oddities)
        oddities.append(Oddity(file_of(""), None, "there is no sequence to follow" if unused else
                               "there is no such file", "every scene is visited in turn, as the song lists them"))
    elif groups and "" not in sequences:
        oddities.append(Oddity(file_of(""), None, "there is no such file",
                               f"the song has {listed(map(file_of, sequences))}; choose one by its name", note=True))
    return SongScenes({name: Scene(name, group) for name, group in scenes.items()}, sequences, tuple(oddities))
