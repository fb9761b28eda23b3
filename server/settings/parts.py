"""Every option there is, declared by the part of the program that it belongs to. Knows no layers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from server.settings.option import setting, setting_of


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Where things lie."""

    media_dir: Path = setting("folder", Path("interscene-media"), "Songs and movies; every name starts here.")
    meta_dir: Path = setting(
        "folder", Path("interscene-media"), "Settings, prompts and lists of songs.", follows="media_dir"
    )
    model_cache_dir: Path = setting("folder", Path("~/.cache/interscene"), "Model weights.")


@dataclass(frozen=True, kw_only=True)
class Network:
    """Who can reach the server, and where."""

    listen: str = setting(
        "address",
        "127.0.0.1",
        "The address that OSC and HTTP are received on; 0.0.0.0 is every network this machine is on.",
        bare="0.0.0.0",  # noqa: S104 - only when a person asks for it by writing --listen
        opens=True,
    )
    allow: tuple[str, ...] = setting(
        "networks", (), "Who may send: addresses or networks such as 192.168.1.0/24; none listed: everybody.",
        opens=True,
    )
    token: str = setting(
        "text",
        "",
        "What a browser on another machine must know; when empty, one is made up as soon as it is needed.",
        secret=True,
        opens=True,
    )
    osc_port: tuple[int, ...] = setting("ports", (7500,), "OSC in, UDP; one or more.", low=0, high=65535)
    http_port: int = setting("whole", 7580, "Page, WebSocket and OSCQuery, TCP.", low=0, high=65535)
    server_name: str = setting(
        "text", "", "What others find this server as; when empty, Interscene and the computer's name."
    )
    midi: bool = setting(
        "switch", True, "Use MIDI controllers; each is opened while something is laid on it or a control is learnt."
    )
    announce: bool = setting(
        "switch", True, "Let Chataigne, score, VDMX and others on the same network find it by name (Zeroconf)."
    )


@dataclass(frozen=True, kw_only=True)
class Playing:
    """What a show starts with."""

    decks: int = setting("whole", 2, "How many decks there are.", low=1, high=8)
    tick_rate: float = setting("number", 60.0, "How often positions are sent.", low=1, high=240, unit="Hz")
    fade: float = setting_of("/deck/{n}/fade")
    end: str = setting_of("/deck/{n}/loop")
    quantise: str = setting_of("/clock/quantise")
    tempo: float = setting_of("/clock/tempo")
    latency: float = setting_of("/master/latency")
    resume: str = setting(
        "choice",
        "auto",
        "After a death of the server: auto goes on where the show was, paused stands there, no starts afresh.",
        choices=("auto", "paused", "no"),
    )
    resume_within: float = setting(
        "number", 30.0, "After how long a death auto still goes on; later the decks stand.", low=0, high=86400,
        unit="seconds",
    )


@dataclass(frozen=True, kw_only=True)
class Standby:
    """Two servers for one show."""

    role: str = setting(
        "choice", "main", "The main server plays; a backup hears everything too, keeps the show, and is muted until it "
        "takes over.", choices=("main", "backup"))
    peer: str = setting(
        "text", "", "Where the other server receives OSC: its address, with :PORT where that is not 7500. A backup "
        "needs it; a main server that knows it asks before it plays.", opens=True)
    takeover_after: float = setting(
        "number", 0.0, "A backup takes over by itself when the main server was not heard for so long; 0: never.",
        low=0, high=3600, unit="seconds")


@dataclass(frozen=True, kw_only=True)
class Following:
    """What time from outside does at the start."""

    clock_source: str = setting_of("/clock/source")
    clock_device: str = setting_of("/clock/device")
    chase: str = setting_of("/deck/{n}/chase")
    chase_start: str = setting_of("/deck/{n}/chase/start")
    timecode_rate: str = setting_of("/timecode/rate")
    timecode_offset: float = setting_of("/timecode/offset")
    timecode_freewheel: float = setting_of("/timecode/freewheel")
    timecode_tolerance: float = setting_of("/timecode/tolerance")


@dataclass(frozen=True, kw_only=True)
class Generation:
    """What is made while the show goes on."""

    generate: str = setting(
        "choice", "auto", "Make transitions and pictures while the show goes on, in a process of their own: off, or on "
        "what it computes; auto is the best there is.", choices=("auto", "off", "cpu", "cuda", "mps"))
    render_device: str = setting(
        "text", "", "Which of several graphics cards makes things, such as cuda:1; when empty, the first.")
    generate_mode: str = setting_of("/generate/mode")
    generate_model: str = setting_of("/generate/model")
    generate_frames: int = setting_of("/generate/frames")
    generate_live: bool = setting_of("/generate/live")
    generate_ahead: bool = setting_of("/generate/ahead")
    generate_wait: float = setting_of("/generate/wait")
    gpu_reserve: float = setting(
        "number", 2.0, "Memory of the graphics card that is left to TouchDesigner.", low=0, high=1024, unit="GB")
    worker_memory: float = setting(
        "number", 0.0, "Memory that the process that makes things may take; 0 is no limit.", low=0, high=4096,
        unit="GB")
    request_dir: str = setting(
        "text", "", "A folder in which programs that cannot send messages leave requests as files; when empty, none.",
        opens=True)


@dataclass(frozen=True, kw_only=True)
class Log:
    """What is written down of the show."""

    show_log: bool = setting(
        "switch", True, "Write down everything that comes in and goes out, for interscene replay and record.")
    show_log_size: int = setting(
        "whole", 1000, "How much of it is kept; the oldest goes.", low=50, high=1_000_000, unit="MB")
    show_log_hours: float = setting(
        "number", 72.0, "For how long it is kept.", low=1, high=100_000, unit="hours")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which named preset counts."""

    preset: str = setting("text", "", "The named preset that is laid over the song's settings.")


PARTS: tuple[type, ...] = (Folders, Network, Playing, Following, Standby, Generation, Log, Choice)
