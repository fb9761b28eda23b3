"""Drawings of shapes as SVG: one text that needs no other file. It knows shapes and nothing of what they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape

from server.media.shapes import Band, Colour, Disc, Drawing, Point, Shape, Strokes, Words

_FONT: Final = "Inter, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif"


def svg_of(drawing: Drawing) -> str:
    """The drawing as an SVG document that scales to whatever it is shown in."""
    ground = _colour(drawing.ground)
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawing.width} {drawing.height}" '
            f'width="{drawing.width}" height="{drawing.height}" font-family="{_FONT}">')
    lines = [head, f"<title>{_text(drawing.title)}</title>",
             f"<style>.h{{paint-order:stroke;stroke:{ground};stroke-width:3px;stroke-linejoin:round}}</style>",
             f'<rect width="100%" height="100%" fill="{ground}"/>']
    lines += (_shape(shape) for shape in drawing.shapes)
    return "\n".join([*lines, "</svg>", ""])


def _shape(shape: Shape) -> str:
    if isinstance(shape, Strokes):
        return _strokes(shape)
    if isinstance(shape, Band):
        points = " ".join(f"{_number(x)},{_number(y)}" for x, y in shape.points)
        return _titled("polygon", f'points="{points}" fill="{_colour(shape.colour)}"{_opacity(shape.opacity)}',
                       shape.title)
    if isinstance(shape, Disc):
        x, y = shape.centre
        rim = f' stroke="{_colour(shape.rim_colour)}" stroke-width="{_number(shape.rim)}"' if shape.rim else ""
        # a stroke is painted half inside
        radius = shape.radius + shape.rim / 2
        return _titled("circle", f'cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}" '
                       f'fill="{_colour(shape.colour)}"{rim}', shape.title)
    return _words(shape)


def _strokes(shape: Strokes) -> str:
    path = "".join(f"M{_points((begin,))}C{_points((one, two, end))}" for begin, one, two, end in shape.curves)
    dash = f' stroke-dasharray="{_number(shape.dash[0])} {_number(shape.dash[1])}"' if shape.dash else ""
    return _titled("path", f'd="{path}" fill="none" stroke="{_colour(shape.colour)}" '
                   f'stroke-width="{_number(shape.width)}"{dash}{_opacity(shape.opacity)}', shape.title)


def _words(shape: Words) -> str:
    x, y = shape.at
    anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
    look = (' font-weight="700"' if shape.bold else "") + (' class="h"' if shape.halo else "")
    return (f'<text x="{_number(x)}" y="{_number(y)}" font-size="{_number(shape.size)}" '
            f'fill="{_colour(shape.colour)}"{anchor}{look}>{_text(shape.text)}</text>')


def _titled(name: str, attributes: str, title: str) -> str:
    return f"<{name} {attributes}><title>{_text(title)}</title></{name}>" if title else f"<{name} {attributes}/>"


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{_number(x)} {_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _opacity(value: float) -> str:
    return f' opacity="{value:.2f}"' if value < 1 else ""


def _colour(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _text(text: str) -> str:
    """Escaped, and without what XML cannot hold."""
    return escape("".join(letter if letter.isprintable() else " " for letter in text))
