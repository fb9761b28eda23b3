"""Controllers at a real server: learnt over UDP, kept in files that people edit, told what others did, MIDI and all."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from running import PATIENCE, Client, running

from server.app import controller_desk
from server.app.controller_desk import controls_folder
from server.app.controller_file import ControllerFile
from server.app.serving import Parts
from server.errors import InputError
from server.media.numbered import write_numbered
from server.protocol.controllers.mapping_edit import Add, Change
from server.protocol.osc import Message, messages
from server.protocol.targets import Targets
from server.settings.layers import load
from server.settings.resolved import Settings

sys.path.append(str(Path(__file__).parents[1] / "frontends"))
from midi_bench import Bench

FADER = '[[mapping]]\nosc = "/1/fader1"\nrow = "/deck/1/level"\n'
KNOB = '[[mapping]]\nmidi = "cc 7"\ndevice = "pad"\nchannel = 1\nrow = "/deck/1/level"\n'


@pytest.fixture
def media(tmp_path: Path) -> Path:
    (tmp_path / "song").mkdir()
    write_numbered(tmp_path / "song" / "a.mov", 30, 64, 64, Fraction(30))
    return tmp_path


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The devices of this computer, as far as servers that are started now know."""
    bench = Bench("pad 20:0", tells=["pad 20:0"])
    monkeypatch.setattr(controller_desk, "find_backend", lambda: (bench, ""))
    return bench


@pytest.fixture
def client(media: Path, bench: Bench) -> Iterator[Client]:
    with running(media) as parts, Client(parts) as client:
        client.parts = parts  # type: ignore[attr-defined]
        yield client


def until(client: Client, address: str, wanted: object) -> None:
    """Ask again and again; a file is looked at four times a second."""
    end = time.monotonic() + PATIENCE
    while client.value(address) != wanted:
        assert time.monotonic() < end, f"{address} is {client.value(address)}, never {wanted}"


def true(look: Callable[[], object]) -> None:
    end, pause = time.monotonic() + PATIENCE, threading.Event()
    while not look():
        assert time.monotonic() < end
        pause.wait(0.01)


def test_a_control_is_learnt_used_told_and_forgotten(client: Client, media: Path) -> None:
    assert client.ask("/1/fader1", 0.5)[0] == "address"
    assert client.ask("/learn/start", "/deck/1/level") == ()
    for step in range(5):
        client.tell("/1/fader1", step / 8)
    until(client, "/learn/state/learnt", "OSC /1/fader1 is laid on /deck/1/level")
    client.tell("/1/fader1", 0.25)
    assert client.value("/deck/1/level") == 0.25
    assert 'osc = "/1/fader1"' in (media / "controllers.toml").read_text(encoding="utf-8")
    assert client.ask("/learn/set", "1 fader1", "range", "[0, 0.5]") == ()
    assert client.ask("/learn/set", "1 fader1", "curve", "steep")[0] == "input"
    assert "steep" not in (media / "controllers.toml").read_text(encoding="utf-8")
    assert client.ask("/deck/1/level", 0.5) == ()
    assert client.wait_for("/1/fader1").args == (1.0,)
    assert client.ask("/learn/forget", "1 fader1") == ()
    assert client.ask("/1/fader1", 0.5)[0] == "address"


def test_what_the_hand_did_itself_is_not_told_back(client: Client, media: Path) -> None:
    (media / "controllers.toml").write_text(FADER, encoding="utf-8")
    until(client, "/learn/state/mappings", 1)
    client.tell("/1/fader1", 0.75)
    assert client.value("/deck/1/level") == 0.75
    assert client.ask("/deck/1/level", 0.5) == ()
    assert client.wait_for("/1/fader1").args == (0.5,), "the first thing it is told is what others did"


def test_a_file_is_read_as_soon_as_it_is_saved_and_mistakes_cost_nothing_else(client: Client, media: Path) -> None:
    path = media / "controllers.toml"
    path.write_text(FADER, encoding="utf-8")
    until(client, "/learn/state/mappings", 1)
    path.write_text(FADER + FADER.replace("fader1", "fader2").replace("level", "levle"), encoding="utf-8")
    parts: Parts = client.parts  # type: ignore[attr-defined]
    true(lambda: "did you mean /deck/1/level?" in str(list(parts.loop.show.complaints)))
    client.tell("/1/fader1", 0.5)
    assert client.value("/deck/1/level") == 0.5
    path.write_text("[[mapping", encoding="utf-8")
    true(lambda: "cannot be read" in str(list(parts.loop.show.complaints)))
    client.tell("/1/fader1", 0.25)
    assert client.value("/deck/1/level") == 0.25, "what counted still counts"
    answer = client.ask("/learn/forget", "1 fader1")
    assert "mend it first" in answer[1]
    assert path.read_text(encoding="utf-8") == "[[mapping"


def test_a_song_has_its_own_file_and_it_wins(client: Client, media: Path) -> None:
    (media / "controllers.toml").write_text(FADER, encoding="utf-8")
    (media / "song" / "controllers.toml").write_text(FADER.replace("deck/1", "deck/2"), encoding="utf-8")
    assert client.ask("/learn/start", "/deck/1/fade", "song") == ()
    client.tell("/learn/cancel")
    until(client, "/learn/state/mappings", 1)
    client.tell("/1/fader1", 0.5)
    assert (client.value("/deck/1/level"), client.value("/deck/2/level")) == (0.5, 1.0)
    assert client.ask("/deck/1/song", "song") == ()
    parts: Parts = client.parts  # type: ignore[attr-defined]
    true(lambda: len(parts.loop.show.controllers.bindings) == 2)
    client.tell("/1/fader1", 0.25)
    assert (client.value("/deck/1/level"), client.value("/deck/2/level")) == (0.5, 0.25)


def test_without_a_song_nothing_can_be_kept_with_it(client: Client) -> None:
    client.ask("/learn/start", "/deck/1/level", "song")
    client.tell("/1/fader1", 0.5)
    parts: Parts = client.parts  # type: ignore[attr-defined]
    true(lambda: "use global, or load a song" in str(list(parts.loop.show.complaints)))


def test_a_midi_knob_is_learnt_turned_and_lit(client: Client, bench: Bench, media: Path) -> None:
    client.ask("/learn/start", "/deck/1/level")
    true(lambda: "pad 20:0" in bench.hearing)
    for value in (0, 20, 60):
        bench.hearing["pad 20:0"]([0xB0, 7, value])
    until(client, "/learn/state/learnt", "pad cc 7, channel 1 is laid on /deck/1/level")
    until(client, "/learn/state/devices", "pad")
    true(lambda: ("pad 20:0", b"\xb0\x07\x7f") in bench.told)
    bench.hearing["pad 20:0"]([0xB0, 7, 127])
    bench.hearing["pad 20:0"]([0xB0, 7, 100])
    until(client, "/deck/1/level", pytest.approx(100 / 127))
    bench.told.clear()
    client.ask("/deck/1/level", 0.0)
    true(lambda: bench.told)
    assert bench.told == [("pad 20:0", b"\xb0\x07\x00")]


def test_a_device_that_is_plugged_in_later_is_lit_at_once(media: Path, bench: Bench) -> None:
    bench.hears, bench.tells = [], []
    (media / "controllers.toml").write_text(KNOB, encoding="utf-8")
    with running(media) as parts, Client(parts) as client:
        until(client, "/learn/state/mappings", 1)
        client.ask("/deck/1/level", 0.5)
        bench.hears = bench.tells = ["pad 28:0"]
        true(lambda: ("pad 28:0", b"\xb0\x07\x40") in bench.told)
        true(lambda: "pad 28:0" in bench.hearing)


def test_a_phone_on_another_port_is_told_there(client: Client, media: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(PATIENCE)
        told = f'feedback = "127.0.0.1:{phone.getsockname()[1]}"\n'
        (media / "controllers.toml").write_text(
            FADER.replace("/1/fader1", "/1/xy") + "argument = 2\n" + told, encoding="utf-8")
        heard, = messages(phone.recv(4096))
        assert isinstance(heard, Message)
        assert (heard.address, heard.args) == ("/1/xy", (0.0, 1.0))


def test_without_midi_everything_else_works_and_it_says_why(media: Path) -> None:
    (media / "controllers.toml").write_text(FADER, encoding="utf-8")
    with running(media, midi="off") as parts, Client(parts) as client:
        until(client, "/learn/state/midi", "MIDI is switched off (--no-midi)")
        until(client, "/learn/state/mappings", 1)
        client.tell("/1/fader1", 0.5)
        assert client.value("/deck/1/level") == 0.5


# the file by itself ---------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> ControllerFile:
    file = ControllerFile("global", Targets(2))
    assert file.move(tmp_path) is not None
    return file


def test_a_file_that_is_being_written_is_read_when_it_rests(file: ControllerFile, tmp_path: Path) -> None:
    (tmp_path / "controllers.toml").write_text(FADER, encoding="utf-8")
    assert file.poll() is None
    (tmp_path / "controllers.toml").write_text(FADER + "# more\n", encoding="utf-8")
    assert file.poll() is None
    read = file.poll()
    assert read is not None
    assert len(read.file.laid) == 1
    assert file.poll() is None


def test_what_another_hand_wrote_meanwhile_is_kept(file: ControllerFile, tmp_path: Path) -> None:
    (tmp_path / "controllers.toml").write_text("# mine\n" + FADER, encoding="utf-8")
    read = file.edit([Add({"osc": "/b", "row": "/deck/1/fade"})])
    assert len(read.file.laid) == 2
    assert (tmp_path / "controllers.toml").read_text(encoding="utf-8").startswith("# mine\n" + FADER)
    assert file.poll() is None


def test_a_disk_that_takes_nothing_is_told_of_and_the_change_counts(file: ControllerFile, tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    from server.app import controller_file
    from server.errors import OutputError

    def full(*_: object) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr(controller_file, "write_file", full)
    read = file.edit([Add({"osc": "/b", "row": "/deck/1/fade"})])
    assert "counts until the server stops" in read.error
    assert len(file.edit([Change("b", "curve", "s")]).file.laid) == 1


@pytest.mark.parametrize(("data", "said"), [(b"\xff\xfe", "UTF-8"), (b"row = /x", "texts need quotes"),
                                            (b"#" * ((4 << 20) + 1), "larger than 4 MiB")])
def test_what_cannot_be_read_says_what_to_do(file: ControllerFile, tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "controllers.toml").write_bytes(data)
    file.poll()
    read = file.poll()
    assert read is not None
    assert said in read.error
    with pytest.raises(InputError, match="mend it first"):
        file.edit([Add({"osc": "/b", "row": "/deck/1/fade"})])
    assert (tmp_path / "controllers.toml").read_bytes() == data


def test_a_change_that_would_be_wrong_is_not_made(file: ControllerFile, tmp_path: Path) -> None:
    file.edit([Add({"name": "a", "osc": "/a", "row": "/deck/1/level"})])
    before = (tmp_path / "controllers.toml").read_bytes()
    with pytest.raises(InputError, match="not 9"):
        file.edit([Change("a", "range", [0, 9])])
    assert (tmp_path / "controllers.toml").read_bytes() == before


def settings(meta: Path) -> Settings:
    return load({"media_dir": str(meta.parent / "media"), "meta_dir": str(meta)}, environ={})


def test_the_file_of_every_song_lies_with_the_settings_where_there_are_any(tmp_path: Path) -> None:
    assert controls_folder(settings(tmp_path / "none"), tmp_path) == tmp_path
    (tmp_path / "meta").mkdir()
    assert controls_folder(settings(tmp_path / "meta"), tmp_path) == tmp_path / "meta"
    assert controls_folder(load({"media_dir": str(tmp_path / "meta")}, environ={}), tmp_path) == tmp_path
