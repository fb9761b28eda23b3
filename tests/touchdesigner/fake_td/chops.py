"""Channel operators: numbers by name, float32, one sample each."""

# ruff: noqa: N802, N803 - TouchDesigner's names
from __future__ import annotations

import fnmatch
import struct
from collections.abc import Iterator
from typing import Any

from fake_td.errors import tdError
from fake_td.network import OP


def float32(value: float) -> float:
    """What is left of a number in a channel."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


class Channel:
    """One channel. It is no number: `eval()` or `float()` makes one."""

    def __init__(self, owner: CHOP, name: str) -> None:
        self._owner, self._name = owner, name

    @property
    def name(self) -> str:
        return self._name

    @property
    def owner(self) -> CHOP:
        return self._owner

    @property
    def index(self) -> int:
        return list(self._owner._channels).index(self._name)

    @property
    def valid(self) -> bool:
        return self._name in self._owner._channels

    def _value(self) -> float:
        try:
            return self._owner._channels[self._name]
        except KeyError:
            raise tdError(f"the channel {self._name} of {self._owner.path} does not exist any more") from None

    def eval(self, index: int | None = None) -> float:
        self._owner._pull()
        return self._value()

    @property
    def vals(self) -> list[float]:
        return [self.eval()]

    @vals.setter
    def vals(self, values: Any) -> None:
        self[0] = next(iter(values))

    def __getitem__(self, index: int) -> float:
        if index not in (0, -1):
            raise IndexError("a channel here has one sample")
        return self.eval()

    def __setitem__(self, index: int, value: float) -> None:
        if not self._owner._writable:
            raise tdError(f"the channels of {self._owner.path} are not written by scripts")
        self._owner._channels[self._name] = float32(value)

    def __float__(self) -> float:
        return self.eval()

    def __int__(self) -> int:
        return int(self.eval())

    def __bool__(self) -> bool:
        return bool(self.eval())

    def __eq__(self, other: object) -> bool:
        return self.eval() == (other.eval() if isinstance(other, Channel) else other)

    def __hash__(self) -> int:
        return id(self)

    def __lt__(self, other: Any) -> bool:
        return self.eval() < float(other)

    def __gt__(self, other: Any) -> bool:
        return self.eval() > float(other)

    def __add__(self, other: Any) -> float:
        return self.eval() + float(other)

    def __sub__(self, other: Any) -> float:
        return self.eval() - float(other)

    def __mul__(self, other: Any) -> float:
        return self.eval() * float(other)

    def __repr__(self) -> str:
        return f"type:Channel name:{self._name} owner:{self._owner.path} value:{self._value()}"


class CHOP(OP):
    """Channels."""

    family = "CHOP"
    OPType = "CHOP"
    _writable = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._channels: dict[str, float] = {}

    def _pull(self) -> None:
        self._fake.guard(self)
        self._fake.cook(self)

    @property
    def numChans(self) -> int:
        self._pull()
        return len(self._channels)

    @property
    def numSamples(self) -> int:
        return 1

    @property
    def rate(self) -> float:
        return self._fake.cook_rate

    @property
    def isTimeSlice(self) -> bool:
        return False

    def _find(self, where: Any) -> Channel | None:
        self._pull()
        names = list(self._channels)
        if isinstance(where, int) and not isinstance(where, bool):
            return Channel(self, names[where]) if -len(names) <= where < len(names) else None
        if where in self._channels:
            return Channel(self, where)
        return next((Channel(self, name) for name in names if fnmatch.fnmatchcase(name, str(where))), None)

    def __getitem__(self, where: Any) -> Channel | None:
        return self._find(where)

    def chan(self, *where: Any, caseSensitive: bool = True) -> Channel | None:
        return next((found for each in where if (found := self._find(each)) is not None), None)

    def chans(self, *patterns: Any, caseSensitive: bool = True) -> list[Channel]:
        self._pull()
        return [Channel(self, name) for name in self._channels
                if not patterns or any(fnmatch.fnmatchcase(name, str(pattern)) for pattern in patterns)]

    def __iter__(self) -> Iterator[Channel]:
        return iter(self.chans())

    def __len__(self) -> int:
        self._pull()
        return len(self._channels)


class ConstantCHOP(CHOP):
    """Names and values from parameters."""

    def _cook(self) -> None:
        modern = self._fake.build >= (2023, 0)
        blocks = self._sequences["const"].numBlocks if modern else 40
        channels = {}
        for index in range(blocks):
            name, value = (f"const{index}name", f"const{index}value") if modern else (f"name{index}", f"value{index}")
            title = self._pars[name].eval()
            if title:
                channels[title] = float32(self._pars[value].eval())
        self._channels = channels


class FollowingCHOP(CHOP):
    """Null, Out, In and Merge: the channels of the inputs."""

    _many_inputs = False

    def _cook(self) -> None:
        channels: dict[str, float] = {}
        for source in self.inputs:
            self._fake.cook(source)
            assert isinstance(source, CHOP)
            channels.update(source._channels)
        self._channels = channels


class MergeCHOP(FollowingCHOP):
    """Channels of several."""

    _many_inputs = True


class SelectCHOP(CHOP):
    """Some channels of others, by name."""

    def _cook(self) -> None:
        channels: dict[str, float] = {}
        words = str(self.par.channames.eval()).split()
        for source in [*self.par.chops.evalOPs(), *self.inputs]:
            self._fake.cook(source)
            channels.update({name: value for name, value in source._channels.items()
                             if any(fnmatch.fnmatchcase(name, word) for word in words)})
        self._channels = _renamed(channels, self.par.renamefrom.eval(), self.par.renameto.eval())


class RenameCHOP(CHOP):
    """The same channels under other names."""

    def _cook(self) -> None:
        channels: dict[str, float] = {}
        for source in self.inputs:
            self._fake.cook(source)
            assert isinstance(source, CHOP)
            channels.update(source._channels)
        self._channels = _renamed(channels, self.par.renamefrom.eval(), self.par.renameto.eval())


def _renamed(channels: dict[str, float], old: str, new: str) -> dict[str, float]:
    names = dict(zip(old.split(), new.split(), strict=False))
    return {names.get(name, name): value for name, value in channels.items()}


class InfoCHOP(CHOP):
    """What an operator says of itself in numbers; it cooks what it looks at, unless it is passive."""

    def _cook(self) -> None:
        watched = self.par.op.eval()
        if watched is None:
            self._channels = {}
            return
        if not self.par.passive.eval():
            self._fake.cook(watched)
        words = str(self.par.iscope.eval()).split()
        self._channels = {name: float32(value) for name, value in self._fake.info(watched).items()
                          if any(fnmatch.fnmatchcase(name, word) for word in words)}


class ScriptCHOP(CHOP):
    """Channels that Python makes when it cooks."""

    _writable = True
    _many_inputs = True

    def clear(self) -> None:
        self._fake.guard(self)
        self._channels = {}

    def appendChan(self, name: str) -> Channel:
        self._fake.guard(self)
        self._channels[name] = 0.0
        return Channel(self, name)

    def _cook(self) -> None:
        callbacks = self.par.callbacks.eval()
        if callbacks is not None:
            self._fake.call(callbacks, "onCook", self)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("numSamples", "rate", "isTimeSlice"):
            return
        super().__setattr__(name, value)


class PerformCHOP(CHOP):
    """How the whole program does."""

    def _cook(self) -> None:
        fake = self._fake
        values = {"fps": fake.measured_rate(), "msec": 1000.0 / fake.cook_rate, "dropped_frames": fake.dropped_frames,
                  "cook_rate": fake.cook_rate, "gpu_mem_used": 500.0, "total_gpu_mem": 8192.0}
        pars = {"fps": "fps", "msec": "msec", "dropped_frames": "droppedframes", "cook_rate": "cookrate",
                "gpu_mem_used": "gpumemused", "total_gpu_mem": "totalgpumem"}
        self._channels = {name: float32(value) for name, value in values.items() if self._pars[pars[name]].eval()}


class AbletonLinkCHOP(CHOP):
    """Ableton Link, which the test plays: `fake.link` holds tempo, beats and peers."""

    _OUTPUTS = ("ramp", "pulse", "sine", "count", "countramp", "bar", "beat", "sixteenths", "rampbar", "rampbeat",
                "tempo", "beats", "phase")

    def _cook(self) -> None:
        link = self._fake.link
        enabled = bool(self.par.active.eval() and self.par.enable.eval())
        beats = link.beats_at(self._fake.clock()) if enabled and link.peers else 0.0
        signature = self.par.signature1.eval()
        values = {"tempo": link.tempo if enabled else 120.0, "beats": beats, "phase": beats % signature,
                  "bar": beats // signature, "beat": beats % signature // 1, "rampbar": beats % signature / signature,
                  "rampbeat": beats % 1.0, "sixteenths": beats % 1.0 * 4 // 1}
        channels = {name: float32(values.get(name, 0.0)) for name in self._OUTPUTS if self._pars[name].eval()}
        if self.par.status.eval():
            channels.update(numpeers=float(link.peers if enabled else 0), linked=float(enabled and link.peers > 0),
                            waiting=0.0, synced=float(enabled and link.peers > 0))
        self._channels = channels


