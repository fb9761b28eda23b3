"""A whole server over real sockets and real files: the main job, and everything that may be wrong around it."""

from __future__ import annotations

import json
import shutil
import socket
import urllib.request
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from running import Client, running

from server.app.serving import Parts
from server.errors import ServeError
from server.index.opening import sidecar
from server.media.jpeg import decode_rgb
from server.media.numbered import read_number, write_numbered


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("material")
    write_numbered(folder / "one.mov", 90, 320, 180)
    write_numbered(folder / "two.mov", 60, 320, 180, first=1000)
    long_gop(folder / "film.mp4")
    return folder


def long_gop(path: Path) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 320, 180, "yuv420p", 50
        for i in range(60):
            picture = np.full((180, 320, 3), i * 4, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode())


@pytest.fixture
def media(tmp_path: Path, material: Path) -> Path:
    folder = tmp_path / "my media (größe 2) 🎛"
    (folder / "set").mkdir(parents=True)
    for name in ("one.mov", "two.mov"):
        shutil.copy2(material / name, folder / "set" / name)
        shutil.copy2(sidecar(material / name), sidecar(folder / "set" / name))
    return folder


@pytest.fixture
def server(media: Path) -> Iterator[Parts]:
    with running(media) as parts:
        yield parts


@pytest.fixture
def client(server: Parts) -> Iterator[Client]:
    with Client(server) as client:
        yield client


def shown_number(parts: Parts, deck: int = 1) -> list[int | None]:
    """The numbers in the pictures that are on screen, read from the stored bytes."""
    return [read_number(decode_rgb(parts.port.jpeg(layer.movie, layer.frame))) for layer in parts.port.layers(deck)]


def test_the_frame_asked_for_is_the_frame_on_screen(server: Parts, client: Client) -> None:
    assert client.ask("/deck/1/load", "one") == ()
    assert client.ask("/deck/1/pause") == ()
    for frame in (0, 89, 44, 1, 88):
        assert client.ask("/deck/1/frame", frame) == ()
        assert client.value("/deck/1/frame") == frame
        assert shown_number(server) == [frame]
    assert client.ask("/deck/1/load", "set/two.mov") == ()
    assert client.ask("/deck/1/frame", 30) == ()
    assert shown_number(server) == [1030]


def test_spans_of_several_movies_play_as_one_clip(server: Parts, client: Client) -> None:
    assert client.ask("/deck/1/clip", "one 10 19; two 30 21; one 0 4") == ()
    assert client.ask("/deck/1/pause") == ()
    assert client.value("/deck/1/state/frames") == 25
    for frame, number in ((0, 10), (9, 19), (10, 1030), (19, 1021), (20, 0), (24, 4)):
        assert client.ask("/deck/1/frame", frame) == ()
        while client.value("/deck/1/frame") != frame or shown_number(server) != [number]:
            assert shown_number(server)[0] is not None
    assert client.ask("/deck/1/clip", "one 0 90")[0] == "frame"


def test_a_song_is_walked_by_name(server: Parts, client: Client) -> None:
    assert client.ask("/song", "SET") == ()
    assert client.ask("/deck/1/pause") == ()
    assert client.ask("/deck/1/go/next") == ()
    assert client.value("/deck/1/state/movie") == "set/two.mov"
    assert client.value("/deck/1/song") == "set"


def test_the_old_players_song_list_and_addresses_work(media: Path) -> None:
    (media / "song_list.csv").write_text(
        "song_name,subfolder,file_idx,playback_mode\r\nemit,.\\set,1,1\r\nlost,nowhere,0,2\r\n", encoding="utf-8-sig")
    with running(media) as parts, Client(parts) as client:
        assert client.ask("/song", "emit") == ()
        client.tell("/playback/MovieIndex1", 0.5)
        assert client.value("/deck/1/state/movie") == "set/two.mov"
        assert shown_number(parts) == [1030]
        assert client.ask("/song", "lost")[0] == "library"


@pytest.mark.parametrize(("make", "code", "word"), [
    (lambda path: path.write_bytes(b""), "not-a-movie", "x.mov"),
    (lambda path: path.write_bytes(b"no movie at all" * 500), "not-a-movie", "x.mov"),
    (lambda path: path.mkdir(), "library", "x.mov"),
])
def test_what_is_no_movie_is_refused_in_words(server: Parts, client: Client, media: Path, make: object, code: str,
                                              word: str) -> None:
    client.ask("/deck/1/load", "one")
    make(media / "set" / "x.mov")  # type: ignore[operator]

    answer = client.ask("/deck/1/load", "set/x.mov")

    assert answer[0] == code
    assert word in answer[1]
    assert "\n" not in answer[1]
    assert client.value("/deck/1/state/movie") == "set/one.mov"


def test_a_long_gop_file_is_refused_with_the_command_that_fixes_it(server: Parts, client: Client, media: Path,
                                                                   material: Path) -> None:
    shutil.copy2(material / "film.mp4", media / "film.mp4")

    code, text = client.ask("/deck/1/load", "film.mp4")

    assert code == "not-seekable"
    assert "interscene encode" in text


def test_a_truncated_movie_plays_as_far_as_it_goes_or_says_so(server: Parts, client: Client, media: Path,
                                                              material: Path) -> None:
    whole = (material / "one.mov").read_bytes()
    (media / "set" / "cut.mov").write_bytes(whole[:len(whole) // 2])

    answer = client.ask("/deck/1/load", "set/cut.mov")

    if answer:
        assert answer[0] in ("damaged", "not-a-movie")
    else:
        client.ask("/deck/1/pause")
        last = client.value("/deck/1/state/frames") - 1
        assert 0 < last < 89
        client.ask("/deck/1/frame", last)
        assert shown_number(server) == [last]


def test_a_broken_or_foreign_index_is_rebuilt(server: Parts, client: Client, media: Path) -> None:
    sidecar(media / "set" / "one.mov").write_bytes(b"\x93nonsense")
    shutil.copy2(sidecar(media / "set" / "one.mov"), sidecar(media / "set" / "two.mov"))

    for name, first in (("one", 0), ("two", 1000)):
        assert client.ask("/deck/1/load", name) == ()
        client.ask("/deck/1/pause")
        client.ask("/deck/1/frame", 7)
        assert shown_number(server) == [first + 7]


def test_a_movie_that_is_exchanged_behind_its_back_is_read_anew(server: Parts, client: Client, media: Path,
                                                                material: Path) -> None:
    client.ask("/deck/1/load", "one")
    shutil.copy(material / "two.mov", media / "set" / "one.mov")
    client.ask("/deck/1/load", "one")
    client.ask("/deck/1/pause")
    client.ask("/deck/1/frame", 3)

    assert shown_number(server) == [1003]


@pytest.mark.parametrize("name", [
    "../outside.mov", "/etc/passwd", "\\\\host\\share\\a.mov", "//host/a.mov", "http://example.org/a.mov",
    "C:\\a.mov", "set/../../a.mov", "CON", "a\x00b", "", "   ", "set/one.mov:stream", "file:///a.mov", "x" * 5000,
])
def test_names_that_lead_elsewhere_are_refused(server: Parts, client: Client, name: str) -> None:
    code, text = client.ask("/deck/1/load", name.replace("\x00", "\x01"))

    assert code in ("path", "library", "input")
    assert len(text) < 600
    assert text.isprintable()


def test_names_with_spaces_quotes_and_emoji_are_fine(server: Parts, client: Client, media: Path,
                                                     material: Path) -> None:
    name = "it's \"mine\" 🎛 ü.mov"
    shutil.copy2(material / "one.mov", media / name)

    assert client.ask("/deck/1/load", name) == ()
    assert client.value("/deck/1/state/movie") == name


def test_malformed_packets_stop_nothing(server: Parts, client: Client) -> None:
    client.ask("/deck/1/load", "one")
    for packet in (b"", b"\0", b"/", b"/deck/1/frame", b"#bundle\0", b"#bundle\0" + b"\xff" * 40, b"\xff" * 2000,
                   b"/deck/1/frame\0\0\0,iiii\0\0\0\0", b"/deck/1/frame\0\0\0,f\0\0\x7f\xc0\0\0"):
        client.throw(packet)

    assert client.ask("/deck/1/pause") == ()
    assert server.loop.show.rejected >= 6


def test_two_thousand_messages_back_to_back_are_all_done(server: Parts, client: Client) -> None:
    client.ask("/deck/1/load", "one")
    before = server.receiver.counts().messages
    for i in range(2000):
        client.tell("/deck/1/nudge", 0.0 if i % 2 else 1.0)
    assert client.ask("/deck/1/pause") == ()

    assert server.receiver.counts().messages - before == 2001


def test_a_port_in_use_is_said_with_the_option_that_helps(media: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ServeError, match=r"--osc-port"), running(media, osc_port=[str(taken.getsockname()[1])]):
            pass
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServeError, match=r"--http-port"), running(media, http_port=str(taken.getsockname()[1])):
            pass


def test_subscribers_are_told_over_the_wire(server: Parts, client: Client) -> None:
    client.ask("/deck/1/load", "one")
    client.ask("/deck/1/pause")
    client.tell("/system/subscribe", "/deck/1/state/frame /heartbeat", 60.0)
    assert client.wait_for("/deck/1/state/frame").args == (0,) or client.value("/deck/1/frame") >= 0
    client.tell("/deck/1/frame", 33)
    while client.wait_for("/deck/1/state/frame").args != (33,):
        pass
    assert 0 <= client.wait_for("/heartbeat").args[0] < 1


def test_the_page_and_its_state_are_served(server: Parts, client: Client) -> None:
    client.ask("/deck/1/load", "one")
    base = f"http://127.0.0.1:{server.http.port}"
    browser = urllib.request.Request(f"{base}/", headers={"Accept": "text/html,*/*;q=0.8"})
    with urllib.request.urlopen(browser, timeout=10) as page:
        assert b"<canvas" in page.read()
    with urllib.request.urlopen(f"{base}/api/state", timeout=10) as state:
        assert json.load(state)["decks"][0]["movie"] == "set/one.mov"
    with urllib.request.urlopen(f"{base}/frame/set/two.mov/12.jpg", timeout=10) as picture:
        assert read_number(decode_rgb(picture.read())) == 1012


def test_a_movie_of_another_rate_says_its_own_times(media: Path) -> None:
    write_numbered(media / "film.mov", 48, 64, 64, Fraction(24000, 1001))
    with running(media) as parts, Client(parts) as client:
        client.ask("/deck/2/load", "film")
        assert client.value("/deck/2/state/rate") == pytest.approx(23.976, abs=1e-3)
