"""Options as flags and as a page: nothing given leaves no trace, and everything there is gets written about."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

import pytest

from server.errors import SettingsError
from server.protocol.endpoints import BY_ADDRESS
from server.settings.arguments import add_arguments, given
from server.settings.documentation import EXAMPLE_ENV, EXAMPLE_SONG, settings_markdown
from server.settings.layers import SONG_FILE, load
from server.settings.parts import PARTS
from server.settings.presets import PRESETS
from server.settings.resolved import OPTIONS, Settings


def parse(*words: str) -> dict[str, object]:
    parser = argparse.ArgumentParser()
    parser.add_argument("song", nargs="*")
    add_arguments(parser, OPTIONS)
    return given(parser.parse_args(words))


def test_what_is_not_written_leaves_no_trace() -> None:
    assert parse("a song") == {}


def test_flags_become_values() -> None:
    words = ("--decks", "3", "--osc-port", "7500", "--osc-port=9000", "--media-dir", "x y", "--listen", "--allow",
             "10.0.0.0/8", "--quantise", "bar", "--tempo=90.5")
    settings = load(parse(*words), environ={})
    assert settings.decks == 3
    assert settings.osc_port == (7500, 9000)
    assert settings.listen == "0.0.0.0"
    assert settings.allow == ("10.0.0.0/8",)
    assert settings.quantise == "bar"
    assert settings.tempo == 90.5
    assert settings.media_dir.name == "x y"


def test_a_song_behind_a_bare_listen_is_told_apart() -> None:
    with pytest.raises(SettingsError, match="--listen: 'my song' is no address"):
        load(parse("--listen", "my song"), environ={})


def test_help_tells_defaults_limits_and_units(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser, OPTIONS)
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for words in ("default 2; 1 to 8", "{off,beat,bar}", "default 60 Hz", "--listen [ADDRESS]", "default 120 bpm"):
        assert words in shown


def test_the_page_tells_every_option_and_preset() -> None:
    page = settings_markdown()
    for option in OPTIONS.values():
        assert f"| `{option.name}` | `{option.flag}`<br>`{option.variable}` |" in page
        assert option.doc in page
    assert all(f"| `{name}` |" in page for name in PRESETS)


def test_the_examples_on_the_page_are_read_without_a_word(tmp_media: Path) -> None:
    page = settings_markdown()
    for name, example in ((SONG_FILE, EXAMPLE_SONG), (".env", EXAMPLE_ENV)):
        assert example in page
        (tmp_media / name).write_text(example, encoding="utf-8")
    settings = load({"preset": "rehearsal"}, environ={}, song=tmp_media, cwd_env_file=tmp_media / ".env")
    assert (settings.tempo, settings.quantise, settings.end, settings.decks) == (128, "off", "next", 2)
    assert (settings.listen, settings.osc_port) == ("0.0.0.0", (7500, 9000))
    assert settings.notes == ()


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_used(name: str) -> None:
    assert load({}, environ={}, preset=name).preset == name


def test_no_two_parts_declare_one_name() -> None:
    names = [one.name for part in PARTS for one in fields(part)]
    assert len(names) == len(set(names)) == len(OPTIONS)
    assert set(names) < {one.name for one in fields(Settings)}


@pytest.mark.parametrize(
    ("name", "address"),
    [("fade", "/deck/{n}/fade"), ("end", "/deck/{n}/loop"), ("quantise", "/clock/quantise"),
     ("tempo", "/clock/tempo"), ("latency", "/master/latency")],
)
def test_what_an_endpoint_sets_has_the_limits_of_its_row(name: str, address: str) -> None:
    option, row = OPTIONS[name], BY_ADDRESS[address]
    assert option.default == row.default
    assert (option.low, option.high, option.choices) == (row.args[0].low, row.args[0].high, row.args[0].choices or ())
    assert option.live
