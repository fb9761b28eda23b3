"""The live deck's models: what is asked when, what a message says, why nobody answers, and what is decoded of it."""

from __future__ import annotations

import json
import struct
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.frontends.websocket import pack_picture
from server.media.jpeg import encode_rgb
from server.media.numbered import numbered_frame, read_number
from td_extensions import live_model
from td_extensions.live_address import SPELLINGS, why_not, words
from td_extensions.live_model import AGAIN, BETWEEN, Layer, LiveModel, Place, read_pictures
from td_extensions.live_pictures import LivePictures, jpeg_size

HERE = Place("127.0.0.1", 7580, "", 1)
WANT = '{"want": 1}'


def message(*layers: tuple[str, int, float, bytes], deck: int = 1) -> bytes:
    told = [{"movie": movie, "frame": frame, "level": level, "bytes": len(data)}
            for movie, frame, level, data in layers]
    return pack_picture({"deck": deck, "layers": told, "state": {}}, [layer[3] for layer in layers])


def opened(place: Place = HERE, now: float = 10.0) -> LiveModel:
    model = LiveModel()
    model.aim(place, now - 1)
    model.turn(now)
    model.connected(now)
    return model


def waits(model: LiveModel, now: float) -> float:
    """Seconds until it is active again."""
    for hundredths in range(2000):
        model.turn(now + hundredths / 100)
        if model.active:
            return hundredths / 100
    raise AssertionError("it never tries again")


def test_one_picture_is_asked_for_at_a_time_and_two_may_wait_to_be_seen() -> None:
    model = opened()
    assert [model.asks(10.0), model.asks(10.1)] == [WANT, None]
    assert model.received(message(("a", 1, 1.0, b"one")), 10.2)
    assert [model.asks(10.2), model.asks(10.2)] == [WANT, None]
    assert model.received(message(("a", 2, 1.0, b"two")), 10.3)
    assert model.asks(60.0) is None
    assert model.layers == (Layer("a", 2, 1.0, b"two"),)
    model.seen()
    assert model.asks(60.0) == WANT


def test_a_frame_that_is_held_is_not_sent_again() -> None:
    model = opened()
    model.received(message(("a", 1, 1.0, b"one")), 10.1)
    model.received(message(("a", 1, 0.5, b""), ("b", 7, 0.5, b"seven")), 10.2)
    assert model.layers == (Layer("a", 1, 0.5, b"one"), Layer("b", 7, 0.5, b"seven"))
    model.received(message(("b", 7, 1.0, b"")), 10.3)
    model.received(message(("a", 1, 1.0, b"")), 10.4)
    assert model.layers[0].jpeg is None, "the server would have sent it: it was not part of the picture before"


def test_what_comes_for_another_deck_is_held_but_not_shown() -> None:
    model = opened()
    model.asks(10.0)
    model.aim(HERE._replace(deck=2), 10.0)
    assert model.asks(10.0) == '{"want": 2}'
    assert not model.received(message(("a", 1, 1.0, b"one")), 10.1)
    assert model.received(message(("a", 1, 1.0, b""), deck=2), 10.2)
    assert model.layers == (Layer("a", 1, 1.0, b"one"),)


def test_attempts_get_rarer_and_a_picture_begins_anew() -> None:
    model = opened()
    model.received(message(("a", 1, 1.0, b"one")), 10.0)
    pauses, now = [], 10.0
    for _ in range(7):
        model.disconnected(now)
        pauses.append(waits(model, now))
        now += pauses[-1]
    assert pauses == pytest.approx([*AGAIN, AGAIN[-1], AGAIN[-1]], abs=0.02)
    model.connected(now)
    model.received(message(("a", 2, 1.0, b"two")), now)
    model.disconnected(now)
    assert waits(model, now) == pytest.approx(AGAIN[0], abs=0.02)
    assert [line.split(" ")[3] for line in model.log] == ["lost", "is", "lost"]


def test_every_spelling_is_tried_before_the_first_pause() -> None:
    model, now, tried = LiveModel(), 0.0, []
    model.aim(Place("10.0.0.7", 7580, "a b", 1), now)
    for _ in range(2 * len(SPELLINGS)):
        now += waits(model, now)
        tried.append((model.address, now))
        model.disconnected(now)
    addresses = [address for address, _ in tried]
    assert addresses == [*addresses[:len(SPELLINGS)]] * 2
    assert addresses[0] == "10.0.0.7/ws?token=a%20b"
    assert tried[len(SPELLINGS) - 1][1] < (len(SPELLINGS) + 1) * (BETWEEN + 0.02)
    assert tried[len(SPELLINGS)][1] > AGAIN[0]


@pytest.mark.parametrize(("happens", "patience"), [("nothing", live_model.CONNECT_WITHIN),
                                                   ("silence", live_model.ANSWER_WITHIN)])
def test_whoever_says_nothing_is_given_up(happens: str, patience: float) -> None:
    model = LiveModel()
    model.aim(HERE, 0.0)
    model.turn(1.0)
    if happens == "silence":
        model.connected(1.0)
    model.turn(1.0 + patience - 0.1)
    assert model.active
    model.turn(1.0 + patience + 0.1)
    assert (model.active, model.puzzled) == (False, True)


def test_a_server_that_pings_is_alive_and_one_that_does_not_is_dead() -> None:
    model = opened()
    model.received(message(("a", 1, 1.0, b"one")), 10.0)
    for second in range(30, 300, 20):
        model.pinged(float(second))
        model.turn(float(second) + 19.9)
        assert model.active
    model.turn(290.0 + live_model.SILENT + 1)
    assert not model.active
    assert "lost" in model.log[0]


def test_refusals_are_said_once_and_asked_again_later() -> None:
    model = opened()
    refusal = json.dumps({"want": 1, "error": "input", "text": "there is no deck 1"})
    for second in range(3):
        now = 10.0 + second * (live_model.RETRY + 0.1)
        assert model.asks(now) == WANT
        model.told(refusal, now)
        assert model.asks(now + 0.1) is None
    assert model.log == ["the live deck: there is no deck 1"]
    model.turn(10.0 + live_model.ANSWER_WITHIN + 5)
    assert model.active, "it answers"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"error": 1}', '{"error": "x", "text": 7}', "[" * 100_000, "null"])
def test_other_words_mean_nothing(text: str) -> None:
    model = opened()
    model.told(text, 10.0)
    assert (model.active, model.log) == (True, [])


def test_letting_go_keeps_the_picture_and_late_messages_change_nothing() -> None:
    model = opened()
    model.received(message(("a", 1, 1.0, b"one")), 10.0)
    model.aim(None, 10.1)
    assert not model.received(message(("a", 2, 1.0, b"two")), 10.2)
    model.connected(10.2)
    model.disconnected(10.2)
    model.told('{"error": "x", "text": "late"}', 10.2)
    model.turn(99.0)
    assert (model.active, model.address, model.log) == (False, "", [])
    assert model.layers == (Layer("a", 1, 1.0, b"one"),)


def read_or_refused(data: bytes) -> str:
    """The words with which a message is refused; empty when it was read, and is in order."""
    try:
        _, layers, held = read_pictures(data, {})
    except ValueError as error:
        return str(error) or "no words"
    assert all(0.0 <= layer.level <= 1.0 for layer in layers)
    assert len(held) <= len(layers)
    return ""


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    assert read_or_refused(data) != "no words"


_ANYTHING: Any = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                              lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                                  st.sampled_from(["deck", "layers", "movie", "frame", "level", "bytes", "error"]),
                                  inner, max_size=5), max_leaves=12)


@given(_ANYTHING, st.binary(max_size=20))
def test_any_header_is_read_or_refused_in_words(header: Any, rest: bytes) -> None:
    head = json.dumps(header).encode()
    assert read_or_refused(struct.pack("<I", len(head)) + head + rest) != "no words"


@pytest.mark.parametrize(("status", "token", "said"), [
    (401, "", "asks for a token"), (401, "x", "Token is wrong"), (426, "", "run the Probe"),
    (403, "", "says: no such name"), (503, "", "says: no such name"), (404, "", "something else answers")])
def test_the_reason_is_said_in_words(status: int, token: str, said: str) -> None:
    text = words("10.0.0.7:7580", status, "no such\n name", token)
    assert said in text
    assert "10.0.0.7:7580" in text


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("no such\nhost", 1), ("", 0)])
def test_no_place_is_too_odd_for_words(host: str, port: int) -> None:
    assert "cannot be reached" in why_not(host, port, "t") or "nobody listens" in why_not(host, port, "t")


# pictures


def jpeg(number: int, width: int = 160, height: int = 96) -> bytes:
    return encode_rgb(numbered_frame(number, width, height), 90, "420")


def loaded() -> LivePictures:
    pictures = LivePictures()
    assert pictures.load()
    return pictures


def shown(array: Any) -> Any:
    """As a texture shows it: the top row first, RGB."""
    assert (array.dtype, array.shape[2], array.flags.c_contiguous) == (np.uint8, 4, True)
    return np.ascontiguousarray(array[::-1, :, :3])


def test_a_layer_is_decoded_once_while_it_is_part_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, decoded = loaded(), []
    real = cv2.imdecode
    monkeypatch.setattr(cv2, "imdecode", lambda *args: decoded.append(1) or real(*args))
    layer, other = Layer("a", 5, 1.0, jpeg(5)), Layer("a", 6, 1.0, jpeg(6))
    assert read_number(shown(pictures.mixed([layer], (64, 64), 1280))) == 5
    pictures.mixed([layer._replace(level=0.5)], (64, 64), 1280)
    assert len(decoded) == 1
    assert read_number(shown(pictures.mixed([other], (64, 64), 1280))) == 6
    pictures.mixed([layer], (64, 64), 1280)
    assert len(decoded) == 3


def test_levels_are_added_and_shapes_are_fitted() -> None:
    pictures = loaded()
    white = cv2.imencode(".jpg", np.full((96, 160, 3), 200, np.uint8))[1].tobytes()
    tall = cv2.imencode(".jpg", np.full((192, 64, 3), 100, np.uint8))[1].tobytes()
    half = shown(pictures.mixed([Layer("a", 1, 0.25, white), Layer("b", 1, 0.5, white)], (64, 64), 1280))
    assert np.abs(half.astype(int) - 150).max() <= 2
    both = shown(pictures.mixed([Layer("a", 1, 1.0, white), Layer("c", 1, 1.0, tall)], (64, 64), 1280))
    assert both.shape == (192, 160, 3)
    assert np.abs(both[96, [2, 80]].astype(int) - [[200] * 3, [255] * 3]).max() <= 2
    assert np.abs(both[4, 80].astype(int) - 100).max() <= 2
    assert both[4, 2].max() <= 2


def test_nothing_on_the_deck_is_black_in_the_decks_size() -> None:
    picture = loaded().mixed([], (320, 180), 1280)
    assert picture.shape == (180, 320, 4)
    assert not picture[..., :3].any()
    dark = shown(loaded().mixed([Layer("a", 1, 0.0, jpeg(1))], (320, 180), 1280))
    assert (dark.shape, int(dark.max())) == ((96, 160, 3), 0)


@pytest.mark.parametrize("wrong", [None, b"", b"\xff\xd8", b"rubbish" * 50, jpeg(1)[:-40], jpeg(1)[:300],
                                   b"\xff\xd8\xff\xe0\x00\x00\xff\xd9", b"\xff\xd8" + b"\xff" * 99])
def test_what_cannot_be_decoded_is_told_and_the_rest_is_shown(wrong: bytes | None) -> None:
    pictures = loaded()
    bad = Layer("bad", 3, 1.0, wrong, "" if wrong is not None else "it is gone")
    assert pictures.mixed([bad], (64, 64), 1280) is None
    assert len(pictures.troubles) == 1
    assert pictures.troubles[0].startswith("bad, frame 3: ")
    assert read_number(shown(pictures.mixed([bad, Layer("a", 9, 1.0, jpeg(9))], (64, 64), 1280))) == 9
    assert len(pictures.troubles) == 1


@pytest.mark.parametrize(("largest", "width"), [(16384, 2000), (2000, 2000), (1280, 1000), (999, 500), (260, 250)])
def test_large_pictures_are_decoded_smaller_for_less_work(largest: int, width: int) -> None:
    picture = loaded().mixed([Layer("a", 1, 1.0, jpeg(1, 2000, 1120))], (64, 64), largest)
    assert picture.shape[:2] == (1120 * width // 2000, width)


@given(st.binary(max_size=60), st.sampled_from([0, 2, 4, 20, 160, 163, 170, 300]))
def test_the_size_is_read_of_any_bytes_or_refused(data: bytes, at: int) -> None:
    whole = jpeg(3)
    for each in (data, whole[:at] + data + whole[at:], b"\xff\xd8" + data):
        try:
            width, height = jpeg_size(each)
        except ValueError:
            continue
        assert width > 0
        assert height > 0
