"""Transports, verbs and times for property tests; exact edges and rates of the NTSC family are likely."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from hypothesis import strategies as st

from server.playback.ends import END
from server.playback.transport import Transport

RATES = [Fraction(rate) for rate in ("24", "25", "30", "60", "24000/1001", "30000/1001", "60000/1001", "7")]

rates = st.sampled_from(RATES)
times = st.one_of(st.integers(0, 5000).map(lambda k: k / 60), st.floats(0.0, 90_000.0))
delays = st.one_of(st.sampled_from([0.0, 1 / 60, 1.0]), st.floats(0.0, 30.0))
speeds = st.one_of(st.sampled_from([0.0, 1.0, -1.0, 0.5, 16.0, -16.0, 1e-3]), st.floats(-16.0, 16.0))
ends = st.sampled_from(sorted(END))


@st.composite
def ranges(draw: st.DrawFn, first: int, last: int) -> tuple[int, int]:
    low = draw(st.integers(first, last))
    return low, draw(st.integers(low, last))


@st.composite
def transports(draw: st.DrawFn, end: st.SearchStrategy[str] = ends, playing: st.SearchStrategy[bool] | None = None,
               inner: bool = True) -> Transport:
    count = draw(st.one_of(st.integers(1, 12), st.integers(1, 40_000)))
    first, last = draw(st.one_of(st.just((0, count - 1)), ranges(0, count - 1)))
    loop = draw(st.one_of(st.none(), ranges(first, last))) if inner else None
    anchor = draw(st.one_of(st.integers(first, last).map(float), st.floats(first - 0.5, last + 0.499)))
    return Transport(count, draw(rates), draw(times), anchor, draw(speeds),
                     draw(playing if playing is not None else st.booleans()), draw(st.booleans()),
                     first, last, draw(end), loop)


Verb = Callable[[Transport, float], Transport]


def _named(name: str, *strategies: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[str, Verb]]:
    def verb(values: tuple[object, ...]) -> tuple[str, Verb]:
        return f"{name}{values}", lambda transport, t: getattr(transport, name)(t, *values)
    return st.tuples(*strategies).map(verb)


def _ranged(name: str, pair: bool) -> st.SearchStrategy[tuple[str, Verb]]:
    """set_range or set_loop at two fractions of what is allowed."""
    def verb(parts: tuple[float, float]) -> tuple[str, Verb]:
        def act(transport: Transport, t: float) -> Transport:
            low, high = (transport.first, transport.last) if pair else (0, transport.count - 1)
            a, b = sorted(low + round(part * (high - low)) for part in parts)
            return transport.set_loop(t, (a, b)) if pair else transport.set_range(t, a, b)
        return f"{name}{parts}", act
    return st.tuples(st.floats(0, 1), st.floats(0, 1)).map(verb)


flat_verbs = st.one_of(_named("play"), _named("pause"), _named("reverse"), _named("set_forward", st.booleans()),
                       _named("set_speed", speeds), _named("set_end", ends), _named("set_loop", st.none()),
                       _ranged("set_loop", pair=True))
"""Verbs that must not move the playhead at their time."""
_frames = st.one_of(st.integers(-50, 50).map(float), st.floats(-1e6, 1e6))
verbs = st.one_of(flat_verbs, _named("stop"), _named("seek", _frames), _named("scrub", _frames),
                  _named("step", st.integers(-60, 60)), _named("nudge", _frames), _named("jump", _frames),
                  _ranged("set_range", pair=False))
