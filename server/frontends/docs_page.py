"""Every address on one page that needs no network: the answer to /docs, written from the endpoint table."""

from __future__ import annotations

from html import escape
from typing import Final

from server.protocol.documentation import details_of, notes_of
from server.protocol.endpoints import ALIASES, FORWARDED, SECTIONS
from server.protocol.feedback import FEEDBACK_SECTIONS
from server.protocol.row import Row

_HEAD: Final = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>interscene: every address</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="dark">
  <link rel="icon" href="page/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="page/base.css">
  <link rel="stylesheet" href="page/docs.css">
  <script type="module" src="page/docs.js"></script>
</head>
<body class="docs">
"""
_WORDS: Final = """\
<p><code>{n}</code> is a deck, numbered from 1; without <code>/deck/{n}</code> an address acts on the selected deck.
<code>{m}</code> is a mark, <code>{p}</code> a player, <code>{id}</code> a job, <code>{name}</code> any word.
<code>*</code>, <code>?</code>, <code>[a-z]</code> and <code>{one,two}</code> in an address mean every command that
matches.</p>
<p>A last text argument that begins with <code>#</code> is a request id, answered by <code>/ack</code> or
<code>/error</code>. <code>?</code> as the only argument asks for the value. Out of range is refused, and said in words;
only a fader that overshoots a little is held at its end. A button acts without argument, or at 1.</p>
"""


def docs_page() -> str:
    """The page as HTML: a search field, the sections, and a row for each address."""
    sections = {**SECTIONS, **FEEDBACK_SECTIONS}
    links = "".join(f'<a href="#{_id(title)}">{escape(title)}</a>' for title in sections)
    bodies = "".join(_section(title, rows) for title, rows in sections.items())
    return (f'{_HEAD}<header><h1><a href="./">interscene</a> <small>every address</small></h1>'
            '<input id="search" type="search" placeholder="Search" aria-label="Search addresses" autocomplete="off" '
            'spellcheck="false"><output id="count"></output></header>\n'
            f"<nav>{links}</nav>\n<main>{_WORDS}{bodies}{_aliases()}</main>\n</body>\n</html>\n")


def _section(title: str, rows: tuple[Row, ...]) -> str:
    return (f'<section id="{_id(title)}"><h2>{escape(title)}</h2>'
            f'{"".join(_row(row) for row in rows)}</section>\n')


def _row(row: Row) -> str:
    notes = ["said by the server", *notes_of(row)] if row.access == "r" else notes_of(row)
    tags = "".join(f"<li>{escape(note)}</li>" for note in notes)
    arguments = "".join(f"<dt>{escape(arg.name)}</dt><dd>{escape(details_of(arg))}</dd>" for arg in row.args)
    return (f'<article data-address="{escape(row.address)}"><h3><code>{escape(row.address)}</code></h3>'
            f'<ul class="notes">{tags}</ul><p>{escape(row.doc)}</p>'
            f'{f"<dl>{arguments}</dl>" if arguments else ""}'
            f"<pre><code>{escape(row.example_line())}</code></pre></article>")


def _aliases() -> str:
    rows = "".join(f'<article data-address="{escape(alias)}"><h3><code>{escape(alias)}</code></h3>'
                   f"<p>means <code>{escape(address)}</code></p></article>" for alias, address in ALIASES.items())
    words = ", ".join(f"<code>{escape(word)}</code>" for word in FORWARDED)
    return (f'<section id="aliases"><h2>Controllers that people already have</h2>{rows}'
            f"<p>Handed on to TouchDesigner untouched: {words} and what is below them, and <code>/param1</code> and so "
            "on.</p></section>\n")


def _id(title: str) -> str:
    return title.lower().replace(",", "").replace(" ", "-")
