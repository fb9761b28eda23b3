"""The thread that waits for disks, so that the show does not: names → movies and songs, and what is new."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from server.app.graph_songs import find_graph_song, graph_song_of
from server.app.navigator import Navigator
from server.errors import IntersceneError, MediaError
from server.index.reader import not_seekable
from server.library.media_folder import MediaFolder
from server.library.shelf import MovieShelf
from server.library.song import song_by_name, song_of_folder
from server.library.songlist import SongEntry
from server.library.songs.stories import read_story
from server.library.spans import WrittenSpan, parse_spans
from server.playback.timeline import Clip, Movie, Span
from server.show.events import Loaded, NeedMovie, NeedStory, Storied
from server.show.state import SongPlace
from server.units import Seconds

log = logging.getLogger("interscene.library")

RESCAN: Seconds = 10.0
"""How long a movie that someone put into the media folder may go unnoticed."""

NAME_MAX = 120
LOOKED_AT = 100
"""Movies of a song that are opened when it is loaded, so that what is wrong with them is known before the show."""

FIRST_REST: Seconds = 0.5
"""How long nothing must be wanted before the folder is tidied: the first picture comes first."""

INDEX_MODE = 1
"""`playback_mode` of a song list whose movies stand still and are driven by position."""


class Librarian:
    """Answers `NeedMovie` with `Loaded`, in order, and keeps the list of movies fresh.

    Songs of pictures are handed to the navigator, who answers itself.
    """

    def __init__(self, folder: MediaFolder, shelf: MovieShelf, entries: tuple[SongEntry, ...],
                 answer: Callable[[Loaded | Storied], None], navigator: Navigator | None = None) -> None:
        self._folder, self._shelf, self._entries, self._answer = folder, shelf, entries, answer
        self._navigator = navigator
        self._wanted: SimpleQueue[NeedMovie | NeedStory | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="librarian", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._wanted.put(None)
        self._thread.join(timeout=2.0)

    def want(self, event: NeedMovie | NeedStory) -> None:
        self._wanted.put(event)

    def _do(self, event: NeedMovie | NeedStory) -> None:
        if isinstance(event, NeedStory):
            self._answer(self.story(event))
        elif not self._is_graph(event):
            self._answer(self.load(event))

    def _is_graph(self, event: NeedMovie) -> bool:
        """Hand a song of pictures to the navigator; whether it was one."""
        if event.kind != "song" or self._navigator is None:
            return False
        try:
            self._folder.scan()
            folder = find_graph_song(self._folder, event.name) or self._listed_graph(event.name)
        except IntersceneError as error:
            self._answer(Loaded(event.ticket, None, code=error.code, error=str(error)))
            return True
        if folder is None:
            return False
        self._navigator.open(event, folder)
        return True

    def _listed_graph(self, name: str) -> str | None:
        """The song of pictures that an entry of the song list names."""
        entry = next((entry for entry in self._entries if entry.song_name == name), None)
        return find_graph_song(self._folder, entry.subfolder.strip(" ./")) if entry is not None else None

    def story(self, event: NeedStory) -> Storied:
        """Read a story; what stands in the way comes back in words."""
        known = self._navigator.map_of(event.folder) if self._navigator is not None else None
        place = known.place if known is not None else event.folder
        try:
            return Storied(event.ticket, place, read_story(self._folder.path(place), event.name))
        except IntersceneError as error:
            return Storied(event.ticket, code=error.code, error=str(error))
        except Exception:  # one story's trouble must not end the reading of others
            log.exception("the story %r could not be read", event.name)
            return Storied(event.ticket, code="internal",
                           error="the story could not be read; the server's log says why")

    def load(self, event: NeedMovie) -> Loaded:
        """Find and open what is wanted; what stands in the way comes back in words."""
        try:
            if event.kind == "song":
                return self._song(event)
            place, clip = (self._exactly(event.name, event.spans) if event.spans else
                           {"movie": self._movie, "spans": self._spans}[event.kind](event.name))
            return Loaded(event.ticket, clip, place)
        except IntersceneError as error:
            return Loaded(event.ticket, None, code=error.code, error=_in_words(event.name, error))
        except Exception:  # the top of a thread: one movie's trouble must not end the reading of others
            log.exception("%r could not be loaded", event.name)
            return Loaded(event.ticket, None, code="internal",
                          error=f"{event.name} could not be loaded; the server's log says why")

    def _open(self, name: str) -> Movie:
        index = self._shelf.index(name)
        if not index.intra:
            raise not_seekable(self._folder.path(name))
        return Movie.of(name, index)

    def _movie(self, wanted: str) -> tuple[SongPlace, Clip]:
        name = self._folder.find(wanted)
        return self._song_around(name), Clip.of_movie(self._open(name))

    def _spans(self, text: str) -> tuple[SongPlace, Clip]:
        return self._exactly(_clip_name(text), parse_spans(text))

    def _exactly(self, name: str, spans: Sequence[WrittenSpan]) -> tuple[SongPlace, Clip]:
        movies = {span.movie: self._open(self._folder.find(span.movie)) for span in spans}
        clip = Clip.from_spans(name, [
            Span(movies[span.movie], *span.within(movies[span.movie].count)) for span in spans])
        return self._song_around(clip.spans[0].movie.name), clip

    def _song_around(self, name: str) -> SongPlace:
        """The song that a movie is in; a movie that came after the last scan makes a new one."""
        if name not in self._folder.names:
            self._folder.scan()
        folder = graph_song_of(self._folder, name) if self._navigator is not None else None
        graph = self._navigator.map_of(folder) if folder is not None and self._navigator is not None else None
        if graph is not None:
            return SongPlace(graph.name, graph.movies, graph=graph)
        song = song_of_folder(self._folder, name.rpartition("/")[0])
        return SongPlace(song.name, song.movies)

    def _song(self, event: NeedMovie) -> Loaded:
        """The song's first movie that can be played, and a note about each that cannot."""
        self._folder.scan()
        song = song_by_name(self._folder, event.name, self._entries)
        place = SongPlace(song.name, song.movies, song.playback_mode != INDEX_MODE)
        order = (*song.movies[song.first:], *song.movies[:song.first])
        clip: Clip | None = None
        notes: list[tuple[str, str]] = []
        for name in order[:LOOKED_AT]:
            try:
                movie = self._open(name)
            except MediaError as error:
                notes.append((error.code, _in_words(name, error)))
            else:
                clip = clip or Clip.of_movie(movie)
        if clip is None:
            return Loaded(event.ticket, None, code=notes[0][0], error=notes[0][1], notes=tuple(notes[1:]))
        return Loaded(event.ticket, clip, place, notes=tuple(notes))

    def tidy(self) -> None:
        """Finish or remove what writers left that were killed in the media folder; living ones keep theirs."""
        from server.media.sweep import sweep_parts

        try:
            removed = sweep_parts(self._folder.root)
        except OSError as error:
            log.warning("%s could not be tidied: %s", self._folder.root, error.strerror or error)
            return
        if removed:
            log.info("removed %d unfinished files that a killed program left", len(removed))
            self._rescan()

    def _run(self) -> None:
        idle: Callable[[], None] = self.tidy
        wait = FIRST_REST
        while True:
            try:
                event = self._wanted.get(timeout=wait)
            except Empty:
                idle()
                idle, wait = self._rescan, RESCAN
                continue
            if event is None:
                return
            self._do(event)

    def _rescan(self) -> None:
        try:
            self._folder.scan()
        except IntersceneError as error:
            log.warning("%s", error)


def _clip_name(text: str) -> str:
    """What a clip of spans is called: as it was written, cut where it would fill a screen."""
    name = "; ".join(part.strip() for part in text.split(";") if part.strip())
    return name if len(name) <= NAME_MAX else name[:NAME_MAX - 1] + "…"


def _in_words(name: str, error: IntersceneError) -> str:
    """Errors of files do not always say which movie was asked for."""
    text = str(error)
    if isinstance(error, MediaError) and name.rpartition("/")[2].rpartition(".")[0] not in text:
        return f"{name}: {text}"
    return text
