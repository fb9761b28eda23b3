"""What fuzzing has found, one test each, so that it stays mended."""

from __future__ import annotations

import argparse
import csv
import gc
import io
import logging
import struct
import tracemalloc
import zlib
from pathlib import Path

import doors
import pytest
from surfaces_media import jpegs

from media_tools import argument_types
from server.app import wire
from server.app.curator_link import CuratorLink
from server.app.song_maps import MapBuilder, hops_of
from server.errors import DamagedMovie, InputError, LibraryError, NotAMovie, SettingsError, one_line
from server.index.jpeg import jpeg_problem
from server.library.formats.csv_table import parse_csv
from server.library.formats.key_frames import parse_key_frames
from server.library.formats.observations import parse_observations
from server.library.formats.oddity import Oddities
from server.library.formats.python_literal import parse_literal
from server.library.formats.schedules import parse_schedule
from server.library.sequences import format_sequence, parse_sequence
from server.media.concat import parse_seconds
from server.media.jpeg import decode_rgb, decode_thumbnail
from server.media.picture import decode_picture
from server.media.small import small_jpeg
from server.units import parse_fraction, parse_rate

HOSTILE = "a\x1b[2Jb\nc\u202e\ud800"
QUICK = pytest.mark.timeout(30)
"""They took minutes, or for ever."""


def test_an_error_is_one_line_whatever_it_quotes() -> None:
    for kind in (InputError, NotAMovie):
        assert str(kind(f"{HOSTILE} is none")) == r"a\x1b[2Jb\nc\u202e\ud800 is none"
    assert len(str(InputError("x" * 100_000))) == 2000
    assert len(str(InputError("\x00" * 100_000))) == 2000
    several = SettingsError((f"one: {HOSTILE}", "two: wrong"))
    assert str(several).split("\n") == [r"one: a\x1b[2Jb\nc\u202e\ud800", "two: wrong"]
    assert str(LibraryError("first\nsecond\x07")) == "first\nsecond\\x07"
    assert one_line("plain ü 🎬") == "plain ü 🎬"


def test_what_is_odd_about_a_file_is_one_line() -> None:
    oddities = Oddities(f"{HOSTILE}.csv")
    oddities.say(3, f"the cell {HOSTILE}", "it is left out")
    oddities.note(None, HOSTILE, "kept")
    assert all(str(each).isprintable() and each.what.isprintable() for each in oddities)


@QUICK
@pytest.mark.parametrize("text", ["1e99999999", "1E-99999999", "9" * 5000, "1/" + "9" * 5000, "1e+1000000"])
def test_numbers_that_would_take_minutes_to_write_out_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too long for a number"):
        parse_fraction(text)
    with pytest.raises(InputError, match="is no frame rate"):
        parse_rate(text)
    with pytest.raises(InputError, match="is no time"):
        parse_seconds(text)
    with pytest.raises(argparse.ArgumentTypeError, match="is no time"):
        argument_types.seconds(text)


@pytest.mark.parametrize("text", ["9" * 5000 + ":00:00", "1:" + "9" * 5000, "1e999", "1e400ms", "99999999999999:00:00"])
def test_times_that_no_movie_has_are_refused_in_words(text: str) -> None:
    with pytest.raises(InputError, match="is no time"):
        parse_seconds(text)
    assert parse_seconds("1e3ms") == 1
    assert parse_seconds("10:00:00.5") == 36000.5


@QUICK
@pytest.mark.parametrize("line", ["1" * 200_000, " " * 200_000 + "x", "p100, [640," + "1" * 200_000, "= " * 100_000])
def test_a_long_line_of_observations_is_read_once(line: str) -> None:
    assert parse_observations(line.encode(), Oddities("o.txt")) == ()


@QUICK
@pytest.mark.parametrize("text", ["[1" + ", 21" * 2000, "[20]*200+[" + "20, " * 2000, "1" * 60_000,
                                  "[" + "1.5 ," * 500 + "x]"])
def test_a_schedule_that_does_not_end_is_refused_at_once(text: str) -> None:
    with pytest.raises(InputError):
        parse_schedule(text)
    with pytest.raises(InputError):
        parse_key_frames(text)


@pytest.mark.parametrize(("text", "value"), [("1.", 1.0), (".5", 0.5), ("2.50", 2.5), ("-3", -3.0), ("1.5e2", 150.0)])
def test_numbers_are_read_as_before(text: str, value: float) -> None:
    assert parse_schedule(f"[{text}]*2").runs == ((value, 2),)
    assert parse_literal(f"[{text}]") == [value]
    assert parse_seconds(text.lstrip("-")) == abs(value)


@QUICK
def test_many_columns_of_one_name_are_counted_once() -> None:
    oddities = Oddities("p.csv")
    parse_csv(b"name" + b",same" * 50_000 + b"\n", oddities)
    assert any("'same' is there more than once" in str(each) for each in oddities)


@QUICK
def test_many_columns_without_a_name_get_one_each() -> None:
    found = parse_sequence(b"c1,c2" + b"," * 50_000 + b"\na-1,b-2\n")
    assert (found.rows[0].c1, len(found.columns)) == ("a-1", 50_002)
    head = next(csv.reader(io.StringIO(format_sequence(found).decode())))
    assert head == ["c1", "c2", *[""] * 50_000]


@QUICK
def test_a_jpeg_that_states_more_pixels_than_it_holds_takes_no_memory() -> None:
    for jpeg in jpegs()[:4]:
        bomb = bytearray(jpeg)
        at = max(bomb.find(bytes((0xFF, marker))) for marker in (0xC0, 0xC2)) + 5
        bomb[at:at + 4] = struct.pack(">HH", 65_000, 65_000)
        tracemalloc.start()
        try:
            for decode in (decode_rgb, decode_thumbnail, lambda data: small_jpeg(data, Path("a.jpg"), 16)):
                with pytest.raises(DamagedMovie, match="65000×65000 pixels, more than its"):
                    decode(bytes(bomb))
            assert tracemalloc.get_traced_memory()[1] < 256 << 20
        finally:
            tracemalloc.stop()
        assert "more than its" in (jpeg_problem(bytes(bomb)) or "")


def test_a_plain_picture_is_not_taken_for_too_large() -> None:
    """One colour takes a bit for each block: as few bytes as a picture can have."""
    import cv2
    import numpy as np

    for flags in ([], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_OPTIMIZE, 1]):
        black = np.zeros((2160, 3840), np.uint8)
        data = cv2.imencode(".jpg", black, [cv2.IMWRITE_JPEG_QUALITY, 1, *flags])[1].tobytes()
        assert decode_rgb(data).shape == (2160, 3840, 3)
        assert jpeg_problem(data) is None


def test_chroma_that_the_decoder_has_no_name_for_is_judged() -> None:
    odd = bytearray(jpegs()[0])
    at = odd.find(b"\xff\xc0")
    odd[at + 11] = 0x14
    with pytest.raises(DamagedMovie):
        decode_rgb(bytes(odd))


def test_a_png_that_states_gigabytes_is_refused() -> None:
    head = struct.pack(">II5B", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    with pytest.raises(NotAMovie, match="60000×60000 pixels; make it smaller"):
        decode_picture(b"\x89PNG\r\n\x1a\n" + chunk, Path("a.png"))


@pytest.mark.parametrize("said", [
    {"say": "route", "hops": [["a", "b", ["m", 1, 1, 0], 0, 1]]}, {"say": "part", "rows": [1]},
    {"say": "route", "hops": 7}, {"say": "route", "hops": [["a", "b", [[], 1, 1, 1], 0, 1]]}])
def test_nonsense_of_a_helper_is_known_as_such(said: dict[str, object]) -> None:
    """Whoever listens goes on: that it may be a ratio over zero or a list as a map was not thought of."""
    builder = MapBuilder({"folder": "a", "place": "a", "name": "a", "version": 1})
    with pytest.raises(wire.NONSENSE):
        builder.add(said["rows"]) if "rows" in said else hops_of(said["hops"])  # type: ignore[arg-type]


@pytest.mark.parametrize("facts", [b'"bytes":Infinity', b'"bytes":NaN', b'"bytes":[]', b'"x":1'])
def test_an_answer_of_no_size_is_known_as_nonsense(tmp_path: Path, facts: bytes) -> None:
    with pytest.raises(wire.NONSENSE):
        CuratorLink(tmp_path)._heard(b'{"say":"answer",' + facts + b"}\n", io.BytesIO())


def test_bytes_that_are_no_request_leave_no_traceback_in_the_log(
        tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with doors.running(tmp_path) as (parts, complaints), caplog.at_level(logging.INFO):
        door = doors.Door(parts.http.port, complaints)
        for nonsense in (b"GET \n\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01", b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"):
            assert b" 400 " in door.talk(nonsense)[:20]
        complaints.none()
        assert not [record for record in caplog.records if record.exc_info]


def test_a_header_that_is_no_text_asks_for_no_socket(tmp_path: Path) -> None:
    with doors.running(tmp_path) as (parts, complaints):
        door = doors.Door(parts.http.port, complaints)
        asked = f"GET /ws HTTP/1.1\r\nHost: localhost:{parts.http.port}\r\nConnection: close\r\nUpgrade: ".encode()
        assert b" 426 " in door.talk(asked + b"\x82\r\n\r\n")[:20]
        complaints.none()


def test_requests_that_broke_off_leave_nothing_behind_at_the_end(
        tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Their bodies never come: whoever answered them waits for the rest, also while the server ends."""
    with doors.running(tmp_path) as (parts, complaints):
        door = doors.Door(parts.http.port, complaints)
        asked = f"GET /api/state HTTP/1.1\r\nHost: localhost:{parts.http.port}\r\nContent-Length: 100\r\n\r\nabc"
        assert b" 200 " in door.talk(asked.encode())[:20]
    gc.collect()
    assert "destroyed" not in caplog.text
