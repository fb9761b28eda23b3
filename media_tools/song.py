"""`interscene song VERB …`: a table of verbs on song folders, each a module that is imported only when it runs."""

from __future__ import annotations

import argparse
import difflib
import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol, cast

from server.errors import InputError

HELP: Final = "import, check, plan, build and export songs"


class SongVerb(NamedTuple):
    """Where a verb lives, and what it does in a few words."""

    module: str
    help: str


class _Module(Protocol):
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


VERBS: Final[Mapping[str, SongVerb]] = MappingProxyType({
    "new": SongVerb("media_tools.song_new", "make a song folder to fill"),
    "import": SongVerb("media_tools.song_import", "make a song of the folders that the older programs left"),
    "export": SongVerb("media_tools.song_export", "write a song as the folders that the older programs read"),
    "add": SongVerb("media_tools.song_add", "add pictures to a song"),
    "overview": SongVerb("media_tools.song_overview", "say what is made, missing and broken, and what to do next"),
    "check": SongVerb("media_tools.song_check", "look at every file: missing, damaged, made for older pictures"),
    "quarantine": SongVerb("media_tools.song_quarantine", "take pictures or transitions out of the way"),
    "restore": SongVerb("media_tools.song_restore", "put back what was quarantined"),
    "without": SongVerb("media_tools.song_without", "say what breaks if pictures are taken out"),
    "convert": SongVerb("media_tools.song_convert", "make movies of the older programs' folders of frames"),
    "stills": SongVerb("media_tools.song_stills", "put all pictures into one movie, to cut to any of them"),
    "mend": SongVerb("media_tools.song_mend", "give transitions the pictures that are there now as their ends"),
    "plan": SongVerb("media_tools.song_plan", "plan which transitions to make, and write the lists"),
    "morph": SongVerb("media_tools.song_morph", "make morphs for what is planned and missing: walk without a model"),
    "route": SongVerb("media_tools.song_route", "find a way through a song, in words and as a sequence"),
    "draw": SongVerb("media_tools.song_draw", "draw its graph: what exists, is missing or damaged, and a route"),
    "build": SongVerb("media_tools.song_build", "make a story in one go, lock it, verify it; or the atlas"),
    "story": SongVerb("media_tools.song_story", "list stories and versions, note, approve for stage"),
    "seams": SongVerb("media_tools.song_seams", "show that every joint of a story is the same bytes on both sides"),
    "diff": SongVerb("media_tools.song_diff", "say how a story differs from its plan"),
})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes; the rest is left to the verb behind it."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    lines = (f"  {name:<11}{verb.help}" for name, verb in VERBS.items())
    parser.epilog = "\n".join(["verbs:", *lines, "", "interscene song VERB --help tells more"])
    parser.add_argument("verb", metavar="VERB", help="what to do; the list is below")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="what the verb takes")
    parser.set_defaults(parser_class=type(parser))


def run(options: argparse.Namespace) -> int:
    """Run the verb behind `song`; return its exit code. Raises InputError for one that there is not."""
    if options.verb not in VERBS:
        near = difflib.get_close_matches(options.verb.lower(), VERBS, n=1)
        raise InputError(f"there is no 'song {options.verb}'; "
                         + (f"did you mean 'song {near[0]}'?" if near else f"there are {', '.join(VERBS)}"))
    module = cast("_Module", importlib.import_module(VERBS[options.verb].module))
    parser: argparse.ArgumentParser = options.parser_class(
        prog=f"interscene song {options.verb}", description=module.HELP, allow_abbrev=False)
    module.add_arguments(parser)
    return module.run(parser.parse_args(options.words))
