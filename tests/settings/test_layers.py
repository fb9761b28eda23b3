"""Layers of settings: what counts over what, what every value says of its origin, and all mistakes at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from server.errors import SettingsError
from server.settings.layers import SONG_FILE, load
from server.settings.resolved import OPTIONS, Settings

Loader = Callable[..., Settings]
# From the lowest to the highest; each can name a tempo of its own.
LAYERS = ("song", "preset", "env file", "environ", "command line", "locked")


@pytest.fixture
def song(tmp_media: Path) -> Path:
    folder = tmp_media / "a song"
    folder.mkdir()
    return folder


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def problems(**layers: object) -> list[str]:
    """What is wrong with some layers."""
    with pytest.raises(SettingsError) as caught:
        load(**{"command_line": {}, "environ": {}, **layers})  # type: ignore[arg-type]
    assert str(caught.value) == "\n".join(caught.value.problems)
    return list(caught.value.problems)


def test_nothing_given_is_all_defaults(monkeypatch: pytest.MonkeyPatch, tmp_media: Path) -> None:
    monkeypatch.chdir(tmp_media)
    settings = load({}, environ={})
    assert settings.decks == 2
    assert settings.osc_port == (7500,)
    assert settings.http_port == 7580
    assert settings.listen == "127.0.0.1"
    assert settings.media_dir == tmp_media / "interscene-media"
    assert settings.meta_dir == settings.media_dir
    assert {settings.origin(name) for name in OPTIONS} == {"default", "as media_dir"}


@pytest.mark.parametrize("given", [*itertools.combinations(LAYERS, 1), *itertools.combinations(LAYERS, 2), LAYERS])
def test_the_highest_layer_counts(given: tuple[str, ...], song: Path, tmp_media: Path) -> None:
    tempo = {name: 100 + LAYERS.index(name) for name in given}

    def entry(layer: str, text: str) -> str:
        return text.format(tempo[layer]) if layer in tempo else ""

    write(song / SONG_FILE, "\n".join((
        entry("song", "tempo = {}"),
        'preset = "mine"', "[presets.mine]", "decks = 3", entry("preset", "tempo = '{}'"),
        entry("locked", "[locked]\ntempo = {}"),
    )))
    settings = load(
        {"tempo": str(tempo["command line"])} if "command line" in tempo else {},
        environ={"INTERSCENE_TEMPO": str(tempo["environ"])} if "environ" in tempo else {},
        song=song,
        cwd_env_file=write(tmp_media / ".env", entry("env file", "INTERSCENE_TEMPO={}")),
    )
    assert settings.tempo == max(tempo.values())
    assert settings.decks == 3
    origins = {
        "song": f"the song's {SONG_FILE}", "preset": "preset mine", "env file": ".env",
        "environ": "environment", "command line": "command line", "locked": "locked",
    }
    assert settings.origin("tempo") == origins[max(given, key=LAYERS.index)]


@pytest.mark.parametrize(
    ("layers", "chosen"),
    [
        ({"preset": "large"}, "large"),
        ({"environ": {"INTERSCENE_PRESET": "large"}}, "large"),
        ({"environ": {"INTERSCENE_PRESET": "desk"}, "preset": "large"}, "large"),
        ({"environ": {"INTERSCENE_PRESET": "desk"}}, "desk"),
        ({"command_line": {"preset": "desk"}}, "desk"),
    ],
)
def test_a_preset_is_named_in_any_layer_and_the_highest_counts(
    layers: Mapping[str, object], chosen: str, song: Path
) -> None:
    write(song / SONG_FILE, "[presets.large]\ndecks = 3\n")
    settings = load(**{"command_line": {}, "environ": {}, "song": song, **layers})  # type: ignore[arg-type]
    assert settings.preset == chosen
    assert settings.decks == (3 if chosen == "large" else 1)


def test_a_song_describes_a_preset_of_the_same_name_anew(song: Path) -> None:
    write(song / SONG_FILE, "[presets.desk]\ndecks = 4\n")
    assert load({}, environ={}, song=song, preset="desk").decks == 4


def test_the_names_in_old_env_files_still_work(tmp_media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_media / ".env", "\ufeffmedia_dir=songs # here\r\nexport meta_dir='meta data'\r\nssh_user=me\r\n")
    settings = load({}, environ={"MODEL_CACHE_DIR": "/models"}, cwd_env_file=path)
    assert settings.media_dir == tmp_media / "songs"
    assert settings.meta_dir == tmp_media / "meta data"
    assert settings.model_cache_dir == Path.cwd() / "/models"
    assert settings.origin("media_dir") == ".env"


def test_the_real_environment_counts_over_the_file_and_the_prefix_over_the_plain_name(tmp_media: Path) -> None:
    path = write(tmp_media / ".env", "media_dir=file\nINTERSCENE_MEDIA_DIR=prefixed\nINTERSCENE_DECKS=3\n")
    assert load({}, environ={}, cwd_env_file=path).media_dir == tmp_media / "prefixed"
    settings = load({}, environ={"media_dir": "/real", "INTERSCENE_DECKS": ""}, cwd_env_file=path)
    assert settings.media_dir == Path.cwd() / "/real"
    assert settings.decks == 3


def test_meta_dir_follows_media_dir_until_it_is_given() -> None:
    settings = load({"media_dir": "/songs"}, environ={})
    assert settings.meta_dir == settings.media_dir == Path.cwd() / "/songs"
    assert settings.origin("meta_dir") == "as media_dir"
    assert load({"media_dir": "/songs", "meta_dir": "/meta"}, environ={}).meta_dir == Path.cwd() / "/meta"


def test_all_problems_are_reported_at_once_with_place_and_hint(song: Path, tmp_media: Path) -> None:
    write(song / SONG_FILE, 'tempoo = 120\nfade = "soon"\n[presets]\nbad = 3\n[locked]\ndecks = 2.5\n')
    found = problems(
        command_line={"dekcs": "4", "decks": "9", "osc_port": None, "tick_rate": True},
        environ={"INTERSCENE_HTP_PORT": "1", "INTERSCENE_QUANTISE": "bars", "INTERSCENE_DEBUG": "1"},
        song=song,
        preset="deks",
        cwd_env_file=write(tmp_media / ".env", "media_dirs=x\nbase_dir=y\n"),
    )
    expected = (
        ("tempoo", "did you mean 'tempo'"),
        ("fade", "'soon' is no number (the song's interscene.toml)"),
        ("interscene.toml: [presets.bad] is to be a table",),
        ("decks", "2.5 is no whole number (locked)"),
        ("dekcs", "did you mean 'decks'? (command line)"),
        ("--decks", "9 is outside 1 to 8"),
        ("--osc-port", "None is no number"),
        ("--tick-rate", "True is no number"),
        ("INTERSCENE_HTP_PORT", "did you mean 'INTERSCENE_HTTP_PORT'? (environment)"),
        ("INTERSCENE_QUANTISE", "'bars' is none of off, beat or bar (environment)"),
        ("no preset 'deks'", "did you mean 'desk'"),
        ("media_dirs", "did you mean 'media_dir'? (.env)"),
    )
    for words in expected:
        assert [line for line in found if all(word in line for word in words)], words
    assert len(found) == len(expected)
    assert not [line for line in found if "\n" in line or len(line) > 200]


@pytest.mark.parametrize("content", [b"tempo = ", b"\xff\xfe\x00", b"tempo = 1\ntempo = 2", b"[a\n"])
def test_a_song_file_that_cannot_be_read_is_one_problem(song: Path, content: bytes) -> None:
    (song / SONG_FILE).write_bytes(content)
    (line,) = problems(song=song)
    assert "cannot be read" in line
    assert SONG_FILE in line


@pytest.mark.parametrize(("content", "hint"), [
    (b"fade = 1\nquantise = bar\n", 'line 2, column 12); texts need quotes: quantise = "bar"'),
    (b"listen = 0.0.0.0", 'texts need quotes: listen = "0.0.0.0"'),
    (b"media_dir = D:\\shows", 'texts need quotes: media_dir = "D:/shows"'),
    (b'media_dir = "D:\\shows"', "write folders with / instead of"),
    (b"on = True", "switches are small letters: on = true"),
    (b"end = \"l\xf6op\"", "it is no UTF-8 text; save it as UTF-8"),
    ("tempo = 90".encode("utf-16"), "it is no UTF-8 text; save it as UTF-8"),
    (b"[playing]\ntempo = 90", "no table [playing]; settings stand at the top level: take the line [playing] away"),
    (b"[preset.mine]\ntempo = 90", "no table [preset]; did you mean 'presets'?"),
])
def test_usual_mistakes_in_a_song_file_are_told_with_the_remedy(song: Path, content: bytes, hint: str) -> None:
    (song / SONG_FILE).write_bytes(content)
    (line,) = problems(song=song)
    assert hint in line
    assert "\n" not in line


def test_what_is_locked_and_given_all_the_same_is_noted(song: Path) -> None:
    write(song / SONG_FILE, "[locked]\ntempo = 120\n")
    settings = load({"tempo": "90"}, environ={"INTERSCENE_TEMPO": "91"}, song=song)
    assert settings.tempo == 120
    assert settings.notes == (
        "INTERSCENE_TEMPO (environment) has no effect: tempo is locked",
        "--tempo (command line) has no effect: tempo is locked",
    )
    assert settings.lines()[-1] == f"note: {settings.notes[-1]}"
    assert settings.changed({"fade": 2}).notes == settings.notes
    assert load({}, environ={}, song=song).notes == ()


def test_a_song_cannot_open_the_computer_that_it_is_played_on(song: Path) -> None:
    write(song / SONG_FILE, 'listen = "0.0.0.0"\ntoken = "known"\n[presets.far]\nallow = ["10.0.0.0/8"]\ntempo = 90\n'
                            '[locked]\nrequest_dir = "in"\npeer = "10.0.0.1"\n')

    settings = load({"preset": "far"}, environ={}, song=song)

    assert (settings.listen, settings.token, settings.allow) == ("127.0.0.1", "", ())
    assert (settings.request_dir, settings.peer) == ("", "")
    assert settings.tempo == 90
    assert [note for note in settings.notes if "listen is left out" in note and "--listen" in note]
    assert sum("is left out" in note for note in settings.notes) == 5


def test_names_like_ours_in_an_env_file_are_noted_and_others_are_not(tmp_media: Path) -> None:
    path = write(tmp_media / ".env", "tempo=99\nOSC_PORTS=1\nssh_user=me\nmedia_dir=x\nHOME=/x\n")
    assert load({}, environ={"TEMPO": "1"}, cwd_env_file=path).notes == (
        "tempo (.env) is not read; if it is for Interscene, write INTERSCENE_TEMPO",
        "OSC_PORTS (.env) is not read; if it is for Interscene, write INTERSCENE_OSC_PORT",
    )


def test_a_folder_in_place_of_a_file_is_a_problem(song: Path, tmp_media: Path) -> None:
    (song / SONG_FILE).mkdir()
    (tmp_media / ".env").mkdir()
    assert len(problems(song=song, cwd_env_file=tmp_media / ".env")) == 2


def test_secrets_are_never_shown() -> None:
    settings = load({}, environ={"INTERSCENE_TOKEN": "hunter2"})
    assert settings.token == "hunter2"
    assert "hunter2" not in repr(settings) + "\n".join(settings.lines())
    assert any("********" in line and "environment" in line for line in settings.lines())
    assert "hunter2" not in "".join(problems(environ={"INTERSCENE_TOKEN": "hunter2" * 1000}))


def test_every_option_has_a_line_with_value_and_origin() -> None:
    lines = load({"osc_port": ["7500", "9000"]}, environ={}).lines()
    assert [line.split()[0] for line in lines] == list(OPTIONS)
    assert any(line.split() == ["osc_port", "7500,", "9000", "command", "line"] for line in lines)


class TestWhileRunning:
    """Changes to a server that runs."""

    def test_a_change_counts_over_the_command_line_and_the_next_over_the_last(self) -> None:
        settings = load({"tempo": "90", "fade": "1"}, environ={})
        changed = settings.changed({"tempo": 100}).changed({"fade": 2.5}).changed({"tempo": "101"})
        assert (changed.tempo, changed.fade) == (101, 2.5)
        assert changed.origin("tempo") == "live"
        assert (settings.tempo, settings.origin("tempo")) == (90, "command line")

    @pytest.mark.parametrize("name", ["decks", "osc_port", "media_dir", "token"])
    def test_what_is_built_at_the_start_stays(self, name: str) -> None:
        with pytest.raises(SettingsError, match=f"{name} was fixed when the server started"):
            load({}, environ={}).changed({name: getattr(load({}, environ={}), name)})

    def test_what_is_locked_stays(self) -> None:
        settings = load({"tempo": 90}, environ={}, locked={"tempo": 120})
        assert settings.tempo == 120
        with pytest.raises(SettingsError, match=r"tempo was fixed .*locked"):
            settings.changed({"tempo": 100})

    def test_nonsense_changes_nothing_and_says_all_of_it(self) -> None:
        settings = load({}, environ={})
        with pytest.raises(SettingsError) as caught:
            settings.changed({"tempo": "fast", "fade": -1, "tmpo": 3})
        assert len(caught.value.problems) == 3
        assert settings == load({}, environ={})
