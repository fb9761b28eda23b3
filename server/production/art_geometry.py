"""Generative pictures with a drawing in them: cells, kaleidoscope, ripples, spiral and bokeh."""

from __future__ import annotations

import numpy as np

from server.media.canvas import TAU, Canvas, Floats, smoothstep
from server.media.warp import blur
from server.production.art_palette import colour, ramp


def cells(canvas: Canvas, palette: str) -> Floats:
    """Glowing tissue: Voronoi cells with soft dark bodies and lit walls (after Worley's F2 - F1)."""
    ax, ay = (canvas.noise(canvas.x, canvas.y, 1.2, 3) for _ in range(2))
    scale = canvas.between(3.6, 5.4)
    u, v = (canvas.x + 0.055 * ax) * scale, (canvas.y + 0.055 * ay) * scale
    first, second, name = _nearest_two(canvas, u, v)
    wall = second - first
    body = 0.10 + 0.30 * name + 0.10 * ax
    core = np.exp(-first * first * 7)
    line = np.exp(-wall * 16)
    light = colour(body + 0.18 * core, palette) * (0.30 + 0.75 * smoothstep(0, 0.5, wall))[..., None]
    light += colour(0.62 + 0.22 * name, palette) * (0.95 * line ** 2)[..., None]
    halo = blur(line, canvas.unit / 28)
    return light + colour(0.52 + 0.2 * name, palette) * (0.65 * halo)[..., None]


def _nearest_two(canvas: Canvas, u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
    """Distances to the two nearest of one jittered point a unit square, and a number 0..1 for the nearest."""
    side = 64
    points = canvas.rng.uniform(0.1, 0.9, (2, side, side)).astype(np.float32)
    names = canvas.rng.random(side * side, dtype=np.float32)
    column, row = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    in_x, in_y = u - column, v - row
    first, second = np.full_like(u, 9), np.full_like(u, 9)
    nearest = np.zeros_like(column)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            cell = (row + dy & side - 1) * side + (column + dx & side - 1)
            far_x = np.take(points[0].ravel(), cell) + dx - in_x
            far_y = np.take(points[1].ravel(), cell) + dy - in_y
            distance = far_x * far_x + far_y * far_y
            second = np.minimum(second, np.maximum(first, distance))
            np.copyto(nearest, cell, where=distance < first)
            first = np.minimum(first, distance)
    return np.sqrt(first), np.sqrt(second), np.take(names, nearest)


def kaleidoscope(canvas: Canvas, palette: str) -> Floats:
    """One wedge of folded silk, mirrored around the middle; light gathers in the folds."""
    x, y = canvas.x, canvas.y
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    folds = int(canvas.rng.choice([4, 5, 6, 7, 8]))
    wedge = np.float32(np.pi / folds)
    angle = np.abs((angle + canvas.between(0, 6) + TAU) % (2 * wedge) - wedge)
    u, v = radius * np.cos(angle), radius * np.sin(angle)
    ax, ay = (canvas.waves(u, v, 2.6, 8) for _ in range(2))
    p, q = u + 0.11 * ax, v + 0.11 * ay
    pattern = canvas.waves(p, q, 3.6, 9)
    lines = canvas.waves(p + 0.03 * pattern, q - 0.03 * ax, 6.0, 9)
    edge = np.exp(-np.abs(lines) * 6)
    petals = np.exp(-np.abs(pattern - 0.3) * 3.2)
    value = 0.40 + 0.16 * pattern + 0.11 * ax - 0.10 * (radius - 0.35)
    light = colour(value, palette) * (0.22 + 0.40 * smoothstep(-1.6, 1.6, pattern) + 0.35 * petals)[..., None]
    light += colour(value + 0.28, palette) * (0.70 * edge ** 1.5)[..., None]
    return light * (0.50 + 0.75 * np.exp(-radius * radius * 1.8))[..., None]


def ripples(canvas: Canvas, palette: str) -> Floats:
    """Waves from a few sources crossing each other, seen as a lit surface."""
    x, y = canvas.x, canvas.y
    bend = canvas.waves(x, y, 0.9)
    height = np.zeros_like(x)
    for _ in range(4):
        cx, cy = canvas.between(-0.9, 0.9) * np.float32(canvas.aspect / 1.78), canvas.between(-0.6, 0.6)
        distance = np.hypot(x - cx, y - cy) + 0.02 * bend
        frequency = canvas.between(9, 17)
        height += np.sin(TAU * frequency * distance + canvas.between(0, 6)) * np.exp(-distance * 1.5)
    right, down = canvas.slopes(height)
    shine = (right * np.float32(0.6) - down * np.float32(0.8)) / np.float32(60)
    facing = shine / np.sqrt(1 + shine * shine)
    value = 0.36 + 0.17 * height + 0.12 * bend
    glint = smoothstep(0.35, 0.95, facing)
    light: Floats = colour(value, palette) * (0.62 + 0.38 * facing)[..., None]
    return light + colour(value + 0.42, palette) * (0.65 * glint * glint)[..., None]


def spiral(canvas: Canvas, palette: str) -> Floats:
    """A turning vortex: logarithmic arms combed by noise, bright towards the eye."""
    cx, cy = canvas.between(-0.22, 0.22), canvas.between(-0.10, 0.10)
    x, y = canvas.x - cx, canvas.y - cy
    radius = np.hypot(x, y) + np.float32(0.002)
    turn = canvas.between(2.4, 4.2) * np.float32(canvas.rng.choice([-1, 1]))
    depth = np.log(radius)
    angle = np.arctan2(y, x) + turn * depth
    # Coordinates on a circle: no seam where the angle wraps.
    u, v = np.cos(angle), np.sin(angle)
    ribbon = canvas.noise(0.9 * u + 0.30 * depth, 0.9 * v - 0.22 * depth, 0.9, 3)
    comb = canvas.noise(2.2 * u + 0.2 * depth, 2.2 * v + 0.2 * depth, 1.9, 2.6)
    arms = np.float32(0.5) + np.float32(0.5) * np.sin(2 * angle + 1.2 * ribbon)
    value = 0.20 + 0.34 * arms + 0.07 * ribbon + 0.06 * comb + 0.10 * np.exp(-radius * 3)
    strand = np.exp(-((comb - 0.8) ** 2) * 6) * arms
    light: Floats = colour(value, palette) * (0.25 + 0.75 * arms)[..., None]
    light += colour(value + 0.30, palette) * (0.55 * strand)[..., None]
    eye = np.exp(-radius * radius * 90)
    light += ramp(palette)[3700] * (0.9 * eye + 0.25 * np.exp(-radius * 5))[..., None]
    return light * (1.1 - 0.55 * smoothstep(0.3, 1.1, radius))[..., None]


def bokeh(canvas: Canvas, palette: str) -> Floats:
    """City lights out of focus: soft discs with a brighter rim, at three depths."""
    x, y, rng = canvas.x, canvas.y, canvas.rng
    haze = canvas.waves(x, y, 0.8)
    light = colour(0.16 + 0.07 * haze - 0.16 * np.float32(1 / canvas.span) * y, palette)
    for depth, count in ((0.095, 18), (0.045, 42), (0.016, 90)):
        for _ in range(int(count * max(1.0, canvas.aspect / 1.78) * canvas.span ** 2)):
            radius = depth * float(rng.uniform(0.75, 1.35))
            half = canvas.aspect * canvas.span / 2
            cx = float(rng.uniform(-half, half))
            cy = canvas.span * float(np.clip(rng.normal(0.08, 0.20), -0.55, 0.55))
            power = float(rng.uniform(0.3, 1.0)) ** 2 * (0.050 / (depth + 0.016))
            tint = ramp(palette)[rng.integers(1950, 3750)] * np.float32(power)
            _add_disc(canvas, light, (cx, cy, radius), tint)
    return light


def _add_disc(canvas: Canvas, light: Floats, place: tuple[float, float, float], tint: Floats) -> None:
    """Add one disc in place, touching only the pixels around it."""
    cx, cy, radius = place
    left, right = (int((cx + s * radius * 1.15) * canvas.unit + canvas.width / 2) for s in (-1, 1))
    top, bottom = (int((cy + s * radius * 1.15) * canvas.unit + canvas.height / 2) for s in (-1, 1))
    part = np.s_[max(top, 0):max(bottom + 1, 0), max(left, 0):max(right + 1, 0)]
    far = np.hypot(canvas.x[part] - np.float32(cx), canvas.y[part] - np.float32(cy)) / np.float32(radius)
    soft = 0.03 + 1.2 / (radius * canvas.unit)
    disc = smoothstep(1.0 + soft, 1.0 - soft, far) * (0.55 + 0.45 * smoothstep(0.6, 1.0, far))
    light[part] += tint * disc[..., None]
