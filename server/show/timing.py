"""Time from outside: MIDI clock, MIDI time code and OSC timecode as they are heard, and the decks that follow them.

Runs on the show's thread. Knows no device and no socket: what they said arrives stamped.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from server.playback.chase import Outside, chased
from server.playback.deck import Deck
from server.protocol.controllers.port_names import find_port
from server.protocol.timecode.heard import ClockHeard, MtcHeard, TimeHeard
from server.show.loading import Wish
from server.show.outside import outside_of, place_in
from server.show.state import Beat
from server.show.stories import path_of, put, section_at
from server.show.time_state import MIDI, MTC, TimeState
from server.units import Beats, Seconds

if TYPE_CHECKING:
    from server.show.show import Show

FAITHFUL: Final[Seconds] = 2.0
"""How long another device is not listened to after the one that is followed was heard."""
_IN_TIME: Final[Seconds] = 0.0005
"""A beat that is off by less is left where it is."""


class Timing:
    """Takes in what was heard of outside time, and has decks follow it."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._asked: dict[int, str] = {}

    # heard ------------------------------------------------------------------------------------

    def heard(self, news: TimeHeard, now: Seconds) -> None:
        """What a device said, if it is the one that counts."""
        time = self._time
        if not self._show.state.engaged:
            return
        of_clock = isinstance(news, ClockHeard)
        device = time.midi.device if of_clock else time.mtc.device
        last = time.midi.heard if of_clock else time.mtc.follower.heard
        if time.device and find_port(time.device, [news.device]) is None:
            return
        if not time.device and news.device != device and last is not None and news.at - last < FAITHFUL:
            return
        if isinstance(news, ClockHeard):
            self._clock(news, now)
        else:
            self._mtc(news, now)

    def timecode(self, source: str, seconds: Seconds, at: Seconds, now: Seconds) -> None:
        """A place that came by OSC. Raises OutOfRange."""
        time = self._time
        heard = replace(time.timecode, follower=time.timecode.follower.observe(at, seconds))
        self._put(replace(time, timecode=heard))
        self._beat(source, now)

    def _clock(self, news: ClockHeard, now: Seconds) -> None:
        midi = self._time.midi
        playing = {"start": True, "stop": False}.get(news.kind, midi.playing)
        follower = midi.follower
        if news.kind == "tick":
            follower = follower.observe(news.at, news.beats)
        elif news.kind == "first":
            follower = follower.moved(news.at, news.beats)
        song = news.beats if playing or news.kind != "tick" else midi.song
        midi = replace(midi, follower=follower, device=news.device, heard=news.at, playing=playing, song=song)
        self._put(replace(self._time, midi=midi))
        beat = self._show.state.beat
        if beat.source == MIDI and news.kind in ("tick", "first"):
            self._show.state = self._show.state.with_beat(
                replace(beat, tempo=replace(follower.tempo, beats_per_bar=beat.tempo.beats_per_bar)), now)

    def _mtc(self, news: MtcHeard, now: Seconds) -> None:
        time = replace(self._time, mtc=replace(self._time.mtc, device=news.device, counting=news.counting))
        place = time.counted(time.mtc).seconds(news.frame)
        follower = time.mtc.follower
        follower = follower.observe(news.at, place, news.direction) if news.direction else follower.stand(
            news.at, place)
        self._put(replace(time, mtc=replace(time.mtc, follower=follower)))
        self._beat(MTC, now)

    def _beat(self, source: str, now: Seconds) -> None:
        """Beats that are counted along a timecode, at the tempo that was set; where it stands they go on."""
        state = self._show.state
        beat, timecode = state.beat, state.time.heard_as(source)
        seconds = state.time.seconds(source, now)
        if beat.source != source or timecode is None or not timecode.follower.moving or seconds is None:
            return
        wanted = seconds / beat.tempo.period + beat.shift
        if abs(wanted - beat.tempo.beat(now)) * beat.tempo.period > _IN_TIME:
            tempo = replace(beat.tempo, anchor_time=now, anchor_beat=wanted)
            self._show.state = state.with_beat(replace(beat, tempo=tempo), now)

    # by hand ----------------------------------------------------------------------------------

    def nudged(self, beat: Beat, beats: Beats) -> Beat:
        """The beat moved by hand, against whatever it follows."""
        midi = self._time.midi
        self._put(replace(self._time, midi=replace(midi, follower=midi.follower.nudge(beats))))
        return replace(beat, shift=beat.shift + beats, follower=beat.follower.nudge(beats))

    def downbeat(self, beat: Beat, now: Seconds) -> Beat:
        """`now` is the one, against whatever the beat follows."""
        midi = self._time.midi
        self._put(replace(self._time, midi=replace(midi, follower=midi.follower.downbeat(now))))
        tempo = beat.tempo.downbeat(now)
        return replace(beat, tempo=tempo, shift=beat.shift + tempo.beat(now) - beat.tempo.beat(now),
                       follower=beat.follower.downbeat(now))

    # decks ------------------------------------------------------------------------------------

    def follow(self, number: int, now: Seconds) -> None:
        """Bring a deck to where outside time is, if it follows any."""
        state = self._show.state
        chase = state.time.chase(number)
        if chase.source == "off" or not state.engaged:
            return
        deck = state.deck(number)
        outside = outside_of(state, deck, now)
        if outside is None:
            return
        if state.cue(number).story is not None:
            placed = self._section(deck, outside, now)
            if placed is None:
                return
            outside, deck = placed, self._show.state.deck(number)
        elif deck.current is None or deck.current.route is not None:
            return
        if deck.current is not None:
            time = state.time_of(deck, now)
            old = deck.current.transport
            transport = chased(old, time, outside, state.time.tolerance)
            if transport is not old:
                self._show.put(deck.change(lambda program: replace(program, transport=transport)))

    def _section(self, deck: Deck, outside: Outside, now: Seconds) -> Outside | None:
        """Have the section of the story on that outside time has come to; the time inside it once it is there."""
        number = deck.number
        cues = self._show.state.cue(number)
        place = place_in(cues.story, outside.seconds)
        section = section_at(cues, place.section) if place is not None else None
        if place is None or section is None:
            return None
        path = path_of(cues, section)
        if deck.current is not None and deck.current.clip.spans[0].movie.name == path:
            self._asked.pop(number, None)
            if cues.current != place.section:
                self._cue(number, place.section)
            return Outside(place.seconds, outside.speed)
        pending = self._show.loading.pending(number)
        prepared = deck.prepared
        if prepared is not None and prepared.clip.spans[0].movie.name == path:
            if deck.take is None:
                self._cue(number, place.section)
                self._show.put(deck.take_at(self._show.state.time_of(deck, now), deck.fade))
        elif (pending is None or pending.name != path) and self._asked.get(number) != path:
            # Once: what cannot be loaded is said then, and not sixty times a second.
            self._asked[number] = path
            self._show.loading.want(Wish(number, path, False, deck.fade, section=True), now)
        return None

    def _cue(self, number: int, section: int) -> None:
        story = self._show.state.cue(number).story
        following = section + 1 if story is not None and section + 1 < len(story.sections) else -1
        put(self._show, number, current=section, armed=following)

    @property
    def _time(self) -> TimeState:
        return self._show.state.time

    def _put(self, time: TimeState) -> None:
        self._show.state = replace(self._show.state, time=time)

