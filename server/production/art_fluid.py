"""Generative pictures that flow: silk, marble, streams, caustics, nebula and strata."""

from __future__ import annotations

import numpy as np

from server.media.canvas import TAU, Canvas, Floats, smoothstep
from server.media.warp import blur, sample
from server.production.art_palette import colour, ramp


def silk(canvas: Canvas, palette: str) -> Floats:
    """Folded cloth: waves bent by waves twice (after Quilez' domain warping), lit from one side."""
    x, y = canvas.x, canvas.y
    ax, ay = (canvas.waves(x, y, 1.3, 7) for _ in range(2))
    bx, by = (canvas.waves(x + 0.26 * ax, y + 0.26 * ay, 1.9, 7) for _ in range(2))
    height = canvas.waves(x + 0.16 * bx, y + 0.16 * by, 2.4, 9)
    right, down = canvas.slopes(height)
    angle = canvas.between(0, float(TAU))
    slope = (right * np.cos(angle) + down * np.sin(angle)) * np.float32(0.026)
    light = slope / np.sqrt(1 + slope * slope)
    value = 0.40 + 0.15 * height + 0.12 * bx + 0.17 * light
    sheen = smoothstep(0.35, 1.0, light)[..., None]
    cloth: Floats = colour(value, palette) * (0.72 + 0.40 * light[..., None])
    return cloth + sheen * colour(value + 0.30, palette) * 0.45


def marble(canvas: Canvas, palette: str) -> Floats:
    """Dark polished stone, fine veins of two widths and a little light from below."""
    x, y = canvas.x, canvas.y
    ax, ay = (canvas.noise(x, y, 1.0, 3) for _ in range(2))
    bx, by = (canvas.noise(x + 0.25 * ax, y + 0.25 * ay, 2.2, 3) for _ in range(2))
    u, v = x + 0.30 * ax + 0.10 * bx, y + 0.30 * ay + 0.10 * by
    body = canvas.noise(u, v, 1.1, 2.6)
    wide = np.exp(-np.abs(canvas.noise(u, v, 0.9, 3)) * 9)
    fine = np.exp(-np.abs(canvas.noise(u * 1.3, v * 1.3, 2.4, 2.6)) * 26) * smoothstep(-0.6, 1.2, bx)
    stone = colour(0.17 + 0.09 * body + 0.05 * ax, palette)
    glow = blur(wide, canvas.unit / 40)
    light: Floats = stone + colour(0.62 + 0.12 * body, palette) * (0.30 * glow + 0.75 * wide ** 3)[..., None]
    light += ramp(palette)[3480] * (0.8 * fine)[..., None]
    return light


def streams(canvas: Canvas, palette: str) -> Floats:
    """Brushed light along a flow field: a line integral convolution, doubled in length six times."""
    x, y = canvas.x, canvas.y
    potential = canvas.waves(x, y, 0.9) + 0.3 * canvas.waves(x, y, 2.2)
    right, down = canvas.slopes(potential)
    speed = np.hypot(right, down) + np.float32(1.2)
    columns, rows = (np.float32(canvas.unit) * part for part in (x - x[0, 0], y - y[0, 0]))
    step = np.float32(canvas.unit / 380)
    to_x, to_y = columns + step * down / speed, rows - step * right / speed
    ink = canvas.noise(x, y, 30.0, 2)
    for _ in range(6):
        ink = (ink + sample(ink, to_x, to_y)) * np.float32(0.5)
        to_x, to_y = sample(to_x, to_x, to_y), sample(to_y, to_x, to_y)
    ink /= ink.std()
    hue = 0.44 + 0.17 * potential
    strand = np.exp(-((ink - 1.5) ** 2) * 2.0)
    return (colour(hue - 0.12 + 0.07 * ink, palette) * (0.40 + 0.60 * smoothstep(-1.8, 1.4, ink))[..., None]
            + colour(hue + 0.30, palette) * (0.55 * strand)[..., None])


def caustics(canvas: Canvas, palette: str) -> Floats:
    """Light through moving water: where neighbouring rays meet, the floor is bright."""
    x, y = canvas.x, canvas.y
    swell = canvas.waves(x, y, 0.7)
    surface = canvas.waves(x + 0.05 * swell, y, 2.6) + 0.22 * canvas.waves(x, y + 0.05 * swell, 6.0)
    right, down = canvas.slopes(surface)
    (bend_xx, bend_xy), (bend_yx, bend_yy) = canvas.slopes(right), canvas.slopes(down)
    focus = np.float32(1.05) / ((bend_xx + bend_yy).std() + np.float32(1e-6))
    bend_xx, bend_xy, bend_yx, bend_yy = (bend * focus for bend in (bend_xx, bend_xy, bend_yx, bend_yy))
    spread = np.abs((1 + bend_xx) * (1 + bend_yy) - bend_xy * bend_yx)
    bright = np.clip(0.20 / (spread + 0.09) - 0.10, 0, 2.0)
    bright = 0.75 * bright + 0.45 * blur(bright, canvas.unit / 50)
    deep = 0.33 + 0.09 * swell - 0.25 * y
    floor: Floats = colour(deep, palette) * (0.55 + 0.40 * bright[..., None])
    return floor + colour(deep + 0.42, palette) * (0.75 * smoothstep(0.25, 1.8, bright))[..., None]


def nebula(canvas: Canvas, palette: str) -> Floats:
    """Deep space: lit gas, dark dust in front of it, stars of many sizes."""
    x, y = canvas.x, canvas.y
    ax, ay = (canvas.noise(x, y, 1.0, 3) for _ in range(2))
    gas = canvas.noise(x + 0.22 * ax, y + 0.22 * ay, 1.3, 2.4)
    dust = canvas.noise(x + 0.16 * ay, y - 0.16 * ax, 1.8, 2.4)
    tilt = canvas.between(0, float(TAU))
    band = np.exp(-((x * np.sin(tilt) + y * np.cos(tilt) + 0.08 * ax) ** 2) * 5)
    density = smoothstep(-1.6, 2.4, gas) * (0.18 + 0.82 * band)
    veil = 0.3 + 0.7 * smoothstep(1.7, -0.9, dust)
    light = colour(0.08 + 0.78 * density + 0.06 * ay * band, palette)
    light *= (0.15 + 1.5 * density * veil)[..., None]
    return light + _stars(canvas) * (0.25 + 0.75 * veil)[..., None]


def _stars(canvas: Canvas) -> Floats:
    """Many faint and few bright points, slightly warm or cold."""
    rng, sky = canvas.rng, np.zeros((canvas.height, canvas.width, 3), np.float32)
    count = int(700 * canvas.aspect * canvas.span ** 2)
    places = rng.random((count, 2))
    power = (0.08 * (rng.pareto(1.25, count) + 1)).astype(np.float32)
    warm = rng.uniform(-0.25, 0.25, count).astype(np.float32)
    tint = np.stack([1 + warm, np.ones_like(warm), 1 - warm], axis=1)
    rows, columns = (places * (canvas.height, canvas.width)).astype(int).T
    scale = np.float32((canvas.unit / 720) ** 2)
    np.add.at(sky, (rows, columns), tint * np.minimum(power, 9)[:, None] * scale)
    unit = canvas.unit / 720
    return np.asarray(2.2 * blur(sky, 0.75 * unit) + 3.0 * blur(sky, 2.5 * unit) + 9.0 * blur(sky, 10 * unit),
                      dtype=np.float32)


def strata(canvas: Canvas, palette: str) -> Floats:
    """Cut paper: sheets of a landscape one above the other, each throwing a soft shadow on the next."""
    x, y = canvas.x, canvas.y
    bend = canvas.waves(x, y, 0.9)
    height = canvas.waves(x + 0.12 * bend, y, 1.5) + 0.30 * canvas.waves(x, y + 0.12 * bend, 3.2)
    layers, lowest = 9, -1.7
    light = colour(0.06 + 0.03 * bend, palette)
    shift = np.float32(0.012)
    for i in range(layers):
        level = np.float32(lowest + 3.6 * i / layers)
        right, down = canvas.slopes(height)
        steep = np.hypot(right, down) + np.float32(0.8)
        inside = smoothstep(-0.8, 0.8, (height - level) / steep * np.float32(canvas.unit))
        cast = smoothstep(-0.030, 0.012, (height - level) / steep + shift * (right - down) / steep)
        grain = 0.05 * (y + 0.4 * x) + 0.03 * bend
        sheet = colour(0.10 + 0.82 * np.float32(i / (layers - 1)) ** np.float32(0.9) + grain, palette)
        light = light * (1 - 0.62 * cast * (1 - inside))[..., None]
        light += (sheet * 0.88 - light) * inside[..., None]
    return light
