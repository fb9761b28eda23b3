"""What a real server tells the panels of the page, over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from running import PATIENCE, Client, running

from server.app.serving import Parts, make_show
from server.app.settings_panel import layer_of, settings_panel
from server.media.numbered import write_numbered
from server.playback.clock import SystemClock
from server.playback.tempo import Tempo
from server.protocol.command import Source
from server.protocol.dispatch import Dispatcher
from server.protocol.endpoints import TABLE
from server.settings.layers import load
from server.settings.resolved import OPTIONS
from server.show.state import ShowState


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    folder = tmp_path_factory.mktemp("media")
    write_numbered(folder / "plain.mov", 60, 64, 64, Fraction(30))
    with running(folder, tempo="90") as parts:
        yield parts


@pytest.fixture
def client(server: Parts) -> Iterator[Client]:
    with Client(server) as client:
        yield client


def get(server: Parts, address: str, *, post: bool = False) -> Any:
    request = urllib.request.Request(f"http://127.0.0.1:{server.http.port}{address}", b"{}" if post else None,
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.headers["Content-Security-Policy"]
        return json.loads(answer.read())


def eventually(look: Callable[[], Any]) -> Any:
    """What a look finds, asked again until there is something."""
    clock = SystemClock()
    end = clock.now() + PATIENCE
    while not (found := look()):
        assert clock.now() < end, "it never came"
    return found


def test_messages_show_what_came_by_udp_and_what_it_did(server: Parts, client: Client) -> None:
    newest = get(server, "/api/messages")["newest"]
    client.ask("/clock/tempo", 123.0)
    client.tell("/dek/1/play")

    def lines() -> list[dict[str, Any]]:
        found = {line["address"]: line for line in get(server, f"/api/messages?after={newest}")["lines"]}
        return [found[one] for one in ("/clock/tempo", "/dek/1/play")] if len(found) > 1 else []

    done, unknown = eventually(lines)
    assert (done["outcome"], done["args"], done["from"]) == ("done", "123", f"127.0.0.1:{client.port}")
    assert unknown["outcome"] == "refused"
    assert "no endpoint has the address /dek/1/play" in unknown["text"]


@pytest.mark.parametrize(("address", "words"), [
    ("/api/messages?after=-1", "after is a whole number"), ("/api/messages?after=x", "?after=0"),
    ("/api/messages?after=99999999999999999", "after"), ("/api/values?deck=0", "deck is a whole number"),
    ("/api/values?deck=9", "there is no deck 9"),
])
def test_what_cannot_be_asked_is_refused_in_words(server: Parts, address: str, words: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(server, address)
    with refused.value as error:
        assert error.code == 400
        assert words in json.loads(error.read())["text"]


def test_settings_say_where_they_come_from_and_what_is_now(server: Parts, client: Client) -> None:
    client.ask("/clock/tempo", 90.0)
    settings = {one["name"]: one for one in get(server, "/api/settings")["settings"]}
    assert set(settings) == set(OPTIONS)
    assert (settings["tempo"]["layer"], settings["tempo"]["value"], settings["tempo"]["changed"]) == (
        "command line", "90", False)
    assert settings["decks"]["layer"] == "default"
    assert "--decks" in settings["decks"]["how"]
    client.ask("/clock/tempo", 91.0)
    client.ask("/deck/2/fade", 4.0)
    settings = {one["name"]: one for one in get(server, "/api/settings")["settings"]}
    assert (settings["tempo"]["now"], settings["tempo"]["changed"]) == ({"/clock/tempo": 91.0}, True)
    assert settings["fade"]["now"]["/deck/2/fade"] == 4.0
    client.ask("/deck/2/fade", settings["fade"]["now"]["/deck/1/fade"])


def test_the_media_folder_is_told_that_is_served(tmp_path: Path) -> None:
    settings, state = load({}, environ={}), ShowState.fresh(2, 1 / 60, Tempo(120.0))

    def told(served: str) -> tuple[str, str]:
        (one,) = [one for one in settings_panel(settings, state, 0.0, served) if one["name"] == "media_dir"]
        return one["value"], one["layer"]

    assert told(str(tmp_path)) == (str(tmp_path), "command line"), "`serve FOLDER` makes it the media folder"
    assert told(str(settings.media_dir.resolve()))[1] == "default"


def test_secrets_are_not_told(tmp_path: Path) -> None:
    settings = load({"token": "very secret", "media_dir": str(tmp_path)}, environ={})
    told = settings_panel(settings, ShowState.fresh(2, 1 / 60, Tempo(120.0)), 0.0)
    assert "very secret" not in json.dumps(told)


def test_locked_settings_and_those_of_songs_presets_and_files_are_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "interscene.toml").write_text(
        'fade = 2\npreset = "dark"\n[presets.dark]\ntempo = 80\n[locked]\ndecks = 3\n')
    (tmp_path / ".env").write_text("INTERSCENE_HTTP_PORT=7600\n")
    settings = load({}, environ={}, song=tmp_path, cwd_env_file=tmp_path / ".env")
    told = {one["name"]: one for one in settings_panel(settings, ShowState.fresh(3, 1 / 60, Tempo(80.0)), 0.0)}
    assert [told[name]["layer"] for name in ("fade", "tempo", "decks", "http_port", "listen")] == [
        "song", "preset", "locked", "environment", "default"]
    assert told["decks"]["locked"]
    assert "[locked]" in told["decks"]["how"]
    assert layer_of("live") == "live"


def test_what_the_song_locks_is_locked_in_the_show(tmp_path: Path) -> None:
    (tmp_path / "interscene.toml").write_text("[locked]\ntempo = 77\nfade = 2\ndecks = 3\n")
    show = make_show(load({}, environ={}, song=tmp_path), tmp_path, 0.0)
    dispatcher, person = Dispatcher(3), Source("10.0.0.9", 9000)
    for address in ("/clock/tempo", "/deck/3/fade", "/clock/quantise"):
        value = "bar" if address.endswith("quantise") else 100.0
        for item in dispatcher.command(address, [value], person):
            show.apply(item, 1.0)
    assert [complaint.code for complaint in show.complaints] == ["locked", "locked"]
    assert (show.state.beat.tempo.bpm, show.state.deck(3).fade, show.state.beat.quantise) == (77.0, 2.0, "bar")


def test_every_value_that_may_be_asked_is_told(server: Parts, client: Client) -> None:
    client.ask("/deck/1/load", "plain")
    values = get(server, "/api/values?deck=1")["values"]
    assert values["/deck/{n}/state/movie"] == ["plain.mov"]
    assert values["/clock/quantise"] == ["off"]
    told = {row.address for row in TABLE if row.access == "rw" and "{" not in row.address.replace("{n}", "")}
    missing = told - set(values)
    assert missing == set(), "each has a value while a movie is on the deck"


def test_health_has_a_line_for_each_part(server: Parts, client: Client) -> None:
    client.ask("/deck/1/load", "plain")
    parts = {one["part"]: one for one in get(server, "/api/health")["health"]}
    assert {"stream", "renderers", "packets", "worker", "disk", "planner", "server"} <= set(parts)
    assert all(one["level"] in ("ok", "note", "poor", "bad") for one in parts.values())
    assert "B of memory" in parts["server"]["text"]


def test_the_computer_is_looked_at_beside_the_show(server: Parts) -> None:
    assert get(server, "/api/examination") == {"running": False, "seconds": None, "findings": []}
    assert get(server, "/api/examination", post=True)["running"]

    def found() -> dict[str, Any] | None:
        said = get(server, "/api/examination")
        return None if said["running"] else said

    said = eventually(found)
    assert {"network", "disk", "models"} <= {each["part"] for each in said["findings"]}
    assert not get(server, "/api/examination", post=True)["running"], "a moment ago is soon enough"


def test_a_renderer_tells_its_health(server: Parts) -> None:
    with Client(server) as stage:
        stage.ask("/system/hello", "stage of the tests", stage.port, stage.port)
        stage.ask("/td/health", 60.0, 16.7, 100, 7, 4.2, 512.0)

        def line() -> dict[str, Any] | None:
            return next((one for one in get(server, "/api/health")["health"]
                         if one["part"] == "renderer stage of the tests" and "60.0 fps" in one["text"]), None)

        assert "100 frames dropped and 7 read too late so far" in eventually(line)["text"]


def test_the_table_and_its_documents_are_served(server: Parts) -> None:
    table = get(server, "/api/table")
    addresses = {row["address"] for section in table["sections"] for row in section["rows"]}
    assert addresses == {row.address for row in TABLE}
    with urllib.request.urlopen(f"http://127.0.0.1:{server.http.port}/docs", timeout=PATIENCE) as answer:
        assert answer.headers["Content-Type"].startswith("text/html")
        text = answer.read().decode()
    for row in TABLE:
        assert f'data-address="{row.address}"' in text
    assert "http://" not in text
    assert "https://" not in text, "it needs no network"


def test_a_button_that_is_let_go_is_told_to_who_looks(server: Parts, client: Client) -> None:
    newest = get(server, "/api/messages")["newest"]
    client.tell("/clock/tap", 0.7)
    client.tell("/clock/tap", 0.0)
    client.ask("/clock/quantise", "off")

    def line() -> dict[str, Any] | None:
        return next((one for one in get(server, f"/api/messages?after={newest}")["lines"]
                     if one["address"] == "/clock/tap"), None)

    found = eventually(line)
    assert (found["outcome"], found["count"], found["args"]) == ("released", 2, "0")
    assert "a button acts when it is pressed" in found["text"]


def test_a_renderer_that_was_started_anew_counts_from_zero(tmp_path: Path) -> None:
    with running(tmp_path) as parts, Client(parts) as component:
        def dropped(count: float) -> str:
            component.tell("/td/health", 60.0, 8.0, count, 0.0, 2.0, 900.0)

            def told() -> str:
                said = get(parts, "/api/health")["health"]
                return next((one["text"] for one in said if one["part"] == "renderer stage" and "fps" in one["text"]
                             and f"{count:.0f} frames dropped" in one["text"]), "")
            return str(eventually(told))

        component.tell("/system/hello", "stage", component.port, component.port, 1, "2023", 60.0, 1280, "all")
        assert "100 frames dropped" in dropped(100.0)
        assert "3 frames dropped" in dropped(3.0), "and not 97 fewer than none"
