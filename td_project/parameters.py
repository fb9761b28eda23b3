"""The component's own parameter pages as data; the page Play comes from the endpoint table. Python 3.9."""

from __future__ import annotations

from typing import Any, NamedTuple

from td_extensions.panel_model import Spec, specs
from td_extensions.settings_model import FITS, LOST, PROFILES, USUAL_SERVER


class Par(NamedTuple):
    """One custom parameter."""

    page: str
    name: str
    label: str
    style: str
    default: Any = None
    menu: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    help: str = ""
    section: bool = False
    read_only: bool = False
    size: int = 1


PAGES = ("Interscene", "Deck", "Play", "About")


def pars(rows: list[dict[str, Any]], build: str, decks: int) -> list[Par]:
    """Every parameter, page by page, in order."""
    return [*_interscene(), *_deck(decks), *(_play(spec) for spec in specs(rows)), *_about(build)]


def _interscene() -> list[Par]:
    page = "Interscene"
    return [
        Par(page, "Server", "Server", "StrMenu", USUAL_SERVER, (USUAL_SERVER,),
            help="The machine and OSC port of the server: choose one that was found, or type it. A backup's "
                 "stands behind a comma."),
        Par(page, "Connected", "Connected", "Toggle", False, help="A server answers.", read_only=True),
        Par(page, "Status", "Status", "Str", "", help="What is to be known first; more is in the DAT log.",
            read_only=True),
        Par(page, "Reconnect", "Reconnect", "Pulse", help="Say hello anew."),
        Par(page, "Follow", "Follow", "Toggle", True, section=True,
            help="Off: nothing is written, your hand wins, and the server does not wait for this component."),
        Par(page, "Lostserver", "Lost Server", "Menu", "hold", LOST,
            help="What is seen two seconds after the server fell silent: the last picture, or black."),
        Par(page, "Mediafolder", "Media Folder", "Folder", "",
            help="Where this machine sees the movies. Empty: where the server says."),
        Par(page, "Name", "Name", "Str", "stage", section=True, help="How the server calls this component."),
        Par(page, "Streamport", "Stream Port", "Int", 7501, low=1, high=65535, help="UDP port of the 60 Hz stream."),
        Par(page, "Eventport", "Event Port", "Int", 7502, low=1, high=65535, help="UDP port of events."),
        Par(page, "Link", "Ableton Link", "Toggle", False, section=True,
            help="The server's beat follows Ableton Link, by way of TouchDesigner."),
        Par(page, "Clearcontrols", "Clear Controls", "Pulse", help="Forget the channels of the CHOP controls."),
        Par(page, "Callbacks", "Callbacks DAT", "DAT", "./callbacks", help="Your functions: onTake, onMark, …"),
    ]


def _deck(decks: int) -> list[Par]:
    page = "Deck"
    return [
        Par(page, "Size", "Size", "WH", (1280, 720), low=16, high=16384, help="How large every deck's picture is."),
        Par(page, "Fit", "Fit", "Menu", "fitbest", FITS, help="How a movie of another shape is put into it."),
        Par(page, "Smooth", "Smooth", "Toggle", False,
            help="Blend neighbouring frames at slow speed. Builds differ: the probe says whether yours does."),
        Par(page, "Readprofile", "Read Profile", "Menu", "play", PROFILES,
            help="play: read far ahead, for even motion. scrub: little and quickly, for a hand that moves to and fro."),
        Par(page, "Prompt", "Show Prompt", "Toggle", False, help="The words of the present picture over it."),
        Par(page, "Decks", "Decks", "Int", decks, low=1, high=8, section=True,
            help="How many decks there are after the next Rebuild."),
        Par(page, "Livedeck", "Live Deck", "Int", 0, low=0, high=64, section=True,
            help="The deck of the server whose picture comes over the network to the output live; 0: none."),
        Par(page, "Httpport", "HTTP Port", "Int", 7580, low=1, high=65535, help="TCP port of the server's page."),
        Par(page, "Token", "Token", "Str", "",
            help="For the live deck of a server on another computer: what stands behind token= in its address."),
    ]


def _play(spec: Spec) -> Par:
    return Par("Play", spec.name, spec.label, spec.style, spec.default, spec.menu, spec.low, spec.high, spec.help,
               spec.first)


def _about(build: str) -> list[Par]:
    page = "About"
    return [
        Par(page, "Build", "Build", "Str", build, help="What this component was built by.", read_only=True),
        Par(page, "Probe", "Probe", "Pulse", help="Write down what this TouchDesigner really does."),
        Par(page, "Rebuild", "Rebuild", "Pulse",
            help="Build everything inside again. Your parameters, places and wires stay."),
    ]
