"""`interscene model VERB …`: models for pictures and transitions: taken in, listed, taken out again."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from server.errors import InputError
from server.library.models.adding import Wanted, add_model, look_at
from server.library.models.detection import FAMILIES, VARIANTS
from server.library.models.licences import NOT_STATED
from server.library.models.model import Model
from server.library.models.registry import Registry
from server.settings.arguments import add_arguments as add_settings
from server.settings.arguments import given
from server.settings.layers import load
from server.units import format_bytes

HELP: Final = "Add, list and remove models (safetensors) that make pictures and transitions."
VERBS: Final = {
    "add": "take in a .safetensors file, or a folder as diffusers writes it",
    "list": "say what there is, with hash and licence",
    "remove": "take models out again",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(["verbs:", *(f"  {name:<8}{text}" for name, text in VERBS.items())])
    parser.add_argument("verb", metavar="VERB", choices=tuple(VERBS), help="add, list or remove")
    parser.add_argument("what", nargs="*", metavar="FILE|FOLDER|NAME",
                        help="for add: files and folders; for remove: names, or the beginning of hashes")
    parser.add_argument("--name", default="", help="what to call it, where the file's name does not say")
    parser.add_argument("--family", default="", choices=("", *FAMILIES), metavar="FAMILY",
                        help=f"of a VAE whose name does not say: {', '.join(FAMILIES)}")
    parser.add_argument("--variant", default="", choices=("", *VARIANTS), metavar="VARIANT",
                        help=f"how it wants to be used, where its name does not say: {', '.join(VARIANTS)}")
    parser.add_argument("--licence", default="", metavar="TEXT", help="what it may be used for, where it does not say")
    parser.add_argument("--link", action="store_true", help="no second copy on the same disk: a hard link")
    parser.add_argument("--json", action="store_true", help="for list: print a JSON list instead of text")
    add_settings(parser, ("model_cache_dir",))


def run(options: argparse.Namespace) -> int:
    """Do one of the three; return the exit code."""
    settings = load(given(options), environ=os.environ, cwd_env_file=Path(".env"))
    registry = Registry(settings.model_cache_dir.expanduser())
    if options.verb == "list":
        return _list(registry, as_json=options.json)
    if not options.what:
        raise InputError(f"interscene model {options.verb} needs "
                         + ("a file or a folder" if options.verb == "add" else "a name, as `model list` shows them"))
    if options.name and len(options.what) > 1:
        raise InputError("--name is for one model; add them one by one")
    if options.verb == "remove":
        return _remove(registry, options.what)
    for word in options.what:
        _add(Path(word), registry, Wanted(options.name, options.family, options.variant, options.licence, options.link))
    return 0


def _add(path: Path, registry: Registry, wanted: Wanted) -> None:
    found = look_at(path)
    print(f"{path}: {FAMILIES[found.family]}, {found.form or ''}{' ' if found.form else ''}{found.kind}"
          + (f", {found.variant}" if found.variant else ""))
    before = {model.hash for model in registry.all()}
    model = add_model(path, registry, wanted, _Line(path.name) if sys.stderr.isatty() else None)
    print(f"{'was there already' if model.hash in before else 'added'}: {model.name}")
    print("\n".join(_lines(model)))


def _list(registry: Registry, *, as_json: bool) -> int:
    models, problems = registry.look()
    if as_json:
        print(json.dumps([model.document() for model in models], indent=2, ensure_ascii=False))
    elif not models:
        print(f"no models in {registry.folder}; add one with: interscene model add FILE")
    else:
        print("\n".join(line for model in models for line in (f"{model.name} ({model.what})", *_lines(model))))
    for problem in problems:
        print(problem, file=sys.stderr)
    return int(bool(problems))


def _remove(registry: Registry, words: Sequence[str]) -> int:
    # All names are looked up before anything goes.
    for model in [registry.find(word) for word in words]:
        registry.remove(model)
        print(f"removed: {model.name} ({format_bytes(model.bytes)})")
    return 0


def _lines(model: Model) -> list[str]:
    licence = model.licence.name or NOT_STATED
    where = f" (text: {model.folder / model.licence.file})" if model.licence.file else ""
    still = [f"  picture  {model.folder / model.still}"] if model.still else []
    return [f"  hash     {model.hash}", f"  licence  {licence}{where}", *still,
            f"  size     {format_bytes(model.bytes)}"]



class _Line:
    """A line that moves, a step of a percent at a time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told = -1

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is."""
        share = 100 * done // max(total, 1)
        if share != self._told:
            self._told = share
            end = "\n" if done >= total else ""
            sys.stderr.write(f"\r{f'adding {self._name}: {share} %, {format_bytes(done)} of {format_bytes(total)}':<78}"
                             f"{end}")
            sys.stderr.flush()
