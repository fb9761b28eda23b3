"""The folders that a `.env` file of the older programs names, in all three eras. Secrets in it are not taken over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.library.formats.env_file import decode_env, read_env
from server.library.formats.oddity import Oddities, listed
from server.library.paths import shortened

FILE_NAME: Final = ".env"
_SECRET: Final = ("ssh_key_path", "ssh_user", "ssh_ip_address", "lambda_api_key")
_MARKS: Final = ("key", "token", "password", "secret", "ssh")
"""Words in a name that say that its value is nobody else's business."""


class Era(StrEnum):
    """Which programs a file was made for."""

    ONE_FOLDER = "one folder for everything (2023)"
    CLOUD = "a repository on the cloud, and a folder at home (spring 2024)"
    SPLIT = "a media folder and a folder of inputs (since June 2024)"
    UNKNOWN = "it names no folder of songs"


@dataclass(frozen=True, slots=True)
class EnvFolders:
    """Folders as they are written there, for whatever system; empty where none is named.

    `left_out`: names whose values are secrets, or of no use here.
    """

    media: str = ""
    meta: str = ""
    base: str = ""
    repository: str = ""
    model_cache: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def era(self) -> Era:
        """The era that the names belong to."""
        if self.media or self.meta:
            return Era.SPLIT
        if self.repository:
            return Era.CLOUD
        return Era.ONE_FOLDER if self.base else Era.UNKNOWN

    def roots(self) -> tuple[str, ...]:
        """The folders in which songs are to be looked for."""
        return tuple(dict.fromkeys(filter(None, (self.meta, self.media, self.base, self.repository))))


def parse_env_folders(data: bytes, oddities: Oddities) -> EnvFolders:
    """Read a `.env` file; whatever stands there, some value comes of it."""
    found: dict[str, str] = {}
    left_out: list[str] = []
    fields = {"media_dir": "media", "meta_dir": "meta", "base_dir": "base", "repo_dir": "repository",
              "model_cache_dir": "model_cache"}
    for line, name, value in read_env(decode_env(data), {}):
        field = fields.get(name.casefold())
        if field is None:
            left_out.append(name)
            continue
        if found.get(field, value) != value:
            oddities.say(line, f"{name} stands there twice", "the last one counts")
        if not value:
            oddities.say(line, f"{name} is empty", "it is left out")
        found[field] = value
    secrets = [name for name in left_out if is_secret(name)]
    others = [name for name in left_out if not is_secret(name)]
    if secrets:
        oddities.note(None, f"addresses and keys: {listed(map(shortened, secrets))}", "they are not taken over")
    if others:
        oddities.note(None, f"settings of other programs: {listed(map(shortened, others))}", "they are not taken over")
    return EnvFolders(**found, left_out=tuple(left_out))


def format_env_folders(folders: EnvFolders) -> bytes:
    """A `.env` file that names these folders, as both the older programs and this one read it."""
    names = {"media_dir": folders.media, "meta_dir": folders.meta, "base_dir": folders.base,
             "REPO_DIR": folders.repository, "model_cache_dir": folders.model_cache}
    return _lines((name, value) for name, value in names.items() if value).encode()


def is_secret(name: str) -> bool:
    """Whether the value of a name is to be shown to nobody."""
    folded = name.casefold()
    return folded in _SECRET or any(mark in folded for mark in _MARKS)


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{name}='" + value.replace("\\", "\\\\").replace("'", "\\'") + "'\n" for name, value in pairs)
