"""A server with a large library: its memory, and how soon after the start it sends the first frame."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from fractions import Fraction
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figure, absent
from benchmarks.paired import median, middle_half
from benchmarks.stage import HERE, Stage, serving, told
from server.media.numbered import write_numbered

SUBJECT = "server"
MOVIES = 10_000
PER_SONG = 100
MEGABYTES = 150.0
SECONDS = 2.0


def measure(bench: Bench) -> list[Figure]:
    """At most 150 MB with 10,000 movies, and at most 2 s from the start to the first frame sent."""
    root = bench.folder / "library"
    make_library(root, MOVIES)
    rounds = bench.few(7, 3)
    starts: list[float] = []
    memory: list[tuple[float, float]] = []
    for _ in range(rounds):
        took, used = _start(root)
        starts.append(took)
        memory += [used] if used is not None else []
    shutil.rmtree(root)
    figures = [Figure(SUBJECT, "from the start to the first frame sent", median(starts), "s", SECONDS,
                      at_least=False, spread=middle_half(starts), rounds=rounds)]
    name = f"resident with {MOVIES:,} movies"
    if not memory:
        return [*figures, absent(SUBJECT, name, "this system does not tell a process's memory; install psutil")]
    return [*figures, Figure(SUBJECT, name, median([now for now, _ in memory]), "MB", MEGABYTES, at_least=False,
                             rounds=len(memory), note=f"at most {max(most for _, most in memory):.0f} MB at any time")]


def make_library(root: Path, movies: int) -> None:
    """Songs of a hundred short movies each, all links to one file where the disk can link."""
    root.mkdir()
    original = root / "original.mov"
    write_numbered(original, 30, 320, 180, Fraction(30))
    for number in range(movies - 1):
        song = root / f"song {number // PER_SONG:03}"
        song.mkdir(exist_ok=True)
        copy = song / f"take {number % PER_SONG}.mov"
        try:
            copy.hardlink_to(original)
        except OSError:
            shutil.copyfile(original, copy)


def _start(root: Path) -> tuple[float, tuple[float, float] | None]:
    """Seconds until a renderer was sent a visible frame; then memory in MB after some use: now, and at most."""
    port = _free_port()
    with Stage(port) as stage:
        seen = threading.Event()
        began = time.perf_counter()
        first = [0.0]

        def watch() -> None:
            for heard in stage.hear(60):
                if told(heard) is not None:
                    first[0] = time.perf_counter()
                    seen.set()
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        with serving(root / "song 000", "--media-dir", str(root), port=port) as (child, _):
            stage.join(every=0.02)
            seen.wait(30)
            watcher.join(1)
            for number in range(20):
                stage.load(f"song {number:03}/take {number}.mov")
                time.sleep(0.05)
            return first[0] - began, memory_of(child.pid)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((HERE, 0))
        return int(sock.getsockname()[1])


def memory_of(pid: int) -> tuple[float, float] | None:
    """Megabytes resident now and at most; None where nothing tells."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        facts = dict(line.split(":", 1) for line in status.read_text().splitlines())
        now, most = (int(facts[key].split()[0]) * 1024 / 1e6 for key in ("VmRSS", "VmHWM"))
        return now, most
    try:
        import psutil
    except ImportError:
        return None
    used = psutil.Process(pid).memory_info()
    return used.rss / 1e6, getattr(used, "peak_wset", used.rss) / 1e6
