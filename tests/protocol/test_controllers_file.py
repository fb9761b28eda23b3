"""`controllers.toml`: what may stand in it, what is said of mistakes, and changes that leave the rest alone."""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import InputError
from server.protocol.controllers.control import ANY, TOPS, Control, numbers, read_midi
from server.protocol.controllers.mapping_edit import Add, Change, Remove, edited
from server.protocol.controllers.mapping_file import keys_of, read_mappings
from server.protocol.controllers.mapping_keys import KEYS, endpoint
from server.protocol.controllers.rows import row_kind, usual_range
from server.protocol.controllers.toml_text import toml_key, toml_value
from server.protocol.endpoints import COMMANDS
from server.protocol.osc import IMPULSE
from server.protocol.targets import Targets

TARGETS = Targets(2)
BY_HAND = """\
# my desk
theme = "dark"   # not ours

# the big fader
[[mapping]]
name = "big"  # keep this
osc = "/1/fader1"
row = "/deck/1/level"
colour = "red"

# the knob
[[mapping]]
midi = "cc 7"
device = "nanoKONTROL2"
channel = 1
row = "/deck/1/speed"
range = [
  -1.0,
  1.0,
]
"""


def problems(text: str) -> tuple[str, ...]:
    return read_mappings(text, TARGETS).problems


def entry(**keys: Any) -> str:
    given = {"osc": "/x", "row": "/deck/1/level", **keys}
    return "[[mapping]]\n" + "".join(f"{toml_key(key)} = {toml_value(value)}\n"
                                     for key, value in given.items() if value is not None)


def test_a_file_is_read_and_what_it_leaves_out_is_sensible() -> None:
    file = read_mappings(BY_HAND, TARGETS)
    big, knob = (laid.mapping for laid in file.laid)
    assert file.problems == ()
    assert (big.name, big.control, big.range, big.source) == ("big", Control("osc", "/1/fader1", 1), (0, 1), (0, 1))
    assert (knob.name, knob.control) == ("nanoKONTROL2 cc 7", Control("cc", "nanoKONTROL2", 7, 1))
    assert (knob.range, knob.source, knob.curve, knob.quantise) == ((-1, 1), (0, 127), "linear", "off")
    assert file.laid[1].target.where == (1,)


def test_unknown_keys_are_told_of_and_do_no_harm() -> None:
    notes = read_mappings(BY_HAND.replace("colour", "pick_up"), TARGETS).notes
    assert notes == ("theme: there is no such key",
                     "mapping 1 (big): there is no key 'pick_up'; did you mean 'pickup'?")


@pytest.mark.parametrize(("keys", "said"), [
    ({"curve": "exponental"}, "did you mean 'exponential'?"),
    ({"curve": "expo"}, "did you mean 'exponential'?"),
    ({"row": "/deck/1/levle"}, "did you mean /deck/1/level?"),
    ({"row": "/deck/3/level"}, "this server has 2"),
    ({"row": "/deck/*/level"}, "several rows"),
    ({"row": "/deck/1/state/frame"}, "cannot be set"),
    ({"row": "/learn/cancel"}, "not for controllers"),
    ({"row": None}, "row is missing"),
    ({"row": "/deck/1/song"}, "value is missing"),
    ({"row": "/deck/1/range"}, "value = [100, 199]"),
    ({"row": "/system/ping", "value": [1, 2, 3]}, "not 3"),
    ({"row": "/deck/1/play", "value": "x"}, "takes nothing"),
    ({"osc": "fader"}, "is an OSC address such as"),
    ({"osc": "/deck/1/level"}, "is a row itself"),
    ({"osc": None}, "either osc"),
    ({"midi": "cc 7"}, "either osc"),
    ({"osc": None, "midi": "cc 128"}, "0 to 127"),
    ({"osc": None, "midi": "bend 3"}, "has no number"),
    ({"osc": None, "midi": "fader 3"}, "is no MIDI control"),
    ({"osc": None, "midi": 7}, "midi is a text"),
    ({"osc": None, "midi": "note 60", "encoder": "binary-offset"}, "no endless encoder"),
    ({"osc": None, "midi": "cc 7", "from": [0, 200]}, "between 0 and 127"),
    ({"channel": 3}, "channel is for MIDI"),
    ({"range": [0, 9]}, "level is 0 to 1, not 9"),
    ({"range": [0]}, "two numbers"),
    ({"range": 1}, "two numbers"),
    ({"from": [1, 1]}, "two different numbers"),
    ({"steps": 1.5}, "is a whole number"),
    ({"invert": "yes"}, "is true or false"),
    ({"button": "toggle", "encoder": "binary-offset"}, "exclude each other"),
    ({"encoder": "binary-offset", "pickup": True}, "no place to be picked up from"),
    ({"encoder": "binary-offset", "row": "/deck/1/play"}, "nothing to turn"),
    ({"step": 0.1}, "step is for endless encoders"),
    ({"step": 0, "encoder": "binary-offset"}, "is not 0"),
    ({"row": "/deck/1/step", "pickup": True}, "no value of its own"),
    ({"feedback": "somewhere"}, "192.168.1.20:9000"),
    ({"value": [[1]]}, "a list of them"),
    ({"name": "two\nlines"}, "on one line"),
    ({"name": "x" * 65}, "at most 64"),
    ({"row": "/deck/1/mark/1000"}, "no endpoint"),
    ({"row": "/deck/1/axis/a/b"}, "no endpoint"),
])
def test_mistakes_are_told_with_what_to_write_instead(keys: dict[str, Any], said: str) -> None:
    line, = problems(entry(**keys))
    assert line.startswith("mapping 1")
    assert said in line
    assert line.isprintable()


def test_all_mistakes_are_told_at_once_and_spoil_nothing_else() -> None:
    text = entry(curve="lin", steps=-1, row="/nowhere") + entry(name="good") + entry(name="good", osc="/y")
    file = read_mappings(text, TARGETS)
    assert len(file.problems) == 4
    assert [laid.mapping.name for laid in file.laid] == ["good"]


@pytest.mark.parametrize("text", ["[[mapping", "mapping = 3", "mapping = [1]", "a = 1\na = 2", "\0",
                                  "x = " + "[" * 5000])
def test_what_is_no_such_file_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(InputError):
        read_mappings(text, TARGETS)


@pytest.mark.parametrize("row", [row for row in COMMANDS if not row.address.startswith(("/learn/", "/td/"))],
                         ids=lambda row: row.address)
def test_a_control_can_be_laid_on_every_row(row: Any) -> None:
    """With nothing but the row, or with the value that a press sends: no row is out of reach."""
    given: dict[str, Any] = {"row": row.example_address()}
    if row_kind(row) == "text":
        given["value"] = list(row.example)
    file = read_mappings(entry(**given), TARGETS)
    if usual_range(row) is None:
        assert "range is missing" in file.problems[0]
        file = read_mappings(entry(**given, range=[row.args[0].low or 0, (row.args[0].low or 0) + 5]), TARGETS)
    assert file.problems == ()
    mapping = file.laid[0].mapping
    assert mapping.range[0] != mapping.range[1]


@given(st.text(max_size=60)
       | st.tuples(st.sampled_from(sorted(TOPS)), st.integers(0, 20000)).map("{0[0]} {0[1]}".format))
def test_a_midi_control_is_read_as_it_is_written_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        read = read_midi(text)
        kind, *number = text.split()
        assert read == (kind.lower(), int(number[0]) if number else ANY)


def test_what_an_osc_message_says_as_numbers() -> None:
    assert numbers(()) == (1.0,)
    assert numbers((True, False, None, IMPULSE)) == (1.0, 0.0, 1.0, 1.0)
    assert numbers((2, 0.5, "x", b"y", float("nan"))) == (2.0, 0.5, None, None, None)


@pytest.mark.parametrize("text", ["", "host:1", "1.2.3:4", "1.2.3.4", "1.2.3.4:0", "1.2.3.4:99999", "1.2.3.999:1"])
def test_who_is_told_is_a_numeric_address(text: str) -> None:
    with pytest.raises(InputError):
        endpoint(text)
    assert endpoint("10.0.0.7:9000") == ("10.0.0.7", 9000)


# changes --------------------------------------------------------------------------------------


def test_a_change_leaves_comments_and_everything_else_as_they_were() -> None:
    new = edited(BY_HAND, Change("big", "range", [0.0, 0.5]))
    assert new == BY_HAND.replace('colour = "red"\n', 'colour = "red"\nrange = [0.0, 0.5]\n')
    again = edited(new, Change("big", "range", None))
    assert again == BY_HAND


def test_a_value_that_takes_several_lines_is_changed_all_the_same() -> None:
    new = edited(BY_HAND, Change("nanoKONTROL2 cc 7", "range", [0.0, 2.0]))
    assert tomllib.loads(new)["mapping"][1]["range"] == [0.0, 2.0]
    assert tomllib.loads(new)["mapping"][0] == tomllib.loads(BY_HAND)["mapping"][0]
    assert tomllib.loads(new)["theme"] == "dark"


def test_a_mapping_is_taken_away_with_its_lines_and_no_others() -> None:
    new = edited(BY_HAND, Remove("big"))
    assert "# my desk" in new
    assert "# the knob" in new
    assert "big" not in new.replace("# the big fader", "")
    assert len(tomllib.loads(new)["mapping"]) == 1
    with pytest.raises(InputError, match="there is no mapping called 'tiny'; there are big"):
        edited(BY_HAND, Remove("tiny"))


def test_a_new_file_says_what_it_is() -> None:
    new = edited("", Add({"name": "a", "osc": "/a", "row": "/deck/1/level"}))
    assert new.startswith("# What controllers do")
    assert new.endswith('[[mapping]]\nname = "a"\nosc = "/a"\nrow = "/deck/1/level"\n')


def test_windows_line_ends_are_understood() -> None:
    new = edited(BY_HAND.replace("\n", "\r\n"), Change("big", "curve", "s"))
    assert tomllib.loads(new)["mapping"][0]["curve"] == "s"


NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-2 ** 40, 2 ** 40) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6)


@settings(max_examples=30)
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), max_size=3),
       st.dictionaries(NAMES.filter(lambda name: name != "mapping"), VALUES, max_size=3), st.data())
def test_whatever_stands_in_a_file_survives_a_change_to_something_else(
        written: list[dict[str, Any]], rest: dict[str, Any], data: st.DataObject) -> None:
    written = [{**one, "name": f"m{number}"} for number, one in enumerate(written)]
    text = "".join(f"{toml_key(key)} = {toml_value(value)}\n" for key, value in rest.items()) + "".join(
        "[[mapping]]\n" + "".join(f"{toml_key(key)} = {toml_value(value)}\n" for key, value in one.items()) + "# note\n"
        for one in written)
    assert tomllib.loads(text) == {**rest, **({"mapping": written} if written else {})}
    added = tomllib.loads(edited(text, Add({"osc": "/x", "row": "/y"})))
    assert added == {**rest, "mapping": [*written, {"osc": "/x", "row": "/y"}]}
    if written:
        place = data.draw(st.integers(0, len(written) - 1))
        left = written[:place] + written[place + 1:]
        assert tomllib.loads(edited(text, Remove(f"m{place}"))) == {**rest, **({"mapping": left} if left else {})}
        changed = [*written[:place], {**written[place], "curve": "s"}, *written[place + 1:]]
        assert tomllib.loads(edited(text, Change(f"m{place}", "curve", "s"))) == {**rest, "mapping": changed}


def test_the_keys_of_a_mapping_make_the_same_mapping_again() -> None:
    mapping = read_mappings(BY_HAND, TARGETS).laid[1].mapping
    keys = {key: value for key, value in keys_of(mapping).items() if value not in (None, "", 0.0)}
    assert read_mappings(edited("", Add(keys)), TARGETS).laid[0].mapping == mapping


def test_the_example_in_the_documents_is_right() -> None:
    page = (Path(__file__).parents[2] / "docs" / "controllers.md").read_text(encoding="utf-8")
    file = read_mappings(page.partition("```toml\n")[2].partition("```")[0], TARGETS)
    assert (file.problems, file.notes) == ((), ())
    assert len(file.laid) == 5
    assert all(f"`{key}`" in page for key in KEYS)


@pytest.mark.parametrize(("key", "words"), [("step", "is a number"), ("range", "is a number"), ("from", "is a number")])
def test_a_number_without_end_spoils_only_its_own_mapping(key: str, words: str) -> None:
    huge = "1" + "0" * 400
    value = huge if key == "step" else f"[0, {huge}]"
    text = entry(name="good") + entry(name="bad", osc="/y") + f"{key} = {value}\n"
    read = read_mappings(text, TARGETS)
    assert [one.mapping.name for one in read.laid] == ["good"]
    assert any(words in line for line in read.problems)


def test_a_range_wider_than_numbers_go_is_refused() -> None:
    assert any("nearer to each other" in line for line in problems(entry(range=[-1.5e308, 1.5e308])))


def test_a_press_that_sends_nothing_is_refused() -> None:
    assert any("value is a text, a number" in line for line in problems(entry(row="/system/ping", value=[])))
