"""Walking live: from `/go/picture` to the first frame of the way in the stream, from an atlas and through opens."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Final

from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.paired import median, middle_half, percentile
from benchmarks.stage import Heard, Stage, serving
from server.library.songs.song_folder import open_song
from server.media.numbered import write_numbered
from server.production.atlas import read_atlas
from server.production.atlas_packing import build_atlas
from server.protocol.encode import message
from server.protocol.osc import Message, messages

SUBJECT: Final = "navigation"
PICTURES: Final = 8
FRAMES: Final = 31
RATE: Final = 30
OPEN: Final = 0.150
"""Seconds that a renderer is assumed to need to open a movie."""
LIMITS: Final = {"an atlas": 50.0, "opens of 150 ms": 250.0}
LOST: Final = 2000.0
"""Milliseconds that a way counts with which was never seen to begin."""
Spans = dict[frozenset[str], tuple[str, int, int]]
"""Where the transition between two pictures is: movie, first and last frame."""
_SIZE: Final = (320, 192)


def measure(bench: Bench) -> list[Figure]:
    """99 of 100 within 50 ms from an atlas, within 250 ms through opens of an assumed 150 ms; most on the way."""
    goes = bench.few(150, 40)
    figures = []
    for name, packed in (("an atlas", True), ("opens of 150 ms", False)):
        song = make_song(bench.folder / f"walk {'packed' if packed else 'open'}" / "song", packed=packed)
        took = walk(song, goes, packed=packed, delay=0.0 if packed else OPEN)
        figures.append(Figure(SUBJECT, f"p99 from /go/picture to the first frame of the way, from {name}"
                              if packed else f"p99 from /go/picture to the first frame of the way, through {name}",
                              percentile(took, 0.99), "ms", LIMITS[name], at_least=False, spread=middle_half(took),
                              rounds=len(took), note=f"median {median(took):.1f} ms, at worst {max(took):.1f} ms"))
    return figures


def make_song(folder: Path, *, packed: bool) -> Path:
    """A song of pictures, a transition between any two; with an atlas if it is to be packed."""
    (folder / "transitions").mkdir(parents=True)
    names = [f"p{number}" for number in range(PICTURES)]
    lines = [f"{name},picture {name},{number + 1},7.5" for number, name in enumerate(names)]
    (folder / "prompt_image_definitions.csv").write_text(
        "name,prompt,seeds,guidance_scale\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tgen_settings.json").write_text(
        f'{{"default": {{"res_width": {_SIZE[0]}, "res_height": {_SIZE[1]}, "interpolation_steps": {FRAMES}}}}}',
        encoding="utf-8")
    for number, (one, other) in enumerate(combinations(nodes(), 2)):
        write_numbered(folder / "transitions" / f"{one} to {other}.mov", FRAMES, *_SIZE, Fraction(RATE),
                       first=number * 100)
    if packed:
        build_atlas(folder, open_song(folder))
    return folder


def nodes() -> list[str]:
    """The pictures of the song."""
    return [f"p{number}-{number + 1}" for number in range(PICTURES)]


class Delayed(Stage):
    """A renderer that needs a time to open a movie. It keeps what each open is of."""

    def __init__(self, osc_port: int, delay: float) -> None:
        self.delay = delay
        self.movies: dict[int, str] = {}
        super().__init__(osc_port)

    def _take(self, heard: Message) -> None:
        if heard.address.endswith("/open") and len(heard.args) == 4:
            id_, deck = int(heard.args[0]), heard.address.removesuffix("open")
            self.say(f"{deck}opening", id_)
            if id_ not in self.movies:
                self.movies[id_] = str(heard.args[2])
                timer = threading.Timer(self.delay, self._ready, (f"{deck}ready", id_))
                timer.daemon = True
                timer.start()
            self.opened.set()
        else:
            super()._take(heard)

    def _ready(self, address: str, id_: int) -> None:
        # The last opens may be done after the end.
        with suppress(OSError):
            self.say(address, id_)


def walk(song: Path, goes: int, *, packed: bool, delay: float) -> list[float]:
    """Milliseconds of each go: some from a picture at rest, most in the middle of a transition."""
    rng = random.Random(7)
    took: list[float] = []
    with playing(song, delay) as stage:
        spans = edges_of(song, packed=packed)
        # Where it came from last, and where it is going; what fades out still is not gone to again.
        recent = [nodes()[0]] * 4
        for number in range(goes):
            # A hop takes a second: mostly it is interrupted, now and then it has arrived.
            pause = rng.uniform(0.05, 1.0) if number % 5 else 1.7
            time.sleep(pause)
            goal = rng.choice([node for node in nodes() if node not in recent])
            end, milliseconds = go(stage, goal, dict.fromkeys(recent[-2:]), spans)
            took.append(milliseconds)
            recent = [*recent[1:], end, goal][-4:]
    return took


def go(stage: Delayed, goal: str, ends: Iterable[str], spans: Spans) -> tuple[str, float]:
    """From which of two pictures a transition to the goal was begun, and after how many milliseconds it was seen."""
    stage.forget()
    wanted = {end: spans[frozenset((end, goal))] for end in ends}
    packet = message("/go/picture", goal)
    sent = time.time_ns()
    stage.events.sendto(packet, stage.server)
    for heard in stage.hear(LOST / 1000):
        for end, span in wanted.items():
            if on(stage, heard, *span):
                return end, (heard.at - sent) / 1e6
    return goal, LOST


def on(stage: Delayed, heard: Heard, movie: str, first: int, last: int) -> bool:
    """Whether a packet tells a visible player to show a frame of this part of a movie."""
    values = {part.address: part.args[0] for part in messages(heard.packet)
              if isinstance(part, Message) and part.args}
    for player in range(3):
        clip, frame, level = (values.get(f"/td/deck/1/player/{player}/{name}", 0)
                              for name in ("clip", "frame", "level"))
        if level > 0 and stage.movies.get(int(clip)) == movie and first <= round(float(frame)) <= last:
            return True
    return False


def edges_of(song: Path, *, packed: bool) -> Spans:
    """Where each transition is: movie in the media folder, and its first and last frame there."""
    atlas = read_atlas(song) if packed else None
    found: Spans = {}
    for transition in open_song(song).transitions.values():
        place = f"{song.name}/{transition.movie}", 0, transition.frames - 1
        if atlas is not None:
            first, last = sorted(atlas.span(transition.first, transition.second) or (0, 0))
            place = f"{song.name}/{atlas.movie}", first, last
        found[frozenset((transition.first.node, transition.second.node))] = place
    return found


@contextmanager
def playing(song: Path, delay: float) -> Iterator[Delayed]:
    """A server that plays the song, and a renderer that shows it."""
    with serving(song, "--media-dir", str(song.parent)) as (_, port):
        stage = Delayed(port, delay)
        with stage:
            stage.join()
            stage.opened.wait(20)
            time.sleep(2.0)
            yield stage
