"""The page about settings, written from the options themselves."""

from __future__ import annotations

from pathlib import Path

from server.settings.layers import PLAIN_NAMES, PRESET_TABLES, SONG_FILE
from server.settings.option import Option, options_of
from server.settings.parts import PARTS
from server.settings.presets import PRESETS
from server.settings.resolved import LOCKED
from server.settings.values import show_value

_HEAD = f"""\
# Settings

This page is written by `interscene docs`; the tables are those that the program reads.

Settings are laid over each other, and what stands further down counts:

1. the defaults below
2. `{SONG_FILE}` in the song's folder
3. a named preset: `--preset NAME`, `INTERSCENE_PRESET`, or `preset = "NAME"` in the song's file
4. the environment, and under it a `.env` file in the folder that the program is started from
5. the command line
6. what is changed while the server runs, where the table says *live*
7. what is locked: `[{LOCKED}]` in the song's file. Nothing else changes that

Numbers and switches may be written as text (`"30"`, `"True"`). A relative folder lies in the folder of the file
that names it. All mistakes are reported at once, each with the place it stands in.
In a `.env` file {", ".join(f"`{name}`" for name in PLAIN_NAMES)} are understood without the prefix.
`interscene serve --settings` prints every value, where it comes from, and what was written but has no effect.
"""
EXAMPLE_SONG = f"""\
# {SONG_FILE} in the song's folder. Texts need quotes; settings stand above the first [table].
tempo = 128
quantise = "bar"
fade = 1.5
end = "next"

[{PRESET_TABLES}.rehearsal]
# counts with --preset rehearsal
quantise = "off"
fade = 0

[{LOCKED}]
# what nobody changes by accident
decks = 2
"""
EXAMPLE_ENV = """\
# .env in the folder that the program is started from
INTERSCENE_MEDIA_DIR=/shows/spring
INTERSCENE_LISTEN=0.0.0.0
INTERSCENE_ALLOW=192.168.1.0/24
INTERSCENE_OSC_PORT=7500,9000
"""
_EXAMPLES = f"""\
## Examples

```toml
{EXAMPLE_SONG}```

```sh
{EXAMPLE_ENV}```
"""
_TABLE = """\
| setting | command line, environment | default | limits | |
|---|---|---|---|---|"""
_PRESETS = f"""\
## Presets

A song can have its own, as `[{PRESET_TABLES}.NAME]` in its `{SONG_FILE}`. These are always there:

| preset | sets |
|---|---|"""


def settings_markdown() -> str:
    """The text of docs/settings.md."""
    lines = [_HEAD, _EXAMPLES]
    for part in PARTS:
        lines += [f"## {part.__name__}", "", part.__doc__ or "", "", _TABLE]
        lines += [_row(option) for option in options_of(part).values()]
        lines.append("")
    lines.append(_PRESETS)
    lines += [
        f"| `{name}` | {', '.join(f'`{key} = {value!r}`' for key, value in values.items())} |"
        for name, values in PRESETS.items()
    ]
    return "\n".join(lines) + "\n"


def _row(option: Option) -> str:
    shown = option.default.as_posix() if isinstance(option.default, Path) else show_value(option, option.default)
    default = f"as `{option.follows}`" if option.follows else f"`{shown}`"
    cells = (
        f"`{option.name}`",
        f"`{option.flag}`<br>`{option.variable}`",
        f"{default}{' ' + option.unit if option.unit else ''}",
        option.limits(),
        option.doc + (" *live*" if option.live else ""),
    )
    return f"| {' | '.join(cells)} |"
