"""Generative pictures with one clear figure: plasma, rings, rays, waves, tiles and gradients."""

from __future__ import annotations

import numpy as np

from server.media.canvas import TAU, Canvas, Floats, smoothstep
from server.media.warp import blur
from server.production.art_palette import colour


def plasma(canvas: Canvas, palette: str) -> Floats:
    """Bands of every colour of the palette, bent into each other: sines of sines."""
    x, y = canvas.x, canvas.y
    ax, ay = (canvas.waves(x, y, 1.0, 5) for _ in range(2))
    field = canvas.waves(x + 0.20 * ax, y + 0.20 * ay, 1.5, 7)
    cycle = np.float32(0.5) + np.float32(0.5) * np.sin(canvas.between(3.2, 4.4) * field + 1.2 * ax)
    light: Floats = colour(0.10 + 0.84 * cycle, palette) * (0.62 + 0.5 * cycle)[..., None]
    return light


def rings(canvas: Canvas, palette: str) -> Floats:
    """Glowing circles around one middle, evenly spaced, thinner and thicker by turns."""
    x, y = canvas.x - canvas.between(-0.16, 0.16), canvas.y - canvas.between(-0.10, 0.10)
    radius = np.hypot(x, y)
    count = canvas.between(5.5, 9.5)
    place = count * radius + canvas.between(0, 1)
    number = np.floor(place)
    width = 2.7 + 0.9 * np.sin(number * canvas.between(1.5, 2.6))
    line = np.exp(-((place - number - 0.5) * 2 * width) ** 2)
    value = 0.44 + 0.36 * np.sin(number * np.float32(1.9) + canvas.between(0, 6))
    halo = blur(line, canvas.unit / 36)
    light: Floats = colour(0.10 + 0.08 * value, palette) * 0.6
    light += colour(value, palette) * (0.95 * line + 0.45 * halo)[..., None]
    light += colour(value + 0.30, palette) * (0.45 * line ** 6)[..., None]
    return light


def rays(canvas: Canvas, palette: str) -> Floats:
    """Beams from one middle outwards, broad and narrow ones, brightest near their source."""
    x, y = canvas.x - canvas.between(-0.22, 0.22), canvas.y - canvas.between(-0.14, 0.14)
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    beams = np.zeros_like(x)
    for count, weight in ((int(canvas.rng.integers(7, 12)), 0.62), (int(canvas.rng.integers(14, 24)), 0.38)):
        beams += np.float32(weight) * np.cos(count * angle + canvas.between(0, 6))
    sharp = smoothstep(-0.10, 0.62, beams)
    core = np.exp(-radius * radius * 34)
    far = np.exp(-radius * 1.1)
    value = 0.20 + 0.52 * sharp * far + 0.08 * beams
    light: Floats = colour(value, palette) * (0.16 + 1.05 * sharp * far)[..., None]
    light += colour(0.50 + 0.45 * core, palette) * (0.95 * core + 0.30 * np.exp(-radius * 6))[..., None]
    return light


def waves(canvas: Canvas, palette: str) -> Floats:
    """Swells one behind the other, seen from the side, each with a lit crest."""
    x, y = canvas.x, canvas.y
    lines = round(9 * canvas.span)
    light = colour(0.06 + 0.10 * (y / canvas.span + 0.5), palette) * 0.7
    for number in range(lines):
        depth = np.float32((number + 0.5) / lines)
        height = 0.035 * canvas.waves(x, np.zeros_like(x), 1.1, 5) + 0.012 * canvas.waves(x, np.zeros_like(x), 3.0, 4)
        level = np.float32(canvas.span) * (depth * np.float32(1.04) - np.float32(0.46)) + height
        below = smoothstep(0, float(1.5 / canvas.unit), y - level)
        crest = np.exp(-np.maximum(y - level, 0) * 36)
        body = colour(0.14 + 0.46 * depth + 0.34 * crest, palette) * (0.34 + 0.66 * crest)[..., None]
        light += (body - light) * below[..., None]
    return light


def truchet(canvas: Canvas, palette: str) -> Floats:
    """Quarter circles on a grid of tiles, turned at random: winding tubes (after Truchet and Smith)."""
    scale = canvas.between(5.0, 7.0)
    turn = canvas.between(0, float(TAU))
    u = (canvas.x * np.cos(turn) + canvas.y * np.sin(turn)) * scale + np.float32(64)
    v = (canvas.y * np.cos(turn) - canvas.x * np.sin(turn)) * scale + np.float32(64)
    side = 128
    flips = canvas.rng.random(side * side) < 0.5
    column, row = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    in_x, in_y = u - column, v - row
    in_x = np.where(np.take(flips, (row % side) * side + column % side), 1 - in_x, in_x)
    distance = np.minimum(np.abs(np.hypot(in_x, in_y) - np.float32(0.5)),
                          np.abs(np.hypot(1 - in_x, 1 - in_y) - np.float32(0.5)))
    tone = canvas.waves(canvas.x, canvas.y, 0.7, 5)
    tube = np.sqrt(np.clip(1 - (distance / np.float32(0.21)) ** 2, 0, 1))
    edge = smoothstep(0.215, 0.19, distance)
    value = 0.42 + 0.15 * tone
    light: Floats = colour(0.13 + 0.05 * tone, palette) * (0.55 + 0.25 * smoothstep(0.2, 0.5, distance))[..., None]
    light *= (1 - edge)[..., None]
    light += colour(value + 0.14 * tube, palette) * (edge * (0.25 + 0.75 * tube))[..., None]
    light += colour(value + 0.36, palette) * (0.5 * tube ** 8)[..., None]
    return light


def gradient(canvas: Canvas, palette: str) -> Floats:
    """One wide flow of colour from side to side, hardly bent."""
    turn = canvas.between(0, float(TAU))
    along = (canvas.x * np.cos(turn) + canvas.y * np.sin(turn)) / np.float32(canvas.aspect * 0.5 + 0.5)
    bend = canvas.waves(canvas.x, canvas.y, 0.45, 4)
    place = smoothstep(-0.62, 0.62, along + 0.07 * bend)
    light: Floats = colour(0.06 + 0.90 * place, palette) * (0.55 + 0.6 * place)[..., None]
    return light
