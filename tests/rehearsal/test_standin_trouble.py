"""What goes wrong around the stand-in must not end it, nor take the picture: it answers in words and goes on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import cv2
import pytest
from scripted_server import AT_ONCE, AtOnce
from test_standin import WAVES, MakeStage, open_ready, shown

from server.errors import InputError, MissingFile
from server.media.numbered import read_number
from server.media.presentation import Presentation
from td_extensions.player_model import Command
from td_extensions.renderer_model import About, RendererModel
from td_project.rehearsal.clips import Opener
from td_project.rehearsal.deck import RehearsalDeck
from td_project.rehearsal.folder import resolve
from td_project.rehearsal.meter import Meter
from td_project.rehearsal.wire import packed


class Later(AtOnce):
    """An executor whose work is done, but told only when `finish` is called."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Future[object], Future[object]]] = []

    def submit(self, fn: Callable[..., object], /, *args: object, **named: object) -> Future[object]:
        told: Future[object] = Future()
        self._waiting.append((told, super().submit(fn, *args, **named)))
        return told

    def finish(self) -> None:
        for told, done in self._waiting:
            told.set_result(done.result())
        self._waiting.clear()


class One:
    """A deck without sockets: what it is told, and what it says."""

    def __init__(self, find: Callable[[str], Path], executor: AtOnce) -> None:
        self.model = RendererModel(About("one", 1, 2))
        self.model.event("/system/welcome", ("test", 1, 60.0, 1, "", 1), -1.0)
        self.model.deck(1)
        opener = Opener(executor, AT_ONCE, 1)
        self.deck = RehearsalDeck(1, self.model, opener, find, Meter(0), lambda: 0.0, reading=True)

    def event(self, name: str, *args: object) -> None:
        assert self.model.event(f"/td/deck/1/{name}", args, 0.0)

    def turn(self, tick: int, *command: float) -> list[object]:
        """A tick, if it says anything, and a cook; returns what was said, without request ids."""
        now = tick / 60
        if command:
            clip, frame, rate, level = command
            self.model.stream(1, tick, {0: Command(int(clip), frame, rate, level)}, now)
        said: list[object] = list(self.deck.cook(now))
        for address, args in self.model.outgoing(now, lambda: ()):
            plain = tuple(arg for arg in args if not str(arg).startswith("#"))
            if address.startswith("/td/deck/1/") and not address.endswith("opening"):
                said.append((address.rsplit("/", 1)[1], *plain))
        return said

    def on_screen(self) -> list[int | None]:
        return [read_number(picture) for picture, _ in self.deck.layers()]

    def levels(self) -> list[float]:
        return [level for _, level in self.deck.layers()]


@pytest.fixture
def decks() -> Iterator[Callable[..., One]]:
    """Makes decks whose files are found by a function; closes them."""
    made: list[One] = []

    def make(find: Callable[[str], Path], executor: AtOnce | None = None) -> One:
        made.append(One(find, executor or AtOnce()))
        return made[-1]

    yield make
    for one in made:
        one.deck.close()


@pytest.mark.parametrize("trouble", [
    PermissionError(13, "Permission denied"), OSError(36, "File name too long"), InputError("refused"),
    RuntimeError("Symlink loop"), ValueError("embedded null byte"), AttributeError("codec"), MissingFile("gone")])
def test_whatever_opening_raises_is_a_failure_with_a_reason(
        decks: Callable[..., One], media: Path, trouble: Exception) -> None:
    def find(name: str) -> Path:
        if name == "bad.mov":
            raise trouble
        return media / name

    deck = decks(find)
    deck.event("open", 1, 0, "bad.mov", 0)
    [answer] = [said for said in deck.turn(1) if isinstance(said, tuple)]
    assert answer[:2] == ("failed", 1)
    assert str(trouble.args[-1]) in str(answer[2])
    deck.event("open", 2, 0, "numbers.mov", 0)
    assert ("ready", 2) in deck.turn(7)


@pytest.mark.parametrize("trouble", [
    PermissionError(13, "Permission denied"), RuntimeError("Symlink loop"), ValueError("null byte")])
def test_a_folder_that_cannot_be_looked_into_is_named(
        monkeypatch: pytest.MonkeyPatch, media: Path, trouble: Exception) -> None:
    def refuse(path: Path) -> bool:
        raise trouble

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(MissingFile, match=f"numbers.mov.*{trouble.args[-1]}.*permissions"):
        resolve(media, "numbers.mov")


def test_a_circle_of_links_fails_in_words(tmp_path: Path) -> None:
    try:
        (tmp_path / "a.mov").symlink_to("b.mov")
        (tmp_path / "b.mov").symlink_to("a.mov")
    except OSError:
        pytest.skip("this system makes no symbolic links")
    with pytest.raises(MissingFile, match=r"a\.mov"):
        resolve(tmp_path, "a.mov")


def test_a_movie_that_is_lost_while_it_plays_leaves_its_last_picture(
        decks: Callable[..., One], media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deck = decks(lambda name: media / name)
    deck.event("open", 1, 0, "numbers.mov", 0)
    deck.turn(1)
    deck.turn(2, 1, 40.0, 0.0, 1.0)

    def lost(movie: Presentation, number: int) -> None:
        movie.close()
        raise AssertionError("Container is not open")

    monkeypatch.setattr(Presentation, "decode_at", lost)
    for tick in (3, 4, 5):
        [line] = deck.turn(tick, 1, 40.0 + tick, 0.0, 1.0)
        assert f"frame {40 + tick} of numbers.mov" in str(line)
    assert deck.on_screen() == [40]


NUMBERS = (-1, 0, 1, 3, 2**24, 2**31 - 1, 2**31, 2**63 - 1, -2**31, -2**63, 0.5, 1e38, -1e38, float("nan"),
           float("inf"), True, None, "", "numbers.mov", WAVES, "x" * 300, b"blob")


def test_no_event_and_no_stream_ends_it(stage: MakeStage) -> None:
    one = stage()
    one.link()
    chance = random.Random(2)
    addresses = [f"/td/deck/{deck}/{name}" for deck in (1, 2, 65, 10**20) for name in
                 ("open", "close", "tick", "player/0/frame", "player/0/rate", "player/0/level", "player/0/clip")]
    for turn_number in range(400):
        arguments = [chance.choice(NUMBERS) for _ in range(chance.choice((1, 1, 4, 5)))]
        port = chance.choice(one.standin.ports)
        one.server.send(port, chance.choice([*addresses, "/system/welcome"]), *arguments)
        if turn_number % 3 == 0:
            one.server.send(one.event_port, "/td/deck/1/open", chance.choice((-1, 0, 2**24, 2**31 - 1)),
                            chance.choice((-2**31, 0, 1, 3)), "numbers.mov", chance.choice((-2**31, 0, 2**31 - 1)))
        one.arrive()
    one.server.welcome(one.event_port, one.media, session=99)
    one.arrive()
    one.server.tick = 0
    one.turn(3)
    one.server.heard()
    open_ready(one)
    one.server.heard()
    one.stream((1, 21.0, 0.0, 1.0))
    assert shown(one) == [(1, 21)]


@pytest.mark.parametrize("values", [(1e308, 1e308, 1.0), (1e308, -1e308, 1.0), (-1e308, -1e308, 1e308)])
def test_frames_beyond_every_movie_are_its_ends(
        decks: Callable[..., One], media: Path, values: tuple[float, float, float]) -> None:
    deck = decks(lambda name: media / name)
    deck.event("open", 1, 0, "numbers.mov", 2**31 - 1)
    said = deck.turn(1) + deck.turn(2, 1, *values) + deck.turn(90)
    for each in said:
        assert packed("/answer", *each)
    assert deck.on_screen()[0] in (0, 89)


def test_a_name_that_is_no_text_is_answered_all_the_same() -> None:
    assert b"/answer" in packed("/answer", 1, "there is no \udcff.mov")


def test_a_lost_welcome_leaves_no_old_movie_on_screen(stage: MakeStage, tmp_path: Path) -> None:
    one = stage()
    one.link(session=1)
    open_ready(one)
    one.stream((1, 42.0, 0.0, 1.0))
    one.turn(0.6)
    one.server.heard()
    one.server.tick = 0
    one.stream((0, 0.0, 0.0, 0.0))
    one.event("open", 1, 0, WAVES, 0)
    assert one.server.expect("/td/deck/1/opening") == (1,)
    assert one.server.expect("/td/deck/1/ready") == (1,)
    one.stream((1, 8.0, 0.0, 1.0))
    one.standin.snapshot(tmp_path / "now.png")
    assert read_number(cv2.imread(str(tmp_path / "now.png"))[..., ::-1]) == 1008
    one.server.heard()
    one.stream((1, 9.0, 0.0, 1.0))
    one.turn(0.4)
    one.stream((1, 9.0, 0.0, 1.0))
    one.turn(0.2)
    assert "/system/hello" in [message.address for message in one.server.heard()], "it asks until it is welcomed"


def test_an_opening_under_an_id_that_came_again_is_abandoned(decks: Callable[..., One], media: Path) -> None:
    later = Later()
    deck = decks(lambda name: media / name, later)
    deck.event("open", 1, 0, "numbers.mov", 5)
    deck.turn(0)
    deck.event("open", 1, 0, WAVES, 5)
    deck.turn(0)
    later.finish()
    assert [said for said in deck.turn(1, 1, 5.0, 0.0, 1.0) if isinstance(said, tuple) and said[0] == "ready"] == [
        ("ready", 1)]
    assert deck.on_screen() == [1005]


def test_a_close_that_overtakes_the_stream_does_not_go_black(
        decks: Callable[..., One], media: Path) -> None:
    deck = decks(lambda name: media / name)
    deck.event("open", 1, 0, "numbers.mov", 0)
    deck.turn(1)
    deck.turn(2, 1, 40.0, 0.0, 1.0)
    for _ in range(3):
        deck.event("close", 1)
        deck.turn(3)
        assert deck.on_screen() == [40]
    deck.turn(4, 1, 41.0, 0.0, 0.5)
    assert deck.levels() == [0.5]
    deck.turn(5, 0, 0.0, 0.0, 0.0)
    assert deck.levels() == []
    deck.turn(6, 0, 0.0, 0.0, 1.0)
    assert deck.levels() == [], "what has dropped does not come back"


def test_an_open_that_overtakes_the_stream_keeps_the_old_picture_until_the_new_is_up(
        decks: Callable[..., One], media: Path) -> None:
    later = Later()
    deck = decks(lambda name: media / name, later)
    deck.event("open", 1, 0, "numbers.mov", 0)
    deck.turn(0)
    later.finish()
    deck.turn(1)
    deck.turn(2, 1, 40.0, 0.0, 1.0)
    deck.event("open", 2, 0, WAVES, 3)
    deck.event("close", 1)
    deck.turn(3, 1, 41.0, 0.0, 1.0)
    assert deck.on_screen() == [40]
    later.finish()
    deck.turn(4)
    assert deck.on_screen() == [40], "ready, but the stream still speaks of the old one"
    deck.turn(5, 2, 3.0, 0.0, 1.0)
    assert deck.on_screen() == [1003]
