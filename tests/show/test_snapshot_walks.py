"""Walks, stories and controllers in snapshots: where on which way a deck was, and what lay on what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

import pytest
from making_stage import MakingStage
from snapshot_desk import Desk, WalkDesk
from stage import plain_movie
from walks import path_of

from server.library.songs.stories import Story, StorySection
from server.playback.timeline import Movie
from server.protocol.controllers.mapping_edit import Add, Remove
from server.protocol.controllers.mapping_file import read_mappings
from server.protocol.targets import Targets
from server.show.control_events import ControlsRead, EditControls

FADER = '[[mapping]]\nname = "fader"\nosc = "/1/fader1"\nrow = "/deck/1/level"\n'
KNOB = """[[mapping]]
name = "knob"
midi = "cc 7"
device = "pad"
row = "/deck/1/speed"
range = [-1, 1]
pickup = true
"""


@pytest.fixture(params=[False, True], ids=["files", "atlas"])
def desk(request: pytest.FixtureRequest) -> WalkDesk:
    """Deck 1 is half-way from a-1 to b-2, on its way to d-4."""
    desk = WalkDesk(packed=request.param)
    desk.begin().do("/deck/1/go/fade", 0.0).do("/deck/1/go/picture", "c-3").wait(31 / 64)
    return desk


def test_a_walk_goes_on_where_it_was_with_the_rest_of_its_way(desk: WalkDesk) -> None:
    seen, route = desk.seen(), desk.state("route")
    desk.do("/snapshot/save", "x").do("/deck/1/load", "a.mov").wait(1.0)
    desk.do("/snapshot/recall", "x", "#1")
    assert desk.answers()[-1] == ("/ack", ("1",))
    assert (desk.seen(), desk.state("route"), desk.state("goal"), desk.state("hops")) == (seen, route, "c-3", 2)
    assert desk.passing(2.0) == ["a-1", "b-2", "c-3"]
    assert desk.said_of("snapshot") == []


def test_another_server_without_the_song_opens_it_first(desk: WalkDesk) -> None:
    seen = desk.seen()
    desk.do("/deck/1/go/auto", True).do("/deck/1/go/avoid", "e-5", True).do("/snapshot/save", "x")
    twin = WalkDesk(packed=desk.packed)
    twin.kept = desk.kept
    twin.do("/snapshot/recall", "x", "#1").wait(0.02)

    assert twin.answers() == [("/ack", ("1",))]
    assert twin.state("song") == "song"
    assert twin.seen()[0] == seen[0]
    assert twin.seen()[1] == pytest.approx(seen[1], abs=1)
    walk = twin.show.state.walk(1)
    assert (walk.auto, walk.avoid, walk.trail) == (True, frozenset({"e-5"}), ("a-1",))
    assert twin.passing(3.5)[:4] == ["a-1", "b-2", "c-3", "d-4"], "it walks on without end"


def test_going_back_knows_the_way_that_was_come_by(desk: WalkDesk) -> None:
    desk.wait(2.0).do("/snapshot/save", "x")
    twin = WalkDesk(packed=desk.packed)
    twin.kept = desk.kept
    twin.do("/snapshot/recall", "x").wait(0.1)
    assert twin.state("picture") == "c-3"
    twin.do("/deck/1/go/back").wait(1.5)
    assert twin.state("picture") == "b-2"


def test_a_transition_that_is_gone_leaves_its_picture_and_the_way_is_found_anew() -> None:
    desk = WalkDesk()
    desk.begin().do("/deck/1/go/fade", 0.0).do("/deck/1/go/picture", "d-4").wait(1.5)
    assert desk.state("picture") == "e-5"
    desk.do("/snapshot/save", "x").do("/deck/1/load", "a.mov").wait(0.5)
    gone = ("d-4", "e-5")
    desk.gone.add(path_of(gone))
    desk.changed(pairs=tuple(pair for pair in desk.pairs if pair != gone))
    desk.do("/snapshot/recall", "x", "#1").wait(0.1)

    assert desk.answers()[-1] == ("/ack", ("1",))
    assert desk.state("picture") == "e-5"
    assert desk.state("goal") == "d-4"
    assert desk.passing(5.0) == ["e-5", "a-1", "b-2", "c-3", "d-4"]
    assert [line for line in desk.said_of("snapshot") if "d-4 to e-5" in line]


def test_a_song_that_is_gone_is_said_and_the_deck_keeps_its_picture() -> None:
    desk = WalkDesk()
    desk.begin().do("/deck/1/go/picture", "c-3").wait(0.5).do("/snapshot/save", "x")
    twin = WalkDesk()
    twin.kept, twin.gone = desk.kept, {"song", *map(path_of, desk.pairs)}
    twin.do("/deck/1/load", "a.mov").wait(0.1).do("/snapshot/recall", "x", "#1").wait(0.1)
    assert twin.answers()[-1] == ("/ack", ("1",))
    assert twin.state("clip") == "a.mov"
    words = "\n".join(twin.said_of("snapshot"))
    assert "there is no song song" in words
    assert "deck 1 keeps its picture" in words


def test_a_story_is_ready_again_with_its_cues() -> None:
    desk = WalkDesk()
    sections = tuple(StorySection(name, f"stories/{name}.mov") for name in ("one", "two", "three"))
    desk.story = Story("opening", "opening", sections)
    for section in sections:
        desk.disk[f"song/{section.movie}"] = plain_movie(f"song/{section.movie}", count=120)
    desk.begin().do("/deck/1/story", "opening").do("/deck/1/cue/go").wait(1.0).do("/deck/1/cue/arm", "3")
    frame = desk.state("frame")
    desk.do("/snapshot/save", "x")
    twin = WalkDesk()
    twin.story, twin.disk, twin.kept = desk.story, desk.disk, desk.kept
    twin.do("/snapshot/recall", "x").wait(0.1)

    assert (twin.state("story"), twin.state("cue"), twin.state("armed")) == ("opening", "one", "three")
    assert twin.state("frame") == pytest.approx(frame + 3, abs=1)
    twin.wait(1.0).do("/deck/1/cue/go").wait(0.2)
    assert twin.state("cue") == "three"


class MakingDesk(WalkDesk, MakingStage):
    """A desk where transitions are made; `made`: their movies, by name, that are on disk by now."""

    def movie(self, name: str) -> Movie | None:
        return super().movie(name) or self.disk_movies.get(name)

    disk_movies: Mapping[str, Movie] = MappingProxyType({})


def test_a_transition_that_is_being_made_is_saved_as_what_it_will_be() -> None:
    pair = ("a-1", "x-9")
    desk = MakingDesk((("a-1", "b-2"), ("x-9", "y-8")), lacks=(pair,))
    desk.begin().do("/go/picture", "x").grow(pair, 40).wait(0.5)  # type: ignore[attr-defined]
    frame = desk.logical()
    assert 10 < frame < 20
    desk.do("/snapshot/save", "x").do("/deck/1/load", "a.mov").wait(0.25)
    assert "making" not in desk.kept["x"]

    desk.do("/snapshot/recall", "x").wait(1 / 64)
    assert desk.state("picture") == "a-1", "there is no such movie yet: it stands on its picture, and sets out again"
    assert desk.wait(0.25).state("goal") == "x-9"
    whole = f"song/transitions/{pair[0]} to {pair[1]}.mov"
    desk.disk_movies = {whole: plain_movie(whole, count=61)}
    desk.do("/deck/1/load", "a.mov").wait(0.25).do("/snapshot/recall", "x").wait(1 / 64)
    assert desk.screen() == [(whole, pytest.approx(frame, abs=1))]
    assert desk.wait(2.0).state("picture") == "x-9"


# controllers --------------------------------------------------------------------------------------


def read(text: str, where: Any = "global", path: str = "/media/controllers.toml") -> ControlsRead:
    return ControlsRead(where, path, read_mappings(text, Targets(2)))


def edits(desk: Desk) -> list[tuple[str, list[Any]]]:
    found = [(event.where, list(event.edits)) for event in desk.events if isinstance(event, EditControls)]
    desk.events.clear()
    return found


def test_what_lies_on_controllers_is_changed_in_the_files_as_far_as_it_differs() -> None:
    desk = Desk()
    desk.feed([read(FADER + KNOB)])
    desk.do("/snapshot/save", "x")
    assert edits(desk) == []
    desk.do("/snapshot/recall", "x").wait(0.1)
    assert edits(desk) == [], "nothing differs"

    other = '[[mapping]]\nname = "other"\nosc = "/1/other"\nrow = "/deck/2/level"\n'
    desk.feed([read(FADER.replace("deck/1", "deck/2") + other)])
    desk.do("/snapshot/recall", "x").wait(0.1)
    ((where, said),) = edits(desk)
    assert where == "global"
    assert [one.name for one in said if isinstance(one, Remove)] == ["fader", "other"]
    added = {one.keys["name"]: one.keys for one in said if isinstance(one, Add)}
    assert added["knob"]["pickup"] is True
    assert "".join(f"[[mapping]]\n{lines(keys)}" for keys in added.values())
    again = read_mappings("".join(f"[[mapping]]\n{lines(keys)}" for keys in added.values()), Targets(2))
    assert again.problems == ()
    assert {one.mapping for one in again.laid} == {one.mapping for one in read(FADER + KNOB).file.laid}


def lines(keys: dict[str, Any]) -> str:
    from server.protocol.controllers.toml_text import toml_value

    return "".join(f"{key} = {toml_value(value)}\n" for key, value in keys.items())


def test_the_controllers_of_a_song_wait_until_that_song_is_there() -> None:
    desk = Desk()
    desk.song = desk.song.__class__("emit", ("emit/a.mov",))
    desk.disk["emit/a.mov"] = plain_movie("emit/a.mov")
    own = str(PurePosixPath("/media/emit/controllers.toml"))
    desk.do("/deck/1/song", "emit").feed([read(FADER, "song", own)])
    desk.do("/snapshot/save", "x")
    desk.feed([read("", "song", "/media/elsewhere/controllers.toml")])
    desk.do("/snapshot/recall", "x").wait(1.0)
    assert edits(desk) == []
    desk.feed([read("", "song", own)])
    desk.wait(0.1)
    assert [(where, [type(one) for one in said]) for where, said in edits(desk)] == [("song", [Add])]

    desk.feed([read("", "song", "/media/elsewhere/controllers.toml")])
    desk.do("/snapshot/recall", "x").wait(3.0)
    assert edits(desk) == []
    assert "x: what lies on controllers in the snapshot's song is left as it is" in str(desk.said_of("snapshot"))


# locks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [
    ("/generate/mode", "bridge"), ("/clock/source", "outside"), ("/master/latency", 20.0), ("/deck/2/latency", 20.0),
    ("/learn/start", "/deck/1/level"), ("/snapshot/delete", "x"), ("/snapshot/lock", "x", True)])
def test_how_things_are_set_up_is_locked_while_performing(said: tuple[Any, ...]) -> None:
    desk = Desk().do("/system/lock", True)
    desk.do(*said, "#1")
    assert desk.answers()[-1][1][:2] == ("1", "locked")
    desk.do("/system/lock", False).do(*said, "#2")
    assert desk.answers()[-1][1][1:2] != ("locked",)


@pytest.mark.parametrize("said", [
    ("/deck/1/load", "a.mov"), ("/clock/tempo", 99.0), ("/clock/tap",), ("/generate/pause", True),
    ("/snapshot/save", "y"), ("/deck/1/fade", 2.0), ("/generate/mode", "?"), ("/learn/list",)])
def test_performing_goes_on_under_the_lock(said: tuple[Any, ...]) -> None:
    desk = Desk().do("/system/lock", True)
    desk.do(*said, *(() if said[-1] == "?" else ("#1",)))
    assert [address for address, _ in desk.answers() if address == "/error"] == []


def test_under_the_lock_a_recall_leaves_alone_how_things_are_set_up() -> None:
    desk = Desk().do("/generate/mode", "bridge").do("/deck/1/level", 0.5)
    desk.feed([read(FADER)])
    desk.do("/snapshot/save", "x").do("/generate/mode", "walk").do("/deck/1/level", 1.0)
    desk.feed([read("")])
    desk.do("/system/lock", True).do("/snapshot/recall", "x").wait(0.1)

    assert desk.show.state.making.recipe.mode == "walk"
    assert desk.state("level") == 0.5
    assert edits(desk) == []
    words = "\n".join(desk.said_of("snapshot"))
    assert "/generate/mode: how things are set up is locked" in words
    assert "controllers stay as they are" in words


def test_what_the_song_has_locked_is_not_recalled() -> None:
    desk = Desk(locked={"/clock/tempo": "tempo"})
    twin = Desk().do("/clock/tempo", 90.0).do("/deck/1/level", 0.5).do("/snapshot/save", "x")
    desk.kept = twin.kept
    desk.do("/snapshot/recall/over", "x", 1.0).wait(1.5)
    assert desk.show.state.beat.tempo.bpm == 120.0
    assert desk.state("level") == 0.5
    (line,) = desk.said_of("snapshot")
    assert line.startswith("x: /clock/tempo: tempo is locked by the song; change it under [locked]")
