"""Where a model says what it may be used for. It judges nothing: the words of the publisher are shown as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from server.library.models.model import Licence

NOT_STATED: Final = "not stated; look where it came from"
_TEXT_MOST: Final = 1 << 20
_NAMED: Final = re.compile(r"^\s*license(?:_name)?\s*:\s*[\"']?([^\"'\n]{1,80})", re.IGNORECASE | re.MULTILINE)
_FIELDS: Final = ("modelspec.license", "license", "licence", "ss_license")


def licence_of(files: Iterable[Path], metadata: Mapping[str, str]) -> Licence:
    """What the metadata of a file, a model card's front matter and a licence file say, in this order."""
    files = sorted(files)
    texts = [path for path in files if path.stem.lower().startswith(("license", "licence", "copying"))]
    cards = [path for path in files if path.name.lower() == "readme.md"]
    stated = next((metadata[field].strip() for field in _FIELDS if metadata.get(field, "").strip()), "")
    name = stated or _in_cards(cards) or (_first_line(texts[0]) if texts else "")
    return Licence(name[:120], texts[0].name if texts else cards[0].name if cards and name else "")


def _in_cards(cards: Iterable[Path]) -> str:
    """The more telling one of `license: other` and `license_name: …`."""
    for card in cards:
        found: list[str] = [name.strip() for name in _NAMED.findall(_text(card).partition("\n---")[0])]
        told = [name for name in found if name.lower() not in ("other", "unknown")]
        if told or found:
            return (told or found)[-1]
    return ""


def _first_line(path: Path) -> str:
    return next((line.strip() for line in _text(path).splitlines() if line.strip()), "")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data: bytes = file.read(_TEXT_MOST)

    except OSError:
        return ""
    return data.decode("utf-8", errors="replace")
