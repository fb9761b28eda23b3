"""What the classes are called that may be put away. Names are part of the files: they never change.

A class that is new in the state, in what comes in or in what goes out belongs here; a test says which is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from server.index.format import Axis, Mark
from server.library.songs.stories import Story, StorySection
from server.library.spans import WrittenSpan
from server.playback.deck import Deck, Frozen, Take
from server.playback.fade import Ramp
from server.playback.follow import BeatFollower
from server.playback.line import Line
from server.playback.players import Player, Players, Want
from server.playback.program import Layer, Program
from server.playback.pulse import Pulse
from server.playback.tempo import TapTempo, Tempo
from server.playback.timecode import Doubt, TimecodeFollower
from server.playback.timeline import Clip, Movie, Span
from server.playback.transport import Transport
from server.playback.walk import Hop, Leg, Manner, Missing, Part, Route
from server.protocol.command import Command, Forward, Rejection, Released, Source
from server.protocol.controllers.control import Control, Moved
from server.protocol.controllers.mapping import Mapping as ControlMapping
from server.protocol.controllers.mapping_edit import Add, Change, Remove
from server.protocol.controllers.mapping_file import Laid, MappingFile
from server.protocol.timecode.heard import ClockHeard, MtcHeard
from server.show.complaints import Complaint
from server.show.control_events import ControlsEdited, ControlsRead, DevicesSeen, EditControls
from server.show.events import (
    FullState,
    Grew,
    Health,
    Jobbed,
    JobOrder,
    JobTold,
    Loaded,
    Mapped,
    NeedDetour,
    NeedJob,
    NeedMovie,
    NeedRoute,
    NeedStory,
    NeedTransition,
    NeverAgain,
    Routed,
    Send,
    SendBytes,
    Standing,
    Storied,
    Stunted,
    Unused,
    WorkerTold,
)
from server.show.following import Commanded
from server.show.goal import Asked, Goal
from server.show.growth import Waiting
from server.show.learn_state import LearnState
from server.show.loading import Wish
from server.show.making_state import Growing, Job, Making, Recipe, Worker
from server.show.memory_state import Memory, Portrait
from server.show.peer_state import DeckTold, PeerState, PeerTold, RendererTold
from server.show.recall_parts import Parts
from server.show.snapshot import (
    SavedDeck,
    SavedHop,
    SavedLeg,
    SavedMapping,
    SavedMemory,
    SavedProgram,
    SavedStory,
    SavedWalk,
    Setting,
    Snapshot,
)
from server.show.snapshot_events import SnapshotDone, SnapshotOrder, SnapshotRead, SnapshotsSeen
from server.show.snapshot_state import Glide, SnapshotEntry, SnapshotState
from server.show.song_map import SongMap, Spot
from server.show.state import Beat, Master, ShowState, SongPlace
from server.show.stories import Wanted
from server.show.time_state import Chase, MidiClock, Timecode, TimeState
from server.show.walk_state import Cues, Walk

STATE: Final[Mapping[str, type]] = MappingProxyType({
    "show": ShowState, "song": SongPlace, "beat": Beat, "master": Master, "learn": LearnState,
    "deck": Deck, "take": Take, "frozen": Frozen, "layer": Layer, "program": Program, "manner": Manner, "ramp": Ramp,
    "pulse": Pulse, "players": Players, "player": Player, "want": Want, "transport": Transport,
    "tempo": Tempo, "taps": TapTempo, "follower": BeatFollower, "line": Line,
    "time": TimeState, "chase": Chase, "midi clock": MidiClock, "timecode": Timecode,
    "peer": PeerState, "peer told": PeerTold, "deck told": DeckTold, "renderer told": RendererTold,
    "timecode follower": TimecodeFollower, "doubt": Doubt,
    "clip": Clip, "span": Span, "movie": Movie, "mark": Mark, "axis": Axis,
    "walk": Walk, "cues": Cues, "story": Story, "section": StorySection,
    "route": Route, "leg": Leg, "hop": Hop, "missing": Missing, "part": Part, "map": SongMap, "spot": Spot,
    "snapshots": SnapshotState, "snapshot entry": SnapshotEntry, "glide": Glide,
    "making": Making, "job": Job, "growing": Growing, "recipe": Recipe, "worker": Worker,
})
INPUTS: Final[Mapping[str, type]] = MappingProxyType({
    "source": Source, "command": Command, "rejection": Rejection, "forward": Forward, "released": Released,
    "loaded": Loaded, "routed": Routed, "mapped": Mapped, "storied": Storied,
    "jobbed": Jobbed, "job told": JobTold, "grew": Grew, "stunted": Stunted, "worker told": WorkerTold,
    "moved": Moved, "control": Control, "controls read": ControlsRead, "controls edited": ControlsEdited,
    "clock heard": ClockHeard, "mtc heard": MtcHeard,
    "snapshot": Snapshot, "setting": Setting, "saved deck": SavedDeck, "saved program": SavedProgram,
    "saved walk": SavedWalk, "saved leg": SavedLeg, "saved hop": SavedHop, "saved memory": SavedMemory,
    "saved story": SavedStory, "saved mapping": SavedMapping, "written span": WrittenSpan,
    "snapshot read": SnapshotRead, "snapshot done": SnapshotDone, "snapshots seen": SnapshotsSeen,
    "devices seen": DevicesSeen, "mapping file": MappingFile, "laid": Laid, "mapping": ControlMapping,
})
EVENTS: Final[Mapping[str, type]] = MappingProxyType({
    "send": Send, "send bytes": SendBytes, "full state": FullState, "need movie": NeedMovie, "need story": NeedStory,
    "need route": NeedRoute, "need transition": NeedTransition, "never again": NeverAgain,
    "need job": NeedJob, "need detour": NeedDetour, "job order": JobOrder, "standing": Standing, "health": Health,
    "unused": Unused, "edit controls": EditControls, "add": Add, "change": Change, "remove": Remove,
    "snapshot order": SnapshotOrder,
})
PASSING: Final[Mapping[str, type]] = MappingProxyType({
    "goal": Goal, "asked": Asked, "recalled parts": Parts, "wanted story": Wanted,
    "waiting": Waiting, "wish": Wish, "complaint": Complaint,
    "commanded": Commanded,
    "memory": Memory, "portrait": Portrait,
})
"""What a show has in mind besides its state."""

NAMES: Final[Mapping[str, type]] = MappingProxyType({**STATE, **INPUTS, **EVENTS, **PASSING})

LASTING: Final[frozenset[type]] = frozenset((Movie, SongMap))
"""Big, shared, and told apart by identity: written once for many values."""
