"""A song with a thousand pictures and twenty thousand transitions: how soon its graph is there."""

from __future__ import annotations

import json
import shutil
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.bench import Bench
from benchmarks.figures import Figure, absent
from benchmarks.paired import median, middle_half
from server.index.opening import sidecar
from server.library.graph.identity import PictureId
from server.library.songs.naming import movie_name
from server.library.songs.song_folder import open_with_catalogue
from server.library.songs.watch import SongWatcher
from server.media.jpeg import encode_rgb
from server.media.writer import MovieWriter

SUBJECT = "song_load"
PICTURES = 1_000
TRANSITIONS = 20_000
SCENES = 20
SECONDS = 0.5


def measure(bench: Bench) -> list[Figure]:
    """At most 0.5 s from a warm catalogue to the graph; beside it what a cold one costs, and a poll of the watcher."""
    root = bench.folder / "song"
    transitions = bench.few(TRANSITIONS, TRANSITIONS // 10)
    make_large_song(root, PICTURES, transitions)
    began = time.perf_counter()
    open_with_catalogue(root)
    cold = time.perf_counter() - began
    rounds = bench.few(15, 5)
    warm = []
    for _ in range(rounds):
        began = time.perf_counter()
        opened = open_with_catalogue(root)
        warm.append(time.perf_counter() - began)
        assert opened.new == 0, "the catalogue was not warm"
        assert len(opened.graph.transitions) == transitions, "transitions are missing"
    polls = _polls(root)
    shutil.rmtree(root)
    what = f"{PICTURES:,} pictures and {transitions:,} transitions"
    if transitions < TRANSITIONS:
        first = absent(SUBJECT, f"from a warm catalogue to the graph of {PICTURES:,} and {TRANSITIONS:,}", "--quick")
    else:
        first = Figure(SUBJECT, f"from a warm catalogue to the graph of {what}", median(warm), "s", SECONDS,
                       at_least=False, spread=middle_half(warm), rounds=rounds)
    return [first, Figure(SUBJECT, f"without a catalogue, {what}", cold, "s"),
            Figure(SUBJECT, "longest look of the watcher while nothing changes", 1000 * max(polls), "ms",
                   spread=middle_half([1000 * each for each in polls]), rounds=len(polls))]


def make_large_song(root: Path, pictures: int, transitions: int) -> None:
    """A song whose movies are links to one small file where the disk can link."""
    (root / "prompt_images").mkdir(parents=True)
    (root / "transitions").mkdir()
    each = pictures // SCENES
    ids = [PictureId(f"scene {number // each}", 10_000_000 + 7919 * number) for number in range(pictures)]
    lines = ["name,prompt,seeds,guidance_scale"]
    for scene in range(SCENES):
        inside = [str(which.seed) for which in ids if which.name == f"scene {scene}"]
        lines.append(f"scene {scene},a picture,{' '.join(inside)},7.5")
    (root / "prompt_image_definitions.csv").write_text("\n".join(lines), encoding="utf-8")
    (root / "tgen_settings.json").write_text(json.dumps({"default": {"res_height": 64, "res_width": 64}}))
    jpeg = encode_rgb(np.zeros((64, 64, 3), dtype=np.uint8), 80)
    for which in ids:
        (root / "prompt_images" / f"{which.stem}.jpg").write_bytes(jpeg)
    original = root / movie_name(ids[0], ids[1])
    with MovieWriter(original, width=64, height=64, rate=Fraction(30), ends=("0" * 40, "1" * 40)) as movie:
        for _ in range(3):
            movie.add(jpeg, 0.0)
    for number in range(1, transitions):
        first, step = number % pictures, 1 + number // pictures
        copy = root / movie_name(ids[first], ids[(first + step) % pictures])
        for source, target in ((original, copy), (sidecar(original), sidecar(copy))):
            _link(source, target)


def _link(source: Path, target: Path) -> None:
    if target.exists():
        return
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)


def _polls(root: Path) -> list[float]:
    watcher = SongWatcher(root)
    taken = []
    for number in range(200):
        began = time.perf_counter()
        watcher.poll(number * 0.1)
        taken.append(time.perf_counter() - began)
    watcher.close()
    return taken
