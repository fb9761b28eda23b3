"""Probe steps about movies: opening, seeking, interpolation, hardware decoding, colours; numbers are read off pictures.

Python 3.9, standard library only; runs as a Text DAT beside probe_td.
"""

from __future__ import annotations

import binascii
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COLUMNS, ROWS, SHARE, SALT = 20, 2, 1.0 / 8.0, 0x5A17
"""Where a test movie's number is: black and white cells along the bottom, 24 bits and a checksum."""
BLOCK = (8, 5, 5.0 / 8.0, 0xC3D2)
"""The same for small pictures."""
BAR_NAMES = ("grey 75 %", "yellow", "cyan", "green", "magenta", "red", "blue", "white", "grey 50 %", "black")
OPENING_FRAMES = 240
SEEKS = 60


def number_in(pixels: Any) -> int | None:
    """The number burnt into a picture; None for no valid one. [row][column][channel] from 0 to 1, the top row first."""
    for layout in ((COLUMNS, ROWS, SHARE, SALT), BLOCK):
        number = _number_in(pixels, *layout)
        if number is not None:
            return number
    return None


def _number_in(pixels: Any, columns: int, rows: int, share: float, salt: int) -> int | None:
    height, width = len(pixels), len(pixels[0])
    top = height - int(height * share)
    levels = []
    for row in range(rows):
        y = int(top + (height - top) * (row + 0.5) / rows)
        for column in range(columns):
            pixel = pixels[y][int(width * (column + 0.5) / columns)]
            levels.append((float(pixel[0]) + float(pixel[1]) + float(pixel[2])) / 3)
    low, high = min(levels), max(levels)
    if high - low < 0.3:
        return None
    bits = "".join("1" if level > (low + high) / 2 else "0" for level in levels)
    data = bytes(int(bits[n:n + 8], 2) for n in range(0, 40, 8))
    if binascii.crc_hqx(data[:3], salt) != int.from_bytes(data[3:], "big"):
        return None
    return int.from_bytes(data[:3], "big")


def read(top: Any, found: dict[str, Any] | None = None) -> int | None:
    """The number that an operator shows now; `found` is told which row of its array is the top one."""
    pixels = top.numpyArray()
    if pixels is None:
        return None
    for first, rows in (("bottom", pixels[::-1]), ("top", pixels)):
        number = number_in(rows)
        if number is not None:
            if found is not None:
                found["first row of numpyArray"] = first
            return number
    return None


def player(bench: Any, name: str = "player", **values: Any) -> Any:
    """A Movie File In as the component sets it, pulled by a viewed Null."""
    movie = bench.fresh("moviefileinTOP", name)
    settings = {"playmode": "specify", "indexunit": "indices", "index": 0, "interp": False, "textendleft": "hold",
                "textendright": "hold", "prereadframes": 8, "frametimeout": 200, "frametimeoutstrat": "playback",
                "alwaysloadinitial": True, "opentimeout": 0, "loadingerrorimage": "zero", "hwdecode": False}
    settings.update(values)
    skipped = bench.set(movie, **settings)
    if skipped:
        bench.found.setdefault("skipped", []).extend(skipped)
    return movie


def opened(movie: Any, frames: int = OPENING_FRAMES) -> Iterator[int]:
    """Wait until a movie is open and shown, or cannot be."""
    for _ in range(frames):
        movie.cook(force=True)
        if movie.isInvalid or (movie.isOpen and movie.isFullyPreRead):
            return
        yield 1


def opening(bench: Any) -> Iterator[int]:
    """How long a file takes to open, with preload() and without, and what is seen meanwhile."""
    runs: list[dict[str, Any]] = []
    bench.found["runs"] = runs
    for turn in range(6):
        movie = player(bench)
        movie.par.file = bench.movie(turn % 2)
        movie.par.index = 100
        run: dict[str, Any] = {"preload": turn < 3}
        began = bench.now()
        if turn < 3:
            movie.preload(100)
        else:
            movie.cook(force=True)
        run["call_ms"] = 1000 * (bench.now() - began)
        slowest, last = 0.0, bench.now()
        for _ in range(OPENING_FRAMES):
            if "open_ms" not in run and movie.isOpen:
                run["open_ms"] = 1000 * (bench.now() - began)
            if movie.isFullyPreRead:
                run["read_ms"] = 1000 * (bench.now() - began)
                break
            yield 1
            slowest, last = max(slowest, bench.now() - last), bench.now()
        run["slowest_frame_ms"] = 1000 * slowest
        before = bench.now()
        movie.cook(force=True)
        run["first_cook_ms"] = 1000 * (bench.now() - before)
        run["number"] = read(movie, bench.found)
        runs.append(run)
        yield 1


def while_opening(bench: Any) -> Iterator[int]:
    """What a player shows from the moment its file changes: the old picture, black, or the new one."""
    movie = player(bench)
    movie.par.file = bench.movie(0)
    yield from opened(movie)
    seen: list[Any] = []
    movie.par.file = bench.movie(1)
    for _ in range(60):
        movie.cook(force=True)
        seen.append([read(movie), bool(movie.isOpening), bool(movie.isOpen)])
        yield 1
        if movie.isOpen and len(seen) > 5:
            break
    bench.found["number, opening, open at every frame"] = seen
    movie.par.file = bench.movie(1)
    yield 2
    bench.found["same path again opens again"] = bool(movie.isOpening)
    movie.par.file = ""
    yield 2
    bench.found["no file: number, open"] = [read(movie), bool(movie.isOpen)]


def failing(bench: Any) -> Iterator[int]:
    """What is said of files that are missing, and of files that are no movies."""
    broken = Path(bench.media, "probe-broken.mov")
    broken.write_bytes(b"this is no movie" * 1000)
    for name in ("probe-missing.mov", "probe-broken.mov"):
        movie = player(bench)
        movie.par.file = Path(bench.media, name).as_posix()
        yield from opened(movie, 120)
        bench.found[name] = {"isInvalid": bool(movie.isInvalid), "isOpen": bool(movie.isOpen),
                             "isOpening": bool(movie.isOpening), "errors": str(movie.errors()),
                             "warnings": str(movie.warnings())}
    broken.unlink()


def seeking(bench: Any) -> Iterator[int]:
    """Whether the picture is the one that was asked for, how soon, and at the edges of the movie."""
    movie = player(bench)
    movie.par.file = bench.movie(0)
    yield from opened(movie)
    chance = random.Random(1)
    wrong: list[Any] = []
    late: dict[str, int] = {}
    slowest = 0.0
    for _ in range(SEEKS):
        wanted = chance.randrange(movie.numImages)
        began = bench.now()
        movie.par.index = wanted
        movie.cook(force=True)
        slowest = max(slowest, bench.now() - began)
        frames, shown = 0, read(movie)
        while shown != wanted and frames < 5:
            yield 1
            movie.cook(force=True)
            frames, shown = frames + 1, read(movie)
        late[str(frames)] = late.get(str(frames), 0) + 1
        if shown != wanted:
            wrong.append([wanted, shown, movie.lastIndexUploaded])
        yield 1
    bench.found.update({"wrong [wanted, shown, lastIndexUploaded]": wrong, "frames until shown": late,
                        "slowest_cook_ms": 1000 * slowest, "numImages": movie.numImages, "rate": movie.rate})
    edges: dict[str, Any] = {}
    for index in (0, 0.4, 0.5, 0.6, 7.5, 7.99, -1, -0.4, movie.numImages - 1, movie.numImages, movie.numImages + 7):
        movie.par.index = index
        for _ in range(3):
            movie.cook(force=True)
            yield 1
        edges[str(index)] = read(movie)
    bench.found["index becomes number"] = edges


def interpolation(bench: Any) -> Iterator[int]:
    """Whether `interp` blends neighbours in the play mode `specify`."""
    movie = player(bench)
    movie.par.file = bench.movie(0)
    yield from opened(movie)
    pictures: dict[str, list[float]] = {}
    for name, interp, index in (("at 10", False, 10), ("at 11", False, 11), ("at 10.5", False, 10.5),
                                ("at 10.5, interp", True, 10.5), ("at 10.25, interp", True, 10.25)):
        movie.par.interp, movie.par.index = interp, index
        for _ in range(3):
            movie.cook(force=True)
            yield 1
        pictures[name] = _middle(movie)
    bench.found["differences"] = {
        name: {to: round(sum(abs(a - b) for a, b in zip(values, pictures[to])) / len(values), 5)  # noqa: B905
               for to in ("at 10", "at 11")} for name, values in pictures.items()}


def _middle(top: Any) -> list[float]:
    """A coarse copy of a picture: enough to tell a blend from either of its ends."""
    pixels = top.numpyArray()
    height, width = len(pixels), len(pixels[0])
    return [float(pixels[int(height * (y + 0.5) / 24)][int(width * (x + 0.5) / 40)][0])
            for y in range(24) for x in range(40)]


def hardware(bench: Any) -> Iterator[int]:
    """Decoding with and without `hwdecode`: times, flags, and whether the pictures are the right ones."""
    for on in (False, True):
        movie = player(bench, hwdecode=on)
        info = bench.fresh("infoCHOP", "info")
        info.par.op = movie
        movie.par.file = bench.movie(0)
        yield from opened(movie)
        wrong, began, slowest = 0, bench.now(), 0.0
        for wanted in range(100, 160):
            before = bench.now()
            movie.par.index = wanted
            movie.cook(force=True)
            slowest = max(slowest, bench.now() - before)
            wrong += read(movie) != wanted
            yield 1
        channels = {channel.name: channel.eval() for channel in info.chans()}
        bench.found["on" if on else "off"] = {
            "wrong pictures of 60": wrong, "seconds": bench.now() - began, "slowest_cook_ms": 1000 * slowest,
            "gpu_memory": movie.gpuMemory, "info": channels}
        info.destroy()


def colours(bench: Any) -> Iterator[int]:
    """The bars on top of the test movie, in 8 bits, for every input colour space that there is."""
    movie = player(bench)
    movie.par.file = bench.movie(0)
    yield from opened(movie)
    spaces = getattr(movie.par, "inputcolorspace", None)
    srgb = getattr(movie.par, "inputsrgb", None)
    choices: list[tuple[str, Any, Any]] = [("as it comes", None, None)]
    if spaces is not None:
        choices += [("inputcolorspace " + name, spaces, name) for name in spaces.menuNames]
    if srgb is not None:
        choices += [("inputsrgb off", srgb, False), ("inputsrgb on", srgb, True)]
    for title, par, value in choices:
        if par is not None:
            par.val = value
        for _ in range(3):
            movie.cook(force=True)
            yield 1
        bench.found[title] = _bars(movie)


def _bars(top: Any) -> dict[str, list[int]]:
    width, height = top.width, top.height
    bars = {}
    for number, name in enumerate(BAR_NAMES):
        # Rows count from below here; the bars fill the top eighth.
        colour = top.sample(x=int(width * (number + 0.5) / len(BAR_NAMES)), y=int(height * 15 / 16))
        bars[name] = [round(255 * part) for part in colour[:3]]
    return bars


def keeping_files(bench: Any) -> Iterator[int]:
    """Whether an open movie can be renamed, replaced and deleted, and what is shown then."""
    path = Path(bench.media, "probe-copy.mov")
    moved = path.with_suffix(".old")
    shutil.copyfile(bench.movie(0), path)
    movie = player(bench)
    movie.par.file = path.as_posix()
    yield from opened(movie)
    attempts = (("rename", lambda: path.rename(moved)), ("rename back", lambda: moved.rename(path)),
                ("delete", path.unlink))
    for name, attempt in attempts:
        try:
            attempt()
            bench.found[name] = "done"
        except OSError as error:
            bench.found[name] = str(error)
    movie.par.index = 300
    for _ in range(5):
        movie.cook(force=True)
        yield 1
    bench.found["frame 300 then"] = read(movie)
    movie.destroy()
    yield 5
    if path.exists():
        path.unlink()


STEPS = [("opening", opening), ("while opening", while_opening), ("failing", failing), ("seeking", seeking),
         ("interpolation", interpolation), ("hardware decoding", hardware), ("colours", colours),
         ("keeping files", keeping_files)]
