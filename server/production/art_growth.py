"""Generative pictures that grow: coral by reaction and diffusion, fractals, lightning and stars."""

from __future__ import annotations

from typing import Final

import numpy as np

from server.media.canvas import TAU, Canvas, Floats, smoothstep
from server.media.warp import blur, resize
from server.production.art_palette import colour, ramp

_GROWN: Final = 18
_ESCAPES: Final = 48


def coral(canvas: Canvas, palette: str) -> Floats:
    """Labyrinths as reaction and diffusion leave them: near neighbours help, farther ones hinder (Turing, 1952)."""
    near = 1.6
    # Grown on a coarse grid whose cells have a fixed length, so that any size shows the same.
    fine = 132.0
    columns, rows = max(8, round(canvas.aspect * canvas.span * fine)), max(8, round(canvas.span * fine))
    field = canvas.rng.standard_normal((rows, columns)).astype(np.float32)
    field = blur(field, 1.2)
    bias = np.float32(canvas.rng.uniform(-0.10, 0.16))
    for _ in range(_GROWN):
        field = np.tanh(np.float32(9.0) * (blur(field, near) - blur(field, near * 1.9) + np.float32(0.14) * field
                                           + np.float32(0.02) * bias))
    grown = resize(blur(field, 0.8), canvas.width, canvas.height).astype(np.float32)
    right, down = canvas.slopes(grown)
    facing = (right * np.float32(0.6) + down * np.float32(0.8)) / np.float32(fine)
    lit = facing / np.sqrt(1 + facing * facing)
    tone = canvas.waves(canvas.x, canvas.y, 0.8, 5)
    body = smoothstep(-0.35, 0.45, grown)
    value = 0.14 + 0.50 * body + 0.08 * tone + 0.10 * lit
    light: Floats = colour(value, palette) * (0.30 + 0.62 * body + 0.30 * lit * body)[..., None]
    light += colour(value + 0.3, palette) * (0.4 * smoothstep(0.3, 0.9, lit) * body)[..., None]
    return light


def fractal(canvas: Canvas, palette: str) -> Floats:
    """A Julia set, coloured by how soon each point escapes, with its own smooth count (after Hubbard and Douady)."""
    turn = float(canvas.rng.uniform(0, float(TAU)))
    edge = complex(0.5 * np.exp(1j * turn) - 0.25 * np.exp(2j * turn))
    constant = np.complex64(edge * float(canvas.rng.uniform(1.02, 1.06)))
    tilt = canvas.between(0, float(TAU))
    z = ((canvas.x + 1j * canvas.y) * np.complex64(2.0 * np.exp(1j * float(tilt)))).astype(np.complex64)
    count = np.zeros(z.shape, np.float32)
    nearest = np.full(z.shape, 9, np.float32)
    living = np.ones(z.shape, bool)
    for step in range(_ESCAPES):
        z = np.where(living, z * z + constant, z)
        size = z.real ** 2 + z.imag ** 2
        nearest = np.where(living, np.minimum(nearest, size), nearest)
        left = living & (size > 64)
        smooth = step + 1 - np.log2(np.log2(np.maximum(size, 4.001)) / 6)
        count = np.where(left, smooth, count).astype(np.float32)
        living &= ~left
    count[living] = _ESCAPES
    place = np.log1p(count) / np.float32(np.log1p(_ESCAPES))
    trap = np.exp(-np.sqrt(nearest) * 4)
    value = 0.02 + 1.05 * smoothstep(0.30, 1.0, place) - 0.42 * living
    light: Floats = colour(value, palette) * (0.22 + 0.95 * smoothstep(0.3, 0.95, place))[..., None]
    light += colour(value + 0.30, palette) * (0.45 * trap * living)[..., None]
    return light


def lightning(canvas: Canvas, palette: str) -> Floats:
    """Bolts from above that split on their way down, in a sky that they light up."""
    sky = canvas.noise(canvas.x, canvas.y, 0.9, 2.6)
    half = canvas.aspect * canvas.span / 2
    strokes: list[Floats] = []
    for _ in range(max(1, round(1.6 * canvas.span * max(1.0, canvas.aspect)))):
        start = (float(canvas.rng.uniform(-half, half) * 0.8), -canvas.span * 0.55)
        strokes += _bolt(canvas, start, float(canvas.rng.uniform(1.2, 1.9)), 1.0, 2)
    bolts = _stroked(canvas, np.vstack(strokes))
    line = np.minimum(blur(bolts, canvas.unit / 600), 1.6)
    glow = blur(bolts, canvas.unit / 75)
    wide = blur(bolts, canvas.unit / 14)
    light: Floats = colour(0.10 + 0.06 * sky + 1.5 * wide, palette) * (0.35 + 0.12 * sky + 5.0 * wide)[..., None]
    light += colour(np.full_like(sky, 0.62), palette) * (2.6 * glow)[..., None]
    light += ramp(palette)[3900] * (1.5 * line)[..., None]
    return light


def _bolt(canvas: Canvas, start: tuple[float, float], heading: float, power: float, depth: int) -> list[Floats]:
    """Strokes (n, 5): begin, end, power; in steps of a fixed length, split where chance wants it."""
    rng, step = canvas.rng, 0.012
    count = int(100 * power * canvas.span) + 8
    # Every step turns, and is drawn back to where the bolt is heading.
    turns, angle = rng.normal(0, 0.38, count), 0.0
    angles = np.array([angle := 0.75 * angle + turn for turn in turns]) + heading
    places = np.cumsum(np.stack([np.cos(angles), np.sin(angles)], axis=1) * step, axis=0) + start
    begins = np.vstack([[start], places[:-1]])
    strokes = [np.hstack([begins, places, np.full((count, 1), power)])]
    for at in np.flatnonzero(rng.random(count) < 0.035) if depth else ():
        side = float(rng.choice([-1, 1])) * float(rng.uniform(0.3, 0.8))
        strokes += _bolt(canvas, (float(places[at, 0]), float(places[at, 1])), heading + side,
                         power * float(rng.uniform(0.35, 0.6)), depth - 1)
    return strokes


def _stroked(canvas: Canvas, strokes: Floats) -> Floats:
    """Light along short lines, the same amount at any size."""
    count = max(1, round(2 * 0.012 * canvas.unit))
    share = (np.arange(count) / count)[None, :, None]
    points = strokes[:, None, 0:2] * (1 - share) + strokes[:, None, 2:4] * share
    columns = (points[..., 0] * canvas.unit + canvas.width / 2).astype(int).ravel()
    rows = (points[..., 1] * canvas.unit + canvas.height / 2).astype(int).ravel()
    power = np.repeat(strokes[:, 4] * (0.012 * canvas.unit ** 2 / count / 500), count).astype(np.float32)
    seen = (columns >= 0) & (columns < canvas.width) & (rows >= 0) & (rows < canvas.height)
    light = np.bincount(rows[seen] * canvas.width + columns[seen], power[seen], canvas.height * canvas.width)
    return light.reshape(canvas.height, canvas.width).astype(np.float32)


def stars(canvas: Canvas, palette: str) -> Floats:
    """A clear night: points of every brightness, a few with a halo, and a faint band of dust."""
    x, y, rng = canvas.x, canvas.y, canvas.rng
    cloud = canvas.noise(x, y, 1.2, 2.6)
    tilt = canvas.between(0, float(TAU))
    band = np.exp(-((x * np.sin(tilt) + y * np.cos(tilt) + 0.06 * cloud) ** 2) * 9)
    sky = np.zeros((canvas.height, canvas.width, 3), np.float32)
    count = int(260 * canvas.aspect * canvas.span ** 2)
    rows, columns = (rng.random((count, 2)) * (canvas.height, canvas.width)).astype(int).T
    power = np.minimum(0.16 * (rng.pareto(1.05, count) + 1), 9).astype(np.float32)
    tint = ramp(palette)[rng.integers(2500, 4090, count)]
    np.add.at(sky, (rows, columns), tint * power[:, None] * np.float32((canvas.unit / 360) ** 2))
    unit = canvas.unit / 360
    points = 2.4 * blur(sky, max(0.6, 0.7 * unit)) + 4.0 * blur(sky, 2.2 * unit) + 12.0 * blur(sky, 8 * unit)
    dust: Floats = colour(0.08 + 0.26 * band + 0.05 * cloud, palette) * (0.20 + 0.5 * band)[..., None]
    return dust + points.astype(np.float32)
