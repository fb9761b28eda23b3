"""Movie File In: asynchronous opening, read-ahead, time-outs and the flags that tell of them."""

# ruff: noqa: N802, N803, N815 - TouchDesigner's names
from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from fake_td.errors import NotInTheFake
from fake_td.movie_reading import Reading
from fake_td.pictures import Picture, blended, filled
from fake_td.tops import TOP

_OBEYED = ("file", "play", "playmode", "speed", "index", "indexunit", "interp", "textendleft", "textendright", "trim",
           "prereadframes", "frametimeout", "frametimeoutstrat", "alwaysloadinitial", "opentimeout", "updateimage",
           "hwdecode", "loadingerrorimage", "cue", "cuepoint", "cuepointunit")
_WITHOUT_EFFECT_HERE = ("inputcolorspace", "inputsrgb", "asyncupload", "premultrgbbyalpha", "multalpha", "deinterlace",
                        "highperfread", "maxdecodecpus", "audioloop", "reload", "predownloadhttp", "uselatestontimeout",
                        "decodepixelformat", "callbacks", "inputreferencewhite", "tstart", "tend", "tstartunit",
                        "tendunit", "loopcrossfade", "stepsize")


class MovieFileInTOP(TOP):
    """One player."""

    _max_inputs = 0
    _reads = (*_OBEYED, *_WITHOUT_EFFECT_HERE)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._reading: Reading | None = None
        self._asked_path = ""
        self._shown = -1
        self._seen_any = False
        self._step = 1
        self._at = 0
        self._position = 0.0
        self._last_cook: float | None = None
        self._preload_told = False
        self._fake.players.append(self)

    # the file

    def _path(self) -> str:
        name = str(self.par.file.eval())
        if not name:
            return ""
        path = Path(name)
        return str(path if path.is_absolute() else Path(self._fake.project.folder) / path)

    def _begin(self, now: float, *, again: bool = False) -> None:
        path = self._path()
        if path == self._asked_path and not again:
            return
        self._let_go()
        self._asked_path, self._shown, self._seen_any, self._preload_told = path, -1, False, False
        self._position = 0.0
        if path:
            self._reading = Reading(self._fake.disk, path, now)

    def _let_go(self) -> None:
        if self._reading is not None:
            self._reading.close()
        self._reading = None

    def _destroyed(self) -> None:
        self._let_go()
        self._fake.players.remove(self)

    def preload(self, index: float | None = None) -> None:
        """Open and read ahead beside everything else."""
        self._fake.guard(self)
        now = self._fake.clock()
        self._begin(now)
        if index is not None:
            self._at = int(index)
        self._progress(now)

    def unload(self, cacheMemory: bool = False) -> None:
        self._fake.guard(self)
        self._let_go()
        self._asked_path, self._shown = "", -1
        if not cacheMemory:
            self._picture = filled(128, 128)

    def _reload(self) -> None:
        self._begin(self._fake.clock(), again=True)

    def _progress(self, now: float) -> None:
        reading = self._reading
        if reading is None:
            return
        reading.progress(now)
        if reading.open:
            reading.read_ahead(self._inside(self._at), self._step, self._frames_ahead(), now)
            if not self._preload_told and self._fully_read(now):
                self._preload_told = True
                self._fake.preload_done(self)

    def _frames_ahead(self) -> int:
        return max(1, int(self.par.prereadframes.eval()))

    def _fully_read(self, now: float) -> bool:
        reading = self._reading
        return reading is not None and reading.fully_read(self._inside(self._at), self._step, self._frames_ahead(), now)

    # what it says of itself

    def _state(self) -> Reading | None:
        self._fake.guard(self)
        self._progress(self._fake.clock())
        return self._reading

    @property
    def isOpen(self) -> bool:
        reading = self._state()
        return reading is not None and reading.open

    @property
    def isOpening(self) -> bool:
        reading = self._state()
        return reading is not None and reading.opening

    @property
    def isInvalid(self) -> bool:
        reading = self._state()
        return reading is not None and bool(reading.failed)

    @property
    def isPreloading(self) -> bool:
        return self.isOpen and not self._fully_read(self._fake.clock())

    @property
    def isFullyPreRead(self) -> bool:
        return self._state() is not None and self._fully_read(self._fake.clock())

    @property
    def hasDecodeErrors(self) -> bool:
        reading = self._state()
        return reading is not None and reading.decode_errors > 0

    @property
    def numImages(self) -> int:
        reading = self._state()
        return reading.count if reading is not None else 0

    trueNumImages = numImages

    @property
    def rate(self) -> float:
        reading = self._state()
        return float(reading.movie.rate) if reading is not None and reading.movie is not None else 0.0

    @property
    def numSeconds(self) -> float:
        return self.numImages / self.rate if self.rate else 0.0

    @property
    def fileWidth(self) -> int:
        reading = self._state()
        return reading.movie.size[0] if reading is not None and reading.movie is not None else 0

    @property
    def fileHeight(self) -> int:
        reading = self._state()
        return reading.movie.size[1] if reading is not None and reading.movie is not None else 0

    @property
    def index(self) -> int:
        self._fake.guard(self)
        return self._at

    trueIndex = index

    @property
    def indexFraction(self) -> float:
        return float(self._wanted(self._reading) % 1.0) if self._reading is not None else 0.0

    @property
    def lastIndexUploaded(self) -> int:
        self._fake.guard(self)
        return self._shown

    @property
    def hasAudio(self) -> bool:
        return False

    @property
    def isLastFrame(self) -> bool:
        return bool(self.numImages) and self._at == self.numImages - 1

    @property
    def start(self) -> int:
        return 0

    def _info(self) -> dict[str, float]:
        reading = self._state()
        hardware = bool(self.par.hwdecode.eval()) and self._fake.disk.hardware_decodes
        return {
            "index": self._at, "true_index": self._at, "file_resx": self.fileWidth, "file_resy": self.fileHeight,
            "length": self.numImages, "true_length": self.numImages, "sample_rate": self.rate,
            "last_index_uploaded": self._shown, "preloading": self.isPreloading, "last_frame": self.isLastFrame,
            "loop_frame": 0, "pre_read_misses": reading.misses if reading else 0, "last_pre_read_miss_wait": 0,
            "hard_drive_timeouts": 0, "num_pre_read_frames": len(reading.ready_frames(self._fake.clock())) if reading
            else 0, "first_index_to_read": self._at, "last_frame_hd_read_time": 0.1, "last_frame_decode_time": 3.0,
            "last_gpu_upload_time": 0.2, "open": self.isOpen, "opening": self.isOpening,
            "open_failed": self.isInvalid, "fully_pre_read": self.isFullyPreRead, "hardware_yuv_to_rgb": 0,
            "pre_read_fails": 0, "disk_read_mbit_rate": 0.0, "has_decode_errors": self.hasDecodeErrors,
            "num_decode_chunks": 0, "hardware_decode": hardware, "mv_has_audio": 0, "index_fraction": 0.0}

    # cooking

    def _cook(self) -> None:
        self._refuse_unknown()
        self._begin(self._fake.clock())
        reading = self._reading
        if reading is None:
            self._picture = filled(128, 128)
            return
        self._wait_for_open(reading)
        now = self._fake.clock()
        if not reading.open:
            if reading.failed or self._fake.quirks.black_while_opening:
                self._picture = self._error_picture(reading)
            return
        self._cooks += 1
        self._play_on(now)
        self._show(reading, now)

    def _wait_for_open(self, reading: Reading) -> None:
        """TouchDesigner's own thread stands still here, up to the time-out, at every cook."""
        now = self._fake.clock()
        self._progress(now)
        if reading.opening:
            wait = min(reading.ready_at - now, self.par.opentimeout.eval() / 1000)
            if wait > 0:
                self._fake.stall(self, wait, "open")
                self._progress(self._fake.clock())

    def _error_picture(self, reading: Reading) -> Picture:
        picture = filled(128, 128)
        if self.par.loadingerrorimage.eval() == "coloredbottomright":
            picture = picture.copy()
            picture[-16:, -16:] = (255, 0, 0, 255) if reading.failed else (128, 128, 128, 255)
        return picture

    def _play_on(self, now: float) -> None:
        passed = now - self._last_cook if self._last_cook is not None else 0.0
        self._last_cook = now
        if self.par.playmode.eval() == "sequential" and self.par.play.eval():
            self._position += passed * self.rate * self.par.speed.eval()

    def _wanted(self, reading: Reading | None) -> float:
        mode = self.par.playmode.eval()
        if mode == "sequential":
            return self._position
        if mode != "specify":
            raise NotInTheFake(f"the play mode {mode}")
        value = float(self.par.index.eval())
        unit = self.par.indexunit.eval()
        count = reading.count if reading is not None else 0
        factors = {"indices": 1.0, "frames": self.rate / self._fake.cook_rate, "seconds": self.rate, "fraction": count}
        return value * factors[unit]

    def _inside(self, index: int) -> int:
        """Which frame an index outside the movie means; -1 is black."""
        count = self._reading.count if self._reading is not None else 0
        if not count or 0 <= index < count:
            return index if count else 0
        extend = self.par.textendleft.eval() if index < 0 else self.par.textendright.eval()
        if index < 0 and extend == "hold" and self._fake.quirks.negative_index_wraps:
            extend = "cycle"
        if extend == "hold":
            return 0 if index < 0 else count - 1
        if extend == "cycle":
            return index % count
        if extend == "mirror":
            place = index % (2 * count)
            return place if place < count else 2 * count - 1 - place
        return -1

    def _show(self, reading: Reading, now: float) -> None:
        wanted = self._wanted(reading)
        if not math.isfinite(wanted):
            return
        rounded = math.floor(wanted + 0.5) if self._fake.quirks.index_rounds else math.floor(wanted)
        target = self._inside(rounded)
        if target != self._at:
            self._step = 1 if target > self._at or target == 0 else -1
        self._at = target
        if target < 0:
            self._picture, self._shown = self._limit(filled(128, 128)), -1
            return
        index = self._in_time(reading, target, now)
        reading.read_ahead(target, self._step, self._frames_ahead(), self._fake.clock())
        if index is None or not self.par.updateimage.eval():
            return
        picture = reading.picture(index)
        if picture is None:
            return
        if self.par.interp.eval() and self._fake.quirks.interp_blends_in_specify:
            second = reading.picture(min(index + 1, reading.count - 1))
            picture = blended(picture, second, wanted - index) if second is not None else picture
        self._shown, self._seen_any = index, True
        self._picture = self._limit(self._resized(picture, []))

    def _in_time(self, reading: Reading, target: int, now: float) -> int | None:
        """The frame to show: the wanted one if it is there within the time-out, else what the strategy takes."""
        ready = reading.ready_time(target, now)
        patience = self.par.frametimeout.eval() / 1000
        if not self._seen_any and self.par.alwaysloadinitial.eval():
            patience = math.inf
        if ready > now:
            wait = min(ready - now, patience)
            if wait > 0:
                self._fake.stall(self, wait, "frame")
        if ready <= self._fake.clock() + 1e-9:
            return target
        there = reading.ready_frames(self._fake.clock())
        strategy = self.par.frametimeoutstrat.eval()
        if strategy == "keep" or not there:
            return None
        return min(there, key=lambda index: abs(index - target)) if strategy == "seeking" else max(there)
