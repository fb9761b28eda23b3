"""Users' files as surfaces: every parser of `library/formats`, lists, locks, settings, mappings, models."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from campaign import WORDS_MAX, Surface, scratch

from server.errors import InputError, MediaError, SettingsError
from server.library.formats.caption_frames import parse_caption_frames
from server.library.formats.csv_table import parse_csv
from server.library.formats.env_file import decode_env, read_env
from server.library.formats.env_folders import parse_env_folders
from server.library.formats.explore_files import parse_combos
from server.library.formats.generation_settings import parse_generation_settings
from server.library.formats.gexf import format_gexf, parse_gexf
from server.library.formats.input_workbook import parse_input_workbook
from server.library.formats.json_text import parse_json
from server.library.formats.key_frames import parse_key_frames
from server.library.formats.never_again import parse_never_again
from server.library.formats.observations import parse_observations
from server.library.formats.oddity import Oddities
from server.library.formats.pop_settings import parse_pop_settings
from server.library.formats.prompt_definitions import parse_prompt_definitions
from server.library.formats.python_literal import parse_literal
from server.library.formats.run_stats import parse_run_stats
from server.library.formats.scene_sequence import parse_scene_sequence
from server.library.formats.schedules import parse_schedule
from server.library.formats.tar_archives import list_archive
from server.library.formats.transition_lists import parse_transition_list
from server.library.formats.video_list import parse_video_list
from server.library.formats.weighted_prompts import parse_prompt, parse_prompt_file
from server.library.models.safetensors import parse_header
from server.library.naming import parse_take
from server.library.paths import inside, safe_name
from server.library.sequences import format_sequence, parse_sequence
from server.library.songlist import parse_song_list
from server.library.songs.story_lock import format_lock, parse_lock
from server.library.songs.structure import from_document
from server.library.spans import parse_spans
from server.media.concat import format_concat, parse_concat
from server.protocol.controllers.mapping_edit import Add, Change, Remove, edited
from server.protocol.controllers.mapping_file import read_mappings
from server.protocol.targets import Targets
from server.settings.layers import SONG_FILE, load
from server.units import parse_rate

DATA = Path(__file__).resolve().parents[1] / "data"
TARGETS = Targets(4)
FILE = "a.file"
SEED_MAX = 3000
"""Bytes of a file that are mutated: what is odd about the rest was odd about these."""


def real(*patterns: str) -> tuple[bytes, ...]:
    """The beginnings of real files, and of those that were made for tests of their formats."""
    found = sorted(path for pattern in patterns for path in DATA.glob(pattern))
    assert found, patterns
    return tuple(path.read_bytes()[:SEED_MAX] for path in found)


def says(parse: Callable[[bytes, Oddities], Any]) -> Callable[[bytes], None]:
    """A parser that says what is odd: every line of it is fit to be shown."""
    def feed(data: bytes) -> None:
        oddities = Oddities(FILE)
        parse(data, oddities)
        for oddity in oddities:
            assert str(oddity).isprintable()
            assert len(str(oddity)) <= WORDS_MAX
    return feed


def text(parse: Callable[[str], Any]) -> Callable[[bytes], Any]:
    return lambda data: parse(data.decode("utf-8", "surrogateescape"))


def csv_table(data: bytes, oddities: Oddities) -> None:
    """What was read is written back byte for byte, and what was added is read again."""
    table = parse_csv(data, oddities)
    assert table.bytes() == data


def gexf(data: bytes, oddities: Oddities) -> None:
    graph = parse_gexf(data, oddities)
    try:
        again = format_gexf(graph)
    except InputError:
        return
    found = parse_gexf(again, Oddities(FILE))
    assert [node.id for node in found.nodes] == [node.id for node in graph.nodes]
    assert [(edge.source, edge.target) for edge in found.edges] == [(e.source, e.target) for e in graph.edges]


def sequence(data: bytes) -> None:
    found = parse_sequence(data)
    again = parse_sequence(format_sequence(found)).rows
    assert [(row.c1, row.c2, row.reversed) for row in again] == [(row.c1, row.c2, row.reversed) for row in found.rows]


def story_lock(data: bytes) -> None:
    lock = parse_lock(data)
    assert parse_lock(format_lock(lock)) == lock


def structure(data: bytes) -> None:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    from_document("song", document)


def concat(written: str) -> None:
    found = parse_concat(written)
    try:
        again = format_concat(found)
    except InputError:
        return
    assert [entry.file for entry in parse_concat(again).entries] == [entry.file for entry in found.entries]


def env(data: bytes) -> None:
    for pair in read_env(decode_env(data), {"PLACE": "somewhere", "A": "b"}):
        assert isinstance(pair.value, str)


def controllers(written: str) -> None:
    read_mappings(written, TARGETS)
    for edit in (Add({"osc": "/9/new", "row": "/deck/1/level"}), Change("fader1", "row", "/deck/2/level"),
                 Remove("fader1")):
        with contextlib.suppress(InputError):
            read_mappings(edited(written, edit), TARGETS)


class InFolder:
    """For what reads files itself: each input is a file of one name in a folder that is not kept."""

    def __init__(self, name: str, read: Callable[[Path], Any]) -> None:
        self._name, self._read = name, read

    def feed(self, data: bytes) -> None:
        path = scratch() / self._name
        path.write_bytes(data)
        self._read(path)


def song_settings(path: Path) -> None:
    load({}, environ={}, song=path.parent)


def env_settings(path: Path) -> None:
    load({}, environ={}, cwd_env_file=path)


def given(data: bytes) -> None:
    """Settings as the environment and a command line have them."""
    pairs = dict(line.partition("=")[::2] for line in data.decode("utf-8", "surrogateescape").split("\n"))
    load({name: value for name, value in pairs.items() if name.islower() and name.isidentifier()},
         environ={name: value for name, value in pairs.items() if not name.islower()})


def archive(path: Path) -> None:
    oddities = Oddities(FILE)
    for name in list_archive(path, oddities).members:
        assert safe_name(name) == name
    assert all(str(each).isprintable() for each in oddities)


def name_of_a_file(written: str) -> None:
    root = Path(tempfile.gettempdir()).resolve()
    found = inside(root, written)
    assert found.is_relative_to(root)
    assert found != root
    assert safe_name(safe_name(written)) == safe_name(written)


def model(data: bytes) -> None:
    assert parse_header(data, len(data) + 4096).tensors


def _model() -> bytes:
    tensors = {"__metadata__": {"a": "b"}, "x": {"dtype": "F16", "shape": [2, 1024], "data_offsets": [0, 4096]}}
    return json.dumps(tensors).encode()


def _tar() -> bytes:
    import io
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("song/a.png", "song/t/0001.jpg", "song/" + "n" * 120):
            facts = tarfile.TarInfo(name)
            facts.size = 5
            tar.addfile(facts, io.BytesIO(b"12345"))
    return out.getvalue()


_TOML = (b'tempo = 120.0\nfade = 0.5\nallow = ["10.0.0.0/8"]\npreset = "p"\n[locked]\nquantise = "bar"\n'
         b"[presets.p]\nfade = 2\n")
_MAPPING = (b"# mine\n[[mapping]]\nname = 'fader1'\nosc = '/1/fader1'\nrow = '/deck/1/level'\nrange = [0, 1]\n"
            b"curve = 'log'\n"
            b"\n[[mapping]]\nmidi = 'cc 7'\ndevice = 'nano'\nchannel = 2\nrow = '/deck/1/speed'\npickup = true\n"
            b"[[mapping]]\nmidi='note 36'\nrow='/song'\nvalue='emit'\nbutton='press'\n")
_ENV = (b"# c\nexport media_dir='C:\\media dir'\nmeta_dir=\"$PLACE/x\"\nINTERSCENE_TEMPO=120\n"
        b"INTERSCENE_DECKS = 4 # four\n")
_GIVEN = b"tempo=120\ndecks=2\nfade=0.5\nlisten=0.0.0.0\nallow=10.0.0.0/8\nINTERSCENE_QUANTISE=bar\nosc_port=7500,7501"
_LOCK = json.dumps({
    "format": "interscene.story", "version": 1, "label": "a", "number": 1, "date": "2026-01-01", "note": "",
    "approved_for_stage": True, "approved_on": "", "seed": "12",
    "sequence": {"name": "s.csv", "hash": "00", "rows": []}, "edited": False, "bridge": "", "rate": [30, 1],
    "size": [64, 48], "quality": 90, "hops": [], "stage_frames": {},
    "transitions": [{"first": "a-1", "second": "b-2", "kind": "morph", "movie": "t/a.mov", "frames": 24, "sha1": "00"}],
    "sections": [{"name": "1", "movie": "section_1.mov", "frames": 24, "sha1": "00"}],
    "whole": {"name": "", "movie": "a.mov", "frames": 24, "sha1": "00"}, "programs": {}}).encode()
_STRUCTURE = json.dumps({"shape": 1, "size": [64, 48], "steps": 20, "pictures": [["a", 1, "sea", {"x": 1}]],
                         "scenes": [["s", [0]]], "wanted": [[0, 0, "inter"]],
                         "sequences": [["q", [["s", 1, "1", [["a", 1]], 0, []]]]], "never": [["a", 1]]}).encode()
_SEQUENCE = (b",c1,c2,section,reversed,fp\r\n0,a-1,b-2,1,False,x\r\n1,b-2,c-3,1,True,y\r\n", b"c1;c2\na-1;b-2\n")
_CONCAT = (b"ffconcat version 1.0\nfile 'a b.mov'\ninpoint 1.5\noutpoint 00:01:02.5\nduration 3s\n",
           b"# interscene: reverse\nfile it\\'s.mov\noption x y\n")
_LISTS = (b"start,end,frames\na-1,b-2,24\n", b"c1,c2,scene\na-1,b-2,s\n", b"first,second\na-1,b-2\n",
          b"scene_1,seed_1,scene_2,seed_2\na,1,b,2\n")
_KINDS: Mapping[str, tuple[Callable[[bytes, Oddities], Any], tuple[bytes, ...]]] = {
    "csv": (csv_table, real("songs/*/*.csv", "songs/*.csv")),
    "json": (parse_json, real("songs/*/*.json", "made_formats/*.json")),
    "gexf": (gexf, real("made_formats/*.gexf")),
    "workbook": (parse_input_workbook, tuple(path.read_bytes() for path in (DATA / "made_formats").glob("*.xlsx"))),
    "env folders": (parse_env_folders, real("made_formats/*.env")),
    "never again": (parse_never_again, (b"# no\na-1\nb-22\n", b"")),
    "observations": (parse_observations, real("made_formats/made_interpolation*")),
    "pop settings": (parse_pop_settings, real("made_formats/*_settings.txt")),
    "run stats": (parse_run_stats, real("made_formats/*_stats.txt")),
    "combos": (parse_combos, real("made_formats/*combos.json")),
    "prompt file": (parse_prompt_file, real("made_formats/*prompt*.txt")),
    "video list": (parse_video_list, real("made_formats/*videos*.txt")),
}
_NAMED: Mapping[str, tuple[Callable[[bytes, str], Any], tuple[bytes, ...]]] = {
    "prompt definitions": (parse_prompt_definitions, real("songs/*/prompt*.csv")),
    "scene sequence": (parse_scene_sequence, real("songs/*/scene_seq*.csv")),
    "generation settings": (parse_generation_settings, real("songs/*/*.json")),
    "transition list": (parse_transition_list, _LISTS),
    "song list": (parse_song_list, real("songs/song_list.csv")),
}
_TEXTS: Mapping[str, tuple[Callable[[str], Any], tuple[bytes, ...]]] = {
    "key frames": (parse_key_frames, (b"0: (8), 100: (2)", b"5")),
    "schedule": (parse_schedule, (b"[20]*200+[8]*800", b"[1, 2, 3.5]")),
    "caption frames": (parse_caption_frames, (b"10,50", b"x20")),
    "weighted prompt": (parse_prompt, (b"a sea:0.7", b"(red:1.2) :-1")),
    "literal": (parse_literal, (b"{'a': [1, 2.5, None, True], 'b': ('x',)}", b"[1]*3")),
    "spans": (parse_spans, (b"one 10 19; two 30 21; one", b"'a b' 0 4")),
    "rate": (parse_rate, (b"30000/1001", b"25", b"23.976")),
    "take": (parse_take, (b"a_1-b_2_0001.mov", b"red-12_2.png")),
    "file name": (name_of_a_file, (b"set/one.mov", "Bühne/ö.mov".encode(), b"a/b/c.mp4", b"..\\x")),
    "concat": (concat, _CONCAT),
    "controllers": (controllers, (_MAPPING,)),
}
_TOML_WORDS = (b"[[mapping]]", b"[locked]", b"[presets.", b"'''", b'"""', b"= ", b"[[", b"]]", b"{", b"}", b"\\u",
               b"inf",
               b"nan", b"1979-05-27T07:32:00Z", b"0x", b"#")
_WORDS: Mapping[str, tuple[bytes, ...]] = {
    "csv": (b'"', b",", b";", b"\t", b"\r", b"\n", b"sep=;"), "controllers": _TOML_WORDS,
    "gexf": (b"<node", b"/>", b"<!ENTITY", b"<!DOCTYPE", b"&#0;", b"]]>", b'for="'),
    "key frames": (b"(", b")", b":", b","),
    "json": (b"[", b"{", b'"', b"//", b"/*", b",", b"NaN"),
    "file name": (b"/", b"\\", b":", b"..", b"CON", b" .", b"//")}

SURFACES = (
    *(Surface(name, says(parse), seeds, (InputError,), _WORDS.get(name, ()))
      for name, (parse, seeds) in _KINDS.items()),
    *(Surface(name, (lambda data, parse=parse: parse(data, FILE)), seeds, (InputError,), _WORDS["csv"])
      for name, (parse, seeds) in _NAMED.items()),
    *(Surface(name, text(parse), seeds, (InputError,), _WORDS.get(name, ()))
      for name, (parse, seeds) in _TEXTS.items()),
    Surface("env", env, (_ENV, *real("made_formats/*.env")), (InputError,),
            (b"$", b"${", b"'", b'"', b"\\", b"export ")),
    Surface("sequence", sequence, _SEQUENCE, (InputError,), _WORDS["csv"]),
    Surface("story lock", story_lock, (_LOCK,), (InputError,)),
    Surface("structure", structure, (_STRUCTURE,)),
    Surface("model header", model, (_model(),), (InputError,)),
    Surface("archive", InFolder("a.tar", archive).feed, (_tar(),), (InputError, MediaError)),
    Surface("song settings", InFolder(SONG_FILE, song_settings).feed, (_TOML,), (SettingsError,), _TOML_WORDS),
    Surface("env settings", InFolder(".env", env_settings).feed, (_ENV,), (SettingsError,)),
    Surface("given settings", given, (_GIVEN,), (SettingsError,)),
)
