"""Taking a model into the models folder: looked at first, then copied or linked, all of it or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.errors import Cancelled, InputError, MissingFile, OutputError
from server.library.models.detection import FAMILIES, VARIANTS, Found, detect
from server.library.models.folders import PICKLES, WEIGHTS, detect_folder, files_of
from server.library.models.licences import licence_of
from server.library.models.model import Model
from server.library.models.registry import PART, Registry
from server.library.models.safetensors import read_header
from server.media.part_file import claim, make_folders, output_error, remove_abandoned
from server.units import format_bytes

Progress = Callable[[int, int], None]
"""(bytes done, bytes of all)."""
_PIECE: Final = 4 << 20
_STILLS: Final = (".png", ".jpg", ".jpeg", ".webp")
_STILL_MOST: Final = 8 << 20
_CLAIM: Final = ".claim"
_PLAIN: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person says about a model that looking at it cannot tell."""

    name: str = ""
    family: str = ""
    """Of a VAE, whose shapes are the same in all families."""
    variant: str = ""
    licence: str = ""
    link: bool = False
    """Take the same file into the folder (a hard link) in place of a copy of it."""


@dataclass(frozen=True, slots=True)
class _Source:
    """What is to be taken: files with their names in the models folder, and what they are."""

    found: Found
    files: tuple[tuple[Path, str], ...]
    path: str
    metadata: dict[str, str]


def look_at(path: Path) -> Found:
    """What a file or a folder is. Raises InputError, MissingFile; reads headers and configurations only."""
    return _source(path).found


def add_model(path: Path, registry: Registry, wanted: Wanted, progress: Progress | None = None,
              cancelled: Callable[[], bool] = lambda: False) -> Model:
    """Take a model in, and return it; one that is there already is returned as it is.

    Raises InputError, MissingFile, OutputError, Cancelled; then nothing of it is kept.
    """
    source = _source(path)
    if wanted.variant and wanted.variant not in VARIANTS:
        raise InputError(f"a variant is one of {', '.join(VARIANTS)}, not {wanted.variant!r}")
    family = _family(source.found, wanted.family)
    name = wanted.name or (path.stem if path.is_file() else path.resolve().name)
    total = sum(file.stat().st_size for file, _ in source.files)
    _room(registry.folder, 0 if wanted.link else total)
    with _growing(registry.folder, name) as folder:
        digests = _take(source, folder, wanted.link, total, progress, cancelled)
        whole = _whole_hash(source, digests)
        there = next((model for model in registry.all() if model.hash == whole), None)
        if there is not None:
            return there
        licence = licence_of((file for file, _ in source.files), source.metadata)
        if wanted.licence:
            licence = type(licence)(wanted.licence, licence.file)
        found = source.found
        final = registry.folder / f"{_PLAIN.sub('-', name).strip('-.')[:60] or 'model'}-{whole[:8]}"
        model = Model(final, whole, name, found.kind, family, wanted.variant or found.variant, found.steps,
                      found.form, found.prediction, source.path, total, licence, _still(source))
        model.write(folder)
        try:
            folder.rename(final)
        except OSError as reason:
            raise output_error(final, reason) from None
    return model


def _family(found: Found, wanted: str) -> str:
    if wanted and wanted not in FAMILIES:
        raise InputError(f"a family is one of {', '.join(FAMILIES)}, not {wanted!r}")
    if wanted and wanted != found.family and found.kind != "vae":
        raise InputError(f"it is a {found.kind} for {found.family}, as its shapes show, not for {wanted}")
    return wanted or found.family


def _source(path: Path) -> _Source:
    if path.is_dir():
        try:
            found = detect_folder(path)
        except InputError as reason:
            raise InputError(f"{path.name} {reason}") from None
        files = tuple((file, file.relative_to(path).as_posix()) for file in files_of(path, found))
        return _Source(found, files, ".", {})
    if not path.is_file():
        raise MissingFile(f"there is no {path}; name a .safetensors file, or a folder of a model")
    if path.suffix.lower() in PICKLES:
        raise InputError(f"{path.name} could run any program when it is opened, so it is not; "
                         "take the safetensors version of the model")
    if path.suffix.lower() != WEIGHTS:
        raise InputError(f"{path.name} is no model file; models are .safetensors files, or folders with a "
                         "model_index.json")
    header = read_header(path)
    try:
        found = detect(header, path.name)
    except InputError as reason:
        raise InputError(f"{path.name} {reason}") from None
    beside = [each for each in path.parent.iterdir() if _belongs(each, path)]
    return _Source(found, ((path, path.name), *((each, each.name) for each in sorted(beside))), path.name,
                   dict(header.metadata))


def _belongs(file: Path, model: Path) -> bool:
    """Whether a file beside a model is its picture or its licence."""
    stem = model.stem.lower()
    still = file.suffix.lower() in _STILLS and file.stem.lower() in (stem, f"{stem}.preview")
    text = file.suffix.lower() in (".txt", ".md") and file.stem.lower() in (f"{stem}.license", f"{stem}.licence")
    return file.is_file() and (still or text) and file.stat().st_size <= _STILL_MOST


def _still(source: _Source) -> str:
    return next((name for _, name in source.files if Path(name).suffix.lower() in _STILLS and "/" not in name), "")


def _room(folder: Path, needed: int) -> None:
    near = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(near).free
    if needed > free:
        raise OutputError(f"the model has {format_bytes(needed)}, and {folder} has room for {format_bytes(free)}; free "
                          "some space, or choose another disk with the setting model_cache_dir")


@contextmanager
def _growing(models: Path, name: str) -> Iterator[Path]:
    """A folder that is not found by anybody; it goes unless it was renamed. Those of programs that died go, too.

    Its claim lies beside it: Windows renames no folder with an open file inside.
    """
    make_folders(models)
    for left in models.glob(f"*{PART}"):
        if remove_abandoned(left.with_name(left.name + _CLAIM)):
            shutil.rmtree(left, ignore_errors=True)
    folder = models / f"{_PLAIN.sub('-', name)[:40]}-{os.getpid()}{PART}"
    beside = folder.with_name(folder.name + _CLAIM)
    try:
        with beside.open("xb") as file:
            claim(file)
            folder.mkdir()
            yield folder
    except OSError as reason:
        raise output_error(folder, reason) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            beside.unlink()


def _take(source: _Source, folder: Path, link: bool, total: int, progress: Progress | None,
          cancelled: Callable[[], bool]) -> dict[str, str]:
    """Copy or link every file; return name → SHA-256."""
    digests: dict[str, str] = {}
    done = 0
    for file, name in source.files:
        out = folder / name
        out.parent.mkdir(parents=True, exist_ok=True)
        linked = link and _linked(file, out)
        digest = hashlib.sha256()
        with file.open("rb") as reading, contextlib.ExitStack() as stack:
            writing = None if linked else stack.enter_context(out.open("xb"))
            while piece := reading.read(_PIECE):
                if cancelled():
                    raise Cancelled("adding the model was cancelled; nothing of it was kept")
                digest.update(piece)
                if writing is not None:
                    writing.write(piece)
                done += len(piece)
                if progress is not None:
                    progress(done, total)
            if writing is not None:
                writing.flush()
                os.fsync(writing.fileno())
        digests[name] = digest.hexdigest()
    return digests


def _linked(file: Path, out: Path) -> bool:
    try:
        os.link(file, out)
    except OSError:
        raise OutputError(f"{file.name} cannot be linked into {out.parents[1]}: they lie on different disks, or the "
                          "disk knows no links; add it without --link") from None
    return True


def _whole_hash(source: _Source, digests: dict[str, str]) -> str:
    """A single file's own, as model sites show it; of a folder, of names and hashes of what the model is made of."""
    if source.path != ".":
        return digests[source.path]
    whole = source.found.kind == "checkpoint"
    parts = sorted((name, digest) for name, digest in digests.items() if "/" in name or not whole)
    return hashlib.sha256("".join(f"{name}\0{digest}\n" for name, digest in parts).encode()).hexdigest()
