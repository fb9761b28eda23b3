"""A graph song as the show knows it: names of pictures and scenes, and a still of each. It plans no way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from server.errors import InputError, LibraryError
from server.library.graph.identity import PictureId
from server.library.media_folder import close_to, folded
from server.library.paths import shortened
from server.playback.timeline import Movie
from server.playback.walk import Hop

LISTED: Final = 5


@dataclass(frozen=True, slots=True)
class Spot:
    """A picture of a song by its node, `name-seed`; `still`: a movie and its frame that show it."""

    node: str
    prompt: str = ""
    scenes: tuple[str, ...] = ()
    still: tuple[Movie, int] | None = None

    def standing(self) -> Hop | None:
        """The picture as something to play: it stands. None where nothing shows it."""
        if self.still is None:
            return None
        movie, frame = self.still
        return Hop(self.node, self.node, movie, frame, frame)


@dataclass(frozen=True, slots=True, eq=False)
class SongMap:
    """One version of a song, never changed: a newer one replaces it whole.

    `folder`: under which it was opened, in the media folder, with /; `place`: where it lies now. `movies` are those
    of its transitions; `edges`: which one each is; `packed`: movies that hold many in one. `never`: pictures that are
    not to be shown again.
    """

    folder: str
    name: str
    place: str = ""
    version: int = 1
    spots: Mapping[str, Spot] = field(default_factory=dict)
    scenes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    movies: tuple[str, ...] = ()
    edges: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    packed: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    _names: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        names: defaultdict[str, list[str]] = defaultdict(list)
        for node in self.spots:
            for form in forms_of(node):
                names[form].append(node)
        object.__setattr__(self, "_names", {form: tuple(nodes) for form, nodes in names.items()})

    def find(self, text: str) -> tuple[str, ...]:
        """The pictures that a name means: one by name and seed, all of a prompt by its name. Raises LibraryError."""
        wanted = text.strip()
        if wanted in self.spots:
            return (wanted,)
        found = self._names.get(wanted) or self._names.get(folded(wanted), ())
        if len(found) > 1 and not self._is_prompt(wanted, found):
            raise LibraryError(f"{shortened(text)} may be {_listed(found)}; say which")
        if found:
            return found
        raise LibraryError(f"{self.name} has no picture {shortened(text)}{self._hint(wanted, self._names)}")

    def find_scene(self, text: str) -> str:
        """The scene that a name means. Raises LibraryError."""
        wanted = text.strip()
        found = [name for name in self.scenes if name == wanted] or [
            name for name in self.scenes if folded(name) == folded(wanted)]
        if len(found) == 1:
            return found[0]
        known = {folded(name): (name,) for name in self.scenes}
        raise LibraryError(f"{self.name} has no scene {shortened(text)}{self._hint(wanted, known)}")

    def standing(self, node: str) -> Hop | None:
        """A picture that stands; None where nothing shows it, or it is none of this song."""
        spot = self.spots.get(node)
        return spot.standing() if spot is not None else None

    @property
    def start(self) -> str:
        """The picture to begin with: the first of the first scene that anything shows; empty where nothing does."""
        order = [node for nodes in self.scenes.values() for node in nodes]
        return next((node for node in (*order, *self.spots) if node not in self.never
                     and self.standing(node) is not None), "")

    @staticmethod
    def _is_prompt(wanted: str, found: Sequence[str]) -> bool:
        """Whether a name means a prompt, and so any of its pictures, not several pictures by one short form."""
        return all(folded(PictureId.of_node(node).name) == folded(wanted) for node in found)

    def _hint(self, wanted: str, known: Mapping[str, Sequence[str]]) -> str:
        begun = [form for form in known if wanted and form.startswith(folded(wanted))]
        close = dict.fromkeys(node for form in begun or close_to(wanted, known) for node in known[form][:2])
        if close:
            return f"; did you mean {_listed(list(close), 'or')}?"
        return f"; there are {_listed(sorted(self._plain(known)))}" if known else "; it has none"

    def _plain(self, known: Mapping[str, Sequence[str]]) -> set[str]:
        """One name for each thing: a prompt for its pictures, a scene as it is."""
        return {node.rpartition("-")[0] or node if node in self.spots else node
                for nodes in known.values() for node in nodes}


def forms_of(node: str) -> Iterable[str]:
    """Everything that a picture may be called besides its node, each as written and without regard to case."""
    try:
        picture = PictureId.of_node(node)
    except InputError:
        return (folded(node),)
    short = picture.alias
    forms = (picture.node, picture.stem, short, f"{picture.name}_{short.rpartition('-')[2]}", picture.name)
    return dict.fromkeys(form for text in forms for form in (text, folded(text)))


def _listed(names: Sequence[str], joint: str = "") -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return (f" {joint} " if joint else ", ").join(names[:LISTED]) + more
